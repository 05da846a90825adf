// The job of `receive` as one would write it for Node: verify, read, put on condition, answer.
// AWS's own client of the Runtime API for Node does not build without cmake; the loop is ours.

import { createHmac, timingSafeEqual } from "node:crypto";
import http from "node:http";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";

const client = new DynamoDBClient({});
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true });

async function handler(event) {
  const mac = createHmac("sha256", process.env.PEER_SECRET).update(event.body).digest("hex");
  const expected = Buffer.from(`sha256=${mac}`);
  const given = Buffer.from(event.headers["x-signature-256"] ?? "");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return { statusCode: 401, body: "{}" };
  }
  const { review } = JSON.parse(event.body);
  const item = {
    pk: { S: `PEER#node#${review.id}` },
    sk: { S: "R" },
    body: { S: JSON.stringify(review) },
  };
  const put = {
    TableName: process.env.VIGIE_TABLE,
    Item: item,
    ConditionExpression: "attribute_not_exists(pk)",
  };
  try {
    await client.send(new PutItemCommand(put));
  } catch (error) {
    if (error.name !== "ConditionalCheckFailedException") throw error;
    return { statusCode: 200, body: '{"duplicates":1}' };
  }
  return { statusCode: 200, body: '{"accepted":1}' };
}

function call(method, path, body) {
  return new Promise((done, fail) => {
    const request = http.request(
      { host, port, method, path: `/2018-06-01/runtime/${path}`, agent },
      (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => done({ headers: response.headers, text }));
      },
    );
    request.on("error", fail);
    request.end(body);
  });
}

for (;;) {
  const { headers, text } = await call("GET", "invocation/next");
  const answer = await handler(JSON.parse(text));
  const id = headers["lambda-runtime-aws-request-id"];
  await call("POST", `invocation/${id}/response`, JSON.stringify(answer));
}

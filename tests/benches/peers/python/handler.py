"""The job of `receive` as one would write it in Python: verify, read, put on condition, answer."""

import hashlib
import hmac
import json
import os

import boto3
from botocore.exceptions import ClientError

TABLE = os.environ["VIGIE_TABLE"]
SECRET = os.environ["PEER_SECRET"].encode()
table = boto3.client("dynamodb")


def handler(event, _context):
    body = event["body"]
    expected = "sha256=" + hmac.new(SECRET, body.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, event["headers"].get("x-signature-256", "")):
        return {"statusCode": 401, "body": "{}"}
    review = json.loads(body)["review"]
    item = {
        "pk": {"S": "PEER#python#" + review["id"]},
        "sk": {"S": "R"},
        "body": {"S": json.dumps(review)},
    }
    try:
        table.put_item(
            TableName=TABLE, Item=item, ConditionExpression="attribute_not_exists(pk)"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return {"statusCode": 200, "body": '{"duplicates":1}'}
    return {"statusCode": 200, "body": '{"accepted":1}'}

//! Each function may do what it does, and is refused what it must not do: calls made with its role.

use std::net::SocketAddr;

use anyhow::{Result, anyhow};
use serde_json::{Value, json};
use vigie_testkit::cloud::{House, Programs};

/// A call: service, operation, parameters.
type Call = (&'static str, &'static str, Value);

/// Makes a call as a function: whether it was let.
fn is_let(house: &House, function: &str, call: &Call) -> Result<bool> {
    let (service, operation, parameters) = call;
    let event = json!({"service": service, "operation": operation, "parameters": parameters});
    let told = house.invoke(function, &event).map_err(|error| anyhow!(error))?;
    let code = told.as_str().unwrap_or_default();
    let is_refused = code.contains("AccessDenied") || code.contains("NotAuthorized");
    anyhow::ensure!(is_refused || code == "done", "{function} {operation}: {told}");
    Ok(!is_refused)
}

struct Calls {
    get: Call,
    put: Call,
    query: Call,
    delete: Call,
    scan: Call,
    elsewhere: Call,
    to_raise: Call,
    to_deliver: Call,
    send: Call,
    send_as_another: Call,
    secret: Call,
    other_secret: Call,
    roles: Call,
    buckets: Call,
}

fn calls(house: &House) -> Calls {
    let table = house.output("TableName");
    let key = json!({"pk": {"S": "T"}, "sk": {"S": "probe"}});
    let get = |table: &str| ("dynamodb", "get_item", json!({"TableName": table, "Key": key}));
    let message = |queue: &str| {
        ("sqs", "send_message", json!({"QueueUrl": house.output(queue), "MessageBody": "{}"}))
    };
    let mail = |from: &str| {
        let data = format!("From: {from}\r\nTo: a@lumen.example\r\nSubject: s\r\n\r\nt\r\n");
        let to = ["a@lumen.example"];
        (
            "ses",
            "send_raw_email",
            json!({"Source": from, "Destinations": to, "RawMessage": {"Data": data}}),
        )
    };
    let secret =
        |name: &str| ("ssm", "get_parameters", json!({"Names": [name], "WithDecryption": true}));
    Calls {
        get: get(table),
        put: ("dynamodb", "put_item", json!({"TableName": table, "Item": key})),
        query: (
            "dynamodb",
            "query",
            json!({"TableName": table, "IndexName": "due",
                   "KeyConditionExpression": "due_shard = :a",
                   "ExpressionAttributeValues": {":a": {"S": "D#0"}}}),
        ),
        delete: ("dynamodb", "delete_item", json!({"TableName": table, "Key": key})),
        scan: ("dynamodb", "scan", json!({"TableName": table})),
        elsewhere: get("another"),
        to_raise: message("RaiseQueueUrl"),
        to_deliver: message("DeliverQueueUrl"),
        send: mail("sara@vigie.example"),
        send_as_another: mail("other@vigie.example"),
        secret: secret("/vigie/lumen-site/1"),
        other_secret: secret("/elsewhere/lumen-site/1"),
        roles: ("iam", "list_roles", json!({})),
        buckets: ("s3", "list_buckets", json!({})),
    }
}

/// What exists beside the house, so that a refusal is one and not an absence.
fn furnish(house: &House) -> Result<()> {
    let make = |service: &str, operation: &str, parameters: Value| {
        house.ask(service, operation, &parameters).map_err(|error| anyhow!(error))
    };
    make(
        "dynamodb",
        "create_table",
        json!({
            "TableName": "another", "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                          {"AttributeName": "sk", "KeyType": "RANGE"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                                     {"AttributeName": "sk", "AttributeType": "S"}],
        }),
    )?;
    make("ses", "verify_email_identity", json!({"EmailAddress": "other@vigie.example"}))?;
    for name in ["/vigie/lumen-site/1", "/elsewhere/lumen-site/1"] {
        make("ssm", "put_parameter", json!({"Name": name, "Value": "x", "Type": "SecureString"}))?;
    }
    Ok(())
}

#[tokio::test]
async fn each_function_is_let_what_it_does_and_refused_all_else() -> Result<()> {
    let sink = vigie_smtp_sink::Sink::start((std::net::Ipv4Addr::LOCALHOST, 0).into())?;
    let addr: SocketAddr = sink.addr();
    // The stream's and the queues' own calls would come to the probes too.
    let house = House::build(addr, &Programs::Probes, &[("Nudges", "false")]);
    furnish(&house)?;
    let c = calls(&house);
    let all = [
        ("get", &c.get),
        ("put", &c.put),
        ("query", &c.query),
        ("delete", &c.delete),
        ("scan", &c.scan),
        ("elsewhere", &c.elsewhere),
        ("send", &c.send),
        ("send as another", &c.send_as_another),
        ("secret", &c.secret),
        ("other secret", &c.other_secret),
        ("roles", &c.roles),
        ("buckets", &c.buckets),
        ("to raise", &c.to_raise),
        ("to deliver", &c.to_deliver),
    ];
    for (function, may) in [
        ("receive", &["get", "put", "secret"][..]),
        ("desk", &["get", "put", "query"]),
        ("raise", &["get", "put", "query", "to deliver"]),
        ("deliver", &["get", "put", "query", "send", "secret"]),
        ("watch", &["get", "put", "query", "delete", "to raise", "to deliver"]),
        ("feedback", &["get", "put"]),
    ] {
        let mut found = Vec::new();
        for (name, call) in &all {
            if is_let(&house, function, call)? {
                found.push(*name);
            }
        }
        found.sort_unstable();
        let mut may = may.to_vec();
        may.sort_unstable();
        assert_eq!(found, may, "{function}");
    }
    Ok(())
}

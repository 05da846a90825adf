//! `vigie check --store aws`: what bites in practice.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use aws_sdk_dynamodb::types::{StreamSpecification, StreamViewType};
use serde_json::{Value, json};

use crate::support::{CONFIG, Place, REGION, Ran, TABLE, post, put_secret};

/// How each try ended, and what was said of it.
fn tried(ran: &Ran, check: &str) -> (String, String) {
    let document = ran.json();
    let all = document["live"].as_array().unwrap_or_else(|| panic!("{ran:?}"));
    let one = all.iter().find(|one| one["check"] == check);
    let one = one.unwrap_or_else(|| panic!("no {check}: {document}"));
    let result = one["result"].as_str().unwrap().to_owned();
    if result == "no" {
        assert!(!one["hint"].as_str().unwrap_or_default().is_empty(), "{one}");
    }
    (result, one["message"].as_str().unwrap().to_owned())
}

/// A server that is as well as the function receive.
fn healthy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = vec![0; 64 * 1024];
            let _ = stream.read(&mut request).unwrap();
            let body = r#"{"status":"ok","version":"0.1.0"}"#;
            let length = body.len();
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length";
            write!(stream, "{head}: {length}\r\n\r\n{body}").unwrap();
        }
    });
    format!("http://{address}")
}

/// Gives the table its stream, and says which it is.
async fn stream(place: &Place) -> String {
    let tables = vigie_store_dynamodb::client(&place.shared);
    let stream = StreamSpecification::builder().stream_enabled(true);
    let stream = stream.stream_view_type(StreamViewType::NewImage).build().unwrap();
    tables.update_table().table_name(TABLE).stream_specification(stream).send().await.unwrap();
    let found = tables.describe_table().table_name(TABLE).send().await.unwrap();
    found.table().unwrap().latest_stream_arn().unwrap().to_owned()
}

/// A stack with what makes functions run by itself, on or off.
async fn running(place: &Place, name: &str, stream: &str, on: bool) {
    let role = "arn:aws:iam::000000000001:role/none";
    let function = format!("{name}-raise");
    let resources = json!({
        "Function": {"Type": "AWS::Lambda::Function", "Properties": {
            "FunctionName": function, "Runtime": "python3.11", "Handler": "index.handler",
            "Role": role, "Code": {"ZipFile": "def handler(event, context):\n    return {}\n"}}},
        "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
            "FunctionName": {"Ref": "Function"}, "EventSourceArn": stream,
            "StartingPosition": "LATEST"}},
        "Minute": {"Type": "AWS::Scheduler::Schedule", "Properties": {
            "Name": format!("{name}-minute"), "ScheduleExpression": "rate(1 day)",
            "FlexibleTimeWindow": {"Mode": "OFF"}, "State": if on { "ENABLED" } else { "DISABLED" },
            "Target": {"Arn": {"Fn::GetAtt": ["Function", "Arn"]}, "RoleArn": role}}},
    });
    let outputs = json!({"StreamMapping": {"Value": {"Ref": "Mapping"}}});
    place.stack_with(name, &[], &resources, &outputs).await;
}

/// Turns the mapping of a stack's stream off. The stack cannot: what stands in for CloudFormation
/// leaves out that it is to be made so.
async fn turn_off(place: &Place, stack: &str) {
    let stacks = aws_sdk_cloudformation::Client::new(&place.shared);
    let asked = stacks.describe_stack_resource().stack_name(stack).logical_resource_id("Mapping");
    let found = asked.send().await.unwrap().stack_resource_detail.unwrap();
    let id = found.physical_resource_id.unwrap();
    let path = format!("/2015-03-31/event-source-mappings/{id}");
    place.put("lambda", &path, &json!({"Enabled": false})).await;
}

#[tokio::test]
async fn a_stack_that_is_whole_is_told_to_be() {
    let place = Place::new().await;
    let stream = stream(&place).await;
    running(&place, "whole", &stream, true).await;
    let server = format!("[server]\npublic_url = \"{}\"\n[mail]", healthy());
    let text = CONFIG.replace("stack = \"vigie\"", "stack = \"whole\"").replace("[mail]", &server);
    place.write("vigie.toml", &text);
    put_secret(&place).await;
    let mail = aws_sdk_ses::Client::new(&place.shared);
    mail.verify_domain_identity().domain("vigie.example").send().await.unwrap();
    assert_eq!(place.run(&["apply", "--store", "aws"]).code, 0);
    let ran = place.run(&["check", "--store", "aws", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.json()["ok"], true);
    for one in ran.json()["live"].as_array().unwrap() {
        assert_eq!(one["result"], "ok", "{one}");
    }
    let human = place.run(&["check", "--store", "aws"]);
    assert!(human.out.contains("ok   schedule"), "{human:?}");

    running(&place, "off", &stream, false).await;
    turn_off(&place, "off").await;
    place.write("vigie.toml", text.replace("\"whole\"", "\"off\""));
    let ran = place.run(&["check", "--store", "aws", "--json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(tried(&ran, "stream").1.contains("the stream is disabled"), "{ran:?}");
    assert!(tried(&ran, "schedule").1.contains("off-minute is disabled"), "{ran:?}");
}

#[tokio::test]
async fn each_thing_that_is_amiss_is_told_with_what_to_do() {
    let place = Place::new().await;
    place.configure("[mail]", "[server]\npublic_url = \"http://127.0.0.1:9\"\n[mail]");
    let mut command = place.command(&["check", "--store", "aws", "--json"]);
    let ran = crate::support::ran(command.env("AWS_REGION", "us-east-1"));
    assert_eq!(ran.code, 1, "{ran:?}");
    for (check, told) in [
        ("region", "this shell's AWS_REGION us-east-1"),
        ("table", "no stream"),
        ("stream", "no output StreamMapping"),
        ("schedule", "no schedule"),
        ("sender", "SES does not know sara@vigie.example"),
        ("address", "does not answer"),
        ("applied", "nothing was applied"),
    ] {
        let (result, message) = tried(&ran, check);
        assert!(result == "no" && message.contains(told), "{check}: {message}");
    }
    assert_eq!(tried(&ran, "notices").0, "ok");
    assert_eq!(place.run(&["apply", "--store", "aws"]).code, 0);
    // A review that nobody decided on since an hour ago.
    post(&place.store().await, "r-1", 200, 1).await;
    let ran = place.run(&["check", "--store", "aws", "--json"]);
    assert_eq!(tried(&ran, "region"), ("ok".to_owned(), format!("{REGION} everywhere")));
    assert!(tried(&ran, "secrets").1.contains("no parameter /vigie/lumen-site/1"), "{ran:?}");
    assert!(tried(&ran, "notices").1.contains("15 minutes"), "{ran:?}");
    assert_eq!(tried(&ran, "applied").0, "ok", "{ran:?}");
}

#[tokio::test]
async fn a_table_without_an_index_is_told() {
    let place = Place::new().await;
    let tables = vigie_store_dynamodb::client(&place.shared);
    let gone = aws_sdk_dynamodb::types::DeleteGlobalSecondaryIndexAction::builder();
    let gone = gone.index_name("lookup").build().unwrap();
    let update = aws_sdk_dynamodb::types::GlobalSecondaryIndexUpdate::builder().delete(gone);
    let asked = tables.update_table().table_name(TABLE);
    asked.global_secondary_index_updates(update.build()).send().await.unwrap();
    let ran = place.run(&["check", "--store", "aws", "--json"]);
    assert!(tried(&ran, "table").1.contains("reads: lookup"), "{ran:?}");
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_too() {
    let place = Place::bare();
    let ran = place.run(&["check", "--store", "aws", "--json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(tried(&ran, "stack").1.contains("no stack called vigie"), "{ran:?}");
    let both = place.run(&["check", "--store", "aws", "--live"]);
    assert!(both.code == 2 && both.err.contains("one at a time"), "{both:?}");
    place.configure("Europe/Paris", "Europe/Pariss");
    let faulty = place.run(&["check", "--store", "aws", "--json"]);
    assert_eq!(faulty.code, 2, "{faulty:?}");
    assert_eq!(faulty.json()["faults"][0]["code"], Value::from("unknown-zone"));
}

//! Events that are none of theirs: told, and never a crash loop.

use anyhow::Result;
use serde_json::{Value, json};
use vigie_tests::runtime::{Answer, Function};

use vigie_tests::house::{House, answer_of, failed, sqs_event, webhook, work};

const FUNCTIONS: [&str; 6] = ["receive", "desk", "raise", "deliver", "watch", "feedback"];

fn strange() -> Vec<Value> {
    vec![
        json!(null),
        json!(7),
        json!("text"),
        json!([]),
        json!({}),
        json!({"Records": null}),
        json!({"Records": {}}),
        json!({"Records": [null]}),
        json!({"Records": [{"eventSource": "aws:s3"}]}),
        json!({"Records": [{"eventSource": "aws:dynamodb", "dynamodb": 7}]}),
        json!({"Records": [{"eventSource": "aws:sqs", "body": {"v": 1}}]}),
        json!({"Records": [{"EventSource": "aws:sns", "Sns": "text"}]}),
        json!({"version": "2.0", "requestContext": null}),
        json!({"version": "1.0", "httpMethod": "POST", "path": "/hooks/lumen-site"}),
        json!({"requestContext": {"http": {"method": "POST", "path": 7}}}),
        json!({"look": 7, "detail": {"deep": [[[[[[]]]]]]}}),
    ]
}

/// Something that the function takes, to see that it lives.
async fn lives(name: &str, function: &mut Function) -> Result<()> {
    match name {
        "receive" => {
            let (status, body) = answer_of(&function.invoke(&webhook("r-1", 5)?).await?)?;
            assert_eq!(status, 200, "{body}");
        }
        "desk" => {
            let asked = vigie_tests::house::request("GET", "/desk/a", &http::HeaderMap::new(), "");
            assert_eq!(answer_of(&function.invoke(&asked).await?)?.0, 404);
        }
        "raise" | "deliver" => {
            let none = failed(&function.invoke(&work(&[])).await?);
            // An empty list of records comes from neither of raise's two sources.
            assert!(none.is_err() || none?.is_empty());
        }
        "watch" => drop(function.invoke(&json!({"look": "minute"})).await?.done()?),
        _ => drop(function.invoke(&json!({"Records": []})).await?.done()?),
    }
    Ok(())
}

#[tokio::test]
async fn an_event_of_another_shape_fails_alone_and_the_function_lives_on() -> Result<()> {
    let house = House::new().await?;
    for name in FUNCTIONS {
        let mut function = house.function(name).await?;
        for event in strange() {
            // It may answer or say that it failed; what it may not do is end.
            let _: Answer = function.invoke(&event).await?;
            lives(name, &mut function).await?;
        }
        let no_json = function.invoke_bytes("no JSON".into()).await?;
        assert!(matches!(no_json, Answer::Failed(_)), "{name}: {no_json:?}");
        lives(name, &mut function).await?;
        let log = function.log()?;
        assert!(!log.contains("panicked"), "{name}: {log}");
    }
    Ok(())
}

#[tokio::test]
async fn a_message_that_is_no_work_is_named_and_its_neighbours_are_done() -> Result<()> {
    let house = House::new().await?;
    let notice = house.alerted("r-1").await?;
    let good = vigie_ports::queue::to_text(&vigie_ports::Due::Notice(notice));
    let bad = ["", "{}", "no JSON", r#"{"v":9,"due":{"notice":"x"}}"#, r#"{"v":1,"due":{}}"#];
    let mut bodies: Vec<String> = bad.iter().map(|one| (*one).to_owned()).collect();
    bodies.push(good);
    for name in ["deliver", "raise"] {
        let mut function = house.function(name).await?;
        let again = failed(&function.invoke(&sqs_event(&bodies)).await?)?;
        assert_eq!(again, ["m-0", "m-1", "m-2", "m-3", "m-4"], "{name}");
        let log = function.log()?;
        assert!(log.contains("another version of Vigie wrote this message (form 9"), "{log}");
    }
    // The good one was sent, once.
    house.mails(1).await
}

#[tokio::test]
async fn a_look_that_nobody_knows_is_told_by_name() -> Result<()> {
    let house = House::new().await?;
    let mut watch = house.function("watch").await?;
    let Answer::Failed(error) = watch.invoke(&json!({"look": "hour"})).await? else {
        anyhow::bail!("it looked")
    };
    assert!(error.to_string().contains("hour") && error.to_string().contains("day"), "{error}");
    Ok(())
}

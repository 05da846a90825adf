//! What only the home on AWS has: news of SES, and logs in many places.

use anyhow::{Context, Result, anyhow};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use vigie_tests::platform::{posted, secret_of, with};
use vigie_tests::stage::{LUMEN, SERVER};

use crate::Stage;
use crate::support::{assert_each_once, both_links, header, lumen, notices, press, until_status};

#[tokio::test]
async fn a_message_that_came_back_is_dead_and_can_be_sent_again() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    let notice = header(&stage.mails(1).await?[0], "X-Vigie-Notice")?;
    let bounce = json!({
        "eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "General"},
        "mail": {"headers": [{"name": "X-Vigie-Notice", "value": notice}]},
    });
    let house = &stage.place.house;
    let topics = house.ask("sns", "list_topics", &json!({})).map_err(|error| anyhow!(error))?;
    let topics = topics["Topics"].as_array().context("no topics")?;
    let topic = topics.iter().filter_map(|one| one["TopicArn"].as_str());
    let topic = topic.into_iter().find(|arn| arn.contains("FeedbackTopic")).context("no topic")?;
    let told = json!({"TopicArn": topic, "Message": bounce.to_string()});
    house.ask("sns", "publish", &told).map_err(|error| anyhow!(error))?;
    stage.until("it is dead", || Ok(notices(&stage, "dead")?.len() == 1)).await?;
    let dead = &notices(&stage, "dead")?[0];
    assert!(dead["reason"].as_str().is_some_and(|why| why.contains("Permanent")), "{dead}");
    assert_eq!(stage.run(&["redrive", &notice])?.code, 0);
    stage.mails(2).await.map(drop)
}

#[tokio::test]
async fn what_is_applied_beside_the_functions_is_in_force_soon() -> Result<()> {
    let stage = lumen().await?;
    until_status(&stage, "lumen-more", 404).await?;
    let more = "[[brand.source]]\nid = \"lumen-more\"\nplatform = \"generic-hmac\"\n\
                secrets = [\"file:lumen-more.secret\"]\n";
    stage.configure(&[SERVER, LUMEN, more].concat())?;
    let ran = stage.run(&["apply", "--put-secrets"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    until_status(&stage, "lumen-more", 401).await?;
    stage.tell("lumen-more", &posted("r-1", 2)).await?;
    assert_each_once(&stage.mails(1).await?);
    // Retired, not deleted: its address is gone.
    stage.configure(&[SERVER, LUMEN].concat())?;
    assert_eq!(stage.run(&["apply", "--put-secrets"])?.code, 0);
    until_status(&stage, "lumen-more", 404).await.map(drop)
}

/// Everything that must never be in a log, planted where it could slip in.
async fn planted(stage: &Stage) -> Result<Vec<String>> {
    let said = json!({
        "text": "Marker-of-the-text vendu cassé", "title": "Marker-of-the-title",
        "author": "Marker-of-the-author", "order": "Marker-of-the-order",
    });
    stage.tell("lumen-site", &with(posted("r-1", 2), &said)).await?;
    let (answered, close) = both_links(&stage.mails(1).await?[0])?;
    let mut secrets: Vec<String> =
        ["text", "title", "author", "order"].map(|name| format!("Marker-of-the-{name}")).into();
    for path in [&answered, &close] {
        secrets.extend(path.rsplit('.').next().map(str::to_owned));
        stage.get(path).await?;
    }
    press(stage, &close, "reason=duplicate").await?;
    let token = secret_of("lumen-trust")?;
    for path in [format!("/hooks/lumen-trust/{token}"), "/hooks/lumen-trust/wrong-token".into()] {
        stage.ask(Method::POST, &path, HeaderMap::new(), b"{}".to_vec()).await?;
    }
    stage.ask(Method::POST, "/hooks/lumen-site?k=queried", HeaderMap::new(), vec![]).await?;
    stage.post("lumen-site", "Marker-of-the-text is no JSON").await?;
    for source in ["lumen-site", "lumen-shop", "lumen-trust"] {
        secrets.push(secret_of(source)?);
    }
    secrets.extend(["wrong-token", "queried", "@lumen.example"].map(str::to_owned));
    Ok(secrets)
}

#[tokio::test]
async fn no_log_group_holds_a_secret_a_token_an_address_or_a_review() -> Result<()> {
    let stage = lumen().await?;
    let secrets = planted(&stage).await?;
    let told = |function: &str, what: &str| {
        let log = stage.log()?;
        Ok(log.lines().any(|line| line.starts_with(function) && line.contains(what)))
    };
    for (function, what) in [
        ("receive:", "\"request\""),
        ("desk:", "\"request\""),
        ("raise:", "\"worked\""),
        ("deliver:", "\"attempt\""),
        ("watch:", "\"looked\""),
    ] {
        stage.until(&format!("{function} has told {what}"), || told(function, what)).await?;
    }
    for line in stage.log()?.lines() {
        for secret in &secrets {
            assert!(!line.contains(secret.as_str()), "{secret:?} is in a log: {line}");
        }
        // What Lambda itself writes begins with a word; what we write is JSON.
        let own = line.split_once(": ").map_or("", |(_, told)| told);
        let is_ours = own.starts_with('{');
        assert!(!is_ours || serde_json::from_str::<Value>(own).is_ok(), "{line}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_counted_is_in_the_log_in_cloudwatchs_format() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.ask(Method::POST, "/hooks/lumen-site", HeaderMap::new(), b"{}".to_vec()).await?;
    stage.mails(1).await?;
    for (function, metric) in [
        ("receive:", "\"Accepted\":1"),
        ("receive:", "\"Refused\":1"),
        ("deliver:", "\"DeliverySeconds\":"),
        ("watch:", "\"OldestWaitingSeconds\":"),
    ] {
        let counted = || {
            let log = stage.log()?;
            let mut lines = log.lines().filter(|line| line.starts_with(function));
            let of = |line: &str| line.contains("\"_aws\"") && line.contains(metric);
            Ok(lines.any(|line| of(line) && line.contains("\"Stack\":\"vigie\"")))
        };
        stage.until(metric, counted).await?;
    }
    Ok(())
}

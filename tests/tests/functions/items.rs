//! Items of other versions, items that are gone, a table without its index.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use serde_json::json;
use vigie_domain::notice::NoticeState;
use vigie_ports::{Due, Store as _};
use vigie_tests::runtime::Answer;

use vigie_tests::house::{House, TABLE, failed, work};

async fn change(house: &House, pk: String, sk: &str, set: &str, to: AttributeValue) -> Result<()> {
    let client = vigie_store_dynamodb::client(&house.shared);
    let changed = client
        .update_item()
        .table_name(TABLE)
        .key("pk", AttributeValue::S(pk))
        .key("sk", AttributeValue::S(sk.to_owned()))
        .update_expression(format!("SET {set} = :to"))
        .expression_attribute_values(":to", to);
    changed.send().await?;
    Ok(())
}

#[tokio::test]
async fn a_notice_of_a_newer_version_is_left_for_it_and_said() -> Result<()> {
    let house = House::new().await?;
    let id = house.alerted("r-1").await?;
    let pk = format!("N#{id}");
    change(&house, pk.clone(), "N", "v", AttributeValue::N("99".to_owned())).await?;
    let mut deliver = house.function("deliver").await?;
    let one = work(&[Due::Notice(id.clone())]);
    assert_eq!(failed(&deliver.invoke(&one).await?)?, [""; 0]);
    let log = deliver.log()?;
    assert!(log.contains("newer version of Vigie wrote it (format 99): install that"), "{log}");
    assert_eq!(house.sink.count(), 0, "nothing is guessed at");
    // The newer version is taken back, or comes: it is sent.
    change(&house, pk, "N", "v", AttributeValue::N("1".to_owned())).await?;
    let client = vigie_store_dynamodb::client(&house.shared);
    let item = client
        .get_item()
        .table_name(TABLE)
        .key("pk", AttributeValue::S(format!("N#{id}")))
        .key("sk", AttributeValue::S("N".to_owned()));
    let item = item.send().await?.item.context("it is gone")?;
    assert!(item.contains_key("due_shard"), "it still waits: {item:?}");
    Ok(())
}

#[tokio::test]
async fn a_notice_whose_review_is_gone_ends_with_that_reason() -> Result<()> {
    let house = House::new().await?;
    let id = house.alerted("r-1").await?;
    let client = vigie_store_dynamodb::client(&house.shared);
    let items = client.scan().table_name(TABLE).send().await?.items.unwrap_or_default();
    for item in items {
        let pk = item["pk"].as_s().map(String::as_str).unwrap_or_default().to_owned();
        if pk.starts_with("R#") {
            let gone = client.delete_item().table_name(TABLE).key("pk", item["pk"].clone());
            gone.key("sk", item["sk"].clone()).send().await?;
        }
    }
    let mut deliver = house.function("deliver").await?;
    assert_eq!(failed(&deliver.invoke(&work(&[Due::Notice(id.clone())])).await?)?, [""; 0]);
    let notice = house.store.notice(&id).await?.context("it is gone too")?;
    assert_eq!((notice.state, house.sink.count()), (NoticeState::Cancelled, 0));
    assert!(notice.reason.is_some_and(|why| why.contains("review")));
    Ok(())
}

#[tokio::test]
async fn a_notice_that_is_gone_and_one_that_was_sent_are_nobodys_failure() -> Result<()> {
    let house = House::new().await?;
    let id = house.alerted("r-1").await?;
    let gone = Due::Notice(vigie_domain::notice::NoticeId::of(["gone"]));
    let mut deliver = house.function("deliver").await?;
    for _ in 0..2 {
        let answer = deliver.invoke(&work(&[Due::Notice(id.clone()), gone.clone()])).await?;
        assert_eq!(failed(&answer)?, [""; 0]);
    }
    house.mails(1).await
}

#[tokio::test]
async fn a_table_without_its_index_is_told_by_its_name() -> Result<()> {
    let house = House::new().await?;
    let client = vigie_store_dynamodb::client(&house.shared);
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    let text = |name: &str| {
        let of = AttributeDefinition::builder().attribute_name(name);
        of.attribute_type(ScalarAttributeType::S).build()
    };
    client
        .create_table()
        .table_name("bare")
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(vec![key("pk", KeyType::Hash)?, key("sk", KeyType::Range)?]))
        .set_attribute_definitions(Some(vec![text("pk")?, text("sk")?]))
        .send()
        .await?;
    let mut variables = house.variables();
    variables.retain(|(name, _)| *name != "VIGIE_TABLE");
    variables.push(("VIGIE_TABLE", "bare"));
    let program = vigie_tests::runtime::program("watch")?;
    let mut watch = vigie_tests::runtime::Function::start(&program, &variables).await?;
    let Answer::Failed(error) = watch.invoke(&json!({"look": "minute"})).await? else {
        anyhow::bail!("it looked")
    };
    let said = error.to_string();
    assert!(said.contains("bare") && said.contains("lacks an index"), "{said}");
    Ok(())
}

#[tokio::test]
async fn feedback_about_a_message_that_nobody_knows_changes_nothing() -> Result<()> {
    let house = House::new().await?;
    let id = house.alerted("r-1").await?;
    let mut deliver = house.function("deliver").await?;
    deliver.invoke(&work(&[Due::Notice(id.clone())])).await?.done()?;
    let told = |notice: &str| {
        let message = json!({
            "eventType": "Bounce", "bounce": {"bounceType": "Permanent"},
            "mail": {"headers": [{"name": "X-Vigie-Notice", "value": notice}]},
        });
        json!({"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "a",
               "Sns": {"Type": "Notification", "MessageId": "m", "TopicArn": "t", "Subject": null,
                       "Message": message.to_string(), "Timestamp": "2026-11-26T08:00:00.000Z",
                       "SignatureVersion": "1", "Signature": "s", "SigningCertUrl": "u",
                       "UnsubscribeUrl": "u", "MessageAttributes": {}}})
    };
    let mut feedback = house.function("feedback").await?;
    let event = |notice: &str| json!({"Records": [told(notice)]});
    feedback.invoke(&event("0123456789abcdef0123456789abcdef")).await?.done()?;
    feedback.invoke(&event("no id")).await?.done()?;
    assert_eq!(house.store.notice(&id).await?.context("gone")?.state, NoticeState::Sent);
    for _ in 0..2 {
        feedback.invoke(&event(&id.to_string())).await?.done()?;
    }
    let back = house.store.notice(&id).await?.context("gone")?;
    assert_eq!(back.state, NoticeState::Dead, "it came back: {back:?}");
    Ok(())
}

//! Records of the table's stream, in every way they may come; and none for two days.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::{Value, json};
use vigie_domain::EventKind;
use vigie_domain::notice::{Kind, NoticeState};
use vigie_ports::{Arrival, BrandInForce, Due, NoticeFilter, Store as _};
use vigie_testkit::build::written;
use vigie_tests::platform::{ago, now, told};

use vigie_tests::house::{
    House, SOURCE, TABLE, answer_of, brand, failed, request, review, webhook, work,
};

type Image = serde_json::Map<String, Value>;

/// The reviews of the table as a stream shows them.
pub(crate) async fn images(house: &House) -> Result<Vec<Image>> {
    let client = vigie_store_dynamodb::client(&house.shared);
    let items = client.scan().table_name(TABLE).send().await?.items.unwrap_or_default();
    let reviews = items.into_iter().filter(|item| {
        item.get("pk").and_then(|pk| pk.as_s().ok()).is_some_and(|pk| pk.starts_with("R#"))
    });
    reviews.map(|item| item.iter().map(|(name, value)| shown(name, value)).collect()).collect()
}

fn shown(name: &str, value: &AttributeValue) -> Result<(String, Value)> {
    let value = match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(digits) => json!({"N": digits}),
        AttributeValue::B(bytes) => json!({"B": STANDARD.encode(bytes)}),
        AttributeValue::Ss(set) => json!({"SS": set}),
        AttributeValue::Bool(is) => json!({"BOOL": is}),
        other => anyhow::bail!("an attribute of another type: {other:?}"),
    };
    Ok((name.to_owned(), value))
}

/// Records as Lambda hands them over.
pub(crate) fn stream_event(images: &[Image]) -> Value {
    let records = images.iter().enumerate().map(|(n, image)| {
        json!({
            "eventID": n.to_string(), "eventName": "MODIFY", "eventVersion": "1.1",
            "eventSource": "aws:dynamodb", "awsRegion": "eu-west-3",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_795_680_000, "Keys": {"pk": image["pk"],
                "sk": image["sk"]}, "NewImage": image, "SequenceNumber": format!("{n}"),
                "SizeBytes": 1, "StreamViewType": "NEW_IMAGE",
            },
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

/// Alerts by review.
async fn alerts(house: &House) -> Result<BTreeMap<String, usize>> {
    let all = house.store.notices(NoticeFilter::default()).await?;
    let mut count = BTreeMap::new();
    for notice in all.iter().filter(|notice| notice.what.kind == Kind::Alert) {
        let about = notice.what.subject.review().context("no review")?;
        *count.entry(about.external_id.to_string()).or_default() += 1;
    }
    Ok(count)
}

#[tokio::test]
async fn records_doubled_replayed_split_and_out_of_order_make_each_alert_once() -> Result<()> {
    let house = House::new().await?;
    let mut receive = house.function("receive").await?;
    let mut history = Vec::new();
    for id in ["r-1", "r-2", "r-3"] {
        assert_eq!(answer_of(&receive.invoke(&webhook(id, 2)?).await?)?.0, 200);
        history.extend(images(&house).await?);
    }
    let edit = told("edited", "r-2", &json!({"rating": 1})).to_string();
    let secret = vigie_tests::platform::secret_of(SOURCE)?;
    let (path, headers) = vigie_tests::platform::signed(SOURCE, &secret, edit.as_bytes(), now())?;
    receive.invoke(&request("POST", &path, &headers, &edit)).await?;
    history.extend(images(&house).await?);
    // Out of order over keys, in batches that cut through a review's own records, thrice.
    let mut raise = house.function("raise").await?;
    history.reverse();
    for _ in 0..3 {
        for batch in history.chunks(2) {
            let again = failed(&raise.invoke(&stream_event(batch)).await?)?;
            assert_eq!(again, [""; 0]);
        }
        history.rotate_left(1);
    }
    let mut twice = history.clone();
    twice.extend(history);
    raise.invoke(&stream_event(&twice)).await?.done()?;
    let one_each = ["r-1", "r-2", "r-3"].map(|id| (id.to_owned(), 1));
    assert_eq!(alerts(&house).await?, BTreeMap::from(one_each));
    // Each nudge was handed on, and more than once is sent once.
    let mut deliver = house.function("deliver").await?;
    let nudges = house.queued("deliver").await?;
    deliver.invoke(&work(&[nudges.clone(), nudges].concat())).await?.done()?;
    house.mails(3).await
}

#[tokio::test]
async fn a_poison_record_blocks_nobody_and_is_told() -> Result<()> {
    let house = House::new().await?;
    let mut receive = house.function("receive").await?;
    for id in ["r-1", "r-2"] {
        receive.invoke(&webhook(id, 2)?).await?;
    }
    let good = images(&house).await?;
    let spoilt = |name: &str, value: Value| {
        let mut image = good[0].clone();
        image.insert(name.to_owned(), value);
        image
    };
    let mut poison = vec![
        spoilt("v", json!({"N": "99"})),
        spoilt("body", json!({"S": "no JSON"})),
        spoilt("body", json!({"N": "7"})),
        spoilt("pk", json!({"S": "R#"})),
        Image::new(),
    ];
    poison[4].insert("pk".to_owned(), json!({"N": "1"}));
    poison[4].insert("sk".to_owned(), json!({"N": "1"}));
    for one in poison {
        let batch = [vec![one], good.clone()].concat();
        let mut raise = house.function("raise").await?;
        assert_eq!(failed(&raise.invoke(&stream_event(&batch)).await?)?, [""; 0]);
    }
    assert_eq!(alerts(&house).await?.len(), 2);
    let mut raise = house.function("raise").await?;
    raise.invoke(&stream_event(&[spoilt("v", json!({"N": "99"}))])).await?;
    assert!(raise.log()?.contains("newer version"), "{}", raise.log()?);
    Ok(())
}

#[tokio::test]
async fn a_review_of_a_brand_that_nobody_knows_is_told_and_blocks_nobody() -> Result<()> {
    let house = House::new().await?;
    let mut strange = brand();
    strange.id = "unheard-of".parse()?;
    let at = now();
    let told = written(EventKind::Posted, "r-1", 200, at);
    let brand = std::sync::Arc::new(BrandInForce::new(strange));
    house
        .store
        .record(vec![Arrival { key: review("r-1"), brand, told, at, request: None }])
        .await?;
    let mut receive = house.function("receive").await?;
    receive.invoke(&webhook("r-2", 2)?).await?;
    let mut raise = house.function("raise").await?;
    let records = images(&house).await?;
    assert_eq!(failed(&raise.invoke(&stream_event(&records)).await?)?, [""; 0]);
    let unknown = work(&[Due::Undecided(review("r-1"))]);
    assert_eq!(failed(&raise.invoke(&unknown).await?)?, [""; 0], "nor is a queue filled with it");
    assert!(raise.log()?.contains("brand unheard-of is not in the configuration"));
    assert_eq!(alerts(&house).await?, BTreeMap::from([("r-2".to_owned(), 1)]));
    let waits = house.store.due(now() + SignedDuration::from_mins(5), 10).await?;
    assert!(waits.contains(&Due::Undecided(review("r-1"))), "its mark stays: {waits:?}");
    Ok(())
}

#[tokio::test]
async fn a_stream_that_was_off_for_two_days_has_lost_nothing() -> Result<()> {
    let house = House::new().await?;
    let two_days = 2 * 24 * 3600;
    let at = ago(two_days);
    let mine = std::sync::Arc::new(BrandInForce::new(brand()));
    for (id, stars) in [("low-1", 200), ("low-2", 100), ("good", 500)] {
        let told = written(EventKind::Posted, id, stars, at);
        let arrival = Arrival { key: review(id), brand: mine.clone(), told, at, request: None };
        house.store.record(vec![arrival]).await?;
    }
    // No record was ever seen. Watch looks, as each minute.
    let mut watch = house.function("watch").await?;
    watch.invoke(&json!({"look": "minute"})).await?.done()?;
    let found = house.queued("raise").await?;
    for id in ["low-1", "low-2"] {
        assert!(found.contains(&Due::Undecided(review(id))), "{found:?}");
    }
    let mut raise = house.function("raise").await?;
    raise.invoke(&work(&found)).await?.done()?;
    let mut deliver = house.function("deliver").await?;
    deliver.invoke(&work(&house.queued("deliver").await?)).await?.done()?;
    assert_eq!(alerts(&house).await?.len(), 2);
    let sent = NoticeFilter { state: Some(NoticeState::Sent), ..NoticeFilter::default() };
    let sent = house.store.notices(sent).await?.len();
    assert!(sent >= 2, "both alerts went");
    house.mails(sent).await
}

#[tokio::test]
async fn a_clock_that_is_ahead_of_anothers_delays_and_loses_nothing() -> Result<()> {
    let house = House::new().await?;
    // Who recorded it is five minutes ahead of who decides and sends.
    let ahead = now() + SignedDuration::from_mins(5);
    let mine = std::sync::Arc::new(BrandInForce::new(brand()));
    let told = written(EventKind::Posted, "r-1", 200, ahead);
    let arrival = Arrival { key: review("r-1"), brand: mine, told, at: ahead, request: None };
    house.store.record(vec![arrival]).await?;
    let mut raise = house.function("raise").await?;
    let records = images(&house).await?;
    assert_eq!(failed(&raise.invoke(&stream_event(&records)).await?)?, [""; 0]);
    assert_eq!(alerts(&house).await?.len(), 1);
    let mut deliver = house.function("deliver").await?;
    deliver.invoke(&work(&house.queued("deliver").await?)).await?.done()?;
    house.mails(1).await
}

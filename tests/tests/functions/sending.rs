//! Sending by SES that refuses, throttles, and loses answers; and functions that die meanwhile.

use anyhow::{Context, Result};
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::json;
use tokio::sync::mpsc;
use vigie_domain::notice::{Notice, NoticeId, NoticeState};
use vigie_ports::{Due, Store as _};
use vigie_tests::between::Fate;
use vigie_tests::platform::ago;

use vigie_tests::house::{House, TABLE, failed, work};

async fn notice(house: &House, id: &NoticeId) -> Result<Notice> {
    house.store.notice(id).await?.context("it is gone")
}

/// Lets the time until a notice is looked at again pass: its lease, or the wait after a failure.
async fn time_passes(house: &House, id: &NoticeId) -> Result<()> {
    let client = vigie_store_dynamodb::client(&house.shared);
    let changed = client
        .update_item()
        .table_name(TABLE)
        .key("pk", AttributeValue::S(format!("N#{id}")))
        .key("sk", AttributeValue::S("N".to_owned()))
        .update_expression("SET due_at = :past")
        .expression_attribute_values(
            ":past",
            AttributeValue::N(ago(1).as_microsecond().to_string()),
        );
    changed.send().await?;
    Ok(())
}

#[tokio::test]
async fn of_ten_messages_the_one_that_ses_refuses_is_dead_and_nine_are_sent() -> Result<()> {
    let house = House::new().await?;
    let mut ids = Vec::new();
    for n in 0..10 {
        ids.push(house.alerted(&format!("r-{n}")).await?);
    }
    let mut calls = 0;
    house.between.rule(move |call| {
        calls += usize::from(call.operation == "SendRawEmail");
        if call.operation == "SendRawEmail" && calls == 4 {
            return Fate::xml("MessageRejected", "Address is on the suppression list");
        }
        Fate::Pass
    });
    let mut deliver = house.function("deliver").await?;
    let all: Vec<Due> = ids.iter().cloned().map(Due::Notice).collect();
    assert_eq!(failed(&deliver.invoke(&work(&all)).await?)?, [""; 0]);
    house.mails(9).await?;
    let mut states = Vec::new();
    for id in &ids {
        states.push(notice(&house, id).await?.state);
    }
    let dead = states.iter().filter(|state| **state == NoticeState::Dead).count();
    assert_eq!(dead, 1, "{states:?}: {}", deliver.log()?);
    Ok(())
}

#[tokio::test]
async fn a_throttled_ses_is_asked_again_later_and_loses_nothing() -> Result<()> {
    let house = House::new().await?;
    let id = house.alerted("r-1").await?;
    house.between.rule(|call| match call.operation.as_str() {
        "SendRawEmail" => Fate::xml("Throttling", "Maximum sending rate exceeded."),
        _ => Fate::Pass,
    });
    let mut deliver = house.function("deliver").await?;
    let one = work(&[Due::Notice(id.clone())]);
    for attempts in 1..=3 {
        assert_eq!(failed(&deliver.invoke(&one).await?)?, [""; 0], "SQS need not know");
        let waits = notice(&house, &id).await?;
        assert_eq!((waits.state, waits.attempts), (NoticeState::Pending, attempts));
        assert_eq!(waits.perhaps_twice, 0, "a refusal is a sure non-delivery");
        // Nudged too early: it is not due.
        deliver.invoke(&one).await?.done()?;
        assert_eq!(notice(&house, &id).await?.attempts, attempts);
        time_passes(&house, &id).await?;
    }
    let sends = house.between.seen().iter().filter(|one| *one == "SendRawEmail").count();
    assert_eq!(sends, 3, "the SDK tries nothing again by itself");
    house.between.rule(|_| Fate::Pass);
    deliver.invoke(&one).await?.done()?;
    assert_eq!(notice(&house, &id).await?.state, NoticeState::Sent);
    house.mails(1).await?;
    Ok(())
}

#[tokio::test]
async fn a_function_killed_between_claim_and_settle_is_followed_when_its_lease_ends() -> Result<()>
{
    let house = House::new().await?;
    let id = house.alerted("r-1").await?;
    let one = work(&[Due::Notice(id.clone())]);
    let (reached, mut sends) = mpsc::unbounded_channel();
    house.between.rule(move |call| {
        if call.operation == "SendRawEmail" {
            let _ = reached.send(());
            return Fate::Silence;
        }
        Fate::Pass
    });
    let mut first = house.function("deliver").await?;
    let answer = first.begin(serde_json::to_vec(&one)?.into())?;
    sends.recv().await.context("it never sent")?;
    first.kill()?;
    drop(answer);
    assert_eq!(notice(&house, &id).await?.state, NoticeState::Sending);
    // SQS gives the message again while the lease is held: nobody else sends.
    house.between.rule(|_| Fate::Pass);
    let mut second = house.function("deliver").await?;
    assert_eq!(failed(&second.invoke(&one).await?)?, [""; 0]);
    assert_eq!(house.sink.count(), 0, "the lease is held");
    time_passes(&house, &id).await?;
    let mut watch = house.function("watch").await?;
    watch.invoke(&json!({"look": "minute"})).await?.done()?;
    let found = house.queued("deliver").await?;
    assert!(found.contains(&Due::Notice(id.clone())), "watch finds the lease that ended");
    second.invoke(&work(&found)).await?.done()?;
    let sent = notice(&house, &id).await?;
    assert_eq!(sent.state, NoticeState::Sent);
    house.mails(1).await?;
    assert_eq!(sent.perhaps_twice, 1, "we cannot know whether the first one sent");
    Ok(())
}

#[tokio::test]
async fn an_answer_of_ses_that_is_lost_is_counted_as_perhaps_twice() -> Result<()> {
    let house = House::new().await?;
    let id = house.alerted("r-1").await?;
    let one = work(&[Due::Notice(id.clone())]);
    let (reached, mut sends) = mpsc::unbounded_channel();
    house.between.rule(move |call| {
        if call.operation == "SendRawEmail" {
            let _ = reached.send(());
            return Fate::LostAnswer;
        }
        Fate::Pass
    });
    let mut first = house.function("deliver").await?;
    let answer = first.begin(serde_json::to_vec(&one)?.into())?;
    sends.recv().await.context("it never sent")?;
    house.sink.wait_for(1, std::time::Duration::from_secs(30)).await?;
    first.kill()?;
    drop(answer);
    house.between.rule(|_| Fate::Pass);
    time_passes(&house, &id).await?;
    let mut second = house.function("deliver").await?;
    second.invoke(&one).await?.done()?;
    let sent = notice(&house, &id).await?;
    assert_eq!((sent.state, sent.perhaps_twice), (NoticeState::Sent, 1));
    // A second message is better than none.
    house.mails(2).await
}

#[tokio::test]
async fn a_schedule_that_fires_twice_or_late_sends_each_message_once() -> Result<()> {
    let house = House::new().await?;
    let id = house.alerted("r-1").await?;
    let (mut one, mut other) = (house.function("watch").await?, house.function("watch").await?);
    let look = json!({"look": "minute"});
    let (first, second) = tokio::join!(one.invoke(&look), other.invoke(&look));
    first?.done()?;
    second?.done()?;
    one.invoke(&look).await?.done()?;
    let found = house.queued("deliver").await?;
    assert_eq!(found.iter().filter(|due| **due == Due::Notice(id.clone())).count(), 3);
    let (mut one, mut other) = (house.function("deliver").await?, house.function("deliver").await?);
    let all = work(&found);
    let (first, second) = tokio::join!(one.invoke(&all), other.invoke(&all));
    first?.done()?;
    second?.done()?;
    assert_eq!(notice(&house, &id).await?.state, NoticeState::Sent);
    house.mails(1).await?;
    Ok(())
}

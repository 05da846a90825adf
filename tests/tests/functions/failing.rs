//! A table that is throttled or away: whoever asked is told to ask again, and nothing is lost.

use anyhow::Result;
use serde_json::json;
use vigie_ports::{Due, Store as _};
use vigie_tests::between::Fate;
use vigie_tests::runtime::Answer;

use crate::stream::{images, stream_event};
use vigie_tests::house::{House, answer_of, failed, review, webhook, work};

fn throttled() -> Fate {
    Fate::json("ProvisionedThroughputExceededException", "slow down")
}

#[tokio::test]
async fn a_webhook_is_refused_until_it_is_durable_and_then_taken() -> Result<()> {
    let house = House::new().await?;
    let mut receive = house.function("receive").await?;
    house.between.rule(|call| match call.operation.as_str() {
        "PutItem" | "UpdateItem" | "TransactWriteItems" => throttled(),
        _ => Fate::Pass,
    });
    let event = webhook("r-1", 2)?;
    let answer = receive.invoke(&event).await?;
    let (status, problem) = answer_of(&answer)?;
    assert_eq!((status, &problem["code"]), (503, &json!("store-unavailable")));
    let headers = &answer.done()?["headers"];
    assert!(headers["retry-after"].is_string(), "when to come again: {headers}");
    assert!(house.store.review(&review("r-1")).await?.is_none(), "no 2xx, no review");
    house.between.rule(|_| Fate::Pass);
    assert_eq!(answer_of(&receive.invoke(&event).await?)?.0, 200);
    assert!(house.store.review(&review("r-1")).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn work_that_the_table_had_no_answer_for_comes_again() -> Result<()> {
    let house = House::new().await?;
    let mut receive = house.function("receive").await?;
    for id in ["r-1", "r-2"] {
        receive.invoke(&webhook(id, 2)?).await?;
    }
    let mut raise = house.function("raise").await?;
    house.between.rule(|call| match call.operation.as_str() {
        "TransactWriteItems" | "UpdateItem" => throttled(),
        _ => Fate::Pass,
    });
    let both = [Due::Undecided(review("r-1")), Due::Undecided(review("r-2"))];
    assert_eq!(failed(&raise.invoke(&work(&both)).await?)?.len(), 2);
    let records = stream_event(&images(&house).await?);
    assert_eq!(failed(&raise.invoke(&records).await?)?, ["0"], "from the first that failed on");
    house.between.rule(|_| Fate::Pass);
    assert_eq!(failed(&raise.invoke(&records).await?)?, [""; 0]);
    assert_eq!(house.queued("deliver").await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn messages_that_the_queue_does_not_take_are_found_by_watch() -> Result<()> {
    let house = House::new().await?;
    let mut receive = house.function("receive").await?;
    receive.invoke(&webhook("r-1", 2)?).await?;
    let mut raise = house.function("raise").await?;
    house.between.rule(|call| match call.operation.as_str() {
        "SendMessageBatch" => Fate::json("RequestThrottled", "slow down"),
        _ => Fate::Pass,
    });
    let one = work(&[Due::Undecided(review("r-1"))]);
    assert_eq!(failed(&raise.invoke(&one).await?)?, [""; 0], "it is decided");
    let mut watch = house.function("watch").await?;
    let look = json!({"look": "minute"});
    assert!(matches!(watch.invoke(&look).await?, Answer::Failed(_)), "its alarm is to hear of it");
    house.between.rule(|_| Fate::Pass);
    watch.invoke(&look).await?.done()?;
    assert_eq!(house.queued("deliver").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn every_function_says_that_the_table_is_away_and_lives_on() -> Result<()> {
    let house = House::new().await?;
    let notice = house.alerted("r-1").await?;
    let events = [
        ("watch", json!({"look": "minute"})),
        ("deliver", work(&[Due::Notice(notice)])),
        ("raise", work(&[Due::Undecided(review("r-1"))])),
    ];
    for (name, event) in events {
        house.between.rule(|_| Fate::Pass);
        let mut function = house.function(name).await?;
        house.between.rule(|_| throttled());
        let answer = function.invoke(&event).await?;
        let told = matches!(&answer, Answer::Failed(_)) || !failed(&answer)?.is_empty();
        assert!(told, "{name}: {answer:?}");
        house.between.rule(|_| Fate::Pass);
        let answer = function.invoke(&event).await?;
        assert!(name == "watch" || failed(&answer)?.is_empty(), "{name}: {answer:?}");
    }
    house.mails(1).await
}

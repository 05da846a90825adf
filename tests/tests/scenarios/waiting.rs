//! What waits for a mail server that is down, and changes meanwhile.

use anyhow::Result;
use serde_json::json;
use vigie_tests::platform::{posted, told};

use crate::edits::{edited, posted_long_ago};
use crate::support::{lumen, notices, unwrapped};

#[tokio::test]
async fn an_alert_that_was_not_sent_yet_is_cancelled_by_an_answer() -> Result<()> {
    let stage = lumen().await?;
    stage.sink.stop().await;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.tell("lumen-site", &posted("r-2", 2)).await?;
    let tried = |id: &str| -> Result<bool> {
        let waiting = notices(&stage, "pending")?;
        let of = waiting.iter().find(|one| one["review"] == format!("lumen-site/{id}"));
        Ok(of.is_some_and(|one| one["attempts"].as_u64() > Some(0)))
    };
    stage.until("both were tried", || Ok(tried("r-1")? && tried("r-2")?)).await?;
    stage.tell("lumen-site", &told("answered", "r-1", &json!({}))).await?;
    stage.tell("lumen-site", &told("withdrawn", "r-2", &json!({}))).await?;
    stage.sink.restart()?;
    stage.mails(0).await?;
    let cancelled = notices(&stage, "cancelled")?;
    let mut why: Vec<_> = cancelled.iter().filter_map(|one| one["reason"].as_str()).collect();
    why.sort_unstable();
    assert_eq!(why, ["the review was answered", "the review was withdrawn"]);
    Ok(())
}

#[tokio::test]
async fn an_alert_that_was_not_sent_yet_shows_the_newest_text() -> Result<()> {
    let stage = lumen().await?;
    stage.sink.stop().await;
    posted_long_ago(&stage, "r-1", 3).await?;
    stage.tell("lumen-site", &edited("r-1", &json!(3))).await?;
    stage.sink.restart()?;
    let mails = stage.mails(1).await?;
    let text = unwrapped(&mails[0])?;
    assert!(text.contains("La lampe ne s'allume plus."), "{text}");
    assert!(!text.contains("comme sur la photo"), "{text}");
    Ok(())
}

//! What makes no alert, and is in the report all the same.

use anyhow::Result;
use serde_json::json;
use vigie_tests::platform::{ago, now, posted, with};

use crate::support::{explain, lumen, open_in_report};

#[tokio::test]
async fn a_review_found_late_makes_no_alert_and_is_due_a_day_after_it_was_seen() -> Result<()> {
    let stage = lumen().await?;
    let at = ago(8 * 86_400).to_string();
    let old = json!({"published_at": at, "updated_at": at});
    stage.tell("lumen-site", &with(posted("r-1", 1), &old)).await?;
    stage.mails(0).await?;
    let told = explain(&stage, "lumen-site/r-1")?;
    assert_eq!(told["notices"], json!([]));
    assert!(told["not_made"][0]["reason"].as_str().unwrap_or("").contains("found late"), "{told}");
    let report = stage.json(&["report", "unanswered"])?;
    let open = &report["brands"][0]["open"][0];
    assert_eq!((&open["found_late"], &open["state"]), (&json!(true), &json!("on_time")));
    let due: jiff::Timestamp = open["due_at"].as_str().unwrap_or_default().parse()?;
    let left = due.duration_since(now()).as_secs();
    assert!((86_340..=86_400).contains(&left), "due in {left} s: {open}");
    Ok(())
}

#[tokio::test]
async fn a_review_just_within_seven_days_is_told_and_the_brand_may_say_another_time() -> Result<()>
{
    let stage = lumen().await?;
    let at = ago(7 * 86_400 - 60).to_string();
    let aged = json!({"published_at": at, "updated_at": at});
    stage.tell("lumen-site", &with(posted("r-1", 1), &aged)).await?;
    stage.mails(1).await?;
    let short = [vigie_tests::stage::SERVER, vigie_tests::stage::LUMEN].concat();
    let short = short.replace("praise = \"daily\"", "praise = \"daily\"\nalert_within = \"2d\"");
    let stage = crate::Stage::open(&short).await?;
    stage.tell("lumen-site", &with(posted("r-1", 1), &aged)).await?;
    stage.mails(0).await?;
    assert_eq!(open_in_report(&stage, "lumen")?, ["lumen-site/r-1"]);
    Ok(())
}

#[tokio::test]
async fn a_review_without_a_readable_rating_makes_no_alert_and_stands_in_the_report() -> Result<()>
{
    let stage = lumen().await?;
    stage.tell("lumen-site", &with(posted("r-1", 1), &json!({"rating": "bad"}))).await?;
    stage.mails(0).await?;
    let report = stage.json(&["report", "unanswered"])?;
    let open = &report["brands"][0]["open"][0];
    assert_eq!((&open["review"], &open["stars"]), (&json!("lumen-site/r-1"), &json!(null)));
    Ok(())
}

#[tokio::test]
async fn a_good_review_waits_for_the_daily_message_and_is_counted() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &posted("r-1", 5)).await?;
    stage.mails(0).await?;
    let told = explain(&stage, "lumen-site/r-1")?;
    let reasons = told["not_made"].as_array().cloned().unwrap_or_default();
    let kinds: Vec<_> = reasons.iter().filter_map(|one| one["kind"].as_str()).collect();
    assert_eq!(kinds, ["alert", "praise"], "{told}");
    let report = stage.json(&["report", "unanswered"])?;
    assert_eq!(report["brands"][0]["good_open"]["count"], 1);
    assert_eq!(report["brands"][0]["open"], json!([]));
    Ok(())
}

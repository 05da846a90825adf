//! Answers, withdrawals, and what they cancel.

use anyhow::Result;
use serde_json::json;
use vigie_tests::platform::{ago, now, posted, told, with};

use crate::support::{explain, lumen, open_in_report, trail};

#[tokio::test]
async fn an_answered_review_leaves_the_report() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.tell("lumen-site", &posted("r-2", 1)).await?;
    stage.mails(2).await?;
    assert_eq!(open_in_report(&stage, "lumen")?, ["lumen-site/r-1", "lumen-site/r-2"]);
    let reply = json!({"reply": {"text": "Merci, nous cherchons.", "at": now().to_string()}});
    stage.tell("lumen-site", &told("answered", "r-1", &reply)).await?;
    stage.settled().await?;
    assert_eq!(open_in_report(&stage, "lumen")?, ["lumen-site/r-2"]);
    let report = stage.json(&["report", "unanswered"])?;
    assert_eq!(report["brands"][0]["answered_since"], json!(["lumen-site/r-1"]));
    assert_eq!(report["brands"][0]["answered_in_time"], 1);
    let answered = explain(&stage, "lumen-site/r-1")?;
    assert_eq!(answered["state"], "answered");
    assert_eq!(trail(&answered), ["posted", "answered"]);
    Ok(())
}

#[tokio::test]
async fn a_later_edit_reopens_an_answered_review_only_if_it_would_make_an_alert() -> Result<()> {
    let stage = lumen().await?;
    let at = ago(3600).to_string();
    let when = json!({"published_at": at, "updated_at": at});
    stage.tell("lumen-site", &with(posted("r-1", 3), &when)).await?;
    stage.mails(1).await?;
    let replied = json!({"reply": {"text": "Merci.", "at": ago(600).to_string()}});
    stage.tell("lumen-site", &told("answered", "r-1", &replied)).await?;
    let edit = |rating: u8, text: &str| {
        told("edited", "r-1", &json!({"rating": rating, "text": text, "published_at": at}))
    };
    stage.tell("lumen-site", &edit(3, "Toujours cassée.")).await?;
    stage.mails(1).await?;
    assert_eq!(explain(&stage, "lumen-site/r-1")?["state"], "answered");
    stage.tell("lumen-site", &edit(1, "Toujours cassée, et personne ne répond.")).await?;
    stage.mails(2).await?;
    let open = explain(&stage, "lumen-site/r-1")?;
    assert_eq!(open["state"], "open");
    let due: jiff::Timestamp = open["due_at"].as_str().unwrap_or_default().parse()?;
    let left = due.duration_since(now()).as_secs();
    assert!((86_300..=86_400).contains(&left), "the promise counts from the edit: {open}");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_comes_before_its_review_is_kept_and_silences_the_alert() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &told("answered", "r-1", &json!({}))).await?;
    stage.tell("lumen-site", &posted("r-1", 1)).await?;
    stage.mails(0).await?;
    assert_eq!(explain(&stage, "lumen-site/r-1")?["state"], "answered");
    Ok(())
}

#[tokio::test]
async fn the_operator_can_say_that_a_review_was_answered_or_closed() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.tell("lumen-site", &posted("r-2", 2)).await?;
    stage.mails(2).await?;
    let number = explain(&stage, "lumen-site/r-1")?["number"].as_str().unwrap_or("").to_owned();
    assert!(number.starts_with("LUM-"), "{number}");
    assert_eq!(stage.run(&["answered", &number, "--by", "Claire"])?.code, 0);
    assert_eq!(stage.run(&["close", "lumen-site/r-2", "--reason", "a duplicate"])?.code, 0);
    assert_eq!(open_in_report(&stage, "lumen")?, [""; 0]);
    assert_eq!(explain(&stage, &number)?["state"], "answered");
    assert_eq!(explain(&stage, "lumen-site/r-2")?["state"], "closed");
    Ok(())
}

#[tokio::test]
async fn a_withdrawn_review_that_comes_back_is_open_again_and_repeats_no_alert() -> Result<()> {
    let stage = lumen().await?;
    let first = posted("r-1", 2);
    stage.tell("lumen-site", &first).await?;
    stage.mails(1).await?;
    stage.tell("lumen-site", &told("withdrawn", "r-1", &json!({}))).await?;
    stage.settled().await?;
    let before = explain(&stage, "lumen-site/r-1")?;
    assert_eq!(before["state"], "withdrawn");
    assert_eq!(open_in_report(&stage, "lumen")?, [""; 0]);
    let back = with(first, &json!({"updated_at": now().to_string(), "text": "De retour."}));
    stage.tell("lumen-site", &back).await?;
    stage.mails(1).await?;
    let after = explain(&stage, "lumen-site/r-1")?;
    assert_eq!((&after["state"], &after["due_at"]), (&json!("open"), &before["due_at"]));
    assert_eq!(after["published_at"], before["published_at"]);
    Ok(())
}

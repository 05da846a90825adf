//! Reminders and escalations, by the machine's own clock: reviews are dated so that a step comes
//! due in a few seconds.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use vigie_tests::platform::{ago, posted, with};

use crate::Stage;
use crate::support::{both_links, explain, first_line, header, links, lumen, unwrapped};

/// How far ahead a step is when its review comes.
const AHEAD_S: i64 = 3;

/// A review that is some seconds from being so many hours old.
fn nearly(id: &str, hours: i64, ahead_s: i64) -> Value {
    let at = ago(hours * 3600 - ahead_s).to_string();
    with(posted(id, 2), &json!({"published_at": at, "updated_at": at}))
}

fn kinds_made(stage: &Stage, review: &str) -> Result<Vec<String>> {
    let told = explain(stage, review)?;
    let made = told["notices"].as_array().context("no notices")?;
    Ok(made.iter().map(|one| format!("{}>{}", one["kind"], one["to"]).replace('"', "")).collect())
}

#[tokio::test]
async fn a_reminder_goes_out_when_its_step_is_due() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &nearly("r-1", 20, AHEAD_S)).await?;
    let mails = stage.mails(2).await?;
    let (alert, reminder) = (&mails[0], &mails[1]);
    assert_eq!(reminder.to, ["service@lumen.example"]);
    assert_eq!(header(reminder, "X-Vigie-Kind")?, "reminder");
    assert_eq!(header(reminder, "List-Id")?, "<reminder.lumen.vigie>");
    assert_eq!(header(reminder, "Subject")?, format!("Re: {}", header(alert, "Subject")?));
    assert!(first_line(reminder)?.starts_with("Rappel : "), "{}", first_line(reminder)?);
    assert_eq!(header(reminder, "References")?, header(alert, "References")?);
    assert!(reminder.at.duration_since(alert.at).as_secs() < 20, "it waited for nothing else");
    both_links(reminder).map(drop)
}

#[tokio::test]
async fn an_escalation_goes_to_who_the_step_names_and_a_step_long_past_is_left_out() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &nearly("r-1", 24, AHEAD_S)).await?;
    let mails = stage.mails(2).await?;
    assert_eq!(mails[0].to, ["service@lumen.example"]);
    let escalation = &mails[1];
    assert_eq!(escalation.to, ["direction@lumen.example"]);
    assert_eq!(header(escalation, "X-Vigie-Kind")?, "escalation");
    let subject = header(escalation, "Subject")?;
    assert!(subject.starts_with("Retard · Avis 2★"), "they had no message before: {subject}");
    both_links(escalation)?;
    let made = kinds_made(&stage, "lumen-site/r-1")?;
    assert_eq!(made, ["alert>email:service", "escalation>email:direction"]);
    assert_eq!(stage.json(&["report", "unanswered"])?["brands"][0]["open"][0]["state"], "late");
    Ok(())
}

#[tokio::test]
async fn an_answer_ends_the_ladder() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &nearly("r-1", 20, 2 * AHEAD_S)).await?;
    // Out of reach of the first one's message, and so with one of its own.
    stage.tell("lumen-shop", &nearly("r-2", 24, 2 * AHEAD_S + 1)).await?;
    stage.mails(2).await?;
    let answered = vigie_tests::platform::told("answered", "r-1", &json!({}));
    stage.tell("lumen-site", &answered).await?;
    // The other one's step comes second: by then the first one's would have been sent.
    let mails = stage.mails(3).await?;
    assert_eq!(header(&mails[2], "X-Vigie-Review")?, "lumen-shop/r-2");
    assert_eq!(kinds_made(&stage, "lumen-site/r-1")?, ["alert>email:service"]);
    Ok(())
}

#[tokio::test]
async fn steps_that_come_due_within_a_quarter_of_an_hour_share_one_message() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &nearly("r-1", 20, AHEAD_S)).await?;
    stage.tell("lumen-site", &nearly("r-2", 20, 600)).await?;
    stage.tell("lumen-site", &nearly("r-3", 20, 1200)).await?;
    let mails = stage.mails(4).await?;
    let reminder = &mails[3];
    assert_eq!(header(reminder, "X-Vigie-Kind")?, "reminder");
    assert_eq!(header(reminder, "X-Vigie-Review")?, "lumen-site/r-1");
    assert!(first_line(reminder)?.contains("2 avis"), "{}", first_line(reminder)?);
    let text = reminder.text().context("no text")?;
    let number = |id: &str| -> Result<String> {
        let told = explain(&stage, &format!("lumen-site/{id}"))?;
        Ok(told["number"].as_str().context("no number")?.to_owned())
    };
    assert!(text.contains(&number("r-1")?) && text.contains(&number("r-2")?), "{text}");
    assert!(!text.contains(&number("r-3")?), "its step is further away: {text}");
    assert_eq!(links(reminder)?.len(), 4, "two for each");
    // What comes next is each escalation; the reminder that it took along is this message.
    let next = unwrapped(reminder)?;
    let next = next.split_once("LA SUITE").context("no ending")?.1;
    assert!(!next.contains("rappel à"), "{next}");
    assert_eq!(next.matches("alerte de retard à").count(), 2, "{next}");
    Ok(())
}

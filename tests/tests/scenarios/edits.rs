//! What an edit makes, and what it does not.

use anyhow::Result;
use serde_json::{Value, json};
use vigie_tests::platform::{ago, posted, told, with};

use crate::Stage;
use crate::support::{explain, first_line, header, lumen, trail};

pub(crate) fn edited(id: &str, rating: &Value) -> Value {
    let text = "La lampe ne s'allume plus.";
    told(
        "edited",
        id,
        &json!({"rating": rating, "text": text, "published_at": ago(3600).to_string()}),
    )
}

pub(crate) async fn posted_long_ago(stage: &Stage, id: &str, rating: u8) -> Result<()> {
    let at = ago(3600).to_string();
    let when = json!({"published_at": at, "updated_at": at});
    stage.tell("lumen-site", &with(posted(id, rating), &when)).await
}

#[tokio::test]
async fn an_edit_that_brings_a_review_under_the_threshold_makes_one_alert() -> Result<()> {
    let stage = lumen().await?;
    posted_long_ago(&stage, "r-1", 5).await?;
    stage.mails(0).await?;
    stage.tell("lumen-site", &edited("r-1", &json!(3))).await?;
    let mails = stage.mails(1).await?;
    assert_eq!(header(&mails[0], "X-Vigie-Kind")?, "alert");
    assert!(header(&mails[0], "Subject")?.starts_with("Avis 3★ · "));
    assert_eq!(trail(&explain(&stage, "lumen-site/r-1")?), ["posted", "edited"]);
    Ok(())
}

#[tokio::test]
async fn an_edit_a_star_lower_is_told_again_as_an_answer_to_the_first_message() -> Result<()> {
    let stage = lumen().await?;
    posted_long_ago(&stage, "r-1", 3).await?;
    let first = header(&stage.mails(1).await?[0], "Subject")?;
    stage.tell("lumen-site", &edited("r-1", &json!(2))).await?;
    let mails = stage.mails(2).await?;
    let again = &mails[1];
    assert_eq!(header(again, "Subject")?, format!("Re: {first}"));
    let new = first_line(again)?;
    assert!(new.contains("3★") && new.contains("2★"), "what is new comes first: {new}");
    assert_eq!(header(again, "References")?, header(&mails[0], "References")?);
    assert_ne!(header(again, "X-Vigie-Notice")?, header(&mails[0], "X-Vigie-Notice")?);
    // And a third time, still `Re: ` once.
    stage.tell("lumen-site", &edited("r-1", &json!(1))).await?;
    assert_eq!(header(&stage.mails(3).await?[2], "Subject")?, format!("Re: {first}"));
    Ok(())
}

#[tokio::test]
async fn other_edits_of_a_low_review_make_none() -> Result<()> {
    let stage = lumen().await?;
    posted_long_ago(&stage, "r-1", 3).await?;
    stage.mails(1).await?;
    // The same rating; half a star lower; and higher, though still under.
    for rating in [json!(3), json!(2.5), json!(3.5)] {
        stage.tell("lumen-site", &edited("r-1", &rating)).await?;
        stage.mails(1).await?;
    }
    let told = explain(&stage, "lumen-site/r-1")?;
    assert_eq!(told["notices"].as_array().map(Vec::len), Some(1), "{told}");
    assert_eq!(told["stars"], 3.5);
    Ok(())
}

#[tokio::test]
async fn a_review_that_left_the_threshold_and_falls_again_makes_another() -> Result<()> {
    let stage = lumen().await?;
    posted_long_ago(&stage, "r-1", 3).await?;
    stage.mails(1).await?;
    stage.tell("lumen-site", &edited("r-1", &json!(4))).await?;
    stage.mails(1).await?;
    stage.tell("lumen-site", &edited("r-1", &json!(3.5))).await?;
    let mails = stage.mails(2).await?;
    assert!(header(&mails[1], "Subject")?.starts_with("Re: Avis 3★"));
    assert!(first_line(&mails[1])?.contains("3,5★"), "{}", first_line(&mails[1])?);
    Ok(())
}

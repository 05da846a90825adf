//! The links in messages: looking changes nothing, acting records who and when, and what was
//! altered opens nothing.

use anyhow::{Context, Result};
use http::{HeaderMap, Method};
use vigie_app::desk::CloseReason;
use vigie_tests::platform::{now, posted};

use crate::Stage;
use crate::support::{both_links, explain, lumen, open_in_report, press, trail};

/// A stage with one alert sent, and the paths of its two links.
pub(crate) async fn alerted(id: &str) -> Result<(Stage, String, String)> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &posted(id, 2)).await?;
    let (answered, close) = both_links(&stage.mails(1).await?[0])?;
    Ok((stage, answered, close))
}

async fn head(stage: &Stage, path: &str) -> Result<u16> {
    Ok(stage.ask(Method::HEAD, path, HeaderMap::new(), Vec::new()).await?.status)
}

#[tokio::test]
async fn looking_at_a_link_shows_one_button_and_changes_nothing() -> Result<()> {
    let (stage, answered, close) = alerted("r-1").await?;
    let before = explain(&stage, "lumen-site/r-1")?;
    for path in [&answered, &close] {
        let page = stage.get(path).await?;
        assert_eq!(page.status, 200);
        assert!(page.header("content-type").starts_with("text/html"), "{page:?}");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.text.matches("<button").count(), 1, "{}", page.text);
        assert!(page.text.contains("est comme sur la photo."), "the review is shown");
        let form = format!("<form method=\"post\" action=\"{path}\">");
        assert!(page.text.contains(&form), "the form names its own action: {}", page.text);
        assert!(!page.text.contains("<script"), "it works without script");
        assert_eq!(head(&stage, path).await?, 200);
        assert_eq!(explain(&stage, "lumen-site/r-1")?, before, "looking has changed something");
    }
    assert_eq!(open_in_report(&stage, "lumen")?, ["lumen-site/r-1"]);
    Ok(())
}

#[tokio::test]
async fn pressing_the_button_records_who_and_when_and_pressing_again_changes_nothing() -> Result<()>
{
    let (stage, answered, close) = alerted("r-1").await?;
    let began = now();
    let done = press(&stage, &answered, "").await?;
    assert_eq!(done.status, 200, "{done:?}");
    stage.settled().await?;
    let told = explain(&stage, "lumen-site/r-1")?;
    assert_eq!(
        (told["state"].as_str(), trail(&told).as_slice()),
        (Some("answered"), &["posted", "answered"][..])
    );
    let at: jiff::Timestamp = told["trail"][1]["at"].as_str().context("no time")?.parse()?;
    assert!(began <= at && at <= now(), "{at}");
    let human = stage.run(&["explain", "lumen-site/r-1"])?.out;
    assert!(human.contains("answered by service"), "who: {human}");
    for path in [&answered, &close] {
        let again = press(&stage, path, "reason=duplicate").await?;
        assert_eq!(again.status, 200);
        assert_ne!(again.text, done.text, "it says that it was recorded before");
        assert_eq!(explain(&stage, "lumen-site/r-1")?, told, "nothing changes");
        let page = stage.get(path).await?;
        assert_eq!((page.status, page.text.contains("<button")), (200, false));
    }
    assert_eq!(open_in_report(&stage, "lumen")?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_link_that_differs_in_any_one_character_opens_nothing() -> Result<()> {
    let (stage, answered, _) = alerted("r-1").await?;
    let before = explain(&stage, "lumen-site/r-1")?;
    let from = "/desk/".len();
    for at in from..answered.len() {
        let old = answered.as_bytes()[at];
        let new = if old == b'A' { 'B' } else { 'A' };
        let mut altered = answered.clone();
        altered.replace_range(at..=at, &new.to_string());
        assert_eq!(stage.get(&altered).await?.status, 404, "{at}: {altered}");
        assert_eq!(press(&stage, &altered, "").await?.status, 404, "{at}: {altered}");
    }
    for cut in ["", "=", "A", "/"] {
        let longer = format!("{answered}{cut}");
        let expected = if cut.is_empty() { 200 } else { 404 };
        assert_eq!(stage.get(&longer).await?.status, expected, "{longer}");
    }
    let shorter = &answered[..answered.len() - 1];
    let page = stage.get(shorter).await?;
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").starts_with("text/html"), "a page that says what to do");
    assert_eq!(explain(&stage, "lumen-site/r-1")?, before);
    Ok(())
}

#[tokio::test]
async fn a_link_of_one_purpose_serves_no_other() -> Result<()> {
    let (stage, answered, close) = alerted("r-1").await?;
    for (path, other) in [
        (answered.replace("/answered/", "/close/"), 404),
        (close.replace("/close/", "/answered/"), 404),
        (answered.replace("/answered/", "/snooze/"), 404),
        ("/desk/answered".to_owned(), 404),
        ("/desk/".to_owned(), 404),
    ] {
        assert_eq!(stage.get(&path).await?.status, other, "{path}");
        assert_eq!(press(&stage, &path, "reason=duplicate").await?.status, other, "{path}");
    }
    assert_eq!(explain(&stage, "lumen-site/r-1")?["state"], "open");
    let put = stage.ask(Method::PUT, &answered, HeaderMap::new(), Vec::new()).await?;
    assert_eq!(put.problem(), (405, "method-not-allowed".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_review_is_closed_for_each_of_the_four_reasons() -> Result<()> {
    let stage = lumen().await?;
    for (number, reason) in CloseReason::ALL.into_iter().enumerate() {
        let id = format!("r-{number}");
        stage.tell("lumen-site", &posted(&id, 2)).await?;
        let mails = stage.mails(number + 1).await?;
        let (_, close) = both_links(&mails[number])?;
        let page = stage.get(&close).await?.text;
        let choice = format!("name=\"reason\" value=\"{}\"", reason.id());
        assert!(page.contains(&choice), "{choice} is not in {page}");
        let done = press(&stage, &close, &format!("reason={}", reason.id())).await?;
        assert_eq!(done.status, 200, "{done:?}");
        let told = explain(&stage, &format!("lumen-site/{id}"))?;
        assert_eq!(told["state"], "closed");
        assert_eq!(trail(&told), ["posted", "closed"]);
        let human = stage.run(&["explain", &format!("lumen-site/{id}")])?.out;
        assert!(human.contains("closed by service"), "{human}");
    }
    Ok(())
}

#[tokio::test]
async fn closing_for_an_unknown_reason_asks_again_and_without_one_it_is_settled_otherwise()
-> Result<()> {
    let (stage, _, close) = alerted("r-1").await?;
    let page = press(&stage, &close, "reason=because").await?;
    assert_eq!((page.status, page.text.matches("<button").count()), (400, 1), "{page:?}");
    assert_eq!(explain(&stage, "lumen-site/r-1")?["state"], "open");
    assert_eq!(press(&stage, &close, "").await?.status, 200);
    assert_eq!(explain(&stage, "lumen-site/r-1")?["state"], "closed");
    Ok(())
}

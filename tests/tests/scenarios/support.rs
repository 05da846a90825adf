//! What the scenarios share: links in mails, times in words, what a review's trail says.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http::{HeaderMap, HeaderValue, Method};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::time::{Instant, interval};
use vigie_smtp_sink::Received;
use vigie_tests::platform::Reply;
use vigie_tests::stage::{LUMEN, PUBLIC_URL, SERVER, WITHIN};

use crate::Stage;

/// A stage with the French brand.
pub(crate) async fn lumen() -> Result<Stage> {
    Stage::open(&[SERVER, LUMEN].concat()).await
}

/// A header that must be there; a no-break space is a space.
pub(crate) fn header(mail: &Received, name: &str) -> Result<String> {
    let value = mail.header(name).with_context(|| format!("a mail without {name}"))?;
    Ok(value.replace('\u{a0}', " "))
}

/// The text part as people read it: a no-break space is a space, and it is one long line.
pub(crate) fn unwrapped(mail: &Received) -> Result<String> {
    let text = mail.text().context("no text part")?.replace('\u{a0}', " ");
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The first line of the text part.
pub(crate) fn first_line(mail: &Received) -> Result<String> {
    let text = mail.text().context("no text part")?.replace('\u{a0}', " ");
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// The paths of the desk's links in the text part, in order. Each must stand bare and alone on its
/// line.
pub(crate) fn links(mail: &Received) -> Result<Vec<String>> {
    let text = mail.text().context("no text part")?;
    let with_link: Vec<&str> = text.lines().filter(|line| line.contains("/desk/")).collect();
    let mut paths = Vec::new();
    for line in with_link {
        let path = line.strip_prefix(PUBLIC_URL);
        let path = path.with_context(|| format!("a link does not stand alone: {line:?}"))?;
        let bare = path.chars().all(|c| c.is_ascii_alphanumeric() || "/.-_".contains(c));
        ensure!(bare, "a link with more than itself on its line: {line:?}");
        paths.push(path.to_owned());
    }
    Ok(paths)
}

/// The two links of a message on one review: `answered` before `close`.
pub(crate) fn both_links(mail: &Received) -> Result<(String, String)> {
    let links = links(mail)?;
    let [answered, close] = links.as_slice() else { anyhow::bail!("not two links: {links:?}") };
    ensure!(answered.starts_with("/desk/answered/"), "{answered}");
    ensure!(close.starts_with("/desk/close/"), "{close}");
    Ok((answered.clone(), close.clone()))
}

/// Presses the button of a page: posts its form.
pub(crate) async fn press(stage: &Stage, path: &str, form: &str) -> Result<Reply> {
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, kind)]);
    stage.ask(Method::POST, path, headers, form.into()).await
}

/// What `vigie explain` says of a review.
pub(crate) fn explain(stage: &Stage, review: &str) -> Result<Value> {
    stage.json(&["explain", review])
}

/// What happened to a review, word by word.
pub(crate) fn trail(explained: &Value) -> Vec<&str> {
    let lines = explained["trail"].as_array().into_iter().flatten();
    lines.map(|line| line["what"].as_str().unwrap_or_default()).collect()
}

/// The reviews that the report shows as open.
pub(crate) fn open_in_report(stage: &Stage, brand: &str) -> Result<Vec<String>> {
    let report = stage.json(&["report", "unanswered", "--brand", brand])?;
    let open = report["brands"][0]["open"].as_array().context("no list")?.clone();
    Ok(open.iter().map(|one| one["review"].as_str().unwrap_or_default().to_owned()).collect())
}

/// Waits until an unsigned webhook for a source gets a status, and says how long that took.
pub(crate) async fn until_status(stage: &Stage, source: &str, status: u16) -> Result<Duration> {
    let begin = Instant::now();
    let mut ticks = interval(Duration::from_millis(20));
    loop {
        ticks.tick().await;
        let path = format!("/hooks/{source}");
        let reply = stage.ask(Method::POST, &path, HeaderMap::new(), b"{}".to_vec()).await?;
        if reply.status == status {
            return Ok(begin.elapsed());
        }
        ensure!(begin.elapsed() < WITHIN, "{source} still answers {reply:?}, not {status}");
    }
}

/// The notices in a state, as `vigie notices` lists them.
pub(crate) fn notices(stage: &Stage, state: &str) -> Result<Vec<Value>> {
    let listed = stage.json(&["notices", "--state", state])?;
    Ok(listed["notices"].as_array().context("no list")?.clone())
}

/// The envelopes' recipients, sorted.
pub(crate) fn recipients(mails: &[std::sync::Arc<Received>]) -> Vec<String> {
    let mut to: Vec<String> = mails.iter().flat_map(|mail| mail.to.clone()).collect();
    to.sort();
    to
}

/// Holds that no two mails are one notice.
pub(crate) fn assert_each_once(mails: &[std::sync::Arc<Received>]) {
    let ids: BTreeSet<_> = mails.iter().map(|mail| mail.header("X-Vigie-Notice")).collect();
    assert_eq!(ids.len(), mails.len(), "a notice came twice");
}

/// A moment as a French message says it, in Paris.
pub(crate) fn moment_fr(at: Timestamp) -> Result<String> {
    const DAYS: [&str; 7] = ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."];
    const MONTHS: &str = "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.";
    let local = at.in_tz("Europe/Paris")?;
    let day = DAYS[local.weekday().to_monday_zero_offset() as usize];
    let month = MONTHS.split(' ').nth(local.month() as usize - 1).context("a month")?;
    let date = if local.day() == 1 { "1er".to_owned() } else { local.day().to_string() };
    Ok(format!("{day} {date} {month} {}", local.strftime("%H:%M")))
}

/// A moment as an English message says it, in London.
pub(crate) fn moment_en(at: Timestamp) -> Result<String> {
    Ok(at.in_tz("Europe/London")?.strftime("%a %-d %b, %H:%M").to_string())
}

/// So many hours later.
pub(crate) fn later(at: Timestamp, hours: i64) -> Timestamp {
    at + SignedDuration::from_hours(hours)
}

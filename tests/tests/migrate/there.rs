//! From one process to AWS.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use tokio::time::{Instant, interval};
use vigie_smtp_sink::Received;
use vigie_tests::stage::{PUBLIC_URL, WITHIN};

use crate::support::{Homes, Load, Schedule, about, twice};

/// Where a move is killed, in this order.
const STEPS: [&str; 5] = ["begun", "copied", "closed", "compared", "opened"];

#[tokio::test(flavor = "multi_thread")]
async fn a_move_to_aws_killed_at_each_step_loses_nothing_and_sends_nothing_twice() -> Result<()> {
    let mut homes = Homes::set().await?;
    homes.stage.start().await?;
    homes.done(&["apply", "--store", "aws", "--put-secrets"])?;
    let _schedule = Schedule::of(homes.house.clone());
    let load = Load::to(homes.here())?;
    let loading = load.begin();
    homes.delivers(&load, "before").await?;

    let to = homes.functions();
    let migrate = ["migrate", "--from", "sqlite", "--to", "aws", "--relay-to", to.as_str()];
    for step in STEPS {
        homes.killed_at(&migrate, step).await?;
        homes.delivers(&load, &format!("after-{step}")).await?;
    }
    let told = homes.done(&migrate)?;
    ensure!(told.contains("over") || told.contains("found"), "{told}");
    homes.delivers(&load, "moved").await?;
    load.end();
    let taken = loading.await??;

    // A message that the old home sent has a link that the new one knows.
    let before = mail_about(&homes, "before")?;
    let text = before.text().context("no text part")?;
    let link = text.lines().find_map(|line| line.strip_prefix(PUBLIC_URL));
    let pressed = homes.stage.ask(Method::POST, link.context("no link")?, form(), vec![]).await?;
    ensure!(pressed.status == 200, "{pressed:?}");
    everything_came_once(&homes, &taken).await?;

    // Numbers, commands, and what the old home says.
    let explained = homes.done(&["explain", "LUM-1", "--store", "aws", "--json"])?;
    let explained: Value = serde_json::from_str(&explained)?;
    ensure!(explained["number"] == "LUM-1", "{explained}");
    let refused = homes.run(&["answered", "LUM-2", "--by", "Claire"])?;
    ensure!(refused.code == 2 && refused.err.contains("was moved to"), "{refused:?}");
    let refused =
        homes.run(&["migrate", "--from", "aws", "--to", "sqlite", "--relay-to", "http://x"])?;
    ensure!(refused.code == 2 && refused.err.contains("data folder of its own"), "{refused:?}");
    println!("posted again: {}, reviews: {}", load.posted_again(), taken.len());
    Ok(())
}

fn mail_about(homes: &Homes, id: &str) -> Result<Arc<Received>> {
    let mails = homes.stage.sink.messages();
    let found = mails.into_iter().find(|mail| about(std::slice::from_ref(mail), id) > 0);
    found.with_context(|| format!("no message about {id}"))
}

fn form() -> HeaderMap {
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    HeaderMap::from_iter([(CONTENT_TYPE, kind)])
}

/// Every review that was taken has its message, and no message came twice.
pub(crate) async fn everything_came_once(homes: &Homes, taken: &[String]) -> Result<()> {
    let begin = Instant::now();
    let mut look = interval(Duration::from_millis(100));
    loop {
        look.tick().await;
        let mails = homes.stage.sink.messages();
        let missing: Vec<_> = taken.iter().filter(|id| about(&mails, id) == 0).collect();
        if missing.is_empty() {
            let twice = twice(&mails);
            ensure!(twice.is_empty(), "came twice: {twice:?}");
            let more: Vec<_> = taken.iter().filter(|id| about(&mails, id) > 1).collect();
            ensure!(more.is_empty(), "more than one message: {more:?}");
            return Ok(());
        }
        if begin.elapsed() > 2 * WITHIN {
            let notices = homes.run(&["notices", "--store", "aws"])?;
            anyhow::bail!("{} never came: {missing:?}\n{notices:?}", missing.len());
        }
    }
}

/// What is not as a move wants it is refused with what to do, and changes nothing.
#[tokio::test]
async fn a_move_that_cannot_be_is_refused_with_what_to_do() -> Result<()> {
    let homes = Homes::set().await?;
    let same = homes.run(&["migrate", "--from", "aws", "--to", "aws"])?;
    ensure!(same.code == 2 && same.err.contains("the same store"), "{same:?}");
    let nowhere = homes.run(&["migrate", "--from", "aws", "--to", "sqlite"])?;
    ensure!(nowhere.code == 2 && nowhere.err.contains("--relay-to"), "{nowhere:?}");
    // A stack that was told nothing yet; then one that has reviews already.
    let mut homes = homes;
    homes.stage.start().await?;
    let move_there = ["migrate", "--from", "sqlite", "--to", "aws"];
    let nothing = homes.run(&move_there)?;
    ensure!(nothing.code == 2 && nothing.err.contains("vigie apply --store aws"), "{nothing:?}");
    homes.done(&["apply", "--store", "aws", "--put-secrets"])?;
    let asked = json!({
        "TableName": homes.house.output("TableName"),
        "Item": {"pk": {"S": "META"}, "sk": {"S": "numbers"}, "n": {"N": "64"}},
    });
    homes.house.ask("dynamodb", "put_item", &asked).map_err(anyhow::Error::msg)?;
    let full = homes.run(&move_there)?;
    ensure!(full.code == 2 && full.err.contains("reviews of its own"), "{full:?}");
    Ok(())
}

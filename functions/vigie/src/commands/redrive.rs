//! `vigie redrive`: a dead or held notice is sent again, a rejected event is mapped again.

use serde::Serialize;
use vigie_app::App;
use vigie_app::redrive::{Outcome, redrive};
use vigie_domain::text;

use super::answered::decide_what_waits;
use super::shown::count;
use crate::cli::{Json, Redrive};
use crate::home::Home;
use crate::load::{CannotBegin, store_trouble};
use crate::open::{Place, only_here, open_here, with_app};
use crate::output::{Exit, complain, say, say_json};
use vigie_machine::now;

/// What `--json` says.
#[derive(Serialize)]
struct Answer<'a, T: Serialize> {
    redriven: bool,
    id: &'a str,
    /// `notice` or `event`, where one was redriven.
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<&'static str>,
    /// What became of an event, counted as webhooks are.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<T>,
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Sends or maps again what the id names.
pub(crate) async fn run(arguments: &Redrive) -> Result<Exit, CannotBegin> {
    let Some(id) = arguments.id.as_deref() else {
        let why = "a table is restored by its own backups, and what it then holds is not held back";
        only_here(arguments.stored.store, "redrive --held", why)?;
        return release(&open_here(&arguments.stored).await?, arguments).await;
    };
    with_app!(&arguments.stored, app => redrive_in(&app, id, arguments.json).await)
}

async fn redrive_in<P: Place>(app: &App<P>, id: &str, json: Json) -> Result<Exit, CannotBegin> {
    let outcome = redrive(app, id).await.map_err(store_trouble)?;
    let (what, result) = match &outcome {
        Outcome::Notice(notice) => {
            app.world().nudge(vec![notice.clone()]).await;
            (Some("notice"), None)
        }
        Outcome::Event(tally) => {
            decide_what_waits(app).await;
            (Some("event"), Some(tally))
        }
        Outcome::NotDead | Outcome::StillRejected(_) | Outcome::Missing => (None, None),
    };
    let shown = text::clean_line(id);
    let told = sentence(&outcome, &shown, P::SENT);
    let redriven = told.is_ok();
    if json.json {
        say_json(&Answer { redriven, id, what, result, reason: told.err() });
    } else {
        match told {
            Ok(done) => say(done),
            Err(reason) => complain(format!("vigie: {shown}: {reason}")),
        }
    }
    Ok(if redriven { Exit::Done } else { Exit::NotSo })
}

/// What `--held --json` says.
#[derive(Serialize)]
struct Ended {
    /// Which backup the store was restored from; null: it holds nothing for one.
    restored: Option<String>,
    released: u64,
    dropped: bool,
}

/// Ends the hold of a restored backup.
async fn release(app: &App<Home>, arguments: &Redrive) -> Result<Exit, CannotBegin> {
    let store = &app.world().store;
    let restored = store.restored().await.map_err(store_trouble)?.map(|restored| restored.from);
    let released = match &restored {
        Some(_) => store.release(arguments.drop, now()).await.map_err(store_trouble)?,
        None => 0,
    };
    let exit = if restored.is_some() { Exit::Done } else { Exit::NotSo };
    if arguments.json.json {
        say_json(&Ended { restored, released, dropped: arguments.drop });
        return Ok(exit);
    }
    let notices = count(usize::try_from(released).unwrap_or(usize::MAX), "notice");
    match (restored, arguments.drop) {
        (None, _) => complain("vigie: the store holds nothing for a restored backup"),
        (Some(from), true) => say(format!(
            "Cancelled: {notices} of {from}. From now on the store sends what falls due."
        )),
        (Some(from), false) => say(format!(
            "Released: {notices} of {from}. A running server sends what is still needed."
        )),
    }
    Ok(exit)
}

/// What was done, or why nothing was.
fn sentence(outcome: &Outcome, id: &str, sent: &str) -> Result<String, String> {
    match outcome {
        Outcome::Notice(_) => Ok(format!("Notice {id} will be sent.\n{sent}")),
        Outcome::Event(tally) => Ok(format!(
            "Event {id} was mapped: {} accepted, {} duplicates, {} stale, {} ignored.",
            tally.accepted, tally.duplicates, tally.stale, tally.ignored
        )),
        Outcome::NotDead => {
            Err("the notice is not dead, nor held after a restore, so nothing is sent again"
                .to_owned())
        }
        Outcome::StillRejected(why) => {
            Err(format!("the event still cannot be mapped, and is kept: {}", text::clean_line(why)))
        }
        Outcome::Missing => {
            Err("no notice and no rejected event has this id; see vigie notices".to_owned())
        }
    }
}

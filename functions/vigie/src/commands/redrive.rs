//! `vigie redrive`: a dead notice is sent again, a rejected event is mapped again.

use serde::Serialize;
use vigie_app::redrive::{Outcome, redrive};
use vigie_domain::text;

use super::answered::decide_what_waits;
use crate::cli::Redrive;
use crate::load::{CannotBegin, open_app, store_trouble};
use crate::output::{Exit, complain, say, say_json};

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
    let app = open_app(&arguments.stored).await?;
    let outcome = redrive(&app, &arguments.id).await.map_err(store_trouble)?;
    let (what, result) = match &outcome {
        Outcome::Notice(_) => (Some("notice"), None),
        Outcome::Event(tally) => {
            decide_what_waits(&app).await;
            (Some("event"), Some(tally))
        }
        Outcome::NotDead | Outcome::StillRejected(_) | Outcome::Missing => (None, None),
    };
    let id = text::clean_line(&arguments.id);
    let told = sentence(&outcome, &id);
    let redriven = told.is_ok();
    if arguments.json.json {
        say_json(&Answer { redriven, id: &arguments.id, what, result, reason: told.err() });
    } else {
        match told {
            Ok(done) => say(done),
            Err(reason) => complain(format!("vigie: {id}: {reason}")),
        }
    }
    Ok(if redriven { Exit::Done } else { Exit::NotSo })
}

/// What was done, or why nothing was.
fn sentence(outcome: &Outcome, id: &str) -> Result<String, String> {
    match outcome {
        Outcome::Notice(_) => Ok(format!(
            "Notice {id} will be sent.\n\
             A running server takes it within a second; else it goes out when one starts."
        )),
        Outcome::Event(tally) => Ok(format!(
            "Event {id} was mapped: {} accepted, {} duplicates, {} stale, {} ignored.",
            tally.accepted, tally.duplicates, tally.stale, tally.ignored
        )),
        Outcome::NotDead => Err("the notice is not dead, so nothing is sent again".to_owned()),
        Outcome::StillRejected(why) => {
            Err(format!("the event still cannot be mapped, and is kept: {}", text::clean_line(why)))
        }
        Outcome::Missing => {
            Err("no notice and no rejected event has this id; see vigie notices".to_owned())
        }
    }
}

//! `vigie reconcile`: reviews whose webhook never came are found in the platform's list.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use vigie_app::App;
use vigie_app::fetch::{Listed, NotListed, reconcile};
use vigie_app::raise::raise;
use vigie_app::receive::Tally;
use vigie_app::registry::SourceInForce;
use vigie_ports::FailureClass;

use super::import::known_source;
use super::shown::table;
use crate::cli::Reconcile;
use crate::load::{CannotBegin, read_config, serving_registry, store_trouble};
use crate::open::{Place, with_app};
use crate::output::{Exit, complain, say, say_json};
use crate::waiting::Waiting;
use vigie_machine::now;

/// How far back a list is read, unless it is said.
const BACK: SignedDuration = SignedDuration::from_hours(30 * 24);

#[derive(Serialize)]
struct Answer {
    since: Timestamp,
    sources: Vec<One>,
}

/// What a source's list showed.
#[derive(Serialize)]
struct One {
    source: String,
    pages: usize,
    #[serde(flatten)]
    tally: Tally,
    /// Messages that were made.
    notices: usize,
    /// Why its list was not read to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
}

/// Asks the platforms.
pub(crate) async fn run(arguments: &Reconcile) -> Result<Exit, CannotBegin> {
    with_app!(&arguments.stored, app => reconcile_in(&app, arguments).await)
}

async fn reconcile_in<P: Place>(app: &App<P>, arguments: &Reconcile) -> Result<Exit, CannotBegin> {
    // Whoever asks needs the secrets, wherever they are kept.
    let (_, machine) = read_config(&arguments.stored.config.config)?;
    app.put_in_force(serving_registry(app.world().store(), &machine).await?);
    let since = arguments.since.unwrap_or_else(|| now() - BACK);
    let sources = match &arguments.source {
        Some(named) => vec![known_source(app, named)?],
        None => {
            app.registry().sources().into_iter().filter(|source| can_be_asked(source)).collect()
        }
    };
    if sources.is_empty() {
        complain(
            "vigie: no source has a list to look into\n  hint: vigie platforms says which have; \
             the source then states its api (docs/config.md)",
        );
        return Ok(Exit::NotSo);
    }
    let waiting = Waiting::for_("reading what the platforms list");
    let mut told = Vec::new();
    for source in &sources {
        told.push(one(app, source, since).await?);
    }
    drop(waiting);
    Ok(tell(arguments, &Answer { since, sources: told }))
}

fn can_be_asked(source: &SourceInForce) -> bool {
    let list = source.preset.fetch().and_then(|fetch| fetch.list());
    list.is_some() && source.access.api.is_some()
}

async fn one<P: Place>(
    app: &App<P>,
    source: &SourceInForce,
    since: Timestamp,
) -> Result<One, CannotBegin> {
    let (listed, trouble) = match reconcile(app, source, since).await {
        Ok(mut listed) => {
            let cut = listed.cut.take();
            (listed, cut)
        }
        Err(NotListed::Store(error)) => return Err(store_trouble(error)),
        Err(other) => (Listed::default(), Some(why(&other))),
    };
    let mut notices = 0;
    for key in &listed.undecided {
        let made = raise(app, key).await.map_err(store_trouble)?;
        notices += made.len();
        app.world().nudge(made).await;
    }
    let Listed { pages, tally, .. } = listed;
    Ok(One { source: source.id.to_string(), pages, tally, notices, trouble })
}

fn why(not: &NotListed) -> String {
    match not {
        NotListed::Failed(reason, FailureClass::RetryAfter(wait)) => {
            format!("{reason}; try again in {} s", wait.as_secs())
        }
        other => other.to_string(),
    }
}

fn tell(arguments: &Reconcile, answer: &Answer) -> Exit {
    let troubled = answer.sources.iter().any(|one| one.trouble.is_some());
    if arguments.json.json {
        say_json(answer);
        return if troubled { Exit::NotSo } else { Exit::Done };
    }
    let heads = ["source", "found", "known", "not ours", "messages"].map(str::to_owned);
    let mut rows = vec![heads.to_vec()];
    for one in answer.sources.iter().filter(|one| one.pages > 0) {
        let known = one.tally.duplicates + one.tally.stale;
        let counts = [one.tally.accepted, known, one.tally.ignored].map(|n| n.to_string());
        let mut row = vec![one.source.clone()];
        row.extend(counts);
        row.push(one.notices.to_string());
        rows.push(row);
    }
    if rows.len() > 1 {
        say(table(&rows, 0));
    }
    for one in &answer.sources {
        if let Some(trouble) = &one.trouble {
            complain(format!("vigie: {}: {trouble}", one.source));
        }
    }
    if troubled { Exit::NotSo } else { Exit::Done }
}

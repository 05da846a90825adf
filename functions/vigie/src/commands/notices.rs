//! `vigie notices`: what is pending, held, sent, dead; and the events that could not be mapped.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use vigie_app::App;
use vigie_domain::notice::{Notice, NoticeId, NoticeState};
use vigie_domain::{Channel, ContactId, Kind, ReviewKey, SourceId};
use vigie_ports::{NoticeFilter, Rejected, Store as _, World};

use super::shown::{count, line, local, table};
use crate::cli::{Json, Notices};
use crate::load::{CannotBegin, store_trouble};
use crate::open::with_app;
use crate::output::{Exit, say, say_json};
use vigie_machine::now;

/// A notice, as `--json` shows it here and in `explain`.
#[derive(Serialize)]
pub(crate) struct Listed<'a> {
    id: &'a NoticeId,
    review: Option<&'a ReviewKey>,
    kind: Kind,
    channel: Channel,
    to: String,
    state: NoticeState,
    due_at: Timestamp,
    attempts: u32,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct Unmapped<'a> {
    id: &'a str,
    source: &'a SourceId,
    at: Timestamp,
    reason: &'a str,
}

#[derive(Serialize)]
struct Answer<'a> {
    notices: Vec<Listed<'a>>,
    rejected: Vec<Unmapped<'a>>,
}

impl<'a> From<&'a Notice> for Listed<'a> {
    fn from(notice: &'a Notice) -> Self {
        let what = &notice.what;
        Self {
            id: &what.id,
            review: what.subject.review(),
            kind: what.kind,
            channel: what.channel,
            to: recipient(what.channel, &what.to),
            state: notice.state,
            due_at: notice.due_at,
            attempts: notice.attempts,
            reason: notice.reason.as_deref(),
        }
    }
}

/// Channel and contact, never an address.
pub(crate) fn recipient(channel: Channel, to: &ContactId) -> String {
    format!("{}:{to}", channel.id())
}

/// Lists notices, and rejected events behind them.
pub(crate) async fn run(arguments: &Notices) -> Result<Exit, CannotBegin> {
    let state = arguments.state.as_deref().map(state_of).transpose()?;
    with_app!(&arguments.stored, app => list(&app, state, arguments.json).await)
}

async fn list<W: World>(
    app: &App<W>,
    state: Option<NoticeState>,
    json: Json,
) -> Result<Exit, CannotBegin> {
    let store = app.world().store();
    let filter = NoticeFilter { state, ..NoticeFilter::default() };
    let notices = store.notices(filter).await.map_err(store_trouble)?;
    let rejected = store.rejected(now()).await.map_err(store_trouble)?;
    if json.json {
        let unmapped = rejected.iter().map(|event| Unmapped {
            id: &event.id,
            source: &event.source,
            at: event.at,
            reason: &event.reason,
        });
        let notices = notices.iter().map(Listed::from).collect();
        say_json(&Answer { notices, rejected: unmapped.collect() });
    } else {
        say(human(app, &notices, &rejected));
    }
    Ok(Exit::Done)
}

fn state_of(named: &str) -> Result<NoticeState, CannotBegin> {
    let states = NoticeState::ALL.map(NoticeState::id).join(", ");
    let unknown =
        || format!("no notice is in the state {named:?}\n  hint: the states are {states}");
    NoticeState::from_id(named).ok_or_else(|| CannotBegin::Other(unknown()))
}

fn human<W: World>(app: &App<W>, notices: &[Notice], rejected: &[Rejected]) -> String {
    let mut blocks = Vec::new();
    if notices.is_empty() {
        blocks.push("No such notice.".to_owned());
    } else {
        let zone = |notice: &Notice| {
            let brand = app.registry().brand(&notice.what.brand);
            brand.map_or(TimeZone::UTC, |brand| brand.brand.zone())
        };
        blocks.push(listing(notices, zone));
    }
    if !rejected.is_empty() {
        blocks.push(unmapped(rejected));
    }
    blocks.join("\n\n")
}

/// A row each, and under it what it is about, its tries and its reason.
fn listing(notices: &[Notice], zone: impl Fn(&Notice) -> TimeZone) -> String {
    let mut rows = vec![["ID", "KIND", "STATE", "DUE", "TO"].map(str::to_owned).to_vec()];
    rows.extend(notices.iter().map(|notice| {
        vec![
            notice.what.id.to_string(),
            notice.what.kind.id().to_owned(),
            notice.state.id().to_owned(),
            local(notice.due_at, &zone(notice)),
            recipient(notice.what.channel, &notice.what.to),
        ]
    }));
    let firsts = table(&rows, 0);
    let mut lines = firsts.lines().map(str::to_owned);
    let mut all: Vec<String> = lines.next().into_iter().collect();
    for (first, notice) in lines.zip(notices) {
        all.push(first);
        all.extend(second(notice).map(|second| line(&second, 4)));
    }
    all.join("\n")
}

fn second(notice: &Notice) -> Option<String> {
    let mut parts: Vec<String> =
        notice.what.subject.review().map(ToString::to_string).into_iter().collect();
    if notice.attempts > 0 {
        let tries = if notice.attempts == 1 { "try" } else { "tries" };
        parts.push(format!("{} {tries}", notice.attempts));
    }
    parts.extend(notice.reason.clone());
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn unmapped(rejected: &[Rejected]) -> String {
    let mut all = vec![format!(
        "{} could not be mapped. Mend the preset, then: vigie redrive ID",
        count(rejected.len(), "event")
    )];
    for event in rejected {
        // Where its source is gone there is no brand to take a zone of.
        let row = vec![event.id.clone(), event.source.to_string(), local(event.at, &TimeZone::UTC)];
        all.push(table(&[row], 2));
        all.push(line(&event.reason, 6));
    }
    all.join("\n")
}

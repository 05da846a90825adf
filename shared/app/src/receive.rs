//! A webhook comes in: verify, map, record. Only then is it acknowledged.

use http::HeaderMap;
use jiff::Timestamp;
use serde::Serialize;
use vigie_domain::{Digest, Flag, Matter, Outcome, ReviewEvent, ReviewKey, Told, Trouble};
use vigie_platforms::{Mapped, Refusal, Request};
use vigie_ports::{Arrival, Rejected, Store as _, StoreError, World};

use crate::App;
use crate::registry::SourceInForce;
use crate::tallies::Hook;

/// What became of a webhook's events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// News, recorded.
    pub accepted: u32,
    /// Known already.
    pub duplicates: u32,
    /// Something newer was known.
    pub stale: u32,
    /// Not ours, as the preset says.
    pub ignored: u32,
    /// Could not be mapped: kept, and told to the operator.
    pub rejected: u32,
}

/// A webhook that was taken: everything in it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// What became of its events.
    pub tally: Tally,
    /// Reviews with a change to decide: nudge [`crate::raise`].
    pub undecided: Vec<ReviewKey>,
    /// The body that the platform wants in answer, where it wants its own.
    pub answer: Option<String>,
}

/// Why a webhook was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReceived {
    /// No source of that name, or it takes no token in its address.
    #[error("no such source")]
    UnknownSource,
    /// It is not proven to come from the platform.
    #[error("not verified: {0}")]
    Refused(Refusal),
    /// The verified bytes are not JSON, or nest too deep.
    #[error("not readable: {0}")]
    Malformed(String),
    /// The store did not take it: the platform sends it again.
    #[error("not recorded")]
    NotRecorded(#[source] StoreError),
}

/// Takes a webhook. `token` is what follows the source in the address; `request` is the request's
/// id, which a message about what it tells will carry.
///
/// # Errors
/// [`NotReceived`], with nothing recorded.
pub async fn receive<W: World>(
    app: &App<W>,
    source: &str,
    token: Option<&str>,
    headers: &HeaderMap,
    body: &[u8],
    request: Option<&str>,
) -> Result<Received, NotReceived> {
    let source = app.registry().source(source).ok_or(NotReceived::UnknownSource)?;
    let as_sent = Request { headers, path_token: token, body };
    let received = receive_of(app, &source, &as_sent, request).await;
    let counted = match &received {
        Ok(_) => Some(Hook::Taken),
        Err(NotReceived::Refused(refusal)) => Some(Hook::Refused(refusal.code())),
        Err(NotReceived::Malformed(_)) => Some(Hook::Refused("malformed-payload")),
        // No fault of the source's.
        Err(NotReceived::UnknownSource | NotReceived::NotRecorded(_)) => None,
    };
    if let Some(hook) = counted {
        app.tallies().hook(&source.id, &hook, app.now());
    }
    received
}

async fn receive_of<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    as_sent: &Request<'_>,
    request: Option<&str>,
) -> Result<Received, NotReceived> {
    let now = app.now();
    let Request { headers, path_token, body } = *as_sent;
    if path_token.is_some() && !source.preset.scheme().takes_path_token() {
        return Err(NotReceived::UnknownSource);
    }
    source.verifier.verify(as_sent, now).map_err(NotReceived::Refused)?;
    let mapped = source
        .preset
        .map(headers, body, now)
        .map_err(|malformed| NotReceived::Malformed(malformed.to_string()))?;
    let answer = source.preset.response().map(ToOwned::to_owned);
    let mut received = take(app, source, mapped, now, request).await?;
    received.answer = answer;
    Ok(received)
}

/// Records what was mapped.
pub(crate) async fn take<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    mapped: Vec<Mapped>,
    now: Timestamp,
    request: Option<&str>,
) -> Result<Received, NotReceived> {
    let mut tally = Tally::default();
    let mut arrivals = Vec::with_capacity(mapped.len());
    let mut rejected = Vec::new();
    for one in mapped {
        match one {
            Mapped::Event(event) => arrivals.push(arrival(source, event, now, request)),
            Mapped::Ignored { .. } => tally.ignored += 1,
            Mapped::Rejected { why, event, headers } => {
                tally.rejected += 1;
                rejected.push(keep(source, why, event, headers, now));
            }
        }
    }
    if !rejected.is_empty() {
        app.store().reject(rejected).await.map_err(NotReceived::NotRecorded)?;
        let events = tally.rejected;
        tracing::warn!(source.id = %source.id, events, "events could not be mapped: kept");
    }
    let mut undecided = Vec::new();
    if !arrivals.is_empty() {
        let keys: Vec<ReviewKey> = arrivals.iter().map(|one| one.key.clone()).collect();
        let troubles: Vec<Vec<Trouble>> = arrivals.iter().map(troubles_of).collect();
        let recorded = app.store().record(arrivals).await.map_err(NotReceived::NotRecorded)?;
        for ((key, troubles), recorded) in keys.into_iter().zip(troubles).zip(recorded) {
            if recorded.outcome == Outcome::Accepted {
                for trouble in troubles {
                    app.tallies().trouble(trouble, 1, now);
                }
            }
            match recorded.outcome {
                Outcome::Accepted => tally.accepted += 1,
                Outcome::Duplicate => tally.duplicates += 1,
                Outcome::Stale => tally.stale += 1,
            }
            if recorded.undecided && !undecided.contains(&key) {
                undecided.push(key);
            }
        }
    }
    Ok(Received { tally, undecided, answer: None })
}

/// What the operator is told of an event that is news.
fn troubles_of(arrival: &Arrival) -> Vec<Trouble> {
    let Told::Event(event) = &arrival.told else { return Vec::new() };
    let Some(content) = &event.content else { return Vec::new() };
    let about = arrival.key.source.as_str();
    let matter = |flag: &Flag| match flag {
        Flag::NoRating => Some(Matter::Unrated),
        Flag::TimeAssumed => Some(Matter::Undated),
        // A long text and a long id are kept as well as they can be: nobody has to act.
        Flag::TextCut | Flag::IdHashed => None,
    };
    let matters = content.flags.iter().filter_map(matter);
    let mut troubles: Vec<Trouble> = matters.map(|matter| Trouble::new(matter, about)).collect();
    let brand = &arrival.brand.brand;
    if let Some(location) = brand.unknown_location(&arrival.key.source, content) {
        troubles.push(Trouble::with(Matter::Location, about, location));
    }
    troubles
}

fn arrival(
    source: &SourceInForce,
    event: Box<ReviewEvent>,
    now: Timestamp,
    request: Option<&str>,
) -> Arrival {
    let key = ReviewKey { source: source.id.clone(), external_id: event.external_id.clone() };
    let flags = event.content.as_ref().map_or(&[][..], |content| &content.flags);
    if flags.contains(&Flag::NoRating) {
        tracing::warn!(source.id = %source.id, "a review came without a readable rating");
    }
    let (brand, request) = (source.brand.clone(), request.map(ToOwned::to_owned));
    Arrival { key, brand, told: Told::Event(event), at: now, request }
}

fn keep(
    source: &SourceInForce,
    reason: String,
    event: String,
    headers: Vec<(String, String)>,
    at: Timestamp,
) -> Rejected {
    let fields = [Some(source.id.as_str()), Some(event.as_str())];
    let id: String = Digest::of_fields(fields).to_hex().chars().take(32).collect();
    Rejected { id, source: source.id.clone(), at, reason, event, headers }
}

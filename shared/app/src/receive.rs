//! A webhook comes in: verify, map, record. Only then is it acknowledged.

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::Serialize;
use vigie_domain::{
    Digest, Flag, Matter, NoticeId, Outcome, ReviewEvent, ReviewKey, SourceId, Told, Trouble,
};
use vigie_platforms::{Beside, Expect, Mapped, Refusal, Request, Verified, Verifier};
use vigie_ports::{Arrival, Rejected, Store as _, StoreError, World};

use crate::keys::{self, NoKeys};
use crate::registry::SourceInForce;
use crate::tallies::Hook;
use crate::{App, fetch};

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

impl Tally {
    /// Counts others too.
    pub const fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.stale += other.stale;
        self.ignored += other.ignored;
        self.rejected += other.rejected;
    }
}

/// A webhook that was taken: everything in it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// What became of its events.
    pub tally: Tally,
    /// Reviews with a change to decide: nudge [`crate::raise`].
    pub undecided: Vec<ReviewKey>,
    /// What is to be fetched: nudge [`crate::deliver`].
    pub notices: Vec<NoticeId>,
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
    /// It cannot be judged now: the platform sends it again.
    #[error(transparent)]
    NoKeys(#[from] NoKeys),
    /// The store did not take it: the platform sends it again.
    #[error("not recorded")]
    NotRecorded(#[source] StoreError),
}

/// A webhook as it came.
#[derive(Debug, Clone, Copy)]
pub struct Webhook<'a> {
    /// The source that its address names.
    pub source: &'a str,
    /// Headers, the token behind the source, what follows the question mark, and the body.
    pub sent: Request<'a>,
    /// Who sent it, as far as that is known.
    pub from: Option<IpAddr>,
    /// The request's id, which a message about what it tells will carry.
    pub request: Option<&'a str>,
}

/// Takes a webhook.
///
/// # Errors
/// [`NotReceived`], with nothing recorded.
pub async fn receive<W: World>(
    app: &App<W>,
    webhook: &Webhook<'_>,
) -> Result<Received, NotReceived> {
    let source = app.registry().source(webhook.source).ok_or(NotReceived::UnknownSource)?;
    let received = receive_of(app, &source, webhook).await;
    let counted = match &received {
        Ok(_) => Some(Hook::Taken),
        Err(NotReceived::Refused(refusal)) => Some(Hook::Refused(refusal.code())),
        Err(NotReceived::Malformed(_)) => Some(Hook::Refused("malformed-payload")),
        // No fault of the source's.
        Err(NotReceived::UnknownSource | NotReceived::NotRecorded(_) | NotReceived::NoKeys(_)) => {
            None
        }
    };
    if let Some(hook) = counted {
        app.tallies().hook(&source.id, &hook, app.now());
    }
    received
}

async fn receive_of<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    webhook: &Webhook<'_>,
) -> Result<Received, NotReceived> {
    let now = app.now();
    let Webhook { sent, from, request, .. } = webhook;
    if sent.path_token.is_some() && !source.preset.scheme().takes_path_token() {
        return Err(NotReceived::UnknownSource);
    }
    if source.preset.is_ping(sent.body) {
        return Ok(Received::ping());
    }
    let verified = verify(app, source, sent, *from, now).await?;
    let claims = verified.claims.as_deref();
    let beside = Beside { headers: sent.headers, claims, query: sent.query };
    let mapped = source.map(beside, sent.body, now);
    let mapped = mapped.map_err(|malformed| NotReceived::Malformed(malformed.to_string()))?;
    let answer = source.preset.response().map(ToOwned::to_owned);
    let mut received = take(app, source, mapped, now, *request).await?;
    received.answer = answer;
    Ok(received)
}

/// Verifies a webhook: where it comes from, what it carries beside, and the platform's own proof.
async fn verify<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    sent: &Request<'_>,
    from: Option<IpAddr>,
    now: Timestamp,
) -> Result<Verified, NotReceived> {
    let refused = NotReceived::Refused;
    let access = &source.access;
    let is_of = |networks: &[IpNet]| {
        from.is_some_and(|from| networks.iter().any(|network| network.contains(&from)))
    };
    if access.networks.as_deref().is_some_and(|networks| !is_of(networks)) {
        // What is refused here is told as any other proof that fails: not why.
        return Err(refused(Refusal::SignatureMismatch));
    }
    if let Some(basic) = &access.basic {
        basic.verify(sent, now).map_err(refused)?;
    }
    let keys = match source.verifier.wanted(sent) {
        Some(wanted) => Some(keys::published(app, &wanted).await?),
        None => None,
    };
    let verifier = for_address(app, source);
    verifier.verify_with(sent, keys.as_deref(), now).map_err(refused)
}

/// The source's verifier; where tokens are for an address and the source states no other, for its
/// own.
fn for_address<'a, W: World>(app: &App<W>, source: &'a SourceInForce) -> Cow<'a, Verifier> {
    let expect = &source.access.expect;
    if !source.preset.scheme().has_audience() || !expect.audience.is_empty() {
        return Cow::Borrowed(&source.verifier);
    }
    let audience = vec![address_of(app, &source.id)];
    Cow::Owned(source.verifier.clone().expecting(Expect { audience, ..expect.clone() }))
}

/// A source's address, as it is pasted into its platform.
pub fn address_of<W: World>(app: &App<W>, source: &SourceId) -> String {
    format!("{}/hooks/{source}", app.settings().public_url)
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
    let (mut thins, mut rejected) = (Vec::new(), Vec::new());
    for one in mapped {
        match one {
            Mapped::Event(event) => arrivals.push(arrival(source, event, now, request)),
            Mapped::Thin(thin) => thins.push(*thin),
            Mapped::Ignored { .. } => tally.ignored += 1,
            Mapped::Rejected { why, event, beside } => {
                tally.rejected += 1;
                rejected.push(keep(source, why, event, beside, now));
            }
        }
    }
    let to_fetch = fetch::later_on(app, source, &thins, now, request).await?;
    tally.accepted += to_fetch.iter().filter(|(_, is_new)| *is_new).count() as u32;
    tally.duplicates += to_fetch.iter().filter(|(_, is_new)| !is_new).count() as u32;
    let notices = to_fetch.into_iter().map(|(id, _)| id).collect();
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
    Ok(Received { tally, undecided, notices, answer: None })
}

impl Received {
    /// A request that says nothing but that the address was set up.
    fn ping() -> Self {
        let tally = Tally { ignored: 1, ..Tally::default() };
        Self { tally, undecided: Vec::new(), notices: Vec::new(), answer: None }
    }
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

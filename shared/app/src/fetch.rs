//! What a webhook left out is read from the platform's API.
//!
//! The webhook is recorded first, as a notice that goes to nobody; reading is a step of its own,
//! claimed like a message, tried again by the class of its failure, and dead when it is too old. So
//! a platform's outage loses nothing. Of one that was carried out only that is kept: the same
//! event, sent again, is a duplicate.

mod list;
mod pass;

use jiff::{SignedDuration, Timestamp};
use vigie_domain::notice::{Fetching, GIVE_UP_AFTER, NewNotice, Notice, NoticeId, retry_at};
use vigie_domain::promise::later;
use vigie_domain::{
    Channel, ContactId, EventKind, ExternalId, Kind, ReviewEvent, ReviewKey, Subject,
};
use vigie_platforms::mapping::NotFetched;
use vigie_platforms::preset::{Fetch, Thin};
use vigie_platforms::{Mapped, preset::NoAddress};
use vigie_ports::{
    Api as _, Call, CallError, FailureClass, Reply, Settlement, Store as _, StoreError, World,
    Written,
};

use crate::App;
use crate::deliver::{Attempt, Delivered};
use crate::receive::{NotReceived, take};
use crate::registry::SourceInForce;
pub use list::{Listed, NotListed, PAGES_MAX, reconcile};
pub(crate) use list::{look_into_list, to_look_into};
pub(crate) use pass::Passes;

/// Makes of what webhooks left out what is to be fetched. Gives for each its notice, and whether it
/// is new.
pub(crate) async fn later_on<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    thins: &[Thin],
    now: Timestamp,
    request: Option<&str>,
) -> Result<Vec<(NoticeId, bool)>, NotReceived> {
    if thins.is_empty() {
        return Ok(Vec::new());
    }
    let notices: Vec<NewNotice> =
        thins.iter().filter_map(|thin| notice(source, thin, now, request)).collect();
    let ids: Vec<NoticeId> = notices.iter().map(|notice| notice.id.clone()).collect();
    let new = app.store().make(notices, now).await.map_err(NotReceived::NotRecorded)?;
    Ok(ids.into_iter().zip(new).collect())
}

/// What is to be fetched for an event. The same event, sent again, is the same notice.
fn notice(
    source: &SourceInForce,
    thin: &Thin,
    now: Timestamp,
    request: Option<&str>,
) -> Option<NewNotice> {
    let (external_id, _) = ExternalId::from_platform(&thin.id)?;
    let review = ReviewKey { source: source.id.clone(), external_id };
    let each_is_news = source.preset.fetch().is_some_and(Fetch::each_is_news);
    let event = match thin.version {
        _ if each_is_news => now.as_microsecond().to_string(),
        Some(version) => format!("{version:?}"),
        None => thin.event.clone(),
    };
    let id = NoticeId::of([Kind::Fetch.id(), &review.to_string(), &event]);
    let (told, request) = (serde_json::to_string(thin).ok()?, request.map(ToOwned::to_owned));
    Some(NewNotice {
        id,
        brand: source.brand.brand.id.clone(),
        kind: Kind::Fetch,
        channel: Channel::Api,
        to: source.id.as_str().parse::<ContactId>().ok()?,
        meant_for: Vec::new(),
        subject: Subject::Fetch(Fetching { review, told, request }),
        due_at: now,
        with: None,
    })
}

/// What a platform's API said of a review.
enum Read {
    /// What it says now.
    Event(Box<ReviewEvent>),
    /// There is no such review, or none of ours.
    Nothing(String),
}

/// Why it could not be read.
pub(crate) struct Failed {
    class: FailureClass,
    reason: String,
}

impl From<CallError> for Failed {
    fn from(error: CallError) -> Self {
        Self { class: error.class, reason: error.reason }
    }
}

fn failed(class: FailureClass, reason: impl Into<String>) -> Failed {
    Failed { class, reason: reason.into() }
}

/// Carries out a notice that was claimed.
pub(crate) async fn carry_out<W: World>(
    app: &App<W>,
    notice: &Notice,
    fetching: &Fetching,
    token: &str,
) -> Result<Attempt, StoreError> {
    let undecided = match read(app, fetching).await {
        Ok((source, Read::Event(event))) => record(app, &source, event, fetching).await?,
        Ok((_, Read::Nothing(why))) => {
            tracing::info!(notice.id = %notice.what.id, why, "nothing to fetch");
            Vec::new()
        }
        Err(failed) => {
            let settlement = after(notice, failed, GIVE_UP_AFTER, app.now());
            return not_done(app, notice, settlement, token).await;
        }
    };
    tracing::info!(notice.id = %notice.what.id, source.id = %fetching.review.source, "fetched");
    done(app, notice, undecided, token).await
}

/// Marks a request done: of what was fetched nothing is kept with it.
async fn done<W: World>(
    app: &App<W>,
    notice: &Notice,
    undecided: Vec<ReviewKey>,
    token: &str,
) -> Result<Attempt, StoreError> {
    let what = NewNotice { subject: Subject::Fetched, ..notice.what.clone() };
    let outcome = match app.store().done(what, token, app.now()).await? {
        Written::Done => Delivered::Sent,
        // Whoever took the claim over fetches once more, which changes nothing.
        Written::Moved => Delivered::Refused,
    };
    Ok(Attempt { outcome, undecided, ..Attempt::of_fetch() })
}

/// Settles a request that is not done.
async fn not_done<W: World>(
    app: &App<W>,
    notice: &Notice,
    settlement: Settlement,
    token: &str,
) -> Result<Attempt, StoreError> {
    let outcome = match &settlement {
        Settlement::Retry { at, .. } => Delivered::Later(*at),
        Settlement::Cancelled { .. } => Delivered::Cancelled,
        _ => Delivered::Dead,
    };
    let written = app.store().settle(&notice.what.id, token, settlement, app.now()).await?;
    let outcome = if written == Written::Done { outcome } else { Delivered::Refused };
    Ok(Attempt { outcome, ..Attempt::of_fetch() })
}

async fn record<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    event: Box<ReviewEvent>,
    fetching: &Fetching,
) -> Result<Vec<ReviewKey>, StoreError> {
    let (mapped, request) = (vec![Mapped::Event(event)], fetching.request.as_deref());
    match take(app, source, mapped, app.now(), request).await {
        Ok(received) => Ok(received.undecided),
        Err(NotReceived::NotRecorded(error)) => Err(error),
        Err(_) => Ok(Vec::new()),
    }
}

/// Asks the platform's API for a review.
async fn read<W: World>(
    app: &App<W>,
    fetching: &Fetching,
) -> Result<(std::sync::Arc<SourceInForce>, Read), Failed> {
    let named = fetching.review.source.as_str();
    let gone = || failed(FailureClass::Permanent, "the source is no longer in the configuration");
    let source = app.registry().source(named).ok_or_else(gone)?;
    let unreadable = |_| failed(FailureClass::Permanent, "what was to be fetched cannot be read");
    let thin: Thin = serde_json::from_str(&fetching.told).map_err(unreadable)?;
    let none = || failed(FailureClass::Permanent, NotFetched::NoApi.to_string());
    let fetch = source.preset.fetch().ok_or_else(none)?;
    let api = source.access.api.as_ref();
    let names = api.map(|api| api.names.clone()).unwrap_or_default();
    // What the source does not state can be stated: the notice waits for it.
    let lacking = |no: NoAddress| failed(FailureClass::DisableEndpoint, no.to_string());
    let url = fetch.address(&thin, &names).map_err(lacking)?;
    let reply = ask(app, &source, fetch, &url).await?;
    let read = understood(&source, fetch, &thin, &reply, app.now())?;
    Ok((source, read))
}

/// Asks, with whatever the API wants to know of us. A pass that is refused is got anew, once.
pub(crate) async fn ask<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    fetch: &Fetch,
    url: &str,
) -> Result<Reply, Failed> {
    let mut renewed = false;
    loop {
        let authorization = pass::authorization(app, source, fetch).await?;
        let call = Call { authorization, ..Call::get(url) };
        let reply = app.world().api().ask(&call).await?;
        if reply.status == 401 && !renewed && app.passes().forget(&source.id) {
            renewed = true;
            continue;
        }
        return Ok(reply);
    }
}

fn understood(
    source: &SourceInForce,
    fetch: &Fetch,
    thin: &Thin,
    reply: &Reply,
    now: Timestamp,
) -> Result<Read, Failed> {
    if fetch.is_gone(reply.status) {
        return Ok(gone(thin));
    }
    refused(reply)?;
    match source.preset.map_fetched(thin, &reply.body, now) {
        Ok(event) => Ok(Read::Event(Box::new(event))),
        Err(NotFetched::NotOurs(what)) => Ok(Read::Nothing(format!("it is {what}"))),
        // A page for people instead of JSON, a cache that is behind: the next time may be better.
        Err(other) => Err(failed(FailureClass::Backoff, other.to_string())),
    }
}

/// A review that is not there any more: one that was known is withdrawn, one that was not is none.
fn gone(thin: &Thin) -> Read {
    let known = thin.kind != EventKind::Posted;
    match ExternalId::from_platform(&thin.id).filter(|_| known) {
        Some((external_id, _)) => Read::Event(Box::new(ReviewEvent {
            kind: EventKind::Withdrawn,
            external_id,
            version: thin.version,
            content: None,
            reply: None,
        })),
        None => Read::Nothing("the platform has no such review".to_owned()),
    }
}

/// What follows from a status that is no success.
pub(crate) fn refused(reply: &Reply) -> Result<(), Failed> {
    let status = reply.status;
    let wait = |class| reply.retry_after.map_or(class, FailureClass::RetryAfter);
    let (class, why) = match status {
        200..=299 => return Ok(()),
        300..=399 => (FailureClass::Backoff, "it sends us elsewhere, which is not followed"),
        401 | 403 => (FailureClass::DisableEndpoint, "it refuses the source's api secret"),
        404 | 410 => (FailureClass::Backoff, "it has nothing there"),
        408 | 425 | 429 => (wait(FailureClass::Backoff), "it wants us to wait"),
        400..=499 => (FailureClass::Permanent, "it does not take the request"),
        _ => (wait(FailureClass::Backoff), "it is out of order"),
    };
    Err(failed(class, format!("the platform's API answered {status}: {why}")))
}

/// What follows from a failure; given up after so long.
fn after(
    notice: &Notice,
    failed: Failed,
    give_up_after: SignedDuration,
    now: Timestamp,
) -> Settlement {
    let (id, reason, unknown) = (&notice.what.id, failed.reason, false);
    let old = now >= later(notice.made_at, give_up_after);
    let wanted = match failed.class {
        FailureClass::Permanent => {
            tracing::error!(notice.id = %id, reason, "cannot be fetched");
            return Settlement::Dead { reason, unknown };
        }
        _ if old => return Settlement::Dead { reason, unknown },
        FailureClass::RetryAfter(wanted) => Some(wanted),
        FailureClass::DisableEndpoint => Some(vigie_domain::notice::BACKOFF_MAX),
        FailureClass::Backoff | FailureClass::Unknown => None,
    };
    let at = retry_at(id, notice.attempts, wanted, now);
    tracing::warn!(notice.id = %id, attempts = notice.attempts, reason, "not fetched");
    Settlement::Retry { at, reason, unknown }
}

//! A notice is claimed, looked at again, sent and settled.
//!
//! The claim is a token and a lease: a settlement without the current token is refused. The review
//! is read as it is now, so what is no longer needed is cancelled with its reason. The class of a
//! failure alone decides what follows.

use jiff::{SignedDuration, Timestamp};
use vigie_domain::notice::{
    GIVE_UP_AFTER, LEASE, Notice, NoticeId, SEND_WITHIN, UNKNOWN_MAX, retry_at,
};
use vigie_domain::promise::later;
use vigie_domain::{
    Brand, Contact, Deliver, Digest, Kind, Review, ReviewKey, SourceId, State, Subject,
};
use vigie_ports::{
    Email, FailureClass, Ids as _, Mail as _, SendError, Settlement, Store as _, StoreError,
    StoredReview, World, Written,
};

use crate::{App, compose, fetch};

/// Notices that one message takes along: with the first, as many as a person reads in one go.
const ALONG_MAX: u32 = 19;

/// Why the operator gets nothing.
const NO_OPERATOR: &str = "there is no [operator] to write to";

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// It was not there to be claimed: sent, held by another, or not due.
    NotClaimed,
    /// The other side took it.
    Sent,
    /// It is tried again at this time.
    Later(Timestamp),
    /// It cannot be delivered.
    Dead,
    /// It is no longer needed.
    Cancelled,
    /// It was settled by another meanwhile: our result was refused.
    Refused,
}

/// A try, as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What became of it.
    pub outcome: Delivered,
    /// What was to be sent; `None` if it was not there to be claimed.
    pub kind: Option<Kind>,
    /// From the publication of its review to now, if it was an alert that was sent.
    pub delay: Option<SignedDuration>,
    /// Reviews with a change to decide, if it was something to fetch: nudge [`crate::raise`].
    pub undecided: Vec<ReviewKey>,
}

impl Attempt {
    fn not_claimed() -> Self {
        let (kind, delay, undecided) = Default::default();
        Self { outcome: Delivered::NotClaimed, kind, delay, undecided }
    }

    pub(crate) fn of_fetch() -> Self {
        Self { kind: Some(Kind::Fetch), ..Self::not_claimed() }
    }
}

/// Tries to deliver a notice.
///
/// # Errors
/// The store does not answer; if the notice was claimed, its lease ends and it is tried again.
pub async fn deliver<W: World>(app: &App<W>, id: &NoticeId) -> Result<Attempt, StoreError> {
    deliver_with(app, id, async |_: &SourceId| Ok(())).await
}

/// The same, in a home that knows sources only as they are asked for: `make_ready` puts one in
/// force that something is to be fetched for.
///
/// # Errors
/// The store does not answer; if the notice was claimed, its lease ends and it is tried again.
pub async fn deliver_with<W: World>(
    app: &App<W>,
    id: &NoticeId,
    make_ready: impl AsyncFn(&SourceId) -> Result<(), StoreError>,
) -> Result<Attempt, StoreError> {
    let now = app.now();
    let token = Digest::of_bytes(&app.world().ids().random()).to_hex();
    let claimed = app.store().claim(id, &token, now, later(now, LEASE)).await?;
    let Some(notice) = claimed else {
        return Ok(Attempt::not_claimed());
    };
    if let Subject::Fetch(fetching) = &notice.what.subject {
        make_ready(&fetching.review.source).await?;
        return fetch::carry_out(app, &notice, fetching, &token).await;
    }
    if let Subject::List { source } = &notice.what.subject {
        make_ready(source).await?;
        return fetch::look_into_list(app, &notice, source, &token).await;
    }
    let (mut published_at, mut request, kind) = (None, String::new(), notice.what.kind);
    let settlement = match prepare(app, &notice, &token, now).await? {
        Ok(ready) => {
            published_at = ready.published_at;
            request.clone_from(&ready.request);
            let sent = app.world().mail().send(&ready.email, SEND_WITHIN).await;
            after_send(&notice, ready, sent, app.now())
        }
        Err(not_now) => not_now,
    };
    log(&notice, &settlement, &request);
    let outcome = settle(app, &notice, &token, settlement, now).await?;
    let told_at = published_at.filter(|_| kind == Kind::Alert && outcome == Delivered::Sent);
    let delay = told_at.map(|at| app.now().duration_since(at));
    Ok(Attempt { outcome, kind: Some(kind), delay, undecided: Vec::new() })
}

async fn settle<W: World>(
    app: &App<W>,
    notice: &Notice,
    token: &str,
    settlement: Settlement,
    now: Timestamp,
) -> Result<Delivered, StoreError> {
    let id = &notice.what.id;
    let delivered = match &settlement {
        Settlement::Sent { .. } => Delivered::Sent,
        Settlement::Retry { at, .. } | Settlement::Held { until: at, .. } => Delivered::Later(*at),
        Settlement::Dead { .. } => Delivered::Dead,
        Settlement::Cancelled { .. } => Delivered::Cancelled,
    };
    match app.store().settle(id, token, settlement, app.now()).await? {
        Written::Done => Ok(delivered),
        Written::Moved if delivered == Delivered::Cancelled => Ok(Delivered::Later(now)),
        Written::Moved => {
            tracing::warn!(notice.id = %id, "a settlement was refused: the lease had ended");
            Ok(Delivered::Refused)
        }
    }
}

/// One line an attempt. `request` is the id of the webhook that told the latest news of its review.
fn log(notice: &Notice, settlement: &Settlement, request: &str) {
    let (id, kind) = (&notice.what.id, notice.what.kind.id());
    let attempts = notice.attempts;
    match settlement {
        Settlement::Sent { .. } => {
            tracing::info!(notice.id = %id, notice.kind = kind, request.id = request, attempts, "sent");
        }
        Settlement::Retry { at, reason, .. } => {
            let next_at = at.to_string();
            tracing::warn!(
                notice.id = %id,
                notice.kind = kind,
                request.id = request,
                attempts,
                next_at,
                reason,
                "not sent"
            );
        }
        Settlement::Held { until, reason } => {
            let until = until.to_string();
            tracing::info!(notice.id = %id, notice.kind = kind, until, reason, "held");
        }
        Settlement::Dead { reason, .. } => {
            tracing::error!(
                notice.id = %id,
                notice.kind = kind,
                request.id = request,
                attempts,
                reason,
                "notice is dead"
            );
        }
        Settlement::Cancelled { reason, .. } => {
            tracing::info!(notice.id = %id, notice.kind = kind, reason, "no longer needed");
        }
    }
}

fn after_send(
    notice: &Notice,
    ready: Ready,
    sent: Result<vigie_ports::Accepted, SendError>,
    now: Timestamp,
) -> Settlement {
    let Err(error) = sent else {
        return Settlement::Sent { subject_line: ready.email.subject, left_out: ready.left_out };
    };
    let unknown = error.class == FailureClass::Unknown;
    let reason = error.reason;
    let old = now >= later(notice.made_at, GIVE_UP_AFTER);
    let wanted = match error.class {
        FailureClass::Permanent => return Settlement::Dead { reason, unknown },
        FailureClass::Unknown if notice.unknowns + 1 >= UNKNOWN_MAX => {
            return Settlement::Dead { reason, unknown };
        }
        _ if old => return Settlement::Dead { reason, unknown },
        FailureClass::RetryAfter(wanted) => Some(wanted),
        // A mail server that refuses our credentials refuses every message until somebody mends
        // them: the messages wait, at the slowest pace.
        FailureClass::DisableEndpoint => Some(vigie_domain::notice::BACKOFF_MAX),
        FailureClass::Backoff | FailureClass::Unknown => None,
    };
    let at = retry_at(&notice.what.id, notice.attempts, wanted, now);
    Settlement::Retry { at, reason, unknown }
}

/// A message to send.
struct Ready {
    email: Email,
    /// Of the notices taken along, those that it does not speak of.
    left_out: Vec<NoticeId>,
    /// When the first review that it speaks of was published.
    published_at: Option<Timestamp>,
    /// The request that told the latest news of it; empty: none did.
    request: String,
}

/// Composes the message, or says why it is not sent now.
async fn prepare<W: World>(
    app: &App<W>,
    notice: &Notice,
    token: &str,
    now: Timestamp,
) -> Result<Result<Ready, Settlement>, StoreError> {
    if let Subject::Operator(told) = &notice.what.subject {
        let email = compose::operator(app, notice, told, now);
        let (left_out, published_at, request) = Default::default();
        let ready = email.map(|email| Ready { email, left_out, published_at, request });
        return Ok(ready.ok_or_else(|| cancelled(NO_OPERATOR, Vec::new())));
    }
    let brand = app.brand(&notice.what.brand).await?;
    let contact = match recipient(app, notice, &brand.brand) {
        Ok(contact) => contact,
        Err(reason) => return Ok(Err(cancelled(reason, Vec::new()))),
    };
    let mut needed = Vec::new();
    if let Subject::Review { reviews, .. } = &notice.what.subject {
        let mut seen = Vec::new();
        let mut why = "the review is not there";
        for key in reviews {
            let Some(stored) = app.store().review(key).await? else { continue };
            seen.push((key.clone(), stored.writes));
            match unneeded(notice.what.kind, &stored.review, &brand.brand) {
                Some(reason) => why = reason,
                None => needed.push(stored),
            }
        }
        if needed.is_empty() {
            return Ok(Err(cancelled(why, seen)));
        }
    }
    let opens_at = brand.brand.opening(now);
    if opens_at > now && !needed.iter().any(is_critical) {
        let reason = format!("outside send_between ({})", brand.brand.send_between);
        return Ok(Err(Settlement::Held { until: opens_at, reason }));
    }
    let left_out = take_along(app, notice, token, &brand.brand, &mut needed, now).await?;
    let first = needed.first().map(|stored| &stored.review);
    let published_at = first.map(Review::published);
    let request = first.and_then(|review| review.request.clone()).unwrap_or_default();
    let composed = compose::compose(app, notice, &brand, &contact, needed, now).await?;
    Ok(match composed {
        Some(email) => Ok(Ready { email, left_out, published_at, request }),
        None => Err(cancelled("there is nothing left to show", Vec::new())),
    })
}

/// Who is written to, or why nobody is.
fn recipient<W: World>(
    app: &App<W>,
    notice: &Notice,
    brand: &Brand,
) -> Result<Contact, &'static str> {
    if notice.what.to.is_operator() {
        return app.settings().operator_contact().ok_or(NO_OPERATOR);
    }
    match brand.deliver {
        Deliver::Live => {}
        Deliver::Trial => return Err("the brand is on trial: only the operator is written to"),
        Deliver::Off => return Err("the brand's deliver is off"),
    }
    let gone = "the contact is no longer in the configuration";
    brand.contact(&notice.what.to).cloned().ok_or(gone)
}

/// Whether a review's messages go at any hour.
fn is_critical(stored: &StoredReview) -> bool {
    stored.review.decided.as_ref().is_some_and(|decided| decided.critical)
}

/// Takes along what waited for the same opening and recipient: its reviews join those that the
/// message speaks of. Gives the notices that are not needed after all.
async fn take_along<W: World>(
    app: &App<W>,
    notice: &Notice,
    token: &str,
    brand: &Brand,
    needed: &mut Needed,
    now: Timestamp,
) -> Result<Vec<NoticeId>, StoreError> {
    let mut left_out = Vec::new();
    if brand.send_between.is_all_day() || notice.what.kind != Kind::Alert {
        return Ok(left_out);
    }
    for other in app.store().take_along(&notice.what.id, token, now, ALONG_MAX).await? {
        let Some(key) = other.what.subject.review() else { continue };
        let stored = app.store().review(key).await?;
        let wanted = |s: &StoredReview| unneeded(other.what.kind, &s.review, brand).is_none();
        match stored.filter(wanted) {
            Some(stored) if needed.iter().all(|known| known.review.key != *key) => {
                needed.push(stored);
            }
            // Two alerts of one review, an edit between them: the message shows it as it is.
            Some(_) => {}
            None => left_out.push(other.what.id),
        }
    }
    Ok(left_out)
}

pub(crate) fn cancelled(reason: &str, unless_moved: Vec<(ReviewKey, u64)>) -> Settlement {
    Settlement::Cancelled { reason: reason.to_owned(), unless_moved }
}

/// Why a message on a review is no longer needed.
fn unneeded(kind: Kind, review: &Review, brand: &Brand) -> Option<&'static str> {
    if review.is_erased() {
        return Some("the review was erased");
    }
    let good = review.stars().is_some_and(|stars| stars >= brand.alert_below);
    match (kind, review.state()) {
        (_, State::Withdrawn) => Some("the review was withdrawn"),
        (Kind::Praise, _) => (!good).then_some("the review is no longer good"),
        (_, State::Answered) => Some("the review was answered"),
        (_, State::Closed) => Some("the review was closed"),
        (_, State::Open | State::Erased) => {
            good.then_some("the review is no longer under the threshold")
        }
    }
}

/// The reviews of a step's message that still need it, the first one first.
pub(crate) type Needed = Vec<StoredReview>;

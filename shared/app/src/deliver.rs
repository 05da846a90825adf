//! A notice is claimed, looked at again, sent and settled.
//!
//! The claim is a token and a lease: a settlement without the current token is refused. The review
//! is read as it is now, so what is no longer needed is cancelled with its reason. The class of a
//! failure alone decides what follows.

use jiff::Timestamp;
use vigie_domain::notice::{
    GIVE_UP_AFTER, LEASE, Notice, NoticeId, SEND_WITHIN, UNKNOWN_MAX, retry_at,
};
use vigie_domain::promise::later;
use vigie_domain::{Digest, Kind, Review, ReviewKey, State, Subject};
use vigie_ports::{
    Email, FailureClass, Ids as _, Mail as _, SendError, Settlement, Store as _, StoreError,
    StoredReview, World, Written,
};

use crate::{App, compose};

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

/// Tries to deliver a notice.
///
/// # Errors
/// The store does not answer; if the notice was claimed, its lease ends and it is tried again.
pub async fn deliver<W: World>(app: &App<W>, id: &NoticeId) -> Result<Delivered, StoreError> {
    let now = app.now();
    let token = Digest::of_bytes(&app.world().ids().random()).to_hex();
    let claimed = app.store().claim(id, &token, now, later(now, LEASE)).await?;
    let Some(notice) = claimed else { return Ok(Delivered::NotClaimed) };
    let settlement = match prepare(app, &notice, now).await? {
        Ok(email) => {
            let sent = app.world().mail().send(&email, SEND_WITHIN).await;
            after_send(&notice, &email, sent, app.now())
        }
        Err(cancelled) => cancelled,
    };
    let delivered = match &settlement {
        Settlement::Sent { .. } => Delivered::Sent,
        Settlement::Retry { at, .. } => Delivered::Later(*at),
        Settlement::Dead { .. } => Delivered::Dead,
        Settlement::Cancelled { .. } => Delivered::Cancelled,
    };
    log(&notice, &settlement);
    match app.store().settle(id, &token, settlement, app.now()).await? {
        Written::Done => Ok(delivered),
        Written::Moved if delivered == Delivered::Cancelled => Ok(Delivered::Later(now)),
        Written::Moved => {
            tracing::warn!(notice.id = %id, "a settlement was refused: the lease had ended");
            Ok(Delivered::Refused)
        }
    }
}

fn log(notice: &Notice, settlement: &Settlement) {
    let (id, kind) = (&notice.what.id, notice.what.kind.id());
    let attempts = notice.attempts;
    match settlement {
        Settlement::Sent { .. } => {
            tracing::info!(notice.id = %id, notice.kind = kind, attempts, "sent");
        }
        Settlement::Retry { at, reason, .. } => {
            let next_at = at.to_string();
            tracing::warn!(notice.id = %id, notice.kind = kind, attempts, next_at, reason, "not sent");
        }
        Settlement::Dead { reason, .. } => {
            tracing::error!(notice.id = %id, notice.kind = kind, attempts, reason, "notice is dead");
        }
        Settlement::Cancelled { reason, .. } => {
            tracing::info!(notice.id = %id, notice.kind = kind, reason, "no longer needed");
        }
    }
}

fn after_send(
    notice: &Notice,
    email: &Email,
    sent: Result<vigie_ports::Accepted, SendError>,
    now: Timestamp,
) -> Settlement {
    let Err(error) = sent else {
        return Settlement::Sent { subject_line: email.subject.clone() };
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

/// Composes the message, or says why it is no longer needed.
async fn prepare<W: World>(
    app: &App<W>,
    notice: &Notice,
    now: Timestamp,
) -> Result<Result<Email, Settlement>, StoreError> {
    let brand = app.brand(&notice.what.brand)?;
    let Some(contact) = brand.brand.contact(&notice.what.to) else {
        return Ok(Err(cancelled("the contact is no longer in the configuration", Vec::new())));
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
    let composed = compose::compose(app, notice, &brand, contact, needed, now).await?;
    Ok(composed.ok_or_else(|| cancelled("there is nothing left to show", Vec::new())))
}

fn cancelled(reason: &str, unless_moved: Vec<(ReviewKey, u64)>) -> Settlement {
    Settlement::Cancelled { reason: reason.to_owned(), unless_moved }
}

/// Why a message on a review is no longer needed.
fn unneeded(kind: Kind, review: &Review, brand: &vigie_domain::Brand) -> Option<&'static str> {
    let good = review.stars().is_some_and(|stars| stars >= brand.alert_below);
    match (kind, review.state()) {
        (_, State::Withdrawn) => Some("the review was withdrawn"),
        (Kind::Praise, _) => (!good).then_some("the review is no longer good"),
        (_, State::Answered) => Some("the review was answered"),
        (_, State::Closed) => Some("the review was closed"),
        (_, State::Open) => good.then_some("the review is no longer under the threshold"),
    }
}

/// The reviews of a step's message that still need it, the first one first.
pub(crate) type Needed = Vec<StoredReview>;

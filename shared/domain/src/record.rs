//! Recording: what is told of a review, and what the telling did to it.

use jiff::Timestamp;

use crate::digest::Digest;
use crate::event::{ReviewEvent, Version};
use crate::ids::{BrandId, ReviewKey};
use crate::register::Said;
use crate::review::{Answer, Closure, Happened, Review, State, TrailEntry};

/// Something that is told of a review: by its platform, or by the brand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A platform's event.
    Event(Box<ReviewEvent>),
    /// A row of an import.
    Imported {
        /// What it says, as a platform's event.
        event: Box<ReviewEvent>,
        /// Whether nobody is to be alerted of it.
        quiet: bool,
        /// Why it is closed if it is open, where it is to be.
        close: Option<String>,
    },
    /// A review of another source is a copy of it.
    Copied {
        /// Which.
        by: ReviewKey,
    },
    /// A person says that it and another are not one review.
    Split {
        /// Its copy, or what it was taken for a copy of.
        from: ReviewKey,
    },
    /// Somebody at the brand says that it is answered.
    Answered {
        /// When it was answered.
        at: Timestamp,
        /// Who says so.
        by: Option<String>,
    },
    /// Somebody at the brand closes it.
    Closed {
        /// When.
        at: Timestamp,
        /// Who.
        by: Option<String>,
        /// Why.
        reason: String,
    },
}

/// What recording did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was news.
    Accepted,
    /// It was known already.
    Duplicate,
    /// Something newer was known.
    Stale,
}

/// Records what is told of a review: the review as it then is, and what the telling did.
///
/// `known` is the review as stored, `now` the time of receipt. A refused telling leaves the review
/// as it was. What a person at the brand says is a duplicate once the review is settled, so a link
/// that is used again changes nothing. Of an erased review everything is a duplicate.
///
/// ```
/// use vigie_domain::{Content, EventKind, ExternalId, Outcome, ReviewEvent, Told, record};
/// let now: jiff::Timestamp = "2026-11-20T09:12:00Z".parse().unwrap();
/// let event = ReviewEvent {
///     kind: EventKind::Posted,
///     external_id: ExternalId::from_platform("r-1").unwrap().0,
///     version: None,
///     content: Some(Content::default()),
///     reply: None,
/// };
/// let (key, brand) = ("site/r-1".parse().unwrap(), "lumen".parse().unwrap());
/// let told = Told::Event(Box::new(event));
/// let (review, outcome) = record(None, &key, &brand, &told, now);
/// assert_eq!(outcome, Outcome::Accepted);
/// let (_, again) = record(Some(review), &key, &brand, &told, now);
/// assert_eq!(again, Outcome::Duplicate);
/// ```
pub fn record(
    known: Option<Review>,
    key: &ReviewKey,
    brand: &BrandId,
    told: &Told,
    now: Timestamp,
) -> (Review, Outcome) {
    let mut review = known.unwrap_or_else(|| Review::unheard(key.clone(), brand.clone(), now));
    let outcome = match told {
        _ if review.is_erased() => Outcome::Duplicate,
        Told::Event(event) => review.hear_event(event, false, now),
        Told::Imported { event, quiet, close } => {
            let heard = review.hear_event(event, *quiet, now);
            match close {
                Some(reason) if review.state() == State::Open => {
                    review.close(now, now, None, reason);
                    Outcome::Accepted
                }
                _ => heard,
            }
        }
        Told::Copied { by } if review.copies.contains(by) => Outcome::Duplicate,
        Told::Copied { by } => {
            review.copies.push(by.clone());
            Outcome::Accepted
        }
        Told::Split { from } => review.split(from),
        Told::Answered { .. } | Told::Closed { .. } if review.state() != State::Open => {
            Outcome::Duplicate
        }
        Told::Answered { at, by } => {
            let value = Answer { text: String::new(), by: by.clone() };
            let digest = Digest::of_fields([by.as_deref(), Some("desk")]).prefix();
            let version = Some(Version::Time(*at));
            review.answer =
                Some(Said { value, digest, version, at: Some(*at) }.into_register(now, Vec::new()));
            let by = by.clone();
            review.note(TrailEntry { by, ..TrailEntry::new(now, Happened::Answered, Some(*at)) });
            Outcome::Accepted
        }
        Told::Closed { at, by, reason } => {
            review.close(now, *at, by.clone(), reason);
            Outcome::Accepted
        }
    };
    if outcome == Outcome::Accepted {
        review.revision += 1;
    }
    (review, outcome)
}

impl Review {
    /// Takes it and another apart.
    fn split(&mut self, from: &ReviewKey) -> Outcome {
        let copies = self.copies.len();
        self.copies.retain(|copy| copy != from);
        let is_copy = !self.apart && self.copy_of() == Some(from);
        self.apart |= is_copy;
        if is_copy || self.copies.len() < copies { Outcome::Accepted } else { Outcome::Duplicate }
    }

    /// Closes it without an answer.
    fn close(&mut self, now: Timestamp, at: Timestamp, by: Option<String>, reason: &str) {
        let reason = reason.to_owned();
        self.closed = Some(Closure { at, by: by.clone(), reason: reason.clone() });
        let entry = TrailEntry::new(now, Happened::Closed, Some(at));
        self.note(TrailEntry { by, reason: Some(reason), ..entry });
    }
}

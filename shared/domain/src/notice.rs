//! Notices: one message to one recipient on one channel, and what becomes of it.

use std::fmt;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::brand::Channel;
use crate::digest::Digest;
use crate::ids::{BrandId, ContactId, ReviewKey, SourceId};
use crate::matter::Telling;
use crate::promise::later;

/// How long a claim lasts. A claim that is not settled by then may be taken by anybody.
pub const LEASE: SignedDuration = SignedDuration::from_secs(90);
/// How long a send may take: it is aborted before the lease ends, with room to settle.
pub const SEND_WITHIN: Duration = Duration::from_mins(1);
/// After this long, a notice that still fails is dead. Mail servers give up after 4 to 5 days
/// (RFC 5321, 4.5.4.1).
pub const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(4 * 24);
/// The first delay after a failure.
const BACKOFF_FIRST: Duration = Duration::from_secs(2);
/// The longest delay between attempts: a mail server that comes back is used within this.
pub const BACKOFF_MAX: Duration = Duration::from_mins(5);
/// Sends whose answer never came, before the notice is dead: a second message is better than none,
/// a third is not.
pub const UNKNOWN_MAX: u32 = 2;

/// Which message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A review fell under the threshold.
    Alert,
    /// A good review, or several.
    Praise,
    /// The promise is about to be broken.
    Reminder,
    /// It is broken.
    Escalation,
    /// The unanswered report.
    Report,
    /// Trouble with Vigie itself.
    Operator,
    /// No message: what a webhook left out, or never told, is read from the platform's API.
    Fetch,
}

impl Kind {
    /// The word in JSON and headers.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Praise => "praise",
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
            Self::Report => "report",
            Self::Operator => "operator",
            Self::Fetch => "fetch",
        }
    }
}

/// A notice's identity: the hash of what it is about, its kind and step, channel and recipient.
/// Routes do not enter it, so two routes to one person make one message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(String);

impl NoticeId {
    /// The id of what the parts say.
    pub fn of<const N: usize>(parts: [&str; N]) -> Self {
        let digest = Digest::of_fields(parts.into_iter().map(Some));
        Self(digest.to_hex().chars().take(32).collect())
    }

    /// An id as somebody wrote it.
    pub fn from_text(text: &str) -> Option<Self> {
        let hex = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        hex.then(|| Self(text.to_owned()))
    }

    /// 32 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why this recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Why {
    /// A contact who gets such messages.
    Contact,
    /// A route, by its position in the file.
    Route {
        /// From 1.
        position: usize,
    },
    /// A contact of the review's shop.
    Shop,
    /// Management hears of critical reviews.
    Management,
    /// A step of the ladder names them.
    Step,
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "about")]
pub enum Subject {
    /// Reviews: one, or those that a step's message takes along, the first one first.
    Review {
        /// Which.
        reviews: Vec<ReviewKey>,
        /// The step of the ladder, as its time after the start.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<SignedDuration>,
        /// Why this recipient.
        #[serde(flatten)]
        why: Why,
    },
    /// The unanswered report of a local date.
    Report {
        /// The date.
        date: Date,
        /// What came since then is told as new.
        since: Timestamp,
    },
    /// The good reviews first seen in a period.
    Praise {
        /// After this.
        since: Timestamp,
        /// Up to this.
        until: Timestamp,
    },
    /// How a week or a month went.
    Roundup {
        /// Its first local date.
        first: Date,
        /// The local date after its last.
        past: Date,
    },
    /// Trouble with Vigie itself.
    Operator(Telling),
    /// A review whose webhook told only which one it is.
    Fetch(Fetching),
    /// The list of a source's reviews, for those whose webhook never came.
    List {
        /// Whose list.
        source: SourceId,
    },
    /// What was fetched: that it was is all that is kept.
    Fetched,
}

/// What is to be read from a platform's API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetching {
    /// Which review.
    pub review: ReviewKey,
    /// What the webhook told, as the platform's preset reads it: JSON.
    pub told: String,
    /// The id of the request that told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
}

impl Subject {
    /// The first review it is about.
    pub fn review(&self) -> Option<&ReviewKey> {
        match self {
            Self::Review { reviews, .. } => reviews.first(),
            Self::Fetch(fetching) => Some(&fetching.review),
            Self::Report { .. }
            | Self::Praise { .. }
            | Self::Roundup { .. }
            | Self::Operator(_)
            | Self::List { .. }
            | Self::Fetched => None,
        }
    }
}

/// A notice to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewNotice {
    /// Its identity: made once, whoever makes it.
    pub id: NoticeId,
    /// Whose.
    pub brand: BrandId,
    /// Which message.
    pub kind: Kind,
    /// How.
    pub channel: Channel,
    /// To whom: the address is looked up at delivery.
    pub to: ContactId,
    /// For whom it is meant, where the operator gets it in their stead: the brand is on trial.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub meant_for: Vec<ContactId>,
    /// What about.
    pub subject: Subject,
    /// When to send it.
    pub due_at: Timestamp,
    /// The notice that takes it along; it then sends no message of its own.
    pub with: Option<NoticeId>,
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoticeState {
    /// It waits for its time or for the next attempt.
    Pending,
    /// It waits for the brand's hours, or for a person.
    Held,
    /// Somebody claimed it and is sending.
    Sending,
    /// The other side took it.
    Sent,
    /// It cannot be delivered: an operator can send it again.
    Dead,
    /// It is no longer needed; its reason says why.
    Cancelled,
}

impl NoticeState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Held, Self::Sending, Self::Sent, Self::Dead, Self::Cancelled];

    /// The word in JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Held => "held",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a word.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.id() == id)
    }
}

/// A notice as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What was to be made.
    pub what: NewNotice,
    /// When it was made.
    pub made_at: Timestamp,
    /// Where it stands.
    pub state: NoticeState,
    /// When it is next looked at.
    pub due_at: Timestamp,
    /// Tries so far.
    pub attempts: u32,
    /// Sends whose answer never came.
    pub unknowns: u32,
    /// Times it may have been delivered without our knowing: it may then have arrived twice.
    pub perhaps_twice: u32,
    /// Why it stands so.
    pub reason: Option<String>,
    /// The subject line it was sent with: a later message on the review answers to it.
    pub subject_line: Option<String>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
}

/// The delay before the next attempt: doubling from two seconds to five minutes, of which the
/// second half is spread by the notice's id so that a recovering server is not met by all at once.
///
/// ```
/// use std::time::Duration;
/// use vigie_domain::notice::{NoticeId, backoff};
/// let id = NoticeId::of(["a"]);
/// assert!(backoff(&id, 1) <= Duration::from_secs(2));
/// assert!(backoff(&id, 30) >= Duration::from_secs(150));
/// assert!(backoff(&id, 30) <= Duration::from_secs(300));
/// ```
pub fn backoff(id: &NoticeId, attempts: u32) -> Duration {
    let doubled = BACKOFF_FIRST.saturating_mul(1_u32 << attempts.saturating_sub(1).min(16));
    let full = doubled.min(BACKOFF_MAX);
    let seed = Digest::of_fields([Some(id.as_str()), Some(&attempts.to_string())]).prefix();
    let spread = (seed % 1000) as u32;
    full / 2 + full / 2 * spread / 1000
}

/// When the next attempt is, after a failure at `now`.
pub fn retry_at(
    id: &NoticeId,
    attempts: u32,
    wanted: Option<Duration>,
    now: Timestamp,
) -> Timestamp {
    let delay = wanted.map_or_else(|| backoff(id, attempts), |wanted| wanted.min(BACKOFF_MAX * 12));
    later(now, SignedDuration::try_from(delay).unwrap_or(SignedDuration::from_hours(1)))
}

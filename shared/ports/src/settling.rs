//! What is due, and what becomes of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vigie_domain::notice::NoticeId;
use vigie_domain::{BrandId, ReviewKey};

/// Something whose moment has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// A review with a change that was not decided.
    Undecided(ReviewKey),
    /// A review whose next step of the ladder is due.
    Step(ReviewKey),
    /// A notice to send, or a claim that ended.
    Notice(NoticeId),
    /// A brand whose report is due.
    Report(BrandId),
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The other side took it, and those it took along.
    Sent {
        /// The subject line it went with.
        subject_line: String,
        /// Of those taken along, the ones that it does not speak of after all: they are looked at
        /// again, each by itself.
        left_out: Vec<NoticeId>,
    },
    /// It waits for the brand's hours: no attempt was made.
    Held {
        /// Until when.
        until: Timestamp,
        /// Why.
        reason: String,
    },
    /// It is tried again.
    Retry {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
        /// Whether it may have been delivered.
        unknown: bool,
    },
    /// It cannot be delivered.
    Dead {
        /// Why.
        reason: String,
        /// Whether it may have been delivered.
        unknown: bool,
    },
    /// It is no longer needed.
    Cancelled {
        /// Why.
        reason: String,
        /// On condition that these reviews have had no more writes than these.
        unless_moved: Vec<(ReviewKey, u64)>,
    },
}

/// What redriving a notice did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redriven {
    /// It will be sent.
    Yes,
    /// There is one, and it is neither dead nor held for a person.
    NotDead,
    /// There is none.
    Missing,
}

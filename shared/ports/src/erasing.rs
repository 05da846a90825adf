//! What an erasure is asked, and what it answers.

use jiff::Timestamp;
use vigie_domain::ReviewKey;
use vigie_domain::erase::Salt;
use vigie_domain::notice::NoticeId;

/// A review to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasing {
    /// Which; an erased one is found by the key it had.
    pub key: ReviewKey,
    /// The key of tombstones, if the store has none yet.
    pub fresh: Salt,
    /// When.
    pub at: Timestamp,
    /// Whether to look only, and say what would go.
    pub dry: bool,
}

/// What became of an erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erasure {
    /// It is erased, or would be; this went with it.
    Done(Gone),
    /// It had been erased before: nothing changed.
    Already(Timestamp),
    /// A message about it is under way: nothing changed. The claim ends at this time at the latest.
    Busy(Timestamp),
    /// There is no such review.
    Missing,
}

/// What is to be forgotten because it is old: some at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    /// The reviewers of reviews last told of before this; `None`: of none.
    pub reviewer_before: Option<Timestamp>,
    /// The texts of reviews last told of before this; `None`: of none.
    pub review_before: Option<Timestamp>,
    /// The key of tombstones, if the store has none yet.
    pub fresh: Salt,
    /// Now.
    pub at: Timestamp,
    /// How many are looked at, at most, of each sort.
    pub limit: u32,
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// Reviews whose reviewers were removed.
    pub reviewers: u64,
    /// Reviews that were erased.
    pub reviews: u64,
    /// Notices older than the texts may be.
    pub notices: u64,
    /// Whether there may be more: ask again.
    pub more: bool,
}

/// What goes with a review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gone {
    /// Notices about it that were not sent: cancelled, without a text.
    pub unsent: u64,
    /// Notices about it that were sent: they keep who, when and which, and lose their subject line.
    pub sent: u64,
    /// The ids of both, and of those that took it along.
    pub notices: Vec<NoticeId>,
}

//! What is counted beside the work, and noted now and then.

use jiff::Timestamp;
use vigie_domain::{SourceId, Trouble};

/// What is noted beside the work: a crash may lose it, and it decides nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noted {
    /// Trouble, each with its count and its first and last time.
    pub troubles: Vec<(Trouble, u64, Timestamp, Timestamp)>,
    /// What sources brought.
    pub sources: Vec<(SourceId, Brought)>,
}

/// What a source brought since the last note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// Webhooks taken, by the time of the last.
    pub accepted: u64,
    /// Webhooks refused.
    pub refused: u64,
    /// When one was last taken.
    pub accepted_at: Option<Timestamp>,
    /// When one was last refused, and why.
    pub refused_last: Option<(Timestamp, String)>,
}

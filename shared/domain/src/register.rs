//! One register of a review: what is known, under which version.
//!
//! The highest (version, digest) wins, so any order of arrival ends in the same register. Without a
//! platform's version, a digest that the register has had already is a duplicate.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Version;

/// Digests a register remembers of events that came without a platform's version.
pub const SEEN_MAX: usize = 32;

/// One of the three registers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register<T> {
    /// What is known.
    pub value: T,
    /// The version of what is known.
    pub version: Version,
    /// When it became so: the platform's time if it gave one, else the time of receipt.
    pub at: Timestamp,
    pub(crate) digest: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    seen: Vec<u64>,
}

impl<T> Register<T> {
    /// Lets go of the digests: whoever has one can try which text it is of.
    pub(crate) fn forget(&mut self) {
        self.digest = 0;
        self.seen.clear();
    }
}

/// What an event did to a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    Newer,
    Same,
    Older,
}

/// What is said of one register.
pub(crate) struct Said<T> {
    pub(crate) value: T,
    pub(crate) digest: u64,
    /// The platform's version, if it gave one.
    pub(crate) version: Option<Version>,
    /// The platform's time, where the version is none.
    pub(crate) at: Option<Timestamp>,
}

impl<T> Said<T> {
    pub(crate) fn into_register(self, received_at: Timestamp, mut seen: Vec<u64>) -> Register<T> {
        let version = self.version.unwrap_or(Version::Time(received_at));
        let at = match (self.at, version) {
            (Some(at), _) | (None, Version::Time(at)) => at,
            (None, Version::Sequence(_)) => received_at,
        };
        if self.version.is_none() {
            if seen.len() == SEEN_MAX {
                seen.remove(0);
            }
            seen.push(self.digest);
        }
        Register { value: self.value, version, at, digest: self.digest, seen }
    }
}

/// Moves a register if what is said is newer.
pub(crate) fn merge<T>(
    known: &mut Option<Register<T>>,
    said: Said<T>,
    received_at: Timestamp,
) -> Move {
    let Some(register) = known else {
        *known = Some(said.into_register(received_at, Vec::new()));
        return Move::Newer;
    };
    if said.version.is_none()
        && (said.digest == register.digest || register.seen.contains(&said.digest))
    {
        return Move::Same;
    }
    let version = said.version.unwrap_or(Version::Time(received_at));
    match (version, said.digest).cmp(&(register.version, register.digest)) {
        std::cmp::Ordering::Greater => {
            let seen = std::mem::take(&mut register.seen);
            *register = said.into_register(received_at, seen);
            Move::Newer
        }
        std::cmp::Ordering::Equal => Move::Same,
        std::cmp::Ordering::Less => Move::Older,
    }
}

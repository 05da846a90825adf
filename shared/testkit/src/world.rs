//! A clock that stands still until moved, and chance that repeats.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use vigie_domain::Digest;
use vigie_ports::{Api, Call, CallError, Clock, FailureClass, Ids, Reply};

/// A clock that the test moves.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows a time.
    pub fn at(time: Timestamp) -> Self {
        Self(AtomicI64::new(time.as_microsecond()))
    }

    /// Moves it on.
    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).unwrap();
        self.0.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// Ids that follow from a seed.
#[derive(Debug)]
pub struct SeededIds {
    seed: u64,
    count: AtomicU64,
}

impl SeededIds {
    /// The ids of a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, count: AtomicU64::new(0) }
    }
}

impl Ids for SeededIds {
    fn random(&self) -> [u8; 16] {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let parts = [self.seed.to_string(), count.to_string()];
        let digest = Digest::of_fields(parts.iter().map(|part| Some(part.as_str())));
        let second = Digest::of_bytes(&digest.prefix().to_be_bytes());
        (u128::from(digest.prefix()) << 64 | u128::from(second.prefix())).to_be_bytes()
    }
}

/// An API that nobody answers.
#[derive(Debug, Clone, Copy)]
pub struct NoApi;

impl Api for NoApi {
    async fn ask(&self, call: &Call) -> Result<Reply, CallError> {
        let reason = format!("nobody answers {}", call.url);
        Err(CallError { class: FailureClass::Backoff, reason })
    }
}

//! The machine's clock, chance and environment. The only place that reads them, for every root.

use jiff::Timestamp;
use rand::TryRngCore as _;
use vigie_ports::{Clock, Ids};

/// Tells the machine's time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        now()
    }
}

/// The machine's time, to the microsecond, which is what stores keep: what was written and what is
/// compared with it are the same moment.
#[expect(clippy::disallowed_methods, reason = "this is where the time comes in")]
pub fn now() -> Timestamp {
    let exact = Timestamp::now();
    Timestamp::from_microsecond(exact.as_microsecond()).unwrap_or(exact)
}

/// The machine's chance.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        match rand::rngs::OsRng.try_fill_bytes(&mut bytes) {
            Ok(()) => bytes,
            // Without chance there are no tokens: nothing can be done safely.
            Err(error) => unreachable!("the system gives no random bytes: {error}"),
        }
    }
}

/// A variable of the environment; none if it is empty or no text.
#[expect(clippy::disallowed_methods, reason = "this is where the environment comes in")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

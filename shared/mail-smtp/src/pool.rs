//! Connections kept for the next message.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::time::Instant;

/// Most idle connections: as many as there are deliveries in flight (contract.md, `vigie serve`).
pub(crate) const IDLE_MAX: usize = 16;

/// Longest idleness. RFC 5321 §4.5.3.2.7 has servers wait for five minutes; many wait for less.
pub(crate) const IDLE_TIME_MAX: Duration = Duration::from_secs(30);

/// A connection between two messages.
pub(crate) struct Idle {
    pub(crate) connection: AsyncSmtpConnection,
    /// Whether the last message was refused half-way, so that the server must forget it first.
    pub(crate) dirty: bool,
}

/// **Invariant:** what is in here is between two messages. A connection is taken out for use and
/// put back only after a reply, so that a delivery that is dropped half-way takes it along.
#[derive(Default)]
pub(crate) struct Pool(Mutex<Vec<(Instant, Idle)>>);

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Vec<(Instant, Idle)>> {
        // The list is whole between any two statements, whatever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that was used last, as the likeliest to live; those too long idle go.
    pub(crate) fn take(&self) -> Option<Idle> {
        let now = Instant::now();
        let mut idle = self.lock();
        idle.retain(|(since, _)| now.duration_since(*since) <= IDLE_TIME_MAX);
        idle.pop().map(|(_, idle)| idle)
    }

    /// Keeps a connection, unless there are enough.
    pub(crate) fn put(&self, connection: Idle) {
        let mut idle = self.lock();
        if idle.len() < IDLE_MAX {
            idle.push((Instant::now(), connection));
        }
    }

    /// Lets go of all: where one went stale, the server left, and it left the others too.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }
}

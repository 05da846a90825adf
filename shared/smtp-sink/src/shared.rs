//! What the sessions of one sink share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};

use crate::fault::{Action, Fault, Faults, Stage};
use crate::received::Received;
use crate::sink::Options;

/// Fewer messages came than were waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("waited for {wanted} messages, and {got} came")]
pub struct TooFew {
    /// How many were waited for.
    pub wanted: usize,
    /// How many there were when time ran out.
    pub got: usize,
}

type Feed = mpsc::UnboundedSender<Arc<Received>>;

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) connections: AtomicUsize,
    count: watch::Sender<usize>,
    kept: Mutex<Kept>,
    faults: Mutex<Faults>,
}

#[derive(Default)]
struct Kept {
    messages: Vec<Arc<Received>>,
    feeds: Vec<Feed>,
}

/// A poisoned lock guards lists that are whole between any two statements: they can be used on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            options,
            connections: AtomicUsize::new(0),
            count: watch::Sender::new(0),
            kept: Mutex::default(),
            faults: Mutex::default(),
        }
    }

    pub(crate) fn inject(&self, fault: Fault) {
        lock(&self.faults).add(fault);
    }

    pub(crate) fn heal(&self) {
        lock(&self.faults).clear();
    }

    pub(crate) fn meet(&self, stage: Stage, to: &[String]) -> Option<Action> {
        lock(&self.faults).meet(stage, to)
    }

    /// The number of a new connection, from 1.
    pub(crate) fn next_connection(&self) -> usize {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Takes a message and answers its number, from 1. `message` is asked for only where somebody
    /// keeps or hears of it.
    pub(crate) fn take(&self, message: impl FnOnce() -> Received) -> usize {
        let mut kept = lock(&self.kept);
        kept.feeds.retain(|feed| !feed.is_closed());
        if self.options.keep || !kept.feeds.is_empty() {
            let message = Arc::new(message());
            for feed in &kept.feeds {
                // A feed that closed since is let go with the next message.
                let _ = feed.send(Arc::clone(&message));
            }
            if self.options.keep {
                kept.messages.push(message);
            }
        }
        let mut number = 0;
        self.count.send_modify(|count| {
            *count += 1;
            number = *count;
        });
        number
    }

    pub(crate) fn messages(&self) -> Vec<Arc<Received>> {
        lock(&self.kept).messages.clone()
    }

    pub(crate) fn subscribe(&self) -> mpsc::UnboundedReceiver<Arc<Received>> {
        let (feed, listener) = mpsc::unbounded_channel();
        lock(&self.kept).feeds.push(feed);
        listener
    }

    pub(crate) fn counter(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }
}

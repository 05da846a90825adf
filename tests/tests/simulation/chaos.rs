//! Chance, from a seed: when to yield, fail and crash.

use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::Mutex;
use std::task::Poll;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// A safeguard taken away, to see the simulation go red.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    /// Watch never finds an undecided review.
    NoUndecidedMark,
    /// The store does not look at the token of a settlement.
    NoTokenCheck,
    /// A repeated event looks new.
    NoDedupOfEvents,
    /// A notice that is made again gets another id.
    NoIdentityOfNotices,
    /// A forged webhook is sent with a right signature.
    ForgedIsTaken,
    /// Claims whose lease ended are not found.
    LeasesNeverEnd,
    /// An erasure only looks, and says that it erased.
    NothingIsErased,
}

/// Chance and mischief of one history.
#[derive(Debug)]
pub(crate) struct Chaos {
    rng: Mutex<RefCell<StdRng>>,
    pub(crate) sabotage: Option<Sabotage>,
    calm: std::sync::atomic::AtomicBool,
}

impl Chaos {
    pub(crate) fn new(seed: u64, sabotage: Option<Sabotage>) -> Self {
        Self {
            rng: Mutex::new(RefCell::new(StdRng::seed_from_u64(seed))),
            sabotage,
            calm: std::sync::atomic::AtomicBool::new(false),
        }
    }

    /// From now on nothing fails.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(std::sync::atomic::Ordering::Relaxed)
    }

    pub(crate) fn is(&self, sabotage: Sabotage) -> bool {
        self.sabotage == Some(sabotage)
    }

    /// A number below `bound`.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.rng.lock().unwrap().borrow_mut().random_range(0..bound)
    }

    /// True once in `n` times on average, while not calm.
    pub(crate) fn one_in(&self, n: u64) -> bool {
        !self.is_calm() && self.below(n) == 0
    }

    /// Lets another task go first.
    pub(crate) async fn step(&self) {
        let mut waited = self.is_calm();
        poll_fn(|context| {
            if waited {
                return Poll::Ready(());
            }
            waited = true;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

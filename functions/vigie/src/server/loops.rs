//! What runs beside the server: changes are decided, notices delivered, the clock watched.
//!
//! The store is the truth; what waits here are nudges. One that is lost costs a second for a
//! notice and two minutes for a decision: the watch finds it.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use vigie_app::{deliver, raise, watch};
use vigie_domain::ReviewKey;
use vigie_domain::notice::NoticeId;
use vigie_ports::Due;

use super::Serving;

/// Deliveries in flight at most (contract).
pub(crate) const DELIVERIES_MAX: usize = 16;
/// Decisions in flight at most: enough that each commit of the store holds several.
const DECISIONS_MAX: usize = 32;
/// Nudges that may wait. Beyond it they are dropped: the watch finds what they were about.
const NUDGES_MAX: usize = 10_000;
/// How often the due index is asked. In one process it costs four small reads.
const WATCH_EVERY: Duration = Duration::from_secs(1);
/// What one look at the due index takes up, of each sort.
const DUE_MAX: u32 = 2000;
/// How long what is under way may take to end when the process stops.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(30);

/// Keys that wait, each once.
struct Waiting<K> {
    known: Mutex<HashSet<K>>,
    queue: mpsc::Sender<K>,
}

impl<K: Hash + Eq + Clone> Waiting<K> {
    fn new() -> (Self, mpsc::Receiver<K>) {
        let (queue, receiver) = mpsc::channel(NUDGES_MAX);
        (Self { known: Mutex::default(), queue }, receiver)
    }

    fn add(&self, key: K) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&key) {
            return;
        }
        if self.queue.try_send(key.clone()).is_ok() {
            known.insert(key);
        }
    }

    /// From here on the same key may wait again.
    fn begin(&self, key: &K) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// Where nudges are left.
pub(crate) struct Nudges {
    reviews: Waiting<ReviewKey>,
    notices: Waiting<NoticeId>,
}

/// Where the loops take them.
pub(crate) struct Inbox {
    reviews: mpsc::Receiver<ReviewKey>,
    notices: mpsc::Receiver<NoticeId>,
}

impl Nudges {
    pub(crate) fn new() -> (Self, Inbox) {
        let (reviews, review_inbox) = Waiting::new();
        let (notices, notice_inbox) = Waiting::new();
        (Self { reviews, notices }, Inbox { reviews: review_inbox, notices: notice_inbox })
    }

    /// A change waits for a decision.
    pub(crate) fn raise(&self, key: ReviewKey) {
        self.reviews.add(key);
    }

    /// A notice waits to be sent.
    pub(crate) fn deliver(&self, id: NoticeId) {
        self.notices.add(id);
    }
}

/// Becomes true when the process is to stop.
pub(crate) type Stop = tokio::sync::watch::Receiver<bool>;

/// Waits until the process is to stop.
pub(crate) async fn stopped(stop: &mut Stop) {
    // An error means that whoever says so has gone: that is a stop too.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Runs the loops until `stop` says so, then lets what is under way end.
pub(crate) async fn run(serving: Arc<Serving>, inbox: Inbox, stop: Stop) {
    let decide = {
        let serving = serving.clone();
        move |key: ReviewKey| decide(serving.clone(), key)
    };
    let send = {
        let serving = serving.clone();
        move |id: NoticeId| send(serving.clone(), id)
    };
    let decisions = dispatch(inbox.reviews, DECISIONS_MAX, stop.clone(), decide);
    let deliveries = dispatch(inbox.notices, DELIVERIES_MAX, stop.clone(), send);
    let captures = serving.captures.clone().watch(stop.clone());
    let watching = watch_clock(serving, stop.clone());
    let all = async { tokio::join!(decisions, deliveries, watching, captures) };
    let mut told = stop.clone();
    let overdue = async {
        stopped(&mut told).await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    tokio::select! {
        _ = all => {}
        () = overdue => {
            tracing::warn!("stopped with deliveries under way: the next start takes them up");
        }
    }
}

/// Does the work of each key that arrives, so many at once.
async fn dispatch<K, F>(
    mut inbox: mpsc::Receiver<K>,
    at_once: usize,
    mut stop: Stop,
    work: impl Fn(K) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(at_once));
    let mut under_way = JoinSet::new();
    loop {
        let arrived = tokio::select! {
            () = stopped(&mut stop) => None,
            key = inbox.recv() => key,
        };
        let Some(key) = arrived else { break };
        let Ok(permit) = room.clone().acquire_owned().await else { break };
        let working = work(key);
        under_way.spawn(async move {
            working.await;
            drop(permit);
        });
        while let Some(ended) = under_way.try_join_next() {
            tell_panic(ended);
        }
    }
    while let Some(ended) = under_way.join_next().await {
        tell_panic(ended);
    }
}

fn tell_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a task ended badly: what it had claimed is taken up again");
    }
}

async fn decide(serving: Arc<Serving>, key: ReviewKey) {
    serving.nudges.reviews.begin(&key);
    let Some(_working) = serving.at_work().await else { return };
    match raise::raise(&serving.app, &key).await {
        Ok(ids) => ids.into_iter().for_each(|id| serving.nudges.deliver(id)),
        Err(error) => trouble(&serving, &error, "a change could not be decided"),
    }
}

async fn send(serving: Arc<Serving>, id: NoticeId) {
    serving.nudges.notices.begin(&id);
    let Some(_working) = serving.at_work().await else { return };
    serving.metrics.waiting.inc();
    match deliver::deliver(&serving.app, &id).await {
        Ok(attempt) => {
            serving.metrics.delivered(&attempt.outcome);
            serving.nudge_raise(attempt.undecided);
        }
        Err(error) => trouble(&serving, &error, "a notice could not be delivered"),
    }
    serving.metrics.waiting.dec();
}

fn trouble(serving: &Serving, error: &vigie_ports::StoreError, what: &'static str) {
    serving.metrics.store_faults.inc();
    tracing::error!(%error, what, "the store does not answer");
}

async fn watch_clock(serving: Arc<Serving>, mut stop: Stop) {
    let mut tick = tokio::time::interval(WATCH_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = tick.tick() => look(&serving).await,
        }
    }
}

/// Takes up what waits for this moment.
async fn look(serving: &Serving) {
    let Some(_working) = serving.at_work().await else { return };
    let due = match watch::due(&serving.app, DUE_MAX).await {
        Ok(due) => due,
        Err(error) => return trouble(serving, &error, "the due index could not be read"),
    };
    for one in due {
        match one {
            Due::Undecided(key) => serving.nudges.raise(key),
            Due::Notice(id) => serving.nudges.deliver(id),
            Due::Step(_) | Due::Report(_) => match watch::handle(&serving.app, &one).await {
                Ok(ids) => ids.into_iter().for_each(|id| serving.nudges.deliver(id)),
                Err(error) => trouble(serving, &error, "what was due could not be done"),
            },
        }
    }
}

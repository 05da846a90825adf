//! What is acknowledged is on the disk: commits that a test holds, and a disk that is full.
//!
//! The writer calls back before each commit (`Options::before_commit`); a gate there holds it.

// A test's helper may stop the test: that is how it fails.
#![expect(clippy::expect_used, reason = "helpers of tests stop the test")]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use anyhow::Result;
use vigie_app::App;
use vigie_app::receive::{NotReceived, Received};
use vigie_domain::EventKind;
use vigie_ports::{
    Accepted, Arrival, Email, FailureClass, Mail, SendError, Store as _, StoreError,
};
use vigie_store_sqlite::{FILE_NAME, Options, SqliteStore};
use vigie_testkit::build::{arrival, at, key, written};
use vigie_tests::app::{Still, app, brand, post, sign};

/// How long the writer may take to reach a gate, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(30);

/// Holds commits, and remembers how many jobs each had.
#[derive(Default)]
struct Gate {
    state: Mutex<GateState>,
    moved: Condvar,
}

#[derive(Default)]
struct GateState {
    shut: bool,
    waiting: bool,
    groups: Vec<usize>,
}

impl Gate {
    fn options(self: &Arc<Self>) -> Options {
        let gate = Arc::clone(self);
        let before_commit = Arc::new(move |jobs| gate.pass(jobs));
        Options { before_commit: Some(before_commit), ..Options::default() }
    }

    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().expect("nobody panics at the gate")
    }

    /// Called by the writer.
    fn pass(&self, jobs: usize) {
        let mut state = self.state();
        state.groups.push(jobs);
        state.waiting = true;
        self.moved.notify_all();
        let mut state = self.moved.wait_while(state, |state| state.shut).expect("as above");
        state.waiting = false;
    }

    fn shut(&self) {
        let mut state = self.state();
        state.shut = true;
        state.groups.clear();
    }

    fn open(&self) {
        self.state().shut = false;
        self.moved.notify_all();
    }

    /// Waits until the writer stands at the gate.
    fn wait_for_writer(&self) {
        let arrive = self.moved.wait_timeout_while(self.state(), PATIENCE, |s| !s.waiting);
        assert!(!arrive.expect("as above").1.timed_out(), "the writer never came to its commit");
    }

    fn groups(&self) -> Vec<usize> {
        self.state().groups.clone()
    }
}

type Pending<T> = Pin<Box<dyn Future<Output = T>>>;

/// Polls each once, with nobody to wake: what can go on without the commit, does.
fn pending<T>(futures: &mut [Pending<T>]) -> usize {
    let mut context = Context::from_waker(Waker::noop());
    futures.iter_mut().map(|one| one.as_mut().poll(&mut context)).filter(Poll::is_pending).count()
}

struct NoMail;

impl Mail for NoMail {
    async fn send(&self, _: &Email, _: Duration) -> Result<Accepted, SendError> {
        Err(SendError { class: FailureClass::Permanent, reason: "no mail here".to_owned() })
    }
}

async fn app_on(store: SqliteStore) -> Result<App<Still<NoMail>>> {
    app(store, NoMail, brand(), &[]).await
}

/// A signed webhook on its way; it stands where the store does.
fn webhook(
    app: &Arc<App<Still<NoMail>>>,
    id: usize,
) -> Result<Pending<Result<Received, NotReceived>>> {
    let app = Arc::clone(app);
    let body = format!(r#"{{"type":"review.posted","review":{{"id":"r-{id}","rating":5}}}}"#);
    let headers = sign(&app, &body)?;
    Ok(Box::pin(async move { post(&app, &headers, body.as_bytes()).await }))
}

fn review(id: &str) -> Arrival {
    arrival(id, written(EventKind::Posted, id, 500, at(0)), at(0))
}

/// One record on its way.
fn recording(
    store: &Arc<SqliteStore>,
    id: &str,
) -> Pending<Result<Vec<vigie_ports::Recorded>, StoreError>> {
    let (store, arrival) = (Arc::clone(store), review(id));
    Box::pin(async move { store.record(vec![arrival]).await })
}

fn reviews_in(folder: &std::path::Path) -> Result<i64> {
    let file = rusqlite::Connection::open(folder.join(FILE_NAME))?;
    Ok(file.query_row("SELECT count(*) FROM review", [], |row| row.get(0))?)
}

#[tokio::test]
async fn no_webhook_is_acknowledged_before_the_commit_that_holds_it() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let gate = Arc::new(Gate::default());
    let app = Arc::new(app_on(SqliteStore::open(folder.path(), gate.options())?).await?);
    gate.shut();
    let mut webhooks = (0..20).map(|id| webhook(&app, id)).collect::<Result<Vec<_>>>()?;
    assert_eq!(pending(&mut webhooks), 20);
    gate.wait_for_writer();
    assert_eq!(pending(&mut webhooks), 20, "one was acknowledged while its commit was held");
    assert_eq!(reviews_in(folder.path())?, 0, "somebody else sees what is not committed");
    gate.open();
    for webhook in webhooks {
        assert_eq!(webhook.await?.tally.accepted, 1);
    }
    assert_eq!(reviews_in(folder.path())?, 20);
    Ok(())
}

#[tokio::test]
async fn the_writer_syncs_every_commit() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path(), Options::default())?;
    // 2 is FULL: https://www.sqlite.org/pragma.html#pragma_synchronous
    assert_eq!(store.writer_pragma("synchronous").await?, 2);
    store.record(vec![review("r-1")]).await?;
    assert_eq!(store.writer_pragma("synchronous").await?, 2, "a write has changed it");
    Ok(())
}

#[tokio::test]
async fn what_waits_for_a_commit_shares_the_next_one() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let gate = Arc::new(Gate::default());
    let store = Arc::new(SqliteStore::open(folder.path(), gate.options())?);
    gate.shut();
    let mut first = [recording(&store, "first")];
    assert_eq!(pending(&mut first), 1);
    gate.wait_for_writer();
    let mut queued: Vec<_> = (0..50).map(|n| recording(&store, &format!("r-{n}"))).collect();
    assert_eq!(pending(&mut queued), 50);
    gate.open();
    for record in first.into_iter().chain(queued) {
        assert_eq!(record.await?.len(), 1);
    }
    let groups = gate.groups();
    assert_eq!(groups.iter().sum::<usize>(), 51, "{groups:?}");
    assert_eq!(groups.first(), Some(&1));
    assert!(groups.len() <= 3, "50 records that waited took more than 2 commits: {groups:?}");
    Ok(())
}

#[tokio::test]
async fn one_record_that_fails_takes_no_other_of_its_group_with_it() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let gate = Arc::new(Gate::default());
    let store = Arc::new(SqliteStore::open(folder.path(), gate.options())?);
    store.record(vec![review("broken")]).await?;
    let file = rusqlite::Connection::open(folder.path().join(FILE_NAME))?;
    file.execute("UPDATE review SET body = 'no JSON' WHERE external_id = 'broken'", [])?;
    gate.shut();
    let mut first = [recording(&store, "first")];
    assert_eq!(pending(&mut first), 1);
    gate.wait_for_writer();
    let mut queued: Vec<_> =
        ["a", "broken", "b"].into_iter().map(|id| recording(&store, id)).collect();
    assert_eq!(pending(&mut queued), 3);
    gate.open();
    let mut answers = Vec::new();
    for record in queued {
        answers.push(record.await);
    }
    assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
    assert!(matches!(answers[1], Err(StoreError::Corrupt(_))), "{answers:?}");
    assert_eq!(reviews_in(folder.path())?, 4);
    Ok(())
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let options = Options { pages_max: Some(100), ..Options::default() };
    let store = SqliteStore::open(folder.path(), options)?;
    let mut acknowledged = Vec::new();
    let refusal = loop {
        let id = format!("r-{}", acknowledged.len());
        match store.record(vec![review(&id)]).await {
            Ok(_) => acknowledged.push(id),
            Err(refusal) => break refusal,
        }
        assert!(acknowledged.len() < 10_000, "100 pages hold ten thousand reviews?");
    };
    assert!(matches!(refusal, StoreError::Unavailable(_)), "{refusal}");
    assert!(acknowledged.len() > 10, "full after {} reviews", acknowledged.len());

    // A call is kept whole or not at all.
    let many: Vec<_> = (0..200).map(|n| review(&format!("late-{n}"))).collect();
    assert!(matches!(store.record(many).await, Err(StoreError::Unavailable(_))));
    assert_eq!(reviews_in(folder.path())?, acknowledged.len() as i64);
    for id in &acknowledged {
        assert!(store.review(&key(id)).await?.is_some(), "{id} was acknowledged and is gone");
    }

    // Room again: the same folder goes on where it was.
    drop(store);
    let store = SqliteStore::open(folder.path(), Options::default())?;
    for id in &acknowledged {
        assert!(store.review(&key(id)).await?.is_some(), "{id} did not outlive the full disk");
    }
    assert_eq!(store.record(vec![review("late-0")]).await?.len(), 1);
    Ok(())
}

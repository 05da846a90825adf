//! One thread writes and groups what waits into one commit; one thread reads.
//!
//! **Invariant:** a caller hears of its write only after the commit that holds it has returned.
//! **Invariant:** a job that fails takes no other job's write with it, and leaves none of its own.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use vigie_ports::StoreError;

use crate::checkpoint::Checkpoint;
use crate::fault::Fault;

/// Jobs that may wait for the writer. Beyond it callers wait; the server's own limit of requests
/// at once says 429 before that.
const QUEUE: usize = 2048;
/// Jobs in one commit: enough to share the cost of a sync, few enough to keep the wait short.
const GROUP_MAX: usize = 512;

/// Something to run on a connection, and its answer.
trait Job: Send {
    fn run(&mut self, connection: &Connection) -> Result<(), Fault>;
    /// Tells the caller: what the run gave, or why the commit failed.
    fn tell(self: Box<Self>, committed: Result<(), Fault>);
}

struct Call<F, T> {
    work: F,
    answer: Option<T>,
    caller: oneshot::Sender<Result<T, Fault>>,
}

impl<F, T> Job for Call<F, T>
where
    F: FnMut(&Connection) -> Result<T, Fault> + Send,
    T: Send,
{
    fn run(&mut self, connection: &Connection) -> Result<(), Fault> {
        self.answer = Some((self.work)(connection)?);
        Ok(())
    }

    fn tell(self: Box<Self>, committed: Result<(), Fault>) {
        let Self { answer, caller, .. } = *self;
        let lost = || Fault::Sql("the work gave no answer".to_owned());
        // A caller that has gone (its request was dropped) needs no answer.
        let _ = caller.send(committed.and_then(|()| answer.ok_or_else(lost)));
    }
}

/// Called with the number of jobs before each commit: tests hold it.
pub(crate) type BeforeCommit = Arc<dyn Fn(usize) + Send + Sync>;

/// A thread that runs jobs on its own connection.
pub(crate) struct Worker {
    jobs: mpsc::Sender<Box<dyn Job>>,
}

impl Worker {
    /// Starts the thread that writes.
    pub(crate) fn writer(
        connection: Connection,
        mut checkpoint: Checkpoint,
        before_commit: Option<BeforeCommit>,
    ) -> std::io::Result<Self> {
        Self::start("vigie-writer", move |mut jobs| {
            let mut group = Vec::with_capacity(GROUP_MAX);
            while jobs.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
                commit_group(&connection, &mut group, before_commit.as_ref());
                checkpoint.after_commit(&connection);
            }
            // Fold the log into the file, so that a stopped store is one file.
            let fold = "PRAGMA wal_checkpoint(TRUNCATE)";
            let _ = connection.query_row(fold, [], |_| Ok(()));
        })
    }

    /// Starts the thread that reads.
    pub(crate) fn reader(connection: Connection) -> std::io::Result<Self> {
        Self::start("vigie-reader", move |mut jobs| {
            while let Some(mut job) = jobs.blocking_recv() {
                let done = job.run(&connection);
                job.tell(done);
            }
        })
    }

    fn start(
        name: &str,
        run: impl FnOnce(mpsc::Receiver<Box<dyn Job>>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        std::thread::Builder::new().name(name.to_owned()).spawn(move || run(queue))?;
        Ok(Self { jobs })
    }

    /// Runs some work on the thread's connection and waits for its answer.
    pub(crate) async fn call<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
        T: Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let stopped = || StoreError::Unavailable("the store has stopped".to_owned());
        let job = Box::new(Call { work, answer: None, caller });
        self.jobs.send(job).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?.map_err(StoreError::from)
    }
}

fn commit_group(
    connection: &Connection,
    group: &mut Vec<Box<dyn Job>>,
    before_commit: Option<&BeforeCommit>,
) {
    let together = in_transaction(connection, before_commit, group.len(), || {
        group.iter_mut().try_for_each(|job| job.run(connection))
    });
    if together.is_ok() || group.len() == 1 {
        group.drain(..).for_each(|job| job.tell(together.clone()));
        return;
    }
    // Somebody's job failed: each for itself, so that it fails alone.
    for mut job in group.drain(..) {
        let alone = in_transaction(connection, before_commit, 1, || job.run(connection));
        job.tell(alone);
    }
}

fn in_transaction(
    connection: &Connection,
    before_commit: Option<&BeforeCommit>,
    jobs: usize,
    work: impl FnOnce() -> Result<(), Fault>,
) -> Result<(), Fault> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let done = work().and_then(|()| {
        if let Some(hold) = before_commit {
            hold(jobs);
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    });
    if done.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    done
}

/// Runs some work at once, in a transaction of its own: for the store in memory.
pub(crate) fn at_once<T>(
    connection: &Connection,
    mut work: impl FnMut(&Connection) -> Result<T, Fault>,
) -> Result<T, StoreError> {
    let mut answer = None;
    in_transaction(connection, None, 1, || {
        answer = Some(work(connection)?);
        Ok(())
    })?;
    answer.ok_or_else(|| StoreError::Unavailable("the work gave no answer".to_owned()))
}

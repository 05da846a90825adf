//! The store on SQLite: one file, one thread that writes and groups commits, one that reads.
//!
//! `synchronous=FULL` and WAL: a method that returns has its writes on the disk. Commands may run
//! beside a server on the same file; each write is one short transaction. The schema is in
//! `schema.sql`. A report reads open reviews only, never the table; a new review is one insert.

mod backup;
mod brands;
mod checkpoint;
mod connection;
mod erase;
mod expire;
mod facts;
mod fault;
mod keys;
mod moving;
mod notices;
mod restore;
mod reviews;
mod store;
mod sweep;
mod threads;
mod time;
mod troubles;
mod upgrade;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use rusqlite::Connection;
use vigie_ports::StoreError;

pub use crate::backup::{Backup, backup};
use crate::checkpoint::Checkpoint;
use crate::connection::File;
use crate::fault::Fault;
use crate::keys::Keys;
pub use crate::restore::Restored;
use crate::threads::{BeforeCommit, Worker};

pub use crate::facts::Facts;
pub use crate::sweep::Swept;

/// The file's name in the data folder.
pub const FILE_NAME: &str = "vigie.sqlite";

/// Few, so that keys are moved under a simulation's eyes too.
const GENERATION_IN_MEMORY: usize = 4;

/// How a store is opened, beyond its folder.
#[derive(Default, Clone)]
pub struct Options {
    /// Pages the file may grow to; `None`: as the disk allows. For tests of a full disk.
    pub pages_max: Option<u32>,
    /// Whether a file of an older version is refused, and not upgraded: a server of that version
    /// works on it.
    pub keep_version: bool,
    /// Called with the number of jobs before each commit. For tests that hold one.
    pub before_commit: Option<Arc<dyn Fn(usize) + Send + Sync>>,
}

enum Home {
    Threads { writer: Worker, reader: Worker, file: File },
    Memory(Mutex<Connection>),
}

/// The store. Cheap to share behind an [`Arc`].
pub struct SqliteStore {
    home: Home,
    keys: Keys,
}

impl SqliteStore {
    /// Opens the store of a data folder, which must exist.
    ///
    /// # Errors
    /// The file cannot be opened or made, or a newer version of Vigie wrote it.
    ///
    /// ```
    /// use vigie_ports::Store as _;
    /// use vigie_store_sqlite::SqliteStore;
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let folder = tempfile::tempdir().unwrap();
    /// let store = SqliteStore::open(folder.path(), Default::default()).unwrap();
    /// assert!(store.healthy().await.is_ok());
    /// # });
    /// ```
    pub fn open(folder: &Path, options: Options) -> Result<Self, StoreError> {
        let Options { pages_max, keep_version, .. } = options;
        let file = File { path: folder.join(FILE_NAME), pages_max, keep_version };
        let mut writer = connection::writer(&file)?;
        let reader = connection::reader(&file)?;
        let before: Option<BeforeCommit> = options.before_commit;
        let no_thread = |e: std::io::Error| StoreError::Unavailable(format!("no thread: {e}"));
        let checkpoint =
            Checkpoint::start(&mut writer, connection::folder(&file)?).map_err(no_thread)?;
        Ok(Self {
            keys: Keys::new(keys::GENERATION),
            home: Home::Threads {
                writer: Worker::writer(writer, checkpoint, before).map_err(no_thread)?,
                reader: Worker::reader(reader).map_err(no_thread)?,
                file,
            },
        })
    }

    /// A store in memory that does each thing at once on the caller's thread: for simulation.
    ///
    /// # Errors
    /// SQLite refuses, which it has no reason to.
    pub fn in_memory() -> Result<Self, StoreError> {
        let home = Home::Memory(Mutex::new(connection::in_memory()?));
        Ok(Self { home, keys: Keys::new(GENERATION_IN_MEMORY) })
    }

    /// Makes a store in memory as if it were new: a simulation runs many histories on one.
    ///
    /// # Errors
    /// It is a store on a file, or SQLite refuses, which it has no reason to.
    pub fn empty(&self) -> Result<(), StoreError> {
        let Home::Memory(connection) = &self.home else {
            return Err(StoreError::Unavailable("a store on a file is not emptied".to_owned()));
        };
        self.keys.forget();
        threads::at_once(&held(connection), upgrade::empty)
    }

    /// The value of a `PRAGMA` on the writer's own connection.
    ///
    /// # Errors
    /// There is no such pragma, or its value is no number.
    pub async fn writer_pragma(&self, name: &'static str) -> Result<i64, StoreError> {
        self.write_always(move |c| Ok(c.pragma_query_value(None, name, |row| row.get(0))?)).await
    }

    /// How many reviews have a change that was not decided yet.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn undecided(&self) -> Result<u64, StoreError> {
        self.read(reviews::undecided).await
    }

    /// Which copy the store was restored from, as long as it holds what that copy would send.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn restored(&self) -> Result<Option<Restored>, StoreError> {
        self.read(restore::restored).await
    }

    /// Ends the hold after a restore: what is held is sent, or cancelled if it is dropped. Gives
    /// how many notices it was.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn release(&self, dropped: bool, now: Timestamp) -> Result<u64, StoreError> {
        self.write(move |c| restore::release(c, dropped, now)).await
    }

    /// How the store is.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn facts(&self) -> Result<Facts, StoreError> {
        self.read(facts::facts).await
    }

    /// How many reviews were erased so far.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn erasures(&self) -> Result<u64, StoreError> {
        self.read(erase::count).await
    }

    /// Overwrites what erased reviews left behind in the file and empties its log, if a sweep is
    /// owed: by an erasure, or by a sweep that was cut short. Others go on meanwhile.
    ///
    /// # Errors
    /// The store does not answer; the sweep is owed still.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let Some(owed) = self.read(sweep::owed).await? else { return Ok(Swept::Nothing) };
        let mut swept = Swept::Nothing;
        if let Home::Threads { file, .. } = &self.home {
            swept = beside(file, sweep::sweep).await?;
            let mut tries = 0;
            while !beside(file, sweep::empty_log).await? {
                tries += 1;
                if tries == sweep::TRIES {
                    return Ok(Swept::LogInUse);
                }
                tokio::time::sleep(sweep::PAUSE).await;
            }
        }
        self.write_always(move |c| sweep::settle(c, owed)).await?;
        Ok(swept)
    }

    /// Writes, if this home is open.
    async fn write<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let work = move |connection: &Connection| {
            moving::refuse_unless_open(connection)?;
            work(connection)
        };
        self.write_always(work).await
    }

    /// Writes what ends something, or moves this home.
    async fn write_always<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.home {
            Home::Threads { writer, .. } => writer.call(work).await,
            Home::Memory(connection) => threads::at_once(&held(connection), work),
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &self.home {
            Home::Threads { reader, .. } => reader.call(work).await,
            Home::Memory(connection) => threads::at_once(&held(connection), work),
        }
    }
}

/// Does long work on the file on a thread and a connection of its own.
async fn beside<T: Send + 'static>(
    file: &File,
    work: impl FnOnce(&File) -> Result<T, Fault> + Send + 'static,
) -> Result<T, StoreError> {
    let file = file.clone();
    let done = tokio::task::spawn_blocking(move || work(&file)).await;
    let stopped = |_| StoreError::Unavailable("the sweep was cut short".to_owned());
    done.map_err(stopped)?.map_err(StoreError::from)
}

fn held(connection: &Mutex<Connection>) -> std::sync::MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

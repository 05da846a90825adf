//! Opening the file: its settings, and what a connection is for.

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use vigie_ports::StoreError;

use crate::fault::{Fault, unavailable};
use crate::{restore, upgrade};

/// How long a connection waits for another process's write to end, in milliseconds. Commands beside
/// a running server make short writes; a busy disk may hold one for a second or two.
const BUSY_MS: u64 = 5000;
/// Statements kept prepared: more than the adapter has.
const STATEMENTS: usize = 128;
/// Bytes of a page. A new review changes one page of the index of keys, wherever its key falls, and
/// the log takes that page whole: half of SQLite's 4096 is half the bytes to sync.
const PAGE_BYTES: i64 = 2048;
/// Page cache of the writer, in KiB. Beyond it the operating system's cache serves.
const WRITER_CACHE_KIB: i64 = 8192;

/// Where the store is and how it is opened.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    /// Pages the file may grow to; `None`: as the disk allows. For tests of a full disk.
    pub(crate) pages_max: Option<u32>,
    /// Whether a file of an older version is refused.
    pub(crate) keep_version: bool,
}

/// Opens the connection that writes, and brings the schema to this version.
pub(crate) fn writer(file: &File) -> Result<Connection, StoreError> {
    refuse_a_copy_with_a_strange_log(&file.path)?;
    let connection = Connection::open(&file.path).map_err(|e| cannot_open(&file.path, &e))?;
    let set_up = || -> Result<(), Fault> {
        settle(&connection)?;
        upgrade::identify(&connection)?;
        if file.keep_version {
            upgrade::refuse_older(&connection)?;
        }
        connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        hold_a_copy(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A commit returns when the log is on the disk: this is what makes a 200 a promise.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        // The log is folded into the file by a thread of its own (checkpoint.rs).
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        if let Some(pages) = file.pages_max {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        upgrade::upgrade(&connection, Some(&file.path))
    };
    set_up().map_err(StoreError::from)?;
    Ok(connection)
}

/// Opens a connection that folds the log into the file.
pub(crate) fn folder(file: &File) -> Result<Connection, StoreError> {
    let connection = Connection::open(&file.path).map_err(|e| cannot_open(&file.path, &e))?;
    settle(&connection).map_err(unavailable)?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(crate) fn reader(file: &File) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(&file.path, flags).map_err(|e| cannot_open(&file.path, &e))?;
    settle(&connection).map_err(unavailable)?;
    Ok(connection)
}

/// Opens a store in memory.
pub(crate) fn in_memory() -> Result<Connection, StoreError> {
    let connection = Connection::open_in_memory().map_err(unavailable)?;
    settle(&connection).map_err(unavailable)?;
    upgrade::upgrade(&connection, None).map_err(StoreError::from)?;
    Ok(connection)
}

/// Opens a connection that overwrites what was left behind (sweep.rs).
pub(crate) fn sweeper(file: &File) -> Result<Connection, Fault> {
    let connection = Connection::open(&file.path)?;
    settle(&connection)?;
    Ok(connection)
}

fn settle(connection: &Connection) -> rusqlite::Result<()> {
    // Plans do not depend on the values bound: else a statement is prepared anew with each.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // What is deleted is overwritten: docs/privacy.md promises it.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS))
}

/// A backup put in the place of a former store must not be read with that store's log: SQLite would
/// apply the log to it.
fn refuse_a_copy_with_a_strange_log(path: &Path) -> Result<(), StoreError> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = PathBuf::from(log);
    let is_there = log.metadata().is_ok_and(|log| log.len() > 0);
    if !is_there || !restore::is_fresh_copy(path) {
        return Ok(());
    }
    Err(StoreError::Unavailable(format!(
        "{} is a backup, and the log of another store lies beside it: move {} away, and start again",
        path.display(),
        log.display()
    )))
}

/// In one transaction that goes into the file itself.
fn hold_a_copy(connection: &Connection) -> Result<(), Fault> {
    if !upgrade::is_made(connection)? {
        return Ok(());
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let held = restore::hold(connection).and_then(|()| Ok(connection.execute_batch("COMMIT")?));
    if held.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    held
}

fn cannot_open(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(format!("cannot open {}: {error}", path.display()))
}

//! Opening the file: settings, schema and its versions.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, params};
use vigie_ports::StoreError;

use crate::fault::{Fault, unavailable};
use crate::reviews;

/// The schema this version writes.
const VERSION: i64 = 2;
const SCHEMA: &str = include_str!("schema.sql");
/// What version 2 added beside what version 1 had.
const OPERATOR: &str = include_str!("operator.sql");
/// How long a connection waits for another process's write to end, in milliseconds. Commands beside
/// a running server make short writes; a busy disk may hold one for a second or two.
const BUSY_MS: u64 = 5000;
/// Statements kept prepared: more than the adapter has.
const STATEMENTS: usize = 64;
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
}

/// Opens the connection that writes, and brings the schema to this version.
pub(crate) fn writer(file: &File) -> Result<Connection, StoreError> {
    let connection = Connection::open(&file.path).map_err(|e| cannot_open(&file.path, &e))?;
    let set_up = || -> Result<(), Fault> {
        settle(&connection)?;
        connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A commit returns when the log is on the disk: this is what makes a 200 a promise.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        // The log is folded into the file by a thread of its own (checkpoint.rs).
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        if let Some(pages) = file.pages_max {
            connection.pragma_update(None, "max_page_count", pages)?;
        }
        migrate(&connection)
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
    migrate(&connection).map_err(StoreError::from)?;
    Ok(connection)
}

fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS))
}

fn migrate(connection: &Connection) -> Result<(), Fault> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match found {
        VERSION => Ok(()),
        0 => change_schema(connection, |connection| {
            connection.execute_batch(SCHEMA)?;
            Ok(connection.execute_batch(OPERATOR)?)
        }),
        1 => change_schema(connection, hash_keys),
        newer => Err(Fault::Corrupt(format!(
            "the file has schema {newer}, this version of Vigie writes {VERSION}: \
             use the version that wrote it, or a newer one"
        ))),
    }
}

/// Changes the schema and its version, both or neither.
fn change_schema(
    connection: &Connection,
    change: impl FnOnce(&Connection) -> Result<(), Fault>,
) -> Result<(), Fault> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let changed = change(connection).and_then(|()| {
        connection.pragma_update(None, "user_version", VERSION)?;
        Ok(connection.execute_batch("COMMIT")?)
    });
    if changed.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    changed
}

/// From version 1: reviews were looked up by the texts of their keys.
fn hash_keys(connection: &Connection) -> Result<(), Fault> {
    connection.execute_batch(
        "DROP INDEX review_key;
         DROP INDEX notice_due;
         CREATE INDEX notice_due ON notice (due_at) WHERE state IN ('pending', 'held', 'sending');
         CREATE INDEX notice_token ON notice (token) WHERE token IS NOT NULL;
         ALTER TABLE review ADD COLUMN key_hash INTEGER NOT NULL DEFAULT 0;",
    )?;
    connection.execute_batch(OPERATOR)?;
    let mut update = connection.prepare("UPDATE review SET key_hash = ?2 WHERE number = ?1")?;
    let mut keys = connection.prepare("SELECT number, source, external_id FROM review")?;
    let mut rows = keys.query([])?;
    while let Some(row) = rows.next()? {
        let key = reviews::key(&row.get::<_, String>(1)?, &row.get::<_, String>(2)?)?;
        update.execute(params![row.get::<_, i64>(0)?, reviews::key_hash(&key)])?;
    }
    Ok(connection.execute_batch("CREATE INDEX review_key ON review (key_hash);")?)
}

fn cannot_open(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(format!("cannot open {}: {error}", path.display()))
}

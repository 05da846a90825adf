//! The schema and its versions: a file is made, upgraded after a copy, or refused.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use crate::fault::Fault;
use crate::{backup, keys, reviews, sweep};

type Result<T> = std::result::Result<T, Fault>;

const SCHEMA: &str = include_str!("schema.sql");
/// What version 2 added beside what version 1 had.
const OPERATOR: &str = include_str!("operator.sql");
/// What version 3 has instead of the index of keys.
const KEYS: &str = include_str!("keys.sql");
/// What version 4 added: who said something first.
const WORDS: &str = include_str!("words.sql");
/// What brings a file of version 1, 2, … to the next one.
const UPGRADES: [fn(&Connection) -> Result<()>; 3] = [hash_keys, young_keys, words];
/// The schema this version writes.
const VERSION: i64 = 1 + UPGRADES.len() as i64;
/// A table that every version has had.
const OURS: &str = "SELECT count(*) FROM sqlite_schema WHERE name IN ('meta', 'review', 'notice')";

/// Refuses what is no store of ours, before anything is written to it.
pub(crate) fn identify(connection: &Connection) -> Result<()> {
    let version = version(connection).map_err(|fault| match fault {
        Refused::NotADatabase => Fault::Corrupt(
            "the file is no SQLite database: give Vigie a data folder of its own, or put a backup \
             in its place"
                .to_owned(),
        ),
        Refused::Other(fault) => fault,
    })?;
    let ours: i64 = connection.query_row(OURS, [], |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let made_by_us = if version == 0 { tables == 0 } else { ours == 3 };
    if !made_by_us {
        return Err(Fault::Corrupt(
            "the file is another program's database: give Vigie a data folder of its own"
                .to_owned(),
        ));
    }
    if version > VERSION {
        let sql = "SELECT value FROM meta WHERE key = 'written_by'";
        let by: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
        let by = by.map_or_else(|| "a newer Vigie".to_owned(), |by| format!("Vigie {by}"));
        return Err(Fault::Corrupt(format!(
            "the file has schema {version}, written by {by}; this version of Vigie writes schema \
             {VERSION}. Use {by}, or a later one; nothing was changed"
        )));
    }
    Ok(())
}

/// Refuses a file that an older version works on.
pub(crate) fn refuse_older(connection: &Connection) -> Result<()> {
    let found = version(connection).map_err(Fault::from)?;
    if (1..VERSION).contains(&found) {
        return Err(Fault::Corrupt(format!(
            "the file has schema {found}, a server of an older Vigie works on it, and this version \
             would change it to {VERSION} under that server's feet. Use the version that serves, \
             or stop it and start this one; nothing was changed"
        )));
    }
    Ok(())
}

/// Whether the file has its tables.
pub(crate) fn is_made(connection: &Connection) -> Result<bool> {
    Ok(version(connection).map_err(Fault::from)? > 0)
}

/// Brings a file to this version's schema. One of an older version is copied beside itself first.
pub(crate) fn upgrade(connection: &Connection, path: Option<&Path>) -> Result<()> {
    let found = version(connection).map_err(Fault::from)?;
    if found == VERSION {
        return Ok(());
    }
    if found > 0
        && let Some(path) = path
    {
        copy_first(connection, path, found)?;
    }
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let changed = step_up(connection).and_then(|()| Ok(connection.execute_batch("COMMIT")?));
    if changed.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    changed
}

/// Where an upgrade leaves the file as it was.
fn kept_as(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".before-v{VERSION}"));
    name.into()
}

fn copy_first(connection: &Connection, path: &Path, found: i64) -> Result<()> {
    let kept = kept_as(path);
    let called = format!("the copy made before the upgrade from schema {found} to {VERSION}");
    backup::copy(connection, &kept, &called).map(drop).map_err(|fault| {
        Fault::Sql(format!(
            "the store must be upgraded from schema {found} to {VERSION}, and cannot be copied to \
             {} first: {fault}. Nothing was changed: make room for a second file of its size, and \
             start again",
            kept.display()
        ))
    })?;
    tracing::info!(from = found, to = VERSION, copy = %kept.display(), "upgrading the store");
    Ok(())
}

/// Takes every row away but the schema's own.
pub(crate) fn empty(connection: &Connection) -> Result<()> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'meta'";
    let mut statement = connection.prepare_cached(sql)?;
    let tables = statement.query_map([], |row| row.get::<_, String>(0))?;
    for table in tables.collect::<rusqlite::Result<Vec<_>>>()? {
        connection.prepare_cached(&format!("DELETE FROM {table}"))?.execute([])?;
    }
    connection.prepare_cached("DELETE FROM meta WHERE key <> 'written_by'")?.execute([])?;
    Ok(())
}

/// Within a transaction: another process may have done it meanwhile.
fn step_up(connection: &Connection) -> Result<()> {
    let found = version(connection).map_err(Fault::from)?;
    if found == 0 {
        connection.execute_batch(SCHEMA)?;
        connection.execute_batch(OPERATOR)?;
        connection.execute_batch(KEYS)?;
        connection.execute_batch(WORDS)?;
        sweep::mark_as_clean(connection)?;
    } else {
        let known = usize::try_from(found - 1).unwrap_or_default();
        UPGRADES.iter().skip(known).try_for_each(|upgrade| upgrade(connection))?;
    }
    let sql = "INSERT INTO meta (key, value) VALUES ('written_by', ?1) \
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    connection.execute(sql, [env!("CARGO_PKG_VERSION")])?;
    Ok(connection.pragma_update(None, "user_version", VERSION)?)
}

enum Refused {
    NotADatabase,
    Other(Fault),
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotADatabase => Self::Corrupt("the file is no SQLite database".to_owned()),
            Refused::Other(fault) => fault,
        }
    }
}

fn version(connection: &Connection) -> std::result::Result<i64, Refused> {
    let found = connection.pragma_query_value(None, "user_version", |row| row.get(0));
    found.map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Refused::NotADatabase,
        _ => Refused::Other(error.into()),
    })
}

/// From version 1: reviews were looked up by the texts of their keys.
fn hash_keys(connection: &Connection) -> Result<()> {
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
        update.execute(params![row.get::<_, i64>(0)?, keys::hash(&key)])?;
    }
    Ok(connection.execute_batch("CREATE INDEX review_key ON review (key_hash);")?)
}

/// From version 2: one index held every key.
fn young_keys(connection: &Connection) -> Result<()> {
    connection.execute_batch(KEYS)?;
    Ok(connection.execute_batch(
        "INSERT INTO key_old SELECT key_hash, number FROM review ORDER BY key_hash, number;
         DROP INDEX review_key;
         ALTER TABLE review DROP COLUMN key_hash;",
    )?)
}

/// To version 4: reviews that come twice are found by their words.
fn words(connection: &Connection) -> Result<()> {
    Ok(connection.execute_batch(WORDS)?)
}

//! A restored copy sends nothing of its past until somebody says so.
//!
//! What was pending when the copy was made may have been sent since, by the store that it is a copy
//! of, which may even still run. So opening a copy holds its notices, and until they are released
//! every notice that is made is held too, unless it is about a review that came after the restore.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use vigie_domain::ReviewKey;
use vigie_domain::notice::NewNotice;

use crate::fault::Fault;
use crate::keys;
use crate::time::micros;

type Result<T> = std::result::Result<T, Fault>;

/// When a notice is due that a person must release: the first day of the year 9999.
const RELEASED_BY_A_PERSON: i64 = 253_370_764_800_000_000;

/// A store that was restored from a copy and not released yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Which copy, in words.
    pub from: String,
    /// Notices that it holds.
    pub held: u64,
}

/// Marks a file as a copy.
pub(crate) fn mark(copy: &Connection, called: &str) -> Result<()> {
    let sql = "INSERT INTO meta (key, value) VALUES ('copy', ?1) \
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    copy.execute(sql, [called])?;
    Ok(())
}

/// Holds what a copy would send, if the file is one that was never opened. Within a transaction.
///
/// It must run before the file has a write-ahead log: the mark is then either in the file, with
/// nothing after it, or gone.
pub(crate) fn hold(connection: &Connection) -> Result<()> {
    let Some(from) = value::<String>(connection, "copy")? else { return Ok(()) };
    let reason = format!("held: restored from {from}; vigie redrive sends it");
    let sql = "UPDATE notice SET state = 'held', due_at = ?1, token = NULL, reason = ?2 \
               WHERE state IN ('pending', 'sending', 'held')";
    connection.execute(sql, params![RELEASED_BY_A_PERSON, reason])?;
    let sql = "INSERT INTO meta (key, value) VALUES ('restored', ?1), \
               ('restored_until', (SELECT coalesce(max(number), 0) FROM review)) \
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    connection.execute(sql, [from])?;
    connection.execute("DELETE FROM meta WHERE key = 'copy'", [])?;
    Ok(())
}

/// Whether a file by itself, without the log beside it, is a copy that was never opened. A file
/// that cannot be read this way is none: opening it says why.
pub(crate) fn is_fresh_copy(path: &Path) -> bool {
    let Some(path) = path.to_str() else { return false };
    let escaped = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let opened = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags);
    let copy = opened.map_err(Fault::from).and_then(|file| value::<String>(&file, "copy"));
    matches!(copy, Ok(Some(_)))
}

/// Why a notice that is made now is held, and until when.
pub(crate) fn holds(connection: &Connection, new: &NewNotice) -> Result<Option<(i64, String)>> {
    let Some(from) = value::<String>(connection, "restored")? else { return Ok(None) };
    let until: i64 = value(connection, "restored_until")?.unwrap_or(i64::MAX);
    let came_after = |key: &ReviewKey| -> Result<bool> {
        Ok(keys::load(connection, key)?.is_some_and(|found| found.number.0 as i64 > until))
    };
    if let Some(key) = new.subject.review()
        && came_after(key)?
    {
        return Ok(None);
    }
    let reason = format!("held: restored from {from}, which knew this; vigie redrive sends it");
    Ok(Some((RELEASED_BY_A_PERSON, reason)))
}

/// What is held, if anything is.
pub(crate) fn restored(connection: &Connection) -> Result<Option<Restored>> {
    let Some(from) = value(connection, "restored")? else { return Ok(None) };
    let sql = "SELECT count(*) FROM notice WHERE state = 'held' AND due_at = ?1";
    let held: i64 = connection.query_row(sql, [RELEASED_BY_A_PERSON], |row| row.get(0))?;
    Ok(Some(Restored { from, held: held.unsigned_abs() }))
}

/// Ends the hold: what is held is sent, or cancelled with a reason. Gives how many notices it was.
pub(crate) fn release(connection: &Connection, dropped: bool, now: Timestamp) -> Result<u64> {
    let (state, reason) = if dropped {
        ("cancelled", "dropped by the operator after a restore")
    } else {
        ("pending", "released by the operator after a restore")
    };
    let sql = "UPDATE notice SET state = ?2, reason = ?3, due_at = ?4, made_at = ?4 \
               WHERE state = 'held' AND due_at = ?1";
    let values = params![RELEASED_BY_A_PERSON, state, reason, micros(now)];
    let released = connection.execute(sql, values)?;
    connection.execute("DELETE FROM meta WHERE key IN ('restored', 'restored_until')", [])?;
    Ok(released as u64)
}

/// Whether a notice waits for a person, as a condition in SQL.
pub(crate) fn waits_for_a_person() -> String {
    format!("(state = 'held' AND due_at = {RELEASED_BY_A_PERSON})")
}

fn value<T: rusqlite::types::FromSql>(connection: &Connection, key: &str) -> Result<Option<T>> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([key], |row| row.get(0)).optional()?)
}

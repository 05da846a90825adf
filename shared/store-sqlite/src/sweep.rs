//! Overwriting what erased texts left behind in the file, and emptying its log.
//!
//! With `secure_delete` SQLite overwrites what it deletes, save for one thing: where it moves rows
//! between pages, the gap of a page keeps what stood there. So a sweep looks at each page's gap,
//! the bytes between its list of cells and the first cell, and overwrites those that are not zero:
//! in short transactions, through SQLite's own pager (`sqlite_dbpage`), so that others may read and
//! write meanwhile. No row and no index is in a gap.
//!
//! A file that was not written with `secure_delete` from its beginning is rewritten whole instead,
//! once; so is one whose pages cannot be told by their first byte.

use std::ops::Range;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::connection::{self, File};
use crate::fault::Fault;

type Result<T> = std::result::Result<T, Fault>;

/// Pages looked at in one read, 4 MiB, and so overwritten at most in one transaction.
const PAGES_AT_ONCE: i64 = 2000;
/// Passes over the file. Another process that moves rows while a pass goes on may move a gap to a
/// page that the pass has been at: the next pass meets it there.
const PASSES_MAX: u32 = 3;
/// From this page number on, the first byte of a page that chains to another may look like that of
/// a page with cells: 64 GiB.
const PAGES_MAX: i64 = 0x0200_0000;
/// How often emptying the log is tried while somebody reads from it, and the pause between.
pub(crate) const TRIES: u32 = 50;
pub(crate) const PAUSE: Duration = Duration::from_millis(50);

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swept {
    /// None was owed.
    Nothing,
    /// The gaps of so many pages were overwritten, and the log is empty.
    Gaps(u64),
    /// The whole file was written anew, and the log is empty.
    Whole,
    /// Somebody reads from the log all the time: it still holds what was erased.
    LogInUse,
}

/// Says that a sweep is owed, in the transaction that erases.
pub(crate) fn owe(connection: &Connection) -> Result<()> {
    let sql = "INSERT INTO meta (key, value) VALUES ('sweep_owed', 1) \
               ON CONFLICT (key) DO UPDATE SET value = value + 1";
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// The count of erasures that are not swept yet.
pub(crate) fn owed(connection: &Connection) -> Result<Option<i64>> {
    let sql = "SELECT value FROM meta WHERE key = 'sweep_owed'";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?)
}

/// Says that it was done, unless another erasure came meanwhile.
pub(crate) fn settle(connection: &Connection, owed: i64) -> Result<()> {
    let sql = "DELETE FROM meta WHERE key = 'sweep_owed' AND value = ?1";
    connection.execute(sql, [owed])?;
    Ok(())
}

/// Says of a new or wholly rewritten file that what is deleted from it was always overwritten.
pub(crate) fn mark_as_clean(connection: &Connection) -> Result<()> {
    let sql = "INSERT INTO meta (key, value) VALUES ('overwritten', 1) ON CONFLICT DO NOTHING";
    connection.execute(sql, [])?;
    Ok(())
}

/// Overwrites what is left in the file; its log is emptied apart.
pub(crate) fn sweep(file: &File) -> Result<Swept> {
    let connection = connection::sweeper(file)?;
    if gaps_are_enough(&connection)? {
        return Ok(Swept::Gaps(overwrite_gaps(&connection)?));
    }
    connection.execute_batch("VACUUM")?;
    mark_as_clean(&connection)?;
    Ok(Swept::Whole)
}

fn gaps_are_enough(connection: &Connection) -> Result<bool> {
    let sql = "SELECT (SELECT count(*) FROM meta WHERE key = 'overwritten') \
               AND (SELECT count(*) FROM pragma_module_list WHERE name = 'sqlite_dbpage') \
               AND (SELECT auto_vacuum FROM pragma_auto_vacuum) = 0 \
               AND (SELECT page_count FROM pragma_page_count) < ?1";
    Ok(connection.query_row(sql, [PAGES_MAX], |row| row.get(0))?)
}

/// Passes over the file until one finds nothing, or nobody else wrote during it.
fn overwrite_gaps(connection: &Connection) -> Result<u64> {
    let mut overwritten = 0;
    for _ in 0..PASSES_MAX {
        let before = others_wrote(connection)?;
        let found = pass(connection)?;
        overwritten += found;
        if found == 0 || others_wrote(connection)? == before {
            break;
        }
    }
    Ok(overwritten)
}

/// A number that another connection's write changes.
fn others_wrote(connection: &Connection) -> Result<i64> {
    Ok(connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
}

fn pass(connection: &Connection) -> Result<u64> {
    let mut overwritten = 0;
    let mut from = 1;
    loop {
        let last: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        if from > last {
            return Ok(overwritten);
        }
        let to = last.min(from + PAGES_AT_ONCE - 1);
        let found = pages_with_something(connection, from..to + 1)?;
        if !found.is_empty() {
            overwritten += overwrite(connection, &found)?;
        }
        from = to + 1;
    }
}

fn pages_with_something(connection: &Connection, pages: Range<i64>) -> Result<Vec<i64>> {
    // One transaction: a read of each page by itself would look for the log's end each time.
    connection.execute_batch("BEGIN")?;
    let found = pages
        .filter_map(|number| match page(connection, number) {
            Ok(bytes) => holds_something(&bytes, number).then_some(Ok(number)),
            Err(fault) => Some(Err(fault)),
        })
        .collect();
    connection.execute_batch("COMMIT")?;
    found
}

/// Looks again at each page, now that nobody else writes, and overwrites its gap.
fn overwrite(connection: &Connection, pages: &[i64]) -> Result<u64> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let done = overwrite_within(connection, pages)
        .and_then(|count| connection.execute_batch("COMMIT").map(|()| count).map_err(Fault::from));
    if done.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    done
}

fn overwrite_within(connection: &Connection, pages: &[i64]) -> Result<u64> {
    let sql = "UPDATE sqlite_dbpage SET data = ?2 WHERE pgno = ?1";
    let mut overwritten = 0;
    for number in pages {
        let mut bytes = page(connection, *number)?;
        if !holds_something(&bytes, *number) {
            continue;
        }
        if let Some(gap) = gap(&bytes, *number).and_then(|gap| bytes.get_mut(gap)) {
            gap.fill(0);
        }
        connection.prepare_cached(sql)?.execute(params![number, bytes])?;
        overwritten += 1;
    }
    Ok(overwritten)
}

fn page(connection: &Connection, number: i64) -> Result<Vec<u8>> {
    let sql = "SELECT data FROM sqlite_dbpage WHERE pgno = ?1";
    Ok(connection.prepare_cached(sql)?.query_row([number], |row| row.get(0))?)
}

fn holds_something(bytes: &[u8], number: i64) -> bool {
    let gap = gap(bytes, number).and_then(|gap| bytes.get(gap));
    gap.is_some_and(|gap| gap.iter().any(|byte| *byte != 0))
}

/// The gap of a page with cells (sqlite.org/fileformat2.html, 1.6): from the end of the list of
/// cells to the first cell. Other pages have none.
fn gap(bytes: &[u8], number: i64) -> Option<Range<usize>> {
    // The first page begins with the header of the file.
    let header = if number == 1 { 100 } else { 0 };
    let two =
        |at: usize| Some(usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let size = match bytes.get(header)? {
        // Inner pages have a pointer more than leaves.
        2 | 5 => 12,
        10 | 13 => 8,
        _ => return None,
    };
    let cells = header + size + 2 * two(header + 3)?;
    let first = match two(header + 5)? {
        0 => 65_536,
        first => first,
    };
    (cells <= first && first <= bytes.len()).then_some(cells..first)
}

/// Folds the log into the file and empties it, if nobody reads from it just now.
pub(crate) fn empty_log(file: &File) -> Result<bool> {
    let connection = connection::sweeper(file)?;
    let fold = |how: &str| -> Result<bool> {
        let sql = format!("PRAGMA wal_checkpoint({how})");
        Ok(connection.query_row(&sql, [], |row| row.get::<_, i64>(0))? == 0)
    };
    // The bulk first: emptying holds writers up, and has only the rest to do then.
    fold("PASSIVE")?;
    connection.busy_timeout(PAUSE)?;
    fold("TRUNCATE")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A leaf of a table with one cell at the end.
    fn leaf(header: usize) -> Vec<u8> {
        let mut bytes = vec![0; 512];
        bytes[header] = 13;
        bytes[header + 4] = 1;
        bytes[header + 5..header + 7].copy_from_slice(&500_u16.to_be_bytes());
        bytes
    }

    #[test]
    fn a_gap_is_between_the_list_of_cells_and_the_first_cell() {
        assert_eq!(gap(&leaf(0), 2), Some(10..500));
        assert_eq!(gap(&leaf(100), 1), Some(110..500), "the first page has the file's header");
        let mut inner = leaf(0);
        inner[0] = 5;
        assert_eq!(gap(&inner, 2), Some(14..500));
    }

    #[test]
    fn a_page_without_cells_or_with_odd_numbers_has_none() {
        assert_eq!(gap(&vec![0; 512], 2), None, "one that chains to another, or is free");
        let mut odd = leaf(0);
        odd[3] = 255;
        assert_eq!(gap(&odd, 2), None);
        odd = leaf(0);
        odd[5] = 255;
        assert_eq!(gap(&odd, 2), None);
        assert_eq!(gap(&[13], 2), None);
    }
}

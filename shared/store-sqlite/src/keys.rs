//! The index of keys: which row a review has.
//!
//! Ids of reviews come in no order. In one index over all of them each new review would change a
//! page of its own, and at a million reviews the log takes as many bytes for those pages as for the
//! reviews. So there are two tables. A new key is appended to `key_young`, and the writer knows
//! those by heart; once they make a generation, they are moved to `key_old` in the order of their
//! hashes, a few with each new review, so that neighbours share a page.
//!
//! **Invariant:** each review's key is in `key_young` or in `key_old`. A key is deleted from the
//! first only where the second has it, so a crash, a rollback or a second process at most makes a
//! move be repeated.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Rows, params};
use vigie_domain::{Digest, ReviewKey, ReviewNumber};
use vigie_ports::StoredReview;

use crate::fault::Fault;
use crate::{erase, reviews};

type Result<T> = std::result::Result<T, Fault>;

/// Young keys that begin to be moved. At a million reviews the old keys fill some 8,000 pages: four
/// of a generation then share one.
pub(crate) const GENERATION: usize = 32_768;
/// Keys moved with each new review: a generation is moved before the next has grown.
const MOVED_EACH: usize = 2;
/// Moved keys deleted from the young with each new review.
const CLEARED_EACH: i64 = 32;

/// What a key is looked up by: 47 bits of its digest, which SQLite keeps in six bytes with their
/// sign. Keys that share them are told apart by their texts.
pub(crate) fn hash(key: &ReviewKey) -> i64 {
    let parts = [Some(key.source.as_str()), Some(key.external_id.as_str())];
    (Digest::of_fields(parts).prefix() >> 17) as i64
}

/// A review by its key, by walking through the young keys: where nobody knows them by heart. Looks
/// under the key, and then under its tombstone.
pub(crate) fn load(connection: &Connection, key: &ReviewKey) -> Result<Option<StoredReview>> {
    if let Some(found) = walk(connection, key)? {
        return Ok(Some(found));
    }
    let Some(former) = erase::tombstone(connection, key)? else { return Ok(None) };
    walk(connection, &former)
}

fn walk(connection: &Connection, key: &ReviewKey) -> Result<Option<StoredReview>> {
    let hash = hash(key);
    let old = load_from(connection, OLD, hash, key)?;
    old.map_or_else(|| load_from(connection, YOUNG, hash, key), |found| Ok(Some(found)))
}

/// Gives a review's row the key that its body has now.
pub(crate) fn rekey(
    connection: &Connection,
    number: ReviewNumber,
    former: &ReviewKey,
    new: &ReviewKey,
) -> Result<()> {
    let number = number.0 as i64;
    let sql = "UPDATE review SET source = ?2, external_id = ?3 WHERE number = ?1";
    let values = params![number, new.source.as_str(), new.external_id.as_str()];
    connection.prepare_cached(sql)?.execute(values)?;
    forget_one(connection, ReviewNumber(number as u64), former)?;
    add_old(connection, ReviewNumber(number as u64), new)
}

/// Gives a row a key among the old ones.
pub(crate) fn add_old(
    connection: &Connection,
    number: ReviewNumber,
    key: &ReviewKey,
) -> Result<()> {
    let sql = "INSERT INTO key_old (hash, number) VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute([hash(key), number.0 as i64])?;
    Ok(())
}

/// Takes a row's key away.
pub(crate) fn forget_one(
    connection: &Connection,
    number: ReviewNumber,
    key: &ReviewKey,
) -> Result<()> {
    let number = number.0 as i64;
    let sql = "DELETE FROM key_young WHERE number = ?1";
    connection.prepare_cached(sql)?.execute([number])?;
    let sql = "DELETE FROM key_old WHERE hash = ?1 AND number = ?2";
    connection.prepare_cached(sql)?.execute([hash(key), number])?;
    Ok(())
}

// CROSS JOIN: the planner keeps the order.
const OLD: &str = "SELECT r.number, r.writes, r.body \
                   FROM key_old k CROSS JOIN review r ON r.number = k.number \
                   WHERE k.hash = ?1 AND r.source = ?2 AND r.external_id = ?3";
const YOUNG: &str = "SELECT r.number, r.writes, r.body \
                     FROM key_young k CROSS JOIN review r ON r.number = k.number \
                     WHERE k.hash = ?1 AND r.source = ?2 AND r.external_id = ?3";

fn load_from(
    connection: &Connection,
    sql: &str,
    hash: i64,
    key: &ReviewKey,
) -> Result<Option<StoredReview>> {
    let mut statement = connection.prepare_cached(sql)?;
    let values = params![hash, key.source.as_str(), key.external_id.as_str()];
    statement.query_row(values, reviews::stored).optional()?.map(reviews::read).transpose()
}

/// The young keys, as the connection that writes knows them, shared with the work that runs there.
#[derive(Clone)]
pub(crate) struct Keys(Arc<Mutex<Young>>);

impl Keys {
    /// Knows nothing yet: the first look reads what is there.
    pub(crate) fn new(generation: usize) -> Self {
        let (rows, in_order) = (HashMap::default(), Vec::new());
        let young = Young { generation, rows, last: None, moving: None, in_order };
        Self(Arc::new(Mutex::new(young)))
    }

    /// A review by its key, on the connection that writes.
    pub(crate) fn load(
        &self,
        connection: &Connection,
        key: &ReviewKey,
    ) -> Result<Option<StoredReview>> {
        self.find(connection, hash(key), key)
    }

    /// A review by its key and the key's hash, on the connection that writes.
    pub(crate) fn find(
        &self,
        connection: &Connection,
        hash: i64,
        key: &ReviewKey,
    ) -> Result<Option<StoredReview>> {
        let row = self.young().row(connection, hash)?;
        if let Some(found) = in_row(connection, row, key)? {
            return Ok(Some(found));
        }
        if let Some(found) = load_from(connection, OLD, hash, key)? {
            return Ok(Some(found));
        }
        // The key of an erased review is an old one.
        let Some(former) = erase::tombstone(connection, key)? else { return Ok(None) };
        load_from(connection, OLD, self::hash(&former), &former)
    }

    /// A review by its key, on a connection that may see less than the writer, or more: what the
    /// writer knows is a hint.
    pub(crate) fn look(
        &self,
        connection: &Connection,
        key: &ReviewKey,
    ) -> Result<Option<StoredReview>> {
        let row = self.young().rows.get(&hash(key)).copied();
        let found = in_row(connection, row, key)?;
        found.map_or_else(|| load(connection, key), |found| Ok(Some(found)))
    }

    /// Notes the key of a new row, in the transaction that inserts it and has not found it.
    pub(crate) fn add(&self, connection: &Connection, hash: i64, number: i64) -> Result<()> {
        self.young().add(connection, hash, number)
    }

    /// Knows nothing again.
    pub(crate) fn forget(&self) {
        self.young().forget();
    }

    fn young(&self) -> MutexGuard<'_, Young> {
        // What a panic left behind is seen not to be so, and read anew.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The review in a row, if it is the one of a key.
fn in_row(
    connection: &Connection,
    row: Option<i64>,
    key: &ReviewKey,
) -> Result<Option<StoredReview>> {
    let Some(row) = row else { return Ok(None) };
    Ok(reviews::by_row(connection, row)?.filter(|found| found.review.key == *key))
}

/// Row numbers by hash of the key, which is a digest already.
type ByHash = HashMap<i64, i64, BuildHasherDefault<Digested>>;

/// Takes a part of a digest for its hash.
#[derive(Default)]
struct Digested(u64);

impl Hasher for Digested {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_i64(&mut self, part: i64) {
        // The table looks at the highest bits too, of which a key's 47 leave none.
        self.0 = part.unsigned_abs() | part.unsigned_abs() << 17;
    }
}

/// The young keys, known by heart.
struct Young {
    generation: usize,
    /// Of two keys that share a hash, the second goes to the old at once.
    rows: ByHash,
    /// The last row of `key_young` that is known, and its hash.
    last: Option<(i64, i64)>,
    moving: Option<Moving>,
    /// Hashes and rows of the generation that moves, in order.
    in_order: Vec<(i64, i64)>,
}

/// A generation on its way: the young keys of the rows until one.
struct Moving {
    until: i64,
    /// How many of those in order were moved.
    moved: usize,
    cleared: i64,
}

impl Young {
    /// The row that a young key may have.
    fn row(&mut self, connection: &Connection, hash: i64) -> Result<Option<i64>> {
        self.catch_up(connection)?;
        Ok(self.rows.get(&hash).copied())
    }

    fn add(&mut self, connection: &Connection, hash: i64, number: i64) -> Result<()> {
        if self.rows.contains_key(&hash) {
            let sql = "INSERT INTO key_old (hash, number) VALUES (?1, ?2)";
            connection.prepare_cached(sql)?.execute([hash, number])?;
        } else {
            let sql = "INSERT INTO key_young (number, hash) VALUES (?1, ?2)";
            connection.prepare_cached(sql)?.execute([number, hash])?;
            // Room for all that will be, once: a table that grows leaves its former places behind.
            self.rows.reserve((self.generation * 3 / 2).saturating_sub(self.rows.len()));
            self.rows.insert(hash, number);
            self.last = Some((number, hash));
        }
        self.move_some(connection)
    }

    /// Reads what another process added; and all anew, if the last row is not as it was: it was
    /// rolled back, or another process has moved it.
    fn catch_up(&mut self, connection: &Connection) -> Result<()> {
        let sql = "SELECT number, hash FROM key_young WHERE number >= ?1 ORDER BY number";
        let mut statement = connection.prepare_cached(sql)?;
        if let Some(last) = self.last {
            let mut rows = statement.query([last.0])?;
            let found = rows.next()?.map(|row| Ok::<_, Fault>((row.get(0)?, row.get(1)?)));
            if found.transpose()? == Some(last) {
                return self.read(rows);
            }
            self.forget();
        }
        self.read(statement.query([i64::MIN])?)
    }

    fn read(&mut self, mut rows: Rows<'_>) -> Result<()> {
        while let Some(row) = rows.next()? {
            let (number, hash) = (row.get(0)?, row.get(1)?);
            self.rows.insert(hash, number);
            self.last = Some((number, hash));
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.rows.clear();
        self.last = None;
        self.moving = None;
    }

    fn move_some(&mut self, connection: &Connection) -> Result<()> {
        if self.moving.is_none() && self.rows.len() >= self.generation {
            self.begin();
        }
        let Some(moving) = &mut self.moving else { return Ok(()) };
        let some = self.in_order.iter().skip(moving.moved).take(MOVED_EACH);
        if some.len() > 0 {
            moving.moved += some.len();
            return move_keys(connection, some);
        }
        let from = moving.cleared;
        moving.cleared = moving.until.min(from + CLEARED_EACH);
        clear(connection, from, moving.cleared)?;
        if moving.cleared >= moving.until {
            // What is left is read anew, a third of a generation or so.
            self.forget();
        }
        Ok(())
    }

    fn begin(&mut self) {
        let Some((until, _)) = self.last else { return };
        self.in_order.clear();
        self.in_order.extend(self.rows.iter().map(|(hash, number)| (*hash, *number)));
        self.in_order.sort_unstable();
        let first = self.in_order.iter().map(|(_, number)| *number).min().unwrap_or(until);
        self.moving = Some(Moving { until, moved: 0, cleared: first - 1 });
    }
}

fn move_keys<'a>(
    connection: &Connection,
    keys: impl Iterator<Item = &'a (i64, i64)>,
) -> Result<()> {
    // What another process has erased or moved is no longer there.
    let sql = "INSERT OR IGNORE INTO key_old (hash, number) \
               SELECT hash, number FROM key_young WHERE number = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    for (_, number) in keys {
        statement.execute([number])?;
    }
    Ok(())
}

/// Deletes the young keys of some rows that were moved.
fn clear(connection: &Connection, after: i64, until: i64) -> Result<()> {
    let sql = "DELETE FROM key_young WHERE number > ?1 AND number <= ?2 AND EXISTS \
               (SELECT 1 FROM key_old AS old \
                WHERE old.hash = key_young.hash AND old.number = key_young.number)";
    connection.prepare_cached(sql)?.execute([after, until])?;
    Ok(())
}

#[cfg(test)]
mod tests;

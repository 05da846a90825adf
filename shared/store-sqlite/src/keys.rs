//! The index of keys: which row a review has.
//!
//! Ids of reviews come in no order. In one index over all of them each new review would change a
//! page of its own, and at a million reviews the log takes as many bytes for those pages as for the
//! reviews. So there are two tables. A new key is appended to `key_young`, and each connection
//! knows those by heart; once they make a generation, they are moved to `key_old` in the order of their
//! hashes, a few with each new review, so that neighbours share a page.
//!
//! **Invariant:** each review's key is in `key_young` or in `key_old`. Moving is idempotent: a key
//! is deleted from the first once a committed or the same transaction has put it into the second,
//! so a crash, a rollback or a second process costs a repetition only.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, params};
use vigie_domain::{Digest, ReviewKey};
use vigie_ports::StoredReview;

use crate::fault::Fault;
use crate::reviews;

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

/// A review by its key, by walking through the young keys: where nobody knows them by heart.
pub(crate) fn load(connection: &Connection, key: &ReviewKey) -> Result<Option<StoredReview>> {
    let hash = hash(key);
    let old = load_from(connection, OLD, hash, key)?;
    old.map_or_else(|| load_from(connection, YOUNG, hash, key), |found| Ok(Some(found)))
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

/// What one connection knows of the keys, shared with the work that runs on it.
#[derive(Clone)]
pub(crate) struct Keys(Arc<Mutex<Young>>);

impl Keys {
    /// For the connection that writes.
    pub(crate) fn writer(writer: &mut Connection, generation: usize) -> Result<Self> {
        let young = Young::new(generation);
        let rolled_back = young.rolled_back.clone();
        writer.rollback_hook(Some(move || rolled_back.store(true, Ordering::Release)))?;
        Ok(Self(Arc::new(Mutex::new(young))))
    }

    /// For a connection that only reads: it sees nothing that could be rolled back.
    pub(crate) fn reader(generation: usize) -> Self {
        Self(Arc::new(Mutex::new(Young::new(generation))))
    }

    /// A review by its key.
    pub(crate) fn load(
        &self,
        connection: &Connection,
        key: &ReviewKey,
    ) -> Result<Option<StoredReview>> {
        self.find(connection, hash(key), key)
    }

    /// A review by its key and the key's hash.
    pub(crate) fn find(
        &self,
        connection: &Connection,
        hash: i64,
        key: &ReviewKey,
    ) -> Result<Option<StoredReview>> {
        self.young().find(connection, hash, key)
    }

    /// Notes the key of a new row, in the transaction that inserts it and has not found it.
    pub(crate) fn add(&self, connection: &Connection, hash: i64, number: i64) -> Result<()> {
        self.young().add(connection, hash, number)
    }

    fn young(&self) -> MutexGuard<'_, Young> {
        // What a panic left behind is read anew after the rollback that follows it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The young keys, known by heart.
struct Young {
    generation: usize,
    /// Row numbers by hash. Of two keys that share one, the second goes to the old at once.
    rows: HashMap<i64, i64>,
    /// The last row of `key_young` that was read.
    seen: i64,
    moving: Option<Moving>,
    rolled_back: Arc<AtomicBool>,
}

/// A generation on its way: the young keys of the rows until one.
struct Moving {
    until: i64,
    in_order: std::vec::IntoIter<(i64, i64)>,
    cleared: i64,
}

impl Young {
    /// Knows nothing yet: the first look reads what is there.
    fn new(generation: usize) -> Self {
        let rolled_back = Arc::new(AtomicBool::new(false));
        Self { generation, rows: HashMap::new(), seen: 0, moving: None, rolled_back }
    }

    fn find(
        &mut self,
        connection: &Connection,
        hash: i64,
        key: &ReviewKey,
    ) -> Result<Option<StoredReview>> {
        self.catch_up(connection)?;
        if let Some(number) = self.rows.get(&hash) {
            let found = reviews::by_row(connection, *number)?;
            if let Some(found) = found.filter(|found| found.review.key == *key) {
                return Ok(Some(found));
            }
        }
        load_from(connection, OLD, hash, key)
    }

    fn add(&mut self, connection: &Connection, hash: i64, number: i64) -> Result<()> {
        if self.rows.contains_key(&hash) {
            let sql = "INSERT INTO key_old (hash, number) VALUES (?1, ?2)";
            connection.prepare_cached(sql)?.execute([hash, number])?;
        } else {
            let sql = "INSERT INTO key_young (number, hash) VALUES (?1, ?2)";
            connection.prepare_cached(sql)?.execute([number, hash])?;
            self.rows.insert(hash, number);
            self.seen = number;
        }
        self.move_some(connection)
    }

    /// Reads what another process added, and all anew after a rollback.
    fn catch_up(&mut self, connection: &Connection) -> Result<()> {
        if self.rolled_back.swap(false, Ordering::AcqRel) {
            self.rows.clear();
            self.seen = 0;
            self.moving = None;
        }
        let sql = "SELECT number, hash FROM key_young WHERE number > ?1 ORDER BY number";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([self.seen])?;
        while let Some(row) = rows.next()? {
            self.seen = row.get(0)?;
            self.rows.insert(row.get(1)?, self.seen);
        }
        if self.rows.len() > 2 * self.generation && self.moving.is_none() {
            self.forget_moved(connection)?;
        }
        Ok(())
    }

    /// Forgets what another connection has moved.
    fn forget_moved(&mut self, connection: &Connection) -> Result<()> {
        let sql = "SELECT min(number) FROM key_young";
        let first: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
        let first = first.unwrap_or(i64::MAX);
        self.rows.retain(|_, number| *number >= first);
        Ok(())
    }

    fn move_some(&mut self, connection: &Connection) -> Result<()> {
        if self.moving.is_none() && self.rows.len() >= self.generation {
            self.moving = Some(Moving::of(&self.rows, self.seen));
        }
        let Some(moving) = &mut self.moving else { return Ok(()) };
        if moving.step(connection)? {
            let until = moving.until;
            self.rows.retain(|_, number| *number > until);
            self.moving = None;
        }
        Ok(())
    }
}

impl Moving {
    fn of(rows: &HashMap<i64, i64>, until: i64) -> Self {
        let mut in_order: Vec<_> = rows.iter().map(|(hash, number)| (*hash, *number)).collect();
        in_order.sort_unstable();
        let cleared = in_order.iter().map(|(_, number)| number - 1).min().unwrap_or(until);
        Self { until, in_order: in_order.into_iter(), cleared }
    }

    /// Moves a few, or deletes a few once all are moved; says whether that was all.
    fn step(&mut self, connection: &Connection) -> Result<bool> {
        if self.in_order.len() > 0 {
            // What another process has erased or moved is no longer there.
            let sql = "INSERT OR IGNORE INTO key_old (hash, number) \
                       SELECT hash, number FROM key_young WHERE number = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            for (_, number) in self.in_order.by_ref().take(MOVED_EACH) {
                statement.execute([number])?;
            }
            return Ok(false);
        }
        let from = self.cleared;
        self.cleared = self.until.min(from + CLEARED_EACH);
        let sql = "DELETE FROM key_young WHERE number > ?1 AND number <= ?2";
        connection.prepare_cached(sql)?.execute([from, self.cleared])?;
        Ok(self.cleared >= self.until)
    }
}

#[cfg(test)]
mod tests;

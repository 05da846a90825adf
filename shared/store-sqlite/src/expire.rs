//! What is kept no longer than `[retention]` says: a daily walk that forgets a little at a time.
//!
//! Row numbers grow with arrival, so a cursor is enough to find what has become old. A review that
//! was told of later than it came is passed by and noted (`later/…` in `meta`), and looked at again
//! in each walk until it is old itself. A walk that finds nothing reads one batch and those notes.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use vigie_domain::{Review, ReviewNumber};
use vigie_ports::{Erasing, Erasure, Expired, Expiring, StoredReview};

use crate::fault::Fault;
use crate::time::micros;
use crate::{erase, reviews, sweep};

type Result<T> = std::result::Result<T, Fault>;

/// One of the two terms.
#[derive(Clone, Copy)]
enum Term {
    Reviewer,
    Review,
}

/// What became of a review that was looked at.
enum Looked {
    /// It went, or its reviewer.
    Gone,
    /// There was nothing to take.
    Nothing,
    /// It stays for now; it was last told of at this time.
    Stays(Timestamp),
}

/// Forgets what is older than it may be, some reviews at a time.
pub(crate) fn expire(connection: &Connection, expiring: &Expiring) -> Result<Expired> {
    let mut expired = Expired::default();
    if let Some(before) = expiring.review_before {
        let (gone, more) = walk(connection, Term::Review, before, expiring)?;
        expired.reviews = gone;
        let notices = old_notices(connection, before, expiring.limit)?;
        expired.notices = notices;
        expired.more |= more || notices >= u64::from(expiring.limit);
    }
    if let Some(before) = expiring.reviewer_before {
        let (gone, more) = walk(connection, Term::Reviewer, before, expiring)?;
        expired.reviewers = gone;
        expired.more |= more;
    }
    let mut events = 0;
    if let Some(before) = expiring.reviewer_before.max(expiring.review_before) {
        let old = "DELETE FROM rejected WHERE at < ?1";
        events = connection.prepare_cached(old)?.execute([micros(before)])? as u64;
    }
    if expired.reviews + expired.reviewers + expired.notices + events > 0 {
        sweep::owe(connection)?;
    }
    Ok(expired)
}

fn walk(
    connection: &Connection,
    term: Term,
    before: Timestamp,
    expiring: &Expiring,
) -> Result<(u64, bool)> {
    let (late, late_more) = walk_noted(connection, term, before, expiring)?;
    let (gone, more) = walk_on(connection, term, before, expiring)?;
    Ok((late + gone, late_more || more))
}

/// Those that were passed by, and are old now.
fn walk_noted(
    connection: &Connection,
    term: Term,
    before: Timestamp,
    expiring: &Expiring,
) -> Result<(u64, bool)> {
    let sql = "SELECT key FROM meta WHERE key >= ?1 AND key < ?1 || 'x' AND value < ?2 LIMIT ?3";
    let values = params![term.noted(), micros(before), expiring.limit];
    let keys: Vec<String> = connection
        .prepare_cached(sql)?
        .query_map(values, |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut gone = 0;
    let full = keys.len() as u64 >= u64::from(expiring.limit);
    for key in keys {
        let number = key.rsplit('/').next().and_then(|digits| digits.parse().ok());
        let number = number.ok_or_else(|| Fault::Corrupt(format!("the note {key:?}")))?;
        connection.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key])?;
        let Some(stored) = reviews::by_number(connection, ReviewNumber(number))? else { continue };
        gone += u64::from(take(connection, term, before, &stored, expiring)?);
    }
    Ok((gone, full && gone > 0))
}

/// The next rows. The cursor goes as far as the last one that came before the moment.
fn walk_on(
    connection: &Connection,
    term: Term,
    before: Timestamp,
    expiring: &Expiring,
) -> Result<(u64, bool)> {
    let sql = "SELECT value FROM meta WHERE key = ?1";
    let cursor = connection.prepare_cached(sql)?.query_row([term.cursor()], |row| row.get(0));
    let cursor: i64 = cursor.optional()?.unwrap_or(0);
    let batch = reviews::after(connection, cursor, expiring.limit)?;
    let old = |stored: &StoredReview| stored.review.first_seen_at < before;
    let Some(last) = batch.iter().rposition(old) else { return Ok((0, false)) };
    let mut gone = 0;
    for stored in batch.iter().take(last + 1) {
        gone += u64::from(take(connection, term, before, stored, expiring)?);
    }
    let reached = batch.get(last).map_or(cursor, |stored| stored.number.0 as i64);
    let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) \
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    connection.prepare_cached(sql)?.execute(params![term.cursor(), reached])?;
    let full = batch.len() as u64 >= u64::from(expiring.limit);
    Ok((gone, full && last + 1 == batch.len()))
}

/// Takes what is old of a review; notes one that is to be looked at again. Says whether it took.
fn take(
    connection: &Connection,
    term: Term,
    before: Timestamp,
    stored: &StoredReview,
    expiring: &Expiring,
) -> Result<bool> {
    let looked = match stored.review.last_told_at() {
        _ if stored.review.is_erased() => Looked::Nothing,
        last if last >= before => Looked::Stays(last),
        last => match term {
            Term::Reviewer => remove_reviewer(connection, stored, expiring.at)?,
            Term::Review => {
                let (key, at) = (stored.review.key.clone(), expiring.at);
                let erasing = Erasing { key, fresh: expiring.fresh, at, dry: false };
                match erase::erase(connection, &erasing)? {
                    Erasure::Busy(_) => Looked::Stays(last),
                    _ => Looked::Gone,
                }
            }
        },
    };
    if let Looked::Stays(last) = looked {
        let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) \
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        let key = format!("{}{:012}", term.noted(), stored.number.0);
        connection.prepare_cached(sql)?.execute(params![key, micros(last)])?;
    }
    Ok(matches!(looked, Looked::Gone))
}

fn remove_reviewer(c: &Connection, stored: &StoredReview, at: Timestamp) -> Result<Looked> {
    let mut review: Review = stored.review.clone();
    if !review.remove_reviewer(at) {
        return Ok(Looked::Nothing);
    }
    let sql = "UPDATE review SET writes = writes + 1, body = ?2 WHERE number = ?1";
    let body = serde_json::to_string(&review)?;
    c.prepare_cached(sql)?.execute(params![stored.number.0 as i64, body])?;
    Ok(Looked::Gone)
}

/// Notices that nothing will move any more.
fn old_notices(connection: &Connection, before: Timestamp, limit: u32) -> Result<u64> {
    let sql = "DELETE FROM notice WHERE id IN (SELECT id FROM notice INDEXED BY notice_made \
               WHERE made_at < ?1 AND state IN ('sent', 'cancelled', 'dead') LIMIT ?2)";
    Ok(connection.prepare_cached(sql)?.execute(params![micros(before), limit])? as u64)
}

impl Term {
    const fn cursor(self) -> &'static str {
        match self {
            Self::Reviewer => "expired/reviewer",
            Self::Review => "expired/review",
        }
    }

    const fn noted(self) -> &'static str {
        match self {
            Self::Reviewer => "later/reviewer/",
            Self::Review => "later/review/",
        }
    }
}

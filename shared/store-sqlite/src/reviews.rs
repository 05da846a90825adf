//! Reviews: recording, deciding, and what reports read.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use vigie_domain::{Decided, Outcome, Review, ReviewKey, ReviewNumber, State};
use vigie_ports::{Arrival, Recorded, StoredReview, Verdict, Written};

use crate::fault::Fault;
use crate::keys::{self, Keys};
use crate::time::{micros, moment};
use crate::{erase, notices};

type Result<T> = std::result::Result<T, Fault>;

const COLUMNS: &str = "number, writes, body";
/// Open reviews that are read at a time.
const OPEN_PAGE: usize = 500;

pub(crate) fn stored(row: &Row<'_>) -> rusqlite::Result<(i64, i64, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

pub(crate) fn read((number, writes, body): (i64, i64, String)) -> Result<StoredReview> {
    let review = serde_json::from_str(&body)?;
    Ok(StoredReview { review, number: ReviewNumber(number as u64), writes: writes as u64 })
}

/// A review's key, as its row says.
pub(crate) fn key(source: &str, external_id: &str) -> Result<ReviewKey> {
    format!("{source}/{external_id}").parse().map_err(|bad| Fault::Corrupt(format!("{bad}")))
}

/// A review by its number.
pub(crate) fn by_number(c: &Connection, number: ReviewNumber) -> Result<Option<StoredReview>> {
    by_row(c, number.0 as i64)
}

pub(crate) fn by_row(connection: &Connection, row: i64) -> Result<Option<StoredReview>> {
    let sql = "SELECT number, writes, body FROM review WHERE number = ?1";
    let found = connection.prepare_cached(sql)?.query_row([row], stored).optional()?;
    found.map(read).transpose()
}

/// An arrival, with the row of the review that it makes if nothing is known of it: most are new,
/// and one thread writes for all, so what can be worked out before its turn is.
pub(crate) struct Prepared {
    arrival: Arrival,
    outcome: Outcome,
    undecided: bool,
    row: NewRow,
}

/// A review's row, but for its number.
struct NewRow {
    key_hash: i64,
    state: &'static str,
    first_seen_at: i64,
    published_at: i64,
    settled_at: Option<i64>,
    good_at: Option<i64>,
    body: String,
}

/// Works out what an arrival makes if it is the first of its review, and decides it at once where
/// nothing is to be made.
pub(crate) fn prepare(arrival: Arrival) -> Result<Prepared> {
    let (review, outcome, undecided) = arrival.first();
    let row = NewRow {
        key_hash: keys::hash(&review.key),
        state: state_id(&review),
        first_seen_at: micros(review.content_seen_at.unwrap_or(review.first_seen_at)),
        published_at: micros(review.published()),
        settled_at: settled_at(&review),
        good_at: good_at(&review),
        body: serde_json::to_string(&review)?,
    };
    Ok(Prepared { arrival, outcome, undecided, row })
}

/// Records one arrival.
pub(crate) fn record_one(c: &Connection, keys: &Keys, prepared: &Prepared) -> Result<Recorded> {
    let Prepared { arrival, row, .. } = prepared;
    let Some(known) = keys.find(c, row.key_hash, &arrival.key)? else {
        let number = insert(c, prepared)?;
        keys.add(c, row.key_hash, number.0 as i64)?;
        let (outcome, undecided) = (prepared.outcome, prepared.undecided);
        return Ok(Recorded { outcome, undecided, number });
    };
    let number = known.number;
    let was_decided = known.review.is_decided();
    let brand = &arrival.brand.brand;
    let (review, outcome) = arrival.record(Some(known.review));
    if outcome != Outcome::Accepted {
        return Ok(Recorded { outcome, undecided: !was_decided, number });
    }
    update(c, number, &review, review.step_at(brand))?;
    mark(c, number, arrival.at)?;
    Ok(Recorded { outcome, undecided: true, number })
}

/// A review settled before anybody saw its content is nothing that anybody waits for.
fn state_id(review: &Review) -> &'static str {
    match review.state() {
        State::Open if review.content.is_none() => "unseen",
        state => state.id(),
    }
}

fn settled_at(review: &Review) -> Option<i64> {
    review.settled_seen_at().map(micros)
}

/// One that is erased has nothing to show.
fn good_at(review: &Review) -> Option<i64> {
    let review = Some(review).filter(|review| !review.is_erased())?;
    review.decided.as_ref().and_then(|decided| decided.good_at).map(micros)
}

/// Inserts a review that is not there yet, as the same transaction has seen.
fn insert(connection: &Connection, prepared: &Prepared) -> Result<ReviewNumber> {
    let Prepared { arrival, row, undecided, .. } = prepared;
    let sql = "INSERT INTO review (source, external_id, brand, writes, state, \
               first_seen_at, published_at, settled_at, good_at, undecided_at, body) \
               VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    connection.prepare_cached(sql)?.execute(params![
        arrival.key.source.as_str(),
        arrival.key.external_id.as_str(),
        arrival.brand.brand.id.as_str(),
        row.state,
        row.first_seen_at,
        row.published_at,
        row.settled_at,
        row.good_at,
        undecided.then(|| micros(arrival.at)),
        row.body,
    ])?;
    Ok(ReviewNumber(connection.last_insert_rowid() as u64))
}

/// Writes a review anew, with what the indexes need of it.
pub(crate) fn update(
    connection: &Connection,
    number: ReviewNumber,
    review: &Review,
    step_at: Option<Timestamp>,
) -> Result<()> {
    let sql = "UPDATE review SET writes = writes + 1, state = ?2, first_seen_at = ?3, \
               published_at = ?4, settled_at = ?5, good_at = ?6, step_at = ?7, body = ?8, \
               undecided_at = CASE WHEN ?9 THEN NULL ELSE undecided_at END WHERE number = ?1";
    connection.prepare_cached(sql)?.execute(params![
        number.0 as i64,
        state_id(review),
        micros(review.content_seen_at.unwrap_or(review.first_seen_at)),
        micros(review.published()),
        settled_at(review),
        good_at(review),
        step_at.map(micros),
        serde_json::to_string(review)?,
        review.is_decided(),
    ])?;
    Ok(())
}

/// Puts a review in as it is, in the place of the one of its number. Its key is its caller's.
pub(crate) fn put(
    connection: &Connection,
    stored: &StoredReview,
    undecided_at: Option<i64>,
    step_at: Option<i64>,
) -> Result<()> {
    let StoredReview { review, number, writes } = stored;
    let sql = "INSERT INTO review (number, source, external_id, brand, writes, state, \
               first_seen_at, published_at, settled_at, good_at, undecided_at, step_at, body) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
               ON CONFLICT (number) DO UPDATE SET brand = ?4, writes = ?5, state = ?6, \
               first_seen_at = ?7, published_at = ?8, settled_at = ?9, good_at = ?10, \
               undecided_at = ?11, step_at = ?12, body = ?13";
    connection.prepare_cached(sql)?.execute(params![
        number.0 as i64,
        review.key.source.as_str(),
        review.key.external_id.as_str(),
        review.brand.as_str(),
        *writes as i64,
        state_id(review),
        micros(review.content_seen_at.unwrap_or(review.first_seen_at)),
        micros(review.published()),
        settled_at(review),
        good_at(review),
        undecided_at,
        step_at,
        serde_json::to_string(review)?,
    ])?;
    Ok(())
}

/// Marks a review undecided, in the same transaction as the change.
fn mark(connection: &Connection, number: ReviewNumber, at: Timestamp) -> Result<()> {
    let sql = "UPDATE review SET undecided_at = ?2 WHERE number = ?1";
    connection.prepare_cached(sql)?.execute(params![number.0 as i64, micros(at)])?;
    Ok(())
}

/// Stores a decision and makes its notices, if the review has not moved. The mark goes only if the
/// last change is the one that was decided: a climbed step decides no change.
pub(crate) fn decide(connection: &Connection, keys: &Keys, verdict: &Verdict) -> Result<Written> {
    let Some(known) = keys.load(connection, &verdict.key)? else { return Ok(Written::Moved) };
    if known.writes != verdict.writes {
        return Ok(Written::Moved);
    }
    if verdict.all_new && notices::any_exists(connection, &verdict.notices)? {
        return Ok(Written::Moved);
    }
    if erase::is_named(connection, keys, &verdict.notices, &verdict.key)? {
        return Ok(Written::Moved);
    }
    let mut review = known.review;
    review.apply_decision(Decided::clone(&verdict.decided), verdict.at);
    update(connection, known.number, &review, verdict.step_at)?;
    for notice in &verdict.notices {
        notices::make(connection, notice, verdict.at)?;
    }
    Ok(Written::Done)
}

/// Recomputes the next step of a brand's open reviews, when its ladder or its promise changed.
pub(crate) fn replan(connection: &Connection, brand: &vigie_domain::Brand) -> Result<()> {
    let sql = "SELECT number, writes, body FROM review INDEXED BY review_open \
               WHERE brand = ?1 AND state = 'open'";
    for open in list(connection, sql, params![brand.id.as_str()])? {
        let sql = "UPDATE review SET writes = writes + 1, step_at = ?2 WHERE number = ?1";
        let step_at = open.review.step_at(brand).map(micros);
        connection.prepare_cached(sql)?.execute(params![open.number.0 as i64, step_at])?;
    }
    Ok(())
}

fn list(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<StoredReview>> {
    debug_assert!(sql.contains(COLUMNS));
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(values, stored)?;
    rows.map(|row| read(row?)).collect()
}

/// Reviews behind a row number, in the order of their rows.
pub(crate) fn after(c: &Connection, number: i64, limit: u32) -> Result<Vec<StoredReview>> {
    let sql = "SELECT number, writes, body FROM review WHERE number > ?1 ORDER BY number LIMIT ?2";
    list(c, sql, params![number, limit])
}

/// Reviews of a brand whose step is due until a moment.
pub(crate) fn steps_until(
    connection: &Connection,
    brand: &str,
    until: Timestamp,
) -> Result<Vec<StoredReview>> {
    let sql = "SELECT number, writes, body FROM review INDEXED BY review_step \
               WHERE step_at <= ?2 AND brand = ?1 ORDER BY step_at, number LIMIT 500";
    list(connection, sql, params![brand, micros(until)])
}

/// Where a page of what a report may have to tell begins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OpenFrom {
    /// Behind a publication and a row, among the open ones.
    Open(i64, i64),
    /// Behind a settlement and a row, among those that were settled later.
    Settled(i64, i64),
}

impl Default for OpenFrom {
    fn default() -> Self {
        Self::Open(i64::MIN, i64::MIN)
    }
}

/// A page of what a report of a moment may have to tell, and where the next one begins.
pub(crate) fn open_at(
    c: &Connection,
    brand: &str,
    at: Timestamp,
    from: OpenFrom,
) -> Result<(Vec<StoredReview>, Option<OpenFrom>)> {
    // The indexes are named: the planner would rather walk the brand's whole history.
    let (sql, behind) = match from {
        OpenFrom::Open(published, number) => (
            "SELECT number, writes, body FROM review INDEXED BY review_open \
             WHERE brand = ?1 AND state = 'open' AND first_seen_at <= ?2 \
             AND (published_at, number) > (?3, ?4) ORDER BY published_at, number LIMIT ?5",
            (published, number),
        ),
        OpenFrom::Settled(settled, number) => (
            "SELECT number, writes, body FROM review INDEXED BY review_settled \
             WHERE brand = ?1 AND settled_at IS NOT NULL AND state <> 'open' \
             AND first_seen_at <= ?2 AND (settled_at, number) > (?3, ?4) \
             ORDER BY settled_at, number LIMIT ?5",
            (settled, number),
        ),
    };
    let values = params![brand, micros(at), behind.0, behind.1, OPEN_PAGE as i64];
    let page = list(c, sql, values)?;
    let next = match (page.last().filter(|_| page.len() == OPEN_PAGE), from) {
        (Some(last), OpenFrom::Open(..)) => {
            Some(OpenFrom::Open(micros(last.review.published()), last.number.0 as i64))
        }
        (Some(last), OpenFrom::Settled(..)) => last
            .review
            .settled_seen_at()
            .map(|at| OpenFrom::Settled(micros(at), last.number.0 as i64)),
        (None, OpenFrom::Open(..)) => Some(OpenFrom::Settled(micros(at), i64::MAX)),
        (None, OpenFrom::Settled(..)) => None,
    };
    Ok((page, next))
}

/// Reviews settled in a period.
pub(crate) fn settled_between(
    connection: &Connection,
    brand: &str,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<StoredReview>> {
    let sql = "SELECT number, writes, body FROM review INDEXED BY review_settled \
               WHERE brand = ?1 AND settled_at > ?2 AND settled_at <= ?3 ORDER BY settled_at";
    list(connection, sql, params![brand, micros(since), micros(until)])
}

/// How many reviews were first seen in a period.
pub(crate) fn received_between(
    connection: &Connection,
    brand: &str,
    since: Timestamp,
    until: Timestamp,
) -> Result<u64> {
    let sql = "SELECT count(*) FROM review \
               WHERE brand = ?1 AND first_seen_at > ?2 AND first_seen_at <= ?3";
    let values = params![brand, micros(since), micros(until)];
    let count: i64 = connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
    Ok(count as u64)
}

/// Reviews that became good in a period, and how many. A review that became good by an edit is
/// found while it was first seen in the period too.
pub(crate) fn good_between(
    connection: &Connection,
    brand: &str,
    since: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<(Vec<StoredReview>, u64)> {
    let period = "FROM review WHERE brand = ?1 AND first_seen_at > ?2 AND first_seen_at <= ?3 \
                  AND good_at IS NOT NULL AND state <> 'withdrawn'";
    let values = params![brand, micros(since), micros(until)];
    let count = format!("SELECT count(*) {period}");
    let count: i64 = connection.prepare_cached(&count)?.query_row(values, |row| row.get(0))?;
    let sql = format!("SELECT number, writes, body {period} ORDER BY first_seen_at LIMIT {limit}");
    Ok((list(connection, &sql, values)?, count as u64))
}

/// Reviews first seen in a period that are not good, and how many: the latest first.
pub(crate) fn poor_between(
    connection: &Connection,
    brand: &str,
    since: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<(Vec<StoredReview>, u64)> {
    let period = "FROM review WHERE brand = ?1 AND first_seen_at > ?2 AND first_seen_at <= ?3 \
                  AND good_at IS NULL AND state NOT IN ('withdrawn', 'unseen')";
    let values = params![brand, micros(since), micros(until)];
    let count = format!("SELECT count(*) {period}");
    let count: i64 = connection.prepare_cached(&count)?.query_row(values, |row| row.get(0))?;
    let sql =
        format!("SELECT number, writes, body {period} ORDER BY first_seen_at DESC LIMIT {limit}");
    Ok((list(connection, &sql, values)?, count as u64))
}

/// Keys whose moment in a column has come.
pub(crate) fn due(
    connection: &Connection,
    column: &'static str,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<ReviewKey>> {
    let sql = format!(
        "SELECT source, external_id FROM review WHERE {column} <= ?1 ORDER BY {column} LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![micros(until), limit], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    let mut keys = Vec::new();
    for row in rows {
        let (source, external_id) = row?;
        keys.push(key(&source, &external_id)?);
    }
    Ok(keys)
}

/// Makes everything undecided due at once.
pub(crate) fn take_up(connection: &Connection) -> Result<()> {
    let sql = "UPDATE review SET undecided_at = ?1 WHERE undecided_at > ?1";
    connection.prepare_cached(sql)?.execute([micros(moment(0)?)])?;
    Ok(())
}

/// How many reviews have a change that was not decided.
pub(crate) fn undecided(connection: &Connection) -> Result<u64> {
    let sql = "SELECT count(*) FROM review WHERE undecided_at IS NOT NULL";
    let count: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(count as u64)
}

/// Remembers who said something first, and forgets what was said too long ago.
pub(crate) fn first_to_say(
    c: &Connection,
    words: &str,
    by: &ReviewKey,
    now: Timestamp,
    until: Timestamp,
) -> Result<ReviewKey> {
    c.prepare_cached("DELETE FROM words WHERE until <= ?1")?.execute([micros(now)])?;
    let sql = "INSERT INTO words (digest, review, until) VALUES (?1, ?2, ?3) \
               ON CONFLICT (digest) DO NOTHING";
    c.prepare_cached(sql)?.execute(params![words, by.to_string(), micros(until)])?;
    let sql = "SELECT review FROM words WHERE digest = ?1";
    let first: String = c.prepare_cached(sql)?.query_row([words], |row| row.get(0))?;
    first.parse().map_err(|_| Fault::Corrupt(format!("{first} is no review's key")))
}

//! Brands, their reports, rejected events and the store's own facts.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use vigie_domain::promise::next_report;
use vigie_domain::{Brand, BrandId, Matter, SourceId, Trouble};
use vigie_ports::{Rejected, ReportMade, StoredBrand, Written};

use crate::fault::Fault;
use crate::time::{micros, moment};
use crate::{notices, reviews, troubles};

type Result<T> = std::result::Result<T, Fault>;

/// How long a rejected event is kept (contract: 30 days), in microseconds.
const REJECTED_KEPT: i64 = 30 * 24 * 3600 * 1_000_000;

/// Makes the stored brands those given.
pub(crate) fn apply(connection: &Connection, brands: &[Brand], now: Timestamp) -> Result<()> {
    let known = list(connection)?;
    let by_id: HashMap<_, _> = known.iter().map(|stored| (&stored.brand.id, stored)).collect();
    for brand in brands {
        let before = by_id.get(&brand.id).copied();
        if before.is_some_and(|stored| stored.brand == *brand && !stored.retired) {
            continue;
        }
        put(connection, brand, before, now)?;
        let replan = |old: &Brand| {
            old.escalate != brand.escalate || old.answer_within != brand.answer_within
        };
        if before.is_some_and(|stored| replan(&stored.brand)) {
            reviews::replan(connection, brand)?;
        }
    }
    let given: HashSet<_> = brands.iter().map(|brand| &brand.id).collect();
    let live = known.iter().filter(|stored| !stored.retired);
    for gone in live.filter(|stored| !given.contains(&stored.brand.id)) {
        let sql = "UPDATE brand SET retired = 1 WHERE id = ?1";
        connection.prepare_cached(sql)?.execute([gone.brand.id.as_str()])?;
    }
    let sql = "INSERT INTO meta (key, value) VALUES ('generation', 1) \
               ON CONFLICT (key) DO UPDATE SET value = value + 1";
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

fn put(c: &Connection, brand: &Brand, before: Option<&StoredBrand>, now: Timestamp) -> Result<()> {
    // A report that is due and not made yet stays due, unless its hour itself is another.
    let same_hour = |old: &StoredBrand| {
        old.brand.report_at == brand.report_at
            && old.brand.timezone == brand.timezone
            && !old.retired
    };
    let kept = before.filter(|old| same_hour(old)).map(|old| old.report_at);
    let report_at = kept.unwrap_or_else(|| next_report(brand, now).1);
    let sql = "INSERT INTO brand (id, body, applied_at, report_at) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (id) DO UPDATE SET body = ?2, retired = 0, report_at = ?4";
    c.prepare_cached(sql)?.execute(params![
        brand.id.as_str(),
        serde_json::to_string(brand)?,
        micros(now),
        micros(report_at)
    ])?;
    Ok(())
}

/// Every brand.
pub(crate) fn list(connection: &Connection) -> Result<Vec<StoredBrand>> {
    let sql = "SELECT body, retired, applied_at, report_at, reported_at, praised_at \
               FROM brand ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut brands = Vec::new();
    while let Some(row) = rows.next()? {
        brands.push(stored(row)?);
    }
    Ok(brands)
}

/// One brand.
pub(crate) fn load(connection: &Connection, id: &BrandId) -> Result<Option<StoredBrand>> {
    let sql = "SELECT body, retired, applied_at, report_at, reported_at, praised_at \
               FROM brand WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([id.as_str()])?;
    rows.next()?.map(stored).transpose()
}

/// The brand that has a source; if several had it in turn, the one that is in force.
pub(crate) fn with_source(c: &Connection, source: &SourceId) -> Result<Option<StoredBrand>> {
    let sql = "SELECT body, retired, applied_at, report_at, reported_at, praised_at \
               FROM brand WHERE EXISTS (SELECT 1 FROM json_each(body, '$.sources') \
               WHERE value ->> 'id' = ?1) ORDER BY retired LIMIT 1";
    let mut statement = c.prepare_cached(sql)?;
    let mut rows = statement.query([source.as_str()])?;
    rows.next()?.map(stored).transpose()
}

fn stored(row: &Row<'_>) -> Result<StoredBrand> {
    let body: String = row.get(0)?;
    let at = |column: usize| -> Result<Option<Timestamp>> {
        row.get::<_, Option<i64>>(column)?.map(moment).transpose()
    };
    let missing = || Fault::Corrupt("a brand without its times".to_owned());
    Ok(StoredBrand {
        brand: serde_json::from_str(&body)?,
        retired: row.get(1)?,
        applied_at: at(2)?.ok_or_else(missing)?,
        report_at: at(3)?.ok_or_else(missing)?,
        reported_at: at(4)?,
        praised_at: at(5)?,
    })
}

/// Brands whose report is due.
pub(crate) fn due(connection: &Connection, now: Timestamp, limit: u32) -> Result<Vec<BrandId>> {
    let sql = "SELECT id FROM brand WHERE retired = 0 AND report_at <= ?1 \
               ORDER BY report_at LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![micros(now), limit], |row| row.get::<_, String>(0))?;
    rows.map(|row| row?.parse().map_err(|bad| Fault::Corrupt(format!("{bad}")))).collect()
}

/// Stores that a report was made.
pub(crate) fn report_made(connection: &Connection, made: &ReportMade) -> Result<Written> {
    let sql = "UPDATE brand SET report_at = ?3, reported_at = ?4, \
               praised_at = CASE WHEN ?5 THEN ?4 ELSE praised_at END \
               WHERE id = ?1 AND report_at = ?2";
    let written = connection.prepare_cached(sql)?.execute(params![
        made.brand.as_str(),
        micros(made.was_due_at),
        micros(made.next_at),
        micros(made.at),
        made.praised
    ])?;
    if written == 0 {
        return Ok(Written::Moved);
    }
    for notice in &made.notices {
        notices::make(connection, notice, made.at)?;
    }
    Ok(Written::Done)
}

/// Counts applications.
pub(crate) fn generation(connection: &Connection) -> Result<u64> {
    let sql = "SELECT value FROM meta WHERE key = 'generation'";
    let found: Option<i64> =
        connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0) as u64)
}

/// The key of desk links, made once.
pub(crate) fn desk_key(connection: &Connection, fresh: &[u8; 32]) -> Result<[u8; 32]> {
    let sql = "INSERT INTO meta (key, value) VALUES ('desk_key', ?1) ON CONFLICT (key) DO NOTHING";
    connection.prepare_cached(sql)?.execute([fresh.as_slice()])?;
    let sql = "SELECT value FROM meta WHERE key = 'desk_key'";
    let key: Vec<u8> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    key.try_into().map_err(|_| Fault::Corrupt("the desk key is not 32 bytes".to_owned()))
}

/// Keeps events that could not be mapped, and lets go of those kept long enough.
pub(crate) fn reject(connection: &Connection, rejected: &[Rejected]) -> Result<()> {
    for event in rejected {
        let old = micros(event.at) - REJECTED_KEPT;
        connection.prepare_cached("DELETE FROM rejected WHERE at < ?1")?.execute([old])?;
        keep_rejected(connection, event)?;
        let trouble = Trouble::new(Matter::Rejected, event.source.as_str());
        troubles::note_one(connection, &trouble, 1, event.at, event.at)?;
    }
    Ok(())
}

/// Keeps an event, unless it is kept already.
pub(crate) fn keep_rejected(connection: &Connection, event: &Rejected) -> Result<()> {
    let sql = "INSERT INTO rejected (id, source, at, reason, event, headers) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING";
    connection.prepare_cached(sql)?.execute(params![
        event.id,
        event.source.as_str(),
        micros(event.at),
        event.reason,
        event.event,
        serde_json::to_string(&event.headers)?
    ])?;
    Ok(())
}

/// The events that could not be mapped, latest first.
pub(crate) fn rejected(connection: &Connection, now: Timestamp) -> Result<Vec<Rejected>> {
    rejected_since(connection, micros(now) - REJECTED_KEPT)
}

/// Every event, also those that were kept long enough.
pub(crate) fn every_rejected(connection: &Connection) -> Result<Vec<Rejected>> {
    rejected_since(connection, i64::MIN)
}

fn rejected_since(connection: &Connection, since: i64) -> Result<Vec<Rejected>> {
    let sql = "SELECT id, source, at, reason, event, headers FROM rejected \
               WHERE at >= ?1 ORDER BY at DESC";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([since])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let source: String = row.get(1)?;
        let headers: String = row.get(5)?;
        events.push(Rejected {
            id: row.get(0)?,
            source: source.parse().map_err(|bad| Fault::Corrupt(format!("{bad}")))?,
            at: moment(row.get(2)?)?,
            reason: row.get(3)?,
            event: row.get(4)?,
            headers: serde_json::from_str(&headers)?,
        });
    }
    Ok(events)
}

/// Forgets an event.
pub(crate) fn unreject(connection: &Connection, id: &str) -> Result<()> {
    connection.prepare_cached("DELETE FROM rejected WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Bytes of the probe: more than a review has, so that what has room for it has room for one.
const PROBE_BYTES: i64 = 64 * 1024;

/// Writes as much as a long review, over the same row each time, to see whether writing works. New
/// bytes each time: SQLite does not write what is there already.
pub(crate) fn touch(connection: &Connection) -> Result<()> {
    let sql = "INSERT INTO meta (key, value) VALUES ('probe', randomblob(?1)) \
               ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    connection.prepare_cached(sql)?.execute([PROBE_BYTES])?;
    Ok(())
}

//! Trouble with Vigie itself, and what sources brought.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};
use vigie_domain::matter::{DETAILS_MAX, to_tell};
use vigie_domain::notice::NoticeId;
use vigie_domain::rhythm::{DAYS_KEPT, Day, day_of};
use vigie_domain::{Matter, Rhythm, SourceId, Trouble, Troubled};
use vigie_ports::{Brought, Noted};

use crate::fault::Fault;
use crate::notices;
use crate::time::{micros, moment};

type Result<T> = std::result::Result<T, Fault>;

/// Notes trouble and what sources brought.
pub(crate) fn note(connection: &Connection, noted: &Noted) -> Result<()> {
    for (trouble, count, first_at, last_at) in &noted.troubles {
        note_one(connection, trouble, *count, *first_at, *last_at)?;
    }
    for (source, brought) in &noted.sources {
        note_brought(connection, source, brought)?;
    }
    Ok(())
}

/// Notes one trouble. What is told once counts until it was told; details beyond the most that are
/// kept count as one of them.
pub(crate) fn note_one(
    connection: &Connection,
    trouble: &Trouble,
    count: u64,
    first_at: Timestamp,
    last_at: Timestamp,
) -> Result<()> {
    let (code, about) = (trouble.matter.id(), trouble.about.as_str());
    let room = "SELECT count(*) FROM trouble WHERE code = ?1 AND about = ?2 AND detail <> ?3";
    let values = params![code, about, trouble.detail];
    let others: i64 = connection.prepare_cached(room)?.query_row(values, |row| row.get(0))?;
    let detail = if others as usize >= DETAILS_MAX { "others" } else { &trouble.detail };
    let sql = "INSERT INTO trouble (code, about, detail, count, first_at, last_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET \
               first_at = CASE WHEN count = 0 THEN ?5 ELSE min(first_at, ?5) END, \
               last_at = max(last_at, ?6), \
               count = CASE WHEN ?7 AND told_at IS NOT NULL THEN 0 ELSE count + ?4 END";
    connection.prepare_cached(sql)?.execute(params![
        code,
        about,
        detail,
        count as i64,
        micros(first_at),
        micros(last_at),
        trouble.matter.is_told_once(),
    ])?;
    Ok(())
}

fn note_brought(connection: &Connection, source: &SourceId, brought: &Brought) -> Result<()> {
    let refused_at = brought.refused_last.as_ref().map(|(at, _)| *at);
    let why = brought.refused_last.as_ref().map(|(_, why)| why);
    let Some(at) = brought.accepted_at.max(refused_at) else { return Ok(()) };
    let sql = "INSERT INTO source_last (source, accepted_at, refused_at, refused_why) \
               VALUES (?1, ?2, ?3, ?4) ON CONFLICT (source) DO UPDATE SET \
               accepted_at = coalesce(?2, accepted_at), refused_at = coalesce(?3, refused_at), \
               refused_why = coalesce(?4, refused_why)";
    connection.prepare_cached(sql)?.execute(params![
        source.as_str(),
        brought.accepted_at.map(micros),
        refused_at.map(micros),
        why,
    ])?;
    let sql = "INSERT INTO source_day (source, day, accepted, refused) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT DO UPDATE SET accepted = accepted + ?3, refused = refused + ?4";
    let (accepted, refused) = (brought.accepted as i64, brought.refused as i64);
    let day = day_of(at).to_string();
    connection.prepare_cached(sql)?.execute(params![source.as_str(), day, accepted, refused])?;
    // Days with something make the rhythm: those of a silent source stay, however long it is
    // silent, because its last webhook is what ages them.
    let old = at.checked_sub(SignedDuration::from_hours(24 * i64::from(DAYS_KEPT + 1)));
    if brought.accepted > 0 {
        let old = day_of(old.unwrap_or(Timestamp::MIN)).to_string();
        let sql = "DELETE FROM source_day WHERE source = ?1 AND day < ?2";
        connection.prepare_cached(sql)?.execute(params![source.as_str(), old])?;
    }
    Ok(())
}

/// Makes the notices of what is to be told now.
pub(crate) fn tell(connection: &Connection, now: Timestamp) -> Result<Vec<NoticeId>> {
    let mut made = Vec::new();
    for telling in to_tell(&list(connection)?, now) {
        let sql = "UPDATE trouble SET count = 0, told_at = ?3 \
                   WHERE code = ?1 AND about = ?2 AND count > 0";
        connection.prepare_cached(sql)?.execute(params![
            telling.matter.id(),
            telling.about,
            micros(now)
        ])?;
        let notice = telling.notice(now);
        notices::make(connection, &notice, now)?;
        made.push(notice.id);
    }
    Ok(made)
}

/// All trouble.
pub(crate) fn list(connection: &Connection) -> Result<Vec<Troubled>> {
    let sql = "SELECT code, about, detail, count, first_at, last_at, told_at FROM trouble \
               ORDER BY code, about, detail";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut troubles = Vec::new();
    while let Some(row) = rows.next()? {
        let code: String = row.get(0)?;
        // A newer version's matter: it tells of it.
        let Some(matter) = Matter::from_id(&code) else { continue };
        troubles.push(Troubled {
            what: Trouble { matter, about: row.get(1)?, detail: row.get(2)? },
            count: row.get::<_, i64>(3)? as u64,
            first_at: moment(row.get(4)?)?,
            last_at: moment(row.get(5)?)?,
            told_at: row.get::<_, Option<i64>>(6)?.map(moment).transpose()?,
        });
    }
    Ok(troubles)
}

/// What sources brought.
pub(crate) fn rhythms(connection: &Connection) -> Result<Vec<(SourceId, Rhythm)>> {
    let mut all: BTreeMap<String, Rhythm> = BTreeMap::new();
    let sql = "SELECT source, accepted_at, refused_at, refused_why FROM source_last";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let rhythm = all.entry(row.get(0)?).or_default();
        rhythm.accepted_at = row.get::<_, Option<i64>>(1)?.map(moment).transpose()?;
        rhythm.refused_at = row.get::<_, Option<i64>>(2)?.map(moment).transpose()?;
        rhythm.refused_why = row.get(3)?;
    }
    let sql = "SELECT source, day, accepted, refused FROM source_day ORDER BY source, day";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let day: String = row.get(1)?;
        let date = day.parse().map_err(|_| Fault::Corrupt(format!("the day {day:?}")))?;
        let (accepted, refused) = (row.get::<_, i64>(2)? as u64, row.get::<_, i64>(3)? as u64);
        all.entry(row.get(0)?).or_default().days.push(Day { date, accepted, refused });
    }
    let id = |id: String| id.parse().map_err(|bad| Fault::Corrupt(format!("{bad}")));
    all.into_iter().map(|(source, rhythm)| Ok((id(source)?, rhythm))).collect()
}

/// Puts a trouble in as it is, in the place of its former.
pub(crate) fn put(connection: &Connection, trouble: &Troubled) -> Result<()> {
    let Trouble { matter, about, detail } = &trouble.what;
    let sql = "INSERT OR REPLACE INTO trouble \
               (code, about, detail, count, first_at, last_at, told_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    connection.prepare_cached(sql)?.execute(params![
        matter.id(),
        about,
        detail,
        trouble.count as i64,
        micros(trouble.first_at),
        micros(trouble.last_at),
        trouble.told_at.map(micros),
    ])?;
    Ok(())
}

/// Forgets a trouble.
pub(crate) fn forget(connection: &Connection, what: &Trouble) -> Result<()> {
    let sql = "DELETE FROM trouble WHERE code = ?1 AND about = ?2 AND detail = ?3";
    let values = params![what.matter.id(), what.about, what.detail];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Puts in what a source brought, in the place of what was known.
pub(crate) fn put_rhythm(
    connection: &Connection,
    source: &SourceId,
    rhythm: &Rhythm,
) -> Result<()> {
    forget_rhythm(connection, source)?;
    let sql = "INSERT INTO source_last (source, accepted_at, refused_at, refused_why) \
               VALUES (?1, ?2, ?3, ?4)";
    connection.prepare_cached(sql)?.execute(params![
        source.as_str(),
        rhythm.accepted_at.map(micros),
        rhythm.refused_at.map(micros),
        rhythm.refused_why,
    ])?;
    let sql = "INSERT INTO source_day (source, day, accepted, refused) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = connection.prepare_cached(sql)?;
    for Day { date, accepted, refused } in &rhythm.days {
        let counts = (*accepted as i64, *refused as i64);
        statement.execute(params![source.as_str(), date.to_string(), counts.0, counts.1])?;
    }
    Ok(())
}

/// Forgets what a source brought.
pub(crate) fn forget_rhythm(connection: &Connection, source: &SourceId) -> Result<()> {
    for sql in
        ["DELETE FROM source_last WHERE source = ?1", "DELETE FROM source_day WHERE source = ?1"]
    {
        connection.prepare_cached(sql)?.execute([source.as_str()])?;
    }
    Ok(())
}

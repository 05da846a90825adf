//! Notices: made once, claimed by one, settled by the claim's holder.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use vigie_domain::notice::{NewNotice, Notice, NoticeId, NoticeState};
use vigie_domain::{ContactId, Kind, Matter, ReviewKey, Trouble};
use vigie_ports::{NoticeFilter, Redriven, Settlement, Written};

use crate::fault::Fault;
use crate::keys::Keys;
use crate::time::{micros, moment};
use crate::{restore, troubles};

type Result<T> = std::result::Result<T, Fault>;

const SELECT: &str = "SELECT body, state, made_at, due_at, attempts, unknowns, perhaps_twice, \
                      reason, subject_line, sent_at FROM notice";

/// Makes a notice, unless there is one of that id. One that another takes along is cancelled from
/// the start, and says with which it went. Gives whether it is new.
pub(crate) fn make(connection: &Connection, new: &NewNotice, now: Timestamp) -> Result<bool> {
    let sql = "INSERT INTO notice \
               (id, brand, review, contact, state, made_at, due_at, reason, body) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING";
    let taken_along = new.with.as_ref().map(|with| format!("{WENT_WITH}{with}"));
    let (state, due_at, reason) = match (taken_along, restore::holds(connection, new)?) {
        (Some(reason), _) => (NoticeState::Cancelled, micros(new.due_at), Some(reason)),
        (None, Some((until, reason))) => (NoticeState::Held, until, Some(reason)),
        (None, None) => (NoticeState::Pending, micros(new.due_at), None),
    };
    let made = connection.prepare_cached(sql)?.execute(params![
        new.id.as_str(),
        new.brand.as_str(),
        new.subject.review().map(ToString::to_string),
        new.to.as_str(),
        state.id(),
        micros(now),
        due_at,
        reason,
        serde_json::to_string(new)?,
    ])?;
    Ok(made == 1)
}

/// Settles a claim whose token is current, and keeps nothing of what it said but `what`.
pub(crate) fn done(
    connection: &Connection,
    what: &NewNotice,
    token: &str,
    now: Timestamp,
) -> Result<Written> {
    let sql = "UPDATE notice SET state = 'sent', sent_at = ?3, due_at = ?3, token = NULL, \
               reason = NULL, review = ?4, body = ?5 \
               WHERE id = ?1 AND token = ?2 AND state = 'sending'";
    let settled = connection.prepare_cached(sql)?.execute(params![
        what.id.as_str(),
        token,
        micros(now),
        what.subject.review().map(ToString::to_string),
        serde_json::to_string(what)?,
    ])?;
    Ok(if settled == 1 { Written::Done } else { Written::Moved })
}

/// What a notice says that was sent in another's message.
const WENT_WITH: &str = "its message went with ";

/// The notice in whose message one went.
pub(crate) fn went_with(notice: &Notice) -> Option<NoticeId> {
    let reason = notice.reason.as_deref().and_then(|reason| reason.strip_prefix(WENT_WITH));
    notice.what.with.clone().or_else(|| reason.and_then(NoticeId::from_text))
}

/// Whether one of them has been made already.
pub(crate) fn any_exists(connection: &Connection, new: &[NewNotice]) -> Result<bool> {
    for notice in new {
        if load(connection, &notice.id)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

struct Raw {
    body: String,
    state: String,
    times: [i64; 2],
    counts: [u32; 3],
    texts: [Option<String>; 2],
    sent_at: Option<i64>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        body: row.get(0)?,
        state: row.get(1)?,
        times: [row.get(2)?, row.get(3)?],
        counts: [row.get(4)?, row.get(5)?, row.get(6)?],
        texts: [row.get(7)?, row.get(8)?],
        sent_at: row.get(9)?,
    })
}

fn read(raw: Raw) -> Result<Notice> {
    let unknown = || Fault::Corrupt(format!("notice state {:?}", raw.state));
    let [made_at, due_at] = raw.times;
    let [attempts, unknowns, perhaps_twice] = raw.counts;
    let [reason, subject_line] = raw.texts;
    Ok(Notice {
        what: serde_json::from_str(&raw.body)?,
        made_at: moment(made_at)?,
        state: NoticeState::from_id(&raw.state).ok_or_else(unknown)?,
        due_at: moment(due_at)?,
        attempts,
        unknowns,
        perhaps_twice,
        reason,
        subject_line,
        sent_at: raw.sent_at.map(moment).transpose()?,
    })
}

/// A notice.
pub(crate) fn load(connection: &Connection, id: &NoticeId) -> Result<Option<Notice>> {
    let sql = format!("{SELECT} WHERE id = ?1");
    let found = connection.prepare_cached(&sql)?.query_row([id.as_str()], raw).optional()?;
    found.map(read).transpose()
}

/// Notices behind an id, in the order of their ids.
pub(crate) fn after(c: &Connection, id: &str, limit: u32) -> Result<Vec<Notice>> {
    let sql = format!("{SELECT} WHERE id > ?1 ORDER BY id LIMIT ?2");
    let mut statement = c.prepare_cached(&sql)?;
    let rows = statement.query_map(params![id, limit], raw)?;
    rows.map(|row| read(row?)).collect()
}

/// Puts a notice in as it is, in the place of the one of its id.
pub(crate) fn put(connection: &Connection, notice: &Notice) -> Result<()> {
    let what = &notice.what;
    let sql = "INSERT OR REPLACE INTO notice (id, brand, review, contact, state, made_at, due_at, \
               attempts, unknowns, perhaps_twice, reason, subject_line, sent_at, body) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    connection.prepare_cached(sql)?.execute(params![
        what.id.as_str(),
        what.brand.as_str(),
        what.subject.review().map(ToString::to_string),
        what.to.as_str(),
        notice.state.id(),
        micros(notice.made_at),
        micros(notice.due_at),
        notice.attempts,
        notice.unknowns,
        notice.perhaps_twice,
        notice.reason,
        notice.subject_line,
        notice.sent_at.map(micros),
        serde_json::to_string(what)?,
    ])?;
    Ok(())
}

/// The latest end of a claim.
pub(crate) fn claimed_until(connection: &Connection) -> Result<Option<Timestamp>> {
    let sql = "SELECT max(due_at) FROM notice WHERE state = 'sending'";
    let at: Option<i64> = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    at.map(moment).transpose()
}

/// Claims a notice that is due.
pub(crate) fn claim(
    connection: &Connection,
    id: &NoticeId,
    token: &str,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<Notice>> {
    let sql = "UPDATE notice SET token = ?2, due_at = ?4, attempts = attempts + 1, \
               perhaps_twice = perhaps_twice + (state = 'sending'), state = 'sending' \
               WHERE id = ?1 AND state IN ('pending', 'held', 'sending') AND due_at <= ?3";
    let values = params![id.as_str(), token, micros(now), micros(lease_until)];
    if connection.prepare_cached(sql)?.execute(values)? == 0 {
        return Ok(None);
    }
    load(connection, id)
}

/// Settles a claim whose token is current.
pub(crate) fn settle(
    connection: &Connection,
    keys: &Keys,
    id: &NoticeId,
    token: &str,
    settlement: &Settlement,
    now: Timestamp,
) -> Result<Written> {
    let mut settlement = settlement.clone();
    let mut answer = Written::Done;
    if let Settlement::Cancelled { unless_moved, .. } = &settlement
        && has_moved(connection, keys, unless_moved)?
    {
        let reason = "a review changed meanwhile".to_owned();
        settlement = Settlement::Retry { at: now, reason, unknown: false };
        answer = Written::Moved;
    }
    let (state, at, reason, unknown, subject_line) = match &settlement {
        Settlement::Sent { subject_line, .. } => ("sent", now, None, false, Some(subject_line)),
        Settlement::Held { until, reason } => ("held", *until, Some(reason), false, None),
        Settlement::Retry { at, reason, unknown } => ("pending", *at, Some(reason), *unknown, None),
        Settlement::Dead { reason, unknown } => ("dead", now, Some(reason), *unknown, None),
        Settlement::Cancelled { reason, .. } => ("cancelled", now, Some(reason), false, None),
    };
    let sql = "UPDATE notice SET state = ?3, due_at = ?4, reason = ?5, token = NULL, \
               attempts = attempts - (?3 = 'held'), unknowns = unknowns + ?6, \
               perhaps_twice = perhaps_twice + ?6, \
               subject_line = coalesce(?7, subject_line), \
               sent_at = CASE WHEN ?3 = 'sent' THEN ?8 ELSE sent_at END \
               WHERE id = ?1 AND token = ?2 AND state = 'sending'";
    let settled = connection.prepare_cached(sql)?.execute(params![
        id.as_str(),
        token,
        state,
        micros(at),
        reason,
        unknown,
        subject_line,
        micros(now)
    ])?;
    if settled != 1 {
        return Ok(Written::Moved);
    }
    settle_along(connection, id, token, &settlement, now)?;
    if matches!(settlement, Settlement::Dead { .. }) {
        note_dead(connection, id, now)?;
    }
    Ok(answer)
}

/// Makes a notice dead that was sent and came back.
pub(crate) fn come_back(
    c: &Connection,
    id: &NoticeId,
    why: &str,
    now: Timestamp,
) -> Result<Written> {
    let sql = "UPDATE notice SET state = 'dead', due_at = ?3, reason = ?2 \
               WHERE id = ?1 AND state = 'sent'";
    if c.prepare_cached(sql)?.execute(params![id.as_str(), why, micros(now)])? != 1 {
        return Ok(Written::Moved);
    }
    note_dead(c, id, now)?;
    Ok(Written::Done)
}

/// A dead notice is trouble of its brand. That of an operator's notice breeds no other.
fn note_dead(connection: &Connection, id: &NoticeId, now: Timestamp) -> Result<()> {
    let Some(notice) = load(connection, id)? else { return Ok(()) };
    if notice.what.kind == Kind::Operator {
        return Ok(());
    }
    let trouble = Trouble::new(Matter::Dead, notice.what.brand.as_str());
    troubles::note_one(connection, &trouble, 1, now, now)
}

/// Claims what is held until now for the recipient of a claimed notice, under the same token.
pub(crate) fn take_along(
    connection: &Connection,
    id: &NoticeId,
    token: &str,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Notice>> {
    let held = "SELECT other.id FROM notice AS mine JOIN notice AS other \
                ON other.state = 'held' AND other.brand = mine.brand \
                AND other.contact = mine.contact AND other.due_at <= ?3 \
                AND other.body ->> 'kind' = mine.body ->> 'kind' \
                WHERE mine.id = ?1 AND mine.token = ?2 AND mine.state = 'sending' \
                ORDER BY other.made_at, other.id LIMIT ?4";
    let claim = "UPDATE notice SET state = 'sending', token = ?2, attempts = attempts + 1, \
                 due_at = (SELECT due_at FROM notice WHERE id = ?3) WHERE id = ?1";
    let ids: Vec<String> = connection
        .prepare_cached(held)?
        .query_map(params![id.as_str(), token, micros(now), limit], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut taken = Vec::new();
    for other in ids {
        connection.prepare_cached(claim)?.execute(params![other, token, id.as_str()])?;
        let other = NoticeId::from_text(&other).and_then(|id| load(connection, &id).transpose());
        taken.extend(other.transpose()?);
    }
    Ok(taken)
}

/// Settles what a notice took along: with it, or apart where it is not sent.
fn settle_along(
    connection: &Connection,
    id: &NoticeId,
    token: &str,
    settlement: &Settlement,
    now: Timestamp,
) -> Result<()> {
    let (state, at, reason, unknown) = match settlement {
        Settlement::Sent { left_out, .. } => {
            let release = "UPDATE notice SET state = 'pending', due_at = ?3, token = NULL, \
                           attempts = attempts - 1 WHERE id = ?1 AND token = ?2";
            for other in left_out {
                let values = params![other.as_str(), token, micros(now)];
                connection.prepare_cached(release)?.execute(values)?;
            }
            ("sent", now, Some(format!("{WENT_WITH}{id}")), false)
        }
        Settlement::Retry { at, reason, unknown } => ("held", *at, Some(reason.clone()), *unknown),
        // What killed the first may be its own: the others are tried without it.
        Settlement::Dead { reason, unknown } => ("held", now, Some(reason.clone()), *unknown),
        Settlement::Held { until, reason } => ("held", *until, Some(reason.clone()), false),
        Settlement::Cancelled { .. } => ("held", now, None, false),
    };
    let sql = "UPDATE notice SET state = ?2, due_at = ?3, reason = ?4, token = NULL, \
               unknowns = unknowns + ?5, perhaps_twice = perhaps_twice + ?5, \
               sent_at = CASE WHEN ?2 = 'sent' THEN ?6 ELSE sent_at END \
               WHERE token = ?1 AND state = 'sending'";
    let values = params![token, state, micros(at), reason, unknown, micros(now)];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

fn has_moved(c: &Connection, keys: &Keys, seen: &[(ReviewKey, u64)]) -> Result<bool> {
    for (key, writes) in seen {
        if keys.load(c, key)?.is_none_or(|stored| stored.writes != *writes) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Notices that pass a filter, latest first.
pub(crate) fn list(connection: &Connection, filter: &NoticeFilter) -> Result<Vec<Notice>> {
    let sql = format!(
        "{SELECT} WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR review = ?2) \
         ORDER BY made_at DESC, id LIMIT ?3"
    );
    let state = filter.state.map(NoticeState::id);
    let review = filter.review.as_ref().map(ToString::to_string);
    let limit = filter.limit.map_or(-1, i64::from);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![state, review, limit], raw)?;
    rows.map(|row| read(row?)).collect()
}

/// Notices due by a moment, and claims that ended.
pub(crate) fn due(connection: &Connection, now: Timestamp, limit: u32) -> Result<Vec<NoticeId>> {
    let sql = "SELECT id FROM notice \
               WHERE state IN ('pending', 'held', 'sending') AND due_at <= ?1 \
               ORDER BY due_at LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![micros(now), limit], |row| row.get::<_, String>(0))?;
    let mut ids = Vec::new();
    for row in rows {
        let id = row?;
        ids.push(NoticeId::from_text(&id).ok_or_else(|| Fault::Corrupt(format!("notice {id:?}")))?);
    }
    Ok(ids)
}

/// Ends every lease: no other process holds one.
pub(crate) fn take_up(connection: &Connection, now: Timestamp) -> Result<u64> {
    let sql = "UPDATE notice INDEXED BY notice_due SET due_at = ?1 \
               WHERE state IN ('pending', 'held', 'sending') AND state = 'sending' AND due_at > ?1";
    Ok(connection.prepare_cached(sql)?.execute([micros(now)])? as u64)
}

/// Makes a notice pending again that is dead, or held for a person.
pub(crate) fn redrive(connection: &Connection, id: &NoticeId, now: Timestamp) -> Result<Redriven> {
    let sql = format!(
        "UPDATE notice SET state = 'pending', due_at = ?2, made_at = ?2, unknowns = 0, \
         reason = 'sent again by the operator' WHERE id = ?1 AND (state = 'dead' OR {})",
        restore::waits_for_a_person()
    );
    if connection.prepare_cached(&sql)?.execute(params![id.as_str(), micros(now)])? == 1 {
        return Ok(Redriven::Yes);
    }
    Ok(if load(connection, id)?.is_some() { Redriven::NotDead } else { Redriven::Missing })
}

/// The subject line of the first message somebody had on a review.
pub(crate) fn first_subject(
    connection: &Connection,
    review: &ReviewKey,
    to: &ContactId,
) -> Result<Option<String>> {
    let sql = "SELECT subject_line FROM notice WHERE review = ?1 AND contact = ?2 \
               AND subject_line IS NOT NULL ORDER BY sent_at LIMIT 1";
    let values = params![review.to_string(), to.as_str()];
    Ok(connection.prepare_cached(sql)?.query_row(values, |row| row.get(0)).optional()?)
}

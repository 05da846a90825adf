//! Erasing a review: its row keeps the numbers, what was kept beside it goes.
//!
//! A tombstone stands in the key's place. It is looked for where nothing is found under a key, and
//! only in a store that has erased something, so others pay one look into `meta`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};
use vigie_domain::erase::Salt;
use vigie_domain::mentions::is_same_author;
use vigie_domain::notice::{NewNotice, Notice, NoticeId, NoticeState};
use vigie_domain::{
    Brand, Mentions, Review, ReviewKey, ReviewNumber, ShopId, Subject, Trouble, matter::Matter,
};
use vigie_ports::{Erasing, Erasure, Gone, StoredReview};

use crate::fault::Fault;
use crate::time::micros;
use crate::{keys, notices, reviews, sweep};

type Result<T> = std::result::Result<T, Fault>;

/// Why a notice of an erased review is not sent.
const ERASED: &str = "the review was erased";
/// Row numbers that one read looks at for an author: a few thousand bodies, some milliseconds.
const LOOKED_AT: i64 = 4096;

/// What stands in a key's place if its review was erased; `None` in a store that erased nothing.
pub(crate) fn tombstone(connection: &Connection, key: &ReviewKey) -> Result<Option<ReviewKey>> {
    Ok(salt(connection)?.map(|salt| key.tombstone(&salt)))
}

fn salt(connection: &Connection) -> Result<Option<Salt>> {
    let sql = "SELECT value FROM meta WHERE key = 'erasure_salt'";
    let found = connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, Vec<u8>>(0));
    let Some(found) = found.optional()? else { return Ok(None) };
    let salt = found.try_into();
    salt.map(Some).map_err(|_| Fault::Corrupt("the erasure's salt is not 32 bytes".to_owned()))
}

fn salt_or(connection: &Connection, fresh: &Salt) -> Result<Salt> {
    let sql = "INSERT INTO meta (key, value) VALUES ('erasure_salt', ?1) \
               ON CONFLICT (key) DO NOTHING";
    connection.execute(sql, [fresh.as_slice()])?;
    Ok(salt(connection)?.unwrap_or(*fresh))
}

/// Reviews of a source that an author wrote, of some row numbers from `after` on; and from where to
/// go on, if there are more.
pub(crate) fn written_by(
    connection: &Connection,
    source: &str,
    author: &str,
    after: i64,
) -> Result<(Vec<StoredReview>, Option<i64>)> {
    let to = after + LOOKED_AT;
    let sql = "SELECT number, body ->> '$.content.value.author' FROM review \
               WHERE number > ?1 AND number <= ?2 AND source = ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![after, to, source])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let name: Option<String> = row.get(1)?;
        if name.is_some_and(|name| is_same_author(&name, author)) {
            found.extend(reviews::by_number(
                connection,
                ReviewNumber(row.get::<_, i64>(0)? as u64),
            )?);
        }
    }
    let last: i64 =
        connection
            .query_row("SELECT coalesce(max(number), 0) FROM review", [], |row| row.get(0))?;
    Ok((found, (to < last).then_some(to)))
}

/// Erases a review, or looks what would go.
pub(crate) fn erase(connection: &Connection, erasing: &Erasing) -> Result<Erasure> {
    let Some(stored) = keys::load(connection, &erasing.key)? else {
        return Ok(Erasure::Missing);
    };
    if let Some(erased) = &stored.review.erased {
        return Ok(Erasure::Already(erased.at));
    }
    let about = notices_about(connection, &stored.review.key)?;
    if !erasing.dry
        && let Some(until) = under_way(connection, &stored.review, &about, erasing.at)?
    {
        return Ok(Erasure::Busy(until));
    }
    let gone = what_goes(connection, &about, &stored.review.key)?;
    if erasing.dry {
        return Ok(Erasure::Done(gone));
    }
    let salt = salt_or(connection, &erasing.fresh)?;
    let former = stored.review.key.clone();
    forget_location(connection, &stored.review)?;
    let mut review = stored.review;
    review.erase(shop_of(connection, &review)?, &salt, erasing.at);
    reviews::update(connection, stored.number, &review, None)?;
    keys::rekey(connection, stored.number, &former, &review.key)?;
    connection
        .prepare_cached("DELETE FROM words WHERE review = ?1")?
        .execute([former.to_string()])?;
    for notice in about {
        rewrite(connection, notice, &former, &review.key)?;
    }
    count_one(connection)?;
    Ok(Erasure::Done(gone))
}

/// Counts an erasure, whose sweep is owed.
pub(crate) fn count_one(connection: &Connection) -> Result<()> {
    let sql = "INSERT INTO meta (key, value) VALUES ('erasures', 1) \
               ON CONFLICT (key) DO UPDATE SET value = value + 1";
    connection.prepare_cached(sql)?.execute([])?;
    sweep::owe(connection)
}

/// How many reviews were erased.
pub(crate) fn count(connection: &Connection) -> Result<u64> {
    let sql = "SELECT value FROM meta WHERE key = 'erasures'";
    let found: Option<i64> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0) as u64)
}

fn shop_of(connection: &Connection, review: &Review) -> Result<Option<ShopId>> {
    let sql = "SELECT body FROM brand WHERE id = ?1";
    let body = connection.query_row(sql, [review.brand.as_str()], |row| row.get::<_, String>(0));
    let Some(body) = body.optional()? else { return Ok(None) };
    let brand: Brand = serde_json::from_str(&body)?;
    Ok(review.shop_to_keep(&brand))
}

/// The notices about a review: its own, and those in whose message one of them went.
fn notices_about(connection: &Connection, key: &ReviewKey) -> Result<Vec<Notice>> {
    let sql = "SELECT id FROM notice WHERE review = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let ids = statement.query_map([key.to_string()], |row| row.get::<_, String>(0))?;
    let mut found: Vec<Notice> = Vec::new();
    for id in ids {
        found.extend(
            NoticeId::from_text(&id?)
                .and_then(|id| notices::load(connection, &id).transpose())
                .transpose()?,
        );
    }
    let leaders: Vec<NoticeId> = found.iter().filter_map(notices::went_with).collect();
    for leader in leaders {
        if found.iter().all(|known| known.what.id != leader) {
            found.extend(notices::load(connection, &leader)?);
        }
    }
    Ok(found)
}

/// Until when a message is under way that may show the review: one of its notices, or a report or
/// gathered praise of its brand.
fn under_way(
    connection: &Connection,
    review: &Review,
    about: &[Notice],
    now: Timestamp,
) -> Result<Option<Timestamp>> {
    let sending = about.iter().filter(|notice| notice.state == NoticeState::Sending);
    let own = sending.map(|notice| notice.due_at).filter(|until| *until > now).max();
    let sql = "SELECT max(due_at) FROM notice INDEXED BY notice_due \
               WHERE state IN ('pending', 'held', 'sending') AND state = 'sending' \
               AND due_at > ?1 AND review IS NULL AND brand = ?2";
    let values = params![micros(now), review.brand.as_str()];
    let of_brand: Option<i64> =
        connection.prepare_cached(sql)?.query_row(values, |row| row.get(0))?;
    Ok(own.max(of_brand.map(crate::time::moment).transpose()?))
}

/// Whether new notices name a review other than this one that was erased: whoever made them had
/// looked at it before.
pub(crate) fn is_named(
    c: &Connection,
    keys: &keys::Keys,
    made: &[NewNotice],
    but: &ReviewKey,
) -> Result<bool> {
    for what in made {
        let Subject::Review { reviews, .. } = &what.subject else { continue };
        for other in reviews.iter().filter(|other| *other != but) {
            if keys.load(c, other)?.is_some_and(|stored| stored.review.is_erased()) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether a notice is about this review and no other that is not erased.
fn is_only_about(c: &Connection, notice: &Notice, key: &ReviewKey) -> Result<bool> {
    let Subject::Review { reviews, .. } = &notice.what.subject else { return Ok(false) };
    for other in reviews.iter().filter(|other| *other != key) {
        if keys::load(c, other)?.is_some_and(|stored| !stored.review.is_erased()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_unsent(notice: &Notice) -> bool {
    !matches!(notice.state, NoticeState::Sent | NoticeState::Cancelled)
}

fn what_goes(c: &Connection, about: &[Notice], key: &ReviewKey) -> Result<Gone> {
    let mut unsent = 0;
    for notice in about.iter().filter(|notice| is_unsent(notice)) {
        unsent += u64::from(is_only_about(c, notice, key)?);
    }
    // One that went in another's message is counted there.
    let is_sent = |notice: &&Notice| {
        let arrived = notice.state == NoticeState::Sent || notice.unknowns > 0;
        arrived && notices::went_with(notice).is_none()
    };
    Ok(Gone {
        unsent,
        sent: about.iter().filter(is_sent).count() as u64,
        notices: about.iter().map(|notice| notice.what.id.clone()).collect(),
    })
}

/// Takes the former key and the texts out of a notice. One that is not sent and is about nothing
/// else is cancelled; one that is about others too is sent without the erased one.
fn rewrite(c: &Connection, notice: Notice, former: &ReviewKey, new: &ReviewKey) -> Result<()> {
    if matches!(notice.what.subject, Subject::Fetch(_)) {
        // What is yet to be read of it is not read any more.
        c.execute("DELETE FROM notice WHERE id = ?1", [notice.what.id.as_str()])?;
        return Ok(());
    }
    let is_cancelled = is_unsent(&notice) && is_only_about(c, &notice, former)?;
    let mut what: NewNotice = notice.what;
    if let Subject::Review { reviews, .. } = &mut what.subject {
        reviews.iter_mut().filter(|key| *key == former).for_each(|key| new.clone_into(key));
    }
    let sql = "UPDATE notice SET review = ?2, body = ?3, subject_line = NULL, \
               state = CASE WHEN ?4 THEN 'cancelled' ELSE state END, \
               token = CASE WHEN ?4 THEN NULL ELSE token END, \
               reason = CASE WHEN ?4 THEN ?5 ELSE reason END WHERE id = ?1";
    c.prepare_cached(sql)?.execute(params![
        what.id.as_str(),
        what.subject.review().map(ToString::to_string),
        serde_json::to_string(&what)?,
        is_cancelled,
        ERASED,
    ])?;
    Ok(())
}

/// The operator may have been told the review's location: it goes from what is counted, and from
/// the message that told it.
fn forget_location(connection: &Connection, review: &Review) -> Result<()> {
    let location = review.written().and_then(|content| content.location.as_deref());
    let Some(location) = location else { return Ok(()) };
    let told = Trouble::with(Matter::Location, review.key.source.as_str(), location);
    let sql = "DELETE FROM trouble WHERE code = ?1 AND about = ?2 AND detail = ?3 \
               RETURNING told_at";
    let values = params![told.matter.id(), told.about, told.detail];
    let told_at = connection.query_row(sql, values, |row| row.get::<_, Option<i64>>(0));
    let Some(Some(told_at)) = told_at.optional()? else { return Ok(()) };
    let sql = "SELECT body FROM notice WHERE made_at = ?1 AND review IS NULL AND brand = ?2";
    let mut statement = connection.prepare(sql)?;
    let operator = vigie_domain::BrandId::operator();
    let bodies = statement.query_map(params![told_at, operator.as_str()], |row| row.get(0))?;
    for body in bodies {
        let body: String = body?;
        let mut what: NewNotice = serde_json::from_str(&body)?;
        if let Subject::Operator(telling) = &mut what.subject {
            telling.details.retain(|detail| *detail != told.detail);
        }
        let sql = "UPDATE notice SET body = ?2 WHERE id = ?1";
        connection.execute(sql, params![what.id.as_str(), serde_json::to_string(&what)?])?;
    }
    Ok(())
}

/// The ids of a source's rejected events that mention something, in their bodies or headers.
pub(crate) fn rejected(c: &Connection, source: &str, mentions: &Mentions) -> Result<Vec<String>> {
    let sql = "SELECT id, event, headers, reason FROM rejected WHERE source = ?1";
    let mut statement = c.prepare_cached(sql)?;
    let mut rows = statement.query([source])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (event, headers): (String, String) = (row.get(1)?, row.get(2)?);
        let reason: String = row.get(3)?;
        let says = mentions.in_json(&event) || mentions.in_json(&headers);
        if says || mentions.in_text(&reason) {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// Forgets events that could not be mapped.
pub(crate) fn forget_rejected(connection: &Connection, ids: &[String]) -> Result<()> {
    for id in ids {
        connection.prepare_cached("DELETE FROM rejected WHERE id = ?1")?.execute([id])?;
    }
    sweep::owe(connection)
}

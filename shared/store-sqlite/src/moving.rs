//! Moving to another home, or from one: what is kept, piece by piece, and where this home stands.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use vigie_domain::Digest;
use vigie_ports::moving::{bare, dressed};
use vigie_ports::{
    Keys as KeysMoved, Mark, MovedReview, Moving, Page, Piece, Rejected, Standing, StoreError,
    StoredBrand, Written,
};

use crate::fault::Fault;
use crate::time::{micros, moment};
use crate::{SqliteStore, brands, erase, keys, notices, reviews, troubles};

type Result<T> = std::result::Result<T, Fault>;
type Answer<T> = std::result::Result<T, StoreError>;

/// Reviews or notices of a page: a second's work for the other side.
const PAGE: u32 = 500;
/// What a mark begins with, by where it stands.
const REVIEW: &str = "review/";
const NOTICE: &str = "notice/";

/// Refuses to write something new unless this home is open: in the transaction that would.
pub(crate) fn refuse_unless_open(connection: &Connection) -> Result<()> {
    match standing(connection)?.refusal() {
        None => Ok(()),
        Some(StoreError::Elsewhere(told)) => Err(Fault::Elsewhere(told)),
        Some(other) => Err(Fault::Corrupt(other.to_string())),
    }
}

fn standing(connection: &Connection) -> Result<Standing> {
    let sql = "SELECT value FROM meta WHERE key = 'standing'";
    let text = connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, String>(0));
    match text.optional()? {
        None => Ok(Standing::Open),
        Some(text) => Ok(serde_json::from_str(&text)?),
    }
}

fn stand(connection: &Connection, was: &Standing, now: &Standing) -> Result<Written> {
    if standing(connection)? != *was {
        return Ok(Written::Moved);
    }
    if now.is_open() {
        connection.execute("DELETE FROM meta WHERE key = 'standing'", [])?;
    } else {
        let sql = "INSERT INTO meta (key, value) VALUES ('standing', ?1) \
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        connection.execute(sql, [serde_json::to_string(now)?])?;
    }
    Ok(Written::Done)
}

fn keys_of(connection: &Connection) -> Result<KeysMoved> {
    let bytes = |key: &str| -> Result<Option<[u8; 32]>> {
        let sql = "SELECT value FROM meta WHERE key = ?1";
        let found =
            connection.prepare_cached(sql)?.query_row([key], |row| row.get::<_, Vec<u8>>(0));
        let wrong = |_| Fault::Corrupt(format!("{key} is not 32 bytes"));
        found.optional()?.map(|bytes| bytes.try_into().map_err(wrong)).transpose()
    };
    Ok(KeysMoved { desk: bytes("desk_key")?, tombstones: bytes("erasure_salt")? })
}

/// A page: all that is few at first, then reviews by their numbers, then notices by their ids.
fn page(connection: &Connection, after: Option<&Mark>) -> Result<Page> {
    let Some(Mark(after)) = after else {
        let pieces = few(connection)?;
        return Ok(Page { pieces, next: Some(Mark(format!("{REVIEW}0"))) });
    };
    if let Some(number) = after.strip_prefix(REVIEW) {
        let found = reviews_after(connection, number.parse().unwrap_or_default())?;
        let last = found.last().map(|last| last.stored.number);
        let next = last.map_or_else(|| NOTICE.to_owned(), |last| format!("{REVIEW}{}", last.0));
        let pieces = found.into_iter().map(|one| Piece::Review(Box::new(one))).collect();
        return Ok(Page { pieces, next: Some(Mark(next)) });
    }
    let id = after.strip_prefix(NOTICE).unwrap_or_default();
    let found = notices::after(connection, id, PAGE)?;
    let last = found.last().map(|last| Mark(format!("{NOTICE}{}", last.what.id)));
    let pieces = found.into_iter().map(|one| Piece::Notice(Box::new(one))).collect();
    Ok(Page { pieces, next: last })
}

fn few(connection: &Connection) -> Result<Vec<Piece>> {
    let mut pieces = vec![Piece::Keys(keys_of(connection)?)];
    pieces
        .extend(brands::list(connection)?.into_iter().map(|one| Piece::Brand(Box::new(bare(one)))));
    pieces.extend(troubles::list(connection)?.into_iter().map(Piece::Trouble));
    let rhythms = troubles::rhythms(connection)?.into_iter();
    pieces.extend(rhythms.map(|(source, rhythm)| Piece::Rhythm(source, rhythm)));
    let events = brands::every_rejected(connection)?;
    pieces.extend(events.into_iter().map(Piece::Rejected));
    Ok(pieces)
}

fn reviews_after(connection: &Connection, number: i64) -> Result<Vec<MovedReview>> {
    let sql = "SELECT number, writes, body, undecided_at, step_at FROM review \
               WHERE number > ?1 ORDER BY number LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![number, PAGE], |row: &Row<'_>| {
        Ok((reviews::stored(row)?, row.get::<_, Option<i64>>(3)?, row.get::<_, Option<i64>>(4)?))
    })?;
    let at = |micros: Option<i64>| micros.map(moment).transpose();
    rows.map(|row| {
        let (stored, undecided_at, step_at) = row?;
        let stored = reviews::read(stored)?;
        Ok(MovedReview { stored, undecided_at: at(undecided_at)?, step_at: at(step_at)? })
    })
    .collect()
}

fn put(connection: &Connection, piece: &Piece) -> Result<()> {
    match piece {
        Piece::Keys(keys) => put_keys(connection, keys),
        Piece::Brand(stored) => put_brand(connection, stored),
        Piece::Trouble(trouble) => troubles::put(connection, trouble),
        Piece::Rhythm(source, rhythm) => troubles::put_rhythm(connection, source, rhythm),
        Piece::Rejected(event) => put_rejected(connection, event),
        Piece::Review(review) => put_review(connection, review),
        Piece::Notice(notice) => notices::put(connection, notice),
    }
}

fn put_keys(connection: &Connection, keys: &KeysMoved) -> Result<()> {
    for (key, bytes) in [("desk_key", keys.desk), ("erasure_salt", keys.tombstones)] {
        let Some(bytes) = bytes else { continue };
        let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2) \
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        connection.execute(sql, params![key, bytes.as_slice()])?;
    }
    Ok(())
}

fn put_brand(connection: &Connection, stored: &StoredBrand) -> Result<()> {
    let here = brands::load(connection, &stored.brand.id)?.map(|here| here.brand);
    let brand = dressed(stored.brand.clone(), here.as_ref());
    let sql = "INSERT INTO brand (id, body, retired, applied_at, report_at, reported_at, praised_at) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE SET \
               body = ?2, retired = ?3, applied_at = ?4, report_at = ?5, reported_at = ?6, \
               praised_at = ?7";
    connection.prepare_cached(sql)?.execute(params![
        stored.brand.id.as_str(),
        serde_json::to_string(&brand)?,
        stored.retired,
        micros(stored.applied_at),
        micros(stored.report_at),
        stored.reported_at.map(micros),
        stored.praised_at.map(micros),
    ])?;
    Ok(())
}

fn put_rejected(connection: &Connection, event: &Rejected) -> Result<()> {
    connection.prepare_cached("DELETE FROM rejected WHERE id = ?1")?.execute([&event.id])?;
    brands::keep_rejected(connection, event)
}

/// A review whose key was another before is an erased one: what it held is overwritten.
fn put_review(connection: &Connection, moved: &MovedReview) -> Result<()> {
    let MovedReview { stored, undecided_at, step_at } = moved;
    let key = &stored.review.key;
    let known = reviews::by_row(connection, stored.number.0 as i64)?;
    reviews::put(connection, stored, undecided_at.map(micros), step_at.map(micros))?;
    match known {
        None => keys::add_old(connection, stored.number, key),
        Some(known) if known.review.key == *key => Ok(()),
        Some(known) => {
            erase::count_one(connection)?;
            keys::rekey(connection, stored.number, &known.review.key, key)
        }
    }
}

fn drop_one(connection: &Connection, piece: &Piece) -> Result<()> {
    let one = |sql: &str, id: &str| -> Result<()> {
        connection.prepare_cached(sql)?.execute([id])?;
        Ok(())
    };
    match piece {
        // One store's keys are the other's too.
        Piece::Keys(_) => Ok(()),
        Piece::Brand(stored) => one("DELETE FROM brand WHERE id = ?1", stored.brand.id.as_str()),
        Piece::Trouble(trouble) => troubles::forget(connection, &trouble.what),
        Piece::Rhythm(source, _) => troubles::forget_rhythm(connection, source),
        Piece::Rejected(event) => one("DELETE FROM rejected WHERE id = ?1", &event.id),
        Piece::Review(moved) => {
            keys::forget_one(connection, moved.stored.number, &moved.stored.review.key)?;
            let number = moved.stored.number.0 as i64;
            connection.prepare_cached("DELETE FROM review WHERE number = ?1")?.execute([number])?;
            Ok(())
        }
        Piece::Notice(notice) => one("DELETE FROM notice WHERE id = ?1", notice.what.id.as_str()),
    }
}

impl Moving for SqliteStore {
    async fn name(&self) -> Answer<String> {
        let keys = self.read(keys_of).await?;
        let digest = Digest::of_bytes(&keys.desk.unwrap_or_default()).to_hex();
        Ok(format!("store {}", digest.chars().take(16).collect::<String>()))
    }

    async fn standing(&self) -> Answer<Standing> {
        self.read(standing).await
    }

    async fn stand(&self, was: &Standing, now: &Standing) -> Answer<Written> {
        let (was, now) = (was.clone(), now.clone());
        self.write_always(move |c| stand(c, &was, &now)).await
    }

    async fn is_new(&self) -> Answer<bool> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM review)";
        self.read(move |c| Ok(c.query_row(sql, [], |row| row.get(0))?)).await
    }

    async fn pieces(&self, after: Option<Mark>) -> Answer<Page> {
        self.read(move |c| page(c, after.as_ref())).await
    }

    async fn put_pieces(&self, pieces: Vec<Piece>) -> Answer<Vec<String>> {
        self.write_always(move |c| pieces.iter().try_for_each(|piece| put(c, piece))).await?;
        self.keys.forget();
        Ok(Vec::new())
    }

    async fn drop_pieces(&self, pieces: Vec<Piece>) -> Answer<()> {
        self.write_always(move |c| pieces.iter().try_for_each(|piece| drop_one(c, piece))).await?;
        self.keys.forget();
        Ok(())
    }
}

impl SqliteStore {
    /// The latest end of a claim that somebody holds.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn claimed_until(&self) -> Answer<Option<Timestamp>> {
        self.read(notices::claimed_until).await
    }
}

//! Moving to another home, or from one: what is kept, piece by piece, and where this home stands.
//!
//! A home on AWS that is not open is kept from writing by its functions: each looks, before it does
//! anything, at the item that counts applications, and there is where the home stands.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use vigie_domain::Digest;
use vigie_ports::moving::bare;
use vigie_ports::{Keys, Mark, MovedReview, Moving, Page, Piece, Standing, StoreError, Written};

use crate::calls::Changed;
use crate::expression::Expression;
use crate::item::{Item, Key, REVIEW, from_body, integer, number, string, text, to_body};
use crate::reviews::Known;
use crate::{DynamoStore, fault, notices};

type Answer<T> = Result<T, StoreError>;

/// Parts of the table that are read beside each other.
const SEGMENTS: usize = 4;
/// Items of a part on a page.
const PAGE: i32 = 250;
/// Pieces that are written beside each other.
const BESIDE: usize = 32;

/// How far a part was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Segment {
    Start,
    After(String, String),
    End,
}

impl DynamoStore {
    /// How often `vigie apply` was made, and where this home stands: one small read.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn home(&self) -> Answer<(u64, Standing)> {
        home_in(self.get(generation()).await?)
    }

    async fn stand_elsewhere(&self, was: &Standing, now: &Standing) -> Answer<Written> {
        let told = |standing: &Standing| match standing {
            Standing::Open => Ok(None),
            other => to_body(other).map(|body| Some(string(body))),
        };
        // The count moves too: what functions hold of this home is read anew.
        let change = Expression::new().set_or_remove("standing", told(now)?).add("n", number(1));
        let change = match told(was)? {
            Some(was) => change.when("standing", "=", was),
            None => change.when_missing("standing"),
        };
        match self.change(generation(), &change).await? {
            Changed::Done(_) => Ok(Written::Done),
            // Ours, where the answer to the first try was lost.
            Changed::Refused(_) if self.home().await?.1 == *now => Ok(Written::Done),
            Changed::Refused(_) => Ok(Written::Moved),
        }
    }

    async fn keys(&self) -> Answer<Keys> {
        let bytes = |item: Option<Item>| {
            let item = item?;
            let bytes = item.get("bytes").and_then(|value| value.as_b().ok())?;
            bytes.as_ref().try_into().ok()
        };
        let desk = bytes(self.get(Key::meta("desk_key")).await?);
        let tombstones = bytes(self.get(Key::meta("salt")).await?);
        Ok(Keys { desk, tombstones })
    }

    async fn put_keys(&self, keys: &Keys) -> Answer<()> {
        for (name, bytes) in [("desk_key", keys.desk), ("salt", keys.tombstones)] {
            let Some(bytes) = bytes else { continue };
            let mut item = Key::meta(name).into_item();
            item.insert("bytes".to_owned(), AttributeValue::B(Blob::new(bytes)));
            self.put_over(item).await?;
        }
        self.forget_desk_key();
        self.read_salt().await
    }

    async fn few(&self) -> Answer<Vec<Piece>> {
        let mut pieces = vec![Piece::Keys(self.keys().await?)];
        let brands = self.all_brands().await?.into_iter();
        pieces.extend(brands.map(|stored| Piece::Brand(Box::new(bare(stored)))));
        pieces.extend(self.all_troubles().await?.into_iter().map(Piece::Trouble));
        let rhythms = self.all_rhythms().await?.into_iter();
        pieces.extend(rhythms.map(|(source, rhythm)| Piece::Rhythm(source, rhythm)));
        pieces.extend(self.events().await?.into_iter().map(Piece::Rejected));
        Ok(pieces)
    }

    async fn page(&self, segments: Vec<Segment>) -> Answer<Page> {
        let read = segments.into_iter().enumerate().map(|(n, segment)| self.scan(n, segment));
        let (mut pieces, mut next) = (Vec::new(), Vec::new());
        for (items, segment) in try_join_all(read).await? {
            for item in items {
                pieces.extend(piece(&item)?);
            }
            next.push(segment);
        }
        let is_end = next.iter().all(|segment| *segment == Segment::End);
        let next = if is_end { None } else { Some(Mark(to_body(&next)?)) };
        Ok(Page { pieces, next })
    }

    /// Some items of a part, and how far it was read.
    async fn scan(&self, part: usize, segment: Segment) -> Answer<(Vec<Item>, Segment)> {
        let after = match segment {
            Segment::End => return Ok((Vec::new(), segment)),
            Segment::Start => None,
            Segment::After(pk, sk) => Some(Key::new(pk, sk).into_item()),
        };
        let asked = self
            .client
            .scan()
            .table_name(&self.table)
            .consistent_read(true)
            .segment(part as i32)
            .total_segments(SEGMENTS as i32)
            .limit(PAGE)
            .set_exclusive_start_key(after);
        let answer = asked.send().await;
        let answer = answer.map_err(|e| fault::refused(&self.table, "reading the table", &e))?;
        let last = answer.last_evaluated_key.filter(|key| !key.is_empty());
        let segment = last.map_or(Segment::End, |last| {
            let Key { pk, sk } = Key::of(&last);
            Segment::After(pk, sk)
        });
        Ok((answer.items.unwrap_or_default(), segment))
    }

    /// Puts one in; `false`: it must come again behind others.
    async fn put_one(&self, piece: &Piece) -> Answer<bool> {
        match piece {
            Piece::Keys(keys) => self.put_keys(keys).await?,
            Piece::Brand(stored) => self.put_brand(stored).await?,
            Piece::Trouble(trouble) => self.put_trouble(trouble).await?,
            Piece::Rhythm(source, rhythm) => self.put_rhythm(source, rhythm).await?,
            Piece::Rejected(event) => self.put_event(event).await?,
            Piece::Review(moved) => self.put_review(moved).await?,
            Piece::Notice(notice) => return self.put_notice(notice).await,
        }
        Ok(true)
    }

    /// Puts one in; gives its name if it must come again behind others.
    async fn put_or_name(&self, piece: Piece) -> Answer<Option<String>> {
        let is_in = self.put_one(&piece).await?;
        Ok((!is_in).then(|| piece.name()))
    }

    async fn drop_one(&self, piece: &Piece) -> Answer<()> {
        match piece {
            // One store's keys are the other's too.
            Piece::Keys(_) => Ok(()),
            Piece::Brand(stored) => self.remove_brand(&stored.brand.id).await,
            Piece::Trouble(trouble) => self.forget_trouble(&trouble.what).await,
            Piece::Rhythm(source, _) => self.forget_rhythm(source).await,
            Piece::Rejected(event) => self.forget_event(&event.id).await,
            Piece::Review(moved) => self.remove(self.place_of(&moved.stored.review)).await,
            Piece::Notice(notice) => self.remove(Key::notice(&notice.what.id)).await,
        }
    }

    /// Pieces that many writes of one item make wait for each other, one by one; then reviews; then
    /// what names them.
    async fn put_all(&self, pieces: Vec<Piece>) -> Answer<Vec<String>> {
        let mut groups: BTreeMap<u8, Vec<Piece>> = BTreeMap::new();
        for piece in pieces {
            let group = match piece {
                Piece::Review(_) => 1,
                Piece::Notice(_) => 2,
                _ => 0,
            };
            groups.entry(group).or_default().push(piece);
        }
        let mut later = Vec::new();
        for (group, pieces) in groups {
            let numbers = pieces.iter().filter_map(number_of).max();
            let beside = if group == 0 { 1 } else { BESIDE };
            let put = pieces.into_iter().map(|piece| self.put_or_name(piece));
            let put = futures_util::stream::iter(put).buffer_unordered(beside);
            let some: Vec<_> = put.try_collect().await?;
            later.extend(some.into_iter().flatten());
            if let Some(number) = numbers {
                self.count_from(number).await?;
            }
        }
        Ok(later)
    }
}

pub(crate) fn generation() -> Key {
    Key::meta("generation")
}

/// How often `vigie apply` was made, and where the home stands, in the item that says so.
pub(crate) fn home_in(item: Option<Item>) -> Answer<(u64, Standing)> {
    let Some(item) = item else { return Ok((0, Standing::Open)) };
    let count = integer(&item, "n").unwrap_or(0).unsigned_abs();
    let standing = text(&item, "standing").map(|body| from_body("META/generation", &body));
    Ok((count, standing.transpose()?.unwrap_or_default()))
}

fn number_of(piece: &Piece) -> Option<u64> {
    match piece {
        Piece::Review(moved) => Some(moved.stored.number.0),
        _ => None,
    }
}

/// The piece that an item of the table itself is, if it is a review or a notice.
fn piece(item: &Item) -> Answer<Option<Piece>> {
    let key = Key::of(item);
    if key.pk.starts_with(REVIEW) {
        let Known { stored, undecided_at, step_at, .. } = Known::read(item)?;
        let moved = MovedReview { stored, undecided_at, step_at };
        return Ok(Some(Piece::Review(Box::new(moved))));
    }
    if key.notice_id().is_some() {
        let notice = notices::Lying::read(item)?.notice;
        return Ok(Some(Piece::Notice(Box::new(notice))));
    }
    Ok(None)
}

impl Moving for DynamoStore {
    async fn name(&self) -> Answer<String> {
        let digest = Digest::of_bytes(&self.keys().await?.desk.unwrap_or_default()).to_hex();
        Ok(format!("store {}", digest.chars().take(16).collect::<String>()))
    }

    async fn standing(&self) -> Answer<Standing> {
        Ok(self.home().await?.1)
    }

    async fn stand(&self, was: &Standing, now: &Standing) -> Answer<Written> {
        Box::pin(self.stand_elsewhere(was, now)).await
    }

    async fn is_new(&self) -> Answer<bool> {
        Ok(self.get(Key::meta("numbers")).await?.is_none())
    }

    async fn pieces(&self, after: Option<Mark>) -> Answer<Page> {
        match after {
            None => {
                let next = Some(Mark(to_body(&vec![Segment::Start; SEGMENTS])?));
                Ok(Page { pieces: Box::pin(self.few()).await?, next })
            }
            Some(Mark(segments)) => Box::pin(self.page(from_body("a mark", &segments)?)).await,
        }
    }

    async fn put_pieces(&self, pieces: Vec<Piece>) -> Answer<Vec<String>> {
        Box::pin(self.put_all(pieces)).await
    }

    async fn drop_pieces(&self, pieces: Vec<Piece>) -> Answer<()> {
        for piece in &pieces {
            Box::pin(self.drop_one(piece)).await?;
        }
        Ok(())
    }
}

//! What is kept no longer than `[retention]` says: a walk that forgets a little at a time.
//!
//! It goes brand by brand along the index by first receipt, up to the moment before which things
//! are old. Each brand has a cursor for each shard, so the next walk goes on from there, and a walk
//! that is cut short by its limit notes its place. A review that was told of later than it came is
//! passed by and noted (`L#<term>`), and looked at again once that is old too.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vigie_domain::BrandId;
use vigie_ports::{Erasing, Erasure, Expired, Expiring, StoreError};

use crate::DynamoStore;
use crate::calls::{Changed, Query};
use crate::document::Document;
use crate::expression::Expression;
use crate::item::{Item, Key, integer, micros, number, sortable, string, text};
use crate::reviews::{Known, Marks};
use crate::table::{PERIOD, SHARDS};

type Answer<T> = Result<T, StoreError>;

/// One of the two terms.
#[derive(Clone, Copy)]
enum Term {
    Reviewer,
    Review,
}

impl Term {
    const fn name(self) -> &'static str {
        match self {
            Self::Reviewer => "reviewer",
            Self::Review => "review",
        }
    }

    /// Where its cursors lie, and its place.
    fn walk(self) -> String {
        format!("X#{}", self.name())
    }

    /// Where its notes lie.
    fn later(self) -> String {
        format!("L#{}", self.name())
    }
}

/// Where a walk goes on: the beginning, if it came to its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    brand: String,
    shard: u64,
    /// Behind this item.
    after: Option<Step>,
}

/// An item that a walk has passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    seen_at: i64,
    pk: String,
}

/// How far a brand's shards were walked, in microseconds.
type Cursors = Vec<i64>;

/// What one walk is asked, and has done.
struct Walk<'a> {
    term: Term,
    before: Timestamp,
    expiring: &'a Expiring,
    left: usize,
    gone: u64,
}

impl DynamoStore {
    pub(crate) async fn expire_some(&self, expiring: &Expiring) -> Answer<Expired> {
        let mut expired = Expired::default();
        if let Some(before) = expiring.review_before {
            let (gone, more) = Box::pin(self.walk(Term::Review, before, expiring)).await?;
            expired.reviews = gone;
            expired.notices = self.forget_notices(before, expiring.limit).await?;
            let full = expired.notices >= u64::from(expiring.limit);
            expired.more |= more || full;
        }
        if let Some(before) = expiring.reviewer_before {
            let (gone, more) = Box::pin(self.walk(Term::Reviewer, before, expiring)).await?;
            expired.reviewers = gone;
            expired.more |= more;
        }
        if let Some(before) = expiring.reviewer_before.max(expiring.review_before) {
            self.forget_events_before(before).await?;
        }
        Ok(expired)
    }

    /// Forgets notices that nothing will move any more.
    async fn forget_notices(&self, before: Timestamp, limit: u32) -> Answer<u64> {
        let mut gone = 0;
        for old in self.made_before(before, limit).await? {
            let still = Expression::new().when("state", "=", string(old.notice.state.id()));
            let delete = self.delete(Key::notice(old.id()), &still)?;
            gone += u64::from(self.transact(vec![delete]).await?.is_empty());
        }
        Ok(gone)
    }

    async fn walk(
        &self,
        term: Term,
        before: Timestamp,
        expiring: &Expiring,
    ) -> Answer<(u64, bool)> {
        let limit = (expiring.limit as usize).max(1);
        let mut walk = Walk { term, before, expiring, left: limit, gone: 0 };
        let late = self.walk_noted(&mut walk, limit).await?;
        let of_late = walk.gone;
        let more = self.walk_on(&mut walk).await?;
        Ok((walk.gone, more || (late && of_late > 0)))
    }

    /// Those that were passed by, and are old now. Whether there may be more.
    async fn walk_noted(&self, walk: &mut Walk<'_>, limit: usize) -> Answer<bool> {
        let old = Expression::new().when("pk", "=", string(walk.term.later())).when(
            "sk",
            "<",
            string(sortable(micros(walk.before))),
        );
        let noted = self.query(Query::table(old).at_most(Some(limit))).await?;
        for note in &noted {
            let pk = text(note, "of").unwrap_or_default();
            let again = match self.get(Key::new(pk, "R")).await? {
                Some(item) => self.take(walk, &Known::read(&item)?).await?,
                None => None,
            };
            // Noted anew under the same name, it stays.
            let key = Key::of(note);
            if again.as_ref() != Some(&key) {
                self.remove(key).await?;
            }
        }
        Ok(noted.len() >= limit)
    }

    /// Goes on from where the last walk came to. Whether there is more.
    async fn walk_on(&self, walk: &mut Walk<'_>) -> Answer<bool> {
        let at = Key::new(walk.term.walk(), "@");
        let mut place: Document<Place> = self.document(at).await?;
        let from = place.value.clone();
        let mut brands = self.brands_from(&from.brand).await?.into_iter().peekable();
        while let Some(brand) = brands.next() {
            let begun = (from.brand == brand.as_str()).then_some(&from);
            if let Some(stopped) = self.walk_brand(walk, &brand, begun).await? {
                place.value = stopped;
                place.save(self).await?;
                return Ok(true);
            }
            // A brand that has nothing costs its queries: they count as a review looked at.
            walk.left = walk.left.saturating_sub(1);
            if walk.left == 0 && brands.peek().is_some() {
                let next = brands.peek().map(ToString::to_string).unwrap_or_default();
                place.value = Place { brand: next, ..Place::default() };
                place.save(self).await?;
                return Ok(true);
            }
        }
        if from != Place::default() {
            place.value = Place::default();
            place.save(self).await?;
        }
        Ok(false)
    }

    /// Brands from an id on, retired ones too.
    async fn brands_from(&self, id: &str) -> Answer<Vec<BrandId>> {
        let mut all = Expression::new().when("pk", "=", string("B"));
        if !id.is_empty() {
            all = all.when("sk", ">=", string(id));
        }
        let found = self.query(Query::table(all)).await?;
        Ok(found.iter().filter_map(|item| crate::brands::id_of(&Key::of(item))).collect())
    }

    /// Walks along a brand's shards; where it stopped, if it did.
    async fn walk_brand(
        &self,
        walk: &mut Walk<'_>,
        brand: &BrandId,
        begun: Option<&Place>,
    ) -> Answer<Option<Place>> {
        let key = Key::new(walk.term.walk(), brand.as_str());
        let mut cursors: Document<Cursors> = self.document(key).await?;
        let before = cursors.value.clone();
        cursors.value.resize(SHARDS as usize, i64::MIN);
        let first = begun.map_or(0, |place| place.shard);
        let mut stopped = None;
        for shard in first..SHARDS {
            let after = begun.filter(|place| place.shard == shard);
            let after = after.and_then(|place| place.after.clone());
            let cursor = cursors.value.get(shard as usize).copied().unwrap_or(i64::MIN);
            let (last, full) = self.walk_shard(walk, brand, shard, (cursor, after)).await?;
            if full {
                let brand = brand.to_string();
                stopped = Some(Place { brand, shard, after: last });
                break;
            }
            if let (Some(last), Some(cursor)) = (last, cursors.value.get_mut(shard as usize)) {
                *cursor = last.seen_at;
            }
        }
        if cursors.value != before && cursors.value.iter().any(|cursor| *cursor > i64::MIN) {
            cursors.save(self).await?;
        }
        Ok(stopped)
    }

    /// Walks along one shard; the last item that it passed, and whether its limit is used up.
    async fn walk_shard(
        &self,
        walk: &mut Walk<'_>,
        brand: &BrandId,
        shard: u64,
        (cursor, after): (i64, Option<Step>),
    ) -> Answer<(Option<Step>, bool)> {
        let until = micros(walk.before).saturating_sub(1);
        if walk.left == 0 || cursor > until {
            return Ok((after, walk.left == 0));
        }
        let part = format!("{brand}#{shard}");
        // What was seen in the cursor's own microsecond is looked at again: one may have come.
        let old = Expression::new().when("period_in", "=", string(&part)).when_between(
            "seen_at",
            number(cursor.max(micros(Timestamp::MIN))),
            number(until),
        );
        let mut query = Query::of(PERIOD, old).at_most(Some(walk.left));
        query.after = after.as_ref().map(|step| {
            let mut behind: Item = Key::new(&step.pk, "R").into_item();
            behind.insert("period_in".to_owned(), string(&part));
            behind.insert("seen_at".to_owned(), number(step.seen_at));
            behind
        });
        let found = self.query(query).await?;
        walk.left -= found.len().min(walk.left);
        let mut last = after;
        for item in &found {
            let key = Key::of(item);
            let seen_at = integer(item, "seen_at").unwrap_or_default();
            last = Some(Step { seen_at, pk: key.pk.clone() });
            if let Some(item) = self.get(key).await? {
                self.take(walk, &Known::read(&item)?).await?;
            }
        }
        Ok((last, walk.left == 0))
    }

    /// Takes what is old of a review; notes one that is to be looked at again: gives the note.
    async fn take(&self, walk: &mut Walk<'_>, known: &Known) -> Answer<Option<Key>> {
        let review = &known.stored.review;
        if review.is_erased() {
            return Ok(None);
        }
        let last = review.last_told_at();
        let stays = if last >= walk.before {
            true
        } else {
            match walk.term {
                Term::Reviewer => !self.remove_reviewer(walk, known).await?,
                Term::Review => {
                    let Expiring { fresh, at, .. } = *walk.expiring;
                    let erasing = Erasing { key: review.key.clone(), fresh, at, dry: false };
                    let erasure = self.erase_one(&erasing).await?;
                    walk.gone += u64::from(matches!(erasure, Erasure::Done(_)));
                    matches!(erasure, Erasure::Busy(_))
                }
            }
        };
        if !stays {
            return Ok(None);
        }
        let name = format!("{}#{}", sortable(micros(last)), known.pk);
        let key = Key::new(walk.term.later(), name);
        let note = Expression::new().set("of", string(&known.pk));
        self.change(key.clone(), &note).await?;
        Ok(Some(key))
    }

    /// Whether the reviewer is gone; not, if the review moved at this moment.
    async fn remove_reviewer(&self, walk: &mut Walk<'_>, known: &Known) -> Answer<bool> {
        let mut review = known.stored.review.clone();
        if !review.remove_reviewer(walk.expiring.at) {
            return Ok(true);
        }
        let marks = Marks { undecided_at: known.undecided_at, step_at: known.step_at };
        let change = known.rewritten(&review, marks)?;
        let done = matches!(self.change(known.key(), &change).await?, Changed::Done(_));
        walk.gone += u64::from(done);
        Ok(done)
    }
}

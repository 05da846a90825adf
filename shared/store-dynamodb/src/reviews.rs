//! Reviews: recording and deciding.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vigie_domain::decide::mark_is_old_at;
use vigie_domain::notice::NoticeId;
use vigie_domain::{Decided, Outcome, Review, ReviewKey, ReviewNumber, State};
use vigie_ports::{Arrival, MovedReview, Recorded, StoreError, StoredReview, Verdict, Written};

use crate::body::Body;
use crate::calls::{Changed, Query, TRIES, pause};
use crate::expression::Expression;
use crate::item::{
    self, Item, Key, REVIEW, ids, micros, moment, number, shard, sortable, string, text, write,
};
use crate::making::Making;
use crate::table::{DUE_SHARDS, LOOKUP, SHARDS};
use crate::{DynamoStore, fault};

type Answer<T> = Result<T, StoreError>;

/// Actions that one transaction holds (DynamoDB's own limit), less the review and one to spare.
pub(crate) const ACTIONS_MAX: usize = 98;

/// A review's item. What an index is keyed by is left out where it is none: a null is refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ReviewItem {
    pk: String,
    sk: String,
    brand: String,
    stands: String,
    number: u64,
    writes: u64,
    body: Body,
    seen_at: i64,
    period_in: String,
    lookup: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_in: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    good_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undecided_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_shard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    erased: Option<i64>,
}

/// What an update takes away where it is none.
const OPTIONAL: [&str; 9] = [
    "open_in",
    "open_key",
    "settled_at",
    "good_at",
    "undecided_at",
    "step_at",
    "due_shard",
    "due_at",
    "erased",
];

/// A review as it lies in the table.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) pk: String,
    pub(crate) stored: StoredReview,
    pub(crate) undecided_at: Option<Timestamp>,
    pub(crate) step_at: Option<Timestamp>,
    /// The notices that name it.
    pub(crate) notices: Vec<NoticeId>,
}

impl Known {
    pub(crate) fn key(&self) -> Key {
        Key::new(&self.pk, "R")
    }

    pub(crate) fn read(item: &Item) -> Answer<Self> {
        let read: ReviewItem = item::read(item)?;
        let review = read.body.read(&read.pk)?;
        let at = |micros: Option<i64>| micros.map(|at| moment(&read.pk, at)).transpose();
        Ok(Self {
            stored: StoredReview { review, number: ReviewNumber(read.number), writes: read.writes },
            undecided_at: at(read.undecided_at)?,
            step_at: at(read.step_at)?,
            notices: ids(item, "notices"),
            pk: read.pk,
        })
    }

    /// The write that puts this review in its place, if that had no more writes than this.
    pub(crate) fn rewritten(&self, review: &Review, marks: Marks) -> Answer<Expression> {
        let writes = self.stored.writes;
        let new = ReviewItem::of(&self.pk, review, self.stored.number, writes + 1, marks)?;
        Ok(columns(&new)?.when("writes", "=", number(writes as i64)))
    }
}

/// The write that makes a review's item this one.
fn columns(new: &ReviewItem) -> Answer<Expression> {
    let mut change = Expression::new();
    let mut columns = write(new)?;
    for name in OPTIONAL {
        change = change.set_or_remove(name, columns.remove(name));
    }
    let kept = ["pk", "sk"];
    let columns = columns.into_iter().filter(|(name, _)| !kept.contains(&name.as_str()));
    // The same text for the same write, which a client's token must have.
    let columns: BTreeMap<_, _> = columns.collect();
    for (name, value) in columns {
        change = change.set(&name, value);
    }
    Ok(change)
}

/// What waits for a moment on a review.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Marks {
    pub(crate) undecided_at: Option<Timestamp>,
    pub(crate) step_at: Option<Timestamp>,
}

impl Marks {
    /// When it is next looked at.
    pub(crate) fn due_at(self) -> Option<Timestamp> {
        let old_at = self.undecided_at.map(mark_is_old_at);
        old_at.into_iter().chain(self.step_at).min()
    }
}

impl ReviewItem {
    fn of(
        pk: &str,
        review: &Review,
        number: ReviewNumber,
        writes: u64,
        marks: Marks,
    ) -> Answer<Self> {
        let brand = review.brand.as_str();
        let in_brand = format!("{brand}#{}", shard(pk, SHARDS));
        let stands = stands(review);
        let settled_at = review.settled_seen_at().map(micros);
        let open_key = match (stands, settled_at) {
            ("open", _) => Some(format!("O#{}", sortable(micros(review.published())))),
            (_, Some(at)) => Some(format!("S#{}", sortable(at))),
            _ => None,
        };
        let due_at = marks.due_at().map(micros);
        Ok(Self {
            pk: pk.to_owned(),
            sk: "R".to_owned(),
            brand: brand.to_owned(),
            stands: stands.to_owned(),
            number: number.0,
            writes,
            body: Body::of(review)?,
            seen_at: micros(review.content_seen_at.unwrap_or(review.first_seen_at)),
            period_in: in_brand.clone(),
            lookup: by_number(number),
            open_in: open_key.is_some().then_some(in_brand),
            open_key,
            settled_at,
            good_at: good_at(review),
            undecided_at: marks.undecided_at.map(micros),
            step_at: marks.step_at.map(micros),
            due_shard: due_at.map(|_| due_shard(pk)),
            due_at,
            erased: review.erased.as_ref().map(|erased| micros(erased.at)),
        })
    }
}

/// The partition of the due index that an item lies in.
pub(crate) fn due_shard(pk: &str) -> String {
    format!("D#{}", shard(pk, DUE_SHARDS))
}

fn by_number(number: ReviewNumber) -> String {
    format!("#{}", number.0)
}

/// A review settled before anybody saw its content is nothing that anybody waits for.
fn stands(review: &Review) -> &'static str {
    match review.state() {
        State::Open if review.content.is_none() => "unseen",
        state => state.id(),
    }
}

/// One that is erased has nothing to show.
fn good_at(review: &Review) -> Option<i64> {
    let review = Some(review).filter(|review| !review.is_erased())?;
    review.decided.as_ref().and_then(|decided| decided.good_at).map(micros)
}

/// Whether a key is what stands in an erased review's key's place, or looks so.
fn looks_hidden(key: &ReviewKey) -> bool {
    let hidden = key.external_id.as_str().strip_prefix("erased-");
    hidden.is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn pk_of(hidden: &ReviewKey) -> String {
    format!("{REVIEW}{}#{}", hidden.source, hidden.external_id)
}

impl DynamoStore {
    /// The partition key of a review, as platforms name it.
    pub(crate) fn pk(&self, key: &ReviewKey) -> String {
        pk_of(&key.tombstone(&self.salt()))
    }

    /// A review, by the key it has or had.
    pub(crate) async fn known(&self, key: &ReviewKey) -> Answer<Option<Known>> {
        if let Some(erased) = self.hidden(key).await? {
            return Ok(Some(erased));
        }
        let item = self.get(Key::new(self.pk(key), "R")).await?;
        item.as_ref().map(Known::read).transpose()
    }

    /// The erased review in whose key's place this one stands.
    pub(crate) async fn hidden(&self, key: &ReviewKey) -> Answer<Option<Known>> {
        if !looks_hidden(key) {
            return Ok(None);
        }
        let item = self.get(Key::new(pk_of(key), "R")).await?;
        let known = item.as_ref().map(Known::read).transpose()?;
        Ok(known.filter(|known| known.stored.review.is_erased()))
    }

    /// Where a review lies, by the key it has now.
    pub(crate) fn place_of(&self, review: &Review) -> Key {
        let key = &review.key;
        Key::new(if review.is_erased() { pk_of(key) } else { self.pk(key) }, "R")
    }

    /// Puts a review in as it is, and leaves which notices name it.
    pub(crate) async fn put_review(&self, moved: &MovedReview) -> Answer<()> {
        let MovedReview { stored, undecided_at, step_at } = moved;
        let key = self.place_of(&stored.review);
        let marks = Marks { undecided_at: *undecided_at, step_at: *step_at };
        let StoredReview { review, number, writes } = stored;
        let new = ReviewItem::of(&key.pk, review, *number, *writes, marks)?;
        self.change(key, &columns(&new)?).await?;
        Ok(())
    }

    pub(crate) async fn numbered(&self, number: ReviewNumber) -> Answer<Option<StoredReview>> {
        let named = Expression::new().when("lookup", "=", string(by_number(number)));
        let found = self.query(Query::of(LOOKUP, named)).await?;
        let found = self.load(crate::keys(&found)).await?;
        Ok(found.into_iter().map(|known| known.stored).find(|stored| stored.number == number))
    }

    /// Reviews, in no order.
    pub(crate) async fn load(&self, keys: Vec<Key>) -> Answer<Vec<Known>> {
        self.get_all(keys).await?.iter().map(Known::read).collect()
    }

    /// Records what is told. What is told of one review keeps its order; others go beside it.
    pub(crate) async fn record_all(&self, arrivals: Vec<Arrival>) -> Answer<Vec<Recorded>> {
        /// Reviews recorded beside each other: a platform's batch is as long as it likes.
        const BESIDE: usize = 16;
        let mut by_key: BTreeMap<String, Vec<(usize, &Arrival)>> = BTreeMap::new();
        for (place, arrival) in arrivals.iter().enumerate() {
            by_key.entry(arrival.key.to_string()).or_default().push((place, arrival));
        }
        let groups: Vec<_> = by_key.into_values().collect();
        let mut all = BTreeMap::new();
        for some in groups.chunks(BESIDE) {
            let recorded = some.iter().map(|group| self.record_in_order(group));
            all.extend(try_join_all(recorded).await?.into_iter().flatten());
        }
        Ok(all.into_values().collect())
    }

    async fn record_in_order(&self, group: &[(usize, &Arrival)]) -> Answer<Vec<(usize, Recorded)>> {
        let mut recorded = Vec::new();
        for (place, arrival) in group {
            recorded.push((*place, Box::pin(self.record_one(arrival)).await?));
        }
        Ok(recorded)
    }

    async fn record_one(&self, arrival: &Arrival) -> Answer<Recorded> {
        if let Some(erased) = self.hidden(&arrival.key).await? {
            let (outcome, number) = (Outcome::Duplicate, erased.stored.number);
            return Ok(Recorded { outcome, undecided: false, number });
        }
        let pk = self.pk(&arrival.key);
        let (review, outcome, undecided) = arrival.first();
        let marks = Marks { undecided_at: undecided.then_some(arrival.at), step_at: None };
        let number = self.next_number().await?;
        let new = ReviewItem::of(&pk, &review, number, 1, marks);
        let known = match new.and_then(|new| write(&new)) {
            Ok(new) => self.put_new(new).await,
            Err(error) => Err(error),
        };
        let Some(known) = known? else { return Ok(Recorded { outcome, undecided, number }) };
        let known = Known::read(&known)?;
        // Ours, where the answer to the first try was lost: the number is taken then.
        if known.stored.number != number {
            self.numbers.give_back(number);
        }
        self.record_known(arrival, known).await
    }

    async fn record_known(&self, arrival: &Arrival, mut known: Known) -> Answer<Recorded> {
        let brand = &arrival.brand.brand;
        for tried in 0..TRIES {
            let was_decided = known.stored.review.is_decided();
            let number = known.stored.number;
            let before = known.stored.review.clone();
            let (review, outcome) = arrival.record(Some(before));
            if outcome != Outcome::Accepted {
                return Ok(Recorded { outcome, undecided: !was_decided, number });
            }
            let marks = Marks { undecided_at: Some(arrival.at), step_at: review.step_at(brand) };
            match self.change(known.key(), &known.rewritten(&review, marks)?).await? {
                Changed::Done(_) => return Ok(Recorded { outcome, undecided: true, number }),
                Changed::Refused(Some(moved)) => known = Known::read(&moved)?,
                Changed::Refused(None) => break,
            }
            pause(tried).await;
        }
        Err(fault::busy("recording a review"))
    }

    /// Stores a decision and makes its notices, if the review has not moved. The mark goes only if
    /// the last change is the one that was decided: a climbed step decides no change.
    pub(crate) async fn decide_one(&self, verdict: &Verdict) -> Answer<Written> {
        let Some(known) = self.known(&verdict.key).await? else { return Ok(Written::Moved) };
        if known.stored.writes != verdict.writes {
            return Ok(Written::Moved);
        }
        let mut review = known.stored.review.clone();
        review.apply_decision(Decided::clone(&verdict.decided), verdict.at);
        let undecided_at = known.undecided_at.filter(|_| !review.is_decided());
        let change = known.rewritten(&review, Marks { undecided_at, step_at: verdict.step_at })?;
        if verdict.notices.is_empty() {
            let changed = self.change(known.key(), &change).await?;
            let done = matches!(changed, Changed::Done(_));
            return Ok(if done { Written::Done } else { Written::Moved });
        }
        let mut making = Making::new(self, verdict, &known).await?;
        if let Some(written) = making.make_beforehand(self, &known).await? {
            return Ok(written);
        }
        let own = making.own.clone();
        making.make(self, &known, &change.add_all("notices", own)).await
    }
}

/// Whether what an index gave is a review.
pub(crate) fn is_review(item: &Item) -> bool {
    text(item, "pk").is_some_and(|pk| pk.starts_with(REVIEW))
}

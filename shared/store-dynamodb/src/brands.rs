//! Brands and their reports.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::TransactWriteItem;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vigie_domain::notice::{GIVE_UP_AFTER, NoticeId};
use vigie_domain::promise::{later, next_report};
use vigie_domain::{Brand, BrandId, SourceId};
use vigie_ports::moving::dressed;
use vigie_ports::{ReportMade, StoreError, StoredBrand, Written};

use crate::calls::{Changed, Query, TRIES, pause};
use crate::expression::Expression;
use crate::item::{
    self, Item, Key, from_body, integer, micros, moment, number, string, text, to_body, write,
};
use crate::reviews::{ACTIONS_MAX, Known, Marks, due_shard};
use crate::table::{OPEN, SHARDS};
use crate::{DynamoStore, fault, notices};

type Answer<T> = Result<T, StoreError>;

/// Where brands lie: one partition, so that all are read at once.
const BRANDS: &str = "B";
/// Messages about a whole brand that an erasure looks for: those of the last reports. One is dead
/// after four days; twice that is beyond doubt.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(2 * GIVE_UP_AFTER.as_hours());
/// A hundred contacts have eight reports in that time.
const REMEMBERED_MAX: usize = 1000;

/// A brand's item.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct BrandItem {
    pk: String,
    sk: String,
    writes: i64,
    retired: bool,
    /// Whether the steps of its reviews are to be reckoned anew still.
    unplanned: bool,
    applied_at: i64,
    report_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reported_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    praised_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_shard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
    /// The notices about the whole brand that were made lately, and when.
    remembered: String,
    body: String,
}

/// A brand as it lies in the table.
pub(crate) struct Lying {
    item: BrandItem,
    pub(crate) stored: StoredBrand,
    pub(crate) remembered: Vec<(NoticeId, Timestamp)>,
}

fn key(id: &BrandId) -> Key {
    Key::new(BRANDS, id.as_str())
}

/// What says whose a source is.
fn pointer(source: &SourceId) -> Key {
    Key::new(format!("H#{source}"), "H")
}

/// The brand of a key, if it is one's.
pub(crate) fn id_of(key: &Key) -> Option<BrandId> {
    (key.pk == BRANDS).then(|| key.sk.parse().ok()).flatten()
}

impl Lying {
    fn read(item: &Item) -> Answer<Self> {
        let item: BrandItem = item::read(item)?;
        let name = format!("{BRANDS}/{}", item.sk);
        let at = |micros| moment(&name, micros);
        let stored = StoredBrand {
            brand: from_body(&name, &item.body)?,
            retired: item.retired,
            applied_at: at(item.applied_at)?,
            report_at: at(item.report_at)?,
            reported_at: item.reported_at.map(at).transpose()?,
            praised_at: item.praised_at.map(at).transpose()?,
        };
        let remembered = from_body(&name, &item.remembered)?;
        Ok(Self { item, stored, remembered })
    }

    /// The write that puts the item in its place, if nobody wrote it since.
    fn rewritten(mut item: BrandItem) -> Answer<Expression> {
        let before = item.writes;
        item.writes += 1;
        let due_at = (!item.retired).then_some(item.report_at);
        item.due_at = due_at;
        item.due_shard = due_at.map(|_| due_shard(&item.sk));
        let mut columns = write(&item)?;
        let mut change = Expression::new();
        for name in ["pk", "sk"] {
            columns.remove(name);
        }
        for name in ["reported_at", "praised_at", "due_shard", "due_at"] {
            change = change.set_or_remove(name, columns.remove(name));
        }
        for (name, value) in columns {
            change = change.set(&name, value);
        }
        Ok(if before == 0 {
            change.when_missing("pk")
        } else {
            change.when("writes", "=", number(before))
        })
    }

    /// Checks in a transaction that nobody wrote the item since: no report was made.
    pub(crate) fn unmoved(&self, store: &DynamoStore) -> Answer<TransactWriteItem> {
        let same = Expression::new().when("writes", "=", number(self.item.writes));
        store.check(Key::new(BRANDS, &self.item.sk), &same)
    }

    /// The item with more notices to remember, and without those that are long over.
    fn remembering(&self, ids: Vec<NoticeId>, now: Timestamp) -> Answer<BrandItem> {
        let mut all = self.remembered.clone();
        all.retain(|(id, at)| later(*at, REMEMBERED) > now && !ids.contains(id));
        all.extend(ids.into_iter().map(|id| (id, now)));
        let over = all.len().saturating_sub(REMEMBERED_MAX);
        all.drain(..over);
        Ok(BrandItem { remembered: to_body(&all)?, ..self.item.clone() })
    }
}

/// The action that makes a brand remember notices; none for what is no brand, the operator.
pub(crate) async fn remembers(
    store: &DynamoStore,
    brand: &BrandId,
    ids: Vec<NoticeId>,
    now: Timestamp,
) -> Answer<Option<TransactWriteItem>> {
    let Some(lying) = store.lying_brand(brand).await? else { return Ok(None) };
    let change = Lying::rewritten(lying.remembering(ids, now)?)?;
    store.update(key(brand), &change).map(Some)
}

/// Has a brand remember a notice that was made elsewhere, if it is not long over.
pub(crate) async fn remember_one(
    store: &DynamoStore,
    brand: &BrandId,
    id: &NoticeId,
    made_at: Timestamp,
) -> Answer<()> {
    for tried in 0..TRIES {
        let Some(lying) = store.lying_brand(brand).await? else { return Ok(()) };
        if lying.remembered.iter().any(|(known, _)| known == id) {
            return Ok(());
        }
        let mut all = lying.remembered.clone();
        all.push((id.clone(), made_at));
        all.sort_by_key(|(_, at)| *at);
        let latest = all.last().map_or(made_at, |(_, at)| *at);
        all.retain(|(_, at)| later(*at, REMEMBERED) > latest);
        let over = all.len().saturating_sub(REMEMBERED_MAX);
        all.drain(..over);
        let item = BrandItem { remembered: to_body(&all)?, ..lying.item };
        let change = Lying::rewritten(item)?;
        if let Changed::Done(_) = store.change(key(brand), &change).await? {
            return Ok(());
        }
        pause(tried).await;
    }
    Err(fault::busy("noting a brand's messages"))
}

/// The item of a brand that is applied. A report that is due and not made yet stays due, unless its
/// hour itself is another.
fn applied(brand: &Brand, before: Option<&Lying>, now: Timestamp) -> Answer<BrandItem> {
    let same_hour = |old: &StoredBrand| {
        old.brand.report_at == brand.report_at
            && old.brand.timezone == brand.timezone
            && !old.retired
    };
    let kept = before.map(|old| &old.stored).filter(|old| same_hour(old)).map(|old| old.report_at);
    let report_at = micros(kept.unwrap_or_else(|| next_report(brand, now).1));
    let body = to_body(brand)?;
    Ok(match before {
        Some(old) => BrandItem {
            retired: false,
            unplanned: old.item.unplanned || is_another_ladder(&old.stored.brand, brand),
            report_at,
            body,
            ..old.item.clone()
        },
        None => BrandItem {
            pk: BRANDS.to_owned(),
            sk: brand.id.to_string(),
            writes: 0,
            retired: false,
            unplanned: false,
            applied_at: micros(now),
            report_at,
            reported_at: None,
            praised_at: None,
            due_shard: None,
            due_at: None,
            remembered: "[]".to_owned(),
            body,
        },
    })
}

fn is_another_ladder(old: &Brand, brand: &Brand) -> bool {
    old.escalate != brand.escalate || old.answer_within != brand.answer_within
}

impl DynamoStore {
    pub(crate) async fn lying_brand(&self, id: &BrandId) -> Answer<Option<Lying>> {
        self.get(key(id)).await?.as_ref().map(Lying::read).transpose()
    }

    /// The brand that has a source, as its pointer says and the brand itself.
    pub(crate) async fn brand_with(&self, source: &SourceId) -> Answer<Option<StoredBrand>> {
        let Some(item) = self.get(pointer(source)).await? else { return Ok(None) };
        let Some(brand) = text(&item, "brand").and_then(|id| id.parse().ok()) else {
            return Err(fault::corrupt(&pointer(source).pk, "it names no brand"));
        };
        let found = self.lying_brand(&brand).await?.map(|lying| lying.stored);
        Ok(found.filter(|stored| stored.brand.sources.iter().any(|one| one.id == *source)))
    }

    /// Has the sources of a brand found. A pointer to a brand that has not the source is none.
    async fn point(&self, brand: &Brand) -> Answer<()> {
        let to = Expression::new()
            .set("brand", string(brand.id.as_str()))
            .set("v", number(i64::from(item::VERSION)));
        let written = brand.sources.iter().map(|source| self.change(pointer(&source.id), &to));
        try_join_all(written).await?;
        Ok(())
    }

    async fn lying_brands(&self) -> Answer<Vec<Lying>> {
        let all = Expression::new().when("pk", "=", string(BRANDS));
        self.query(Query::table(all)).await?.iter().map(Lying::read).collect()
    }

    pub(crate) async fn all_brands(&self) -> Answer<Vec<StoredBrand>> {
        Ok(self.lying_brands().await?.into_iter().map(|lying| lying.stored).collect())
    }

    /// Makes the stored brands those given, each in a write of its own: there may be thousands. One
    /// that is cut short did not count up the generation, and goes on when it is asked again.
    pub(crate) async fn apply_all(&self, brands: &[Brand], now: Timestamp) -> Answer<()> {
        let known = self.lying_brands().await?;
        for brand in brands {
            let before = known.iter().find(|lying| lying.stored.brand.id == brand.id);
            let is_same = before.is_some_and(|lying| {
                lying.stored.brand == *brand && !lying.stored.retired && !lying.item.unplanned
            });
            if !is_same {
                self.apply_one(brand, now).await?;
            }
        }
        let given: HashSet<_> = brands.iter().map(|brand| &brand.id).collect();
        let live = known.iter().filter(|lying| !lying.stored.retired);
        for gone in live.filter(|lying| !given.contains(&lying.stored.brand.id)) {
            self.retire(&gone.stored.brand.id).await?;
        }
        self.change(Key::meta("generation"), &Expression::new().add("n", number(1))).await?;
        Ok(())
    }

    async fn apply_one(&self, brand: &Brand, now: Timestamp) -> Answer<()> {
        self.point(brand).await?;
        for tried in 0..TRIES {
            let before = self.lying_brand(&brand.id).await?;
            let item = applied(brand, before.as_ref(), now)?;
            let unplanned = item.unplanned;
            let change = Lying::rewritten(item)?;
            if let Changed::Done(_) = self.change(key(&brand.id), &change).await? {
                if unplanned {
                    self.replan(brand).await?;
                    let planned = Expression::new()
                        .set("unplanned", aws_sdk_dynamodb::types::AttributeValue::Bool(false));
                    self.change(key(&brand.id), &planned).await?;
                }
                return Ok(());
            }
            pause(tried).await;
        }
        Err(fault::busy("applying a brand"))
    }

    /// Puts a brand in as it is, and leaves which messages it remembers.
    pub(crate) async fn put_brand(&self, stored: &StoredBrand) -> Answer<()> {
        let StoredBrand { brand, retired, applied_at, report_at, reported_at, praised_at } = stored;
        self.point(brand).await?;
        for tried in 0..TRIES {
            let known = self.lying_brand(&brand.id).await?;
            let here = known.as_ref().map(|known| &known.stored.brand);
            let brand = &dressed(brand.clone(), here);
            let item = BrandItem {
                retired: *retired,
                unplanned: false,
                applied_at: micros(*applied_at),
                report_at: micros(*report_at),
                reported_at: reported_at.map(micros),
                praised_at: praised_at.map(micros),
                ..applied(brand, known.as_ref(), *applied_at)?
            };
            let change = Lying::rewritten(item)?;
            if let Changed::Done(_) = self.change(key(&brand.id), &change).await? {
                return Ok(());
            }
            pause(tried).await;
        }
        Err(fault::busy("moving a brand"))
    }

    /// Takes a brand out.
    pub(crate) async fn remove_brand(&self, id: &BrandId) -> Answer<()> {
        self.remove(key(id)).await
    }

    async fn retire(&self, id: &BrandId) -> Answer<()> {
        for tried in 0..TRIES {
            let Some(lying) = self.lying_brand(id).await? else { return Ok(()) };
            let change = Lying::rewritten(BrandItem { retired: true, ..lying.item })?;
            if let Changed::Done(_) = self.change(key(id), &change).await? {
                return Ok(());
            }
            pause(tried).await;
        }
        Err(fault::busy("retiring a brand"))
    }

    /// Reckons anew the next step of a brand's open reviews: its ladder or its promise changed.
    async fn replan(&self, brand: &Brand) -> Answer<()> {
        for shard in 0..SHARDS {
            let open = Expression::new()
                .when("open_in", "=", string(format!("{}#{shard}", brand.id)))
                .when_begins("open_key", "O#");
            for item in self.query(Query::of(OPEN, open)).await? {
                self.replan_one(Key::of(&item), brand).await?;
            }
        }
        Ok(())
    }

    async fn replan_one(&self, review: Key, brand: &Brand) -> Answer<()> {
        for tried in 0..TRIES {
            let Some(item) = self.get(review.clone()).await? else { return Ok(()) };
            let known = Known::read(&item)?;
            let step_at = known.stored.review.step_at(brand);
            let marks = Marks { undecided_at: known.undecided_at, step_at };
            let change = known.rewritten(&known.stored.review, marks)?;
            if let Changed::Done(_) = self.change(review.clone(), &change).await? {
                return Ok(());
            }
            pause(tried).await;
        }
        Err(fault::busy("reckoning a review's next step"))
    }

    pub(crate) async fn count_of_applications(&self) -> Answer<u64> {
        let item = self.get(Key::meta("generation")).await?;
        Ok(item.and_then(|item| integer(&item, "n")).unwrap_or(0).unsigned_abs())
    }

    /// Stores that a report was made, with its notices.
    pub(crate) async fn report_was_made(&self, made: &ReportMade) -> Answer<Written> {
        let mut new: Vec<_> = made.notices.iter().collect();
        for tried in 0..TRIES {
            let Some(lying) = self.lying_brand(&made.brand).await? else {
                return Ok(Written::Moved);
            };
            if lying.stored.report_at != made.was_due_at {
                return Ok(Written::Moved);
            }
            let about_all = made.notices.iter().filter(|new| new.subject.review().is_none());
            let ids = about_all.map(|new| new.id.clone()).collect();
            let item = BrandItem {
                report_at: micros(made.next_at),
                reported_at: Some(micros(made.at)),
                praised_at: made.praised.then_some(micros(made.at)).or(lying.item.praised_at),
                ..lying.remembering(ids, made.at)?
            };
            let change = Lying::rewritten(item)?;
            let mut actions = vec![self.update(key(&made.brand), &change)?];
            for new in &new {
                let item = notices::new_item(new, made.at)?;
                actions.push(self.put(item, &Expression::new().when_missing("pk"))?);
            }
            if actions.len() > ACTIONS_MAX {
                return Err(fault::busy("a report to more than 97 recipients"));
            }
            let refused = self.transact(actions).await?;
            if refused.is_empty() {
                return Ok(Written::Done);
            }
            // A notice that exists is left as it is; a brand that moved is looked at again.
            let mut place = 0;
            new.retain(|_| {
                place += 1;
                !refused.iter().any(|refusal| refusal.index == place)
            });
            pause(tried).await;
        }
        Err(fault::busy("storing a report"))
    }
}

//! What reports read: what is open, what was settled, what was first seen in a period.

use std::ops::ControlFlow;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use vigie_domain::{BrandId, State};
use vigie_ports::{StoreError, StoredReview};

use crate::calls::{BATCH_MAX, Query};
use crate::expression::Expression;
use crate::item::{Item, integer, micros, number, sortable, string};
use crate::reviews::Known;
use crate::table::{OPEN, PERIOD, SHARDS};
use crate::{DynamoStore, keys};

/// Entries of the index that are read of each shard before their reviews are.
const OPEN_PAGE: usize = 50;

type Answer<T> = Result<T, StoreError>;

/// The index's entries of one shard of a brand that are open.
fn open_in(brand: &BrandId, shard: u64) -> Expression {
    Expression::new()
        .when("open_in", "=", string(format!("{brand}#{shard}")))
        .when_begins("open_key", "O#")
}

/// Those that were settled after a moment, by another.
fn settled_in(brand: &BrandId, shard: u64, after: i64, until: i64) -> Expression {
    let key = |at: i64| string(format!("S#{}", sortable(at)));
    Expression::new().when("open_in", "=", string(format!("{brand}#{shard}"))).when_between(
        "open_key",
        key(after.saturating_add(1)),
        key(until),
    )
}

/// Those that were first seen after a moment and by another.
fn seen_in(brand: &BrandId, shard: u64, since: Timestamp, until: Timestamp) -> Option<Expression> {
    let (after, until) = (micros(since).saturating_add(1), micros(until));
    // DynamoDB refuses a range that ends before it begins.
    (after <= until).then(|| {
        Expression::new().when("period_in", "=", string(format!("{brand}#{shard}"))).when_between(
            "seen_at",
            number(after),
            number(until),
        )
    })
}

fn is_open(known: &Known) -> bool {
    known.stored.review.state() == State::Open && known.stored.review.content.is_some()
}

/// Whether a report of a moment may have to tell of it.
fn may_be_told(known: &Known, at: Timestamp) -> bool {
    let settled = known.stored.review.settled_seen_at();
    seen_at(known) <= at && (is_open(known) || settled.is_some_and(|settled| settled > at))
}

fn seen_at(known: &Known) -> Timestamp {
    let review = &known.stored.review;
    review.content_seen_at.unwrap_or(review.first_seen_at)
}

fn stored(some: Vec<Known>) -> Vec<StoredReview> {
    some.into_iter().map(|known| known.stored).collect()
}

impl DynamoStore {
    async fn gather(&self, asked: impl Iterator<Item = Query>) -> Answer<Vec<Item>> {
        let found = try_join_all(asked.map(|query| self.query(query))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Shows what a report of a moment may have to tell: 16 queries, a page of each at a time, and
    /// a read of each review in it.
    pub(crate) async fn shown_at(
        &self,
        brand: &BrandId,
        at: Timestamp,
        mut visit: impl FnMut(StoredReview) -> ControlFlow<()> + Send,
    ) -> Answer<()> {
        let seen = |expression: Expression| {
            Query::of(OPEN, expression.filter().when("seen_at", "<=", number(micros(at))))
        };
        let open = (0..SHARDS).map(|shard| seen(open_in(brand, shard)));
        let settled = (0..SHARDS).map(|shard| seen(settled_in(brand, shard, micros(at), i64::MAX)));
        let mut asked: Vec<_> = open.chain(settled).map(|query| (query, None)).collect();
        while !asked.is_empty() {
            let pages = asked.iter().map(|(query, after): &(_, Option<Item>)| {
                self.query_page(query, after.clone(), Some(OPEN_PAGE))
            });
            let pages = try_join_all(pages).await?;
            let mut found = Vec::new();
            let mut left = Vec::new();
            for ((query, _), (items, next)) in asked.into_iter().zip(pages) {
                found.extend(items);
                left.extend(next.map(|next| (query, Some(next))));
            }
            asked = left;
            let chunks = keys(&found);
            let chunks = chunks.chunks(BATCH_MAX).map(|chunk| self.load(chunk.to_vec()));
            for known in try_join_all(chunks).await?.into_iter().flatten() {
                if may_be_told(&known, at) && visit(known.stored).is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Reviews settled in a period. One that an edit made open again is found among the open ones.
    pub(crate) async fn settled_in(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
    ) -> Answer<Vec<StoredReview>> {
        let (after, until_micros) = (micros(since), micros(until));
        if after >= until_micros {
            return Ok(Vec::new());
        }
        let settled =
            (0..SHARDS).map(|shard| Query::of(OPEN, settled_in(brand, shard, after, until_micros)));
        let reopened = (0..SHARDS).map(|shard| {
            let settled = open_in(brand, shard).filter().when_between(
                "settled_at",
                number(after.saturating_add(1)),
                number(until_micros),
            );
            Query::of(OPEN, settled)
        });
        let found = self.gather(settled.chain(reopened)).await?;
        let mut found = self.load(keys(&found)).await?;
        let when = |known: &Known| known.stored.review.settled_seen_at();
        found.retain(|known| when(known).is_some_and(|at| at > since && at <= until));
        found.sort_by_key(when);
        Ok(stored(found))
    }

    pub(crate) async fn seen_between(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
    ) -> Answer<u64> {
        let asked = (0..SHARDS).filter_map(|shard| seen_in(brand, shard, since, until));
        let counts = try_join_all(asked.map(|seen| self.count(Query::of(PERIOD, seen)))).await?;
        Ok(counts.into_iter().sum())
    }

    /// Reviews that became good in a period, and how many.
    pub(crate) async fn good_in(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Answer<(Vec<StoredReview>, u64)> {
        let good = |seen: Expression| seen.filter().when_there("good_at");
        let mut found = self.standing(brand, since, until, good).await?;
        let count = found.len() as u64;
        found.sort_by_key(|item| integer(item, "seen_at"));
        found.truncate(limit as usize);
        let mut good = self.load(keys(&found)).await?;
        good.sort_by_key(seen_at);
        Ok((stored(good), count))
    }

    /// Reviews first seen in a period that are not good, and how many: the latest first.
    pub(crate) async fn poor_in(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Answer<(Vec<StoredReview>, u64)> {
        let poor = |seen: Expression| seen.filter().when_missing("good_at");
        let mut found = self.standing(brand, since, until, poor).await?;
        let count = found.len() as u64;
        let latest_first = |at: Option<i64>| std::cmp::Reverse(at);
        found.sort_by_key(|item| latest_first(integer(item, "seen_at")));
        found.truncate(limit as usize);
        let mut poor = self.load(keys(&found)).await?;
        poor.retain(|known| known.stored.review.content.is_some());
        poor.sort_by_key(|known| std::cmp::Reverse(seen_at(known)));
        Ok((stored(poor), count))
    }

    /// What the index holds of those first seen in a period that still stand, and fit.
    async fn standing(
        &self,
        brand: &BrandId,
        since: Timestamp,
        until: Timestamp,
        fits: impl Fn(Expression) -> Expression,
    ) -> Answer<Vec<Item>> {
        let asked = (0..SHARDS).filter_map(|shard| seen_in(brand, shard, since, until));
        let asked = asked
            .map(|seen| Query::of(PERIOD, fits(seen).when("stands", "<>", string("withdrawn"))));
        self.gather(asked).await
    }
}

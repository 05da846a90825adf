//! What waits for a moment: one sparse index over reviews, notices and brands.

use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use vigie_domain::decide::mark_is_old_at;
use vigie_domain::notice::NoticeId;
use vigie_domain::{BrandId, ReviewKey};
use vigie_ports::{Due, StoreError, StoredReview};

use crate::calls::{Changed, Query};
use crate::expression::Expression;
use crate::item::{Item, Key, integer, micros, number, string, text};
use crate::reviews::{Known, Marks, is_review};
use crate::table::{DUE, DUE_SHARDS};
use crate::{DynamoStore, brands, keys};

type Answer<T> = Result<T, StoreError>;

/// Steps that are given at once.
const STEPS_MAX: usize = 500;

/// What is due of each sort, with its moment.
#[derive(Default)]
struct Sorts {
    undecided: Vec<(Timestamp, ReviewKey)>,
    steps: Vec<(Timestamp, ReviewKey)>,
    reports: Vec<(i64, BrandId)>,
    notices: Vec<(i64, NoticeId)>,
}

/// What waits at a moment, and for how long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// What is due, as [`vigie_ports::Store::due`] gives it.
    pub due: Vec<Due>,
    /// How long the oldest has waited: a change for its decision, a message for its sending. What
    /// waits for a brand's hours does not count.
    pub oldest: SignedDuration,
    /// Steps of a ladder, and reminders and escalations, that were due [`LATE_AFTER`] ago: the
    /// promise is about to break, and nobody was told.
    pub late: u64,
}

/// How late a step may be before somebody is to hear of it: watch looks each minute, and what it
/// finds is done within seconds.
pub const LATE_AFTER: SignedDuration = SignedDuration::from_mins(5);

impl Waiting {
    /// Counts an item of the index.
    fn count(&mut self, item: &Item, now: i64) {
        let late_at = now - LATE_AFTER.as_micros() as i64;
        let is_late = |name: &str| integer(item, name).is_some_and(|at| at <= late_at);
        if is_review(item) {
            // Zero is a mark that a start has made old: how old, it does not say.
            self.waits(integer(item, "undecided_at").filter(|at| *at > 0), now);
            self.late += u64::from(is_late("step_at"));
            return;
        }
        let state = text(item, "state");
        if matches!(state.as_deref(), Some("pending" | "sending")) {
            self.waits(integer(item, "seen_at"), now);
            let kind = text(item, "kind");
            let is_step = matches!(kind.as_deref(), Some("reminder" | "escalation"));
            self.late += u64::from(is_step && is_late("seen_at"));
        }
    }

    fn waits(&mut self, since: Option<i64>, now: i64) {
        let waited = since.map(|since| SignedDuration::from_micros(now - since));
        self.oldest = self.oldest.max(waited.unwrap_or_default());
    }
}

fn soonest<M: Ord, T>(mut some: Vec<(M, T)>, limit: u32) -> impl Iterator<Item = T> {
    some.sort_by(|a, b| a.0.cmp(&b.0));
    some.into_iter().take(limit as usize).map(|(_, one)| one)
}

impl DynamoStore {
    /// What is due by `now`, at most `limit` of each sort, and how long it has waited. Of three
    /// sorts that share the index each gets its room: a shard is read until it has so many.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn waiting_at(&self, now: Timestamp, limit: u32) -> Answer<Waiting> {
        let enough = (limit as usize).saturating_mul(4);
        let asked = (0..DUE_SHARDS).map(|shard| {
            let due = in_shard(shard).when("due_at", "<=", number(micros(now)));
            self.query(Query::of(DUE, due).at_most(Some(enough)))
        });
        let found: Vec<Item> = try_join_all(asked).await?.into_iter().flatten().collect();
        let mut waiting = Waiting::default();
        for item in &found {
            waiting.count(item, micros(now));
        }
        let mut sorts = Sorts::default();
        let (mut reviews, others): (Vec<Item>, Vec<Item>) = found.into_iter().partition(is_review);
        for item in others {
            let due_at = integer(&item, "due_at").unwrap_or_default();
            let key = Key::of(&item);
            if let Some(id) = key.notice_id() {
                sorts.notices.push((due_at, id));
            } else if let Some(brand) = brands::id_of(&key) {
                sorts.reports.push((due_at, brand));
            }
        }
        reviews.sort_by_key(|item| integer(item, "due_at"));
        reviews.truncate((limit as usize).saturating_mul(2));
        for known in self.load(keys(&reviews)).await? {
            let key = known.stored.review.key;
            let old_at = known.undecided_at.map(mark_is_old_at);
            sorts.undecided.extend(old_at.filter(|at| *at <= now).map(|at| (at, key.clone())));
            sorts.steps.extend(known.step_at.filter(|at| *at <= now).map(|at| (at, key)));
        }
        let due = &mut waiting.due;
        due.extend(soonest(sorts.undecided, limit).map(Due::Undecided));
        due.extend(soonest(sorts.steps, limit).map(Due::Step));
        due.extend(soonest(sorts.reports, limit).map(Due::Report));
        due.extend(soonest(sorts.notices, limit).map(Due::Notice));
        Ok(waiting)
    }

    /// A brand's reviews whose next step is due by a moment. It reads what is due by then, of
    /// every brand: of a quarter of an hour that is little, and much less than what is open.
    pub(crate) async fn steps_by(
        &self,
        brand: &BrandId,
        until: Timestamp,
    ) -> Answer<Vec<StoredReview>> {
        let until_micros = number(micros(until));
        let asked = (0..DUE_SHARDS).map(|shard| {
            let due = in_shard(shard)
                .when("due_at", "<=", until_micros.clone())
                .filter()
                .when("brand", "=", string(brand.as_str()))
                .when("step_at", "<=", until_micros.clone());
            self.query(Query::of(DUE, due))
        });
        let mut found: Vec<Item> = try_join_all(asked).await?.into_iter().flatten().collect();
        found.sort_by_key(|item| integer(item, "step_at"));
        found.truncate(STEPS_MAX);
        let mut steps = self.load(keys(&found)).await?;
        steps.retain(|known| known.step_at.is_some_and(|at| at <= until));
        steps.sort_by_key(|known| (known.step_at, known.stored.number));
        Ok(steps.into_iter().map(|known| known.stored).collect())
    }

    /// Makes everything undecided and every claim due now. It reads the whole index of what waits:
    /// a start is rare.
    pub(crate) async fn take_all_up(&self, now: Timestamp) -> Answer<u64> {
        let asked = (0..DUE_SHARDS).map(|shard| self.query(Query::of(DUE, in_shard(shard))));
        let waiting: Vec<Item> = try_join_all(asked).await?.into_iter().flatten().collect();
        let mut ended = 0;
        for item in waiting {
            let key = Key::of(&item);
            if integer(&item, "undecided_at").is_some_and(|at| at > 0) && is_review(&item) {
                self.look_at_once(key).await?;
            } else if text(&item, "state").as_deref() == Some("sending") {
                let ends = Expression::new()
                    .set("due_at", number(micros(now)))
                    .when("state", "=", string("sending"))
                    .when("due_at", ">", number(micros(now)));
                ended += u64::from(matches!(self.change(key, &ends).await?, Changed::Done(_)));
            }
        }
        Ok(ended)
    }

    /// Makes the mark of a review as old as can be. It counts no write: nothing was told.
    async fn look_at_once(&self, key: Key) -> Answer<()> {
        let Some(item) = self.get(key.clone()).await? else { return Ok(()) };
        let known = Known::read(&item)?;
        let marks = Marks { undecided_at: Some(Timestamp::UNIX_EPOCH), step_at: known.step_at };
        let due_at = marks.due_at().map(|at| number(micros(at)));
        let old = Expression::new()
            .set("undecided_at", number(0))
            .set_or_remove("due_at", due_at)
            .when("writes", "=", number(known.stored.writes as i64))
            .when("undecided_at", ">", number(0));
        self.change(key, &old).await?;
        Ok(())
    }
}

fn in_shard(shard: u64) -> Expression {
    Expression::new().when("due_shard", "=", string(format!("D#{shard}")))
}

//! Notices: made once, claimed by one, listed.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vigie_domain::notice::{NewNotice, Notice, NoticeId, NoticeState};
use vigie_domain::{ContactId, ReviewKey, Subject};
use vigie_ports::{NoticeFilter, Redriven, StoreError};

use crate::body::Body;
use crate::calls::{Changed, Query, TRIES, pause};
use crate::expression::Expression;
use crate::item::{self, Item, Key, ids, integer, micros, moment, number, shard, string, text};
use crate::reviews::due_shard;
use crate::table::{DUE, DUE_SHARDS, LOOKUP, PERIOD, SHARDS};
use crate::{DynamoStore, brands, fault};

type Answer<T> = Result<T, StoreError>;

/// Where dead notices lie in the index `lookup`.
pub(crate) const DEAD: &str = "N#dead";
/// Where all notices lie in the index `period`, before their shard. A brand's id has no capitals.
const ALL: &str = "NOTICES";
/// What a notice says that was sent in another's message.
pub(crate) const WENT_WITH: &str = "its message went with ";
/// The token of a claim that came from another home, and ends by itself.
const NOBODY: &str = "moved";
/// When a notice is due that waits for a person, as the store on SQLite holds it after a restore:
/// the first day of the year 9999.
const RELEASED_BY_A_PERSON: i64 = 253_370_764_800_000_000;

/// A notice's item. `seen_at` is when it was made: the indexes sort by that name.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct NoticeItem {
    pk: String,
    sk: String,
    brand: String,
    contact: String,
    kind: String,
    state: String,
    seen_at: i64,
    due_at: i64,
    attempts: u32,
    unknowns: u32,
    perhaps_twice: u32,
    period_in: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_shard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_line: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<i64>,
    body: Body,
}

/// A notice as it lies in the table.
#[derive(Debug, Clone)]
pub(crate) struct Lying {
    pub(crate) notice: Notice,
    pub(crate) token: Option<String>,
    /// Those that its claim took along.
    pub(crate) along: Vec<NoticeId>,
    /// The claim that settled it, and when.
    pub(crate) settled: Option<String>,
}

impl Lying {
    pub(crate) fn read(item: &Item) -> Answer<Self> {
        let read: NoticeItem = item::read(item)?;
        let at = |micros| moment(&read.pk, micros);
        let state = NoticeState::from_id(&read.state);
        let notice = Notice {
            what: read.body.read(&read.pk)?,
            made_at: at(read.seen_at)?,
            state: state.ok_or_else(|| fault::corrupt(&read.pk, "an unknown state"))?,
            due_at: at(read.due_at)?,
            attempts: read.attempts,
            unknowns: read.unknowns,
            perhaps_twice: read.perhaps_twice,
            reason: read.reason,
            subject_line: read.subject_line,
            sent_at: read.sent_at.map(at).transpose()?,
        };
        let (along, settled) = (ids(item, "along"), text(item, "settled"));
        Ok(Self { notice, token: read.token, along, settled })
    }

    pub(crate) fn id(&self) -> &NoticeId {
        &self.notice.what.id
    }

    /// Whether this token's claim is the current one.
    pub(crate) fn is_claimed_by(&self, token: &str) -> bool {
        self.notice.state == NoticeState::Sending && self.token.as_deref() == Some(token)
    }
}

/// The item of a notice that is made. One that another takes along is cancelled from the start, and
/// says with which it went.
pub(crate) fn new_item(new: &NewNotice, now: Timestamp) -> Answer<Item> {
    let state = if new.with.is_some() { NoticeState::Cancelled } else { NoticeState::Pending };
    item_of(&Notice {
        what: new.clone(),
        made_at: now,
        state,
        due_at: new.due_at,
        attempts: 0,
        unknowns: 0,
        perhaps_twice: 0,
        reason: new.with.as_ref().map(|with| format!("{WENT_WITH}{with}")),
        subject_line: None,
        sent_at: None,
    })
}

/// The item of a notice. A claim on it is nobody's.
fn item_of(notice: &Notice) -> Answer<Item> {
    use NoticeState::{Dead, Held, Pending, Sending};
    let key = Key::notice(&notice.what.id);
    let state = notice.state;
    let waits = matches!(state, Pending | Held | Sending);
    let mut item = item::write(&NoticeItem {
        brand: notice.what.brand.to_string(),
        contact: notice.what.to.to_string(),
        kind: notice.what.kind.id().to_owned(),
        state: state.id().to_owned(),
        seen_at: micros(notice.made_at),
        due_at: micros(notice.due_at),
        attempts: notice.attempts,
        unknowns: notice.unknowns,
        perhaps_twice: notice.perhaps_twice,
        period_in: in_period(shard(&key.pk, SHARDS)),
        due_shard: waits.then(|| due_shard(&key.pk)),
        token: (state == Sending).then(|| NOBODY.to_owned()),
        reason: notice.reason.clone(),
        subject_line: notice.subject_line.clone(),
        sent_at: notice.sent_at.map(micros),
        body: Body::of(&notice.what)?,
        pk: key.pk,
        sk: key.sk,
    })?;
    if state == Dead {
        item.insert("lookup".to_owned(), string(DEAD));
    }
    Ok(item)
}

fn in_period(shard: u64) -> String {
    format!("{ALL}#{shard}")
}

/// The notice in whose message one went.
pub(crate) fn went_with(notice: &Notice) -> Option<NoticeId> {
    let reason = notice.reason.as_deref().and_then(|reason| reason.strip_prefix(WENT_WITH));
    notice.what.with.clone().or_else(|| reason.and_then(NoticeId::from_text))
}

/// The value that puts a notice among those that wait for a moment.
pub(crate) fn waits(id: &NoticeId) -> AttributeValue {
    string(due_shard(&Key::notice(id).pk))
}

impl DynamoStore {
    pub(crate) async fn lying(&self, id: &NoticeId) -> Answer<Option<Lying>> {
        self.get(Key::notice(id)).await?.as_ref().map(Lying::read).transpose()
    }

    /// Notices, in no order; those that are gone are left out.
    pub(crate) async fn lying_all(&self, ids: &[NoticeId]) -> Answer<Vec<Lying>> {
        let found = self.get_all(ids.iter().map(Key::notice).collect()).await?;
        found.iter().map(Lying::read).collect()
    }

    /// Puts a notice in as it is, where what it is about names it: an erasure finds it there.
    /// `false`: a review that it names is not there yet.
    pub(crate) async fn put_notice(&self, notice: &Notice) -> Answer<bool> {
        let what = &notice.what;
        let named = vec![what.id.to_string()];
        if let Subject::Review { reviews, .. } = &what.subject {
            for key in reviews {
                let hidden = self.hidden(key).await?;
                let pk = hidden.map_or_else(|| self.pk(key), |hidden| hidden.pk);
                let names = Expression::new().when_there("pk").add_all("notices", named.clone());
                if let Changed::Refused(_) = self.change(Key::new(pk, "R"), &names).await? {
                    return Ok(false);
                }
            }
        } else {
            brands::remember_one(self, &what.brand, &what.id, notice.made_at).await?;
        }
        self.put_over(item_of(notice)?).await?;
        Ok(true)
    }

    /// Claims a notice that is due: in one write, or two where another's claim on it ended.
    pub(crate) async fn claim_one(
        &self,
        id: &NoticeId,
        token: &str,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Answer<Option<Notice>> {
        let claim = Expression::new()
            .set("state", string("sending"))
            .set("token", string(token))
            .set("due_at", number(micros(lease_until)))
            .plus("attempts", 1)
            .remove("along")
            .when("due_at", "<=", number(micros(now)));
        let waiting = claim.clone().when_one_of("state", &["pending", "held"]);
        let known = match self.change(Key::notice(id), &waiting).await? {
            Changed::Done(item) => return Ok(Some(Lying::read(&item)?.notice)),
            Changed::Refused(None) => return Ok(None),
            Changed::Refused(Some(item)) => Lying::read(&item)?,
        };
        if known.is_claimed_by(token) && known.notice.due_at == lease_until {
            // This very claim, whose answer was lost.
            return Ok(Some(known.notice));
        }
        let Some(former) = known.token else { return Ok(None) };
        if known.notice.state != NoticeState::Sending || known.notice.due_at > now {
            return Ok(None);
        }
        let taken_over = claim.plus("perhaps_twice", 1).when("state", "=", string("sending")).when(
            "token",
            "=",
            string(former),
        );
        match self.change(Key::notice(id), &taken_over).await? {
            Changed::Done(item) => Ok(Some(Lying::read(&item)?.notice)),
            Changed::Refused(_) => Ok(None),
        }
    }

    pub(crate) async fn redrive_one(&self, id: &NoticeId, now: Timestamp) -> Answer<Redriven> {
        for tried in 0..TRIES {
            let Some(dead) = self.lying(id).await? else { return Ok(Redriven::Missing) };
            let what = &dead.notice.what;
            let again = Expression::new()
                .set("state", string("pending"))
                .set("due_at", number(micros(now)))
                .set("seen_at", number(micros(now)))
                .set("unknowns", number(0))
                .set("reason", string("sent again by the operator"))
                .set("due_shard", waits(id))
                .remove("lookup")
                .when_either(
                    ("state", "=", string("dead")),
                    ("due_at", "=", number(RELEASED_BY_A_PERSON)),
                )
                .when_one_of("state", &["dead", "held"]);
            let mut actions = vec![self.update(Key::notice(id), &again)?];
            if what.subject.review().is_none() {
                // A message about the whole brand: an erasure must find it while it is sent.
                let remembered = brands::remembers(self, &what.brand, vec![id.clone()], now);
                actions.extend(remembered.await?);
            }
            let refused = self.transact(actions).await?;
            if refused.is_empty() {
                return Ok(Redriven::Yes);
            }
            if refused.iter().any(|refusal| refusal.index == 0) {
                return Ok(Redriven::NotDead);
            }
            pause(tried).await;
        }
        Err(fault::busy("sending again"))
    }

    /// Notices about a review, in no order.
    async fn about(&self, review: &ReviewKey) -> Answer<Vec<Lying>> {
        let Some(known) = self.known(review).await? else { return Ok(Vec::new()) };
        let mut found = self.lying_all(&known.notices).await?;
        found.retain(|lying| lying.notice.what.subject.review() == Some(review));
        Ok(found)
    }

    pub(crate) async fn first_subject_of(
        &self,
        review: &ReviewKey,
        to: &ContactId,
    ) -> Answer<Option<String>> {
        let mut found = self.about(review).await?;
        found.retain(|lying| lying.notice.what.to == *to && lying.notice.subject_line.is_some());
        let first = found.into_iter().min_by_key(|lying| lying.notice.sent_at);
        Ok(first.and_then(|lying| lying.notice.subject_line))
    }

    pub(crate) async fn list(&self, filter: &NoticeFilter) -> Answer<Vec<Notice>> {
        use NoticeState::{Dead, Held, Pending, Sending};
        let limit = filter.limit.map_or(usize::MAX, |limit| limit as usize);
        let mut found = match (&filter.review, filter.state) {
            (Some(review), _) => self.about(review).await?,
            (None, Some(Dead)) => {
                let dead = Expression::new().when("lookup", "=", string(DEAD));
                let query = Query::of(LOOKUP, dead).backwards();
                let dead = self.query(query.at_most(filter.limit.map(|n| n as usize))).await?;
                self.lying_all(&named(&dead)).await?
            }
            (None, Some(state @ (Pending | Held | Sending))) => {
                self.lying_all(&self.waiting(state).await?).await?
            }
            (None, state) => self.made(state, limit).await?,
        };
        found.retain(|lying| filter.state.is_none_or(|state| lying.notice.state == state));
        found.sort_by(|a, b| (b.notice.made_at, a.id()).cmp(&(a.notice.made_at, b.id())));
        found.truncate(limit);
        Ok(found.into_iter().map(|lying| lying.notice).collect())
    }

    /// Notices in a state in which they wait for a moment.
    async fn waiting(&self, state: NoticeState) -> Answer<Vec<NoticeId>> {
        let asked = (0..DUE_SHARDS).map(|shard| {
            let waits = Expression::new().when("due_shard", "=", string(format!("D#{shard}")));
            let waits = waits.filter().when("state", "=", string(state.id()));
            self.query(Query::of(DUE, waits))
        });
        let found = try_join_all(asked).await?;
        Ok(found.iter().flat_map(|some| named(some)).collect())
    }

    /// The latest notices, so many of a state that a limit is met, if there are.
    async fn made(&self, state: Option<NoticeState>, limit: usize) -> Answer<Vec<Lying>> {
        let mut looked_at = limit;
        loop {
            let at_most = (looked_at < usize::MAX).then_some(looked_at);
            let asked = (0..SHARDS).map(|shard| {
                let all = Expression::new().when("period_in", "=", string(in_period(shard)));
                self.query(Query::of(PERIOD, all).backwards().at_most(at_most))
            });
            let mut made: Vec<Item> = try_join_all(asked).await?.into_iter().flatten().collect();
            made.sort_by_key(|item| std::cmp::Reverse(integer(item, "seen_at")));
            let is_all = made.len() <= looked_at;
            made.truncate(looked_at);
            let mut found = self.lying_all(&named(&made)).await?;
            found.retain(|lying| state.is_none_or(|state| lying.notice.state == state));
            if is_all || found.len() >= limit {
                return Ok(found);
            }
            looked_at = looked_at.saturating_mul(4);
        }
    }

    /// Final notices made before a moment, earliest first.
    pub(crate) async fn made_before(&self, before: Timestamp, limit: u32) -> Answer<Vec<Lying>> {
        let mut old = Vec::new();
        for shard in 0..SHARDS {
            let made = Expression::new().when("period_in", "=", string(in_period(shard))).when(
                "seen_at",
                "<",
                number(micros(before)),
            );
            let mut after = None;
            loop {
                let mut query = Query::of(PERIOD, made.clone()).at_most(Some(limit as usize));
                query.after = after.take();
                let some = self.query(query).await?;
                let found = self.lying_all(&named(&some)).await?;
                let is_final = |lying: &Lying| {
                    use NoticeState::{Cancelled, Dead, Sent};
                    matches!(lying.notice.state, Sent | Cancelled | Dead)
                };
                old.extend(found.into_iter().filter(is_final));
                if old.len() >= limit as usize {
                    old.truncate(limit as usize);
                    return Ok(old);
                }
                if some.len() < limit as usize {
                    break;
                }
                after = some.last().map(position);
            }
        }
        Ok(old)
    }
}

/// Where an item stands in the index `period`.
pub(crate) fn position(item: &Item) -> Item {
    let names = ["pk", "sk", "period_in", "seen_at"];
    let part = |name: &str| item.get(name).map(|value| (name.to_owned(), value.clone()));
    names.into_iter().filter_map(part).collect()
}

/// The notices among what an index gave.
pub(crate) fn named(items: &[Item]) -> Vec<NoticeId> {
    items.iter().filter_map(|item| Key::of(item).notice_id()).collect()
}

//! Settling a claim: in one write, or in one transaction with what it took along, what it is on
//! condition of, and the trouble that a dead one is.

use jiff::Timestamp;
use vigie_domain::notice::{Kind, NewNotice, NoticeId, NoticeState};
use vigie_domain::{Matter, ReviewKey, Trouble};
use vigie_ports::{Settlement, StoreError, Written};

use crate::body::Body;
use crate::calls::{Changed, Refusal, TRIES, pause};
use crate::expression::Expression;
use crate::item::{Key, micros, number, string};
use crate::notices::{DEAD, Lying, WENT_WITH, waits};
use crate::{DynamoStore, fault};

type Answer<T> = Result<T, StoreError>;

/// What becomes of a notice.
struct Ending<'a> {
    state: NoticeState,
    at: Timestamp,
    reason: Option<&'a str>,
    unknown: bool,
    subject_line: Option<&'a str>,
}

impl<'a> Ending<'a> {
    fn of(settlement: &'a Settlement, now: Timestamp) -> Self {
        use NoticeState::{Cancelled, Dead, Held, Pending, Sent};
        let (state, at, reason, unknown, subject_line) = match settlement {
            Settlement::Sent { subject_line, .. } => {
                let line = Some(subject_line.as_str()).filter(|line| !line.is_empty());
                (Sent, now, None, false, line)
            }
            Settlement::Held { until, reason } => (Held, *until, Some(reason), false, None),
            Settlement::Retry { at, reason, unknown } => {
                (Pending, *at, Some(reason), *unknown, None)
            }
            Settlement::Dead { reason, unknown } => (Dead, now, Some(reason), *unknown, None),
            Settlement::Cancelled { reason, .. } => (Cancelled, now, Some(reason), false, None),
        };
        Self { state, at, reason: reason.map(String::as_str), unknown, subject_line }
    }

    /// What becomes of those it took along: with it, or apart where it is not sent.
    fn along(settlement: &'a Settlement, went_with: &'a str, now: Timestamp) -> Self {
        use NoticeState::{Held, Sent};
        let (state, at, reason, unknown) = match settlement {
            Settlement::Sent { .. } => (Sent, now, Some(went_with), false),
            Settlement::Retry { at, reason, unknown } => {
                (Held, *at, Some(reason.as_str()), *unknown)
            }
            // What killed the first may be its own: the others are tried without it.
            Settlement::Dead { reason, unknown } => (Held, now, Some(reason.as_str()), *unknown),
            Settlement::Held { until, reason } => (Held, *until, Some(reason.as_str()), false),
            Settlement::Cancelled { .. } => (Held, now, None, false),
        };
        Self { state, at, reason, unknown, subject_line: None }
    }

    /// The write that ends a claim, if its token is current.
    fn change(&self, id: &NoticeId, token: &str, now: Timestamp) -> Expression {
        let is_waiting = matches!(self.state, NoticeState::Pending | NoticeState::Held);
        let is_dead = self.state == NoticeState::Dead;
        let mut change = Expression::new()
            .set("state", string(self.state.id()))
            .set("due_at", number(micros(self.at)))
            .set("settled", string(mark(token, now)))
            .set_or_remove("reason", self.reason.map(string))
            .set_or_remove("due_shard", is_waiting.then(|| waits(id)))
            .remove("token")
            .remove("along")
            .when("token", "=", string(token))
            .when("state", "=", string("sending"));
        if is_dead {
            change = change.set("lookup", string(DEAD));
        }
        if self.unknown {
            change = change.plus("unknowns", 1).plus("perhaps_twice", 1);
        }
        if let Some(subject_line) = self.subject_line {
            change = change.set("subject_line", string(subject_line));
        }
        if self.state == NoticeState::Sent {
            change = change.set("sent_at", number(micros(now)));
        }
        change
    }
}

/// What a settled notice says of its settlement: a repetition after a lost answer knows itself.
fn mark(token: &str, now: Timestamp) -> String {
    format!("{token}@{}", micros(now))
}

/// The write that lets go of what was taken along and is not spoken of after all.
fn released(id: &NoticeId, token: &str, now: Timestamp) -> Expression {
    Expression::new()
        .set("state", string("pending"))
        .set("due_at", number(micros(now)))
        .set("due_shard", waits(id))
        .plus("attempts", -1)
        .remove("token")
        .when("token", "=", string(token))
        .when("state", "=", string("sending"))
}

/// A settlement on its way, with what is to be written beside the notice itself.
struct Settling<'a> {
    id: &'a NoticeId,
    token: &'a str,
    now: Timestamp,
    settlement: Settlement,
    along: Vec<NoticeId>,
    unless_moved: Vec<(ReviewKey, u64)>,
    trouble: Option<Trouble>,
    answer: Written,
}

impl DynamoStore {
    pub(crate) async fn settle_one(
        &self,
        id: &NoticeId,
        token: &str,
        settlement: Settlement,
        now: Timestamp,
    ) -> Answer<Written> {
        let unless_moved = match &settlement {
            Settlement::Cancelled { unless_moved, .. } => unless_moved.clone(),
            _ => Vec::new(),
        };
        let is_plain = unless_moved.is_empty() && !matches!(settlement, Settlement::Dead { .. });
        let known = if is_plain {
            let alone = ended(&settlement, id, token, now).when_missing("along");
            match self.change(Key::notice(id), &alone).await? {
                Changed::Done(_) => return Ok(Written::Done),
                Changed::Refused(item) => item.as_ref().map(Lying::read).transpose()?,
            }
        } else {
            self.lying(id).await?
        };
        let Some(known) = known else { return Ok(Written::Moved) };
        if !known.is_claimed_by(token) {
            let is_ours = known.settled == Some(mark(token, now));
            return Ok(if is_ours { Written::Done } else { Written::Moved });
        }
        let is_dead = matches!(settlement, Settlement::Dead { .. });
        let trouble = trouble_of(&known).filter(|_| is_dead);
        let along = known.along;
        let answer = Written::Done;
        let settling =
            Settling { id, token, now, settlement, along, unless_moved, trouble, answer };
        self.settle_together(settling).await
    }

    /// Settles a claim, and keeps nothing of what it said but `what`.
    pub(crate) async fn carried_out(
        &self,
        what: &NewNotice,
        token: &str,
        now: Timestamp,
    ) -> Answer<Written> {
        let sent = Settlement::Sent { subject_line: String::new(), left_out: Vec::new() };
        let change = Ending::of(&sent, now)
            .change(&what.id, token, now)
            .set("body", Body::of(what)?.into_value());
        match self.change(Key::notice(&what.id), &change).await? {
            Changed::Done(_) => Ok(Written::Done),
            Changed::Refused(item) => {
                let known = item.as_ref().map(Lying::read).transpose()?;
                let is_ours = known.is_some_and(|k| k.settled == Some(mark(token, now)));
                Ok(if is_ours { Written::Done } else { Written::Moved })
            }
        }
    }

    /// Makes a notice dead that was sent and came back, with the trouble that it is.
    pub(crate) async fn came_back(
        &self,
        id: &NoticeId,
        reason: &str,
        now: Timestamp,
    ) -> Answer<Written> {
        let change = Expression::new()
            .set("state", string(NoticeState::Dead.id()))
            .set("due_at", number(micros(now)))
            .set("reason", string(reason))
            .set("lookup", string(DEAD))
            .when("state", "=", string(NoticeState::Sent.id()));
        for tried in 0..TRIES {
            let Some(known) = self.lying(id).await? else { return Ok(Written::Moved) };
            let mut actions = vec![self.update(Key::notice(id), &change)?];
            if let Some(trouble) = trouble_of(&known) {
                actions.push(self.one_more(&trouble, now).await?.action(self)?);
            }
            let refused = self.transact(actions).await?;
            if refused.is_empty() {
                return Ok(Written::Done);
            }
            if refused.iter().any(|refusal| refusal.index == 0) {
                return Ok(Written::Moved);
            }
            pause(tried).await;
        }
        Err(fault::busy("taking back a notice"))
    }

    async fn settle_together(&self, mut settling: Settling<'_>) -> Answer<Written> {
        for tried in 0..TRIES {
            let actions = self.actions(&settling).await?;
            let refused = self.transact(actions).await?;
            if refused.is_empty() {
                return Ok(settling.answer);
            }
            if refused.iter().any(|refusal| refusal.index == 0) {
                return Ok(Written::Moved);
            }
            settling.look_again(&refused);
            pause(tried).await;
        }
        Err(fault::busy("settling a notice"))
    }

    async fn actions(
        &self,
        settling: &Settling<'_>,
    ) -> Answer<Vec<aws_sdk_dynamodb::types::TransactWriteItem>> {
        let Settling { id, token, now, settlement, .. } = settling;
        let leader = ended(settlement, id, token, *now);
        let mut actions = vec![self.update(Key::notice(id), &leader)?];
        let went_with = format!("{WENT_WITH}{id}");
        let left_out: &[NoticeId] = match settlement {
            Settlement::Sent { left_out, .. } => left_out,
            _ => &[],
        };
        for other in &settling.along {
            let change = if left_out.contains(other) {
                released(other, token, *now)
            } else {
                Ending::along(settlement, &went_with, *now).change(other, token, *now)
            };
            actions.push(self.update(Key::notice(other), &change)?);
        }
        for (key, writes) in &settling.unless_moved {
            let known = self.known(key).await?;
            let pk = known.map_or_else(|| self.pk(key), |known| known.pk);
            let same = Expression::new().when("writes", "=", number(*writes as i64));
            actions.push(self.check(Key::new(pk, "R"), &same)?);
        }
        if let Some(trouble) = &settling.trouble {
            actions.push(self.one_more(trouble, *now).await?.action(self)?);
        }
        Ok(actions)
    }
}

/// The trouble that a dead notice is; that of an operator's notice breeds no other.
fn trouble_of(dead: &Lying) -> Option<Trouble> {
    let what = &dead.notice.what;
    (what.kind != Kind::Operator).then(|| Trouble::new(Matter::Dead, what.brand.as_str()))
}

/// The write that ends the claim itself. Waiting for the brand's hours is no attempt.
fn ended(settlement: &Settlement, id: &NoticeId, token: &str, now: Timestamp) -> Expression {
    let change = Ending::of(settlement, now).change(id, token, now);
    if matches!(settlement, Settlement::Held { .. }) { change.plus("attempts", -1) } else { change }
}

impl Settling<'_> {
    /// What was refused: one taken along that another has by now goes its own way; a review that
    /// moved makes the notice pending again.
    fn look_again(&mut self, refused: &[Refusal]) {
        let along = self.along.len();
        let checks = self.unless_moved.len();
        let places: Vec<usize> = refused.iter().map(|refusal| refusal.index).collect();
        if places.iter().any(|place| (along + 1..=along + checks).contains(place)) {
            let reason = "a review changed meanwhile".to_owned();
            self.settlement = Settlement::Retry { at: self.now, reason, unknown: false };
            self.unless_moved.clear();
            self.answer = Written::Moved;
        }
        let mut place = 0;
        self.along.retain(|_| {
            place += 1;
            !places.contains(&place)
        });
    }
}

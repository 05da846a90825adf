//! What one message takes along: notices that are held until now for the same recipient.

use futures_util::future::try_join_all;
use jiff::Timestamp;
use vigie_domain::notice::{Notice, NoticeId, NoticeState};
use vigie_ports::StoreError;

use crate::DynamoStore;
use crate::calls::{Query, TRIES, pause};
use crate::expression::Expression;
use crate::item::{Item, Key, integer, micros, number, string};
use crate::notices::{Lying, named};
use crate::reviews::ACTIONS_MAX;
use crate::table::{DUE, DUE_SHARDS};

type Answer<T> = Result<T, StoreError>;

impl DynamoStore {
    /// Claims what is held under the leader's token, in one transaction with the leader, which
    /// keeps the ids: settling it settles them.
    pub(crate) async fn take_some_along(
        &self,
        id: &NoticeId,
        token: &str,
        now: Timestamp,
        limit: u32,
    ) -> Answer<Vec<Notice>> {
        for tried in 0..TRIES {
            let Some(leader) = self.lying(id).await? else { return Ok(Vec::new()) };
            if !leader.is_claimed_by(token) {
                return Ok(Vec::new());
            }
            let room = ACTIONS_MAX.saturating_sub(leader.along.len() + 8);
            let held = self.held_for(&leader, now, room.min(limit as usize)).await?;
            if held.is_empty() {
                return Ok(Vec::new());
            }
            let ids = held.iter().map(ToString::to_string).collect();
            let keeps = Expression::new()
                .add_all("along", ids)
                .when("token", "=", string(token))
                .when("state", "=", string("sending"));
            let mut actions = vec![self.update(Key::notice(id), &keeps)?];
            for other in &held {
                let claim = Expression::new()
                    .set("state", string("sending"))
                    .set("token", string(token))
                    .set("due_at", number(micros(leader.notice.due_at)))
                    .plus("attempts", 1)
                    .remove("along")
                    .when("state", "=", string("held"))
                    .when("due_at", "<=", number(micros(now)));
                actions.push(self.update(Key::notice(other), &claim)?);
            }
            if self.transact(actions).await?.is_empty() {
                let mut taken = self.lying_all(&held).await?;
                taken.retain(|lying| lying.is_claimed_by(token));
                taken.sort_by(|a, b| earlier(a).cmp(&earlier(b)));
                return Ok(taken.into_iter().map(|lying| lying.notice).collect());
            }
            // Another took one of them, or the claim itself.
            pause(tried).await;
        }
        Ok(Vec::new())
    }

    /// What waits until now for the same recipient, brand and kind, earliest made first.
    async fn held_for(
        &self,
        leader: &Lying,
        now: Timestamp,
        limit: usize,
    ) -> Answer<Vec<NoticeId>> {
        let what = &leader.notice.what;
        let asked = (0..DUE_SHARDS).map(|shard| {
            let held = Expression::new()
                .when("due_shard", "=", string(format!("D#{shard}")))
                .when("due_at", "<=", number(micros(now)))
                .filter()
                .when("state", "=", string("held"))
                .when("brand", "=", string(what.brand.as_str()))
                .when("contact", "=", string(what.to.as_str()))
                .when("kind", "=", string(what.kind.id()));
            self.query(Query::of(DUE, held))
        });
        let mut found: Vec<Item> = try_join_all(asked).await?.into_iter().flatten().collect();
        found.sort_by_key(|item| (integer(item, "seen_at"), Key::of(item)));
        found.truncate(limit);
        // The index may be behind: those that are not held any more would fail the transaction.
        let mut held = self.lying_all(&named(&found)).await?;
        held.retain(|lying| lying.notice.state == NoticeState::Held && lying.notice.due_at <= now);
        held.sort_by(|a, b| earlier(a).cmp(&earlier(b)));
        Ok(held.into_iter().map(|lying| lying.notice.what.id).collect())
    }
}

fn earlier(lying: &Lying) -> (Timestamp, &NoticeId) {
    (lying.notice.made_at, lying.id())
}

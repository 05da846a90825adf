//! Events that could not be mapped: kept for 30 days. DynamoDB removes them by itself then, some
//! days late; so they are looked at by their time too.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vigie_domain::promise::later;
use vigie_domain::{Matter, Mentions, SourceId, Trouble};
use vigie_ports::{Rejected, StoreError};

use crate::calls::{Query, TRIES, pause};
use crate::expression::Expression;
use crate::item::{self, Item, Key, from_body, integer, micros, moment, string, to_body, write};
use crate::{DynamoStore, fault};

type Answer<T> = Result<T, StoreError>;

/// Where they lie.
const EVENTS: &str = "E";
/// How long a rejected event is kept (contract: 30 days).
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Bytes of an event that one item holds: DynamoDB takes 400 KB, a webhook a mebibyte.
const PART_BYTES: usize = 256 * 1024;

/// An event's first item, with the first part of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct EventItem {
    pk: String,
    sk: String,
    source: String,
    at: i64,
    reason: String,
    headers: String,
    event: String,
    parts: usize,
    gone_at: i64,
}

/// A further part of an event.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct PartItem {
    pk: String,
    sk: String,
    event: String,
    gone_at: i64,
}

/// Where an event's further part lies.
fn part_name(id: &str, part: usize) -> String {
    format!("{id}#{part:04}")
}

/// The pieces of a text, cut between characters.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while rest.len() > PART_BYTES {
        let (piece, behind) = rest.split_at(rest.floor_char_boundary(PART_BYTES));
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    pieces
}

/// The items of an event, its first one first.
fn items(event: &Rejected) -> Answer<Vec<Item>> {
    let gone_at = later(event.at, KEPT).as_second();
    let pk = || EVENTS.to_owned();
    let pieces = pieces(&event.event);
    let mut items = vec![write(&EventItem {
        pk: pk(),
        sk: event.id.clone(),
        source: event.source.to_string(),
        at: micros(event.at),
        reason: event.reason.clone(),
        headers: to_body(&event.headers)?,
        event: pieces.first().copied().unwrap_or_default().to_owned(),
        parts: pieces.len(),
        gone_at,
    })?];
    for (part, piece) in pieces.iter().enumerate().skip(1) {
        let (sk, event) = (part_name(&event.id, part), (*piece).to_owned());
        items.push(write(&PartItem { pk: pk(), sk, event, gone_at })?);
    }
    Ok(items)
}

impl DynamoStore {
    /// Keeps events and notes each as trouble of its source in the same transaction.
    pub(crate) async fn reject_all(&self, rejected: &[Rejected]) -> Answer<()> {
        for event in rejected {
            self.reject_one(event).await?;
        }
        Ok(())
    }

    async fn reject_one(&self, event: &Rejected) -> Answer<()> {
        let trouble = Trouble::new(Matter::Rejected, event.source.as_str());
        let mut is_known = false;
        for tried in 0..TRIES {
            let mut actions = vec![self.one_more(&trouble, event.at).await?.action(self)?];
            for item in items(event)?.into_iter().filter(|_| !is_known) {
                actions.push(self.put(item, &Expression::new().when_missing("pk"))?);
            }
            let refused = self.transact(actions).await?;
            if refused.is_empty() {
                return Ok(());
            }
            is_known |= refused.iter().any(|refusal| refusal.index > 0);
            pause(tried).await;
        }
        Err(fault::busy("keeping a rejected event"))
    }

    /// Puts an event in, in the place of its former.
    pub(crate) async fn put_event(&self, event: &Rejected) -> Answer<()> {
        // Its first item last: an event that is found is whole.
        for item in items(event)?.into_iter().rev() {
            self.put_over(item).await?;
        }
        Ok(())
    }

    /// Every event that is there, with when it goes, latest first.
    pub(crate) async fn events(&self) -> Answer<Vec<Rejected>> {
        let all = Expression::new().when("pk", "=", string(EVENTS));
        let found = self.query(Query::table(all)).await?;
        let (first, parts): (Vec<Item>, Vec<Item>) =
            found.into_iter().partition(|item| integer(item, "at").is_some());
        let parts: Vec<PartItem> = parts.iter().map(item::read).collect::<Answer<_>>()?;
        let mut parts: HashMap<_, _> =
            parts.into_iter().map(|part| (part.sk, part.event)).collect();
        let mut events = Vec::new();
        for item in first {
            let read: EventItem = item::read(&item)?;
            let mut event = read.event;
            for part in 1..read.parts {
                event += &parts.remove(&part_name(&read.sk, part)).unwrap_or_default();
            }
            let source = read.source.parse();
            events.push(Rejected {
                source: source.map_err(|_| fault::corrupt(EVENTS, "its source is no id"))?,
                at: moment(EVENTS, read.at)?,
                reason: read.reason,
                event,
                headers: from_body(EVENTS, &read.headers)?,
                id: read.sk,
            });
        }
        events.sort_by_key(|event| std::cmp::Reverse(event.at));
        Ok(events)
    }

    pub(crate) async fn all_rejected(&self, now: Timestamp) -> Answer<Vec<Rejected>> {
        let mut events = self.events().await?;
        events.retain(|event| later(event.at, KEPT) >= now);
        Ok(events)
    }

    pub(crate) async fn forget_event(&self, id: &str) -> Answer<()> {
        let Some(item) = self.get(Key::new(EVENTS, id)).await? else { return Ok(()) };
        let parts = integer(&item, "parts").unwrap_or(1).unsigned_abs() as usize;
        // The first goes last: cut short, this is found and done again.
        for part in 1..parts {
            self.remove(Key::new(EVENTS, part_name(id, part))).await?;
        }
        self.remove(Key::new(EVENTS, id)).await
    }

    pub(crate) async fn forget_mentioning(
        &self,
        source: &SourceId,
        mentions: &Mentions,
        dry: bool,
    ) -> Answer<u64> {
        let mut found = self.events().await?;
        found.retain(|event| {
            let headers = serde_json::to_string(&event.headers).unwrap_or_default();
            event.source == *source
                && (mentions.in_json(&event.event)
                    || mentions.in_json(&headers)
                    || mentions.in_text(&event.reason))
        });
        for event in found.iter().filter(|_| !dry) {
            self.forget_event(&event.id).await?;
        }
        Ok(found.len() as u64)
    }

    /// Forgets the events from before a moment.
    pub(crate) async fn forget_events_before(&self, before: Timestamp) -> Answer<()> {
        let old = Expression::new().when("pk", "=", string(EVENTS)).filter().when(
            "at",
            "<",
            item::number(micros(before)),
        );
        for item in self.query(Query::table(old)).await? {
            self.forget_event(&Key::of(&item).sk).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_nothing_is_lost() {
        let long = "é".repeat(PART_BYTES) + "x";
        let cut = pieces(&long);
        assert_eq!(cut.len(), 3);
        assert!(cut.iter().all(|piece| piece.len() <= PART_BYTES));
        assert_eq!(cut.concat(), long);
        assert_eq!(pieces(""), [""]);
    }
}

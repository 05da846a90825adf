//! A review: three registers, each ordered by itself, and the trail of what happened.
//!
//! Content, answer and existence each have a version. An event moves only the registers it speaks
//! of, and the highest (version, digest) wins, so any order of arrival ends in the same review.
//! [`crate::record`] is the one way in; the store calls it inside its one conditional write.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decide::Decided;
use crate::digest::Digest;
use crate::erase::Erased;
use crate::event::{Content, EventKind, Reply, ReviewEvent, Version};
use crate::ids::{BrandId, ReviewKey};
use crate::record::Outcome;
use crate::register::{Move, Register, Said, merge};
use crate::stars::Stars;

/// Entries a trail holds: the first, and the latest of the others.
pub const TRAIL_MAX: usize = 64;
/// What the reviewer wrote, and whether it is an edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// What was written.
    #[serde(flatten)]
    pub content: Content,
    /// Whether it changed what had been published.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    /// Whether an import told it, quietly: nobody is alerted of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub imported: bool,
}

/// The brand's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What it says, where the platform tells.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The contact or operator who said so, where a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Whether the review is still shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Existence {
    /// It is shown.
    Present,
    /// It no longer is.
    Withdrawn,
}

/// A review closed without an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// When.
    pub at: Timestamp,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    pub reason: String,
}

/// What can happen to a review, as its trail tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Happened {
    /// Written.
    Posted,
    /// Changed.
    Edited,
    /// Answered by the brand.
    Answered,
    /// No longer shown.
    Withdrawn,
    /// Closed without an answer.
    Closed,
    /// Open again: an edit after the answer made an alert.
    Reopened,
}

/// One line of a trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailEntry {
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    pub what: Happened,
    /// When it happened, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Timestamp>,
    /// The stars from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stars: Option<Stars>,
    /// Who did it, where a person at the brand did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why, where the review was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl TrailEntry {
    /// What happened at a moment, and when it was recorded.
    pub(crate) fn new(at: Timestamp, what: Happened, of: Option<Timestamp>) -> Self {
        Self { at, what, of, stars: None, by: None, reason: None }
    }

    /// An edit made it open again.
    pub(crate) fn reopened(at: Timestamp, of: Timestamp) -> Self {
        Self::new(at, Happened::Reopened, Some(of))
    }
}

/// Where a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for an answer.
    Open,
    /// The brand answered.
    Answered,
    /// The brand closed it without an answer.
    Closed,
    /// It is no longer shown.
    Withdrawn,
    /// It waited for an answer when its texts were erased: it waits no more.
    Erased,
}

impl State {
    /// The word in JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
            Self::Erased => "erased",
        }
    }
}

/// A review and everything that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// Which one.
    pub key: ReviewKey,
    /// Whose.
    pub brand: BrandId,
    /// When anything was first heard of it.
    pub first_seen_at: Timestamp,
    /// When its content was first seen; `None` while only an answer or a withdrawal is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_seen_at: Option<Timestamp>,
    /// The earliest publication time that was told, never later than the first receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    /// What the reviewer wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Register<Written>>,
    /// The brand's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Register<Answer>>,
    /// Whether it is still shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub existence: Option<Register<Existence>>,
    /// Closed without an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closure>,
    /// Counts what was recorded: part of the identity of the notices that it makes.
    pub revision: u64,
    /// The reviews that are copies of it, on other sources.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<ReviewKey>,
    /// Whether a person said that it is no copy: it is never taken for one again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
    /// What was last decided, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Decided>,
    /// When its reviewer's name and order were removed, after the time that they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer_removed_at: Option<Timestamp>,
    /// That its texts were erased: only the numbers are left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
    /// The id of the request that told the latest news of it, as its answer had it: by this a
    /// message is traced to its webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// What happened, in the order of recording.
    pub trail: Vec<TrailEntry>,
}

impl Review {
    /// A review of which nothing was heard yet.
    pub(crate) fn unheard(key: ReviewKey, brand: BrandId, now: Timestamp) -> Self {
        Self {
            key,
            brand,
            first_seen_at: now,
            content_seen_at: None,
            published_at: None,
            content: None,
            answer: None,
            existence: None,
            closed: None,
            revision: 0,
            copies: Vec::new(),
            apart: false,
            decided: None,
            reviewer_removed_at: None,
            erased: None,
            request: None,
            trail: Vec::new(),
        }
    }

    /// The stars, where there is content with a readable rating.
    pub fn stars(&self) -> Option<Stars> {
        self.content.as_ref().and_then(|register| register.value.content.stars)
    }

    /// What the reviewer wrote, if it is known.
    pub fn written(&self) -> Option<&Content> {
        self.content.as_ref().map(|register| &register.value.content)
    }

    /// Whether what the reviewer wrote is known from a quiet import.
    pub fn is_imported(&self) -> bool {
        self.content.as_ref().is_some_and(|register| register.value.imported)
    }

    /// When it was published: as told, else when it was first seen.
    pub fn published(&self) -> Timestamp {
        self.published_at.or(self.content_seen_at).unwrap_or(self.first_seen_at)
    }

    /// Whether the last change was decided on.
    pub fn is_decided(&self) -> bool {
        self.decided.as_ref().is_some_and(|decided| decided.revision == self.revision)
    }

    /// When the brand settled it, answered or closed, whichever came last.
    pub fn settled_at(&self) -> Option<Timestamp> {
        let answered = self.answer.as_ref().map(|answer| answer.at);
        answered.max(self.closed.as_ref().map(|closed| closed.at))
    }

    /// When its last settlement was recorded: an answer can be told hours after it was given.
    pub fn settled_seen_at(&self) -> Option<Timestamp> {
        let settles = |what| matches!(what, Happened::Answered | Happened::Closed);
        let last = self.trail.iter().rev().find(|entry| settles(entry.what));
        last.map(|entry| entry.at).or_else(|| self.settled_at())
    }

    /// Where it stands. A review that was reopened is settled only by what came after the edit.
    /// One that is erased stands where it stood, but is not open.
    pub fn state(&self) -> State {
        if self.existence.as_ref().is_some_and(|e| e.value == Existence::Withdrawn) {
            return State::Withdrawn;
        }
        let reopened_at = self.decided.as_ref().and_then(|decided| decided.reopened_at);
        let counts = |at: &Timestamp| reopened_at.is_none_or(|reopened| *at >= reopened);
        let answered = self.answer.as_ref().map(|answer| answer.at).filter(counts);
        let closed = self.closed.as_ref().map(|closed| closed.at).filter(counts);
        match (answered, closed) {
            (None, None) => self.unsettled(),
            (Some(_), None) => State::Answered,
            (Some(answered), Some(closed)) if answered >= closed => State::Answered,
            (_, Some(_)) => State::Closed,
        }
    }

    const fn unsettled(&self) -> State {
        if self.is_erased() { State::Erased } else { State::Open }
    }

    /// Adds a line to the trail, which keeps its first line and the latest others.
    pub(crate) fn note(&mut self, entry: TrailEntry) {
        if self.trail.len() >= TRAIL_MAX {
            self.trail.remove(1);
        }
        self.trail.push(entry);
    }

    /// Where it stood at a moment, judged by what had been recorded and answered by then.
    /// `None` if nothing of its content was known yet.
    pub fn state_at(&self, moment: Timestamp) -> Option<State> {
        if self.content_seen_at? > moment {
            return None;
        }
        let known = |entry: &&TrailEntry| entry.at <= moment;
        let shown = self.trail.iter().filter(known).rev().find_map(|entry| match entry.what {
            Happened::Posted | Happened::Edited => Some(true),
            Happened::Withdrawn => Some(false),
            _ => None,
        });
        if shown == Some(false) {
            return Some(State::Withdrawn);
        }
        let reopened = self.trail.iter().filter(known).rev().find_map(|entry| {
            (entry.what == Happened::Reopened).then(|| entry.of.unwrap_or(entry.at))
        });
        let settled = self.trail.iter().rev().find_map(|entry| {
            let of = entry.of.unwrap_or(entry.at);
            let counts = of <= moment && reopened.is_none_or(|reopened| of >= reopened);
            match entry.what {
                Happened::Answered if counts => Some(State::Answered),
                Happened::Closed if counts => Some(State::Closed),
                _ => None,
            }
        });
        Some(settled.unwrap_or_else(|| self.unsettled()))
    }

    fn hear_content(
        &mut self,
        event: &ReviewEvent,
        content: &Content,
        imported: bool,
        now: Timestamp,
    ) -> Move {
        let edited = event.kind == EventKind::Edited || self.content.is_some();
        let said = Said {
            value: Written { content: content.clone(), edited, imported },
            digest: content.digest().prefix(),
            version: event.version,
            at: if edited { None } else { content.published_at.map(|at| at.min(now)) },
        };
        let moved = merge(&mut self.content, said, now);
        if moved == Move::Newer {
            // An edit tells them anew.
            self.reviewer_removed_at = None;
            let seen_at = *self.content_seen_at.get_or_insert(now);
            let told = content.published_at.map(|at| at.min(seen_at));
            self.published_at = self.published_at.into_iter().chain(told).min();
        }
        moved
    }

    fn hear_answer(&mut self, event: &ReviewEvent, now: Timestamp) -> Option<Move> {
        let reply = match (&event.reply, event.kind) {
            (Some(reply), _) => reply.clone(),
            (None, EventKind::Answered) => Reply::default(),
            (None, _) => return None,
        };
        let at = reply.at.map(|at| at.min(now));
        let digest = Digest::of_fields([Some(reply.text.as_str())]).prefix();
        let version = at.map(Version::Time).or(event.version);
        let value = Answer { text: reply.text, by: None };
        Some(merge(&mut self.answer, Said { value, digest, version, at }, now))
    }

    fn hear_existence(
        &mut self,
        event: &ReviewEvent,
        content: Option<Move>,
        now: Timestamp,
    ) -> Move {
        let value = match event.kind {
            EventKind::Withdrawn => Existence::Withdrawn,
            _ => Existence::Present,
        };
        let known_content = matches!(content, Some(Move::Same | Move::Older));
        if event.version.is_none() && known_content && value == Existence::Present {
            return Move::Same;
        }
        let digest = match (value, event.version, content.is_some()) {
            (Existence::Withdrawn, ..) => u64::MAX,
            // Without a version, what was posted tells one appearance from the next.
            (Existence::Present, None, true) => {
                self.content.as_ref().map_or(0, |register| register.digest)
            }
            (Existence::Present, ..) => 0,
        };
        let said = Said { value, digest, version: event.version, at: None };
        merge(&mut self.existence, said, now)
    }

    /// Hears a platform's event, or what an import says.
    pub(crate) fn hear_event(
        &mut self,
        event: &ReviewEvent,
        imported: bool,
        now: Timestamp,
    ) -> Outcome {
        let shown = |review: &Self| review.existence.as_ref().map(|register| register.value);
        let before = shown(self);
        let content =
            event.content.as_ref().map(|content| self.hear_content(event, content, imported, now));
        let answer = self.hear_answer(event, now);
        let existence =
            (event.kind != EventKind::Answered).then(|| self.hear_existence(event, content, now));
        let moves = [content, answer, existence];
        if !moves.contains(&Some(Move::Newer)) {
            let stale = moves.contains(&Some(Move::Older));
            return if stale { Outcome::Stale } else { Outcome::Duplicate };
        }
        let stars = self.stars();
        if content == Some(Move::Newer) || shown(self) != before {
            let (what, of) = match event.kind {
                EventKind::Withdrawn => {
                    (Happened::Withdrawn, self.existence.as_ref().map(|e| e.at))
                }
                EventKind::Edited => (Happened::Edited, self.content.as_ref().map(|c| c.at)),
                _ => (Happened::Posted, self.content.as_ref().map(|c| c.at)),
            };
            self.note(TrailEntry { stars, ..TrailEntry::new(now, what, of) });
        }
        if answer == Some(Move::Newer) {
            let of = self.answer.as_ref().map(|answer| answer.at);
            self.note(TrailEntry::new(now, Happened::Answered, of));
        }
        Outcome::Accepted
    }
}

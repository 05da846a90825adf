//! From a verified payload to review events.
//!
//! Needed to record an event: JSON, a known type, and an id. The rest is read as far as possible
//! and flagged. One bad event of a batch fails none of the others.
//!
//! It does not: verify (that came before), write anything, or judge what an event changes.

pub(crate) mod dates;
mod fields;

use std::borrow::Cow;

use http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;
use vigie_domain::{Content, EventKind, ExternalId, Flag, Reply, ReviewEvent, Version, text};

use crate::json::{self, BadJson};
use crate::pointer::{Pointer, first};
use crate::preset::{Outcome, Preset, Unknown, kept_headers};
use dates::Dated;

/// Why verified bytes are no payload: answered 400 `malformed-payload`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct MalformedPayload(#[from] pub BadJson);

/// What became of one event of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// It is a review event.
    Event(Box<ReviewEvent>),
    /// It is of a type that the preset says is not ours.
    Ignored {
        /// Why, in a few words without anything of the review.
        why: String,
    },
    /// It cannot be mapped. Kept, so that it is mapped again when its preset is mended: give
    /// [`Preset::map`] these headers and this event as the body.
    Rejected {
        /// Why, naming where in the payload.
        why: String,
        /// The event as JSON, without e-mail addresses.
        event: String,
        /// The headers that the preset reads.
        headers: Vec<(String, String)>,
    },
}

/// Why an event is not mapped.
enum Not {
    Ours(String),
    Mappable(String),
}

/// Characters of a strange type that a reason shows.
const TYPE_CHARS_MAX: usize = 60;

impl Preset {
    /// Maps a verified payload that was received at `received_at`: one outcome for each event, in
    /// their order.
    ///
    /// ```
    /// use vigie_domain::EventKind;
    /// use vigie_platforms::{Preset, mapping::Mapped};
    /// let preset = Preset::by_id("generic-hmac").unwrap();
    /// let body = br#"{"events":[{"type":"review.withdrawn","review":{"id":"r-1"}},{"type":"x"}]}"#;
    /// let now = "2026-11-20T09:12:00Z".parse().unwrap();
    /// let mapped = preset.map(&Default::default(), body, now).unwrap();
    /// assert!(matches!(&mapped[0], Mapped::Event(e) if e.kind == EventKind::Withdrawn));
    /// assert!(matches!(&mapped[1], Mapped::Rejected { .. }));
    /// ```
    ///
    /// # Errors
    /// The bytes are not JSON, or nest deeper than 64.
    pub fn map(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<Vec<Mapped>, MalformedPayload> {
        let payload = json::parse(body)?;
        let reading = Reading { preset: self, headers, received_at };
        let list = self.events.batch.as_ref().and_then(|pointer| pointer.find(&payload));
        Ok(match list.as_deref() {
            Some(Value::Array(items)) => items.iter().map(|item| reading.map(item)).collect(),
            _ => vec![reading.map(&payload)],
        })
    }
}

/// One request being read.
pub(crate) struct Reading<'a> {
    pub(crate) preset: &'a Preset,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) received_at: Timestamp,
}

impl Reading<'_> {
    fn map(&self, item: &Value) -> Mapped {
        match self.event(item) {
            Ok(event) => Mapped::Event(Box::new(event)),
            Err(Not::Ours(why)) => Mapped::Ignored { why },
            Err(Not::Mappable(why)) => {
                let event = fields::without_addresses(item.clone()).to_string();
                Mapped::Rejected { why, event, headers: kept_headers(self.preset, self.headers) }
            }
        }
    }

    fn event(&self, item: &Value) -> Result<ReviewEvent, Not> {
        let (kind, kind_text) = self.kind(item)?;
        let given = self.id(item)?;
        let no_id = || Not::Mappable("the id is empty".to_owned());
        let (external_id, shown_id) = ExternalId::from_platform(&given).ok_or_else(no_id)?;
        let (version, version_flag) = self.version(item);
        let (reply, reply_flag) = self.reply(item, kind);
        let with_content = match kind {
            EventKind::Posted | EventKind::Edited => true,
            EventKind::Answered => self.preset.events.answered_with_content,
            EventKind::Withdrawn => false,
        };
        let content = with_content.then(|| {
            let mut content = self.content(item, &given, kind_text.as_deref());
            content.flags.extend(version_flag.into_iter().chain(reply_flag));
            content.flags.extend(shown_id.is_some().then_some(Flag::IdHashed));
            content.flags.sort_unstable();
            content.flags.dedup();
            Content { shown_id, ..content }
        });
        Ok(ReviewEvent { kind, external_id, version, content, reply })
    }

    /// Which event it is, and the type as the platform names it.
    fn kind(&self, item: &Value) -> Result<(EventKind, Option<String>), Not> {
        let events = &self.preset.events;
        for only in &events.only {
            let found = self.first(&only.at, item);
            let other = found
                .as_deref()
                .and_then(Value::as_str)
                .filter(|f| !only.is.iter().any(|is| is == f));
            if let Some(other) = other {
                return Err(Not::Ours(format!("about {}", shown(other))));
            }
        }
        let found = self.first(&events.kind, item);
        let (outcome, name) = match found.as_deref() {
            None => {
                let none = || Not::Mappable(format!("no type at {}", places(&events.kind)));
                let a_review = events.review_if.is_empty() || self.is_review(item);
                (events.absent.filter(|_| a_review).ok_or_else(none)?, None)
            }
            Some(Value::String(name)) => match events.map.get(name) {
                Some(outcome) => (*outcome, Some(name.clone())),
                None => (self.unknown(name, item)?, None),
            },
            Some(_) => {
                let why = format!("the type at {} is not a text", places(&events.kind));
                return Err(Not::Mappable(why));
            }
        };
        let kind = match outcome {
            Outcome::Posted => EventKind::Posted,
            Outcome::Edited => EventKind::Edited,
            Outcome::Answered => EventKind::Answered,
            Outcome::Withdrawn => EventKind::Withdrawn,
            Outcome::Ignored => {
                let name = name.unwrap_or_default();
                return Err(Not::Ours(format!("events of the type {} are not ours", shown(&name))));
            }
        };
        Ok((kind, name))
    }

    fn is_review(&self, item: &Value) -> bool {
        self.first(&self.preset.events.review_if, item).is_some()
    }

    fn unknown(&self, name: &str, item: &Value) -> Result<Outcome, Not> {
        let events = &self.preset.events;
        match (events.absent, events.unknown) {
            (Some(outcome), _) if self.is_review(item) => Ok(outcome),
            (_, Unknown::Ignored) => Err(Not::Ours(format!("unknown type {}", shown(name)))),
            (_, Unknown::Rejected) => {
                let place = places(&events.kind);
                Err(Not::Mappable(format!("unknown type {} at {place}", shown(name))))
            }
        }
    }

    fn id(&self, item: &Value) -> Result<String, Not> {
        let place = || places(&self.preset.fields.id);
        match self.first(&self.preset.fields.id, item).as_deref() {
            Some(Value::String(id)) if !id.is_empty() => Ok(id.clone()),
            Some(Value::Number(number)) if is_integer(number.as_str()) => Ok(number.to_string()),
            Some(Value::String(_)) => Err(Not::Mappable(format!("the id at {} is empty", place()))),
            Some(_) => {
                let why = format!("the id at {} is neither a text nor a whole number", place());
                Err(Not::Mappable(why))
            }
            None => Err(Not::Mappable(format!("no id at {}", place()))),
        }
    }

    fn version(&self, item: &Value) -> (Option<Version>, Option<Flag>) {
        let fields = &self.preset.fields;
        let sequence = self.first(&fields.sequence, item);
        let number = sequence.as_deref().and_then(|value| match value {
            Value::Number(number) => number.as_str().parse().ok(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        });
        if let Some(number) = number {
            return (Some(Version::Sequence(number)), None);
        }
        let (at, flag) = self.date(&fields.updated_at, item);
        (at.map(Version::Time), flag)
    }

    /// The brand's answer. Beside a review it is one only if it says something.
    fn reply(&self, item: &Value, kind: EventKind) -> (Option<Reply>, Option<Flag>) {
        let fields = &self.preset.fields;
        let given = self.first(&fields.reply, item).and_then(|value| fields::scalar(&value));
        let (at, flag) = self.date(&fields.reply_at, item);
        let said = given.map(|given| fields::cut_text(&given).0).unwrap_or_default();
        let counts = match kind {
            EventKind::Posted | EventKind::Edited => !said.is_empty(),
            EventKind::Answered => !said.is_empty() || at.is_some(),
            EventKind::Withdrawn => false,
        };
        if counts { (Some(Reply { text: said, at }), flag) } else { (None, None) }
    }

    pub(crate) fn date(&self, at: &[Pointer], item: &Value) -> (Option<Timestamp>, Option<Flag>) {
        let found = self.first(at, item);
        match dates::judge(found.as_deref(), &self.preset.zone, self.received_at) {
            Dated::Absent => (None, None),
            Dated::Unbelievable => (None, Some(Flag::TimeAssumed)),
            Dated::At(at) => (Some(at), None),
        }
    }

    pub(crate) fn first<'v>(&self, at: &[Pointer], item: &'v Value) -> Option<Cow<'v, Value>> {
        first(at, item, self.headers)
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn shown(name: &str) -> String {
    text::excerpt(name, TYPE_CHARS_MAX)
}

fn places(pointers: &[Pointer]) -> String {
    let all: Vec<_> = pointers.iter().map(Pointer::to_string).collect();
    all.join(" or ")
}

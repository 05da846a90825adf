//! From a verified payload to review events.
//!
//! Needed to record an event: JSON, a known type, and an id. The rest is read as far as possible
//! and flagged. One bad event of a batch fails none of the others.
//!
//! It does not: verify (that came before), write anything, or judge what an event changes.

mod batch;
pub(crate) mod dates;
mod fetched;
mod fields;
mod html;

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName};
use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use serde_json::Value;
use vigie_domain::{
    Content, Digest, EventKind, ExternalId, Flag, Reply, ReviewEvent, Version, text,
};

use crate::json::{self, BadJson};
use crate::pointer::{Pointer, Sight, first};
use crate::preset::{Fields, Only, Outcome, Preset, Push, Rating, Thin, Unknown, kept_headers};
use crate::signature::query_values;
use crate::unpacked::Unpacked;
pub(crate) use batch::Batch;
use dates::Dated;
pub use fetched::NotFetched;

/// Why verified bytes are no payload: answered 400 `malformed-payload`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct MalformedPayload(#[from] pub BadJson);

/// What became of one event of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// It is a review event.
    Event(Box<ReviewEvent>),
    /// Something happened to a review, and the platform's API says what it says
    /// ([`Preset::map_fetched`]).
    Thin(Box<Thin>),
    /// It is of a type that the preset says is not ours.
    Ignored {
        /// Why, in a few words without anything of the review.
        why: String,
    },
    /// It cannot be mapped. Kept, so that it is mapped again when its preset is mended: give
    /// [`Preset::map`] what [`KeptBeside::of`] makes of `beside`, and this event as the body.
    Rejected {
        /// Why, naming where in the payload.
        why: String,
        /// The event as JSON, without e-mail addresses: alone, or in a payload of one where the
        /// preset reads what is around it.
        event: String,
        /// What the preset reads beside the body: headers, and a token's claims.
        beside: Vec<(String, String)>,
    },
}

/// Why an event is not mapped.
enum Not {
    Ours(String),
    Mappable(String),
}

/// Characters of a strange type that a reason shows.
const TYPE_CHARS_MAX: usize = 60;

/// The name under which a token's claims are kept among headers; no header can have it.
const CLAIMS: &str = "{claims}";

/// What stands before the name of a query parameter that is kept among headers.
const QUERY: &str = "{query}";

/// What came beside the body of a verified request.
#[derive(Debug, Clone, Copy)]
pub struct Beside<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The claims of its token ([`crate::Verified::claims`]), where it had one.
    pub claims: Option<&'a [u8]>,
    /// What followed the question mark of its address.
    pub query: Option<&'a str>,
}

impl<'a> From<&'a HeaderMap> for Beside<'a> {
    fn from(headers: &'a HeaderMap) -> Self {
        Self { headers, claims: None, query: None }
    }
}

/// What was kept beside a rejected event, made ready to map it again.
///
/// ```
/// use vigie_platforms::mapping::KeptBeside;
/// let kept = KeptBeside::of(&[("x-topic".to_owned(), "review".to_owned())]);
/// assert_eq!(kept.beside().headers["x-topic"], "review");
/// ```
#[derive(Debug, Clone, Default)]
pub struct KeptBeside {
    headers: HeaderMap,
    claims: Option<Vec<u8>>,
    query: String,
}

impl KeptBeside {
    /// Reads what [`Mapped::Rejected`] gave to keep.
    pub fn of(pairs: &[(String, String)]) -> Self {
        let mut kept = Self::default();
        for (name, value) in pairs {
            if name == CLAIMS {
                kept.claims = Some(value.clone().into_bytes());
            } else if let Some(name) = name.strip_prefix(QUERY) {
                let value = utf8_percent_encode(value, crate::UNRESERVED);
                let _ = write!(kept.query, "&{name}={value}");
            } else if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                kept.headers.append(name, value);
            }
        }
        kept
    }

    /// What to give [`Preset::map`].
    pub fn beside(&self) -> Beside<'_> {
        let query = Some(self.query.as_str());
        Beside { headers: &self.headers, claims: self.claims.as_deref(), query }
    }
}

impl Preset {
    /// Maps a verified payload that was received at `received_at`: one outcome for each event, in
    /// their order. Where the body is a token, its claims are the payload.
    ///
    /// ```
    /// use vigie_domain::EventKind;
    /// use vigie_platforms::{Preset, mapping::Mapped};
    /// let preset = Preset::by_id("generic-hmac").unwrap();
    /// let body = br#"{"events":[{"type":"review.withdrawn","review":{"id":"r-1"}},{"type":"x"}]}"#;
    /// let now = "2026-11-20T09:12:00Z".parse().unwrap();
    /// let mapped = preset.map(&http::HeaderMap::new(), body, now).unwrap();
    /// assert!(matches!(&mapped[0], Mapped::Event(e) if e.kind == EventKind::Withdrawn));
    /// assert!(matches!(&mapped[1], Mapped::Rejected { .. }));
    /// ```
    ///
    /// # Errors
    /// The bytes are not JSON, or nest deeper than 64.
    pub fn map<'a>(
        &self,
        beside: impl Into<Beside<'a>>,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<Vec<Mapped>, MalformedPayload> {
        self.map_as(self.push() == Push::Thin, beside.into(), body, received_at)
    }

    /// The same, for a source whose events are confirmed by fetching them: what the webhook says
    /// of a review is not taken, only which one it is.
    ///
    /// # Errors
    /// The bytes are not JSON, or nest deeper than 64.
    pub fn map_to_fetch<'a>(
        &self,
        beside: impl Into<Beside<'a>>,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<Vec<Mapped>, MalformedPayload> {
        self.map_as(self.fetch().is_some(), beside.into(), body, received_at)
    }

    fn map_as(
        &self,
        thin: bool,
        beside: Beside<'_>,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<Vec<Mapped>, MalformedPayload> {
        let Beside { headers, claims, query } = beside;
        let claims = claims.map(json::parse).transpose()?;
        let in_body = self.scheme().body_is_token();
        let (payload, claims) = match claims {
            Some(claims) if in_body => (claims, Value::Null),
            claims => (json::parse(body)?, claims.unwrap_or_default()),
        };
        let reading = Reading {
            preset: self,
            fields: &self.fields,
            rating: &self.rating,
            headers,
            query: query.unwrap_or_default(),
            claims: &claims,
            received_at,
            thin,
        };
        Ok(batch::each(self.events.batch.as_ref(), &payload, |place| reading.map(&place)))
    }
}

/// One request being read.
pub(crate) struct Reading<'a> {
    pub(crate) preset: &'a Preset,
    pub(crate) fields: &'a Fields,
    pub(crate) rating: &'a Rating,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) query: &'a str,
    pub(crate) claims: &'a Value,
    pub(crate) received_at: Timestamp,
    /// Whether what a review says is fetched.
    pub(crate) thin: bool,
}

impl Reading<'_> {
    fn map(&self, place: &batch::Place<'_>) -> Mapped {
        let sight = Sight {
            item: place.item,
            up: place.up,
            root: place.root,
            claims: self.claims,
            headers: self.headers,
            query: self.query,
            unpacked: &Unpacked::default(),
        };
        match self.one(place, &sight) {
            Ok(mapped) => mapped,
            Err(Not::Ours(why)) => Mapped::Ignored { why },
            Err(Not::Mappable(why)) => {
                let around = self.preset.pointers().any(Pointer::looks_around);
                let event = if around { place.alone() } else { place.item.clone() };
                let event = fields::without_addresses(event).to_string();
                Mapped::Rejected { why, event, beside: self.beside() }
            }
        }
    }

    /// What must be kept so that an event can be mapped again.
    fn beside(&self) -> Vec<(String, String)> {
        let mut kept = kept_headers(self.preset, self.headers);
        if self.preset.pointers().any(Pointer::reads_claims) {
            kept.push((CLAIMS.to_owned(), self.claims.to_string()));
        }
        for name in self.preset.pointers().filter_map(Pointer::parameter) {
            let value = query_values(self.query, name).next();
            kept.extend(value.map(|value| (format!("{QUERY}{name}"), value.into_owned())));
        }
        kept
    }

    fn one(&self, place: &batch::Place<'_>, sight: &Sight<'_>) -> Result<Mapped, Not> {
        let (kind, kind_text) = self.kind(sight)?;
        let given = self.id(sight)?;
        if self.thin && kind != EventKind::Withdrawn {
            return Ok(Mapped::Thin(Box::new(self.to_fetch(place, sight, kind, given))));
        }
        let event = self.event(sight, kind, kind_text.as_deref(), &given)?;
        Ok(Mapped::Event(Box::new(event)))
    }

    /// What is to be fetched.
    fn to_fetch(
        &self,
        place: &batch::Place<'_>,
        sight: &Sight<'_>,
        kind: EventKind,
        id: String,
    ) -> Thin {
        let named = self.preset.fetch().into_iter().flat_map(|fetch| &fetch.names);
        let names = named
            .filter_map(|(name, at)| Some((name.clone(), fields::scalar(&*first(at, sight)?)?)));
        Thin {
            kind,
            id,
            version: self.version(sight).0,
            names: names.collect(),
            location: fields::line(&self.fields.location, sight),
            event: Digest::of_bytes(place.alone().to_string().as_bytes()).to_hex(),
        }
    }

    fn event(
        &self,
        sight: &Sight<'_>,
        kind: EventKind,
        kind_text: Option<&str>,
        given: &str,
    ) -> Result<ReviewEvent, Not> {
        let no_id = || Not::Mappable("the id is empty".to_owned());
        let (external_id, shown_id) = ExternalId::from_platform(given).ok_or_else(no_id)?;
        let (version, version_flag) = self.version(sight);
        let (reply, reply_flag) = self.reply(sight, kind);
        let with_content = match kind {
            EventKind::Posted | EventKind::Edited => true,
            EventKind::Answered => self.preset.events.answered_with_content,
            EventKind::Withdrawn => false,
        };
        let content = with_content.then(|| {
            let mut content = self.content(sight, given, kind_text);
            content.flags.extend(version_flag.into_iter().chain(reply_flag));
            content.flags.extend(shown_id.is_some().then_some(Flag::IdHashed));
            content.flags.sort_unstable();
            content.flags.dedup();
            Content { shown_id, ..content }
        });
        Ok(ReviewEvent { kind, external_id, version, content, reply })
    }

    /// Which event it is, and the type as the platform names it.
    fn kind(&self, sight: &Sight<'_>) -> Result<(EventKind, Option<String>), Not> {
        let events = &self.preset.events;
        if let Some(other) = other_than(&events.only, sight) {
            return Err(Not::Ours(format!("about {}", shown(&other))));
        }
        let found = first(&events.kind, sight);
        let (outcome, name) = match found.as_deref() {
            None => {
                let none = || Not::Mappable(format!("no type at {}", places(&events.kind)));
                let a_review = events.review_if.is_empty() || self.is_review(sight);
                (events.absent.filter(|_| a_review).ok_or_else(none)?, None)
            }
            Some(Value::String(name)) => match events.map.get(name) {
                Some(outcome) => (*outcome, Some(name.clone())),
                None => (self.unknown(name, sight)?, None),
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

    fn is_review(&self, sight: &Sight<'_>) -> bool {
        first(&self.preset.events.review_if, sight).is_some()
    }

    fn unknown(&self, name: &str, sight: &Sight<'_>) -> Result<Outcome, Not> {
        let events = &self.preset.events;
        match (events.absent, events.unknown) {
            (Some(outcome), _) if self.is_review(sight) => Ok(outcome),
            (_, Unknown::Ignored) => Err(Not::Ours(format!("unknown type {}", shown(name)))),
            (_, Unknown::Rejected) => {
                let place = places(&events.kind);
                Err(Not::Mappable(format!("unknown type {} at {place}", shown(name))))
            }
        }
    }

    fn id(&self, sight: &Sight<'_>) -> Result<String, Not> {
        let place = || places(&self.fields.id);
        match first(&self.fields.id, sight).as_deref() {
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

    fn version(&self, sight: &Sight<'_>) -> (Option<Version>, Option<Flag>) {
        let fields = self.fields;
        let sequence = first(&fields.sequence, sight);
        let number = sequence.as_deref().and_then(|value| match value {
            Value::Number(number) => number.as_str().parse().ok(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        });
        if let Some(number) = number {
            return (Some(Version::Sequence(number)), None);
        }
        let (at, flag) = self.date(&fields.updated_at, sight);
        (at.map(Version::Time), flag)
    }

    /// The brand's answer. Beside a review it is one only if it says something.
    fn reply(&self, sight: &Sight<'_>, kind: EventKind) -> (Option<Reply>, Option<Flag>) {
        let fields = self.fields;
        let given = first(&fields.reply, sight).and_then(|value| fields::scalar(&value));
        let (at, flag) = self.date(&fields.reply_at, sight);
        let said = given.map(|given| fields::cut_text(&given, fields.html).0).unwrap_or_default();
        let counts = match kind {
            EventKind::Posted | EventKind::Edited => !said.is_empty(),
            EventKind::Answered => !said.is_empty() || at.is_some(),
            EventKind::Withdrawn => false,
        };
        if counts { (Some(Reply { text: said, at }), flag) } else { (None, None) }
    }

    pub(crate) fn date(
        &self,
        at: &[Pointer],
        sight: &Sight<'_>,
    ) -> (Option<Timestamp>, Option<Flag>) {
        let found = first(at, sight);
        match dates::judge(found.as_deref(), &self.preset.zone, self.received_at) {
            Dated::Absent => (None, None),
            Dated::Unbelievable => (None, Some(Flag::TimeAssumed)),
            Dated::At(at) => (Some(at), None),
        }
    }
}

/// What an event is about, where it is none of those that count.
fn other_than(only: &[Only], sight: &Sight<'_>) -> Option<String> {
    only.iter().find_map(|only| {
        let found = first(&only.at, sight)?;
        found.as_str().filter(|text| !only.is.iter().any(|is| is == text)).map(str::to_owned)
    })
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

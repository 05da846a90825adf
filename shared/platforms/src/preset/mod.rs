//! Presets: one file a platform, data and not code.
//!
//! The files in `presets/` are compiled in; a brand may bring its own for a platform we have
//! never heard of ([`Preset::read_own`]). README.md of this crate says how to write one.

mod challenge;
mod fault;
mod fetch;
mod file;
mod ours;
mod parse;
mod rating;
mod sample;
mod scheme;
mod values;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

pub use challenge::{Answered, Asked, Challenge, Unanswered};
pub use fault::PresetError;
pub(crate) use fetch::Item;
pub use fetch::{ApiAuth, ApiNames, Fetch, List, NoAddress, Thin};
pub use file::{Answers, Evidence, Outcome, Push};
pub(crate) use file::{Events, Fields, Only, Ping, Unknown};
pub use sample::{DateForm, Expected, ExpectedEvent, Sample};

use crate::mapping::{Beside, MalformedPayload, Mapped};
use crate::pointer::Pointer;
use crate::signature::Scheme;
pub use ours::presets;
pub(crate) use rating::{Rating, Scale};
pub(crate) use values::Pattern;

/// Everything Vigie knows of a platform.
#[derive(Debug, Clone)]
pub struct Preset {
    id: String,
    name: String,
    push: Push,
    answers: Answers,
    aggregates: bool,
    evidence: Evidence,
    evidence_sources: Vec<String>,
    scheme: Scheme,
    setup: Vec<String>,
    setup_fr: Vec<String>,
    instead: Option<String>,
    instead_fr: Option<String>,
    notes: Vec<String>,
    response: Option<String>,
    challenge: Option<Challenge>,
    ping: Option<Ping>,
    samples: Vec<Sample>,
    pub(crate) zone: TimeZone,
    pub(crate) events: Events,
    pub(crate) fields: Fields,
    pub(crate) rating: Rating,
    pub(crate) public: Option<Pattern>,
    pub(crate) public_for: Vec<String>,
    pub(crate) answer: Option<Pattern>,
    fetch: Option<Fetch>,
}

/// A platform, as `vigie platforms --json` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlatformInfo<'a> {
    /// The preset's id.
    pub id: &'a str,
    /// The platform's name.
    pub name: &'a str,
    /// What its webhooks bring.
    pub push: Push,
    /// The scheme's name.
    pub scheme: String,
    /// How well the scheme is documented.
    pub evidence: Evidence,
    /// Whether the body is covered by a signature.
    pub signed: bool,
    /// Which events come.
    pub events: Vec<Outcome>,
    /// How the brand's answers reach us.
    pub answers: Answers,
    /// What to do instead, where no webhook of reviews comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead: Option<&'a str>,
}

impl Preset {
    /// The id: `judgeme`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The platform's name: `Judge.me`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How requests prove where they come from.
    pub const fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Whether the body is covered by a signature ([`Scheme::signed`]).
    pub const fn signed(&self) -> bool {
        self.scheme.signed()
    }

    /// The same, taking dates without a zone as of another one.
    #[must_use]
    pub fn in_zone(&self, zone: TimeZone) -> Self {
        Self { zone, ..self.clone() }
    }

    /// How well the scheme is documented.
    pub const fn evidence(&self) -> Evidence {
        self.evidence
    }

    /// Where it is documented.
    pub fn evidence_sources(&self) -> &[String] {
        &self.evidence_sources
    }

    /// How the brand's answers reach us.
    pub const fn answers(&self) -> Answers {
        self.answers
    }

    /// Whether it passes on reviews of other platforms: one that is a source of its own too then
    /// comes twice.
    pub const fn aggregates(&self) -> bool {
        self.aggregates
    }

    /// What webhooks bring.
    pub const fn push(&self) -> Push {
        self.push
    }

    /// How to switch the webhook on, in steps. `{url}` stands for the source's address, `{source}`
    /// for its id, `{server}` for what addresses begin with.
    pub fn setup(&self) -> &[String] {
        &self.setup
    }

    /// The same steps in French; empty where the preset has none.
    pub fn setup_fr(&self) -> &[String] {
        &self.setup_fr
    }

    /// What to do instead, where no webhook of reviews comes.
    pub fn instead(&self) -> Option<&str> {
        self.instead.as_deref()
    }

    /// The same in French.
    pub fn instead_fr(&self) -> Option<&str> {
        self.instead_fr.as_deref()
    }

    /// What the platform asks before it posts, if it asks.
    pub const fn challenge(&self) -> Option<&Challenge> {
        self.challenge.as_ref()
    }

    /// Where reviews are fetched from, where the platform has an API that Vigie knows. A platform
    /// whose webhooks are whole is asked too where the source states how: what is not signed is
    /// confirmed so.
    pub const fn fetch(&self) -> Option<&Fetch> {
        self.fetch.as_ref()
    }

    /// Whether a request says nothing but that the address was set up. Such a request is not
    /// signed: it is answered 200, and nothing of it is kept.
    ///
    /// ```
    /// let preset = vigie_platforms::Preset::by_id("woocommerce").unwrap();
    /// assert!(preset.is_ping(b"webhook_id=17"));
    /// assert!(!preset.is_ping(b"webhook_id=17&x=1"));
    /// ```
    pub fn is_ping(&self, body: &[u8]) -> bool {
        let Some(ping) = &self.ping else { return false };
        if body.is_empty() {
            return ping.empty;
        }
        let form = ping.form.as_deref();
        let text = std::str::from_utf8(body).ok().map(str::trim);
        let value =
            text.zip(form).and_then(|(text, form)| text.strip_prefix(form)?.strip_prefix('='));
        value.is_some_and(|text| {
            (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        })
    }

    /// Limits and doubts.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What to answer instead of the counts, where the platform demands it.
    pub fn response(&self) -> Option<&str> {
        self.response.as_deref()
    }

    /// The sample payloads.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// A sample by its name.
    pub fn sample(&self, name: &str) -> Option<&Sample> {
        self.samples.iter().find(|sample| sample.name == name)
    }

    /// Which events come, in the order of a review's life.
    pub fn events(&self) -> Vec<Outcome> {
        let all = [Outcome::Posted, Outcome::Edited, Outcome::Answered, Outcome::Withdrawn];
        let come =
            |o: &Outcome| self.events.map.values().chain(&self.events.absent).any(|m| m == o);
        all.into_iter().filter(come).collect()
    }

    /// Every type of event that the platform sends, as it names them, and what each is to us.
    pub fn event_types(&self) -> impl Iterator<Item = (&str, Outcome)> {
        self.events.map.iter().map(|(name, outcome)| (name.as_str(), *outcome))
    }

    /// The platform, as `vigie platforms --json` lists it.
    pub fn info(&self) -> PlatformInfo<'_> {
        PlatformInfo {
            id: &self.id,
            name: &self.name,
            push: self.push,
            scheme: self.scheme.name(),
            evidence: self.evidence,
            signed: self.scheme.signed(),
            events: self.events(),
            answers: self.answers,
            instead: self.instead(),
        }
    }

    /// The headers that mapping reads: what must be kept beside a rejected event, so that it can
    /// be mapped again.
    pub fn headers_read(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.pointers().filter_map(Pointer::header).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Every pointer that mapping follows.
    pub(crate) fn pointers(&self) -> impl Iterator<Item = &Pointer> {
        let rating = self.rating.at.iter().chain(&self.rating.scale_at);
        let only = self.events.only.iter().flat_map(|only| &only.at);
        let events = self.events.kind.iter().chain(&self.events.review_if).chain(only);
        self.fields.all().chain(events).chain(rating)
    }

    /// Maps every sample, rendered at `now`, and compares: how a new preset is proven.
    ///
    /// ```
    /// let now = "2026-11-20T09:12:00Z".parse().unwrap();
    /// for preset in vigie_platforms::presets() {
    ///     assert_eq!(preset.check_samples(now), Vec::<String>::new());
    /// }
    /// ```
    pub fn check_samples(&self, now: Timestamp) -> Vec<String> {
        let checked = self.samples.iter().map(|sample| self.check_sample(sample, now));
        checked.filter_map(Result::err).collect()
    }

    fn check_sample(&self, sample: &Sample, now: Timestamp) -> Result<(), String> {
        let mapped = self.map_sample(sample, now, "");
        let mapped = mapped.map_err(|error| format!("sample {}: {error}", sample.name))?;
        sample.check(&mapped, now)
    }

    /// Maps a sample, rendered at `now` with a suffix, as if it had come and verified, and as if
    /// what it leaves out had been fetched.
    ///
    /// # Errors
    /// The sample is not JSON.
    pub fn map_sample(
        &self,
        sample: &Sample,
        now: Timestamp,
        suffix: &str,
    ) -> Result<Vec<Mapped>, MalformedPayload> {
        let (headers, claims) = (sample.header_map(), sample.claims_json());
        let body = sample.render_with(now, suffix);
        // Where the body is a token, what it says is what the sample has.
        let whole = self.scheme.body_is_token().then_some(body.as_slice());
        let (claims, query) = (claims.as_deref().or(whole), sample.query.as_deref());
        let beside = Beside { headers: &headers, claims, query };
        let mut mapped = self.map(beside, &body, now)?;
        let fetched = sample.fetched(now, suffix);
        for one in &mut mapped {
            let (Mapped::Thin(thin), Some(fetched)) = (&*one, &fetched) else { continue };
            if let Ok(event) = self.map_fetched(thin, fetched, now) {
                *one = Mapped::Event(Box::new(event));
            }
        }
        Ok(mapped)
    }
}

/// The headers that a preset reads, out of a request's.
pub(crate) fn kept_headers(preset: &Preset, headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = preset.headers_read().into_iter().filter_map(|name| {
        Some((name.to_owned(), crate::headers::text(headers, name)?.to_owned()))
    });
    kept.collect()
}

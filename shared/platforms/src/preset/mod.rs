//! Presets: one file a platform, data and not code.
//!
//! The files in `presets/` are compiled in; a brand may bring its own for a platform we have
//! never heard of ([`Preset::parse`]). README.md of this crate says how to write one.

mod fault;
mod file;
mod rating;
mod sample;
mod scheme;
mod values;

use std::sync::LazyLock;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

pub use fault::PresetError;
pub use file::{Answers, Evidence, Outcome, Push};
pub(crate) use file::{Events, Fields, Unknown};
pub use sample::{DateForm, Expected, ExpectedEvent, Sample};

use crate::pointer::Pointer;
use crate::signature::Scheme;
use file::{File, SampleTable};
pub(crate) use rating::{Rating, Scale};
pub(crate) use values::Pattern;

/// The files compiled in, in the order of `vigie platforms`.
const FILES: [(&str, &str); 14] = [
    ("standard-webhooks.toml", include_str!("../../presets/standard-webhooks.toml")),
    ("generic-hmac.toml", include_str!("../../presets/generic-hmac.toml")),
    ("judgeme.toml", include_str!("../../presets/judgeme.toml")),
    ("okendo.toml", include_str!("../../presets/okendo.toml")),
    ("podium.toml", include_str!("../../presets/podium.toml")),
    ("stamped.toml", include_str!("../../presets/stamped.toml")),
    ("trustpilot.toml", include_str!("../../presets/trustpilot.toml")),
    ("shopify-product-review.toml", include_str!("../../presets/shopify-product-review.toml")),
    ("lipscore.toml", include_str!("../../presets/lipscore.toml")),
    ("reviewsio.toml", include_str!("../../presets/reviewsio.toml")),
    ("webwinkelkeur.toml", include_str!("../../presets/webwinkelkeur.toml")),
    ("yotpo.toml", include_str!("../../presets/yotpo.toml")),
    ("zernio.toml", include_str!("../../presets/zernio.toml")),
    ("typeform.toml", include_str!("../../presets/typeform.toml")),
];

/// Everything Vigie knows of a platform.
#[derive(Debug, Clone)]
pub struct Preset {
    id: String,
    name: String,
    push: Push,
    answers: Answers,
    evidence: Evidence,
    evidence_sources: Vec<String>,
    scheme: Scheme,
    setup: Vec<String>,
    notes: Vec<String>,
    response: Option<String>,
    samples: Vec<Sample>,
    pub(crate) zone: TimeZone,
    pub(crate) events: Events,
    pub(crate) fields: Fields,
    pub(crate) rating: Rating,
    pub(crate) public: Option<Pattern>,
    pub(crate) public_for: Vec<String>,
    pub(crate) answer: Option<Pattern>,
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
}

/// Every preset compiled in, parsed once.
///
/// ```
/// assert!(vigie_platforms::presets().iter().any(|preset| preset.id() == "judgeme"));
/// ```
pub fn presets() -> &'static [Preset] {
    // A file that does not parse would be missing here; a test holds that none is.
    static PRESETS: LazyLock<Vec<Preset>> = LazyLock::new(|| {
        FILES.iter().filter_map(|(name, text)| Preset::parse(text, name).ok()).collect()
    });
    &PRESETS
}

impl Preset {
    /// The preset of an id, of those compiled in.
    ///
    /// ```
    /// use vigie_platforms::Preset;
    /// assert_eq!(Preset::by_id("podium").unwrap().scheme().name(), "hmac-sha256-hex-timestamp");
    /// assert!(Preset::by_id("nobody").is_none());
    /// ```
    pub fn by_id(id: &str) -> Option<&'static Self> {
        presets().iter().find(|preset| preset.id == id)
    }

    /// Reads a preset file. `file_name` is only for the fault.
    ///
    /// ```
    /// use vigie_platforms::Preset;
    /// let error = Preset::parse("id = \"mine\"\nnmae = \"Mine\"\n", "mine.toml").unwrap_err();
    /// assert_eq!((error.line, error.column, error.key.as_str()), (2, 1, "nmae"));
    /// assert_eq!(error.hint.as_deref(), Some("did you mean name?"));
    /// ```
    ///
    /// # Errors
    /// The first fault: where, which key, what is wrong, and what to do.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, PresetError> {
        let file: File =
            toml::from_str(text).map_err(|e| PresetError::of_toml(file_name, text, &e))?;
        let place =
            |offset: usize, message: &str| PresetError::at(file_name, text, offset, message);
        let id_at = file.id.span().start;
        let id = file.id.into_inner();
        if id.parse::<vigie_domain::SourceId>().is_err() {
            return Err(place(id_at, "is not an id").hint("use a-z, 0-9, - and _, up to 63"));
        }
        let (at, signature) = (file.signature.span().start, file.signature.into_inner());
        let scheme = scheme::of_table(&signature).map_err(|message| {
            place(signature.timestamp.as_ref().map_or(at, |t| t.span().start.max(at)), message)
        })?;
        let rating = Rating::of_table(file.rating)
            .map_err(|message| place(text.find("[rating]").unwrap_or_default(), message))?;
        let dates = file.sample_dates;
        Ok(Self {
            id,
            name: file.name,
            push: file.push,
            answers: file.answers,
            evidence: signature.evidence,
            evidence_sources: signature.sources,
            scheme,
            setup: file.setup,
            notes: file.notes,
            response: file.response,
            samples: file.samples.into_iter().map(|table| Sample::of(table, dates)).collect(),
            zone: file.zone.map_or(TimeZone::UTC, |zone| zone.0),
            events: file.events,
            fields: file.fields,
            rating,
            public: file.address.public,
            public_for: file.address.public_for,
            answer: file.address.answer,
        })
    }

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

    /// What webhooks bring.
    pub const fn push(&self) -> Push {
        self.push
    }

    /// How to switch the webhook on, in steps. `{url}` stands for the source's address, `{source}`
    /// for its id, `{server}` for what addresses begin with.
    pub fn setup(&self) -> &[String] {
        &self.setup
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
        }
    }

    /// The headers that mapping reads: what must be kept beside a rejected event, so that it can
    /// be mapped again.
    pub fn headers_read(&self) -> Vec<&str> {
        let rating = self.rating.at.iter().chain(&self.rating.scale_at);
        let pointers = self.fields.all().chain(&self.events.kind).chain(rating);
        let mut names: Vec<_> = pointers.filter_map(Pointer::header).collect();
        names.sort_unstable();
        names.dedup();
        names
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
        let check = |sample: &Sample| {
            let mapped = self.map(&sample.header_map(), &sample.render(now), now);
            let mapped = mapped.map_err(|error| format!("sample {}: {error}", sample.name))?;
            sample.check(&mapped, now)
        };
        self.samples.iter().filter_map(|sample| check(sample).err()).collect()
    }
}

impl Sample {
    fn of(table: SampleTable, dates: DateForm) -> Self {
        let headers = table.headers.into_iter().map(|(name, value)| (name.0, value)).collect();
        Self { name: table.name, headers, expect: table.expect, body: table.body, dates }
    }
}

/// The headers that a preset reads, out of a request's.
pub(crate) fn kept_headers(preset: &Preset, headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = preset.headers_read().into_iter().filter_map(|name| {
        Some((name.to_owned(), crate::headers::text(headers, name)?.to_owned()))
    });
    kept.collect()
}

//! The shape of a preset file, as TOML. Unknown keys are faults.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::fetch::ApiAuth;
use super::sample::{DateForm, Expected, Wrap};
use super::values::{HeaderText, Number, Pattern, Secure, Zone};
use crate::mapping::Batch;
use crate::pointer::Pointer;
use crate::signature::{Encoding, Family, HashKind, JwtAlgorithm, SecretForm, StampUnit, Template};

/// What a webhook brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Push {
    /// The whole review.
    Full,
    /// An id, to be fetched.
    Thin,
    /// Nothing: the platform has no webhook.
    None,
}

/// How the brand's answers reach us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answers {
    /// The platform tells of them.
    #[serde(rename = "event")]
    Event,
    /// They can be fetched.
    #[serde(rename = "fetch")]
    Fetch,
    /// Somebody clicks "answered".
    #[serde(rename = "by hand")]
    ByHand,
}

/// How well a signature scheme is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// By the vendor.
    Documented,
    /// Seen in the vendor's own code.
    VendorCode,
    /// It signs, and nobody says how.
    Unknown,
    /// The vendor describes no proof at all.
    None,
}

/// What a type of event is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A review was written.
    Posted,
    /// A review changed.
    Edited,
    /// The brand answered.
    Answered,
    /// A review is gone.
    Withdrawn,
    /// Not a matter of ours.
    Ignored,
}

/// What an unknown type means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unknown {
    #[default]
    Ignored,
    Rejected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) id: Spanned<String>,
    pub(super) name: String,
    /// A preset that comes with Vigie: what is not stated here is as it is there.
    pub(super) like: Option<Spanned<String>>,
    pub(super) push: Option<Push>,
    pub(super) answers: Option<Answers>,
    /// Whether it passes on reviews of other platforms.
    pub(super) aggregates: Option<bool>,
    pub(super) setup: Option<Vec<String>>,
    pub(super) setup_fr: Option<Vec<String>>,
    pub(super) instead: Option<String>,
    pub(super) instead_fr: Option<String>,
    pub(super) notes: Option<Vec<String>>,
    pub(super) response: Option<String>,
    pub(super) zone: Option<Zone>,
    pub(super) signature: Option<Spanned<SignatureTable>>,
    pub(super) challenge: Option<Spanned<ChallengeTable>>,
    pub(super) ping: Option<Ping>,
    pub(super) events: Option<Events>,
    pub(super) fields: Option<Fields>,
    pub(super) rating: Option<RatingTable>,
    pub(super) address: Option<AddressTable>,
    pub(super) fetch: Option<Spanned<FetchTable>>,
    pub(super) list: Option<ListTable>,
    pub(super) sample_dates: Option<DateForm>,
    pub(super) samples: Option<Vec<Spanned<SampleTable>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureTable {
    pub(super) scheme: SchemeName,
    pub(super) evidence: Evidence,
    #[serde(default)]
    pub(super) sources: Vec<String>,
    pub(super) hash: Option<HashKind>,
    pub(super) or_hash: Option<HashKind>,
    pub(super) encoding: Option<Encoding>,
    #[serde(default)]
    pub(super) headers: Vec<HeaderText>,
    #[serde(default)]
    pub(super) families: Vec<Family>,
    #[serde(default)]
    pub(super) prefix: String,
    #[serde(default)]
    pub(super) secret: SecretForm,
    pub(super) timestamp: Option<Spanned<TimestampTable>>,
    pub(super) algorithm: Option<JwtAlgorithm>,
    #[serde(rename = "in")]
    pub(super) place: Option<TokenPlace>,
    pub(super) parameter: Option<String>,
    #[serde(default)]
    pub(super) issuers: Vec<String>,
    #[serde(default)]
    pub(super) audience: bool,
    #[serde(default)]
    pub(super) sender: bool,
    pub(super) keys: Option<Secure>,
}

/// Where a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TokenPlace {
    Bearer,
    Query,
    Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SchemeName {
    Hmac,
    StandardWebhooks,
    Jwt,
    Ecdsa,
    SharedHeader,
    Basic,
    PathToken,
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TimestampTable {
    pub(super) unit: StampUnit,
    pub(super) signed: Template,
    pub(super) header: Option<HeaderText>,
    pub(super) keys: Option<StampKeys>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StampKeys {
    pub(super) timestamp: String,
    pub(super) signature: String,
}

/// How a platform asks whether the address is ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChallengeTable {
    pub(super) methods: Vec<String>,
    pub(super) echo: Option<String>,
    pub(super) digest: Option<String>,
    #[serde(rename = "as")]
    pub(super) member: Option<String>,
    pub(super) word: Option<String>,
    #[serde(default)]
    pub(super) when: BTreeMap<String, String>,
}

/// A request that says nothing but that the address was set up, unsigned.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ping {
    /// The only field of its form; its value is a number.
    pub(crate) form: Option<String>,
    /// Whether a request without a body is one.
    #[serde(default)]
    pub(crate) empty: bool,
}

/// Which events are which.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Events {
    /// Where the type lies.
    #[serde(rename = "type")]
    pub(crate) kind: Vec<Pointer>,
    pub(crate) map: BTreeMap<String, Outcome>,
    /// What a missing type means; without it, such an event is rejected.
    pub(crate) absent: Option<Outcome>,
    pub(crate) unknown: Unknown,
    /// What shows that an event without a known type is a review: where one of these is there, an
    /// unknown type means `absent` too; where none is, a missing type means nothing.
    #[serde(default)]
    pub(crate) review_if: Vec<Pointer>,
    /// Events whose value there is another are ignored.
    #[serde(default)]
    pub(crate) only: Vec<Only>,
    /// Where the list of events lies, if they come in lists. A lone event is taken too.
    pub(crate) batch: Option<Batch>,
    /// Whether an answered event carries the review as well.
    #[serde(default)]
    pub(crate) answered_with_content: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Only {
    pub(crate) at: Vec<Pointer>,
    pub(crate) is: Vec<String>,
}

/// Where each field lies: the first pointer that finds something wins.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fields {
    #[serde(default)]
    pub(crate) id: Vec<Pointer>,
    #[serde(default)]
    pub(crate) title: Vec<Pointer>,
    #[serde(default)]
    pub(crate) text: Vec<Pointer>,
    /// Whether title, text and answer are HTML.
    #[serde(default)]
    pub(crate) html: bool,
    #[serde(default)]
    pub(crate) language: Vec<Pointer>,
    #[serde(default)]
    pub(crate) author: Vec<Pointer>,
    #[serde(default)]
    pub(crate) published_at: Vec<Pointer>,
    #[serde(default)]
    pub(crate) updated_at: Vec<Pointer>,
    #[serde(default)]
    pub(crate) sequence: Vec<Pointer>,
    #[serde(default)]
    pub(crate) url: Vec<Pointer>,
    #[serde(default)]
    pub(crate) product: Vec<Pointer>,
    #[serde(default)]
    pub(crate) location: Vec<Pointer>,
    #[serde(default)]
    pub(crate) order: Vec<Pointer>,
    #[serde(default)]
    pub(crate) reply: Vec<Pointer>,
    #[serde(default)]
    pub(crate) reply_at: Vec<Pointer>,
}

impl Fields {
    pub(super) fn all(&self) -> impl Iterator<Item = &Pointer> {
        let lists = [
            &self.id,
            &self.title,
            &self.text,
            &self.language,
            &self.author,
            &self.published_at,
            &self.updated_at,
            &self.sequence,
            &self.url,
            &self.product,
            &self.location,
            &self.order,
            &self.reply,
            &self.reply_at,
        ];
        lists.into_iter().flatten()
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RatingTable {
    pub(super) at: Vec<Pointer>,
    pub(super) scale: Option<Number>,
    #[serde(default)]
    pub(super) scale_at: Vec<Pointer>,
    pub(super) best: Option<Number>,
    pub(super) worst: Option<Number>,
    #[serde(default)]
    pub(super) words: BTreeMap<String, Number>,
    #[serde(default)]
    pub(super) unrated: Vec<String>,
}

/// Where a review's content is fetched from.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FetchTable {
    pub(super) url: String,
    pub(super) auth: ApiAuth,
    pub(super) token_url: Option<Secure>,
    pub(super) item: Option<Pointer>,
    #[serde(default)]
    pub(super) list: Vec<Pointer>,
    #[serde(default)]
    pub(super) by: Vec<Pointer>,
    #[serde(default)]
    pub(super) only: Vec<Only>,
    #[serde(default)]
    pub(super) gone: Vec<u16>,
    #[serde(default)]
    pub(super) each_is_news: bool,
    #[serde(default)]
    pub(super) names: BTreeMap<String, Vec<Pointer>>,
    pub(super) fields: Fields,
    pub(super) rating: Option<RatingTable>,
}

/// The list of a source's reviews.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListTable {
    pub(super) url: String,
    pub(super) items: Pointer,
    pub(super) token: Option<Pointer>,
    pub(super) link: Option<Pointer>,
    pub(super) parameter: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AddressTable {
    pub(super) public: Option<Pattern>,
    #[serde(default)]
    pub(super) public_for: Vec<String>,
    pub(super) answer: Option<Pattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SampleTable {
    pub(super) name: String,
    #[serde(default)]
    pub(super) headers: BTreeMap<HeaderText, String>,
    pub(super) query: Option<String>,
    #[serde(default)]
    pub(super) claims: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) wrap: Vec<Wrap>,
    /// What the platform's API gives for it, where the webhook tells the id only.
    pub(super) fetched: Option<String>,
    pub(super) body: String,
    pub(super) expect: Vec<Expected>,
}

//! Review events: what a webhook says happened, mapped from any platform.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::ids::ExternalId;
use crate::stars::Stars;

/// What happened to a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// It was written.
    Posted,
    /// Its rating or text changed.
    Edited,
    /// The brand answered it.
    Answered,
    /// It is no longer shown.
    Withdrawn,
}

/// Orders what is said of one register: a platform's sequence number, or a time.
///
/// A source uses one or the other; where they meet, a sequence number is newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// The platform's time of the change, or the time of receipt.
    Time(Timestamp),
    /// The platform's sequence number.
    Sequence(u64),
}

/// What could not be taken as given. Flags are kept with the review and told to the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The rating is missing, unreadable or out of scale.
    NoRating,
    /// A date was unreadable, before 1995 or more than a day ahead: the time of receipt stands.
    TimeAssumed,
    /// The text was longer than 20,000 characters.
    TextCut,
    /// The external id was too long or had control characters: its hash stands.
    IdHashed,
}

/// What a reviewer wrote, as far as it could be read. Texts are cleaned and cut
/// ([`crate::text`]).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The rating on five; `None` when there is none that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stars: Option<Stars>,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The comment; empty for a rating alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// ISO 639-1 language, where the platform says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The reviewer's public name. An e-mail address is never kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it was published, where the platform says so readably.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Timestamp>,
    /// Its public address (https only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The page where the brand answers it (https only), where the preset knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_url: Option<String>,
    /// What was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Where: what the platform says of the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The order's reference. Never shown in public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The platform's id as shown, where the external id is its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_id: Option<String>,
    /// What could not be taken as given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
}

impl Content {
    /// The digest of what the platform said, which breaks ties and finds duplicates.
    pub fn digest(&self) -> Digest {
        let stars = self.stars.map(|s| s.to_string());
        let published = self.published_at.map(|t| t.to_string());
        Digest::of_fields([
            stars.as_deref(),
            self.title.as_deref(),
            Some(self.text.as_str()),
            self.language.as_deref(),
            self.author.as_deref(),
            published.as_deref(),
            self.url.as_deref(),
            self.product.as_deref(),
            self.location.as_deref(),
            self.order.as_deref(),
        ])
    }
}

/// The brand's answer, as a platform tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// What the brand wrote.
    pub text: String,
    /// When, where the platform says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// One thing that happened to one review, as a platform tells it.
///
/// It speaks of up to three registers: content (`content`), answer (`reply`, or the kind
/// [`EventKind::Answered`]) and existence (every kind but `Answered`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewEvent {
    /// What happened.
    pub kind: EventKind,
    /// To which review.
    pub external_id: ExternalId,
    /// The platform's version of what is said; `None` where it gives none.
    pub version: Option<Version>,
    /// What the reviewer wrote: with `Posted` and `Edited`.
    pub content: Option<Content>,
    /// The brand's answer, where the payload carries one.
    pub reply: Option<Reply>,
}

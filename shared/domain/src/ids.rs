//! Names of things: slugs from the configuration, and ids that platforms give.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::text;

/// Longest external id that is kept as given, in bytes of UTF-8 (contract: longer ones are hashed).
pub const EXTERNAL_ID_BYTES_MAX: usize = 512;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an id: 1 to 63 of a-z, 0-9, - and _, beginning with a letter or a digit")]
pub struct BadSlug(pub String);

fn is_slug(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let first = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= 63 && text.bytes().next().is_some_and(first) && text.bytes().all(inner)
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadSlug;
            fn from_str(text: &str) -> Result<Self, BadSlug> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadSlug;
            fn try_from(text: String) -> Result<Self, BadSlug> {
                if is_slug(&text) { Ok(Self(text)) } else { Err(BadSlug(text)) }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

slug!(
    /// A brand's id.
    BrandId
);
slug!(
    /// A source's id, unique over all brands: one brand's account on one platform.
    SourceId
);
slug!(
    /// A shop's id within its brand.
    ShopId
);
slug!(
    /// A contact's id within its brand.
    ContactId
);

impl BrandId {
    /// What stands in a brand's place where a message is of none: the operator's.
    pub fn operator() -> Self {
        Self(ContactId::OPERATOR.to_owned())
    }
}

impl ContactId {
    /// The id of the operator's contact, which no brand's contact may take.
    pub const OPERATOR: &'static str = "operator";

    /// Whoever runs Vigie.
    pub fn operator() -> Self {
        Self(Self::OPERATOR.to_owned())
    }

    /// Whether this is whoever runs Vigie.
    pub fn is_operator(&self) -> bool {
        self.0 == Self::OPERATOR
    }
}

/// A review's id as its platform gave it, or its hash where it cannot be kept.
///
/// Ids of up to [`EXTERNAL_ID_BYTES_MAX`] bytes without control characters are kept as given;
/// others become `sha256-<hex>`, and [`ExternalId::from_platform`] says so.
///
/// ```
/// use vigie_domain::ExternalId;
/// let (id, shown) = ExternalId::from_platform("gid/with/slashes 🙂").unwrap();
/// assert_eq!(id.as_str(), "gid/with/slashes 🙂");
/// assert_eq!(shown, None);
/// let (id, shown) = ExternalId::from_platform("a\nb").unwrap();
/// assert!(id.as_str().starts_with("sha256-"));
/// assert_eq!(shown.as_deref(), Some("a b"));
/// assert!(ExternalId::from_platform("").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExternalId(String);

impl ExternalId {
    /// Takes a platform's id. The second value is there when the id had to be hashed: its first
    /// 100 clean characters, for display. An empty id is none.
    pub fn from_platform(given: &str) -> Option<(Self, Option<String>)> {
        if given.is_empty() {
            return None;
        }
        if given.len() <= EXTERNAL_ID_BYTES_MAX && !given.chars().any(char::is_control) {
            return Some((Self(given.to_owned()), None));
        }
        let shown = text::clean_line(given).chars().take(100).collect();
        let digest = Digest::of_bytes(given.as_bytes());
        Some((Self(format!("sha256-{}", digest.to_hex())), Some(shown)))
    }

    /// What stands in an erased review's id's place.
    pub(crate) const fn of_tombstone(hidden: String) -> Self {
        Self(hidden)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which review: a source and the platform's id, written `SOURCE/EXTERNAL_ID`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReviewKey {
    /// The source that brought it.
    pub source: SourceId,
    /// The platform's id for it.
    pub external_id: ExternalId,
}

/// Why a text names no review.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no review: write SOURCE/EXTERNAL_ID")]
pub struct BadReviewKey(pub String);

impl FromStr for ReviewKey {
    type Err = BadReviewKey;
    fn from_str(given: &str) -> Result<Self, BadReviewKey> {
        let bad = || BadReviewKey(given.to_owned());
        let (source, external) = given.split_once('/').ok_or_else(bad)?;
        let source = source.parse().map_err(|_| bad())?;
        let (external_id, _) = ExternalId::from_platform(external).ok_or_else(bad)?;
        Ok(Self { source, external_id })
    }
}

impl TryFrom<String> for ReviewKey {
    type Error = BadReviewKey;
    fn try_from(given: String) -> Result<Self, BadReviewKey> {
        given.parse()
    }
}

impl From<ReviewKey> for String {
    fn from(key: ReviewKey) -> String {
        key.to_string()
    }
}

impl fmt::Display for ReviewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.source, self.external_id)
    }
}

/// A review's short number, unique in its store. Mails show it behind the first letters of the
/// brand's id: `LUM-4821`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReviewNumber(pub u64);

impl ReviewNumber {
    /// The number as mails show it.
    ///
    /// ```
    /// use vigie_domain::{BrandId, ReviewNumber};
    /// let brand: BrandId = "lumen".parse().unwrap();
    /// assert_eq!(ReviewNumber(4821).shown(&brand), "LUM-4821");
    /// assert_eq!(ReviewNumber::from_shown("LUM-4821"), Some(ReviewNumber(4821)));
    /// ```
    pub fn shown(self, brand: &BrandId) -> String {
        let letters: String =
            brand.as_str().chars().filter(char::is_ascii_alphanumeric).take(3).collect();
        format!("{}-{}", letters.to_ascii_uppercase(), self.0)
    }

    /// Reads a shown number back; its letters are for people and carry nothing.
    pub fn from_shown(shown: &str) -> Option<Self> {
        let (letters, digits) = shown.split_once('-')?;
        let lettered = (1..=3).contains(&letters.len())
            && letters.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        if lettered && plain { digits.parse().ok().map(Self) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_follow_the_contract() {
        for good in ["a", "0", "lumen-site", "a_b", &"x".repeat(63)] {
            assert!(good.parse::<BrandId>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "_a", "A", "é", "a b", "a/b", &"x".repeat(64)] {
            assert!(bad.parse::<BrandId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_review_key_is_split_at_the_first_slash() {
        let key: ReviewKey = "site/a/b".parse().unwrap();
        assert_eq!((key.source.as_str(), key.external_id.as_str()), ("site", "a/b"));
        assert_eq!(key.to_string(), "site/a/b");
        assert!("site".parse::<ReviewKey>().is_err());
        assert!("site/".parse::<ReviewKey>().is_err());
    }

    #[test]
    fn an_id_of_512_bytes_is_kept_and_one_more_is_hashed() {
        let (kept, shown) = ExternalId::from_platform(&"é".repeat(256)).unwrap();
        assert_eq!((kept.as_str().len(), shown), (512, None));
        let (hashed, shown) = ExternalId::from_platform(&"x".repeat(513)).unwrap();
        assert_eq!(hashed.as_str().len(), "sha256-".len() + 64);
        assert_eq!(shown.unwrap().len(), 100);
    }
}

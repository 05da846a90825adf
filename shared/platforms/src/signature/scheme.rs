//! Signature schemes, as data.

use serde::{Deserialize, Serialize};

use super::encoding::Encoding;
use super::keys::{HashKind, SecretForm};

/// How a platform proves that a request is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scheme {
    /// An HMAC over the raw body, alone or with a timestamp.
    Hmac(HmacScheme),
    /// Standard Webhooks and Svix: HMAC-SHA256 of `id.timestamp.body`, base64, in a list of
    /// `v1,<signature>`. The first family is used to sign; each is accepted.
    StandardWebhooks {
        /// Which header names.
        families: Vec<Family>,
    },
    /// A secret that comes as it is in one of these headers. It covers nothing of the body.
    SharedHeader {
        /// Accepted header names; the first is used to sign.
        headers: Vec<String>,
    },
    /// Nothing is signed: the secret is the last part of the webhook's address.
    PathToken,
}

/// An HMAC over the raw body, alone or with a timestamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HmacScheme {
    /// The hash; it signs.
    pub hash: HashKind,
    /// Another that is accepted, where the platform's own documents disagree. The signature's
    /// length tells which it is.
    pub or_hash: Option<HashKind>,
    /// How the signature is written.
    pub encoding: Encoding,
    /// Accepted header names; the first is used to sign.
    pub headers: Vec<String>,
    /// What must stand before the signature, such as `sha256=`; often empty.
    pub prefix: String,
    /// How the secret becomes the key.
    pub secret: SecretForm,
    /// The timestamp that is signed with the body, if one is.
    pub stamp: Option<Stamp>,
}

/// A timestamp that is signed with the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Its unit.
    pub unit: StampUnit,
    /// Where it stands.
    pub place: StampPlace,
    /// What is signed.
    pub signed: Template,
}

/// The unit of a timestamp. Its text is signed byte for byte, whatever the unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StampUnit {
    /// Unix seconds.
    S,
    /// Unix milliseconds.
    Ms,
    /// RFC 3339 text.
    Rfc3339,
}

/// Where a timestamp stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StampPlace {
    /// In a header of its own.
    Header(String),
    /// In the signature header, as in Stripe's `t=1700000000,v1=<hex>[,v1=<hex>]`.
    InSignature {
        /// The timestamp's key: `t`.
        stamp: String,
        /// The signatures' key: `v1`. Others are ignored.
        signature: String,
    },
}

/// The header names of Standard Webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    Webhook,
    /// `svix-id`, `svix-timestamp`, `svix-signature`.
    Svix,
}

impl Family {
    /// The names for the id, the timestamp and the signature.
    pub const fn names(self) -> [&'static str; 3] {
        match self {
            Self::Webhook => ["webhook-id", "webhook-timestamp", "webhook-signature"],
            Self::Svix => ["svix-id", "svix-timestamp", "svix-signature"],
        }
    }
}

/// What is signed: `{timestamp}` and `{body}`, once each, and text around them.
///
/// ```
/// use vigie_platforms::signature::Template;
/// assert!(Template::parse("v0:{timestamp}:{body}").is_ok());
/// assert!(Template::parse("{body}").is_err(), "no timestamp");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    pieces: Vec<Piece>,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Timestamp,
    Body,
}

/// Why a text says not what is signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not say what is signed: it needs {{timestamp}} and {{body}}, once each")]
pub struct BadTemplate(String);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Either of `{timestamp}` and `{body}` is missing or there twice.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, length) = next_piece(rest);
            pieces.push(piece);
            rest = rest.get(length..).unwrap_or_default();
        }
        let once = |wanted: &Piece| pieces.iter().filter(|piece| *piece == wanted).count() == 1;
        if once(&Piece::Timestamp) && once(&Piece::Body) {
            Ok(Self { pieces, text: text.to_owned() })
        } else {
            Err(BadTemplate(text.to_owned()))
        }
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn next_piece(rest: &str) -> (Piece, usize) {
    for (mark, piece) in [("{timestamp}", Piece::Timestamp), ("{body}", Piece::Body)] {
        if rest.starts_with(mark) {
            return (piece, mark.len());
        }
    }
    let to_next = rest.char_indices().skip(1).find(|(_, c)| *c == '{').map(|(at, _)| at);
    let length = to_next.unwrap_or(rest.len());
    (Piece::Text(rest.get(..length).unwrap_or_default().to_owned()), length)
}

impl TryFrom<String> for Template {
    type Error = BadTemplate;
    fn try_from(text: String) -> Result<Self, BadTemplate> {
        Self::parse(&text)
    }
}

impl Scheme {
    /// Whether the body is covered by a signature. A secret in a header or in the address covers
    /// nothing: whoever sees one request can write others.
    pub const fn signed(&self) -> bool {
        matches!(self, Self::Hmac(_) | Self::StandardWebhooks { .. })
    }

    /// Whether requests come to `/hooks/{source}/{token}`.
    pub const fn takes_path_token(&self) -> bool {
        matches!(self, Self::PathToken)
    }

    /// The name in `vigie platforms --json`: `hmac-sha256-hex`, `standard-webhooks`…
    pub fn name(&self) -> String {
        match self {
            Self::Hmac(h) => {
                let stamp = if h.stamp.is_some() { "-timestamp" } else { "" };
                format!("hmac-{}-{}{stamp}", h.hash.name(), h.encoding.name())
            }
            Self::StandardWebhooks { .. } => "standard-webhooks".to_owned(),
            Self::SharedHeader { .. } => "shared-secret-header".to_owned(),
            Self::PathToken => "address-token".to_owned(),
        }
    }

    /// A few words for a table: `body, hex`.
    pub fn short(&self) -> String {
        match self {
            Self::Hmac(h) => {
                let signed = h.stamp.as_ref().map(|stamp| stamp.signed.as_str());
                let plain = signed.map(|text| text.replace(['{', '}'], ""));
                format!("{}, {}", plain.as_deref().unwrap_or("body"), h.encoding.name())
            }
            Self::StandardWebhooks { .. } => "id.timestamp.body".to_owned(),
            Self::SharedHeader { .. } => "secret in a header, NOT SIGNED".to_owned(),
            Self::PathToken => "address token, NOT SIGNED".to_owned(),
        }
    }

    /// A sentence part: `HMAC-SHA256 of the raw body, hex, in JUDGEME-HMAC-SHA256`.
    pub fn describe(&self) -> String {
        match self {
            Self::Hmac(h) => {
                let hashes: Vec<_> = [Some(h.hash), h.or_hash].into_iter().flatten().collect();
                let hashes: Vec<_> = hashes.iter().map(|hash| hash.name().to_uppercase()).collect();
                let hash = hashes.join(" or ");
                let of = match &h.stamp {
                    None => "the raw body".to_owned(),
                    Some(stamp) => stamp.signed.as_str().to_owned(),
                };
                let headers = h.headers.join(" or ");
                format!("HMAC-{hash} of {of}, {}, in {headers}", h.encoding.name())
            }
            Self::StandardWebhooks { families } => {
                let names: Vec<_> = families.iter().map(|f| f.names()[2]).collect();
                let headers = names.join(" or ");
                format!("HMAC-SHA256 of {{id}}.{{timestamp}}.{{body}}, base64, in {headers}")
            }
            Self::SharedHeader { headers } => {
                format!("a shared secret in {} (nothing is signed)", headers.join(" or "))
            }
            Self::PathToken => "a token in the address (nothing is signed)".to_owned(),
        }
    }

    /// The header names that carry the proof, in the order of preference.
    pub fn proof_headers(&self) -> Vec<&str> {
        match self {
            Self::Hmac(h) => h.headers.iter().map(String::as_str).collect(),
            Self::SharedHeader { headers } => headers.iter().map(String::as_str).collect(),
            Self::StandardWebhooks { families } => families.iter().map(|f| f.names()[2]).collect(),
            Self::PathToken => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_keeps_its_pieces_in_order() {
        let pieces = Template::parse("v0:{timestamp}:{body}").unwrap().pieces;
        let text = |t: &str| Piece::Text(t.to_owned());
        assert_eq!(pieces, [text("v0:"), Piece::Timestamp, text(":"), Piece::Body]);
        let pieces = Template::parse("{body}{timestamp}").unwrap().pieces;
        assert_eq!(pieces, [Piece::Body, Piece::Timestamp]);
    }

    #[test]
    fn err_templates() {
        for bad in ["", "{body}", "{timestamp}", "{body}{body}{timestamp}", "{Body}{timestamp}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}

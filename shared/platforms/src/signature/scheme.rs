//! Signature schemes, as data.

use serde::{Deserialize, Serialize};

use super::encoding::Encoding;
use super::keys::{HashKind, SecretForm};
use super::template::Template;

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
    /// A JSON Web Token (RFC 7519).
    Jwt(JwtScheme),
    /// An ECDSA signature over the raw body, in a header as eBay writes it: base64 of
    /// `{"alg":"ECDSA","kid":"…","signature":"…","digest":"SHA1"}`.
    Ecdsa(EcdsaScheme),
    /// A secret that comes as it is in one of these headers. It covers nothing of the body.
    SharedHeader {
        /// Accepted header names; the first is used to sign.
        headers: Vec<String>,
    },
    /// HTTP Basic (RFC 7617): the secret is `user:password`. It covers nothing of the body.
    Basic,
    /// Nothing is signed: the secret is the last part of the webhook's address.
    PathToken,
    /// No webhook ever comes: nothing verifies.
    None,
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

/// A JSON Web Token: where it stands, how it is signed, and what it must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwtScheme {
    /// Where it stands.
    pub place: JwtPlace,
    /// How it is signed. A token that names another algorithm is refused, `none` among them.
    pub algorithm: JwtAlgorithm,
    /// Who may have issued it; anyone who has the key, where this is empty.
    pub issuers: Vec<String>,
    /// Whether its `aud` must be the source's address, or the audience that the source states.
    pub audience: bool,
    /// Whether its `email` must be the sender that the source states, and verified.
    pub sender: bool,
    /// Where the platform's keys are published, as a JWK set (RFC 7517); without it, the
    /// source's secrets are the keys.
    pub keys: Option<String>,
}

/// Where a token stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwtPlace {
    /// In `Authorization`, behind `Bearer`. The body is not covered.
    Bearer,
    /// In a query parameter of this name. The body is not covered.
    Query(String),
    /// It is the body, whole: its claims are the payload.
    Body,
}

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JwtAlgorithm {
    /// HMAC-SHA256: the secret is the key, as it stands.
    Hs256,
    /// RSA with SHA-256, PKCS #1 v1.5: the secret is the public key, in PEM.
    Rs256,
}

/// An ECDSA signature on P-256 in a header of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcdsaScheme {
    /// The header.
    pub header: String,
    /// The hash of the body.
    pub hash: HashKind,
}

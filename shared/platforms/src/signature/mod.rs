//! Signatures: verifying what a platform sent, and signing as it would.
//!
//! Raw bytes first: nothing is parsed before it has verified. Signatures are decoded to bytes
//! and compared in constant time; every secret is tried, so that secrets rotate without a gap;
//! an empty secret verifies nothing. The signature is judged before the timestamp.
//!
//! A header that should be there once and is there several times counts as one if all are equal,
//! else the request is a mismatch. Where a scheme knows several header *names*, any of them may
//! match, as some platforms send two with different secrets.
//!
//! It does not: remember ids (a replay inside the tolerance verifies; recording is idempotent),
//! nor fetch the keys that a platform publishes: it says which it wants ([`Verifier::wanted`]).

mod claim;
mod ecdsa;
mod encoding;
mod jwt;
mod keys;
mod pair;
mod public;
mod scheme;
mod sign;
mod stamp;
mod template;
mod words;

use std::fmt;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use http::HeaderMap;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::headers::{Once, once};
use claim::Claim;
pub(crate) use ecdsa::Given;
pub use encoding::Encoding;
pub(crate) use encoding::{hex, unbase64, unbase64_url, unhex};
pub(crate) use jwt::{BadClaim, Registered, Token, found, keys as token_keys, query_values};
pub use jwt::{BadKeySet, Expect, KeySet};
pub use keys::{HashKind, SecretFault, SecretForm, SecretProblem};
pub(crate) use keys::{KeyedMac, WHSEC, travelling, whpk};
pub use pair::KeyPair;
pub(crate) use public::of_pem;
pub use scheme::{
    EcdsaScheme, Family, HmacScheme, JwtAlgorithm, JwtPlace, JwtScheme, Scheme, Stamp, StampPlace,
    StampUnit,
};
pub use sign::{Message, Signed, sign, sign_message, token_of};
pub use stamp::TOLERANCE_S;
pub(crate) use stamp::{skew_s, within};
pub use template::{BadTemplate, Template};

/// A request as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The last part of its address, where one came: `/hooks/{source}/{token}`.
    pub path_token: Option<&'a str>,
    /// What follows the question mark of its address, as it came.
    pub query: Option<&'a str>,
    /// The bytes of its body, untouched.
    pub body: &'a [u8],
}

/// Why a request is refused. The codes are the contract's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// A header that the scheme needs, or the token, is absent or empty.
    #[error("the signature is missing")]
    SignatureMissing,
    /// The signature is there and is not ours, or cannot be read.
    #[error("the signature does not match")]
    SignatureMismatch,
    /// The signature is right, and its time is more than 300 seconds from ours.
    #[error("the timestamp is outside the tolerance of {TOLERANCE_S} seconds")]
    TimestampOutsideTolerance,
}

impl Refusal {
    /// The code in the answer.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SignatureMissing => "signature-missing",
            Self::SignatureMismatch => "signature-mismatch",
            Self::TimestampOutsideTolerance => "timestamp-outside-tolerance",
        }
    }
}

/// A request that verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The index of the secret that matched, from 0; `None` where a published key did.
    pub secret: Option<usize>,
    /// The claims of its token, where the scheme is one of tokens: JSON, proven.
    pub claims: Option<Vec<u8>>,
}

/// Published keys that a request needs to be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Where they are published.
    pub url: &'a str,
    /// Which one, where the token says.
    pub key_id: Option<String>,
}

/// Verifies one source's requests: its scheme, and its secrets made ready once.
///
/// ```
/// use vigie_platforms::{Preset, Refusal, Request, Verifier};
/// let scheme = Preset::by_id("generic-hmac").unwrap().scheme();
/// let verifier = Verifier::new(scheme, &["Convoy".into()]).unwrap();
/// let headers = vigie_platforms::headers::parse(
///     "X-Signature-256: sha256=d7a154547e7c35e31c4c820e20237650939c3d34dae136e30a7757ca61abb4cf",
/// ).unwrap();
/// let now = jiff::Timestamp::UNIX_EPOCH;
/// let request =
///     Request { headers: &headers, path_token: None, query: None, body: b"Test Payload Body" };
/// assert!(verifier.verify(&request, now).is_ok());
/// let altered = Request { body: b"Test Payload Body\n", ..request };
/// assert_eq!(verifier.verify(&altered, now), Err(Refusal::SignatureMismatch));
/// ```
#[derive(Clone)]
pub struct Verifier {
    scheme: Scheme,
    /// In the order of the secrets; `None` where one cannot work.
    keys: Vec<Option<Key>>,
    expect: Expect,
}

#[derive(Clone)]
enum Key {
    /// One for each hash that the scheme accepts.
    Macs(Vec<KeyedMac>),
    /// An ed25519 public key, of Standard Webhooks' `v1a`.
    Ed25519(Vec<u8>),
    /// The keys that may have signed a token.
    Set(KeySet),
    /// A public key on P-256, in DER.
    P256(Vec<u8>),
    /// The digest of a secret that travels as it is: comparing digests hides its length too.
    Token([u8; 32]),
}

impl Verifier {
    /// Makes secrets ready for a scheme.
    ///
    /// # Errors
    /// The first secret that cannot work for the scheme.
    pub fn new(scheme: &Scheme, secrets: &[SecretString]) -> Result<Self, SecretFault> {
        let (verifier, faults) = Self::of_usable(scheme, secrets);
        faults.into_iter().next().map_or(Ok(verifier), Err)
    }

    /// Makes secrets ready, passing over those that cannot work: they verify nothing, keep their
    /// place in the count, and come back as faults.
    pub fn of_usable(scheme: &Scheme, secrets: &[SecretString]) -> (Self, Vec<SecretFault>) {
        let mut faults = Vec::new();
        let mut keys = Vec::with_capacity(secrets.len());
        for (index, secret) in secrets.iter().enumerate() {
            match Key::new(scheme, secret) {
                Ok(key) => keys.push(key),
                Err(problem) => {
                    faults.push(SecretFault { index, problem });
                    keys.push(None);
                }
            }
        }
        (Self { scheme: scheme.clone(), keys, expect: Expect::default() }, faults)
    }

    /// The same, for tokens of which the source states something.
    #[must_use]
    pub fn expecting(mut self, expect: Expect) -> Self {
        self.expect = expect;
        self
    }

    /// The published keys without which a request cannot be judged; `None` where the secrets
    /// suffice, or where no token came.
    pub fn wanted(&self, request: &Request<'_>) -> Option<Wanted<'_>> {
        let Scheme::Jwt(scheme) = &self.scheme else { return None };
        let url = scheme.keys.as_deref().filter(|_| self.keys.is_empty())?;
        let token = found(scheme, request).ok()?;
        let token = Token::parse(&token).ok()?;
        Some(Wanted { url, key_id: token.header.kid })
    }

    /// What of the secrets works and should not: a token in an address that can be guessed.
    ///
    /// ```
    /// use vigie_platforms::{Preset, Verifier};
    /// let scheme = Preset::by_id("trustpilot").unwrap().scheme();
    /// assert_eq!(Verifier::guessable(scheme, &["letmein".into()]).len(), 1);
    /// let token = "9f86d081884c7d659a2feaa0c55ad015";
    /// assert!(Verifier::guessable(scheme, &[token.into()]).is_empty());
    /// ```
    pub fn guessable(scheme: &Scheme, secrets: &[SecretString]) -> Vec<SecretFault> {
        let weak = |(index, secret)| {
            let problem = keys::unguessable(secret).err()?;
            matches!(problem, SecretProblem::Guessable { .. })
                .then_some(SecretFault { index, problem })
        };
        if !scheme.takes_path_token() {
            return Vec::new();
        }
        secrets.iter().enumerate().filter_map(weak).collect()
    }

    /// The scheme.
    pub const fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Verifies a request at the time of its receipt, and says which secret matched.
    ///
    /// # Errors
    /// The refusal, the signature's before the timestamp's.
    pub fn verify(&self, request: &Request<'_>, now: Timestamp) -> Result<Verified, Refusal> {
        self.verify_with(request, None, now)
    }

    /// Verifies a request, by published keys where [`Verifier::wanted`] asked for some.
    ///
    /// # Errors
    /// The refusal, the signature's before the timestamp's.
    pub fn verify_with(
        &self,
        request: &Request<'_>,
        published: Option<&KeySet>,
        now: Timestamp,
    ) -> Result<Verified, Refusal> {
        match &self.scheme {
            Scheme::None => Err(Refusal::SignatureMissing),
            Scheme::SharedHeader { headers } => self.verify_header(headers, request),
            Scheme::Basic => self.verify_basic(request),
            Scheme::PathToken => {
                let token = request.path_token.filter(|token| !token.is_empty());
                let token = token.ok_or(Refusal::SignatureMissing)?;
                self.position(|key| key.is_token(token.as_bytes()))
            }
            Scheme::Hmac(_) | Scheme::StandardWebhooks { .. } => {
                let claim = Claim::read(&self.scheme, request.headers)?;
                let verified = self.position(|key| key.signed(&claim, request.body))?;
                claim.check_time(now)?;
                Ok(verified)
            }
            Scheme::Ecdsa(scheme) => {
                let given = Given::read(scheme, request)?;
                self.position(|key| match key {
                    Key::P256(key) => given.is_of(scheme.hash, key, request.body),
                    _ => false,
                })
            }
            Scheme::Jwt(scheme) => self.verify_token(scheme, request, published, now),
        }
    }

    fn verify_token(
        &self,
        scheme: &JwtScheme,
        request: &Request<'_>,
        published: Option<&KeySet>,
        now: Timestamp,
    ) -> Result<Verified, Refusal> {
        let text = found(scheme, request)?;
        let token = Token::parse(&text)?;
        let by_published = published.is_some_and(|keys| token.is_signed(scheme, keys));
        let secret = if by_published {
            None
        } else {
            let by = |key: &Key| matches!(key, Key::Set(keys) if token.is_signed(scheme, keys));
            self.position(by)?.secret
        };
        let claims = token.claims().ok_or(Refusal::SignatureMismatch)?;
        Registered::read(&claims)
            .and_then(|registered| registered.judge(scheme, &self.expect, now))
            .map_err(Refusal::from)?;
        Ok(Verified { secret, claims: Some(claims) })
    }

    fn verify_basic(&self, request: &Request<'_>) -> Result<Verified, Refusal> {
        let value = match once(request.headers, "authorization") {
            Once::Missing => return Err(Refusal::SignatureMissing),
            Once::Conflicting => return Err(Refusal::SignatureMismatch),
            Once::Value(value) => value,
        };
        let given = value.split_at_checked(6).filter(|(s, _)| s.eq_ignore_ascii_case(b"basic "));
        let given = given.and_then(|(_, text)| unbase64(text.trim_ascii()));
        let given = given.ok_or(Refusal::SignatureMismatch)?;
        self.position(|key| key.is_token(&given))
    }

    fn verify_header(&self, names: &[String], request: &Request<'_>) -> Result<Verified, Refusal> {
        let mut given = Vec::with_capacity(names.len());
        for name in names {
            match once(request.headers, name) {
                Once::Missing => {}
                Once::Conflicting => return Err(Refusal::SignatureMismatch),
                Once::Value(value) => given.push(value),
            }
        }
        if given.is_empty() {
            return Err(Refusal::SignatureMissing);
        }
        self.position(|key| given.iter().any(|value| key.is_token(value)))
    }

    fn position(&self, matches: impl Fn(&Key) -> bool) -> Result<Verified, Refusal> {
        let found = self.keys.iter().position(|key| key.as_ref().is_some_and(&matches));
        found
            .map(|secret| Verified { secret: Some(secret), claims: None })
            .ok_or(Refusal::SignatureMismatch)
    }
}

impl Key {
    fn new(scheme: &Scheme, secret: &SecretString) -> Result<Option<Self>, SecretProblem> {
        let macs = |hashes: &[Option<HashKind>], key: &[u8]| {
            let hashes = hashes.iter().flatten();
            let macs = hashes.map(|hash| KeyedMac::new(*hash, key)).collect::<Option<_>>();
            macs.map(Self::Macs)
        };
        Ok(match scheme {
            Scheme::Hmac(hmac) => macs(&[Some(hmac.hash), hmac.or_hash], &hmac.secret.key(secret)?),
            Scheme::StandardWebhooks { .. } => match whpk(secret) {
                Some(key) => Some(Self::Ed25519(key?)),
                None => macs(&[Some(HashKind::Sha256)], &SecretForm::Whsec.key(secret)?),
            },
            Scheme::Jwt(jwt) => Some(Self::Set(jwt::keys(jwt, secret.expose_secret())?)),
            Scheme::Ecdsa(_) => Some(Self::P256(of_pem(secret.expose_secret())?)),
            Scheme::Basic => Some(Self::token(keys::user_and_password(secret)?)),
            Scheme::SharedHeader { .. } | Scheme::PathToken => {
                Some(Self::token(travelling(secret)?))
            }
            Scheme::None => None,
        })
    }

    fn token(text: &str) -> Self {
        Self::Token(Sha256::digest(text).into())
    }

    fn is_token(&self, given: &[u8]) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        match self {
            Self::Token(expected) => bool::from(given.ct_eq(expected)),
            _ => false,
        }
    }

    fn signed(&self, claim: &Claim<'_>, body: &[u8]) -> bool {
        match self {
            Self::Macs(macs) => macs.iter().any(|keyed| {
                let mut mac = keyed.clone();
                claim.feed(body, |bytes| mac.update(bytes));
                claim.signatures.iter().any(|signature| mac.clone().matches(signature))
            }),
            Self::Ed25519(key) if !claim.asymmetric.is_empty() => {
                let mut message = Vec::with_capacity(body.len() + 64);
                claim.feed(body, |bytes| message.extend_from_slice(bytes));
                let key = UnparsedPublicKey::new(&ED25519, key);
                claim.asymmetric.iter().any(|signature| key.verify(&message, signature).is_ok())
            }
            _ => false,
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = format_args!("{} secrets", self.keys.len()).to_string();
        f.debug_struct("Verifier")
            .field("scheme", &self.scheme)
            .field("keys", &keys)
            .field("expect", &self.expect)
            .finish()
    }
}

/// What a request's headers claim, where the scheme signs and they can be read.
pub(crate) fn claimed<'a>(scheme: &'a Scheme, headers: &'a HeaderMap) -> Option<Claim<'a>> {
    Claim::read(scheme, headers).ok()
}

/// Verifies one request, with secrets that are made ready for it alone. Secrets that cannot work
/// for the scheme verify nothing. Where requests are many, keep a [`Verifier`].
///
/// # Errors
/// The refusal, the signature's before the timestamp's.
pub fn verify(
    scheme: &Scheme,
    request: &Request<'_>,
    secrets: &[SecretString],
    now: Timestamp,
) -> Result<Verified, Refusal> {
    Verifier::of_usable(scheme, secrets).0.verify(request, now)
}

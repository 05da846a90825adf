//! JSON Web Tokens: the platform's word in three parts, header, claims and signature.
//!
//! The scheme names the one algorithm that counts; what the token's header says only has to agree.
//! So neither `alg: none` nor an RSA key taken for an HMAC's gets through.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Header};
use serde::Deserialize;
use serde_json::Value;

use super::encoding::unbase64_url;
use super::keys::SecretProblem;
use super::scheme::{JwtAlgorithm, JwtPlace, JwtScheme};
use super::stamp::TOLERANCE_S;
use super::{Refusal, Request, public};
use crate::headers::{Once, once};

/// Keys of a set that are looked at: the largest public sets have a handful.
const KEYS_MAX: usize = 32;

/// What a source states of the tokens that it takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expect {
    /// Audiences, any of which a token may name.
    pub audience: Vec<String>,
    /// The e-mail address that a token must carry.
    pub sender: Option<String>,
}

/// Public keys of a platform, with their ids where they have one.
///
/// ```
/// use vigie_platforms::signature::KeySet;
/// let key = r#"{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}"#;
/// assert!(KeySet::parse(key.as_bytes()).unwrap().has(Some("a")));
/// assert!(KeySet::parse(b"{\"keys\":[]}").is_err());
/// assert!(KeySet::parse(b"<html>").is_err());
/// ```
#[derive(Clone, Default)]
pub struct KeySet(Vec<(Option<String>, DecodingKey)>);

/// Why a text is not a set of keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a JWK set: {0}")]
pub struct BadKeySet(String);

impl KeySet {
    /// Reads a JWK set, or one JWK (RFC 7517). Keys that are not RSA's, or not for signing, are
    /// passed over.
    ///
    /// # Errors
    /// It is not JSON, or holds no such key.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadKeySet> {
        let one = || serde_json::from_slice::<Jwk>(bytes).map(|key| JwkSet { keys: vec![key] });
        let set = serde_json::from_slice::<JwkSet>(bytes);
        let set = set.or_else(|error| one().map_err(|_| BadKeySet(error.to_string())))?;
        let keys = set.keys.iter().filter_map(|jwk| {
            let rsa = matches!(jwk.algorithm, AlgorithmParameters::RSA(_));
            let signs = !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption));
            let key = DecodingKey::from_jwk(jwk).ok().filter(|_| rsa && signs)?;
            Some((jwk.common.key_id.clone(), key))
        });
        let keys: Vec<_> = keys.take(KEYS_MAX).collect();
        if keys.is_empty() {
            return Err(BadKeySet("there is no RSA key for signing in it".to_owned()));
        }
        Ok(Self(keys))
    }

    /// Whether a key of that id is in it. Without an id, any key will do.
    pub fn has(&self, id: Option<&str>) -> bool {
        self.candidates(id).next().is_some()
    }

    /// The keys that may have signed a token that names this key id.
    fn candidates<'a>(&'a self, id: Option<&'a str>) -> impl Iterator<Item = &'a DecodingKey> {
        let may = move |known: &Option<String>| match (known.as_deref(), id) {
            (Some(known), Some(id)) => known == id,
            _ => true,
        };
        self.0.iter().filter(move |(known, _)| may(known)).map(|(_, key)| key)
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

impl JwtAlgorithm {
    const fn of_library(self) -> Algorithm {
        match self {
            Self::Hs256 => Algorithm::HS256,
            Self::Rs256 => Algorithm::RS256,
        }
    }
}

/// The keys that a source's secret stands for.
pub(crate) fn keys(scheme: &JwtScheme, text: &str) -> Result<KeySet, SecretProblem> {
    match scheme.algorithm {
        _ if text.trim().is_empty() => Err(SecretProblem::Empty),
        JwtAlgorithm::Hs256 => {
            // A key that is no text comes as a JWK.
            let jwk = serde_json::from_str::<Jwk>(text).ok();
            let octets = jwk.filter(|j| matches!(j.algorithm, AlgorithmParameters::OctetKey(_)));
            let key = octets.and_then(|jwk| DecodingKey::from_jwk(&jwk).ok());
            let verbatim = || DecodingKey::from_secret(text.as_bytes());
            Ok(KeySet(vec![(None, key.unwrap_or_else(verbatim))]))
        }
        JwtAlgorithm::Rs256 if text.trim_start().starts_with('{') => {
            let set = KeySet::parse(text.as_bytes()).ok();
            set.ok_or(SecretProblem::NotPublicKey)
        }
        JwtAlgorithm::Rs256 => {
            let der = public::of_pem(text)?;
            Ok(KeySet(vec![(None, DecodingKey::from_rsa_der(&der))]))
        }
    }
}

/// A token in its parts, none of them trusted yet.
pub(crate) struct Token<'a> {
    pub(crate) header: Header,
    signed: &'a str,
    claims: &'a str,
    signature: &'a str,
}

impl<'a> Token<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, Refusal> {
        let bad = Refusal::SignatureMismatch;
        let (signed, signature) = text.rsplit_once('.').ok_or(bad)?;
        let (_, claims) = signed.split_once('.').ok_or(bad)?;
        if claims.contains('.') {
            return Err(bad);
        }
        let header = jsonwebtoken::decode_header(text).map_err(|_| bad)?;
        Ok(Self { header, signed, claims, signature })
    }

    /// Whether one of these keys signed it, in the scheme's algorithm.
    pub(crate) fn is_signed(&self, scheme: &JwtScheme, keys: &KeySet) -> bool {
        let algorithm = scheme.algorithm.of_library();
        // A token whose header must be understood and is not is to be refused (RFC 7515, 4.1.11).
        if self.header.alg != algorithm || self.header.crit.is_some() {
            return false;
        }
        keys.candidates(self.header.kid.as_deref()).any(|key| {
            let message = self.signed.as_bytes();
            jsonwebtoken::crypto::verify(self.signature, message, key, algorithm).unwrap_or(false)
        })
    }

    /// The claims as JSON.
    pub(crate) fn claims(&self) -> Option<Vec<u8>> {
        unbase64_url(self.claims.as_bytes())
    }
}

/// The token of a request, where it should be.
pub(crate) fn found<'a>(
    scheme: &JwtScheme,
    request: &Request<'a>,
) -> Result<Cow<'a, str>, Refusal> {
    let text = match &scheme.place {
        JwtPlace::Bearer => Cow::Borrowed(bearer(request)?),
        JwtPlace::Query(name) => in_query(request.query.unwrap_or_default(), name)?,
        JwtPlace::Body => {
            let text = std::str::from_utf8(request.body).map_err(|_| Refusal::SignatureMismatch)?;
            Cow::Borrowed(text.trim())
        }
    };
    if text.is_empty() { Err(Refusal::SignatureMissing) } else { Ok(text) }
}

fn bearer<'a>(request: &Request<'a>) -> Result<&'a str, Refusal> {
    let value = match once(request.headers, "authorization") {
        Once::Missing => return Err(Refusal::SignatureMissing),
        Once::Conflicting => return Err(Refusal::SignatureMismatch),
        Once::Value(value) => value,
    };
    let text = std::str::from_utf8(value).map_err(|_| Refusal::SignatureMismatch)?;
    let (scheme, token) = text.split_once(' ').ok_or(Refusal::SignatureMismatch)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(Refusal::SignatureMismatch)
    }
}

/// A parameter that should be there once; several equal ones count as one.
fn in_query<'a>(query: &'a str, name: &str) -> Result<Cow<'a, str>, Refusal> {
    let mut values = query_values(query, name);
    let first = values.next().ok_or(Refusal::SignatureMissing)?;
    if values.any(|other| other != first) { Err(Refusal::SignatureMismatch) } else { Ok(first) }
}

/// The values of a query parameter, decoded.
pub(crate) fn query_values<'a>(query: &'a str, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let named = pairs.filter(move |(key, _)| *key == name || decoded(key) == name);
    named.map(|(_, value)| decoded(value))
}

fn decoded(text: &str) -> Cow<'_, str> {
    let spaced: Cow<'_, str> =
        if text.contains('+') { text.replace('+', " ").into() } else { text.into() };
    match spaced {
        Cow::Borrowed(text) => percent_encoding::percent_decode_str(text).decode_utf8_lossy(),
        Cow::Owned(text) => {
            percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned().into()
        }
    }
}

/// What the claims say of themselves; all else in them is the payload.
#[derive(Deserialize)]
pub(crate) struct Registered {
    exp: Option<Value>,
    nbf: Option<Value>,
    iat: Option<Value>,
    pub(crate) iss: Option<Value>,
    pub(crate) aud: Option<Value>,
    pub(crate) email: Option<Value>,
    email_verified: Option<Value>,
}

/// What is wrong with claims that are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadClaim {
    Unreadable,
    Issuer,
    Audience,
    Sender,
    NoExpiry,
    Expired,
    NotYet,
}

impl From<BadClaim> for Refusal {
    fn from(bad: BadClaim) -> Self {
        match bad {
            BadClaim::Expired | BadClaim::NotYet => Self::TimestampOutsideTolerance,
            _ => Self::SignatureMismatch,
        }
    }
}

impl Registered {
    pub(crate) fn read(claims: &[u8]) -> Result<Self, BadClaim> {
        serde_json::from_slice(claims).map_err(|_| BadClaim::Unreadable)
    }

    /// Judges who issued it and for whom, then when.
    pub(crate) fn judge(
        &self,
        scheme: &JwtScheme,
        expect: &Expect,
        now: Timestamp,
    ) -> Result<(), BadClaim> {
        let issued = |known: &String| names(self.iss.as_ref(), known);
        if !scheme.issuers.is_empty() && !scheme.issuers.iter().any(issued) {
            return Err(BadClaim::Issuer);
        }
        if scheme.audience && !expect.audience.iter().any(|known| names(self.aud.as_ref(), known)) {
            return Err(BadClaim::Audience);
        }
        let verified = || match &self.email_verified {
            Some(Value::Bool(yes)) => *yes,
            Some(Value::String(text)) => text == "true",
            _ => false,
        };
        let sent = |known: &String| names(self.email.as_ref(), known) && verified();
        if scheme.sender && !expect.sender.as_ref().is_some_and(sent) {
            return Err(BadClaim::Sender);
        }
        let exp = self.expires_s().ok_or(BadClaim::NoExpiry)?;
        if now.as_second() >= exp {
            return Err(BadClaim::Expired);
        }
        let begins = [seconds(self.nbf.as_ref()), seconds(self.iat.as_ref())];
        let latest = now.as_second().saturating_add_unsigned(TOLERANCE_S);
        if begins.into_iter().flatten().any(|begin| begin > latest) {
            return Err(BadClaim::NotYet);
        }
        Ok(())
    }

    /// When it expires, in seconds of unix time.
    pub(crate) fn expires_s(&self) -> Option<i64> {
        seconds(self.exp.as_ref())
    }
}

/// Whether a claim is this text, or a list that has it.
fn names(claim: Option<&Value>, known: &str) -> bool {
    match claim {
        Some(Value::String(text)) => text == known,
        Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(known)),
        _ => false,
    }
}

/// A NumericDate (RFC 7519, 2): seconds, perhaps with a fraction.
fn seconds(claim: Option<&Value>) -> Option<i64> {
    let Some(Value::Number(number)) = claim else { return None };
    let text = number.as_str();
    text.split_once('.').map_or(text, |(whole, _)| whole).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_found_decoded_and_must_be_there_once() {
        assert_eq!(in_query("a=1&jwt=x%2Ey&b", "jwt").as_deref(), Ok("x.y"));
        assert_eq!(in_query("jwt=x&jwt=x", "jwt").as_deref(), Ok("x"));
        assert_eq!(in_query("jwt=x&jwt=y", "jwt"), Err(Refusal::SignatureMismatch));
        assert_eq!(in_query("JWT=x", "jwt"), Err(Refusal::SignatureMissing));
        assert_eq!(in_query("q=a+b", "q").as_deref(), Ok("a b"));
    }

    #[test]
    fn a_claim_names_by_a_text_or_a_list() {
        let list = serde_json::json!(["a", "b"]);
        assert!(names(Some(&list), "b") && !names(Some(&list), "c"));
        assert!(names(Some(&"a".into()), "a") && !names(None, "a"));
        assert_eq!(seconds(Some(&serde_json::json!(12.75))), Some(12));
        assert_eq!(seconds(Some(&serde_json::json!("12"))), None);
    }
}

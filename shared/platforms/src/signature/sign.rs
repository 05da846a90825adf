//! Signing as a platform would: the exact inverse of verifying.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::encoding::Encoding;
use super::jwt::Expect;
use super::keys::{HashKind, KeyedMac, SecretFault, SecretForm, SecretProblem};
use super::keys::{WHSK, travelling, user_and_password};
use super::pair;
use super::scheme::{
    EcdsaScheme, Family, HmacScheme, JwtAlgorithm, JwtPlace, JwtScheme, Scheme, Stamp, StampPlace,
};
use super::stamp::written;
use super::template::Piece;

/// How long a token of ours is good for: an hour, as Google's and Fera's are.
const TOKEN_S: i64 = 3_600;

/// What a platform sends, before it is signed.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The body.
    pub body: &'a [u8],
    /// Names the message where the scheme signs one (Standard Webhooks); elsewhere it is not used.
    pub id: &'a str,
    /// What a token says beside the body, as JSON members; not used where there is none.
    pub claims: &'a [(String, String)],
    /// What follows the question mark of the address, beside a token's.
    pub query: Option<&'a str>,
    /// Whom a token is for and of whom it is.
    pub expect: &'a Expect,
    /// When it is signed.
    pub at: Timestamp,
}

/// What a signed request carries. Its `Debug` shows names only: values may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The last part of the address, where the scheme puts its secret there.
    pub path_token: Option<String>,
    /// What follows the question mark of the address, where the scheme puts a token there.
    pub query: Option<String>,
    /// The body, where the scheme wraps it.
    pub body: Option<Vec<u8>>,
}

impl Signed {
    fn of_headers(headers: Vec<(String, String)>) -> Self {
        Self { headers, path_token: None, query: None, body: None }
    }

    /// The headers as a map.
    pub fn header_map(&self) -> HeaderMap {
        let typed = self.headers.iter().filter_map(|(name, value)| {
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?))
        });
        typed.collect()
    }

    /// The body that goes out: the scheme's, or the one that was given.
    pub fn body_or<'a>(&'a self, given: &'a [u8]) -> &'a [u8] {
        self.body.as_deref().unwrap_or(given)
    }

    /// The address to post to: the source's own, with the token and the query that belong to it.
    ///
    /// ```
    /// use vigie_platforms::{Preset, signature::sign};
    /// let scheme = Preset::by_id("trustpilot").unwrap().scheme();
    /// let now = jiff::Timestamp::UNIX_EPOCH;
    /// let signed = sign(scheme, &"a b".into(), b"{}", "", now).unwrap();
    /// assert_eq!(signed.address("https://v.example/hooks/tp"), "https://v.example/hooks/tp/a%20b");
    /// ```
    pub fn address(&self, of_source: &str) -> String {
        let mut address = of_source.to_owned();
        if let Some(token) = &self.path_token {
            let token = percent_encoding::utf8_percent_encode(token, crate::UNRESERVED);
            address = format!("{address}/{token}");
        }
        match &self.query {
            Some(query) => format!("{address}?{query}"),
            None => address,
        }
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        let token = self.path_token.as_ref().map(|_| "…");
        let query = self.query.as_ref().map(|_| "…");
        f.debug_struct("Signed")
            .field("headers", &names)
            .field("path_token", &token)
            .field("query", &query)
            .finish_non_exhaustive()
    }
}

/// Signs a body as the platform would, at a time. `id` names the message where the scheme signs
/// one (Standard Webhooks); elsewhere it is not used.
///
/// # Errors
/// The secret cannot work for the scheme.
///
/// ```
/// use vigie_platforms::{Preset, signature::sign};
/// let scheme = Preset::by_id("generic-hmac").unwrap().scheme();
/// let now = jiff::Timestamp::UNIX_EPOCH;
/// let signed = sign(scheme, &"Convoy".into(), b"Test Payload Body", "", now).unwrap();
/// assert_eq!(signed.headers[0].0, "X-Signature-256");
/// assert!(signed.headers[0].1.starts_with("sha256=d7a15454"));
/// ```
pub fn sign(
    scheme: &Scheme,
    secret: &SecretString,
    body: &[u8],
    id: &str,
    now: Timestamp,
) -> Result<Signed, SecretFault> {
    let expect = Expect::default();
    let message = Message { body, id, claims: &[], query: None, expect: &expect, at: now };
    sign_message(scheme, secret, &message)
}

/// Signs a message as the platform would. `secret` is what signs: the private key, where the
/// source has the public one ([`super::KeyPair`]).
///
/// # Errors
/// The secret cannot work for the scheme.
pub fn sign_message(
    scheme: &Scheme,
    secret: &SecretString,
    message: &Message<'_>,
) -> Result<Signed, SecretFault> {
    let signed = match scheme {
        Scheme::Hmac(hmac) => sign_hmac(hmac, secret, message.body, message.at),
        Scheme::StandardWebhooks { families } => sign_standard(families, secret, message),
        Scheme::Jwt(jwt) => sign_token(jwt, secret, message),
        Scheme::Ecdsa(ecdsa) => sign_ecdsa(ecdsa, secret, message.body),
        Scheme::SharedHeader { headers } => travelling(secret).map(|text| {
            let header = headers.first().map(|name| (name.clone(), text.to_owned()));
            Signed::of_headers(header.into_iter().collect())
        }),
        Scheme::Basic => user_and_password(secret).map(|text| {
            let value = format!("Basic {}", Encoding::Base64.encode(text.as_bytes()));
            Signed::of_headers(vec![("Authorization".to_owned(), value)])
        }),
        Scheme::PathToken => travelling(secret).map(|token| {
            let path_token = Some(token.to_owned());
            Signed { path_token, ..Signed::of_headers(Vec::new()) }
        }),
        Scheme::None => Ok(Signed::of_headers(Vec::new())),
    };
    let mut signed = signed.map_err(|problem| SecretFault { index: 0, problem })?;
    let queries: Vec<&str> = message.query.into_iter().chain(signed.query.as_deref()).collect();
    signed.query = Some(queries.join("&")).filter(|query| !query.is_empty());
    Ok(signed)
}

type Outcome = Result<Signed, SecretProblem>;

fn sign_hmac(hmac: &HmacScheme, secret: &SecretString, body: &[u8], now: Timestamp) -> Outcome {
    let key = hmac.secret.key(secret)?;
    let name = hmac.headers.first().cloned().unwrap_or_default();
    let Some(stamp) = &hmac.stamp else {
        let signature = hmac.encoding.encode(&mac(hmac.hash, &key, &[body]));
        return Ok(Signed::of_headers(vec![(name, format!("{}{signature}", hmac.prefix))]));
    };
    let text = written(stamp.unit, now);
    let bytes = mac(hmac.hash, &key, &pieces(stamp, text.as_bytes(), body));
    let signature = hmac.encoding.encode(&bytes);
    Ok(Signed::of_headers(match &stamp.place {
        StampPlace::Header(stamp_name) => {
            vec![(name, format!("{}{signature}", hmac.prefix)), (stamp_name.clone(), text)]
        }
        StampPlace::InSignature { stamp: t, signature: v } => {
            vec![(name, format!("{t}={text},{v}={signature}"))]
        }
    }))
}

fn pieces<'a>(stamp: &'a Stamp, text: &'a [u8], body: &'a [u8]) -> Vec<&'a [u8]> {
    let bytes = stamp.signed.pieces().iter().map(|piece| match piece {
        Piece::Text(text) => text.as_bytes(),
        Piece::Timestamp => text,
        Piece::Body => body,
    });
    bytes.collect()
}

fn sign_standard(families: &[Family], secret: &SecretString, message: &Message<'_>) -> Outcome {
    let stamp = message.at.as_second().to_string();
    let signed = [message.id.as_bytes(), b".", stamp.as_bytes(), b".", message.body];
    let text = secret.expose_secret().trim();
    let signature = if text.starts_with(WHSK) {
        let by_key = pair::sign_ed25519(text.trim_start_matches(WHSK), &signed.concat())?;
        format!("v1a,{}", Encoding::Base64.encode(&by_key))
    } else {
        let key = SecretForm::Whsec.key(secret)?;
        format!("v1,{}", Encoding::Base64.encode(&mac(HashKind::Sha256, &key, &signed)))
    };
    let family = families.first().copied().unwrap_or(Family::Webhook);
    let values = [message.id.to_owned(), stamp, signature];
    let names = family.names().into_iter().map(str::to_owned);
    Ok(Signed::of_headers(names.zip(values).collect()))
}

/// A token of a header and of claims, as they are given: for playing a platform, and whoever
/// pretends to be one.
///
/// # Errors
/// The secret cannot sign.
pub fn token_of(
    scheme: &JwtScheme,
    secret: &SecretString,
    header: &Value,
    claims: &Value,
) -> Result<String, SecretProblem> {
    let [header, claims] = [header, claims].map(|part| Encoding::url(part.to_string().as_bytes()));
    let signed = format!("{header}.{claims}");
    let signature = match scheme.algorithm {
        JwtAlgorithm::Hs256 => {
            let key = SecretForm::Verbatim.key(secret)?;
            mac(HashKind::Sha256, &key, &[signed.as_bytes()])
        }
        JwtAlgorithm::Rs256 => pair::sign_rsa(secret.expose_secret(), signed.as_bytes())?,
    };
    Ok(format!("{signed}.{}", Encoding::url(&signature)))
}

fn sign_token(scheme: &JwtScheme, secret: &SecretString, message: &Message<'_>) -> Outcome {
    let header = json!({"alg": scheme.algorithm.name(), "typ": "JWT"});
    let token = token_of(scheme, secret, &header, &Value::Object(claims(scheme, message)))?;
    let nothing = Signed::of_headers(Vec::new());
    Ok(match &scheme.place {
        JwtPlace::Bearer => {
            let value = format!("Bearer {token}");
            Signed { headers: vec![("Authorization".to_owned(), value)], ..nothing }
        }
        JwtPlace::Query(name) => Signed { query: Some(format!("{name}={token}")), ..nothing },
        JwtPlace::Body => Signed { body: Some(token.into_bytes()), ..nothing },
    })
}

/// What a token says: the message's own claims (or the body, where the token is the body), and what
/// the scheme demands.
fn claims(scheme: &JwtScheme, message: &Message<'_>) -> Map<String, Value> {
    let mut claims = match scheme.place {
        JwtPlace::Body => serde_json::from_slice(message.body).unwrap_or_default(),
        _ => Map::new(),
    };
    let own = message.claims.iter().map(|(name, value)| (name.clone(), Value::from(value.clone())));
    claims.extend(own);
    claims.extend(scheme.issuers.first().map(|issuer| ("iss".to_owned(), issuer.clone().into())));
    if let Some(audience) = message.expect.audience.first().filter(|_| scheme.audience) {
        claims.insert("aud".to_owned(), audience.clone().into());
    }
    if let Some(sender) = message.expect.sender.as_ref().filter(|_| scheme.sender) {
        claims.insert("email".to_owned(), sender.clone().into());
        claims.insert("email_verified".to_owned(), true.into());
    }
    let at = message.at.as_second();
    claims.insert("iat".to_owned(), at.into());
    claims.insert("exp".to_owned(), (at + TOKEN_S).into());
    claims
}

fn sign_ecdsa(scheme: &EcdsaScheme, secret: &SecretString, body: &[u8]) -> Outcome {
    let signature = pair::sign_p256(secret.expose_secret(), scheme.hash, body)?;
    let given = json!({
        "alg": "ECDSA",
        "kid": "9936261a-7d7b-4621-a0f1-96ccb428af49",
        "signature": Encoding::Base64.encode(&signature),
        "digest": scheme.hash.name().to_uppercase(),
    });
    let value = Encoding::Base64.encode(given.to_string().as_bytes());
    Ok(Signed::of_headers(vec![(scheme.header.clone(), value)]))
}

fn mac(hash: HashKind, key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    let Some(mut mac) = KeyedMac::new(hash, key) else { return Vec::new() };
    for piece in pieces {
        mac.update(piece);
    }
    mac.finish()
}

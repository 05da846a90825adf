//! Near misses of schemes with public keys and tokens: which key, which body, which claim.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use super::bodies::Bodies;
use super::near::NearMiss;
use super::search::Found;
use super::{Check, Means, check};
use crate::signature::{
    BadClaim, EcdsaScheme, Given, HashKind, JwtAlgorithm, JwtPlace, JwtScheme, KeySet, Registered,
    Request, Scheme, Token, claimed, found, of_pem, token_keys, unbase64, whpk,
};

/// What stands for the secret's number where a published key signed.
pub(super) const PUBLISHED: usize = 0;

/// Longest text of a claim that is shown.
const SHOWN_CHARS: usize = 80;

/// Looks at a token: where it is, who signed it, what it claims.
pub(super) fn token(
    scheme: &JwtScheme,
    request: &Request<'_>,
    means: &Means<'_>,
    now: Timestamp,
) -> (Vec<Check>, Found) {
    let mut tried = 0;
    let places = places(scheme, request);
    let Some((elsewhere, text)) = places.into_iter().next() else {
        let told = check(false, format!("no token is {}", place_of(scheme)));
        return (vec![told], Found::default());
    };
    let mut checks = vec![match &elsewhere {
        None => check(true, format!("a token is {}", place_of(scheme))),
        Some(place) => check(false, format!("a token is {place}, not {}", place_of(scheme))),
    }];
    let Ok(token) = Token::parse(&text) else {
        checks.push(check(false, "it cannot be read: its header names no algorithm that we know"));
        return (checks, Found::default());
    };
    let wanted = scheme.algorithm.name();
    let named = format!("{:?}", token.header.alg);
    let other = if named == wanted { String::new() } else { format!(", not with {wanted}") };
    checks.push(check(named == wanted, format!("it is signed with {named}{other}")));
    if let (Some(keys), Some(id)) = (means.published, token.header.kid.as_deref()) {
        let known = keys.has(Some(id));
        let is = if known { "is" } else { "is not" };
        checks.push(check(known, format!("its key {is} among those that the platform publishes")));
    }
    let signer = signer(scheme, &token, means, &mut tried);
    let claims = token.claims().ok_or(BadClaim::Unreadable);
    let registered = claims.and_then(|claims| Registered::read(&claims));
    let bad = match &registered {
        Ok(registered) => registered.judge(scheme, means.expect, now).err(),
        Err(bad) => Some(*bad),
    };
    checks.extend(bad.map(|bad| check(false, told(bad, registered.as_ref().ok(), means, now))));
    let near = signer.map(|(secret, key)| NearMiss {
        key,
        header: elsewhere,
        signed: bad.map(|bad| signed_as(bad).to_owned()),
        ..NearMiss::with_secret(secret, "jwt")
    });
    (checks, Found { near, tried, cut: false })
}

fn place_of(scheme: &JwtScheme) -> String {
    match &scheme.place {
        JwtPlace::Bearer => "in Authorization, behind Bearer".to_owned(),
        JwtPlace::Query(name) => format!("in the address, as ?{name}="),
        JwtPlace::Body => "the body".to_owned(),
    }
}

/// Every text that is shaped like a token, the one that is where it should be first.
fn places(scheme: &JwtScheme, request: &Request<'_>) -> Vec<(Option<String>, String)> {
    let mut all = Vec::new();
    all.extend(found(scheme, request).ok().map(|text| (None, text.into_owned())));
    for (name, value) in request.headers {
        let word = value.to_str().ok().and_then(|text| text.split_whitespace().last());
        all.extend(word.map(|word| (Some(format!("in the header {name}")), word.to_owned())));
    }
    for pair in request.query.unwrap_or_default().split('&') {
        let named = pair.split_once('=');
        all.extend(named.map(|(name, text)| (Some(format!("in ?{name}=")), text.to_owned())));
    }
    let body = std::str::from_utf8(request.body).ok().map(|text| text.trim().trim_matches('"'));
    all.extend(body.map(|text| (Some("the body".to_owned()), text.to_owned())));
    let shaped = |text: &str| text.starts_with("eyJ") && text.matches('.').count() == 2;
    all.retain(|(_, text)| shaped(text));
    all
}

/// Who signed a token: a secret by its number, and how it was used where not as the scheme says.
fn signer(
    scheme: &JwtScheme,
    token: &Token<'_>,
    means: &Means<'_>,
    tried: &mut usize,
) -> Option<(usize, Option<&'static str>)> {
    let mut signed = |keys: &KeySet| {
        *tried += 1;
        token.is_signed(scheme, keys)
    };
    if means.published.is_some_and(&mut signed) {
        return Some((PUBLISHED, None));
    }
    for (index, secret) in means.secrets.iter().enumerate() {
        for (name, text) in forms(scheme, secret) {
            if token_keys(scheme, &text).is_ok_and(|keys| signed(&keys)) {
                return Some((index + 1, name));
            }
        }
    }
    None
}

/// The texts that a secret may have been meant as.
fn forms(scheme: &JwtScheme, secret: &SecretString) -> Vec<(Option<&'static str>, String)> {
    let text = secret.expose_secret();
    let mut all = vec![(None, text.to_owned())];
    if scheme.algorithm == JwtAlgorithm::Hs256 {
        all.push((Some("the secret without the white space around it"), text.trim().to_owned()));
        let decoded = unbase64(text.trim().as_bytes()).and_then(|b| String::from_utf8(b).ok());
        all.extend(decoded.map(|text| (Some("the secret decoded from base64"), text)));
    }
    all
}

fn told(
    bad: BadClaim,
    registered: Option<&Registered>,
    means: &Means<'_>,
    now: Timestamp,
) -> String {
    let shown = |claim: Option<&serde_json::Value>| {
        let text = claim.map_or("nothing".to_owned(), ToString::to_string);
        vigie_domain::text::excerpt(&text, SHOWN_CHARS)
    };
    let expected = |texts: &[String]| match texts {
        [] => "nothing that the source states".to_owned(),
        texts => texts.join(" or "),
    };
    let of = |pick: fn(&Registered) -> Option<&serde_json::Value>| shown(registered.and_then(pick));
    match bad {
        BadClaim::Unreadable => "its claims cannot be read".to_owned(),
        BadClaim::Issuer => format!("its issuer is {}, not the platform", of(|r| r.iss.as_ref())),
        BadClaim::Audience => {
            let wanted = expected(&means.expect.audience);
            format!("its audience is {}, not {wanted}", of(|r| r.aud.as_ref()))
        }
        BadClaim::Sender => {
            let wanted = expected(means.expect.sender.as_slice());
            format!("its sender is {}, or not verified; not {wanted}", of(|r| r.email.as_ref()))
        }
        BadClaim::NoExpiry => "it never expires, and nobody may make such a token".to_owned(),
        BadClaim::Expired => {
            let ago = registered.and_then(Registered::expires_s).map(|exp| now.as_second() - exp);
            format!("it expired {} s ago", ago.unwrap_or_default())
        }
        BadClaim::NotYet => "its time is ahead of our clock by more than 300 s".to_owned(),
    }
}

const fn signed_as(bad: BadClaim) -> &'static str {
    match bad {
        BadClaim::Unreadable => "a token that says nothing readable",
        BadClaim::Issuer => "a token of another issuer",
        BadClaim::Audience => "a token for another audience",
        BadClaim::Sender => "a token of another sender",
        BadClaim::NoExpiry => "a token without an end",
        BadClaim::Expired => "a token that has expired",
        BadClaim::NotYet => "a token of a later time",
    }
}

/// Looks at an ECDSA signature: its header, its hash, the bodies that may have been signed.
pub(super) fn ecdsa(
    scheme: &EcdsaScheme,
    request: &Request<'_>,
    secrets: &[SecretString],
) -> (Vec<Check>, Found) {
    let Ok(given) = Given::read(scheme, request) else {
        return (Vec::new(), Found::default());
    };
    let wanted = scheme.hash.name();
    let named = given.digest.as_deref().unwrap_or(wanted).to_lowercase().replace('-', "");
    let told = format!("the header says that the body was hashed with {}", named.to_uppercase());
    let key = given.kid.is_some();
    let checks = vec![
        check(named == wanted, told),
        check(key, if key { "it names its key" } else { "it names no key" }),
    ];
    let bodies = Bodies::of(request.body);
    let mut tried = 0;
    for body in &bodies.all {
        for hash in HashKind::ALL {
            for (index, secret) in secrets.iter().enumerate() {
                let Ok(key) = of_pem(secret.expose_secret()) else { continue };
                tried += 1;
                if given.is_of(hash, &key, &body.bytes) {
                    let near = NearMiss {
                        body: body.name.clone(),
                        change: body.change,
                        hash: (hash != scheme.hash).then(|| hash.name()),
                        ..NearMiss::with_secret(index + 1, "ecdsa")
                    };
                    return (checks, Found { near: Some(near), tried, cut: bodies.cut });
                }
            }
        }
    }
    (checks, Found { near: None, tried, cut: bodies.cut })
}

/// Bodies that an ed25519 key of Standard Webhooks may have signed.
pub(super) fn ed25519(scheme: &Scheme, request: &Request<'_>, secrets: &[SecretString]) -> Found {
    let mut all = Found::default();
    let Some(claim) = claimed(scheme, request.headers) else { return all };
    for (index, secret) in secrets.iter().enumerate() {
        let Some(Ok(key)) = whpk(secret) else { continue };
        let key = UnparsedPublicKey::new(&ED25519, key);
        for body in Bodies::of(request.body).all {
            let mut message = Vec::with_capacity(body.bytes.len() + 64);
            claim.feed(&body.bytes, |bytes| message.extend_from_slice(bytes));
            all.tried += 1;
            if claim.asymmetric.iter().any(|one| key.verify(&message, one).is_ok()) {
                let near = NearMiss::with_secret(index + 1, "ed25519");
                all.near = Some(NearMiss { body: body.name, change: body.change, ..near });
                return all;
            }
        }
    }
    all
}

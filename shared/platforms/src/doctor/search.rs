//! Near misses: the same request verified as it might have been meant.
//!
//! Four things may differ from what the scheme says, each at a cost: how the signature is written
//! and where it stands, how the secret becomes a key, what is signed beside the body, and the
//! body's bytes. The cheapest combination that matches wins.

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::bodies::{AS_RECEIVED, Body, variants};
use super::frames::{Frame, frames};
use crate::signature::{
    Encoding, HashKind, KeyedMac, Request, Scheme, SecretForm, StampPlace, WHSEC, unbase64,
    unbase64_url, unhex,
};

/// Costs tried: more differences at once than this is no near miss.
const COST_MAX: u8 = 3;

/// How a request would have verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    /// Which secret, from 1.
    pub secret: usize,
    /// How the signature is written: `hex`, `base64`, or `text` for a secret that travels as it is.
    pub encoding: &'static str,
    /// Which body was signed: `as received`, or how it differs.
    pub body: String,
    /// How the secret was used, where not as the scheme says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'static str>,
    /// The header that held the signature, where not the scheme's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What stood before the signature, where not what the scheme says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The hash, where not the scheme's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<&'static str>,
    /// What was signed, where not what the scheme says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<String>,
}

struct Candidate {
    bytes: Vec<u8>,
    hash: HashKind,
    encoding: Encoding,
    header: Option<String>,
    prefix: Option<String>,
    cost: u8,
}

struct KeyForm {
    bytes: Vec<u8>,
    name: Option<&'static str>,
}

/// Looks for the nearest miss of a signed scheme. Says how many combinations were tried.
pub(super) fn signed(
    scheme: &Scheme,
    request: &Request<'_>,
    secrets: &[SecretString],
) -> (Option<NearMiss>, usize) {
    let candidates = candidates(scheme, request.headers);
    let frames = frames(scheme, request.headers);
    let bodies = variants(request.body);
    let keys: Vec<_> = secrets.iter().map(|secret| key_forms(scheme, secret)).collect();
    let mut tried = 0;
    for cost in 0..=COST_MAX {
        for (index, forms) in keys.iter().enumerate() {
            for (form, frame, body) in combined(forms, &frames, &bodies, cost) {
                for candidate in candidates.iter().filter(|c| total(c, form, frame, body) == cost) {
                    tried += 1;
                    if matches(candidate, form, frame, body) {
                        let found = near_miss(scheme, index, candidate, form, frame, body);
                        return (Some(found), tried);
                    }
                }
            }
        }
    }
    (None, tried)
}

fn combined<'a>(
    forms: &'a [KeyForm],
    frames: &'a [Frame],
    bodies: &'a [Body],
    cost: u8,
) -> impl Iterator<Item = (&'a KeyForm, &'a Frame, &'a Body)> {
    forms.iter().flat_map(move |form| {
        frames.iter().flat_map(move |frame| {
            let near = move |body: &&Body| partial(form, frame, body) <= cost;
            bodies.iter().filter(near).map(move |body| (form, frame, body))
        })
    })
}

fn partial(form: &KeyForm, frame: &Frame, body: &Body) -> u8 {
    u8::from(form.name.is_some()) + u8::from(frame.name.is_some()) + body.cost
}

fn total(candidate: &Candidate, form: &KeyForm, frame: &Frame, body: &Body) -> u8 {
    candidate.cost + partial(form, frame, body)
}

fn matches(candidate: &Candidate, form: &KeyForm, frame: &Frame, body: &Body) -> bool {
    let Some(mut mac) = KeyedMac::new(candidate.hash, &form.bytes) else { return false };
    for piece in [&frame.before, &body.bytes, &frame.after] {
        mac.update(piece);
    }
    mac.matches(&candidate.bytes)
}

fn near_miss(
    scheme: &Scheme,
    index: usize,
    candidate: &Candidate,
    form: &KeyForm,
    frame: &Frame,
    body: &Body,
) -> NearMiss {
    NearMiss {
        secret: index + 1,
        encoding: candidate.encoding.name(),
        body: body.name.clone(),
        key: form.name,
        header: candidate.header.clone(),
        prefix: candidate.prefix.clone(),
        hash: (candidate.hash != expected(scheme).0).then(|| candidate.hash.name()),
        signed: frame.name.clone(),
    }
}

/// The hash, the encoding and the prefix that a signed scheme expects.
fn expected(scheme: &Scheme) -> (HashKind, Encoding, &str) {
    match scheme {
        Scheme::Hmac(hmac) => match hmac.stamp.as_ref().map(|stamp| &stamp.place) {
            Some(StampPlace::InSignature { signature, .. }) => {
                (hmac.hash, hmac.encoding, signature)
            }
            _ => (hmac.hash, hmac.encoding, hmac.prefix.trim_end_matches('=')),
        },
        _ => (HashKind::Sha256, Encoding::Base64, "v1"),
    }
}

/// Whatever in the headers can be a signature: its length tells its hash.
fn candidates(scheme: &Scheme, headers: &HeaderMap) -> Vec<Candidate> {
    let (hash, encoding, prefix) = expected(scheme);
    let proofs = scheme.proof_headers();
    let mut all = Vec::new();
    for (name, value) in headers {
        let ours = proofs.iter().any(|proof| proof.eq_ignore_ascii_case(name.as_str()));
        let Ok(text) = std::str::from_utf8(value.as_bytes()) else { continue };
        for (before, written) in tokens(text) {
            let Some((bytes, found_hash, found_encoding)) = decoded(written) else { continue };
            let differs = [!ours, found_hash != hash, found_encoding != encoding, before != prefix];
            all.push(Candidate {
                bytes,
                hash: found_hash,
                encoding: found_encoding,
                header: (!ours).then(|| name.as_str().to_owned()),
                prefix: (before != prefix).then(|| before.to_owned()),
                cost: differs.into_iter().map(u8::from).sum(),
            });
        }
    }
    all
}

/// The parts of a header's value that can be a signature, each with the short name before it:
/// `sha256=…`, `v1,…`, `t=…,v1=…`.
fn tokens(text: &str) -> Vec<(&str, &str)> {
    let short = |name: &str| {
        (1..=12).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let mut all = Vec::new();
    for word in text.split_whitespace() {
        let mut last = "";
        for part in word.split([',', ';']) {
            match part
                .split_once('=')
                .filter(|(name, rest)| short(name) && !rest.trim_matches('=').is_empty())
            {
                Some((name, rest)) => all.push((name, rest)),
                None => all.push((if short(last) { last } else { "" }, part)),
            }
            last = part;
        }
    }
    all
}

fn decoded(text: &str) -> Option<(Vec<u8>, HashKind, Encoding)> {
    let of_length = |bytes: &Vec<u8>| HashKind::ALL.into_iter().find(|h| h.bytes() == bytes.len());
    let text = text.trim().as_bytes();
    let attempts = [
        (unhex(text), Encoding::Hex),
        (unbase64(text), Encoding::Base64),
        (unbase64_url(text), Encoding::Base64),
    ];
    attempts.into_iter().find_map(|(bytes, encoding)| {
        let bytes = bytes?;
        of_length(&bytes).map(|hash| (bytes, hash, encoding))
    })
}

/// The keys that a secret's text may stand for, the scheme's own first.
fn key_forms(scheme: &Scheme, secret: &SecretString) -> Vec<KeyForm> {
    let text = secret.expose_secret();
    let bare = text.trim().strip_prefix(WHSEC).unwrap_or(text.trim());
    let form = match scheme {
        Scheme::Hmac(hmac) => hmac.secret,
        _ => SecretForm::Whsec,
    };
    let some = |bytes: &str| Some(bytes.as_bytes().to_vec());
    let forms = [
        (None, form.key(secret).ok()),
        (Some("the secret as it stands, not decoded"), some(text)),
        (Some("the secret without the white space around it"), some(text.trim())),
        (Some("the secret without whsec_, not decoded"), some(bare)),
        (Some("the secret decoded from base64"), unbase64(bare.as_bytes())),
        (Some("the secret decoded from hex"), unhex(bare.as_bytes())),
    ];
    let mut all: Vec<KeyForm> = Vec::new();
    for (name, bytes) in forms {
        let usable =
            bytes.filter(|bytes| !bytes.is_empty() && !all.iter().any(|k| k.bytes == *bytes));
        all.extend(usable.map(|bytes| KeyForm { bytes, name }));
    }
    all
}

/// Looks for a secret that travels as it is: in another header, or with something around it.
pub(super) fn travelling(request: &Request<'_>, secrets: &[SecretString]) -> Option<NearMiss> {
    let in_headers = request
        .headers
        .iter()
        .filter_map(|(name, value)| Some((Some(name.as_str().to_owned()), value.to_str().ok()?)));
    let token = request.path_token.map(|token| (None, token));
    for (header, given) in token.into_iter().chain(in_headers) {
        let bare = given.trim().trim_end_matches('/');
        let bare = bare.split_once(' ').map_or(bare, |(_, rest)| rest.trim());
        let is = |secret: &SecretString| {
            let text = secret.expose_secret().trim();
            !text.is_empty() && (text == bare || text == given.trim())
        };
        if let Some(index) = secrets.iter().position(is) {
            return Some(NearMiss {
                secret: index + 1,
                encoding: "text",
                body: AS_RECEIVED.to_owned(),
                key: None,
                header,
                prefix: None,
                hash: None,
                signed: None,
            });
        }
    }
    None
}

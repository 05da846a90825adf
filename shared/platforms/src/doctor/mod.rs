//! Why a webhook verifies or not, and which secret, encoding or body would have.
//!
//! What comes out holds no secret, no computed signature and nothing of a review, so that it can
//! go to a platform's support. It does not fix anything, and a near miss verifies nothing.

mod bodies;
mod candidates;
mod frames;
mod guess;
mod human;
mod keyed;
mod keys;
mod near;
mod rewrite;
mod search;
mod travelling;
mod wrapped;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use vigie_domain::Digest;

pub use human::Kept;
pub use near::NearMiss;

use crate::headers::{Once, once};
use crate::json;
use crate::signature::{
    Expect, KeySet, Refusal, Request, Scheme, StampUnit, Verifier, claimed, skew_s, within,
};
use search::Found;

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was seen.
    pub text: String,
    /// Which secret it is about, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<usize>,
}

/// What `vigie doctor` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Whether the request verifies.
    pub verifies: bool,
    /// The refusal's code; null if it verifies.
    pub reason: Option<&'static str>,
    /// The nearest way in which it would have verified; null if there is none.
    pub would_verify: Option<NearMiss>,
    /// Which secret matched, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<usize>,
    /// How many seconds our clock is ahead of the signed time, where one is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew_seconds: Option<i64>,
    /// The scheme, in words.
    pub scheme: String,
    /// Length of the body, in bytes.
    pub body_bytes: usize,
    /// SHA-256 of the body as it arrived, in hex.
    pub body_sha256: String,
    /// How many near misses were tried.
    pub near_misses_tried: usize,
    /// Whether some were left out, because the body is large.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stopped_early: bool,
    /// Everything looked at, in order.
    pub checks: Vec<Check>,
    /// Whether a header that should be there once came with several values.
    #[serde(skip)]
    conflicting: bool,
}

/// Says why a request verifies or not, at the time `now`.
///
/// ```
/// use vigie_platforms::{Preset, Request, diagnose, headers};
/// let scheme = Preset::by_id("generic-hmac").unwrap().scheme();
/// let headers = headers::parse(
///     "X-Signature-256: sha256=d7a154547e7c35e31c4c820e20237650939c3d34dae136e30a7757ca61abb4cf",
/// ).unwrap();
/// let body = b"Test Payload Body\n";
/// let request = Request { headers: &headers, path_token: None, query: None, body };
/// let diagnosis = diagnose(scheme, &request, &["Convoy".into()], jiff::Timestamp::UNIX_EPOCH);
/// assert_eq!(diagnosis.reason, Some("signature-mismatch"));
/// let near = diagnosis.would_verify.unwrap();
/// assert_eq!((near.secret, near.encoding), (1, "hex"));
/// assert_eq!(near.body, "without trailing newline");
/// ```
pub fn diagnose(
    scheme: &Scheme,
    request: &Request<'_>,
    secrets: &[SecretString],
    now: Timestamp,
) -> Diagnosis {
    let expect = Expect::default();
    diagnose_with(scheme, request, &Means { secrets, expect: &expect, published: None }, now)
}

/// What a source verifies with.
#[derive(Debug, Clone, Copy)]
pub struct Means<'a> {
    /// Its secrets.
    pub secrets: &'a [SecretString],
    /// What it states of tokens.
    pub expect: &'a Expect,
    /// The keys that the platform publishes, where it does.
    pub published: Option<&'a KeySet>,
}

/// The same, with all that a source of tokens verifies with.
pub fn diagnose_with(
    scheme: &Scheme,
    request: &Request<'_>,
    means: &Means<'_>,
    now: Timestamp,
) -> Diagnosis {
    let Means { secrets, expect, published } = *means;
    let (verifier, faults) = Verifier::of_usable(scheme, secrets);
    let verifier = verifier.expecting(expect.clone());
    let outcome = verifier.verify_with(request, published, now);
    let refusal = outcome.as_ref().err().copied();
    let (more, found) = looked_at(scheme, request, means, refusal, now);
    let found_any = found.near.is_some();
    let stamp = claimed(scheme, request.headers).and_then(|claim| claim.stamp());
    let mut checks: Vec<Check> = proof(scheme, request).into_iter().chain(more).collect();
    checks.extend(stamp.map(|(unit, text)| clock(skew_s(unit, text, now))));
    checks.push(body(scheme, request.body));
    checks.extend((0..secrets.len()).map(|index| {
        let fault = faults.iter().find(|fault| fault.index == index);
        let fault = fault.map(|f| f.problem.to_string());
        secret(scheme, request, means, index, now, fault)
    }));
    let verified = outcome.as_ref().ok();
    Diagnosis {
        verifies: refusal.is_none(),
        reason: refusal.map(Refusal::code),
        would_verify: found.near,
        secret: verified.and_then(|verified| verified.secret).map(|index| index + 1),
        clock_skew_seconds: stamp.and_then(|(unit, text)| skew_s(unit, text, now)),
        scheme: scheme.describe(),
        body_bytes: request.body.len(),
        body_sha256: Digest::of_bytes(request.body).to_hex(),
        near_misses_tried: found.tried,
        stopped_early: found.cut && !found_any,
        conflicting: scheme
            .proof_headers()
            .iter()
            .any(|name| once(request.headers, name) == Once::Conflicting),
        checks,
    }
}

/// What a scheme of tokens or public keys shows, and the nearest miss of any scheme.
fn looked_at(
    scheme: &Scheme,
    request: &Request<'_>,
    means: &Means<'_>,
    refusal: Option<Refusal>,
    now: Timestamp,
) -> (Vec<Check>, Found) {
    let (checks, found) = match scheme {
        Scheme::Jwt(jwt) => keyed::token(jwt, request, means, now),
        Scheme::Ecdsa(ecdsa) => keyed::ecdsa(ecdsa, request, means.secrets),
        _ => match refusal {
            None => (Vec::new(), Found::default()),
            Some(Refusal::TimestampOutsideTolerance) => {
                (Vec::new(), other_unit(scheme, request, means.secrets, now))
            }
            Some(_) => (Vec::new(), search(scheme, request, means.secrets)),
        },
    };
    // A request that verifies is no near miss.
    (checks, if refusal.is_none() { Found::default() } else { found })
}

fn search(scheme: &Scheme, request: &Request<'_>, secrets: &[SecretString]) -> Found {
    let travelling = travelling::travelling(scheme, request, secrets);
    if !scheme.signed() {
        return match travelling.near {
            Some(_) => travelling,
            None => guess::signed(request, secrets, travelling.tried),
        };
    }
    let by_key = keyed::ed25519(scheme, request, secrets);
    if by_key.near.is_some() {
        return by_key;
    }
    let signed = search::signed(scheme, request, secrets);
    let near = signed.near.or_else(|| {
        let sent = "nothing: the secret itself was sent".to_owned();
        travelling.near.map(|near| NearMiss { signed: Some(sent), ..near })
    });
    Found { near, tried: signed.tried + travelling.tried, cut: signed.cut }
}

/// A right signature whose time is far from ours: whether it is near in another unit.
fn other_unit(
    scheme: &Scheme,
    request: &Request<'_>,
    secrets: &[SecretString],
    now: Timestamp,
) -> Found {
    let units = [
        (StampUnit::S, "seconds"),
        (StampUnit::Ms, "milliseconds"),
        (StampUnit::Rfc3339, "RFC 3339"),
    ];
    let stamp = claimed(scheme, request.headers).and_then(|claim| claim.stamp());
    let unit = stamp.and_then(|(_, text)| units.iter().find(|(unit, _)| within(*unit, text, now)));
    let right = |index: &usize| {
        let alone = secrets.get(*index..=*index).unwrap_or_default();
        crate::signature::verify(scheme, request, alone, now)
            == Err(Refusal::TimestampOutsideTolerance)
    };
    let near = unit.zip((0..secrets.len()).find(right)).map(|((_, name), index)| {
        let (_, written, _) = candidates::expected(scheme);
        let near = NearMiss::with_secret(index + 1, written.name());
        NearMiss { timestamp: Some(name), ..near }
    });
    Found { near, tried: if stamp.is_some() { units.len() - 1 } else { 0 }, cut: false }
}

fn check(ok: bool, text: impl Into<String>) -> Check {
    Check { ok, text: text.into(), secret: None }
}

/// Whether the header or the token is there, and what it looks like; `None` where the scheme is one
/// of JSON Web Tokens, which is looked at by itself.
fn proof(scheme: &Scheme, request: &Request<'_>) -> Option<Check> {
    match scheme {
        Scheme::Jwt(_) => return None,
        Scheme::None => return Some(check(false, "this platform sends no webhook of reviews")),
        _ => {}
    }
    if scheme.takes_path_token() {
        let there = request.path_token.is_some_and(|token| !token.is_empty());
        let is = if there { "a token is in the address" } else { "no token is in the address" };
        return Some(check(there, is));
    }
    let names = scheme.proof_headers();
    let of = |name: &&str| match once(request.headers, name) {
        Once::Missing => None,
        Once::Conflicting => {
            Some(check(false, format!("{name} is there several times, with different values")))
        }
        Once::Value(value) => {
            let look = if scheme.signed() { looks(value) } else { "a text" };
            Some(check(true, format!("{name} is there once, {} characters, {look}", value.len())))
        }
    };
    let absent = || check(false, format!("{} is absent or empty", names.join(" or ")));
    Some(names.iter().find_map(of).unwrap_or_else(absent))
}

fn looks(value: &[u8]) -> &'static str {
    let all = |test: fn(&u8) -> bool| value.iter().all(test);
    if all(u8::is_ascii_hexdigit) {
        "hex digits"
    } else if all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(b)) {
        "like base64, or with a prefix"
    } else {
        "with a prefix or a list"
    }
}

fn clock(skew: Option<i64>) -> Check {
    let Some(skew) = skew else { return check(false, "the signed time cannot be read") };
    let ok = skew.unsigned_abs() <= crate::signature::TOLERANCE_S;
    // A unit mistaken for another is off by decades, whichever way.
    let unit = if skew.unsigned_abs() > 1_000_000_000 {
        " (seconds for milliseconds, or the reverse?)"
    } else {
        ""
    };
    let way = if skew < 0 { "ahead of" } else { "behind" };
    check(ok, format!("the signed time is {} s {way} our clock{unit}", skew.unsigned_abs()))
}

fn body(scheme: &Scheme, body: &[u8]) -> Check {
    if scheme.body_is_token() {
        return check(!body.is_empty(), format!("the body has {} bytes", body.len()));
    }
    let parsed = json::parse(body);
    let marked = body.starts_with(b"\xEF\xBB\xBF");
    let newline = body.ends_with(b"\n");
    let mark = if marked { "a byte order mark" } else { "no byte order mark" };
    let newline_text = if newline { "a trailing newline" } else { "no trailing newline" };
    let json = if parsed.is_ok() { "JSON" } else { "not JSON" };
    check(
        parsed.is_ok() && !marked && !newline,
        format!("the body is {json}, {mark}, {newline_text}"),
    )
}

/// Whether one secret alone would do. A right signature of a wrong time counts: the secret is
/// right.
fn secret(
    scheme: &Scheme,
    request: &Request<'_>,
    means: &Means<'_>,
    index: usize,
    now: Timestamp,
    fault: Option<String>,
) -> Check {
    let text = format!("secret {} of {}", index + 1, means.secrets.len());
    let alone = means.secrets.get(index..=index).unwrap_or_default();
    let verifier = Verifier::of_usable(scheme, alone).0.expecting(means.expect.clone());
    let outcome = verifier.verify(request, now);
    let ok = matches!(outcome, Ok(_) | Err(Refusal::TimestampOutsideTolerance));
    let text = fault.map_or(text.clone(), |fault| format!("{text} {fault}"));
    Check { ok, text, secret: Some(index + 1) }
}

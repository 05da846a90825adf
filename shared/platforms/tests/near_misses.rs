//! Every way in which a request may just miss: each is found, named as the contract says, and
//! nothing is told that must not be.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use vigie_platforms::doctor::NearMiss;
use vigie_platforms::signature::sign;
use vigie_platforms::{Diagnosis, Kept, Preset, Request, Scheme, diagnose, headers};

const SECRET: &str = "correct-horse-battery-staple-4711";
const OTHER: &str = "somebody-elses-secret-0815";
const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &str = r#"{"id":"r-1","text":"Vendeuse désagréable <b>& pressée</b>","by":"marker@reviewer.example","url":"https://a.example/r"}"#;
/// Whatever stands in the body and must not be told.
const TOLD_NEVER: [&str; 6] =
    ["désagréable", "agr\\u00e9", "pressée", "marker@", "a.example", "r-1\""];

fn now() -> Timestamp {
    "2026-11-20T09:12:00Z".parse().unwrap()
}

fn scheme(id: &str) -> &'static Scheme {
    Preset::by_id(id).unwrap().scheme()
}

fn secret_for(id: &str) -> &'static str {
    if matches!(scheme(id), Scheme::StandardWebhooks { .. }) { WHSEC } else { SECRET }
}

/// HMAC-SHA256 in base64 of some bytes with a text as key, made by a preset that signs just so.
fn mac(key: &str, content: &[u8]) -> Vec<u8> {
    let plain = scheme("shopify-product-review");
    let signed = sign(plain, &key.into(), content, "", now()).unwrap();
    STANDARD.decode(&signed.headers.first().unwrap().1).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

fn of(lines: &[(&str, &str)]) -> HeaderMap {
    let typed = |(name, value): &(&str, &str)| {
        (HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap())
    };
    lines.iter().map(typed).collect()
}

/// Judges a request and holds that nothing is told that must not be: whatever came, whatever was
/// computed.
fn judge(id: &str, headers: &HeaderMap, body: &[u8], secrets: &[&str]) -> Diagnosis {
    judge_at(id, headers, body, secrets, None, now())
}

fn judge_at(
    id: &str,
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[&str],
    token: Option<&str>,
    at: Timestamp,
) -> Diagnosis {
    let typed: Vec<SecretString> = secrets.iter().map(|text| (*text).into()).collect();
    let request = Request { headers, path_token: token, query: None, body };
    let diagnosis = diagnose(scheme(id), &request, &typed, at);
    let kept = Kept { request: "7c1f", at, reason: "signature-mismatch" };
    let labels = vec!["env:A".to_owned(); secrets.len()];
    let json = serde_json::to_string(&diagnosis).unwrap();
    let human = diagnosis.human("source", &labels, Some(kept));
    let plain = diagnosis.human("source", &labels, None);
    for told in [&json, &human, &plain] {
        let bare = secrets.iter().map(|text| text.trim_matches(['"', '\n', ' ']));
        let bare = bare.chain(secrets.iter().map(|text| text.trim_start_matches("whsec_")));
        for hidden in TOLD_NEVER.into_iter().chain(bare).chain(token) {
            assert!(hidden.is_empty() || !told.contains(hidden), "{hidden} in {told}");
        }
        for value in headers.values().filter_map(|value| value.to_str().ok()) {
            for part in value.split([',', '=', ' ', '"']).filter(|part| part.len() > 16) {
                assert!(!told.contains(part), "{part} in {told}");
            }
        }
        for secret in secrets {
            let computed = mac(secret, body);
            let texts = [hex(&computed), hex(&computed).to_uppercase(), STANDARD.encode(&computed)];
            assert!(texts.iter().all(|text| !told.contains(text.as_str())), "{told}");
        }
    }
    diagnosis
}

fn near(id: &str, headers: &HeaderMap, body: &[u8], secrets: &[&str]) -> NearMiss {
    let diagnosis = judge(id, headers, body, secrets);
    assert!(!diagnosis.verifies && !diagnosis.stopped_early);
    diagnosis.would_verify.unwrap_or_else(|| unreachable!("{id}: none matches"))
}

/// A body that was signed, the body that arrived, and how they differ.
fn rewrites() -> Vec<(Vec<u8>, Vec<u8>, &'static str)> {
    let pretty = BODY.replace("\":", "\": ").replace(",\"", ",\n  \"");
    let pretty = pretty.replacen('{', "{\n  ", 1).replace("\"}", "\"\n}");
    let loose = BODY.replace("\":", "\": ").replace(",\"", ", \"");
    let sorted = r#"{"by":"marker@reviewer.example","id":"r-1","text":"Vendeuse désagréable <b>& pressée</b>","url":"https://a.example/r"}"#;
    let ascii = BODY.replace('é', "\\u00e9");
    let php = ascii.replace('/', "\\/");
    let go = BODY.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    let quoted = serde_json::to_string(BODY).unwrap();
    let latin: Vec<u8> = BODY.chars().map(|c| u8::try_from(c).unwrap()).collect();
    let twice: String = BODY.bytes().map(char::from).collect();
    let encoded = BODY.bytes().fold(String::new(), |mut text, byte| {
        text.extend([format!("%{byte:02X}")]);
        text
    });
    let b = |text: &str| text.as_bytes().to_vec();
    let form = format!("x=1&payload={encoded}");
    vec![
        (b(BODY), b(&format!("{BODY}\n")), "without trailing newline"),
        (b(BODY), b(&format!("{BODY}\r\n")), "without trailing newline"),
        (b(&format!("{BODY}\n")), b(BODY), "with trailing newline"),
        (b(BODY), b(&format!(" {BODY}\n\n")), "without surrounding white space"),
        (b(&pretty), b(&pretty.replace('\n', "\r\n")), "with LF for CRLF"),
        (b(&pretty.replace('\n', "\r\n")), b(&pretty), "with CRLF for LF"),
        (b(BODY), b(&format!("\u{feff}{BODY}")), "without byte order mark"),
        (b(&format!("\u{feff}{BODY}")), b(BODY), "with byte order mark"),
        (b(BODY), b(&loose), "the same JSON written without spaces"),
        (b(&loose), b(BODY), "the same JSON written with a space after , and :"),
        (b(&pretty), b(BODY), "the same JSON indented by two"),
        (b(&pretty.replace("  ", "    ")), b(BODY), "the same JSON indented by four"),
        (b(&pretty.replace("  ", "\t")), b(BODY), "the same JSON indented by tabs"),
        (
            b(&format!("{pretty}\n")),
            b(BODY),
            "the same JSON indented by two, with a newline behind it",
        ),
        (b(sorted), b(BODY), "the same JSON written without spaces, keys sorted"),
        (b(&ascii), b(BODY), "the same JSON written without spaces, non-ASCII as \\uXXXX"),
        (b(BODY), b(&php), "the same JSON written without spaces"),
        (
            b(&php),
            b(BODY),
            "the same JSON written without spaces, non-ASCII as \\uXXXX, slashes as \\/",
        ),
        (
            b(&BODY.replace('/', "\\/")),
            b(BODY),
            "the same JSON written without spaces, slashes as \\/",
        ),
        (b(&go), b(BODY), "the same JSON written without spaces, <, > and & as \\uXXXX"),
        (b(BODY), b(&encoded), "URL-decoded"),
        (b(BODY), b(&form), "the JSON in a field of the form"),
        (b(BODY), b(&quoted), "the text inside the quotes"),
        (b(BODY), b(&format!("\"{BODY}\"")), "without the quotes around it"),
        (b(&quoted), b(BODY), "quoted as a JSON text"),
        (b(BODY), STANDARD.encode(BODY).into_bytes(), "decoded from base64"),
        (latin.clone(), b(BODY), "in Latin-1"),
        (b(BODY), latin, "in UTF-8 instead of Latin-1"),
        (b(BODY), b(&twice), "in UTF-8 encoded once, not twice"),
        (Vec::new(), b(BODY), "empty"),
    ]
}

#[test]
fn a_body_that_was_changed_is_found_in_every_scheme_that_signs() {
    for id in ["judgeme", "generic-hmac", "shopify-product-review", "podium", "standard-webhooks"] {
        for (signed, arrived, expected) in rewrites() {
            let secret = secret_for(id);
            let headers = sign(scheme(id), &secret.into(), &signed, "msg_1", now()).unwrap();
            let other =
                if secret == WHSEC { "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD" } else { OTHER };
            let found = near(id, &headers.header_map(), &arrived, &[other, secret]);
            assert_eq!((found.secret, found.body.as_str()), (2, expected), "{id}");
            assert_eq!((found.key, found.signed), (None, None), "{id}: {expected}");
            assert_eq!((found.header, found.prefix), (None, None), "{id}: {expected}");
        }
    }
}

#[test]
fn a_signature_written_in_another_way_is_found() {
    let bytes = mac(SECRET, BODY.as_bytes());
    let (digits, text) = (hex(&bytes), STANDARD.encode(&bytes));
    for (id, header, value, encoding, prefix) in [
        ("judgeme", "judgeme-hmac-sha256", text.clone(), "base64", None),
        ("judgeme", "judgeme-hmac-sha256", format!("\"{digits}\""), "hex in quotes", None),
        ("judgeme", "judgeme-hmac-sha256", STANDARD.encode(&digits), "base64 of hex", None),
        ("judgeme", "judgeme-hmac-sha256", format!("sha256={digits}"), "hex", Some("sha256")),
        ("generic-hmac", "x-signature-256", digits.clone(), "hex", Some("")),
        ("generic-hmac", "x-signature-256", digits.to_uppercase(), "hex", Some("")),
        ("generic-hmac", "x-signature-256", format!("SHA256={digits}"), "hex", Some("SHA256")),
        ("generic-hmac", "x-signature-256", format!("sha256={text}"), "base64", None),
        ("shopify-product-review", "x-shopify-hmac-sha256", digits.clone(), "hex", None),
    ] {
        let found = near(id, &of(&[(header, &value)]), BODY.as_bytes(), &[SECRET]);
        assert_eq!((found.encoding, found.prefix.as_deref()), (encoding, prefix), "{id} {value}");
        assert_eq!(found.body, "as received");
    }
}

#[test]
fn upper_case_hex_is_as_good_as_lower_case() {
    let digits = hex(&mac(SECRET, BODY.as_bytes())).to_uppercase();
    let headers = of(&[("judgeme-hmac-sha256", &digits)]);
    assert!(judge("judgeme", &headers, BODY.as_bytes(), &[SECRET]).verifies);
}

#[test]
fn a_right_value_in_another_header_is_found_and_so_is_a_secret_that_was_sent() {
    let digits = hex(&mac(SECRET, BODY.as_bytes()));
    let headers = of(&[("judgeme-hmac-sha256", "00"), ("x-renamed", &digits)]);
    let found = near("judgeme", &headers, BODY.as_bytes(), &[SECRET]);
    assert_eq!(found.header.as_deref(), Some("x-renamed"));
    let headers = of(&[("judgeme-hmac-sha256", SECRET)]);
    let found = near("judgeme", &headers, BODY.as_bytes(), &[SECRET]);
    assert_eq!(found.signed.as_deref(), Some("nothing: the secret itself was sent"));
    let basic = format!("Basic {}", STANDARD.encode(format!("vigie:{SECRET}")));
    let headers = of(&[("authorization", &basic)]);
    for id in ["stamped", "trustpilot"] {
        let found = judge(id, &headers, BODY.as_bytes(), &[OTHER, SECRET]).would_verify.unwrap();
        assert_eq!((found.secret, found.encoding), (2, "base64"), "{id}");
        assert_eq!(found.header.as_deref(), Some("authorization"), "{id}");
    }
}

#[test]
fn a_token_with_something_around_it_is_found() {
    for (token, key) in [
        (format!("{SECRET}/"), None),
        (format!("<{SECRET}>"), None),
        (SECRET.to_uppercase(), Some("the secret in other letter case")),
    ] {
        let none = HeaderMap::new();
        let diagnosis =
            judge_at("trustpilot", &none, BODY.as_bytes(), &[SECRET], Some(&token), now());
        let found = diagnosis.would_verify.unwrap();
        assert_eq!((found.secret, found.key, found.header), (1, key, None), "{token}");
    }
}

#[test]
fn a_header_that_came_twice_says_that_something_adds_one() {
    let digits = hex(&mac(SECRET, BODY.as_bytes()));
    let headers =
        headers::parse(&format!("judgeme-hmac-sha256: 00\njudgeme-hmac-sha256: {digits}")).unwrap();
    let diagnosis = judge("judgeme", &headers, BODY.as_bytes(), &[SECRET]);
    assert_eq!(diagnosis.reason, Some("signature-mismatch"));
    let text = diagnosis.human("lumen", &[], None);
    assert!(text.contains("the header came several times"), "{text}");
}

#[test]
fn a_secret_used_in_another_way_is_found() {
    let sent = |key: &str| of(&[("judgeme-hmac-sha256", &hex(&mac(key, BODY.as_bytes())))]);
    let text_of = |key: &str| STANDARD.encode(key);
    for (key, configured, name) in [
        (SECRET.to_owned(), format!("{SECRET}\n"), "the secret without the white space around it"),
        (format!("{SECRET}\n"), SECRET.to_owned(), "the secret with a newline behind it"),
        (SECRET.to_owned(), format!("\"{SECRET}\""), "the secret without the quotes around it"),
        (SECRET.to_owned(), text_of(SECRET), "the secret decoded from base64"),
        (SECRET.to_owned(), hex(SECRET.as_bytes()), "the secret decoded from hex"),
        (SECRET.to_owned(), format!("whsec_{SECRET}"), "the secret without whsec_, not decoded"),
    ] {
        let found = near("judgeme", &sent(&key), BODY.as_bytes(), &[&configured]);
        assert_eq!((found.key, found.body.as_str()), (Some(name), "as received"));
    }
}

#[test]
fn a_timestamp_joined_in_another_way_is_found() {
    let (seconds, millis) = ("1795770720", "1795770720123");
    let at: Timestamp = now();
    assert_eq!(at.as_second().to_string().len(), seconds.len());
    for (before, after, stamp, expected) in [
        ("", "", millis, "the body alone"),
        ("1795770720123", "", millis, "{timestamp}{body}"),
        ("1795770720123:", "", millis, "{timestamp}:{body}"),
        ("1795770720123\n", "", millis, "{timestamp}\\n{body}"),
        ("v0:1795770720123:", "", millis, "v0:{timestamp}:{body}"),
        ("", "1795770720123", millis, "{body}{timestamp}"),
        ("1795770720.", "", millis, "{timestamp}.{body}, in seconds"),
        ("1795770720000.", "", seconds, "{timestamp}.{body}, in milliseconds"),
        ("m-1.1795770720123.", "", millis, "{id}.{timestamp}.{body}"),
    ] {
        let content = [before.as_bytes(), BODY.as_bytes(), after.as_bytes()].concat();
        let signature = hex(&mac(SECRET, &content));
        let headers = of(&[
            ("podium-signature", &signature),
            ("podium-timestamp", stamp),
            ("x-message-id", "m-1"),
        ]);
        let found = near("podium", &headers, BODY.as_bytes(), &[SECRET]);
        assert_eq!(found.signed.as_deref(), Some(expected));
    }
}

#[test]
fn a_timestamp_in_another_unit_is_named() {
    let stamp = now().as_second().to_string();
    let signature = hex(&mac(SECRET, format!("{stamp}.{BODY}").as_bytes()));
    let headers = of(&[("podium-signature", &signature), ("podium-timestamp", &stamp)]);
    let diagnosis = judge("podium", &headers, BODY.as_bytes(), &[OTHER, SECRET]);
    assert_eq!(diagnosis.reason, Some("timestamp-outside-tolerance"));
    let found = diagnosis.would_verify.unwrap();
    assert_eq!((found.secret, found.timestamp), (2, Some("seconds")));
    // Milliseconds where seconds belong.
    let millis = now().as_millisecond().to_string();
    let key = WHSEC.trim_start_matches("whsec_");
    let raw = STANDARD.decode(key).unwrap();
    let found = judge("standard-webhooks", &message(&raw, &millis), BODY.as_bytes(), &[WHSEC]);
    assert_eq!(found.would_verify.unwrap().timestamp, Some("milliseconds"));
    // An old one is old in every unit.
    let later = now() + SignedDuration::from_hours(2);
    let old = judge_at("podium", &headers, BODY.as_bytes(), &[SECRET], None, later);
    assert_eq!(old.would_verify, None);
}

/// A Standard Webhooks request with any text for its timestamp.
fn message(key: &[u8], stamp: &str) -> HeaderMap {
    use hmac::{KeyInit as _, Mac as _};
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("msg_1.{stamp}.{BODY}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    of(&[("webhook-id", "msg_1"), ("webhook-timestamp", stamp), ("webhook-signature", &signature)])
}

#[test]
fn two_differences_at_once_are_found() {
    let pretty = BODY.replace("\":", "\": ").replace(",\"", ", \"");
    let signature = STANDARD.encode(mac(&format!("{SECRET}\n"), BODY.as_bytes()));
    let headers = of(&[("x-elsewhere", &signature)]);
    let found = near("judgeme", &headers, pretty.as_bytes(), &[OTHER, SECRET]);
    assert_eq!((found.secret, found.encoding), (2, "base64"));
    assert_eq!(found.body, "the same JSON written without spaces");
    assert_eq!(found.key, Some("the secret with a newline behind it"));
}

#[test]
fn a_large_body_is_searched_within_bounds_and_says_so() {
    let review = format!("{{\"text\":\"{}é/\"}},", "x".repeat(50));
    let many = review.repeat(1_000_000 / review.len());
    let body = format!("[{}]", many.trim_end_matches(','));
    let other = hex(&mac("another", body.as_bytes()));
    let headers = of(&[("judgeme-hmac-sha256", &other)]);
    let diagnosis = judge("judgeme", &headers, body.as_bytes(), &[SECRET]);
    assert!(diagnosis.stopped_early && diagnosis.would_verify.is_none());
    assert!((50..400).contains(&diagnosis.near_misses_tried), "{}", diagnosis.near_misses_tried);
    let text = diagnosis.human("lumen", &[], None);
    assert!(text.contains("stopped early"), "{text}");
    // The usual rewriting is found all the same.
    let spaced = body.replace("\":", "\": ").replace("},", "}, ");
    let signed = hex(&mac(SECRET, spaced.as_bytes()));
    let found =
        near("judgeme", &of(&[("judgeme-hmac-sha256", &signed)]), body.as_bytes(), &[SECRET]);
    assert_eq!(found.body, "the same JSON written with a space after , and :");
}

#[test]
fn nothing_that_can_be_a_signature_is_nothing_to_try() {
    let headers = of(&[("judgeme-hmac-sha256", "not a signature")]);
    let diagnosis = judge("judgeme", &headers, BODY.as_bytes(), &[SECRET]);
    assert_eq!((diagnosis.reason, diagnosis.would_verify), (Some("signature-mismatch"), None));
}

#[test]
fn a_kept_request_is_named_with_its_time_and_its_refusal() {
    let headers = sign(scheme("judgeme"), &SECRET.into(), BODY.as_bytes(), "", now()).unwrap();
    let diagnosis = judge("judgeme", &headers.header_map(), BODY.as_bytes(), &[SECRET]);
    let told = |reason| {
        let kept = Kept { request: "00000000deadbeef", at: now(), reason };
        diagnosis.human("lumen", &[], Some(kept))
    };
    let text = told("signature-mismatch");
    let line = "Request 00000000deadbeef of 20 Nov 2026 09:12:00 UTC, ";
    assert!(text.contains(line) && text.contains("refused: signature-mismatch"), "{text}");
    assert!(text.contains("since then the secrets"), "{text}");
    assert!(told("malformed-payload").contains("not JSON"));
    assert!(told("unknown-source").contains("ends in a token"));
}

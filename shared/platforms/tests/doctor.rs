//! The doctor finds what was altered, and shows nothing that must not be shown.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

use http::HeaderMap;
use jiff::Timestamp;
use secrecy::SecretString;
use vigie_platforms::doctor::NearMiss;
use vigie_platforms::signature::sign;
use vigie_platforms::{Diagnosis, Preset, Request, Scheme, diagnose, headers};

const SECRET: &str = "correct-horse-battery-staple";
const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &str = "{\"b\": 1.50, \"a\": \"Dé/çue\"}";

fn now() -> Timestamp {
    "2026-11-20T09:12:00Z".parse().unwrap()
}

fn scheme(id: &str) -> &'static Scheme {
    Preset::by_id(id).unwrap().scheme()
}

fn signed(scheme: &Scheme, secret: &str, body: &[u8]) -> HeaderMap {
    sign(scheme, &secret.into(), body, "msg_1", now()).unwrap().header_map()
}

fn look(scheme: &Scheme, headers: &HeaderMap, body: &[u8], secrets: &[&str]) -> Diagnosis {
    let secrets: Vec<SecretString> = secrets.iter().map(|text| (*text).into()).collect();
    let request = Request { headers, path_token: None, query: None, body };
    let diagnosis = diagnose(scheme, &request, &secrets, now());
    let labels = vec!["env:A".to_owned(); secrets.len()];
    let shown = format!(
        "{}{}",
        serde_json::to_string(&diagnosis).unwrap(),
        diagnosis.human("source", &labels, None)
    );
    for hidden in [SECRET, "MfKQ", "çue", "\\u00e7ue"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    for (_, value) in headers.iter().filter(|(_, value)| value.len() > 30) {
        assert!(!shown.contains(value.to_str().unwrap()), "{shown}");
    }
    diagnosis
}

fn near(scheme: &Scheme, headers: &HeaderMap, body: &[u8], secrets: &[&str]) -> NearMiss {
    let diagnosis = look(scheme, headers, body, secrets);
    assert!(!diagnosis.verifies);
    assert_eq!(diagnosis.reason, Some("signature-mismatch"));
    diagnosis.would_verify.unwrap()
}

#[test]
fn what_verifies_says_with_which_secret() {
    let scheme = scheme("judgeme");
    let headers = signed(scheme, SECRET, BODY.as_bytes());
    let diagnosis = look(scheme, &headers, BODY.as_bytes(), &["other", SECRET]);
    assert!(diagnosis.verifies);
    assert_eq!((diagnosis.reason, diagnosis.secret), (None, Some(2)));
    assert_eq!(diagnosis.body_bytes, BODY.len());
    let oks: Vec<_> = diagnosis.checks.iter().map(|check| check.ok).collect();
    assert_eq!(oks, [true, true, false, true]);
    let json = serde_json::to_value(&diagnosis).unwrap();
    assert_eq!(
        (&json["verifies"], &json["would_verify"]),
        (&true.into(), &serde_json::Value::Null)
    );
}

#[test]
fn a_body_changed_on_the_way_is_recognised() {
    for id in ["judgeme", "standard-webhooks", "podium", "shopify-product-review", "generic-hmac"] {
        let secret = if id == "standard-webhooks" { WHSEC } else { SECRET };
        for (sent, expected) in [
            (BODY.to_owned(), "without trailing newline"),
            (format!("{BODY}\r\n"), "with CRLF for LF"),
            (format!("\u{feff}{BODY}\n"), "with byte order mark"),
            ("{\"b\":1.50,\"a\":\"Dé/çue\"}".to_owned(), "the same JSON written without spaces"),
            (
                "{\"a\": \"D\\u00e9/\\u00e7ue\", \"b\": 1.50}".to_owned(),
                "the same JSON written with a space after , and :, keys sorted, non-ASCII as \\uXXXX",
            ),
            (
                "{\"b\":1.50,\"a\":\"D\\u00e9\\/\\u00e7ue\"}".to_owned(),
                "the same JSON written without spaces, non-ASCII as \\uXXXX, slashes as \\/",
            ),
            (
                "{\n  \"b\": 1.50,\n  \"a\": \"Dé/çue\"\n}".to_owned(),
                "the same JSON indented by two",
            ),
        ] {
            let headers = signed(scheme(id), secret, sent.as_bytes());
            let arrived = format!("{BODY}\n");
            let found = near(scheme(id), &headers, arrived.as_bytes(), &[secret]);
            assert_eq!((found.secret, found.body.as_str()), (1, expected), "{id}");
            assert_eq!((found.key, &found.header, &found.prefix), (None, &None, &None), "{id}");
        }
    }
}

#[test]
fn a_person_reads_what_to_do() {
    let headers = signed(scheme("judgeme"), SECRET, br#"{"a":1}"#);
    let text =
        look(scheme("judgeme"), &headers, br#"{"a": 1}"#, &["x", SECRET]).human("lumen", &[], None);
    let found = "      secret 2, over the same JSON written without spaces\n";
    assert!(text.contains(found), "{text}");
    assert!(text.contains("Do      let the proxy pass the body through untouched"), "{text}");
    let nothing =
        look(scheme("judgeme"), &HeaderMap::new(), b"{}", &[SECRET]).human("lumen", &[], None);
    assert!(nothing.contains("no    JUDGEME-HMAC-SHA256 or"), "{nothing}");
    assert!(nothing.contains("no signature came"), "{nothing}");
    let good =
        look(scheme("judgeme"), &headers, br#"{"a":1}"#, &[SECRET]).human("lumen", &[], None);
    assert!(good.contains(", verifies\n") && good.contains("with secret 1."), "{good}");
}

#[test]
fn the_same_json_shape_as_the_contract_says() {
    let headers = signed(scheme("judgeme"), SECRET, BODY.as_bytes());
    let arrived = format!("{BODY}\n");
    let diagnosis = look(scheme("judgeme"), &headers, arrived.as_bytes(), &[SECRET]);
    let json = serde_json::to_value(&diagnosis).unwrap();
    let expected =
        serde_json::json!({"secret": 1, "encoding": "hex", "body": "without trailing newline"});
    assert_eq!(json["would_verify"], expected);
    assert_eq!(json["reason"], "signature-mismatch");
    assert_eq!(json["verifies"], false);
}

#[test]
fn another_encoding_prefix_or_header_is_recognised() {
    // Signed as Shopify signs (base64), read as Judge.me and as generic (hex, prefixed).
    let shopify = signed(scheme("shopify-product-review"), SECRET, BODY.as_bytes());
    let value = shopify["x-shopify-hmac-sha256"].clone();
    let mut headers = HeaderMap::new();
    headers.insert("judgeme-hmac-sha256", value.clone());
    let found = near(scheme("judgeme"), &headers, BODY.as_bytes(), &["x", SECRET]);
    assert_eq!((found.secret, found.encoding, found.body.as_str()), (2, "base64", "as received"));
    headers.clear();
    headers.insert("x-signature-256", value);
    let found = near(scheme("generic-hmac"), &headers, BODY.as_bytes(), &[SECRET]);
    assert_eq!((found.encoding, found.prefix.as_deref()), ("base64", Some("")));
    let generic = signed(scheme("generic-hmac"), SECRET, BODY.as_bytes());
    headers.clear();
    headers.insert("judgeme-hmac-sha256", "00".parse().unwrap());
    headers.insert("x-elsewhere", generic["x-signature-256"].clone());
    let found = near(scheme("judgeme"), &headers, BODY.as_bytes(), &[SECRET]);
    assert_eq!(found.header.as_deref(), Some("x-elsewhere"));
    assert_eq!(found.prefix.as_deref(), Some("sha256"));
}

#[test]
fn a_secret_read_in_the_wrong_way_is_recognised() {
    // The sender used the whole text as its key, not what it decodes to.
    let verbatim = Preset::by_id("shopify-product-review").unwrap().scheme();
    let signed_as_text = |secret: &str, content: &[u8]| {
        sign(verbatim, &secret.into(), content, "", now()).unwrap().headers.remove(0).1
    };
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", "msg_1".parse().unwrap());
    headers.insert("webhook-timestamp", now().as_second().to_string().parse().unwrap());
    let content = format!("msg_1.{}.{BODY}", now().as_second());
    let signature = format!("v1,{}", signed_as_text(WHSEC, content.as_bytes()));
    headers.insert("webhook-signature", signature.parse().unwrap());
    let found = near(scheme("standard-webhooks"), &headers, BODY.as_bytes(), &[WHSEC]);
    assert_eq!(found.key, Some("the secret as it stands, not decoded"));
    // A newline crept into the secret's file.
    let headers = signed(scheme("judgeme"), SECRET, BODY.as_bytes());
    let found =
        near(scheme("judgeme"), &headers, BODY.as_bytes(), &["correct-horse-battery-staple\n"]);
    assert_eq!(found.key, Some("the secret without the white space around it"));
}

#[test]
fn a_body_signed_without_its_timestamp_is_recognised() {
    let plain = signed(scheme("judgeme"), SECRET, BODY.as_bytes());
    let mut headers = HeaderMap::new();
    headers.insert("podium-signature", plain["judgeme-hmac-sha256"].clone());
    headers.insert("podium-timestamp", now().as_millisecond().to_string().parse().unwrap());
    let found = near(scheme("podium"), &headers, BODY.as_bytes(), &[SECRET]);
    assert_eq!(found.signed.as_deref(), Some("the body alone"));
}

#[test]
fn a_right_signature_of_a_wrong_time_says_how_far_the_clocks_are_apart() {
    let scheme = scheme("podium");
    let then = now() - jiff::SignedDuration::from_secs(420);
    let headers = sign(scheme, &SECRET.into(), BODY.as_bytes(), "", then).unwrap().header_map();
    let diagnosis = look(scheme, &headers, BODY.as_bytes(), &[SECRET]);
    assert_eq!(diagnosis.reason, Some("timestamp-outside-tolerance"));
    assert_eq!((diagnosis.clock_skew_seconds, diagnosis.would_verify), (Some(420), None));
}

#[test]
fn a_wrong_secret_has_no_near_miss_and_a_faulty_one_is_named() {
    let headers = signed(scheme("standard-webhooks"), WHSEC, BODY.as_bytes());
    let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let diagnosis =
        look(scheme("standard-webhooks"), &headers, BODY.as_bytes(), &["whsec_AAAA", other]);
    assert_eq!(diagnosis.would_verify, None);
    assert!(diagnosis.near_misses_tried > 20, "{}", diagnosis.near_misses_tried);
    let texts: Vec<_> = diagnosis.checks.iter().map(|check| check.text.as_str()).collect();
    assert!(
        texts.contains(&"secret 1 of 2 decodes to 3 bytes; this scheme's keys have 24 to 64"),
        "{texts:?}"
    );
}

#[test]
fn a_missing_signature_found_elsewhere_is_said() {
    let mut headers = HeaderMap::new();
    let signature =
        signed(scheme("judgeme"), SECRET, BODY.as_bytes())["judgeme-hmac-sha256"].clone();
    headers.insert("x-renamed", signature);
    let diagnosis = look(scheme("judgeme"), &headers, BODY.as_bytes(), &[SECRET]);
    assert_eq!(diagnosis.reason, Some("signature-missing"));
    assert_eq!(diagnosis.would_verify.unwrap().header.as_deref(), Some("x-renamed"));
}

#[test]
fn a_secret_that_travels_is_found_in_another_place() {
    let headers = headers::parse(&format!("Authorization: Bearer {SECRET}")).unwrap();
    let request = Request { headers: &headers, path_token: None, query: None, body: b"{}" };
    for id in ["stamped", "trustpilot"] {
        let diagnosis = diagnose(scheme(id), &request, &["x".into(), SECRET.into()], now());
        let found = diagnosis.would_verify.unwrap();
        assert_eq!((found.secret, found.header.as_deref()), (2, Some("authorization")), "{id}");
    }
}

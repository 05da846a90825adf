//! Laws of signatures: what is signed verifies, and whatever differs by one bit does not.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use proptest::prelude::*;
use secrecy::SecretString;
use vigie_platforms::signature::{
    Encoding, Family, HashKind, HmacScheme, SecretForm, Stamp, StampPlace, StampUnit, Template,
    sign,
};
use vigie_platforms::{Refusal, Request, Scheme, Verifier, presets, verify};

const WHSEC: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn now() -> Timestamp {
    "2026-11-20T09:12:00Z".parse().unwrap()
}

fn hmac(hash: HashKind, encoding: Encoding, prefix: &str, stamp: Option<Stamp>) -> Scheme {
    let headers = vec!["X-Signature".to_owned()];
    let secret = SecretForm::Verbatim;
    let (or_hash, prefix) = (None, prefix.to_owned());
    Scheme::Hmac(HmacScheme { hash, or_hash, encoding, headers, prefix, secret, stamp })
}

fn stamp(unit: StampUnit, signed: &str, in_signature: bool) -> Stamp {
    let place = if in_signature {
        StampPlace::InSignature { stamp: "t".to_owned(), signature: "v1".to_owned() }
    } else {
        StampPlace::Header("X-Timestamp".to_owned())
    };
    Stamp { unit, place, signed: Template::parse(signed).unwrap() }
}

/// Every preset's scheme of one secret, and every other shape that a preset can state. Tokens and
/// public keys have laws of their own (keyed.rs).
fn schemes() -> Vec<Scheme> {
    use Encoding::{Base64, Hex};
    use HashKind::{Sha1, Sha256, Sha512};
    let of_one_secret = |scheme: &&Scheme| {
        !matches!(scheme, Scheme::Basic | Scheme::Jwt(_) | Scheme::Ecdsa(_) | Scheme::None)
    };
    let own = presets().iter().map(|preset| preset.scheme());
    let mut all: Vec<_> = own.filter(of_one_secret).cloned().collect();
    all.extend([
        hmac(Sha1, Base64, "", None),
        hmac(Sha512, Hex, "", None),
        hmac(Sha256, Base64, "sha256=", None),
        hmac(Sha256, Hex, "v0=", Some(stamp(StampUnit::S, "v0:{timestamp}:{body}", false))),
        hmac(Sha256, Base64, "", Some(stamp(StampUnit::Rfc3339, "{timestamp}{body}", false))),
        hmac(Sha512, Base64, "", Some(stamp(StampUnit::Ms, "{body}{timestamp}", false))),
        hmac(Sha256, Hex, "", Some(stamp(StampUnit::S, "{timestamp}.{body}", true))),
    ]);
    all
}

fn secret(scheme: &Scheme) -> SecretString {
    match scheme {
        Scheme::StandardWebhooks { .. } => WHSEC.into(),
        _ => "correct horse battery staple".into(),
    }
}

fn check(
    scheme: &Scheme,
    headers: &HeaderMap,
    token: Option<&str>,
    body: &[u8],
) -> Result<usize, Refusal> {
    let request = Request { headers, path_token: token, query: None, body };
    verify(scheme, &request, &[secret(scheme)], now()).map(|verified| verified.secret.unwrap())
}

#[test]
fn what_is_signed_verifies_under_every_scheme() {
    for scheme in schemes() {
        let signed = sign(&scheme, &secret(&scheme), b"{\"a\":1}", "msg_1", now()).unwrap();
        let token = signed.path_token.as_deref();
        assert_eq!(check(&scheme, &signed.header_map(), token, b"{\"a\":1}"), Ok(0), "{scheme:?}");
    }
}

#[test]
fn every_single_bit_of_a_signed_body_counts() {
    let body = br#"{"type":"review.posted","review":{"id":"r-1","rating":2}}"#;
    for scheme in schemes().iter().filter(|scheme| scheme.signed()) {
        let signed = sign(scheme, &secret(scheme), body, "msg_1", now()).unwrap();
        let verifier = Verifier::new(scheme, &[secret(scheme)]).unwrap();
        let headers = signed.header_map();
        for bit in 0..body.len() * 8 {
            let mut altered = body.to_vec();
            altered[bit / 8] ^= 1 << (bit % 8);
            let request =
                Request { headers: &headers, path_token: None, query: None, body: &altered };
            let outcome = verifier.verify(&request, now());
            assert_eq!(outcome, Err(Refusal::SignatureMismatch), "bit {bit}, {scheme:?}");
        }
    }
}

/// Changes every bit of every header that can still be a header, and asks that nothing verifies.
/// A hex digit's case carries nothing, so it may change.
#[test]
fn every_single_bit_of_every_proof_counts() {
    let mut tried = 0;
    for scheme in schemes() {
        let signed = sign(&scheme, &secret(&scheme), b"{}", "msg_1", now()).unwrap();
        let verifier = Verifier::new(&scheme, &[secret(&scheme)]).unwrap();
        for (name, value) in &signed.headers {
            for bit in 0..value.len() * 8 {
                let mut altered = value.clone().into_bytes();
                altered[bit / 8] ^= 1 << (bit % 8);
                let Ok(altered) = HeaderValue::from_bytes(&altered) else { continue };
                if altered.as_bytes().eq_ignore_ascii_case(value.as_bytes()) && is_hex(&scheme) {
                    continue;
                }
                let mut headers = signed.header_map();
                headers.insert(name.parse::<HeaderName>().unwrap(), altered);
                let request =
                    Request { headers: &headers, path_token: None, query: None, body: b"{}" };
                assert!(verifier.verify(&request, now()).is_err(), "{name} bit {bit}, {scheme:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 5_000, "{tried}");
}

fn is_hex(scheme: &Scheme) -> bool {
    matches!(scheme, Scheme::Hmac(HmacScheme { encoding: Encoding::Hex, .. }))
}

#[test]
fn every_single_bit_of_an_address_token_counts() {
    let token = "correct horse battery staple";
    for bit in 0..token.len() * 8 {
        let mut altered = token.as_bytes().to_vec();
        altered[bit / 8] ^= 1 << (bit % 8);
        let Ok(altered) = String::from_utf8(altered) else { continue };
        let outcome = check(&Scheme::PathToken, &HeaderMap::new(), Some(&altered), b"{}");
        assert_eq!(outcome, Err(Refusal::SignatureMismatch), "bit {bit}");
    }
}

#[test]
fn a_proof_that_is_absent_or_empty_is_missing() {
    for scheme in schemes() {
        assert_eq!(check(&scheme, &HeaderMap::new(), None, b"{}"), Err(Refusal::SignatureMissing));
        assert_eq!(
            check(&scheme, &HeaderMap::new(), Some(""), b"{}"),
            Err(Refusal::SignatureMissing)
        );
        let signed = sign(&scheme, &secret(&scheme), b"{}", "msg_1", now()).unwrap();
        for (name, _) in &signed.headers {
            for value in [None, Some(" ")] {
                let mut headers = signed.header_map();
                headers.remove(name.as_str());
                if let Some(value) = value {
                    headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
                }
                let outcome = check(&scheme, &headers, None, b"{}");
                assert_eq!(outcome, Err(Refusal::SignatureMissing), "{name} of {scheme:?}");
            }
        }
    }
}

#[test]
fn a_proof_that_cannot_be_read_is_a_mismatch() {
    for scheme in schemes() {
        let signed = sign(&scheme, &secret(&scheme), b"{}", "msg_1", now()).unwrap();
        let Some(name) = scheme.proof_headers().first().map(|name| (*name).to_owned()) else {
            continue;
        };
        for nonsense in [&b"x"[..], b"sha256=", b"v1,", b"t=1", b"\xff\xfe", b"v1,====", b"0"] {
            let mut headers = signed.header_map();
            let value = HeaderValue::from_bytes(nonsense).unwrap();
            headers.insert(name.parse::<HeaderName>().unwrap(), value);
            let outcome = check(&scheme, &headers, None, b"{}");
            assert_eq!(outcome, Err(Refusal::SignatureMismatch), "{nonsense:?}, {scheme:?}");
        }
    }
}

#[test]
fn a_repeated_header_counts_once_if_equal_and_never_if_not() {
    for scheme in schemes() {
        let signed = sign(&scheme, &secret(&scheme), b"{}", "msg_1", now()).unwrap();
        for (name, value) in &signed.headers {
            let name: HeaderName = name.parse().unwrap();
            let mut headers = signed.header_map();
            headers.append(name.clone(), value.parse().unwrap());
            assert_eq!(check(&scheme, &headers, None, b"{}"), Ok(0), "{scheme:?}");
            headers.append(name, HeaderValue::from_static("another"));
            let outcome = check(&scheme, &headers, None, b"{}");
            assert_eq!(outcome, Err(Refusal::SignatureMismatch), "{scheme:?}");
        }
    }
}

#[test]
fn every_accepted_header_name_is_read_in_any_case() {
    for scheme in schemes() {
        let signed = sign(&scheme, &secret(&scheme), b"{}", "msg_1", now()).unwrap();
        let first = scheme.proof_headers().first().map(|name| (*name).to_owned());
        for other in scheme.proof_headers() {
            if matches!(scheme, Scheme::StandardWebhooks { .. }) {
                continue;
            }
            let mut headers = signed.header_map();
            let value = headers.remove(first.as_deref().unwrap()).unwrap();
            headers.insert(other.to_uppercase().parse::<HeaderName>().unwrap(), value);
            assert_eq!(check(&scheme, &headers, None, b"{}"), Ok(0), "{other}");
        }
    }
}

#[test]
fn both_families_of_standard_webhooks_are_accepted_and_not_mixed() {
    let of = |families: Vec<Family>| Scheme::StandardWebhooks { families };
    let svix = of(vec![Family::Svix]);
    let both = of(vec![Family::Webhook, Family::Svix]);
    let signed = sign(&svix, &WHSEC.into(), b"{}", "msg_1", now()).unwrap();
    assert_eq!(check(&both, &signed.header_map(), None, b"{}"), Ok(0));
    let mut mixed = signed.header_map();
    let id = mixed.remove("svix-id").unwrap();
    mixed.insert("webhook-id", id);
    assert_eq!(check(&both, &mixed, None, b"{}"), Err(Refusal::SignatureMissing));
}

#[test]
fn one_good_signature_in_a_list_is_enough_and_other_versions_are_passed_over() {
    let scheme = Scheme::StandardWebhooks { families: vec![Family::Webhook] };
    let signed = sign(&scheme, &WHSEC.into(), b"{}", "msg_1", now()).unwrap();
    let good = signed.headers[2].1.clone();
    let with = |list: String| {
        let mut headers = signed.header_map();
        headers.insert("webhook-signature", list.parse().unwrap());
        check(&scheme, &headers, None, b"{}")
    };
    assert_eq!(with(format!("v1a,AAAA v1,AAAA {good}")), Ok(0));
    assert_eq!(with(good.replace("v1,", "v1a,")), Err(Refusal::SignatureMismatch));
    assert_eq!(with(good.replace("v1,", "v2,")), Err(Refusal::SignatureMismatch));
}

#[test]
fn a_stripe_style_header_needs_one_timestamp_and_takes_several_signatures() {
    let scheme = hmac(
        HashKind::Sha256,
        Encoding::Hex,
        "",
        Some(stamp(StampUnit::S, "{timestamp}.{body}", true)),
    );
    let signed = sign(&scheme, &secret(&scheme), b"{}", "", now()).unwrap();
    let good = signed.headers[0].1.clone();
    let with = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("x-signature", value.parse().unwrap());
        check(&scheme, &headers, None, b"{}")
    };
    assert_eq!(with(&good.replace(",v1=", ",v0=ab,v1=00, v1=")), Ok(0));
    let twice = format!("t=1,{good}");
    assert_eq!(with(&twice), Err(Refusal::SignatureMismatch));
    let none = good.split_once(',').unwrap().1;
    assert_eq!(with(none), Err(Refusal::SignatureMismatch));
}

#[test]
fn the_signature_is_judged_before_the_timestamp() {
    for scheme in schemes().iter().filter(|scheme| scheme.name().contains("timestamp")) {
        let old = now() - jiff::SignedDuration::from_secs(301);
        let signed = sign(scheme, &secret(scheme), b"{}", "", old).unwrap();
        let outcome = check(scheme, &signed.header_map(), None, b"{}");
        assert_eq!(outcome, Err(Refusal::TimestampOutsideTolerance));
        let outcome = check(scheme, &signed.header_map(), None, b"{ }");
        assert_eq!(outcome, Err(Refusal::SignatureMismatch));
        for seconds in [300, -300] {
            let at = now() - jiff::SignedDuration::from_secs(seconds);
            let signed = sign(scheme, &secret(scheme), b"{}", "", at).unwrap();
            assert_eq!(check(scheme, &signed.header_map(), None, b"{}"), Ok(0), "{seconds}");
        }
    }
}

#[test]
fn an_empty_secret_verifies_nothing_not_even_itself() {
    for scheme in schemes() {
        assert!(sign(&scheme, &"".into(), b"{}", "msg_1", now()).is_err());
        assert!(Verifier::new(&scheme, &["".into()]).is_err());
        let signed = sign(&scheme, &secret(&scheme), b"{}", "msg_1", now()).unwrap();
        let headers = signed.header_map();
        let token = signed.path_token.as_deref();
        let request = Request { headers: &headers, path_token: token, query: None, body: b"{}" };
        let outcome = verify(&scheme, &request, &["".into()], now());
        assert_eq!(outcome, Err(Refusal::SignatureMismatch), "{scheme:?}");
        assert!(verify(&scheme, &request, &[], now()).is_err());
        let outcome = verify(&scheme, &request, &["".into(), secret(&scheme)], now());
        assert_eq!(outcome.map(|v| v.secret), Ok(Some(1)), "the empty one keeps its place");
    }
}

#[test]
fn the_first_secret_that_cannot_work_is_named_by_its_place() {
    let scheme = Scheme::StandardWebhooks { families: vec![Family::Webhook] };
    let fault = Verifier::new(&scheme, &[WHSEC.into(), "whsec_AAAA".into()]).unwrap_err();
    assert_eq!(fault.index, 1);
    let spaced = Verifier::new(&Scheme::PathToken, &["token\n".into()]).unwrap_err();
    assert!(spaced.to_string().starts_with("secret 1 begins or ends with white space"), "{spaced}");
}

#[test]
fn nothing_shows_a_secret() {
    for scheme in schemes() {
        let verifier = Verifier::new(&scheme, &[secret(&scheme)]).unwrap();
        let signed = sign(&scheme, &secret(&scheme), b"{}", "msg_1", now()).unwrap();
        let shown = format!("{verifier:?} {signed:?} {:?}", secret(&scheme));
        assert!(!shown.contains("horse") && !shown.contains("MfKQ"), "{shown}");
        for (_, value) in signed.headers.iter().filter(|(name, _)| name.contains("ignature")) {
            assert!(!shown.contains(value.as_str()), "{shown}");
        }
    }
}

proptest! {
    #[test]
    fn any_body_verifies_with_the_secret_that_signed_it_and_its_place_is_told(
        body in proptest::collection::vec(any::<u8>(), 0..300),
        keys in proptest::collection::btree_set("[a-zA-Z0-9]{32}", 1..5),
        at in any::<proptest::sample::Index>(),
        which in any::<proptest::sample::Index>(),
    ) {
        let all = schemes();
        let scheme = &all[which.index(all.len())];
        let secrets: Vec<SecretString> = keys.into_iter().map(SecretString::from).collect();
        let place = at.index(secrets.len());
        let signed = sign(scheme, &secrets[place], &body, "msg_1", now()).unwrap();
        let headers = signed.header_map();
        let token = signed.path_token.as_deref();
        let request = Request { headers: &headers, path_token: token, query: None, body: &body };
        let verifier = Verifier::new(scheme, &secrets).unwrap();
        prop_assert_eq!(verifier.verify(&request, now()).map(|v| v.secret), Ok(Some(place)));
        let others = secrets.iter().enumerate().filter(|(i, _)| *i != place);
        let others: Vec<_> = others.map(|(_, s)| s.clone()).collect();
        prop_assert!(verify(scheme, &request, &others, now()).is_err());
    }

    #[test]
    fn no_headers_and_no_body_make_it_panic(
        values in proptest::collection::vec("[ -~]{0,80}", 3),
        body in proptest::collection::vec(any::<u8>(), 0..64),
    ) {
        for scheme in schemes() {
            let mut headers = HeaderMap::new();
            let names = ["x-signature", "x-timestamp", "webhook-signature", "webhook-id",
                "webhook-timestamp", "judgeme-hmac-sha256", "podium-signature", "podium-timestamp"];
            for (name, value) in names.iter().zip(values.iter().cycle()) {
                headers.insert(*name, value.parse().unwrap());
            }
            prop_assert!(check(&scheme, &headers, Some("x"), &body).is_err());
        }
    }
}

//! The doctor of tokens and public keys: each near miss that it knows is
//! found, named, and told without showing what must not be shown.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail loudly")]

mod look;

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use vigie_platforms::signature::{
    Expect, JwtAlgorithm, JwtPlace, JwtScheme, KeyPair, KeySet, sign, token_of,
};
use vigie_platforms::{Diagnosis, Scheme};

use look::{BODY, Look, OTHER, SECRET, now, scheme};

const AUDIENCE: &str = "https://vigie.example/hooks/lumen-gbp";
const SENDER: &str = "push@lumen.iam.example";
const ISSUER: &str = "https://accounts.google.com";

/// One of a few pairs of keys for a scheme, made once.
fn pair(scheme: &Scheme, which: u8) -> KeyPair {
    static PAIRS: LazyLock<Mutex<BTreeMap<(bool, u8), KeyPair>>> = LazyLock::new(Default::default);
    let key = (matches!(scheme, Scheme::Ecdsa(_)), which);
    let made = || KeyPair::generate(scheme).unwrap();
    PAIRS.lock().unwrap().entry(key).or_insert_with(made).clone()
}

/// The checks that are not as they should be.
fn wrong(diagnosis: &Diagnosis) -> Vec<&str> {
    let bad = diagnosis.checks.iter().filter(|check| !check.ok);
    bad.map(|check| check.text.as_str()).collect()
}

fn token(scheme: &Scheme, key: &SecretString, header: &Value, claims: &Value) -> String {
    let Scheme::Jwt(jwt) = scheme else { return String::new() };
    let mut header = header.clone();
    header["alg"] = json!(jwt.algorithm.name());
    token_of(jwt, key, &header, claims).unwrap()
}

fn expect() -> Expect {
    Expect { audience: vec![AUDIENCE.to_owned()], sender: Some(SENDER.to_owned()) }
}

fn claims() -> Value {
    let at = now().as_second();
    json!({"iss": ISSUER, "aud": AUDIENCE, "email": SENDER, "email_verified": true,
           "iat": at, "exp": at + 3600, "sub": "1"})
}

/// A bearer's request whose claims are changed, looked at with the right key.
fn bearer(change: impl Fn(&mut Value)) -> Look {
    let google = scheme("google-business");
    let mut all = claims();
    change(&mut all);
    let pair = pair(google, 0);
    let token = token(google, &pair.signing, &json!({}), &all);
    let look = Look { secrets: vec![pair.verifying], expect: expect(), ..Look::default() };
    look.body(BODY).header("Authorization", format!("Bearer {token}"))
}

#[test]
fn a_right_token_is_no_near_miss() {
    let diagnosis = bearer(|_| {}).judge(scheme("google-business"));
    assert!(diagnosis.verifies && diagnosis.would_verify.is_none());
    assert_eq!((diagnosis.secret, wrong(&diagnosis)), (Some(1), Vec::<&str>::new()));
    let texts: Vec<_> = diagnosis.checks.iter().map(|check| check.text.as_str()).collect();
    assert!(texts.contains(&"a token is in Authorization, behind Bearer"), "{texts:?}");
    assert!(texts.contains(&"it is signed with RS256"), "{texts:?}");
}

#[test]
fn each_claim_that_is_wrong_is_named_with_what_was_wanted() {
    let google = scheme("google-business");
    let at = now().as_second();
    let c = |name: &'static str, value: Value| move |all: &mut Value| all[name] = value.clone();
    for (change, signed, told) in [
        (
            c("iss", json!("https://evil.example")),
            "a token of another issuer",
            r#"its issuer is "https://evil.example", not the platform"#.to_owned(),
        ),
        (
            c("aud", json!("https://vigie.example/hooks/other")),
            "a token for another audience",
            format!(r#"its audience is "https://vigie.example/hooks/other", not {AUDIENCE}"#),
        ),
        (
            c("aud", json!(null)),
            "a token for another audience",
            format!("its audience is nothing, not {AUDIENCE}"),
        ),
        (
            c("email", json!("push@other.example")),
            "a token of another sender",
            format!(r#"its sender is "push@other.example", or not verified; not {SENDER}"#),
        ),
        (
            c("email_verified", json!(false)),
            "a token of another sender",
            format!(r#"its sender is "{SENDER}", or not verified; not {SENDER}"#),
        ),
        (
            c("exp", json!("never")),
            "a token without an end",
            "it never expires, and nobody may make such a token".to_owned(),
        ),
        (c("exp", json!(at)), "a token that has expired", "it expired 0 s ago".to_owned()),
        (c("exp", json!(at - 90)), "a token that has expired", "it expired 90 s ago".to_owned()),
        (
            c("nbf", json!(at + 301)),
            "a token of a later time",
            "its time is ahead of our clock by more than 300 s".to_owned(),
        ),
    ] {
        let look = bearer(change);
        let diagnosis = look.judge(google);
        assert!(wrong(&diagnosis).contains(&told.as_str()), "{told}: {:?}", diagnosis.checks);
        let near = look.near(google);
        assert_eq!((near.secret, near.encoding, near.key), (1, "jwt", None), "{told}");
        assert_eq!((near.signed.as_deref(), &near.header), (Some(signed), &None), "{told}");
        assert!(diagnosis.human("lumen", &[], None).contains("signs something else"), "{told}");
    }
    let unstated = Look { expect: Expect::default(), ..bearer(|_| {}) };
    let diagnosis = unstated.judge(google);
    let told = format!(r#"its audience is "{AUDIENCE}", not nothing that the source states"#);
    assert_eq!(wrong(&diagnosis), [told.as_str(), "secret 1 of 1"]);
    // A claim may be as long as an attacker likes.
    let long = bearer(c("aud", json!("x".repeat(5_000)))).judge(google);
    assert!(wrong(&long)[0].chars().count() < 200, "{:?}", wrong(&long));
}

#[test]
fn claims_that_are_no_object_are_told() {
    let fera = scheme("fera");
    let text = token(fera, &SECRET.into(), &json!({}), &json!("a text"));
    let look = Look { query: Some(format!("jwt={text}")), ..Look::default() };
    let look = look.body(BODY).secrets(&[SECRET]);
    assert!(wrong(&look.judge(fera)).contains(&"its claims cannot be read"));
    assert_eq!(look.near(fera).signed.as_deref(), Some("a token that says nothing readable"));
}

#[test]
fn a_token_signed_with_another_key_or_algorithm_has_no_near_miss() {
    let google = scheme("google-business");
    let others = Look { secrets: vec![pair(google, 1).verifying], ..bearer(|_| {}) };
    let diagnosis = others.judge(google);
    assert_eq!((diagnosis.reason, &diagnosis.would_verify), (Some("signature-mismatch"), &None));
    assert_eq!(wrong(&diagnosis), ["secret 1 of 1"]);
    let both = vec![pair(google, 1).verifying, pair(google, 0).verifying];
    let expired = bearer(|claims| claims["exp"] = json!(1));
    let near = Look { secrets: both, ..expired }.near(google);
    assert_eq!(near.secret, 2, "the second of the secrets");
    // The public key of RSA taken for the secret of an HMAC, and no signature at all.
    let public = pair(google, 0).verifying;
    let hs = Scheme::Jwt(JwtScheme {
        place: JwtPlace::Bearer,
        algorithm: JwtAlgorithm::Hs256,
        issuers: Vec::new(),
        audience: false,
        sender: false,
        keys: None,
    });
    let confused = token(&hs, &public, &json!({}), &claims());
    let with = |token: &str| {
        Look { secrets: vec![public.clone()], expect: expect(), ..Look::default() }
            .body(BODY)
            .header("Authorization", format!("Bearer {token}"))
    };
    let diagnosis = with(&confused).judge(google);
    assert_eq!(diagnosis.would_verify, None);
    assert!(wrong(&diagnosis).contains(&"it is signed with HS256, not with RS256"));
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let none = format!("{}.{}.", part(r#"{"alg":"none"}"#), part(&claims().to_string()));
    let diagnosis = with(&none).judge(google);
    assert_eq!(diagnosis.would_verify, None);
    let unread = "it cannot be read: its header names no algorithm that we know";
    assert!(wrong(&diagnosis).contains(&unread), "{:?}", diagnosis.checks);
}

#[test]
fn a_token_in_another_place_is_found() {
    let (google, fera, wix) = (scheme("google-business"), scheme("fera"), scheme("wix-reviews"));
    let expected = "no token is in Authorization, behind Bearer";
    assert_eq!(wrong(&Look::default().body(BODY).judge(google))[0], expected);
    for (scheme, place) in
        [(fera, "no token is in the address, as ?jwt="), (wix, "no token is the body")]
    {
        assert_eq!(wrong(&Look::default().body("{}").judge(scheme))[0], place);
    }
    let at = now().as_second();
    let text = token(fera, &SECRET.into(), &json!({}), &json!({"exp": at + 60}));
    let look = || Look::default().body(BODY).secrets(&[SECRET]);
    let in_header = look().header("X-Jwt", format!("Token {text}"));
    let in_query = Look { query: Some(format!("a=1&token={text}")), ..look() };
    let in_body = look().body(format!("\"{text}\"\n"));
    for (look, place) in
        [(in_header, "in the header x-jwt"), (in_query, "in ?token="), (in_body, "the body")]
    {
        let near = look.near(fera);
        assert_eq!((near.secret, near.header.as_deref()), (1, Some(place)));
        let told = format!("a token is {place}, not in the address, as ?jwt=");
        assert_eq!(wrong(&look.judge(fera))[0], told);
    }
    let wrapped = pair(wix, 0);
    let text = token(wix, &wrapped.signing, &json!({}), &json!({"exp": at + 60}));
    let look = Look { secrets: vec![wrapped.verifying], ..Look::default() };
    let near = look.body(format!("\"{text}\"")).near(wix);
    assert_eq!(near.header.as_deref(), Some("the body"), "a body in quotes");
}

#[test]
fn a_secret_of_hs256_in_another_form_is_found() {
    let fera = scheme("fera");
    let text = token(fera, &SECRET.into(), &json!({}), &json!({"exp": now().as_second() + 60}));
    let look = || Look { query: Some(format!("jwt={text}")), ..Look::default() }.body(BODY);
    assert!(look().secrets(&[OTHER, SECRET]).judge(fera).verifies);
    let spaced = format!("{SECRET}\n");
    let encoded = STANDARD.encode(SECRET);
    for (configured, key) in [
        (spaced.as_str(), "the secret without the white space around it"),
        (encoded.as_str(), "the secret decoded from base64"),
    ] {
        let near = look().secrets(&[OTHER, configured]).near(fera);
        assert_eq!((near.secret, near.key, near.signed), (2, Some(key), None));
    }
    let none = look().secrets(&[OTHER]).judge(fera);
    assert_eq!((none.would_verify, none.near_misses_tried), (None, 2));
}

/// The pair's public key as a platform publishes it.
fn jwks(pair: &KeyPair, id: &str) -> KeySet {
    let pem = pair.verifying.expose_secret();
    let digits: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(digits).unwrap();
    // SubjectPublicKeyInfo of RSA-2048: the modulus begins at 33, the exponent ends it.
    let url = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (n, e) = (url(&der[33..289]), url(&der[291..294]));
    let set = json!({"keys": [{"kty": "RSA", "kid": id, "use": "sig", "n": n, "e": e}]});
    KeySet::parse(set.to_string().as_bytes()).unwrap()
}

#[test]
fn a_published_key_is_named_and_its_absence_is_too() {
    let google = scheme("google-business");
    let ours = pair(google, 0);
    let mut late = claims();
    late["exp"] = json!(now().as_second() - 1);
    let text = token(google, &ours.signing, &json!({"kid": "key-1"}), &late);
    let look = |id| {
        Look { published: Some(jwks(&ours, id)), expect: expect(), ..Look::default() }
            .body(BODY)
            .header("Authorization", format!("Bearer {text}"))
    };
    let near = look("key-1").near(google);
    assert_eq!((near.secret, near.signed.as_deref()), (0, Some("a token that has expired")));
    let diagnosis = look("key-1").judge(google);
    assert!(diagnosis.human("lumen", &[], None).contains("a published key"));
    assert!(!wrong(&diagnosis).iter().any(|text| text.contains("that the platform publishes")));
    let other = look("key-2").judge(google);
    assert_eq!(other.would_verify, None);
    let told = "its key is not among those that the platform publishes";
    assert!(wrong(&other).contains(&told), "{:?}", other.checks);
}

#[test]
fn a_token_of_ebay_over_another_body_hash_or_key_is_told() {
    let ebay = scheme("ebay-feedback");
    let Scheme::Ecdsa(says) = ebay else { unreachable!() };
    let ours = pair(ebay, 0);
    let with = |signed_as: &Scheme, key: &KeyPair, signed: &str, arrived: &str| {
        let signed = sign(signed_as, &key.signing, signed.as_bytes(), "", now()).unwrap();
        let (name, value) = &signed.headers[0];
        let secrets = vec![pair(ebay, 1).verifying, ours.verifying.clone()];
        Look { secrets, ..Look::default() }.body(arrived).header(name, value)
    };
    assert!(with(ebay, &ours, BODY, BODY).judge(ebay).verifies);
    let near = with(ebay, &ours, BODY, &format!("{BODY}\n")).near(ebay);
    assert_eq!((near.secret, near.encoding, near.hash), (2, "ecdsa", None));
    assert_eq!(near.body, "without trailing newline");
    let spaced = BODY.replace("\":", "\": ").replace(",\"", ", \"");
    let near = with(ebay, &ours, BODY, &spaced).near(ebay);
    assert_eq!(near.body, "the same JSON written without spaces");
    // Signed with a better hash than the platform's documents say.
    let mut better = says.clone();
    better.hash = vigie_platforms::signature::HashKind::Sha256;
    let look = with(&Scheme::Ecdsa(better), &ours, BODY, BODY);
    let near = look.near(ebay);
    assert_eq!((near.secret, near.hash, near.body.as_str()), (2, Some("sha256"), "as received"));
    let told = "the header says that the body was hashed with SHA256";
    assert!(wrong(&look.judge(ebay)).contains(&told));
    // The sandbox's key, say.
    let other = with(ebay, &pair(ebay, 2), BODY, BODY).judge(ebay);
    assert_eq!((other.reason, &other.would_verify), (Some("signature-mismatch"), &None));
    assert!(other.near_misses_tried >= 6, "{}", other.near_misses_tried);
    let nameless = format!(r#"{{"signature":"{}"}}"#, STANDARD.encode("x"));
    let look = Look::default().body(BODY).header(&says.header, STANDARD.encode(nameless));
    assert!(wrong(&look.judge(ebay)).contains(&"it names no key"));
    let unread = Look::default().body(BODY).header(&says.header, "no json").judge(ebay);
    assert_eq!((unread.would_verify, unread.near_misses_tried), (None, 0));
}

#[test]
fn a_body_that_an_ed25519_key_signed_is_found() {
    let scheme = scheme("standard-webhooks");
    let whsec = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let [ours, other] = [0, 1].map(|_| KeyPair::generate_v1a().unwrap());
    let look = |key: &KeyPair, arrived: &str| {
        let signed = sign(scheme, &key.signing, BODY.as_bytes(), "msg_1", now()).unwrap();
        let secrets = vec![whsec.into(), ours.verifying.clone()];
        let look = Look { secrets, headers: signed.headers, ..Look::default() };
        look.body(arrived)
    };
    assert!(look(&ours, BODY).judge(scheme).verifies);
    let near = look(&ours, &format!("{BODY}\r\n")).near(scheme);
    assert_eq!((near.secret, near.encoding), (2, "ed25519"));
    assert_eq!(near.body, "without trailing newline");
    assert_eq!(look(&other, BODY).judge(scheme).would_verify, None, "another key");
}

#[test]
fn an_old_token_is_as_old_as_it_says() {
    let fera = scheme("fera");
    let then = now() - SignedDuration::from_hours(2);
    let signed = sign(fera, &SECRET.into(), b"{}", "", then).unwrap();
    let look = Look { query: signed.query, ..Look::default() }.body(BODY).secrets(&[SECRET]);
    let diagnosis = look.judge(fera);
    assert_eq!(diagnosis.reason, Some("timestamp-outside-tolerance"));
    assert_eq!(wrong(&diagnosis), ["it expired 3600 s ago"]);
    assert_eq!(look.near(fera).signed.as_deref(), Some("a token that has expired"));
}

//! Laws of tokens, public keys and HTTP Basic: what is signed verifies, and nothing near it does.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail loudly")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use vigie_platforms::signature::{
    Expect, JwtAlgorithm, JwtPlace, JwtScheme, KeyPair, KeySet, Message, Signed, sign, sign_message,
};
use vigie_platforms::{Preset, Refusal, Request, Scheme, Verified, Verifier, presets};

const HS_SECRET: &str = "correct horse battery staple";
const AUDIENCE: &str = "https://vigie.example/hooks/lumen-gbp";
const SENDER: &str = "push@lumen.iam.example";

fn now() -> Timestamp {
    "2026-11-20T09:12:00Z".parse().unwrap()
}

/// Every preset's scheme that has laws here.
fn schemes() -> Vec<Scheme> {
    let keyed = |scheme: &&Scheme| matches!(scheme, Scheme::Jwt(_) | Scheme::Ecdsa(_));
    let mut all: Vec<Scheme> =
        presets().iter().map(|preset| preset.scheme()).filter(keyed).cloned().collect();
    all.push(jwt(JwtPlace::Body, JwtAlgorithm::Hs256));
    all.push(jwt(JwtPlace::Bearer, JwtAlgorithm::Hs256));
    all
}

fn jwt(place: JwtPlace, algorithm: JwtAlgorithm) -> Scheme {
    let (issuers, keys) = (Vec::new(), None);
    Scheme::Jwt(JwtScheme { place, algorithm, issuers, audience: false, sender: false, keys })
}

/// A pair for each scheme, made once: RSA keys take a while.
fn pair(scheme: &Scheme) -> KeyPair {
    static PAIRS: LazyLock<std::sync::Mutex<BTreeMap<String, KeyPair>>> =
        LazyLock::new(Default::default);
    let mut pairs = PAIRS.lock().unwrap();
    let made = || {
        KeyPair::generate(scheme).unwrap_or_else(|| {
            let secret: SecretString = HS_SECRET.into();
            KeyPair { signing: secret.clone(), verifying: secret }
        })
    };
    pairs.entry(scheme.name()).or_insert_with(made).clone()
}

fn expect() -> Expect {
    Expect { audience: vec![AUDIENCE.to_owned()], sender: Some(SENDER.to_owned()) }
}

fn signed_at(scheme: &Scheme, body: &[u8], at: Timestamp) -> Signed {
    let expect = expect();
    let message = Message { body, id: "", claims: &[], query: None, expect: &expect, at };
    sign_message(scheme, &pair(scheme).signing, &message).unwrap()
}

/// A request as it arrives.
#[derive(Clone)]
struct Sent {
    headers: HeaderMap,
    query: Option<String>,
    body: Vec<u8>,
}

fn sent(signed: &Signed, body: &[u8]) -> Sent {
    let (query, body) = (signed.query.clone(), signed.body_or(body).to_vec());
    Sent { headers: signed.header_map(), query, body }
}

fn verify(scheme: &Scheme, sent: &Sent, at: Timestamp) -> Result<Verified, Refusal> {
    let verifier = Verifier::new(scheme, &[pair(scheme).verifying]).unwrap().expecting(expect());
    let request = Request {
        headers: &sent.headers,
        path_token: None,
        query: sent.query.as_deref(),
        body: &sent.body,
    };
    verifier.verify(&request, at)
}

#[test]
fn what_is_signed_verifies_and_its_claims_come_with_it() {
    for scheme in schemes() {
        let body = br#"{"data":"x"}"#;
        let sent = sent(&signed_at(&scheme, body, now()), body);
        let verified = verify(&scheme, &sent, now()).unwrap();
        assert_eq!(verified.secret, Some(0), "{scheme:?}");
        let claims = verified.claims.map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap());
        match &scheme {
            Scheme::Jwt(JwtScheme { place: JwtPlace::Body, .. }) => {
                assert_eq!(claims.unwrap()["data"], "x");
            }
            Scheme::Jwt(_) => assert!(claims.unwrap()["exp"].is_number()),
            _ => assert_eq!(claims, None),
        }
    }
}

/// Flips every bit of every proof. A base64 letter's spare bits cannot change what it decodes to,
/// and such a spelling is refused too.
#[test]
fn every_single_bit_of_every_proof_counts() {
    let mut tried = 0;
    for scheme in schemes() {
        let body = b"{}";
        let good = sent(&signed_at(&scheme, body, now()), body);
        for (name, value) in good.headers.clone() {
            let name = name.unwrap();
            for bit in 0..value.len() * 8 {
                let mut altered = value.as_bytes().to_vec();
                altered[bit / 8] ^= 1 << (bit % 8);
                let Ok(altered) = HeaderValue::from_bytes(&altered) else { continue };
                // The word before a token is read in either case.
                if altered.as_bytes().eq_ignore_ascii_case(value.as_bytes()) && bit / 8 < 7 {
                    continue;
                }
                let mut bad = good.clone();
                bad.headers.insert(name.clone(), altered);
                // A signature may be intact and what it says of itself not be read.
                if let Scheme::Ecdsa(_) = scheme
                    && same_signature(&good, &bad)
                {
                    continue;
                }
                assert!(verify(&scheme, &bad, now()).is_err(), "{name} bit {bit}, {scheme:?}");
                tried += 1;
            }
        }
        let places: [(&str, Vec<u8>); 2] = [
            ("query", good.query.clone().unwrap_or_default().into_bytes()),
            ("body", if scheme.signed() { good.body.clone() } else { Vec::new() }),
        ];
        for (place, bytes) in places {
            for bit in 0..bytes.len() * 8 {
                let mut altered = bytes.clone();
                altered[bit / 8] ^= 1 << (bit % 8);
                let mut bad = good.clone();
                match (place, String::from_utf8(altered.clone())) {
                    ("query", Ok(text)) => bad.query = Some(text),
                    ("query", Err(_)) => continue,
                    _ => bad.body = altered,
                }
                assert!(verify(&scheme, &bad, now()).is_err(), "{place} bit {bit}, {scheme:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 10_000, "{tried}");
}

/// Whether a header of eBay's still holds the same signature: its other members are not proof.
fn same_signature(a: &Sent, b: &Sent) -> bool {
    use base64::Engine as _;
    #[derive(serde::Deserialize)]
    struct Proof {
        signature: String,
    }
    let signature = |sent: &Sent| -> Option<String> {
        let value = sent.headers.get("x-ebay-signature")?.as_bytes();
        let json = base64::engine::general_purpose::STANDARD.decode(value).ok()?;
        Some(serde_json::from_slice::<Proof>(&json).ok()?.signature)
    };
    signature(a).is_some() && signature(a) == signature(b)
}

/// A token of any header and claims, signed with a key that may be another.
fn token(algorithm: &str, header: &Value, claims: &Value, key: &SecretString) -> String {
    let mut header = header.clone();
    header["alg"] = json!(algorithm);
    let scheme = match algorithm {
        "RS256" => jwt(JwtPlace::Body, JwtAlgorithm::Rs256),
        _ => jwt(JwtPlace::Body, JwtAlgorithm::Hs256),
    };
    let Scheme::Jwt(scheme) = scheme else { return String::new() };
    vigie_platforms::signature::token_of(&scheme, key, &header, claims).unwrap()
}

fn bearer(token: &str) -> Sent {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    Sent { headers, query: None, body: b"{}".to_vec() }
}

fn google_claims() -> Value {
    let at = now().as_second();
    json!({"iss": "https://accounts.google.com", "aud": AUDIENCE, "email": SENDER,
           "email_verified": true, "iat": at, "exp": at + 3600, "sub": "1"})
}

#[test]
fn a_token_says_what_the_source_expects_or_is_refused() {
    let scheme = Preset::by_id("google-business").unwrap().scheme();
    let key = pair(scheme).signing;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut claims = google_claims();
        change(&mut claims);
        let sent = bearer(&token("RS256", &json!({}), &claims, &key));
        verify(scheme, &sent, now()).map(|verified| verified.secret)
    };
    let at = now().as_second();
    assert_eq!(with(&|_| {}), Ok(Some(0)));
    assert_eq!(with(&|c| c["iss"] = json!("accounts.google.com")), Ok(Some(0)));
    assert_eq!(with(&|c| c["aud"] = json!(["x", AUDIENCE])), Ok(Some(0)));
    assert_eq!(with(&|c| c["email_verified"] = json!("true")), Ok(Some(0)));
    assert_eq!(with(&|c| c["exp"] = json!(at + 1)), Ok(Some(0)));
    let mismatch = Err(Refusal::SignatureMismatch);
    for (what, change) in [
        (
            "another issuer",
            &(|c: &mut Value| c["iss"] = json!("https://evil.example")) as &dyn Fn(&mut Value),
        ),
        ("another audience", &|c| c["aud"] = json!("https://vigie.example/hooks/other")),
        ("no audience", &|c| c["aud"] = Value::Null),
        ("another sender", &|c| c["email"] = json!("push@other.iam.example")),
        ("an unverified sender", &|c| c["email_verified"] = json!(false)),
        ("no end", &|c| c["exp"] = Value::Null),
        ("an end in words", &|c| c["exp"] = json!("9999999999")),
    ] {
        assert_eq!(with(change), mismatch, "{what}");
    }
    let late = Err(Refusal::TimestampOutsideTolerance);
    assert_eq!(with(&|c| c["exp"] = json!(at)), late, "the second of its end");
    assert_eq!(with(&|c| c["exp"] = json!(at - 1)), late, "expired by a second");
    assert_eq!(with(&|c| c["nbf"] = json!(at + 301)), late, "not yet");
    assert_eq!(with(&|c| c["iat"] = json!(at + 301)), late, "made in the future");
    assert_eq!(with(&|c| c["iat"] = json!(at + 300)), Ok(Some(0)), "a clock a little ahead");
}

#[test]
fn no_other_algorithm_gets_through() {
    let scheme = Preset::by_id("google-business").unwrap().scheme();
    let pair = pair(scheme);
    let claims = google_claims();
    // An RSA public key taken for the secret of an HMAC.
    let confused = token("HS256", &json!({}), &claims, &pair.verifying);
    assert!(verify(scheme, &bearer(&confused), now()).is_err());
    let good = token("RS256", &json!({}), &claims, &pair.signing);
    assert!(verify(scheme, &bearer(&good), now()).is_ok());
    let parts: Vec<&str> = good.split('.').collect();
    let encoded = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    };
    for none in [r#"{"alg":"none"}"#, r#"{"alg":"None","typ":"JWT"}"#, r#"{"typ":"JWT"}"#] {
        let header = encoded(none);
        for signature in ["", parts[2]] {
            let sent = bearer(&format!("{header}.{}.{signature}", parts[1]));
            assert!(verify(scheme, &sent, now()).is_err(), "{none}");
        }
    }
    let critical = token("RS256", &json!({"crit": ["b64"], "b64": false}), &claims, &pair.signing);
    assert!(verify(scheme, &bearer(&critical), now()).is_err(), "a header we must not ignore");
    for bad in
        ["", ".", "..", "a.b", "a.b.c.d", &good[1..], &format!("{good}."), &format!("{good}.x")]
    {
        assert!(verify(scheme, &bearer(bad), now()).is_err(), "{bad}");
    }
}

#[test]
fn a_published_key_is_wanted_by_its_id_and_used_only_for_that() {
    let scheme = Preset::by_id("google-business").unwrap().scheme();
    let verifier = Verifier::new(scheme, &[]).unwrap().expecting(expect());
    let pair = pair(scheme);
    let text = token("RS256", &json!({"kid": "key-1"}), &google_claims(), &pair.signing);
    let sent = bearer(&text);
    let request = Request { headers: &sent.headers, path_token: None, query: None, body: b"{}" };
    let wanted = verifier.wanted(&request).unwrap();
    assert_eq!(wanted.url, "https://www.googleapis.com/oauth2/v3/certs");
    assert_eq!(wanted.key_id.as_deref(), Some("key-1"));
    let set = |id: &str| KeySet::parse(jwks(&pair, id).as_bytes()).unwrap();
    let with = |set: &KeySet| verifier.verify_with(&request, Some(set), now());
    assert!(set("key-1").has(Some("key-1")) && !set("key-2").has(Some("key-1")));
    assert_eq!(with(&set("key-1")).map(|verified| verified.secret), Ok(None));
    assert_eq!(with(&set("key-2")), Err(Refusal::SignatureMismatch));
    assert_eq!(verifier.verify(&request, now()), Err(Refusal::SignatureMismatch), "without keys");
    let none = Request { headers: &HeaderMap::new(), ..request };
    assert_eq!(verifier.wanted(&none), None, "nothing came, nothing is fetched");
    let pinned = Verifier::new(scheme, &[jwks(&pair, "key-1").into()]).unwrap().expecting(expect());
    assert_eq!(pinned.wanted(&request), None, "the source's own keys suffice");
    assert!(pinned.verify(&request, now()).is_ok());
}

/// The pair's public key as a platform publishes it.
fn jwks(pair: &KeyPair, id: &str) -> String {
    use base64::Engine as _;
    let pem = pair.verifying.expose_secret();
    let digits: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(digits).unwrap();
    // SubjectPublicKeyInfo of RSA-2048: the modulus begins at 33, the exponent ends it.
    let url = |bytes: &[u8]| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let (n, e) = (url(&der[33..289]), url(&der[291..294]));
    json!({"keys": [
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": id},
        {"kty": "RSA", "kid": id, "use": "sig", "alg": "RS256", "n": n, "e": e},
    ]})
    .to_string()
}

#[test]
fn a_query_with_two_tokens_and_a_header_with_two_are_refused() {
    let fera = Preset::by_id("fera").unwrap().scheme();
    let good = sent(&signed_at(fera, b"{}", now()), b"{}");
    let query = good.query.clone().unwrap();
    let with = |query: String| {
        verify(fera, &Sent { query: Some(query), ..good.clone() }, now()).map(|v| v.secret)
    };
    assert_eq!(with(format!("a=1&{query}")), Ok(Some(0)));
    assert_eq!(with(format!("{query}&{query}")), Ok(Some(0)), "equal ones count as one");
    assert_eq!(with(format!("{query}&jwt=x")), Err(Refusal::SignatureMismatch));
    assert_eq!(with("jwt=".to_owned()), Err(Refusal::SignatureMissing));
    assert_eq!(with("token=x".to_owned()), Err(Refusal::SignatureMissing));
    let google = Preset::by_id("google-business").unwrap().scheme();
    let mut twice = sent(&signed_at(google, b"{}", now()), b"{}");
    twice.headers.append("Authorization", HeaderValue::from_static("Bearer x"));
    assert_eq!(verify(google, &twice, now()), Err(Refusal::SignatureMismatch));
}

#[test]
fn basic_is_one_user_with_one_password() {
    let scheme = Preset::by_id("medallia").unwrap().scheme();
    let secret: SecretString = "vigie:correct horse".into();
    let verifier = Verifier::new(scheme, std::slice::from_ref(&secret)).unwrap();
    let with = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", value.parse().unwrap());
        let request = Request { headers: &headers, path_token: None, query: None, body: b"{}" };
        verifier.verify(&request, now()).map(|verified| verified.secret)
    };
    let signed = sign(scheme, &secret, b"{}", "", now()).unwrap();
    assert_eq!(with(&signed.headers[0].1), Ok(Some(0)));
    assert_eq!(with(&signed.headers[0].1.replacen("Basic", "bASIC", 1)), Ok(Some(0)));
    for bad in ["Basic", "Basic ", "Bearer dmlnaWU6Y29ycmVjdCBob3JzZQ==", "Basic dmlnaWU=", "x"] {
        assert_eq!(with(bad), Err(Refusal::SignatureMismatch), "{bad}");
    }
    for bad in ["vigie", ":password", "user:", " user:password"] {
        assert!(Verifier::new(scheme, &[bad.into()]).is_err(), "{bad}");
    }
}

#[test]
fn ed25519_signatures_stand_beside_symmetric_ones() {
    let scheme = Preset::by_id("standard-webhooks").unwrap().scheme();
    let pair = KeyPair::generate_v1a().unwrap();
    let signed = sign(scheme, &pair.signing, b"{}", "msg_1", now()).unwrap();
    let whsec: SecretString = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into();
    let verifier = Verifier::new(scheme, &[whsec.clone(), pair.verifying.clone()]).unwrap();
    let with = |list: &str, body: &[u8]| {
        let mut headers = signed.header_map();
        headers.insert("webhook-signature", list.parse().unwrap());
        let request = Request { headers: &headers, path_token: None, query: None, body };
        verifier.verify(&request, now()).map(|verified| verified.secret)
    };
    let v1a = signed.headers[2].1.clone();
    let v1 = sign(scheme, &whsec, b"{}", "msg_1", now()).unwrap().headers[2].1.clone();
    assert_eq!(with(&v1a, b"{}"), Ok(Some(1)));
    assert_eq!(with(&format!("v1,AAAA {v1a}"), b"{}"), Ok(Some(1)));
    assert_eq!(with(&format!("{v1a} {v1}"), b"{}"), Ok(Some(0)));
    assert_eq!(with(&v1a, b"{ }"), Err(Refusal::SignatureMismatch));
    assert_eq!(with(&v1a.replace("v1a,", "v1,"), b"{}"), Err(Refusal::SignatureMismatch));
    let many = format!("{} {v1a}", "v1a,AAAA ".repeat(10_000).trim_end());
    assert_eq!(with(&many, b"{}"), Err(Refusal::SignatureMismatch), "one good behind 10,000");
    let private = Verifier::new(scheme, &[pair.signing]).unwrap_err();
    assert!(private.to_string().contains("private key"), "{private}");
}

#[test]
fn a_key_is_what_its_scheme_takes() {
    for scheme in schemes().iter().filter(|scheme| KeyPair::generate(scheme).is_some()) {
        for bad in ["", "s3cret", "{\"keys\":[]}"] {
            assert!(Verifier::new(scheme, &[bad.into()]).is_err(), "{bad}, {scheme:?}");
        }
        let private = Verifier::new(scheme, &[pair(scheme).signing]).unwrap_err();
        assert!(private.to_string().contains("is a private key"), "{private}");
        let public = sign(scheme, &pair(scheme).verifying, b"{}", "", now()).unwrap_err();
        assert!(public.to_string().contains("only that can sign"), "{public}");
        let other = KeyPair::generate(scheme).unwrap();
        let sent = sent(&signed_at(scheme, b"{}", now()), b"{}");
        let verifier = Verifier::new(scheme, &[other.verifying]).unwrap().expecting(expect());
        let request = Request {
            headers: &sent.headers,
            path_token: None,
            query: sent.query.as_deref(),
            body: &sent.body,
        };
        assert_eq!(verifier.verify(&request, now()), Err(Refusal::SignatureMismatch));
    }
}

#[test]
fn a_token_of_an_hour_ago_is_late() {
    for scheme in schemes().iter().filter(|scheme| matches!(scheme, Scheme::Jwt(_))) {
        let old = now() - SignedDuration::from_secs(3_600);
        let sent = sent(&signed_at(scheme, b"{}", old), b"{}");
        assert_eq!(verify(scheme, &sent, now()), Err(Refusal::TimestampOutsideTolerance));
        assert!(verify(scheme, &sent, now() - SignedDuration::from_secs(1)).is_ok());
    }
}

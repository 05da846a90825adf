//! The conformance kit (tests/vectors): every vector, published or made, has its verdict.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

mod kit;

use std::collections::BTreeMap;

use vigie_platforms::signature::sign;
use vigie_platforms::{Refusal, Request, Scheme, Verifier, presets};

use kit::{Vector, vectors};

fn verdict(vector: &Vector, body: &[u8]) -> &'static str {
    let (headers, path_token) = (vector.headers(), vector.path_token.as_deref());
    let request = Request { headers: &headers, path_token, query: vector.query.as_deref(), body };
    vector.verifier().verify(&request, vector.at).map_or_else(Refusal::code, |_| "verified")
}

#[test]
fn every_vector_has_its_verdict() {
    let vectors = vectors();
    assert!(vectors.len() >= 200, "{}", vectors.len());
    let wrong: Vec<String> = vectors
        .iter()
        .filter_map(|(file, vector)| {
            let got = verdict(vector, &vector.body());
            let told = format!("{file}: {}: {got}, not {}", vector.why, vector.verdict);
            (got != vector.verdict).then_some(told)
        })
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "of {}", vectors.len());
}

#[test]
fn every_verdict_and_every_scheme_is_in_the_kit() {
    let vectors = vectors();
    let mut kinds: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
    for (_, vector) in &vectors {
        let kind = vector.scheme().proof().to_owned();
        *kinds.entry(kind).or_default().entry(vector.verdict.as_str()).or_default() += 1;
    }
    for preset in presets().iter().filter(|preset| preset.scheme() != &Scheme::None) {
        let verdicts = &kinds[preset.scheme().proof()];
        for verdict in ["verified", "signature-missing", "signature-mismatch"] {
            assert!(verdicts.contains_key(verdict), "{}: {verdict}", preset.scheme().proof());
        }
    }
}

#[test]
fn a_body_with_a_space_more_is_never_what_was_signed() {
    for (file, vector) in vectors() {
        let scheme = vector.scheme();
        if vector.verdict != "verified" || !scheme.signed() || scheme.body_is_token() {
            continue;
        }
        let mut altered = vector.body();
        altered.push(b' ');
        let got = verdict(&vector, &altered);
        assert_eq!(got, "signature-mismatch", "{file}: {}", vector.why);
    }
}

#[test]
fn signing_makes_what_the_symmetric_vectors_say() {
    let mut made = 0;
    for (file, vector) in vectors().iter().filter(|(_, v)| v.verdict == "verified") {
        let scheme = vector.scheme();
        if !matches!(&scheme, Scheme::Hmac(hmac) if hmac.or_hash.is_none()) {
            continue;
        }
        let secret = vector.secret.as_str().into();
        let signed = sign(&scheme, &secret, &vector.body(), "", vector.at).unwrap();
        let headers = signed.header_map();
        let request =
            Request { headers: &headers, path_token: None, query: None, body: &vector.body() };
        let verifier = Verifier::new(&scheme, &[secret]).unwrap();
        assert!(verifier.verify(&request, vector.at).is_ok(), "{file}: {}", vector.why);
        let (name, value) = &signed.headers[0];
        let same = vector.headers().get(name).is_some_and(|given| given == value);
        made += usize::from(same);
    }
    assert!(made >= 25, "{made}");
}

//! The conformance kit (tests/vectors): every vector, published or made, has its verdict.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail loudly")]

use std::collections::BTreeMap;
use std::path::Path;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::Deserialize;
use vigie_platforms::signature::{Expect, sign};
use vigie_platforms::{Preset, Refusal, Request, Scheme, Verifier, presets};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    why: String,
    origin: String,
    source: Option<String>,
    signature: toml::Table,
    expect: Option<Expected>,
    secret: String,
    at: Timestamp,
    headers: Vec<(String, String)>,
    flood: Option<Flood>,
    query: Option<String>,
    path_token: Option<String>,
    body: Option<String>,
    body_base64: Option<String>,
    verdict: String,
}

#[derive(Deserialize)]
struct Expected {
    audience: Vec<String>,
    sender: Option<String>,
}

#[derive(Deserialize)]
struct Flood {
    header: String,
    text: String,
    times: usize,
}

/// Every vector, by its file.
fn vectors() -> Vec<(String, Vector)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let json = files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "json"));
    let all = json.flat_map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let vectors: Vec<Vector> = serde_json::from_str(&text).unwrap_or_else(|error| {
            unreachable!("{name}.json: {error}");
        });
        vectors.into_iter().map(move |vector| (name.clone(), vector))
    });
    all.collect()
}

impl Vector {
    /// The scheme, read as a preset's.
    fn scheme(&self) -> Scheme {
        let mut signature = self.signature.clone();
        signature.insert("evidence".to_owned(), "unknown".into());
        let mut preset = toml::Table::new();
        preset.insert("id".to_owned(), "kit".into());
        preset.insert("name".to_owned(), "Kit".into());
        preset.insert("like".to_owned(), "generic-hmac".into());
        preset.insert("signature".to_owned(), signature.into());
        let text = toml::to_string(&preset).unwrap();
        Preset::parse(&text, &self.why).unwrap().scheme().clone()
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let flood = self.flood.as_ref().filter(|flood| flood.header == *name);
            let before = flood.map(|flood| flood.text.repeat(flood.times)).unwrap_or_default();
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(&format!("{before}{value}")).unwrap());
        }
        headers
    }

    fn body(&self) -> Vec<u8> {
        use base64::Engine as _;
        let bytes = |text: &String| base64::engine::general_purpose::STANDARD.decode(text).unwrap();
        let text = self.body.clone().map(String::into_bytes);
        text.or_else(|| self.body_base64.as_ref().map(bytes)).unwrap()
    }

    fn verdict(&self, scheme: &Scheme, body: &[u8], at: Timestamp) -> &'static str {
        let expect = self.expect.as_ref().map(|expected| Expect {
            audience: expected.audience.clone(),
            sender: expected.sender.clone(),
        });
        let (verifier, _) = Verifier::of_usable(scheme, &[self.secret.as_str().into()]);
        let verifier = verifier.expecting(expect.unwrap_or_default());
        let (headers, path_token) = (self.headers(), self.path_token.as_deref());
        let request = Request { headers: &headers, path_token, query: self.query.as_deref(), body };
        verifier.verify(&request, at).map_or_else(Refusal::code, |_| "verified")
    }
}

#[test]
fn every_vector_has_its_verdict() {
    let vectors = vectors();
    assert!(vectors.len() >= 200, "{}", vectors.len());
    let wrong: Vec<String> = vectors
        .iter()
        .filter_map(|(file, vector)| {
            let got = vector.verdict(&vector.scheme(), &vector.body(), vector.at);
            let told = format!("{file}: {}: {got}, not {}", vector.why, vector.verdict);
            (got != vector.verdict).then_some(told)
        })
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "of {}", vectors.len());
}

#[test]
fn every_verdict_and_every_scheme_is_in_the_kit_and_published_ones_say_where() {
    let vectors = vectors();
    let mut kinds: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
    for (_, vector) in &vectors {
        let kind = vector.scheme().proof().to_owned();
        *kinds.entry(kind).or_default().entry(vector.verdict.as_str()).or_default() += 1;
        let origins = ["published", "inputs published, output made here", "made here"];
        assert!(origins.contains(&vector.origin.as_str()), "{}", vector.why);
        assert_eq!(vector.origin == "made here", vector.source.is_none(), "{}", vector.why);
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
        let got = vector.verdict(&scheme, &altered, vector.at);
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
        let same = vector.headers.first().is_some_and(|(_, value)| *value == signed.headers[0].1);
        made += usize::from(same);
    }
    assert!(made >= 25, "{made}");
}

//! The conformance kit (tests/vectors), read.

use std::path::Path;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::Deserialize;
use vigie_platforms::signature::Expect;
use vigie_platforms::{Preset, Scheme, Verifier};

/// Who may have made a vector.
const ORIGINS: [&str; 3] = ["published", "inputs published, output made here", "made here"];

/// A request with its verdict.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) why: String,
    origin: String,
    source: Option<String>,
    signature: toml::Table,
    expect: Option<Expected>,
    pub(crate) secret: String,
    pub(crate) at: Timestamp,
    headers: Vec<(String, String)>,
    pub(crate) flood: Option<Flood>,
    pub(crate) query: Option<String>,
    pub(crate) path_token: Option<String>,
    body: Option<String>,
    body_base64: Option<String>,
    pub(crate) verdict: String,
}

/// What the receiver expects of a token.
#[derive(Clone, Deserialize)]
struct Expected {
    audience: Vec<String>,
    sender: Option<String>,
}

/// What stands so many times before a header's value.
#[derive(Deserialize)]
pub(crate) struct Flood {
    header: String,
    text: String,
    times: usize,
}

/// Every vector, by its file.
pub(crate) fn vectors() -> Vec<(String, Vector)> {
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
        for vector in &vectors {
            assert!(ORIGINS.contains(&vector.origin.as_str()), "{name}: {}", vector.why);
            // What was published says where.
            assert_eq!(vector.origin == "made here", vector.source.is_none(), "{}", vector.why);
        }
        vectors.into_iter().map(move |vector| (name.clone(), vector))
    });
    all.collect()
}

impl Vector {
    /// The scheme, read as a preset's.
    pub(crate) fn scheme(&self) -> Scheme {
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

    /// Its headers, with what floods them.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let flood = self.flood.as_ref().filter(|flood| flood.header == *name);
            let before = flood.map(|flood| flood.text.repeat(flood.times)).unwrap_or_default();
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(&format!("{before}{value}")).unwrap());
        }
        headers
    }

    /// The bytes of its body.
    pub(crate) fn body(&self) -> Vec<u8> {
        use base64::Engine as _;
        let bytes = |text: &String| base64::engine::general_purpose::STANDARD.decode(text).unwrap();
        let text = self.body.clone().map(String::into_bytes);
        text.or_else(|| self.body_base64.as_ref().map(bytes)).unwrap()
    }

    /// The receiver's verifier.
    pub(crate) fn verifier(&self) -> Verifier {
        let (verifier, _) = Verifier::of_usable(&self.scheme(), &[self.secret.as_str().into()]);
        let expected = self.expect.clone();
        verifier.expecting(expected.map_or_else(Expect::default, |expected| Expect {
            audience: expected.audience,
            sender: expected.sender,
        }))
    }
}

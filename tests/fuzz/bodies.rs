//! What is fuzzed of webhooks: each target's body over arbitrary bytes, and the corpus it starts
//! from.
//!
//! Nothing here knows of a fuzzer: libFuzzer drives the bodies (`fuzz_targets/`), and so does a
//! test on stable Rust, with mutations of its own (`shared/platforms/tests/fuzz.rs`).
//!
//! An input that is a request is written as text: lines of `Name: value`, a line `?…` for what
//! follows the question mark of its address, `/…` for the token in its path, `!…` for the claims of
//! its token; then an empty line, then the body. What is no such line is passed over.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what the bodies need to run at all is there, or they stop"
)]

mod corpora;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use vigie_domain::ids::EXTERNAL_ID_BYTES_MAX;
use vigie_domain::text::{LINE_CHARS_MAX, TEXT_CHARS_MAX};
use vigie_domain::{EventKind, ReviewEvent};
use vigie_platforms::mapping::{Beside, KeptBeside, Mapped};
use vigie_platforms::preset::{ApiNames, Thin};
use vigie_platforms::signature::{
    Expect, JwtAlgorithm, JwtPlace, JwtScheme, KeyPair, KeySet, sign, token_of,
};
use vigie_platforms::{Means, Preset, Request, Scheme, Verifier, diagnose_with, json, presets};

/// One thing that is fuzzed.
pub struct Target {
    /// The name of its file in `fuzz_targets/`.
    pub name: &'static str,
    /// Holds its laws over one input: panics where one is broken.
    pub run: fn(&[u8]),
    /// The inputs that a run begins with, made of the presets and of the vectors.
    pub corpus: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: [Target; 8] = [
    Target { name: "headers", run: headers, corpus: corpora::requests },
    Target { name: "mapping", run: mapping, corpus: corpora::payloads },
    Target { name: "jwt_bearer", run: jwt_bearer, corpus: corpora::tokens },
    Target { name: "jwt_query", run: jwt_query, corpus: corpora::tokens },
    Target { name: "jwt_body", run: jwt_body, corpus: corpora::tokens },
    Target { name: "ecdsa", run: ecdsa, corpus: corpora::proofs },
    Target { name: "doctor", run: doctor, corpus: corpora::patients },
    Target { name: "preset", run: preset, corpus: corpora::files },
];

/// A kind of HMAC that no preset has.
const UNUSED: &str = r#"
    id = "unused"
    name = "Unused"
    like = "generic-hmac"
    [signature]
    scheme = "hmac"
    evidence = "unknown"
    hash = "sha512"
    or_hash = "sha1"
    encoding = "base64"
    secret = "hex"
    headers = ["x-signature-256", "x-signature"]
    timestamp = { unit = "rfc3339", signed = "{body}|{timestamp}", header = "x-timestamp" }
"#;

/// The clock of every target.
fn now() -> Timestamp {
    Timestamp::from_second(1_795_165_920).unwrap()
}

fn expect() -> Expect {
    Expect {
        audience: vec!["https://vigie.example/hooks/source".to_owned()],
        sender: Some("push@sender.example".to_owned()),
    }
}

/// A request as an input writes it.
#[derive(Default)]
struct Sent {
    headers: HeaderMap,
    path_token: Option<String>,
    query: Option<String>,
    claims: Option<Vec<u8>>,
    body: Vec<u8>,
}

impl Sent {
    fn of(data: &[u8]) -> Self {
        let (head, body) = halves(data);
        let mut sent = Self { body: body.to_vec(), ..Self::default() };
        for line in head.split(|byte| *byte == b'\n') {
            let text = |rest: &[u8]| Some(String::from_utf8_lossy(rest).into_owned());
            match line {
                [b'?', rest @ ..] => sent.query = text(rest),
                [b'/', rest @ ..] => sent.path_token = text(rest),
                [b'!', rest @ ..] => sent.claims = Some(rest.to_vec()),
                line => sent.add(line),
            }
        }
        sent
    }

    fn add(&mut self, line: &[u8]) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
        let (name, value) = line.split_at(colon);
        let value = HeaderValue::from_bytes(value.get(1..).unwrap_or_default().trim_ascii());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.trim_ascii()), value) {
            let _ = self.headers.try_append(name, value);
        }
    }

    fn request(&self) -> Request<'_> {
        Request {
            headers: &self.headers,
            path_token: self.path_token.as_deref(),
            query: self.query.as_deref(),
            body: &self.body,
        }
    }

    fn beside(&self) -> Beside<'_> {
        let (claims, query) = (self.claims.as_deref(), self.query.as_deref());
        Beside { headers: &self.headers, claims, query }
    }
}

/// What stands before the first empty line, and what stands behind it.
fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    match data.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (data.get(..at).unwrap_or_default(), data.get(at + 2..).unwrap_or_default()),
        None => (data, &[]),
    }
}

/// What an input chooses by its first byte, and the rest of it.
fn chosen(data: &[u8]) -> (usize, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (usize::from(*first), rest))
}

/// A secret that fits a scheme, and that signed no input: a pair of keys where it signs with one,
/// which is made anew for each run.
fn stranger(scheme: &Scheme) -> SecretString {
    let text = match scheme {
        Scheme::StandardWebhooks { .. } => "whsec_bm9ib2R5IHNpZ25lZCBhbnl0aGluZyB3aXRoIGl0",
        Scheme::Basic => "nobody:signed anything with it",
        _ => "6e6f626f6479207369676e656420616e797468696e6720776974682069742e2e",
    };
    KeyPair::generate(scheme).map_or_else(|| text.into(), |pair| pair.verifying)
}

/// Whatever comes, every preset's verifier judges it, and none takes it: nobody here has a secret.
pub fn headers(data: &[u8]) {
    static VERIFIERS: LazyLock<Vec<Verifier>> = LazyLock::new(|| {
        let unused = Preset::parse(UNUSED, "unused.toml").unwrap();
        let of = |scheme: &Scheme| {
            let mut secrets = vec![stranger(scheme)];
            if matches!(scheme, Scheme::StandardWebhooks { .. }) {
                secrets.extend(KeyPair::generate_v1a().map(|pair| pair.verifying));
            }
            Verifier::new(scheme, &secrets).unwrap().expecting(expect())
        };
        let all = presets().iter().map(|preset| preset.scheme()).chain([unused.scheme()]);
        let all = all.filter(|scheme| **scheme != Scheme::None);
        all.map(of).collect()
    });
    let sent = Sent::of(data);
    for verifier in VERIFIERS.iter() {
        let taken = verifier.verify(&sent.request(), now());
        assert!(taken.is_err(), "taken, and nobody signed it: {:?}", verifier.scheme());
    }
}

/// Whatever was refused, the doctor looks at it, and shows no secret.
pub fn doctor(data: &[u8]) {
    static SECRETS: LazyLock<Vec<SecretString>> =
        LazyLock::new(|| presets().iter().map(|preset| stranger(preset.scheme())).collect());
    let (which, rest) = chosen(data);
    let which = which % presets().len();
    let (scheme, secrets) = (presets()[which].scheme(), &SECRETS[which..=which]);
    let (sent, expect) = (Sent::of(rest), expect());
    let means = Means { secrets, expect: &expect, published: None };
    let diagnosis = diagnose_with(scheme, &sent.request(), &means, now());
    assert!(!diagnosis.verifies && diagnosis.reason.is_some(), "nobody signed it");
    let told = serde_json::to_string(&diagnosis).unwrap() + &diagnosis.human("source", &[], None);
    // What a token claims is shown, whatever it is.
    let claimed = matches!(scheme, Scheme::Jwt(_));
    assert!(claimed || !told.contains(secrets[0].expose_secret()), "{told}");
}

/// Whatever verified, its mapping is within the contract's limits, and what could not be mapped can
/// be tried again.
pub fn mapping(data: &[u8]) {
    let (which, rest) = chosen(data);
    let (way, rest) = chosen(rest);
    let preset = presets()[which % presets().len()];
    let sent = Sent::of(rest);
    if way % 4 == 3 {
        let listed = json::parse(&sent.body).ok().and_then(|item| preset.map_listed(&item, now()));
        listed.iter().for_each(check_event);
        return;
    }
    let map = |beside: Beside<'_>, body: &[u8]| match way % 4 {
        1 => preset.map_to_fetch(beside, body, now()),
        _ => preset.map(beside, body, now()),
    };
    let Ok(mapped) = map(sent.beside(), &sent.body) else { return };
    assert_eq!(map(sent.beside(), &sent.body).as_ref(), Ok(&mapped), "mapped twice, two results");
    for one in &mapped {
        match one {
            Mapped::Event(event) => check_event(event),
            Mapped::Thin(thin) => check_thin(preset, thin, &sent.body),
            Mapped::Ignored { why } => check_line(why),
            Mapped::Rejected { why, event, beside } => {
                check_line(why);
                let kept = KeptBeside::of(beside);
                let again = map(kept.beside(), event.as_bytes()).unwrap();
                assert_eq!(again.len(), 1, "kept: {event}");
                let refused = matches!(again.first(), Some(Mapped::Rejected { .. }));
                assert!(refused, "{}: {why}; kept, it becomes {again:?}", preset.id());
            }
        }
    }
}

/// What [`vigie_domain`] and the contract promise of every event.
fn check_event(event: &ReviewEvent) {
    let id = event.external_id.as_str();
    assert!(!id.is_empty() && id.len() <= EXTERNAL_ID_BYTES_MAX, "{id}");
    assert!(!id.chars().any(char::is_control), "{id:?}");
    if let Some(reply) = &event.reply {
        assert!(reply.text.chars().count() <= TEXT_CHARS_MAX);
    }
    let whole = matches!(event.kind, EventKind::Posted | EventKind::Edited);
    assert!(event.content.is_some() || !whole, "a review without its content");
    if let Some(content) = &event.content {
        assert!(content.text.chars().count() <= TEXT_CHARS_MAX);
        let lines =
            [&content.title, &content.author, &content.product, &content.location, &content.order];
        lines.into_iter().flatten().for_each(|line| check_line(line));
        assert!(content.language.iter().all(|code| code.len() == 2), "{:?}", content.language);
        for url in [&content.url, &content.answer_url].into_iter().flatten() {
            let web = url.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://"))
                || url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
            assert!(
                web && url.len() <= 2_000 && url.bytes().all(|b| b.is_ascii_graphic()),
                "{url}"
            );
        }
        let named = content.author.as_deref().unwrap_or_default();
        let mail = |word: &str| matches!(word.split_once('@'), Some((a, b)) if named_by(a, b));
        assert!(!named.split(' ').any(mail), "an address for a name: {named}");
        assert!(content.stars.is_none_or(|stars| (0.0..=5.0).contains(&stars.to_f64())));
        assert!(content.flags.is_sorted(), "{:?}", content.flags);
    }
    let kept = serde_json::to_string(event).unwrap();
    assert_eq!(&serde_json::from_str::<ReviewEvent>(&kept).unwrap(), event, "kept as {kept}");
}

/// Whether what stands around an @ makes an e-mail address of it.
fn named_by(before: &str, after: &str) -> bool {
    before.chars().any(char::is_alphanumeric) && after.chars().any(char::is_alphanumeric)
}

fn check_line(line: &str) {
    assert!(!line.is_empty() && line.chars().count() <= LINE_CHARS_MAX, "{line:?}");
    assert!(!line.chars().any(char::is_control), "{line:?}");
}

/// What is to be fetched is fetched from the platform, and what comes from there is a review.
fn check_thin(preset: &Preset, thin: &Thin, answer: &[u8]) {
    let kept = serde_json::to_string(thin).unwrap();
    assert_eq!(&serde_json::from_str::<Thin>(&kept).unwrap(), thin);
    if let Ok(event) = preset.map_fetched(thin, answer, now()) {
        check_event(&event);
    }
    let Some(fetch) = preset.fetch() else { return };
    let api = ApiNames {
        base: Some("https://api.platform.example".to_owned()),
        account: Some("account".to_owned()),
    };
    let Ok(address) = fetch.address(thin, &api) else { return };
    let host = |address: &str| Some(address.parse::<http::Uri>().ok()?.host()?.to_owned());
    let plain = Thin { id: "1".to_owned(), ..thin.clone() };
    let names = plain.names.keys().map(|name| (name.clone(), "1".to_owned())).collect();
    let usual = fetch.address(&Thin { names, ..plain }, &api).unwrap();
    assert!(host(&address).is_some() && host(&address) == host(&usual), "{address}");
}

/// What JSON Web Tokens must say, in one place.
fn jwt(place: JwtPlace, algorithm: JwtAlgorithm) -> JwtScheme {
    let issuers = vec!["https://issuer.example".to_owned()];
    let bearer = place == JwtPlace::Bearer;
    JwtScheme { place, algorithm, issuers, audience: bearer, sender: bearer, keys: None }
}

/// A bearer's token.
pub fn jwt_bearer(data: &[u8]) {
    static JUDGES: LazyLock<[Judge; 2]> = LazyLock::new(|| judges(&JwtPlace::Bearer));
    token(&JUDGES, data, |token, sent| {
        sent.headers.extend(
            HeaderValue::from_bytes(&[b"Bearer ", token].concat())
                .ok()
                .map(|value| (Some(http::header::AUTHORIZATION), value)),
        );
    });
}

/// A token in the address.
pub fn jwt_query(data: &[u8]) {
    static JUDGES: LazyLock<[Judge; 2]> =
        LazyLock::new(|| judges(&JwtPlace::Query("jwt".to_owned())));
    token(&JUDGES, data, |token, sent| {
        sent.query = Some(format!("a=1&jwt={}", String::from_utf8_lossy(token)));
    });
}

/// A token that is the body.
pub fn jwt_body(data: &[u8]) {
    static JUDGES: LazyLock<[Judge; 2]> = LazyLock::new(|| judges(&JwtPlace::Body));
    token(&JUDGES, data, |token, sent| sent.body = token.to_vec());
}

/// A verifier of tokens.
struct Judge {
    scheme: JwtScheme,
    verifier: Verifier,
}

fn judges(place: &JwtPlace) -> [Judge; 2] {
    [JwtAlgorithm::Hs256, JwtAlgorithm::Rs256].map(|algorithm| {
        let scheme = jwt(place.clone(), algorithm);
        let of = Scheme::Jwt(scheme.clone());
        let verifier = Verifier::new(&of, &[stranger(&of)]).unwrap().expecting(expect());
        Judge { scheme, verifier }
    })
}

/// A token as it comes, or one that our own key signed: the latter is taken only where its claims
/// say what they must.
fn token(judges: &[Judge; 2], data: &[u8], put: impl Fn(&[u8], &mut Sent)) {
    let (way, rest) = chosen(data);
    let sent = |token: &[u8]| {
        let mut sent = Sent { body: b"{}".to_vec(), ..Sent::default() };
        put(token, &mut sent);
        sent
    };
    match way % 3 {
        0 => {
            let sent = sent(rest);
            for judge in judges {
                assert!(judge.verifier.verify(&sent.request(), now()).is_err(), "nobody signed it");
            }
        }
        1 => {
            let (header, claims) = halves(rest);
            let [judge, _] = judges;
            let secret = stranger(judge.verifier.scheme());
            let Ok(header) = serde_json::from_slice::<Value>(header) else { return };
            let Ok(claims) = serde_json::from_slice::<Value>(claims) else { return };
            let token = token_of(&judge.scheme, &secret, &header, &claims).unwrap();
            let sent = sent(token.as_bytes());
            if judge.verifier.verify(&sent.request(), now()).is_ok() {
                assert!(header["alg"] == "HS256" && header.get("crit").is_none(), "{header}");
                assert!(may_be_taken(&judge.scheme, &claims), "{claims}");
            }
        }
        _ => drop(KeySet::parse(rest)),
    }
}

/// The claims' law, said once more in other words than the code's.
fn may_be_taken(scheme: &JwtScheme, claims: &Value) -> bool {
    let said = |name: &str, wanted: &str| match &claims[name] {
        Value::Array(all) => all.contains(&json!(wanted)),
        one => *one == json!(wanted),
    };
    let expect = expect();
    let mut audience = expect.audience.iter();
    let whole = claims["exp"].to_string().split(['.', 'e', 'E']).next().unwrap().parse::<i64>();
    let lives = whole.is_ok_and(|exp| exp > now().as_second());
    let issued = scheme.issuers.iter().any(|issuer| said("iss", issuer));
    let ours = !scheme.audience || audience.any(|audience| said("aud", audience));
    let sent = !scheme.sender || expect.sender.iter().any(|sender| said("email", sender));
    lives && issued && ours && sent
}

/// An eBay header, or any text for a public key.
pub fn ecdsa(data: &[u8]) {
    static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
        let scheme = Preset::by_id("ebay-feedback").unwrap().scheme();
        Verifier::new(scheme, &[stranger(scheme)]).unwrap()
    });
    let (way, rest) = chosen(data);
    let (proof, body) = halves(rest);
    let name = VERIFIER.scheme().proof_headers().concat();
    let value = if way % 3 == 0 { proof.to_vec() } else { STANDARD.encode(proof).into_bytes() };
    let mut sent = Sent { body: body.to_vec(), ..Sent::default() };
    sent.add(&[name.as_bytes(), b": ", &value].concat());
    if way % 3 == 2 {
        // The proof's bytes as a key: whatever it is, it has not signed itself.
        let key = String::from_utf8_lossy(proof).into_owned();
        let (verifier, _) = Verifier::of_usable(VERIFIER.scheme(), &[key.into()]);
        assert!(verifier.verify(&sent.request(), now()).is_err());
    }
    assert!(VERIFIER.verify(&sent.request(), now()).is_err(), "taken, and nobody signed it");
}

/// A preset file: refused with its place, or a preset that signs what it verifies and whose samples
/// can be checked.
pub fn preset(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let lines = text.split('\n').count();
    match Preset::parse(&text, "fuzzed.toml") {
        Err(fault) => {
            assert!((1..=lines).contains(&fault.line), "line {} of {lines}", fault.line);
            assert!(fault.column >= 1 && !fault.message.is_empty(), "{fault}");
        }
        Ok(preset) => {
            let wrong = preset.check_samples(now());
            assert!(wrong.len() <= preset.samples().len(), "{wrong:?}");
            let _ = (preset.info(), preset.headers_read(), preset.scheme().describe());
            if let Scheme::Hmac(_) | Scheme::StandardWebhooks { .. } = preset.scheme() {
                let secret = stranger(preset.scheme());
                let signed = sign(preset.scheme(), &secret, b"{}", "msg_1", now()).unwrap();
                let headers = signed.header_map();
                let (path_token, query) = (None, None);
                let request = Request { headers: &headers, path_token, query, body: b"{}" };
                let verifier = Verifier::new(preset.scheme(), &[secret]).unwrap();
                let taken = verifier.verify(&request, now());
                assert!(taken.is_ok(), "it signs what it refuses: {:?}", preset.scheme());
            }
        }
    }
}

//! What the fuzzing of each target starts from: the presets' samples and files, and the vectors.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrecy::SecretString;
use serde_json::{Value, json};
use vigie_platforms::preset::Sample;
use vigie_platforms::signature::{JwtAlgorithm, JwtPlace, KeyPair, sign_message, token_of};
use vigie_platforms::{Preset, Scheme, presets};

use super::{UNUSED, expect, jwt, now};

/// The conformance kit.
const VECTORS: [&str; 6] = [
    include_str!("../vectors/hmac.json"),
    include_str!("../vectors/hmac-timestamp.json"),
    include_str!("../vectors/standard-webhooks.json"),
    include_str!("../vectors/jwt.json"),
    include_str!("../vectors/ecdsa.json"),
    include_str!("../vectors/shared-secret.json"),
];

/// Every vector.
fn vectors() -> impl Iterator<Item = Value> {
    VECTORS.iter().flat_map(|text| serde_json::from_str::<Vec<Value>>(text).unwrap())
}

/// A secret that signs a preset's samples, other than the verifiers'.
fn signer(scheme: &Scheme) -> SecretString {
    let text = match scheme {
        Scheme::StandardWebhooks { .. } => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        Scheme::Basic => "vigie:password",
        _ => "736f6d65626f6479207369676e6564206974",
    };
    KeyPair::generate(scheme).map_or_else(|| text.into(), |pair| pair.signing)
}

/// Writes a request as inputs do.
fn written(lines: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let line = |(name, value): &(String, String)| match name.as_str() {
        "?" | "/" | "!" => format!("{name}{value}"),
        name => format!("{name}: {value}"),
    };
    let head: Vec<String> = lines.iter().map(line).collect();
    [head.join("\n").as_bytes(), b"\n\n", body].concat()
}

/// A preset's sample as it would be sent.
fn sent(preset: &Preset, sample: &Sample) -> Vec<u8> {
    let expect = expect();
    let body = sample.render(now());
    let message = sample.message(&body, "msg_1", &expect, now());
    let signed = sign_message(preset.scheme(), &signer(preset.scheme()), &message).unwrap();
    let mut lines = [sample.headers.clone(), signed.headers.clone()].concat();
    lines.extend(signed.path_token.clone().map(|token| ("/".to_owned(), token)));
    lines.extend(signed.query.clone().map(|query| ("?".to_owned(), query)));
    written(&lines, signed.body_or(&body))
}

pub(super) fn requests() -> Vec<Vec<u8>> {
    let samples = presets().iter().filter(|preset| preset.scheme() != &Scheme::None);
    let samples = samples.filter_map(|preset| preset.samples().first().map(|s| sent(preset, s)));
    samples
        .chain(
            vectors()
                .filter(|vector| vector.get("flood").is_none())
                .map(|vector| of_vector(&vector)),
        )
        .collect()
}

pub(super) fn patients() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (which, preset) in (0_u8..).zip(presets()) {
        // As another of its kind would send it: nothing verifies, and some nearly does.
        let kinds =
            presets().iter().filter(|other| other.scheme().proof() == preset.scheme().proof());
        for other in kinds.filter(|other| other.scheme() != &Scheme::None).take(4) {
            let sample = other.samples().first().map(|sample| sent(other, sample));
            all.extend(sample.map(|sent| [&[which], &sent[..]].concat()));
        }
    }
    all
}

fn of_vector(vector: &Value) -> Vec<u8> {
    let mut lines: Vec<(String, String)> =
        serde_json::from_value(vector["headers"].clone()).unwrap();
    let text = |name: &str| vector[name].as_str().map(str::to_owned);
    lines.extend(text("path_token").map(|token| ("/".to_owned(), token)));
    lines.extend(text("query").map(|query| ("?".to_owned(), query)));
    let bytes = text("body_base64").map(|text| STANDARD.decode(text).unwrap());
    let body = text("body").map(String::into_bytes).or(bytes).unwrap_or_default();
    written(&lines, &body)
}

pub(super) fn payloads() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (which, preset) in (0_u8..).zip(presets()) {
        for sample in preset.samples() {
            let mut lines = sample.headers.clone();
            let claims = sample.claims_json().map(|json| String::from_utf8(json).unwrap());
            lines.extend(claims.map(|claims| ("!".to_owned(), claims)));
            lines.extend(sample.query.clone().map(|query| ("?".to_owned(), query)));
            let body = written(&lines, &sample.render(now()));
            let fetched = sample.fetched(now(), "").map(|body| written(&lines, &body));
            all.push([&[which, 0], &body[..]].concat());
            all.push([&[which, 1], &body[..]].concat());
            all.extend(fetched.map(|body| [&[which, 3], &body[..]].concat()));
        }
    }
    all
}

pub(super) fn tokens() -> Vec<Vec<u8>> {
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let good = json!({
        "iss": "https://issuer.example", "aud": expect().audience, "email": expect().sender,
        "email_verified": true, "iat": now().as_second(), "exp": now().as_second() + 60,
    });
    let signed = |header: &Value, claims: &Value| format!("\u{1}{header}\n\n{claims}");
    let mut all = vec![signed(&header, &good), signed(&json!({"alg": "none"}), &good)];
    for name in ["iss", "aud", "email", "email_verified", "exp", "iat"] {
        let mut less = good.clone();
        less[name] = Value::Null;
        all.push(signed(&header, &less));
    }
    // All is as it must be but for who signed it.
    let stranger = "somebody-elses-secret-0815".into();
    let scheme = jwt(JwtPlace::Body, JwtAlgorithm::Hs256);
    all.push(format!("\0{}", token_of(&scheme, &stranger, &header, &good).unwrap()));
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    all.push(format!("\0{}.{}.", part(&json!({"alg": "none"})), part(&good)));
    for vector in vectors().filter(|vector| vector["signature"]["scheme"] == "jwt") {
        let bearer =
            vector["headers"][0][1].as_str().and_then(|value| value.split(' ').next_back());
        let query = vector["query"].as_str().and_then(|query| query.split('=').next_back());
        let text = bearer.or(query).or(vector["body"].as_str()).unwrap_or_default();
        all.push(format!("\0{text}"));
        let keys = vector["secret"].as_str().filter(|text| text.contains("keys"));
        all.extend(keys.map(|keys| format!("\u{2}{keys}")));
    }
    all.into_iter().map(String::into_bytes).collect()
}

pub(super) fn proofs() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for vector in vectors().filter(|vector| vector["signature"]["scheme"] == "ecdsa") {
        let key = vector["secret"].as_str().unwrap_or_default();
        let body = vector["body"].as_str().unwrap_or_default();
        all.push(format!("\u{2}{key}\n\n{body}").into_bytes());
        let Some(value) = vector["headers"][0][1].as_str() else { continue };
        all.push(format!("\0{value}\n\n{body}").into_bytes());
        let proof = STANDARD.decode(value).unwrap_or_default();
        all.push([b"\x01", &proof[..], b"\n\n", body.as_bytes()].concat());
    }
    all
}

pub(super) fn files() -> Vec<Vec<u8>> {
    let ours: Vec<&str> =
        presets().iter().filter_map(|preset| Preset::text_of(preset.id())).collect();
    // One table of each, for small files are tried more often.
    let parts = ours.iter().flat_map(|text| text.split("\n[").skip(1)).map(|table| {
        let head = "id = \"mine\"\nname = \"Mine\"\nlike = \"generic-hmac\"";
        format!("{head}\n[{table}\n").into_bytes()
    });
    let parts: Vec<Vec<u8>> = parts.collect();
    let like = |preset: &&Preset| {
        let id = preset.id();
        format!("id = \"mine\"\nname = \"Mine\"\nlike = \"{id}\"\n").into_bytes()
    };
    let likes = presets().iter().map(like);
    let whole = ours.iter().map(|text| text.as_bytes().to_vec());
    whole.chain(likes).chain(parts).chain([UNUSED.into()]).collect()
}

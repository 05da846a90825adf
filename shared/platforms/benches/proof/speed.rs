//! Verifying and mapping one webhook of 2 KiB, beside the least that it takes: the bare primitive
//! over the same bytes, and a bare parse of them.

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::signature::{ECDSA_P256_SHA1_ASN1, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use vigie_platforms::mapping::{Beside, Mapped};
use vigie_platforms::signature::{Expect, JwtAlgorithm, JwtScheme, KeyPair, Signed, sign_message};
use vigie_platforms::{Preset, Request, Scheme, Verifier};

use crate::say;

/// Bytes of the webhook.
const BYTES: usize = 2_048;

/// How often a thing is timed; the median counts, which a pause of the machine does not move.
const TIMES: usize = 301;

/// How long one timing lasts at least: a clock's tick is then nothing.
const AT_LEAST: Duration = Duration::from_micros(200);

/// A preset of each kind of proof, and the ratio that is aimed at.
const PRESETS: [(&str, Option<f64>); 11] = [
    ("generic-hmac", Some(2.0)),
    ("judgeme", Some(2.0)),
    ("shopify-product-review", Some(2.0)),
    ("podium", Some(2.0)),
    ("standard-webhooks", Some(2.0)),
    ("fera", None),
    ("google-business", None),
    ("wix-reviews", None),
    ("ebay-feedback", None),
    ("stamped", None),
    ("trustpilot", None),
];

pub(crate) fn run() -> bool {
    say(&format!("\nspeed: one webhook of {BYTES} bytes, the median of {TIMES}, in µs"));
    say(&line(["preset", "verify", "map", "both", "primitive", "json", "ratio"]));
    let mut held = true;
    for (id, aim) in PRESETS {
        let webhook = Webhook::of(Preset::by_id(id).unwrap());
        let (verify, map) = (webhook.time_verify(), webhook.time_map());
        let (primitive, json) = (webhook.time_primitive(), time(|| parse(&webhook.payload)));
        let ratio = (verify + map) / (primitive + json);
        let met = aim.is_none_or(|aim| ratio < aim);
        held &= met;
        let cells = [verify, map, verify + map, primitive, json].map(|us| format!("{us:.2}"));
        let [verify, map, both, primitive, json] = cells.each_ref().map(String::as_str);
        let told = match aim {
            None => format!("{ratio:.2}"),
            Some(aim) => format!("{ratio:.2} ({} < {aim})", if met { "met:" } else { "MISSED:" }),
        };
        say(&line([id, verify, map, both, primitive, json, &told]));
    }
    held
}

fn line([name, rest @ ..]: [&str; 7]) -> String {
    rest.iter().fold(format!("  {name:<24}"), |line, cell| format!("{line}{cell:>11}"))
}

fn parse(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok()
}

/// The median time of a call, in µs.
fn time<T>(mut call: impl FnMut() -> T) -> f64 {
    let mut calls = 1_u32;
    let mut took = |calls: u32| {
        let began = Instant::now();
        for _ in 0..calls {
            black_box(call());
        }
        began.elapsed()
    };
    while took(calls) < AT_LEAST {
        calls *= 2;
    }
    let mut all: Vec<Duration> = (0..TIMES).map(|_| took(calls)).collect();
    all.sort_unstable();
    all.get(TIMES / 2).unwrap().as_secs_f64() * 1e6 / f64::from(calls)
}

/// A webhook as it comes, and what verifies and maps it.
struct Webhook {
    preset: &'static Preset,
    verifier: Verifier,
    pair: KeyPair,
    signed: Signed,
    body: Vec<u8>,
    /// The JSON in it: the body, or what a token that is the body says.
    payload: Vec<u8>,
}

fn now() -> Timestamp {
    "2026-11-20T09:12:00Z".parse().unwrap()
}

impl Webhook {
    fn of(preset: &'static Preset) -> Self {
        let scheme = preset.scheme();
        let sample = preset.sample("posted-low").unwrap();
        let payload = of_size(&sample.render(now()));
        let secret: SecretString = match scheme {
            Scheme::StandardWebhooks { .. } => "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
            _ => "correct-horse-battery-staple-4711".into(),
        };
        let one = || KeyPair { signing: secret.clone(), verifying: secret.clone() };
        let pair = KeyPair::generate(scheme).unwrap_or_else(one);
        let expect = Expect {
            audience: vec!["https://vigie.example/hooks/source".to_owned()],
            sender: Some("push@sender.example".to_owned()),
        };
        let message = sample.message(&payload, "msg_1", &expect, now());
        let signed = sign_message(scheme, &pair.signing, &message).unwrap();
        let verifying = std::slice::from_ref(&pair.verifying);
        let verifier = Verifier::new(scheme, verifying).unwrap().expecting(expect.clone());
        let body = signed.body_or(&payload).to_vec();
        let webhook = Self { preset, verifier, pair, signed, body, payload };
        let mapped = webhook.mapped(webhook.verified().as_deref());
        assert!(matches!(mapped[..], [Mapped::Event(_) | Mapped::Thin(_)]), "{mapped:?}");
        webhook
    }

    fn verified(&self) -> Option<Vec<u8>> {
        self.verify(&self.signed.header_map())
    }

    fn verify(&self, headers: &http::HeaderMap) -> Option<Vec<u8>> {
        let (path_token, query) = (self.signed.path_token.as_deref(), self.signed.query.as_deref());
        let request = Request { headers, path_token, query, body: &self.body };
        self.verifier.verify(&request, now()).unwrap().claims
    }

    fn mapped(&self, claims: Option<&[u8]>) -> Vec<Mapped> {
        let headers = self.preset.sample("posted-low").unwrap().header_map();
        let query = self.signed.query.as_deref();
        let beside = Beside { headers: &headers, claims, query };
        self.preset.map(beside, &self.body, now()).unwrap()
    }

    fn time_verify(&self) -> f64 {
        let headers = self.signed.header_map();
        time(|| self.verify(&headers))
    }

    fn time_map(&self) -> f64 {
        let claims = self.verified();
        let headers = self.preset.sample("posted-low").unwrap().header_map();
        let query = self.signed.query.as_deref();
        let beside = Beside { headers: &headers, claims: claims.as_deref(), query };
        time(|| self.preset.map(beside, &self.body, now()))
    }

    /// The one thing that proves it, made ready as far as it can be.
    fn time_primitive(&self) -> f64 {
        let secret = self.pair.verifying.expose_secret();
        let hmac = |key: &[u8], content: &[u8]| {
            let keyed = Hmac::<Sha256>::new_from_slice(key).unwrap();
            let code = keyed.clone().chain_update(content).finalize().into_bytes();
            time(|| keyed.clone().chain_update(content).verify_slice(&code).is_ok())
        };
        match self.preset.scheme() {
            Scheme::Hmac(_) | Scheme::StandardWebhooks { .. } => {
                hmac(secret.as_bytes(), &self.body)
            }
            Scheme::Jwt(JwtScheme { algorithm, .. }) => {
                let token = self.token();
                let (content, signature) = token.rsplit_once('.').unwrap();
                match algorithm {
                    JwtAlgorithm::Hs256 => hmac(secret.as_bytes(), content.as_bytes()),
                    JwtAlgorithm::Rs256 => {
                        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
                        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der(secret));
                        let verify = || key.verify(content.as_bytes(), &signature).is_ok();
                        assert!(verify());
                        time(verify)
                    }
                }
            }
            Scheme::Ecdsa(_) => {
                let (_, value) = self.signed.headers.first().unwrap();
                let proof: Value =
                    serde_json::from_slice(&STANDARD.decode(value).unwrap()).unwrap();
                let signature = STANDARD
                    .decode(proof.get("signature").and_then(Value::as_str).unwrap())
                    .unwrap();
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA1_ASN1, der(secret));
                let verify = || key.verify(&self.body, &signature).is_ok();
                assert!(verify());
                time(verify)
            }
            _ => time(|| bool::from(black_box(secret).as_bytes().ct_eq(secret.as_bytes()))),
        }
    }

    fn token(&self) -> String {
        let query = self.signed.query.as_deref().and_then(|query| query.split_once("jwt="));
        match (query, self.signed.headers.first()) {
            (Some((_, token)), _) => token.to_owned(),
            (None, Some((_, value))) => value.replace("Bearer ", ""),
            (None, None) => String::from_utf8(self.body.clone()).unwrap(),
        }
    }
}

/// The bytes of a key in PEM.
fn der(pem: &str) -> Vec<u8> {
    let digits: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(digits).unwrap()
}

/// A payload with one member more, so that it has the size.
fn of_size(body: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(body).unwrap().trim_end();
    let words = "Commande reçue en trois jours, emballage soigné, la notice est claire. ";
    let open = text.strip_suffix('}').unwrap();
    let mut all = format!("{open},\"_note\":\"");
    all.extend(words.chars().cycle().take(BYTES.saturating_sub(all.len() + 80)));
    while all.len() < BYTES - 2 {
        all.push('x');
    }
    all.truncate(BYTES - 2);
    (all + "\"}").into_bytes()
}

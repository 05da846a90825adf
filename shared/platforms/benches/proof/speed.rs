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

/// Rounds, in each of which everything is timed in turn: what else the machine does then falls on
/// all of it. The median of the rounds counts.
const ROUNDS: usize = 401;

/// How long one timing lasts at least: a clock's tick is then nothing.
const AT_LEAST: Duration = Duration::from_micros(100);

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
    say(&format!("\nspeed: one webhook of {BYTES} bytes, medians of {ROUNDS} rounds, in µs"));
    say("  ratio: verify and map, to the primitive and a bare parse of the JSON");
    say(&line(["preset", "verify", "map", "both", "primitive", "json", "ratio"]));
    let mut held = true;
    for (id, aim) in PRESETS {
        let webhook = Webhook::of(Preset::by_id(id).unwrap());
        let [verify, map, primitive, json, ratio] = webhook.time();
        let met = aim.is_none_or(|aim| ratio < aim);
        held &= met;
        let cells = [verify, map, verify + map, primitive, json].map(|us| format!("{us:.2}"));
        let [verify, map, both, primitive, json] = cells.each_ref().map(String::as_str);
        let verdict = match aim {
            None => String::new(),
            Some(aim) => format!("   < {aim}: {}", if met { "met" } else { "MISSED" }),
        };
        let cells = line([id, verify, map, both, primitive, json, &format!("{ratio:.2}")]);
        say(&format!("{cells}{verdict}"));
    }
    held
}

fn line([name, rest @ ..]: [&str; 7]) -> String {
    rest.iter().fold(format!("  {name:<24}"), |line, cell| format!("{line}{cell:>11}"))
}

/// An HMAC with a key that was made ready, compared in constant time.
fn hmac(secret: &str, content: Vec<u8>) -> Timed<'static> {
    let keyed = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let code = keyed.clone().chain_update(&content).finalize().into_bytes();
    Timed::new(move || keyed.clone().chain_update(&content).verify_slice(&code).unwrap())
}

/// A call that is timed, so many times at once that a clock can tell.
struct Timed<'a> {
    call: Box<dyn Fn() + 'a>,
    calls: u32,
}

impl<'a> Timed<'a> {
    fn new<T>(call: impl Fn() -> T + 'a) -> Self {
        let call = move || drop(black_box(call()));
        let mut timed = Self { call: Box::new(call), calls: 1 };
        while timed.total() < AT_LEAST {
            timed.calls *= 2;
        }
        timed
    }

    fn total(&self) -> Duration {
        let began = Instant::now();
        for _ in 0..self.calls {
            (self.call)();
        }
        began.elapsed()
    }

    fn micros(&self) -> f64 {
        self.total().as_secs_f64() * 1e6 / f64::from(self.calls)
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    all[all.len() / 2]
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

    /// The times of verifying, of mapping, of the primitive and of a bare parse, and their ratio.
    fn time(&self) -> [f64; 5] {
        let (sent, claims) = (self.signed.header_map(), self.verified());
        let headers = self.preset.sample("posted-low").unwrap().header_map();
        let query = self.signed.query.as_deref();
        let beside = Beside { headers: &headers, claims: claims.as_deref(), query };
        let timed = [
            Timed::new(|| self.verify(&sent)),
            Timed::new(|| self.preset.map(beside, &self.body, now())),
            self.primitive(),
            Timed::new(|| serde_json::from_slice::<Value>(&self.payload)),
        ];
        let rounds: Vec<[f64; 4]> =
            (0..ROUNDS).map(|_| timed.each_ref().map(Timed::micros)).collect();
        let of = |pick: fn(&[f64; 4]) -> f64| median(rounds.iter().map(pick).collect());
        let ratio = of(|[verify, map, primitive, json]| (verify + map) / (primitive + json));
        [
            of(|round| round[0]),
            of(|round| round[1]),
            of(|round| round[2]),
            of(|round| round[3]),
            ratio,
        ]
    }

    /// The one thing that proves it, made ready as far as it can be.
    fn primitive(&self) -> Timed<'_> {
        let secret = self.pair.verifying.expose_secret();
        match self.preset.scheme() {
            Scheme::Hmac(_) | Scheme::StandardWebhooks { .. } => hmac(secret, self.body.clone()),
            Scheme::Jwt(JwtScheme { algorithm, .. }) => {
                let token = self.token();
                let (content, signature) = token.rsplit_once('.').unwrap();
                let content = content.as_bytes().to_vec();
                match algorithm {
                    JwtAlgorithm::Hs256 => hmac(secret, content),
                    JwtAlgorithm::Rs256 => {
                        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
                        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der(secret));
                        Timed::new(move || key.verify(&content, &signature).unwrap())
                    }
                }
            }
            Scheme::Ecdsa(_) => {
                let (_, value) = self.signed.headers.first().unwrap();
                let proof: Value =
                    serde_json::from_slice(&STANDARD.decode(value).unwrap()).unwrap();
                let signature = STANDARD.decode(proof["signature"].as_str().unwrap()).unwrap();
                let key = UnparsedPublicKey::new(&ECDSA_P256_SHA1_ASN1, der(secret));
                Timed::new(move || key.verify(&self.body, &signature).unwrap())
            }
            _ => Timed::new(move || {
                bool::from(black_box(secret).as_bytes().ct_eq(secret.as_bytes()))
            }),
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

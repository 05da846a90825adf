//! Requests that verify: of the vectors, and of every preset's samples.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use vigie_platforms::preset::Sample;
use vigie_platforms::signature::{Expect, KeyPair, sign_message};
use vigie_platforms::{Preset, Scheme, Verifier, presets};

use super::{Case, Sent};
use crate::kit::vectors;

fn headers(map: &HeaderMap) -> Vec<(HeaderName, Vec<u8>)> {
    map.iter().map(|(name, value)| (name.clone(), value.as_bytes().to_vec())).collect()
}

/// Every vector that is taken. Of those that are flooded with signatures, most bits are noise.
pub(crate) fn of_vectors() -> Vec<Case> {
    let taken = vectors().into_iter().filter(|(_, v)| v.verdict == "verified" && v.flood.is_none());
    let case = |(file, vector): (String, crate::kit::Vector)| {
        let bytes = |text: &Option<String>| text.clone().map(String::into_bytes);
        let sent = Sent {
            headers: headers(&vector.headers()),
            path_token: bytes(&vector.path_token),
            query: bytes(&vector.query),
            body: vector.body(),
        };
        let name = format!("{file}: {}", vector.why);
        Case::new(name.clone(), vector.verifier(), vector.at, sent)
            .unwrap_or_else(|| unreachable!("{name} is refused"))
    };
    taken.map(case).collect()
}

/// A signed sample of every preset that proves anything. Another round takes another sample of
/// each, another secret, another time, and other ids.
pub(crate) fn of_presets(round: u32) -> Vec<Case> {
    let mut pairs = BTreeMap::new();
    let proving = presets().iter().filter(|preset| preset.scheme() != &Scheme::None);
    let mut all = Vec::new();
    for preset in proving {
        let pair = pairs.entry(preset.scheme().name()).or_insert_with(|| pair(preset, round));
        let samples = preset.samples();
        let sample = samples.get(round as usize % samples.len().max(1));
        all.extend(sample.map(|sample| signed(preset, sample, pair, round)));
        if let Scheme::StandardWebhooks { .. } = preset.scheme() {
            let by_key = KeyPair::generate_v1a();
            all.extend(sample.zip(by_key).map(|(s, pair)| signed(preset, s, &pair, round)));
        }
    }
    all
}

/// What signs and what verifies a preset's webhooks.
fn pair(preset: &Preset, round: u32) -> KeyPair {
    KeyPair::generate(preset.scheme()).unwrap_or_else(|| {
        let text = match preset.scheme() {
            Scheme::StandardWebhooks { .. } => format!("whsec_{round:A>32}"),
            Scheme::Basic => format!("vigie:password-{round}"),
            _ => format!("{round:0>64}"),
        };
        let secret: SecretString = text.into();
        KeyPair { signing: secret.clone(), verifying: secret }
    })
}

fn signed(preset: &Preset, sample: &Sample, pair: &KeyPair, round: u32) -> Case {
    let start: Timestamp = "2026-11-20T09:12:00Z".parse().unwrap();
    let at = start + SignedDuration::from_secs(i64::from(round) * 7_919);
    let expect = Expect {
        audience: vec!["https://vigie.example/hooks/source".to_owned()],
        sender: Some("push@sender.example".to_owned()),
    };
    let body = sample.render_with(at, &round.to_string());
    let id = format!("msg_{round}");
    let message = sample.message(&body, &id, &expect, at);
    let signed = sign_message(preset.scheme(), &pair.signing, &message).unwrap();
    let verifying = std::slice::from_ref(&pair.verifying);
    let verifier = Verifier::new(preset.scheme(), verifying).unwrap().expecting(expect.clone());
    let bytes = |text: &Option<String>| text.clone().map(String::into_bytes);
    let sent = Sent {
        headers: headers(&signed.header_map()),
        path_token: bytes(&signed.path_token),
        query: bytes(&signed.query),
        body: signed.body_or(&body).to_vec(),
    };
    let name = format!("{}: {}, round {round}", preset.id(), sample.name);
    Case::new(name.clone(), verifier, at, sent).unwrap_or_else(|| unreachable!("{name} is refused"))
}

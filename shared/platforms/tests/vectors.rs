//! Published and self-made signature vectors, each with the reason it is there.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail loudly"
)]

use std::fmt::Write as _;

use http::HeaderMap;
use jiff::Timestamp;
use serde::Deserialize;
use vigie_platforms::signature::{
    Encoding, Family, HashKind, HmacScheme, SecretForm, Stamp, StampPlace, StampUnit, Template,
};
use vigie_platforms::{Preset, Refusal, Request, Scheme, verify};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    why: String,
    origin: String,
    scheme: Option<SchemeText>,
    preset: Option<String>,
    secret: String,
    id: Option<String>,
    timestamp: Option<String>,
    body: String,
    signature: String,
    #[serde(default)]
    refused: bool,
    /// It is accepted, and not what we would sign.
    #[serde(default)]
    verify_only: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemeText {
    #[serde(default)]
    standard_webhooks: bool,
    hash: Option<HashKind>,
    encoding: Option<Encoding>,
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    secret: SecretForm,
    signed: Option<String>,
    unit: Option<StampUnit>,
    #[serde(default)]
    in_signature: bool,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../vectors/signatures.json")).unwrap()
}

impl SchemeText {
    fn scheme(&self) -> Scheme {
        if self.standard_webhooks {
            return Scheme::StandardWebhooks { families: vec![Family::Svix] };
        }
        let place = if self.in_signature {
            StampPlace::InSignature { stamp: "t".to_owned(), signature: "v1".to_owned() }
        } else {
            StampPlace::Header("X-Timestamp".to_owned())
        };
        let stamp = self.signed.as_ref().map(|signed| Stamp {
            unit: self.unit.unwrap(),
            place,
            signed: Template::parse(signed).unwrap(),
        });
        Scheme::Hmac(HmacScheme {
            hash: self.hash.unwrap(),
            or_hash: None,
            encoding: self.encoding.unwrap(),
            headers: vec!["X-Signature".to_owned()],
            prefix: self.prefix.clone(),
            secret: self.secret,
            stamp,
        })
    }
}

impl Vector {
    fn scheme(&self) -> Scheme {
        match (&self.scheme, &self.preset) {
            (Some(scheme), None) => scheme.scheme(),
            (None, Some(id)) => Preset::by_id(id).unwrap().scheme().clone(),
            _ => panic!("{}: names a scheme or a preset", self.why),
        }
    }

    fn headers(&self, scheme: &Scheme) -> HeaderMap {
        let mut lines = format!("{}: {}\n", scheme.proof_headers()[0], self.signature);
        if let Some(id) = &self.id {
            let _ = writeln!(lines, "svix-id: {id}");
        }
        if let Some(stamp) = &self.timestamp {
            let name = match scheme {
                Scheme::Hmac(HmacScheme { stamp: Some(stamp), .. }) => match &stamp.place {
                    StampPlace::Header(name) => name.as_str(),
                    StampPlace::InSignature { .. } => "x-unused",
                },
                _ => "svix-timestamp",
            };
            let _ = writeln!(lines, "{name}: {stamp}");
        }
        vigie_platforms::headers::parse(&lines).unwrap()
    }

    fn at(&self) -> Timestamp {
        match self.timestamp.as_deref() {
            None => Timestamp::UNIX_EPOCH,
            Some(text) if text.contains('T') => text.parse().unwrap(),
            Some(text) if text.len() > 10 => {
                Timestamp::from_millisecond(text.parse().unwrap()).unwrap()
            }
            Some(text) => Timestamp::from_second(text.parse().unwrap()).unwrap(),
        }
    }
}

#[test]
fn every_vector_verifies_or_is_refused_as_it_says() {
    for vector in vectors() {
        let scheme = vector.scheme();
        let headers = vector.headers(&scheme);
        let body = vector.body.as_bytes();
        let request = Request { headers: &headers, path_token: None, body };
        let outcome = verify(&scheme, &request, &[vector.secret.as_str().into()], vector.at());
        if vector.refused {
            assert_eq!(outcome, Err(Refusal::SignatureMismatch), "{}", vector.why);
        } else {
            assert_eq!(outcome.map(|v| v.secret), Ok(0), "{} ({})", vector.why, vector.origin);
        }
    }
}

#[test]
fn every_vector_with_its_time_in_the_past_is_late_and_altered_is_a_mismatch() {
    for vector in vectors().iter().filter(|v| v.timestamp.is_some() && !v.refused) {
        let scheme = vector.scheme();
        let headers = vector.headers(&scheme);
        let late = vector.at() + jiff::SignedDuration::from_secs(301);
        let secrets = [vector.secret.as_str().into()];
        let request = Request { headers: &headers, path_token: None, body: vector.body.as_bytes() };
        let outcome = verify(&scheme, &request, &secrets, late);
        assert_eq!(outcome, Err(Refusal::TimestampOutsideTolerance), "{}", vector.why);
        let altered = Request { body: b"{}", ..request };
        let outcome = verify(&scheme, &altered, &secrets, late);
        assert_eq!(outcome, Err(Refusal::SignatureMismatch), "signature first: {}", vector.why);
    }
}

#[test]
fn signing_makes_what_the_vectors_say() {
    for vector in vectors().iter().filter(|v| !v.refused && !v.verify_only) {
        let scheme = vector.scheme();
        let id = vector.id.as_deref().unwrap_or_default();
        let secret = vector.secret.as_str().into();
        let signed = vigie_platforms::signature::sign(
            &scheme,
            &secret,
            vector.body.as_bytes(),
            id,
            vector.at(),
        );
        let signed = signed.unwrap();
        let name = scheme.proof_headers()[0];
        let found = signed.headers.iter().find(|(header, _)| header == name);
        assert_eq!(found.unwrap().1, vector.signature, "{}", vector.why);
    }
}

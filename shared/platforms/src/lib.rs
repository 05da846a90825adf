//! Webhook signatures and review platforms.
//!
//! A platform is a file (`presets/*.toml`): its signature scheme, which events are which, where
//! each field lies. This crate reads those files, verifies requests over their raw bytes
//! ([`signature`]), maps verified payloads to review events ([`mapping`]), plays a platform
//! ([`signature::sign`], [`preset::Sample`]) and says why a request does not verify ([`doctor`]).
//!
//! **Invariant:** nothing here parses a body to verify it: bytes first, JSON after.
//! **Invariant:** no error, `Debug` or diagnosis shows a secret or a computed signature.
//! **Invariant:** no input or output, no clock, no environment: all of it comes in as values.
//!
//! It does not: fetch what a thin notification leaves out nor the keys that a platform publishes,
//! nor decide what becomes of an event.
//!
//! ```
//! use http::HeaderMap;
//! use vigie_platforms::{Preset, Request, Verifier, mapping::Mapped, signature};
//!
//! let now: jiff::Timestamp = "2026-11-20T09:12:00Z".parse().unwrap();
//! let preset = Preset::by_id("standard-webhooks").unwrap();
//! let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into();
//! let body = br#"{"type":"review.posted","review":{"id":"r-1","rating":2}}"#;
//!
//! // The platform's side:
//! let signed = signature::sign(preset.scheme(), &secret, body, "msg_1", now).unwrap();
//! let headers: HeaderMap = signed.header_map();
//!
//! // Ours: verify, then map.
//! let verifier = Verifier::new(preset.scheme(), &[secret]).unwrap();
//! let request = Request { headers: &headers, path_token: None, query: None, body };
//! assert_eq!(verifier.verify(&request, now).unwrap().secret, Some(0));
//! let mapped = preset.map(&headers, body, now).unwrap();
//! assert!(matches!(&mapped[..], [Mapped::Event(event)] if event.external_id.as_str() == "r-1"));
//! ```

pub mod doctor;
pub mod headers;
pub mod json;
pub mod mapping;
pub mod pointer;
pub mod preset;
pub mod signature;
mod unpacked;

pub use doctor::{Diagnosis, Kept, Means, diagnose, diagnose_with};
pub use mapping::{Beside, KeptBeside, MalformedPayload, Mapped};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
pub use preset::{Preset, PresetError, presets};

/// What RFC 3986 calls unreserved is kept; all else is percent-encoded.
pub(crate) const UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub use signature::{
    Expect, KeySet, Refusal, Request, Scheme, SecretFault, Signed, Verified, Verifier, verify,
};

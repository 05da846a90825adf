//! Hex and base64, decoded to bytes before anything is compared.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{
    DecodePaddingMode, general_purpose::STANDARD, general_purpose::URL_SAFE_NO_PAD,
};
use serde::{Deserialize, Serialize};

/// Padding may be there or not, as senders differ; bits that carry nothing must be zero, so that
/// a signature has one spelling only.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const LENIENT_URL: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a signature is written in its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Hexadecimal, either case.
    Hex,
    /// Standard base64 (RFC 4648 §4), padded or not.
    Base64,
}

impl Encoding {
    /// The name, as presets and diagnoses write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
        }
    }

    /// Base64 as addresses and tokens write it (RFC 4648 §5), not padded.
    pub(crate) fn url(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => hex(bytes),
            Self::Base64 => STANDARD.encode(bytes),
        }
    }

    pub(crate) fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Hex => unhex(text),
            Self::Base64 => unbase64(text),
        }
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0');
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

pub(crate) fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |b: &u8| char::from(*b).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let pairs = text.chunks(2).map(|pair| match pair {
        [high, low] => Some((digit(high)? << 4) | digit(low)?),
        _ => None,
    });
    pairs.collect()
}

pub(crate) fn unbase64(text: &[u8]) -> Option<Vec<u8>> {
    LENIENT.decode(text).ok()
}

pub(crate) fn unbase64_url(text: &[u8]) -> Option<Vec<u8>> {
    LENIENT_URL.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_in_either_case_and_never_odd() {
        assert_eq!(unhex(b"0aFf"), Some(vec![10, 255]));
        assert_eq!(unhex(b"0af"), None);
        assert_eq!(unhex(b"0g"), None);
        assert_eq!(hex(&[10, 255]), "0aff");
    }

    #[test]
    fn base64_is_read_padded_or_not_and_in_one_spelling() {
        assert_eq!(unbase64(b"QQ=="), Some(b"A".to_vec()));
        assert_eq!(unbase64(b"QQ"), Some(b"A".to_vec()));
        assert_eq!(unbase64(b"QR=="), None, "bits that carry nothing");
        assert_eq!(unbase64(b"-_-_"), None);
        assert!(unbase64_url(b"-_-_").is_some());
    }
}

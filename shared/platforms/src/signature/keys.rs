//! Secrets made ready to verify with, and what may be wrong with them.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::encoding::{unbase64, unhex};

/// Prefix of Standard Webhooks secrets.
pub(crate) const WHSEC: &str = "whsec_";
/// Prefix of Standard Webhooks public keys, and of the private keys that sign for them.
const WHPK: &str = "whpk_";
pub(super) const WHSK: &str = "whsk_";
/// Bytes of an ed25519 public key.
const ED25519_BYTES: usize = 32;

/// Bits that an address's token has at least: who guesses it can write reviews.
pub(crate) const TOKEN_BITS_MIN: u32 = 128;

/// Fewest and most bytes of a Standard Webhooks key (the specification's own limits).
pub(crate) const WHSEC_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Bytes of a secret that Lipscore decodes (its own module for Magento 2).
const HEX64_BYTES: usize = 64;

/// Which hash an HMAC uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HashKind {
    /// SHA-1: 20 bytes. Sound inside HMAC, and some platforms know no other.
    Sha1,
    /// SHA-256: 32 bytes.
    Sha256,
    /// SHA-512: 64 bytes.
    Sha512,
}

impl HashKind {
    pub(crate) const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    /// The name, as presets write it: `sha256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// Length of a signature, in bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// How a secret's text becomes a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretForm {
    /// Its bytes as they stand.
    #[default]
    Verbatim,
    /// Standard Webhooks: `whsec_` and base64 (the prefix may be left out), decoded.
    Whsec,
    /// Hexadecimal, decoded.
    Hex,
    /// 64 bytes in hexadecimal, decoded; any other text as it stands.
    Hex64,
}

/// What is wrong with a secret; never the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretProblem {
    /// It is empty, or white space only.
    #[error("is empty")]
    Empty,
    /// A header or a path cannot carry white space at either end.
    #[error("begins or ends with white space, which its header or address cannot carry")]
    OuterSpace,
    /// It should be base64 and is not.
    #[error("is not base64: this scheme's secrets are \"whsec_\" and base64")]
    NotBase64,
    /// It should be hexadecimal and is not.
    #[error("is not hexadecimal, which this platform's secrets are")]
    NotHex,
    /// It should be a public key.
    #[error("is not a public key in PEM, from -----BEGIN PUBLIC KEY----- on")]
    NotPublicKey,
    /// It is a private key.
    #[error("is a private key: Vigie needs the public one, and nobody should have this one")]
    PrivateKey,
    /// It should be what signs, to play a platform.
    #[error("is not a private key in PEM, from -----BEGIN PRIVATE KEY----- on: only that can sign")]
    NotPrivateKey,
    /// It should be a user and a password.
    #[error("is not user:password")]
    NotUserPassword,
    /// It can be guessed.
    #[error(
        "can be guessed: it has about {bits} bits, and the token of an address needs {TOKEN_BITS_MIN}; make one with: openssl rand -hex 16"
    )]
    Guessable {
        /// About how many bits it has.
        bits: u32,
    },
    /// It decodes to a key shorter or longer than the scheme allows.
    #[error("decodes to {bytes} bytes; this scheme's keys have 24 to 64")]
    Length {
        /// How many bytes came out.
        bytes: usize,
    },
}

/// A secret that cannot work for its scheme.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("secret {} {problem}", .index + 1)]
pub struct SecretFault {
    /// Which of the secrets, from 0.
    pub index: usize,
    /// What is wrong with it.
    pub problem: SecretProblem,
}

impl SecretForm {
    /// The key that a secret's text stands for.
    pub(crate) fn key(self, secret: &SecretString) -> Result<Vec<u8>, SecretProblem> {
        let text = secret.expose_secret();
        if text.trim().is_empty() {
            return Err(SecretProblem::Empty);
        }
        match self {
            Self::Verbatim => Ok(text.as_bytes().to_vec()),
            Self::Hex => unhex(text.trim().as_bytes()).ok_or(SecretProblem::NotHex),
            Self::Hex64 => {
                let decoded = unhex(text.trim().as_bytes()).filter(|key| key.len() == HEX64_BYTES);
                Ok(decoded.unwrap_or_else(|| text.as_bytes().to_vec()))
            }
            Self::Whsec => whsec(text.trim()),
        }
    }
}

fn whsec(text: &str) -> Result<Vec<u8>, SecretProblem> {
    let encoded = text.strip_prefix(WHSEC).unwrap_or(text);
    let key = unbase64(encoded.as_bytes()).ok_or(SecretProblem::NotBase64)?;
    match key.len() {
        bytes if WHSEC_BYTES.contains(&bytes) => Ok(key),
        bytes => Err(SecretProblem::Length { bytes }),
    }
}

/// The public key of a secret that says it is one (`whpk_…`), or why it is none; `None` where it
/// says nothing of the kind.
pub(crate) fn whpk(secret: &SecretString) -> Option<Result<Vec<u8>, SecretProblem>> {
    let text = secret.expose_secret().trim();
    if text.starts_with(WHSK) {
        return Some(Err(SecretProblem::PrivateKey));
    }
    let key = unbase64(text.strip_prefix(WHPK)?.as_bytes());
    Some(match key {
        None => Err(SecretProblem::NotBase64),
        Some(key) if key.len() == ED25519_BYTES => Ok(key),
        Some(_) => Err(SecretProblem::NotPublicKey),
    })
}

/// A secret of HTTP Basic.
pub(super) fn user_and_password(secret: &SecretString) -> Result<&str, SecretProblem> {
    let text = travelling(secret)?;
    match text.split_once(':') {
        Some((user, password)) if !user.is_empty() && !password.is_empty() => Ok(text),
        _ => Err(SecretProblem::NotUserPassword),
    }
}

/// A secret that stands in an address, which only its length keeps from being guessed.
pub(crate) fn unguessable(secret: &SecretString) -> Result<&str, SecretProblem> {
    let text = travelling(secret)?;
    match bits(text) {
        bits if bits < TOKEN_BITS_MIN => Err(SecretProblem::Guessable { bits }),
        _ => Ok(text),
    }
}

/// About how many bits a text would have if it were drawn at random from the kinds of characters
/// in it. A text that repeats itself counts by what it repeats.
fn bits(text: &str) -> u32 {
    let has = |test: fn(&u8) -> bool| text.bytes().any(|byte| test(&byte));
    let hex = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        || text.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
    let kinds = [
        (has(u8::is_ascii_lowercase), 26),
        (has(u8::is_ascii_uppercase), 26),
        (has(u8::is_ascii_digit), 10),
        (has(|b| !b.is_ascii_alphanumeric()), 2),
    ];
    let of_kinds: u32 = kinds.iter().filter(|(has, _)| *has).map(|(_, count)| count).sum();
    let alphabet = if hex { 16 } else { of_kinds };
    let mut seen: Vec<u8> = text.bytes().collect();
    seen.sort_unstable();
    seen.dedup();
    // Sixteen random bytes in hex have ten digits of sixteen and more; "aaaa…" has one.
    let telling = if seen.len() < 8 { seen.len() } else { text.len() };
    (telling as f64 * f64::from(alphabet.max(1)).log2()) as u32
}

/// The bytes of a secret that travels as it is, in a header or in the address.
pub(crate) fn travelling(secret: &SecretString) -> Result<&str, SecretProblem> {
    let text = secret.expose_secret();
    match text.trim() {
        "" => Err(SecretProblem::Empty),
        trimmed if trimmed.len() != text.len() => Err(SecretProblem::OuterSpace),
        _ => Ok(text),
    }
}

/// A keyed HMAC, prepared once and cloned for each request, which saves two blocks of hashing.
#[derive(Clone)]
pub(crate) enum KeyedMac {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha512(Box<Hmac<Sha512>>),
}

impl KeyedMac {
    /// `None` never happens: HMAC takes a key of any length.
    pub(crate) fn new(hash: HashKind, key: &[u8]) -> Option<Self> {
        Some(match hash {
            HashKind::Sha1 => Self::Sha1(Hmac::new_from_slice(key).ok()?),
            HashKind::Sha256 => Self::Sha256(Hmac::new_from_slice(key).ok()?),
            HashKind::Sha512 => Self::Sha512(Box::new(Hmac::new_from_slice(key).ok()?)),
        })
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(mac) => mac.update(bytes),
            Self::Sha256(mac) => mac.update(bytes),
            Self::Sha512(mac) => mac.update(bytes),
        }
    }

    /// The signature, for signing.
    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha1(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Sha256(mac) => mac.finalize().into_bytes().to_vec(),
            Self::Sha512(mac) => mac.finalize().into_bytes().to_vec(),
        }
    }

    /// Whether the signature is the expected one, in constant time over its bytes.
    pub(crate) fn matches(self, expected: &[u8]) -> bool {
        match self {
            Self::Sha1(mac) => mac.verify_slice(expected).is_ok(),
            Self::Sha256(mac) => mac.verify_slice(expected).is_ok(),
            Self::Sha512(mac) => mac.verify_slice(expected).is_ok(),
        }
    }
}

impl fmt::Debug for KeyedMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedMac(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(form: SecretForm, text: &str) -> SecretProblem {
        form.key(&text.into()).unwrap_err()
    }

    #[test]
    fn a_whsec_secret_is_decoded_with_and_without_its_prefix() {
        let with = SecretForm::Whsec.key(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let without = SecretForm::Whsec.key(&"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        assert_eq!(with.as_ref().unwrap().len(), 24);
        assert_eq!(with, without);
    }

    #[test]
    fn a_secret_that_cannot_work_is_named_without_being_shown() {
        assert_eq!(problem(SecretForm::Whsec, "whsec_***"), SecretProblem::NotBase64);
        assert_eq!(problem(SecretForm::Whsec, "whsec_QUJD"), SecretProblem::Length { bytes: 3 });
        let long = "A".repeat(88);
        assert_eq!(problem(SecretForm::Whsec, &long), SecretProblem::Length { bytes: 66 });
        assert_eq!(problem(SecretForm::Hex, "xyz"), SecretProblem::NotHex);
        let hex64 = |text: &str| SecretForm::Hex64.key(&text.into()).unwrap();
        assert_eq!(hex64(&"ab".repeat(64)), [0xAB; 64]);
        assert_eq!(hex64(&"ab".repeat(32)), "ab".repeat(32).into_bytes());
        for form in [SecretForm::Verbatim, SecretForm::Whsec, SecretForm::Hex, SecretForm::Hex64] {
            assert_eq!(problem(form, " "), SecretProblem::Empty);
        }
        let fault = SecretFault { index: 1, problem: problem(SecretForm::Whsec, "whsec_QUJD") };
        assert_eq!(
            fault.to_string(),
            "secret 2 decodes to 3 bytes; this scheme's keys have 24 to 64"
        );
    }

    #[test]
    fn a_token_that_can_be_guessed_is_refused_with_how_many_bits_it_has() {
        for good in [
            "0123456789abcdef0123456789abcdef",
            "mS3cPqZ8rT1vXw5yB7nK2d",
            "demo-secret-of-maison-lumen",
        ] {
            assert_eq!(unguessable(&good.into()), Ok(good), "{}", bits(good));
        }
        for (bad, about) in
            [("secret", 23), ("0123456789abcdef", 64), ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 4)]
        {
            assert_eq!(unguessable(&bad.into()), Err(SecretProblem::Guessable { bits: about }));
        }
    }

    #[test]
    fn standard_webhooks_public_keys_are_told_from_private_ones() {
        let key = |text: &str| whpk(&text.into());
        assert_eq!(key("whsec_QUJD"), None);
        assert_eq!(key("whsk_QUJD"), Some(Err(SecretProblem::PrivateKey)));
        assert_eq!(key("whpk_QUJD"), Some(Err(SecretProblem::NotPublicKey)));
        assert_eq!(key(&format!("whpk_{}=", "A".repeat(43))), Some(Ok(vec![0; 32])));
    }

    #[test]
    fn a_travelling_secret_has_no_space_around_it() {
        assert_eq!(travelling(&"a b".into()), Ok("a b"));
        assert_eq!(travelling(&"a\n".into()), Err(SecretProblem::OuterSpace));
        assert_eq!(travelling(&"".into()), Err(SecretProblem::Empty));
    }
}

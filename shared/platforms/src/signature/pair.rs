//! Keys of which one signs and the other verifies: making them, and signing as a platform would.
//! Vigie itself only verifies; this is for playing a platform.

use aws_lc_rs::encoding::{AsBigEndian as _, AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
};
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use p256::pkcs8::DecodePrivateKey as _;
use secrecy::SecretString;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::encoding::{Encoding, unbase64};
use super::keys::{HashKind, SecretProblem, WHSK};
use super::scheme::{JwtAlgorithm, JwtScheme, Scheme};

/// What signs, and what the receiver has of it. Most schemes have one secret for both.
///
/// ```
/// use vigie_platforms::{Preset, Request, Verifier, signature::{KeyPair, sign}};
/// let scheme = Preset::by_id("wix-reviews").unwrap().scheme();
/// let pair = KeyPair::generate(scheme).unwrap();
/// let now = "2026-11-20T09:12:00Z".parse().unwrap();
/// let signed = sign(scheme, &pair.signing, b"{}", "", now).unwrap();
/// let (headers, body) = (signed.header_map(), signed.body_or(b"{}"));
/// let request = Request { headers: &headers, path_token: None, query: None, body };
/// assert!(Verifier::new(scheme, &[pair.verifying]).unwrap().verify(&request, now).is_ok());
/// ```
#[derive(Debug, Clone)]
pub struct KeyPair {
    /// The platform's.
    pub signing: SecretString,
    /// The receiver's.
    pub verifying: SecretString,
}

impl KeyPair {
    /// Makes a pair for a scheme that signs with a private key; `None` where one secret does both,
    /// or where the machine gives no randomness.
    pub fn generate(scheme: &Scheme) -> Option<Self> {
        let (private, public) = match scheme {
            Scheme::Jwt(JwtScheme { algorithm: JwtAlgorithm::Rs256, .. }) => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
                let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).ok()?;
                let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).ok()?;
                (private.as_ref().to_vec(), public.as_ref().to_vec())
            }
            Scheme::Ecdsa(_) => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).ok()?;
                let private = pair.to_pkcs8v1().ok()?;
                let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).ok()?;
                (private.as_ref().to_vec(), public.as_ref().to_vec())
            }
            _ => return None,
        };
        let pem = |label: &str, der: &[u8]| {
            let text = Encoding::Base64.encode(der);
            format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n").into()
        };
        Some(Self { signing: pem("PRIVATE KEY", &private), verifying: pem("PUBLIC KEY", &public) })
    }

    /// Makes a pair of Standard Webhooks' `v1a`, which go with its symmetric secrets.
    ///
    /// ```
    /// let pair = vigie_platforms::signature::KeyPair::generate_v1a().unwrap();
    /// # use secrecy::ExposeSecret;
    /// assert!(pair.verifying.expose_secret().starts_with("whpk_"));
    /// ```
    pub fn generate_v1a() -> Option<Self> {
        let pair = Ed25519KeyPair::generate().ok()?;
        let seed = pair.seed().ok()?.as_be_bytes().ok()?;
        let text = |bytes: &[u8]| Encoding::Base64.encode(bytes);
        Some(Self {
            signing: format!("{WHSK}{}", text(seed.as_ref())).into(),
            verifying: format!("whpk_{}", text(pair.public_key().as_ref())).into(),
        })
    }
}

/// The private key of a PEM text, in DER.
fn private(pem: &str) -> Result<Vec<u8>, SecretProblem> {
    let (_, rest) =
        pem.split_once("-----BEGIN PRIVATE KEY-----").ok_or(SecretProblem::NotPrivateKey)?;
    let (inside, _) = rest.split_once("-----END").ok_or(SecretProblem::NotPrivateKey)?;
    let digits: Vec<u8> = inside.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    unbase64(&digits).ok_or(SecretProblem::NotPrivateKey)
}

pub(super) fn sign_rsa(pem: &str, message: &[u8]) -> Result<Vec<u8>, SecretProblem> {
    let bad = |_| SecretProblem::NotPrivateKey;
    let pair = RsaKeyPair::from_pkcs8(&private(pem)?).map_err(bad)?;
    let mut signature = vec![0; pair.public_modulus_len()];
    let signed = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
    signed.map_err(|_| SecretProblem::NotPrivateKey)?;
    Ok(signature)
}

pub(super) fn sign_p256(pem: &str, hash: HashKind, body: &[u8]) -> Result<Vec<u8>, SecretProblem> {
    let key = p256::ecdsa::SigningKey::from_pkcs8_der(&private(pem)?);
    let key = key.map_err(|_| SecretProblem::NotPrivateKey)?;
    let digest = match hash {
        HashKind::Sha1 => Sha1::digest(body).to_vec(),
        HashKind::Sha256 => Sha256::digest(body).to_vec(),
        HashKind::Sha512 => Sha512::digest(body).to_vec(),
    };
    let signature: p256::ecdsa::Signature =
        key.sign_prehash(&digest).map_err(|_| SecretProblem::NotPrivateKey)?;
    Ok(signature.to_der().as_bytes().to_vec())
}

/// Signs with an ed25519 private key in base64: its seed, or seed and public key.
pub(super) fn sign_ed25519(text: &str, message: &[u8]) -> Result<Vec<u8>, SecretProblem> {
    let bytes = unbase64(text.as_bytes()).ok_or(SecretProblem::NotBase64)?;
    let seed = bytes.get(..32).ok_or(SecretProblem::NotPrivateKey)?;
    let pair = Ed25519KeyPair::from_seed_unchecked(seed);
    let pair = pair.map_err(|_| SecretProblem::NotPrivateKey)?;
    Ok(pair.sign(message).as_ref().to_vec())
}

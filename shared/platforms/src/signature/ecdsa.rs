//! ECDSA as eBay signs: a header that is base64 of JSON, and a key on P-256.
//!
//! Its documents hash the body with SHA-1. That is weaker than one would choose: whoever could make
//! two bodies of one hash would have to get the platform to sign the first.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA1_ASN1, ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA512_ASN1,
    EcdsaVerificationAlgorithm, UnparsedPublicKey,
};
use serde::Deserialize;

use super::encoding::unbase64;
use super::keys::HashKind;
use super::scheme::EcdsaScheme;
use super::{Refusal, Request};
use crate::headers::{Once, once};

/// What the header holds. Its own word on algorithm and digest is not taken: the scheme says.
#[derive(Deserialize)]
pub(crate) struct Given {
    pub(crate) signature: String,
    pub(crate) digest: Option<String>,
    pub(crate) kid: Option<String>,
}

impl Given {
    pub(crate) fn read(scheme: &EcdsaScheme, request: &Request<'_>) -> Result<Self, Refusal> {
        let value = match once(request.headers, &scheme.header) {
            Once::Missing => return Err(Refusal::SignatureMissing),
            Once::Conflicting => return Err(Refusal::SignatureMismatch),
            Once::Value(value) => value,
        };
        let given = unbase64(value).and_then(|json| serde_json::from_slice(&json).ok());
        given.ok_or(Refusal::SignatureMismatch)
    }

    pub(crate) fn is_of(&self, hash: HashKind, key: &[u8], body: &[u8]) -> bool {
        let Some(signature) = unbase64(self.signature.as_bytes()) else { return false };
        UnparsedPublicKey::new(algorithm(hash), key).verify(body, &signature).is_ok()
    }
}

fn algorithm(hash: HashKind) -> &'static EcdsaVerificationAlgorithm {
    match hash {
        HashKind::Sha1 => &ECDSA_P256_SHA1_ASN1,
        HashKind::Sha256 => &ECDSA_P256_SHA256_ASN1,
        HashKind::Sha512 => &ECDSA_P256_SHA512_ASN1,
    }
}

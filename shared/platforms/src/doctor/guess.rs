//! A platform that does not say how it signs: whether what came matches a scheme that we know.
//!
//! A match proves that the platform signs so, and nothing less would: nobody hits upon a signature
//! by chance. Vigie does not act on it: the operator writes it into a preset of their own.

use std::fmt::Write as _;

use secrecy::SecretString;

use super::near::NearMiss;
use super::search::{self, Found};
use crate::signature::{Encoding, HashKind, HmacScheme, Request, Scheme, SecretForm};

/// Looks for a signature in any header, made with any of the secrets.
pub(super) fn signed(request: &Request<'_>, secrets: &[SecretString], before: usize) -> Found {
    let scheme = Scheme::Hmac(HmacScheme {
        hash: HashKind::Sha256,
        or_hash: None,
        encoding: Encoding::Hex,
        headers: Vec::new(),
        prefix: String::new(),
        secret: SecretForm::Verbatim,
        stamp: None,
    });
    let mut found = search::signed(&scheme, request, secrets);
    found.tried += before;
    if let Some(near) = &mut found.near {
        near.preset = as_preset(near);
    }
    found
}

/// The scheme as a preset states it, where one can.
fn as_preset(near: &NearMiss) -> Option<String> {
    let header = near.header.as_ref()?;
    let plain = near.is_as_received() && near.key.is_none() && near.signed.is_none();
    let encoding = ["hex", "base64"].into_iter().find(|known| *known == near.encoding)?;
    let hash = near.hash.unwrap_or("sha256");
    let mut text = format!(
        "[signature] scheme = \"hmac\", evidence = \"unknown\", hash = \"{hash}\", encoding = \
         \"{encoding}\", headers = [\"{header}\"]"
    );
    if let Some(prefix) = near.prefix.as_deref().filter(|prefix| !prefix.is_empty()) {
        let _ = write!(text, ", prefix = \"{prefix}=\"");
    }
    plain.then_some(text)
}

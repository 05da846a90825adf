//! A platform that does not say how it signs: whether what came matches a scheme that we know.
//!
//! A match proves that the platform signs so, and nothing less would: nobody hits upon a signature
//! by chance. Vigie does not act on it: the operator writes it into a preset of their own.

use std::fmt::Write as _;

use http::HeaderMap;
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
        near.preset = as_preset(near, request.headers);
    }
    found
}

/// The scheme as a preset states it, where one can: a header with nothing but the signature, behind
/// a prefix or alone.
fn as_preset(near: &NearMiss, headers: &HeaderMap) -> Option<String> {
    let header = near.header.as_ref()?;
    let prefix = near.prefix.as_deref().filter(|prefix| !prefix.is_empty());
    let before = prefix.map(|prefix| format!("{prefix}=")).unwrap_or_default();
    let bare = crate::headers::text(headers, header)?.strip_prefix(&before)?;
    let plain = near.is_as_received()
        && near.key.is_none()
        && near.signed.is_none()
        && !bare.contains([',', ';', ':', ' ']);
    let encoding = ["hex", "base64"].into_iter().find(|known| *known == near.encoding)?;
    let hash = near.hash.unwrap_or("sha256");
    let mut text = format!(
        "[signature] scheme = \"hmac\", evidence = \"unknown\", hash = \"{hash}\", encoding = \
         \"{encoding}\", headers = [\"{header}\"]"
    );
    if prefix.is_some() {
        let _ = write!(text, ", prefix = \"{before}\"");
    }
    plain.then_some(text)
}

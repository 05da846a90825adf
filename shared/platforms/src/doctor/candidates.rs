//! Whatever in the headers can be a signature, and how far it is from what the scheme says.

use http::HeaderMap;

use super::near::Written;
use crate::signature::{HashKind, Scheme, StampPlace, unbase64, unbase64_url, unhex};

/// Candidates looked at. A request has one or two; a header of thousands is an attack on our time.
const CANDIDATES_MAX: usize = 128;

/// Something that can be a signature.
pub(super) struct Candidate {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: HashKind,
    pub(super) written: Written,
    /// The header, where not the scheme's.
    pub(super) header: Option<String>,
    /// What stands before it, where not what the scheme says.
    pub(super) prefix: Option<String>,
    /// In how many ways it differs from what the scheme says.
    pub(super) differs: usize,
}

/// The hash, the spelling and the prefix that a signed scheme expects.
pub(super) fn expected(scheme: &Scheme) -> (HashKind, Written, &str) {
    match scheme {
        Scheme::Hmac(hmac) => match hmac.stamp.as_ref().map(|stamp| &stamp.place) {
            Some(StampPlace::InSignature { signature, .. }) => {
                (hmac.hash, hmac.encoding.into(), signature)
            }
            _ => (hmac.hash, hmac.encoding.into(), hmac.prefix.trim_end_matches('=')),
        },
        _ => (HashKind::Sha256, Written::Base64, "v1"),
    }
}

/// Every candidate, the scheme's own header first.
pub(super) fn candidates(scheme: &Scheme, headers: &HeaderMap) -> Vec<Candidate> {
    let (hash, written, prefix) = expected(scheme);
    let proofs = scheme.proof_headers();
    let mut all = Vec::new();
    for (name, value) in headers {
        let ours = proofs.iter().any(|proof| proof.eq_ignore_ascii_case(name.as_str()));
        let Ok(text) = std::str::from_utf8(value.as_bytes()) else { continue };
        for (before, token) in tokens(text) {
            let Some((bytes, found_hash, found_written)) = decoded(token) else { continue };
            let differs = [!ours, found_hash != hash, found_written != written, before != prefix];
            all.push(Candidate {
                bytes,
                hash: found_hash,
                written: found_written,
                header: (!ours).then(|| name.as_str().to_owned()),
                prefix: (before != prefix).then(|| before.to_owned()),
                differs: differs.into_iter().filter(|differs| *differs).count(),
            });
        }
    }
    all.sort_by_key(|candidate| candidate.differs);
    all.truncate(CANDIDATES_MAX);
    all
}

/// The parts of a header's value that can be a signature, each with the short name before it:
/// `sha256=…`, `v1,…`, `t=…,v1=…`.
fn tokens(text: &str) -> Vec<(&str, &str)> {
    let short = |name: &str| {
        (1..=12).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let mut all = Vec::new();
    for word in text.split_whitespace() {
        let mut last = "";
        for part in word.split([',', ';']) {
            let named = part
                .split_once(['=', ':'])
                .filter(|(name, rest)| short(name) && !rest.trim_matches('=').is_empty());
            match named {
                Some((name, rest)) => all.push((name, rest)),
                None => all.push((if short(last) { last } else { "" }, part)),
            }
            last = part;
        }
    }
    all
}

fn decoded(text: &str) -> Option<(Vec<u8>, HashKind, Written)> {
    let hash_of = |bytes: &[u8]| HashKind::ALL.into_iter().find(|h| h.bytes() == bytes.len());
    let bare = text.trim_matches(['"', '\'']);
    let quoted = bare.len() != text.len();
    let bare = bare.as_bytes();
    let base64 = unbase64(bare).or_else(|| unbase64_url(bare));
    // Some senders write the hex digits and then base64 of those.
    let twice = base64.as_deref().and_then(unhex);
    let attempts =
        [(unhex(bare), Written::Hex), (twice, Written::Base64OfHex), (base64, Written::Base64)];
    attempts.into_iter().find_map(|(bytes, written)| {
        let bytes = bytes?;
        let hash = hash_of(&bytes)?;
        Some((bytes, hash, if quoted { written.quoted() } else { written }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_read_however_it_is_written() {
        let hex = "ab".repeat(32);
        let base64 = "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=";
        let twice = crate::signature::Encoding::Base64.encode(hex.as_bytes());
        for (text, prefix, written) in [
            (hex.clone(), "", Written::Hex),
            (hex.to_uppercase(), "", Written::Hex),
            (format!("sha256={hex}"), "sha256", Written::Hex),
            (format!("sha256:{hex}"), "sha256", Written::Hex),
            (format!("t=12,v1={hex}"), "v1", Written::Hex),
            (format!("\"{hex}\""), "", Written::HexQuoted),
            (base64.to_owned(), "", Written::Base64),
            (base64.trim_end_matches('=').to_owned(), "", Written::Base64),
            (format!("v1,{base64}"), "v1", Written::Base64),
            (twice, "", Written::Base64OfHex),
        ] {
            let found: Vec<_> = tokens(&text)
                .into_iter()
                .filter_map(|(before, token)| Some((before, decoded(token)?)))
                .collect();
            let (before, (bytes, hash, how)) = &found[0];
            assert_eq!((*before, *how, *hash), (prefix, written, HashKind::Sha256), "{text}");
            assert_eq!(*bytes, vec![0xab; 32], "{text}");
        }
    }
}

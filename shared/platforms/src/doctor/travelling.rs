//! Near misses of a secret that travels as it is: it came in another place, or with something
//! around it.

use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};

use super::near::NearMiss;
use super::search::Found;
use crate::signature::{Request, Scheme, unbase64, unbase64_url};

/// What a text is that is a secret to the letter.
const ITSELF: &str = "";

/// Looks for a secret in the address and in every header.
pub(super) fn travelling(
    scheme: &Scheme,
    request: &Request<'_>,
    secrets: &[SecretString],
) -> Found {
    let mut found = Found { near: None, tried: 0, cut: false };
    let proofs = scheme.proof_headers();
    let in_headers = request.headers.iter().filter_map(|(name, value)| {
        let ours = proofs.iter().any(|proof| proof.eq_ignore_ascii_case(name.as_str()));
        Some(((!ours).then(|| name.as_str().to_owned()), value.to_str().ok()?))
    });
    let token = request.path_token.map(|token| (None, token));
    for (header, given) in token.into_iter().chain(in_headers) {
        for (text, encoding) in readings(given) {
            for (index, secret) in secrets.iter().enumerate() {
                found.tried += 1;
                if let Some(key) = likeness(&text, secret.expose_secret()) {
                    let near = NearMiss::with_secret(index + 1, encoding);
                    found.near = Some(NearMiss {
                        key: Some(key).filter(|key| *key != ITSELF),
                        header,
                        encoding_differs: encoding != "text",
                        ..near
                    });
                    return found;
                }
            }
        }
    }
    found
}

/// What a value may mean: itself, without what stands around it, decoded.
fn readings(given: &str) -> Vec<(String, &'static str)> {
    let bare = given.trim();
    let behind = |mark: char| bare.split_once(mark).map(|(_, rest)| rest.trim());
    let mut all = vec![(bare.to_owned(), "text")];
    for plain in [Some(bare), behind(' '), behind('='), behind(':')].into_iter().flatten() {
        let plain = plain.trim_end_matches('/').trim_matches(['"', '\'', '<', '>', '{', '}']);
        all.push((plain.to_owned(), "text"));
        if plain.contains('%') {
            let decoded = percent_decode_str(plain).decode_utf8_lossy().into_owned();
            all.push((decoded, "URL-encoding"));
        }
        let bytes = unbase64(plain.as_bytes()).or_else(|| unbase64_url(plain.as_bytes()));
        let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else { continue };
        // As in Authorization: Basic, where a name may stand before it.
        all.extend(text.split_once(':').map(|(name, _)| (name.to_owned(), "base64")));
        all.extend(text.split_once(':').map(|(_, word)| (word.to_owned(), "base64")));
        all.push((text, "base64"));
    }
    all
}

/// How a text is like a secret, if it is: in nothing but name where it is the secret itself.
fn likeness(text: &str, secret: &str) -> Option<&'static str> {
    let bare = secret.trim();
    if bare.is_empty() {
        return None;
    }
    if text == bare && bare.len() == secret.len() {
        Some(ITSELF)
    } else if text == bare {
        Some("the secret without the white space around it")
    } else if text.eq_ignore_ascii_case(bare) {
        Some("the secret in other letter case")
    } else if text == bare.trim_matches(['"', '\'']) {
        Some("the secret without the quotes around it")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_in_every_way_it_may_be_meant() {
        for (given, text) in [
            ("s3cret", "s3cret"),
            ("Bearer s3cret", "s3cret"),
            ("token=s3cret", "s3cret"),
            ("\"s3cret\"", "s3cret"),
            ("s3cret/", "s3cret"),
            ("s3%2Bcret", "s3+cret"),
            ("Basic dmlnaWU6czNjcmV0", "s3cret"),
            ("czNjcmV0", "s3cret"),
        ] {
            assert!(readings(given).iter().any(|(read, _)| read == text), "{given}");
        }
    }

    #[test]
    fn only_what_is_a_secret_but_for_case_and_edges_is_like_it() {
        assert_eq!(likeness("a", "a"), Some(ITSELF));
        for (text, secret) in [("a", "a\n"), ("A", "a"), ("a", "\"a\"")] {
            assert!(likeness(text, secret).is_some_and(|how| how != ITSELF), "{text}");
        }
        for none in [("", ""), ("a", ""), ("", "\n"), ("a", "ab")] {
            assert_eq!(likeness(none.0, none.1), None, "{none:?}");
        }
    }
}

//! Credentials, as AUTH PLAIN (RFC 4616) and LOGIN carry them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Decodes base64 text; nothing where it is none.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text.trim()).ok()
}

/// Reads a PLAIN response: an identity to act as, a user and a password, between NUL bytes. Answers
/// user and password.
pub(crate) fn plain(response: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = response.split(|b| *b == 0);
    let _act_as = parts.next()?;
    let pair = (parts.next()?, parts.next()?);
    parts.next().is_none().then_some(pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_plain_with_and_without_an_identity() {
        assert_eq!(plain(b"\0sara\0secret"), Some((&b"sara"[..], &b"secret"[..])));
        assert_eq!(plain(b"other\0sara\0secret"), Some((&b"sara"[..], &b"secret"[..])));
    }

    #[test]
    fn err_plain_with_parts_missing_or_in_excess() {
        for bad in [&b""[..], b"sara", b"\0sara", b"\0sara\0secret\0more"] {
            assert_eq!(plain(bad), None, "{bad:?}");
        }
        assert_eq!(decode("not base64!"), None);
        assert_eq!(decode("c2FyYQ==\r\n").as_deref(), Some(&b"sara"[..]));
    }
}

//! Which bodies are taken.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::answer::Code;

/// The largest body taken (contract): 1 MiB.
pub const BODY_BYTES_MAX: usize = 1 << 20;

/// Whether a body that was read whole is taken.
///
/// # Errors
/// It is too large, or compressed: a signature covers the bytes that arrive.
pub fn judge(headers: &HeaderMap, bytes: usize) -> Result<(), Code> {
    if bytes > BODY_BYTES_MAX {
        return Err(Code::PayloadTooLarge);
    }
    if is_compressed(headers) {
        return Err(Code::CompressedBody);
    }
    Ok(())
}

fn is_compressed(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .any(|value| !value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_one_mebibyte_is_taken_and_one_byte_more_is_not() {
        let none = HeaderMap::new();
        assert_eq!(judge(&none, BODY_BYTES_MAX), Ok(()));
        assert_eq!(judge(&none, BODY_BYTES_MAX + 1), Err(Code::PayloadTooLarge));
    }

    #[test]
    fn a_compressed_body_is_refused_and_identity_is_not_compression() {
        let with = |encoding: &'static str| {
            HeaderMap::from_iter([(CONTENT_ENCODING, http::HeaderValue::from_static(encoding))])
        };
        assert_eq!(judge(&with("gzip"), 3), Err(Code::CompressedBody));
        assert_eq!(judge(&with(" Identity "), 3), Ok(()));
    }
}

//! Public keys, as platforms print them.

use super::encoding::unbase64;
use super::keys::SecretProblem;

/// The bytes (DER) of a public key in PEM. Some platforms print it in one line, so line ends do
/// not count.
pub(crate) fn of_pem(text: &str) -> Result<Vec<u8>, SecretProblem> {
    let inside = |label: &str| {
        let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
        rest.split_once(&format!("-----END {label}-----")).map(|(inside, _)| inside)
    };
    if text.trim().is_empty() {
        return Err(SecretProblem::Empty);
    }
    if text.contains("PRIVATE KEY-----") {
        return Err(SecretProblem::PrivateKey);
    }
    // Wix prints base64 of the whole.
    let whole = unbase64(text.trim().as_bytes()).and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some(whole) = whole.filter(|whole| whole.contains("-----BEGIN ")) {
        return of_pem(&whole);
    }
    let inside = inside("PUBLIC KEY").or_else(|| inside("RSA PUBLIC KEY"));
    // A key in an environment variable often has its line ends written out.
    let digits: Vec<u8> = inside
        .ok_or(SecretProblem::NotPublicKey)?
        .replace("\\n", "")
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    unbase64(&digits).filter(|der| !der.is_empty()).ok_or(SecretProblem::NotPublicKey)
}

#[cfg(test)]
mod tests {
    use super::super::encoding::Encoding;
    use super::*;

    #[test]
    fn a_public_key_is_read_in_lines_in_one_and_with_line_ends_written_out() {
        for between in ["\n", "", "\\n", "\r\n"] {
            let pem = format!(
                "-----BEGIN PUBLIC KEY-----{between}QUJD{between}REVG{between}-----END PUBLIC KEY-----"
            );
            assert_eq!(of_pem(&pem).as_deref(), Ok(b"ABCDEF".as_slice()), "{between:?}");
            let twice = Encoding::Base64.encode(pem.as_bytes());
            assert_eq!(of_pem(&twice).as_deref(), Ok(b"ABCDEF".as_slice()), "{between:?}");
        }
    }

    #[test]
    fn a_private_key_is_told_from_what_is_no_key() {
        let private = "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----";
        assert_eq!(of_pem(private), Err(SecretProblem::PrivateKey));
        for bad in ["s3cret", "-----BEGIN PUBLIC KEY-----\n***\n-----END PUBLIC KEY-----"] {
            assert_eq!(of_pem(bad), Err(SecretProblem::NotPublicKey), "{bad}");
        }
        assert_eq!(of_pem(" "), Err(SecretProblem::Empty));
    }
}

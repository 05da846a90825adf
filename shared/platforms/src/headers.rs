//! Request headers: read from a file of `Name: value` lines, and looked up with an eye on
//! duplicates.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Why a line is not a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not a header: write Name: value")]
pub struct BadHeaderLine {
    /// Which line, from 1.
    pub line: usize,
}

/// Reads `Name: value` lines, as `vigie doctor --headers` takes them. Empty lines, and a first
/// line that is a request line (`POST /hooks/x HTTP/1.1`), are passed over.
///
/// ```
/// let headers = vigie_platforms::headers::parse("X-Hash: ab\r\nX-Hash: cd\n").unwrap();
/// assert_eq!(headers.get_all("x-hash").iter().count(), 2);
/// ```
///
/// # Errors
/// The first line that is neither empty nor a header.
pub fn parse(text: &str) -> Result<HeaderMap, BadHeaderLine> {
    let mut headers = HeaderMap::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let request_line = at == 0 && line.contains(" HTTP/");
        if line.is_empty() || request_line {
            continue;
        }
        let bad = BadHeaderLine { line: at + 1 };
        let (name, value) = header(line).ok_or_else(|| bad.clone())?;
        headers.try_append(name, value).map_err(|_| bad)?;
    }
    Ok(headers)
}

fn header(line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':')?;
    Some((name.trim().parse().ok()?, HeaderValue::from_bytes(value.trim().as_bytes()).ok()?))
}

/// What stands in a header that should be there once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Once<'a> {
    /// Absent, or empty.
    Missing,
    /// There, trimmed; several equal ones count as one.
    Value(&'a [u8]),
    /// There several times with different values.
    Conflicting,
}

/// Looks a header up by its name, whatever its case.
pub(crate) fn once<'a>(headers: &'a HeaderMap, name: &str) -> Once<'a> {
    let mut values = headers.get_all(name).iter().map(|value| value.as_bytes().trim_ascii());
    match values.next() {
        Some(first) if values.any(|other| other != first) => Once::Conflicting,
        None | Some([]) => Once::Missing,
        Some(first) => Once::Value(first),
    }
}

/// A header's text where it is there once and readable.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    match once(headers, name) {
        Once::Value(bytes) => std::str::from_utf8(bytes).ok(),
        Once::Missing | Once::Conflicting => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_whatever_its_case() {
        let headers = parse("JudgeMe-HMAC-sha256:  AB \n\n").unwrap();
        assert_eq!(once(&headers, "JUDGEME-HMAC-SHA256"), Once::Value(b"AB"));
        assert_eq!(once(&headers, "other"), Once::Missing);
    }

    #[test]
    fn equal_duplicates_count_as_one_and_different_ones_conflict() {
        let headers = parse("A: x\nA: x\nB: x\nB: y\nC:\nC: x\nD:").unwrap();
        assert_eq!(once(&headers, "a"), Once::Value(b"x"));
        assert_eq!(once(&headers, "b"), Once::Conflicting);
        assert_eq!(once(&headers, "c"), Once::Conflicting);
        assert_eq!(once(&headers, "d"), Once::Missing);
    }

    #[test]
    fn a_request_line_is_passed_over_and_nonsense_is_named() {
        assert_eq!(parse("POST /hooks/x HTTP/1.1\nA: b").unwrap().len(), 1);
        assert_eq!(parse("A: b\nnonsense"), Err(BadHeaderLine { line: 2 }));
        assert_eq!(parse("bad name: x"), Err(BadHeaderLine { line: 1 }));
    }
}

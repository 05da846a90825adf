//! JSON from strangers: depth judged, and two common injuries healed.
//!
//! A byte order mark before the text is passed over. An escaped surrogate that stands alone
//! (`"\ud83d"`, what is left of an emoji that a platform cut in two) becomes U+FFFD: it is JSON
//! by RFC 8259's grammar, and no reason to refuse a review.

use std::borrow::Cow;

use serde_json::Value;

/// How deep a payload may nest (contract): `[[1]]` is 2 deep.
pub const DEPTH_MAX: usize = 64;

/// Why bytes are not a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadJson {
    /// Not JSON in UTF-8.
    #[error("the body is not JSON")]
    NotJson,
    /// JSON, nested too deep.
    #[error("the body nests deeper than {DEPTH_MAX}")]
    TooDeep,
}

/// Parses a payload. Of equal keys in an object the last counts.
///
/// ```
/// use vigie_platforms::json::{self, BadJson};
/// assert!(json::parse(br#"{"a":[1]}"#).is_ok());
/// assert_eq!(json::parse(b"{"), Err(BadJson::NotJson));
/// assert_eq!(json::parse("[".repeat(65).as_bytes()), Err(BadJson::TooDeep));
/// ```
///
/// # Errors
/// The bytes are not JSON, or nest deeper than [`DEPTH_MAX`].
pub fn parse(bytes: &[u8]) -> Result<Value, BadJson> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| BadJson::NotJson)?;
    let value = match serde_json::from_str(text) {
        Ok(value) => value,
        // The parser gives up at 128 levels, and does not say so.
        Err(_) if too_deep(bytes) => return Err(BadJson::TooDeep),
        Err(_) => match mended(bytes) {
            Cow::Owned(mended) => serde_json::from_slice(&mended).map_err(|_| BadJson::NotJson)?,
            Cow::Borrowed(_) => return Err(BadJson::NotJson),
        },
    };
    if nests(&value, DEPTH_MAX) { Err(BadJson::TooDeep) } else { Ok(value) }
}

/// Whether a value nests deeper than so many levels. It was parsed, so it nests 128 at most.
fn nests(value: &Value, levels: usize) -> bool {
    let deeper = |inner: &Value| nests(inner, levels.saturating_sub(1));
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(deeper),
        Value::Object(object) => levels == 0 || object.values().any(deeper),
        _ => false,
    }
}

/// Counts brackets outside strings, without recursion.
fn too_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return true;
                }
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// The text with every lone escaped surrogate replaced; borrowed if there is none.
fn mended(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (length, lone) = match (rest, unit(rest)) {
            (_, Some(0xD800..=0xDBFF)) => match rest.get(6..).and_then(unit) {
                Some(0xDC00..=0xDFFF) => (12, false),
                _ => (6, true),
            },
            (_, Some(0xDC00..=0xDFFF)) => (6, true),
            ([b'\\', _, ..], _) => (2, false),
            _ => (1, false),
        };
        if lone {
            let kept = out.get_or_insert_with(|| bytes.get(..at).unwrap_or_default().to_vec());
            kept.extend_from_slice(b"\\ufffd");
        } else if let Some(kept) = &mut out {
            kept.extend_from_slice(rest.get(..length).unwrap_or(rest));
        }
        at += length;
    }
    out.map_or(Cow::Borrowed(bytes), Cow::Owned)
}

/// The UTF-16 unit of an escape `\uXXXX` at the beginning.
fn unit(rest: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(rest.strip_prefix(b"\\u")?.get(..4)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_four_levels_pass_and_sixty_five_do_not() {
        let nested = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        assert!(parse(nested(64).as_bytes()).is_ok());
        assert_eq!(parse(nested(65).as_bytes()), Err(BadJson::TooDeep));
        let objects = |n: usize| format!("{}1{}", r#"{"a":"#.repeat(n), "}".repeat(n));
        assert!(parse(objects(64).as_bytes()).is_ok());
        assert_eq!(parse(objects(65).as_bytes()), Err(BadJson::TooDeep));
        let wide = format!("[{}1]", "[1],".repeat(200));
        assert!(parse(wide.as_bytes()).is_ok(), "width is not depth");
    }

    #[test]
    fn brackets_inside_strings_nest_nothing() {
        let text = format!(r#"["{}\"{}"]"#, "[".repeat(100), "{".repeat(100));
        assert!(parse(text.as_bytes()).is_ok());
        assert!(parse(format!(r#"["\\",{}]"#, "[".repeat(64)).as_bytes()) == Err(BadJson::TooDeep));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for bad in [&b""[..], b"{\"a\":1", b"\xff", b"\"\xff\"", b"{}x", b"nul", b"\xEF\xBB\xBF"] {
            assert_eq!(parse(bad), Err(BadJson::NotJson), "{bad:?}");
        }
        assert!(parse(b"\xEF\xBB\xBF{}").is_ok(), "a byte order mark");
    }

    #[test]
    fn half_an_emoji_becomes_a_replacement_character() {
        let text = |json: &str| parse(json.as_bytes()).unwrap().as_str().map(str::to_owned);
        assert_eq!(text(r#""ok \ud83d""#).unwrap(), "ok \u{FFFD}");
        assert_eq!(text(r#""\udc00x\ud83d\ude42\\ud83d""#).unwrap(), "\u{FFFD}x🙂\\ud83d");
        assert_eq!(parse(br#""\ud83d"#), Err(BadJson::NotJson));
        assert_eq!(parse(br#""\uZZZZ""#), Err(BadJson::NotJson));
    }

    #[test]
    fn numbers_keep_their_text_and_the_last_key_counts() {
        let value = parse(br#"{"a":1,"a":3.99999999999999999999}"#).unwrap();
        assert_eq!(value["a"].to_string(), "3.99999999999999999999");
    }
}

//! The body as it was before something put it into quotes, a form or an encoding, or took it out,
//! and as it was in another character set.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

use super::bodies::Change;
use crate::signature::{Encoding, unbase64, unbase64_url};

/// What RFC 3986 leaves as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Fields of a form that are looked at.
const FIELDS_MAX: usize = 8;

/// Gives every variant to `push`: its name, its bytes, its cost and what happened.
pub(super) fn variants(received: &[u8], mut push: impl FnMut(&str, &[u8], u8, Change)) {
    quoted(received, |name, bytes| push(name, bytes, 1, Change::Wrapped));
    escaped(received, |name, bytes| push(name, bytes, 1, Change::Wrapped));
    recoded(received, |name, bytes| push(name, bytes, 1, Change::Charset));
}

fn quoted(received: &[u8], mut push: impl FnMut(&str, &[u8])) {
    let bare = received.trim_ascii();
    if let Ok(inner) = serde_json::from_slice::<String>(bare) {
        push("the text inside the quotes", inner.as_bytes());
    }
    for quote in [b"\"", b"'"] {
        let inner = bare.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            push("without the quotes around it", inner);
        }
    }
    if let Ok(text) = std::str::from_utf8(received) {
        push("quoted as a JSON text", &serde_json::to_vec(text).unwrap_or_default());
    }
    push("with quotes around it", &[b"\"", received, b"\""].concat());
}

fn escaped(received: &[u8], mut push: impl FnMut(&str, &[u8])) {
    let decoded = |bytes: &[u8]| percent_decode(bytes).collect::<Vec<u8>>();
    if received.contains(&b'%') {
        push("URL-decoded", &decoded(received));
    }
    if received.contains(&b'+') {
        push("URL-decoded, + as a space", &decoded(&spaced(received)));
    }
    push("URL-encoded", percent_encode(received, RESERVED).to_string().as_bytes());
    for field in received.split(|byte| *byte == b'&').take(FIELDS_MAX) {
        let Some(at) = field.iter().position(|byte| *byte == b'=') else { continue };
        let value = decoded(&spaced(field.get(at + 1..).unwrap_or_default()));
        if value.starts_with(b"{") || value.starts_with(b"[") {
            push("the JSON in a field of the form", &value);
        }
    }
    let bare = received.trim_ascii();
    if let Some(bytes) = unbase64(bare).or_else(|| unbase64_url(bare)) {
        push("decoded from base64", &bytes);
    }
    push("encoded in base64", Encoding::Base64.encode(received).as_bytes());
    if let (true, Ok(text)) = (received.contains(&b'&'), std::str::from_utf8(received)) {
        push("with HTML entities decoded", unescaped(text).as_bytes());
    }
}

fn spaced(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect()
}

fn unescaped(text: &str) -> String {
    let entities = [("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&#x27;", "'")];
    let more = [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    let all = entities.into_iter().chain(more);
    all.fold(Cow::Borrowed(text), |text, (from, to)| Cow::Owned(text.replace(from, to)))
        .into_owned()
}

fn recoded(received: &[u8], mut push: impl FnMut(&str, &[u8])) {
    let widened = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    let Ok(text) = std::str::from_utf8(received) else {
        return push("in UTF-8 instead of Latin-1", widened(received).as_bytes());
    };
    if text.is_ascii() {
        return;
    }
    let narrowed: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
    if let Some(narrowed) = narrowed {
        let twice = std::str::from_utf8(&narrowed).is_ok();
        let name = if twice { "in UTF-8 encoded once, not twice" } else { "in Latin-1" };
        push(name, &narrowed);
    }
    push("in UTF-8 encoded twice", widened(received).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(received: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        variants(received, |name, bytes, _, _| all.push((name.to_owned(), bytes.to_vec())));
        all
    }

    #[test]
    fn what_was_put_around_a_body_is_taken_off() {
        let json = br#"{"a":"b c"}"#;
        let found = |received: &[u8], name: &str| {
            let all = named(received);
            assert!(all.contains(&(name.to_owned(), json.to_vec())), "{name}: {all:?}");
        };
        found(br#""{\"a\":\"b c\"}""#, "the text inside the quotes");
        found(br#"'{"a":"b c"}'"#, "without the quotes around it");
        found(b"%7B%22a%22%3A%22b%20c%22%7D", "URL-decoded");
        found(b"%7B%22a%22:%22b+c%22%7D", "URL-decoded, + as a space");
        found(b"x=1&payload=%7B%22a%22:%22b+c%22%7D", "the JSON in a field of the form");
        found(b"eyJhIjoiYiBjIn0=", "decoded from base64");
        found(b"{&quot;a&quot;:&quot;b c&quot;}", "with HTML entities decoded");
    }

    #[test]
    fn a_body_is_put_into_what_it_was_taken_out_of() {
        let all = named(br#"{"a":1}"#);
        for (name, bytes) in [
            ("quoted as a JSON text", r#""{\"a\":1}""#),
            ("with quotes around it", r#""{"a":1}""#),
            ("URL-encoded", "%7B%22a%22%3A1%7D"),
            ("encoded in base64", "eyJhIjoxfQ=="),
        ] {
            assert!(all.contains(&(name.to_owned(), bytes.as_bytes().to_vec())), "{name}");
        }
    }

    #[test]
    fn character_sets_are_told_apart() {
        let has = |received: &[u8], name: &str, bytes: &[u8]| {
            assert!(named(received).contains(&(name.to_owned(), bytes.to_vec())), "{name}");
        };
        has("é".as_bytes(), "in Latin-1", b"\xE9");
        has(b"\xE9", "in UTF-8 instead of Latin-1", "é".as_bytes());
        has("Ã©".as_bytes(), "in UTF-8 encoded once, not twice", "é".as_bytes());
        has("é".as_bytes(), "in UTF-8 encoded twice", "Ã©".as_bytes());
    }
}

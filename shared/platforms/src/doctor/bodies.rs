//! What the sender may have signed, if the bytes changed on the way.

use super::rewrite::{Node, Space, Style};
use crate::json;

/// A body that may have been signed.
pub(super) struct Body {
    /// How it differs from what arrived.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    /// How far it is from what arrived: 0 is what arrived.
    pub(super) cost: u8,
}

/// The name of the body that arrived.
pub(super) const AS_RECEIVED: &str = "as received";

/// Every variant that differs from all before it, what arrived first.
pub(super) fn variants(received: &[u8]) -> Vec<Body> {
    let mut all = Vec::new();
    push(&mut all, AS_RECEIVED, received.to_vec(), 0);
    plain(&mut all, received);
    let unmarked = received.strip_prefix(BOM).unwrap_or(received);
    let tree =
        json::parse(unmarked).ok().and_then(|_| Node::read(std::str::from_utf8(unmarked).ok()?));
    if let Some(tree) = tree {
        for style in styles() {
            push(&mut all, &name(style), tree.write(style).into_bytes(), 1 + extras(style));
        }
    }
    all
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

fn plain(all: &mut Vec<Body>, received: &[u8]) {
    let replaced = |from: &str, to: &str| {
        std::str::from_utf8(received).map(|text| text.replace(from, to).into_bytes())
    };
    let trimmed = received.strip_suffix(b"\r\n").or_else(|| received.strip_suffix(b"\n"));
    if let Some(trimmed) = trimmed {
        push(all, "without trailing newline", trimmed.to_vec(), 1);
    }
    push(all, "with trailing newline", [received, b"\n"].concat(), 1);
    push(all, "without surrounding white space", received.trim_ascii().to_vec(), 1);
    if let Ok(unix) = replaced("\r\n", "\n") {
        push(all, "with LF for CRLF", unix, 1);
    }
    if let Ok(dos) = replaced("\n", "\r\n") {
        push(all, "with CRLF for LF", dos, 1);
    }
    match received.strip_prefix(BOM) {
        Some(unmarked) => push(all, "without byte order mark", unmarked.to_vec(), 1),
        None => push(all, "with byte order mark", [BOM, received].concat(), 1),
    }
    push(all, "empty", Vec::new(), 1);
}

fn push(all: &mut Vec<Body>, name: &str, bytes: Vec<u8>, cost: u8) {
    if !all.iter().any(|known| known.bytes == bytes) {
        all.push(Body { name: name.to_owned(), bytes, cost });
    }
}

fn styles() -> Vec<Style> {
    let mut all = Vec::new();
    for space in [Space::None, Space::Loose, Space::Indented, Space::Indented4] {
        for bits in 0..8_u8 {
            let [sorted, ascii, slashes] = [bits & 1 > 0, bits & 2 > 0, bits & 4 > 0];
            all.push(Style { space, sorted, ascii, slashes });
        }
    }
    all
}

fn extras(style: Style) -> u8 {
    u8::from(style.sorted) + u8::from(style.slashes)
}

fn name(style: Style) -> String {
    let space = match style.space {
        Space::None => "the same JSON written without spaces",
        Space::Loose => "the same JSON written with a space after , and :",
        Space::Indented => "the same JSON indented by two",
        Space::Indented4 => "the same JSON indented by four",
    };
    let more = [
        (style.sorted, ", keys sorted"),
        (style.ascii, ", non-ASCII as \\uXXXX"),
        (style.slashes, ", slashes as \\/"),
    ];
    let more: String = more.into_iter().filter(|(on, _)| *on).map(|(_, text)| text).collect();
    format!("{space}{more}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_variants_are_equal_and_the_first_is_what_arrived() {
        let all = variants("{\"b\":1, \"a\":\"é/\"}\r\n".as_bytes());
        assert_eq!((all[0].name.as_str(), all[0].cost), (AS_RECEIVED, 0));
        for (at, body) in all.iter().enumerate() {
            assert!(all[..at].iter().all(|known| known.bytes != body.bytes), "{}", body.name);
        }
        let named = |name: &str| all.iter().find(|body| body.name == name).map(|b| b.bytes.clone());
        assert_eq!(
            named("without trailing newline").unwrap(),
            "{\"b\":1, \"a\":\"é/\"}".as_bytes()
        );
        let php = "the same JSON written without spaces, non-ASCII as \\uXXXX, slashes as \\/";
        assert_eq!(named(php).unwrap(), br#"{"b":1,"a":"\u00e9\/"}"#);
    }

    #[test]
    fn what_is_not_json_has_its_plain_variants_only() {
        assert!(variants(b"a=b\n").iter().all(|body| !body.name.contains("JSON")));
    }
}

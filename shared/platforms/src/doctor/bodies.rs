//! What the sender may have signed, if the bytes changed on the way.

use super::rewrite::{Escapes, Node, Space, Style};
use super::wrapped;
use crate::json;

/// Most that all bodies together may hold, in bytes: the doctor runs beside a server.
const BODIES_BYTES_MAX: usize = 64 << 20;

/// A body that may have been signed.
pub(super) struct Body {
    /// How it differs from what arrived.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    /// How far it is from what arrived: 0 is what arrived.
    pub(super) cost: u8,
    pub(super) change: Change,
}

/// What must have happened on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    /// Bytes at the end, line ends, a byte order mark.
    Edges,
    /// The JSON was read and written again.
    Rewritten,
    /// Quotes, a form, an encoding around the body came or went.
    Wrapped,
    /// Another character set.
    Charset,
    /// The sender signed no body at all.
    Unsigned,
}

/// The name of the body that arrived.
pub(super) const AS_RECEIVED: &str = "as received";

/// Bodies that may have been signed.
pub(super) struct Bodies {
    /// Each differs from all before it; what arrived is first.
    pub(super) all: Vec<Body>,
    /// Whether some were left out, because they are too large.
    pub(super) cut: bool,
    held: usize,
}

pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";

impl Bodies {
    /// Every variant of what arrived.
    pub(super) fn of(received: &[u8]) -> Self {
        let mut bodies = Self { all: Vec::new(), cut: false, held: 0 };
        bodies.push(AS_RECEIVED, received, 0, Change::Nothing);
        bodies.edges(received);
        wrapped::variants(received, |name, bytes, cost, change| {
            bodies.push(name, bytes, cost, change);
        });
        bodies.push("empty", b"", 1, Change::Unsigned);
        bodies.rewritten(received);
        bodies
    }

    fn edges(&mut self, received: &[u8]) {
        let mut push = |name: &str, bytes: &[u8]| self.push(name, bytes, 1, Change::Edges);
        let trimmed = received.strip_suffix(b"\r\n").or_else(|| received.strip_suffix(b"\n"));
        if let Some(trimmed) = trimmed {
            push("without trailing newline", trimmed);
        }
        push("with trailing newline", &[received, b"\n"].concat());
        push("with trailing CRLF", &[received, b"\r\n"].concat());
        push("without surrounding white space", received.trim_ascii());
        if let Ok(text) = std::str::from_utf8(received) {
            push("with LF for CRLF", text.replace("\r\n", "\n").as_bytes());
            let dos = text.replace("\r\n", "\n").replace('\n', "\r\n");
            push("with CRLF for LF", dos.as_bytes());
        }
        match received.strip_prefix(BOM) {
            Some(unmarked) => push("without byte order mark", unmarked),
            None => push("with byte order mark", &[BOM, received].concat()),
        }
    }

    fn rewritten(&mut self, received: &[u8]) {
        let unmarked = received.strip_prefix(BOM).unwrap_or(received);
        let text = json::parse(unmarked).ok().and_then(|_| std::str::from_utf8(unmarked).ok());
        let Some(tree) = text.and_then(Node::read) else { return };
        // What programs write is a few times what arrived; more is no rewriting but a flood.
        let most = received.len().saturating_mul(4).saturating_add(1 << 16);
        for style in styles() {
            match tree.write(style, most) {
                Some(written) => {
                    self.push(&name(style), written.as_bytes(), cost(style), Change::Rewritten);
                }
                None => self.cut = true,
            }
        }
    }

    fn push(&mut self, name: &str, bytes: &[u8], cost: u8, change: Change) {
        if self.all.iter().any(|known| known.bytes == bytes) {
            return;
        }
        if self.held + bytes.len() > BODIES_BYTES_MAX {
            self.cut = true;
            return;
        }
        self.held += bytes.len();
        self.all.push(Body { name: name.to_owned(), bytes: bytes.to_vec(), cost, change });
    }
}

/// Every style, the likeliest first.
fn styles() -> Vec<Style> {
    let mut all = Vec::new();
    for (sorted, newline) in [(false, false), (true, false), (false, true)] {
        for space in Space::ALL {
            all.extend(Escapes::ALL.map(|escapes| Style { space, sorted, escapes, newline }));
        }
    }
    all.sort_by_key(|style| cost(*style));
    all
}

fn cost(style: Style) -> u8 {
    1 + u8::from(style.sorted || style.newline || style.escapes == Escapes::Slashes)
}

fn name(style: Style) -> String {
    let space = match style.space {
        Space::None => "the same JSON written without spaces",
        Space::Loose => "the same JSON written with a space after , and :",
        Space::Indented => "the same JSON indented by two",
        Space::Indented4 => "the same JSON indented by four",
        Space::Tabs => "the same JSON indented by tabs",
    };
    let sorted = if style.sorted { ", keys sorted" } else { "" };
    let escapes = match style.escapes {
        Escapes::Least => "",
        Escapes::Ascii => ", non-ASCII as \\uXXXX",
        Escapes::AsciiSlashes => ", non-ASCII as \\uXXXX, slashes as \\/",
        Escapes::Slashes => ", slashes as \\/",
        Escapes::Html => ", <, > and & as \\uXXXX",
        Escapes::DotNet => ", escaped as .NET does",
    };
    let newline = if style.newline { ", with a newline behind it" } else { "" };
    format!("{space}{sorted}{escapes}{newline}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_variants_are_equal_and_the_first_is_what_arrived() {
        let all = Bodies::of("{\"b\":1, \"a\":\"é/\"}\r\n".as_bytes()).all;
        assert_eq!((all[0].name.as_str(), all[0].cost), (AS_RECEIVED, 0));
        for (at, body) in all.iter().enumerate() {
            assert!(all[..at].iter().all(|known| known.bytes != body.bytes), "{}", body.name);
            assert!(at == 0 || body.cost > 0, "{}", body.name);
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
        let bodies = Bodies::of(b"a=b\n");
        assert!(bodies.all.iter().all(|body| body.change != Change::Rewritten));
        assert!(!bodies.cut);
    }

    #[test]
    fn a_body_that_indentation_would_blow_up_is_cut_and_says_so() {
        let deep = format!("{}0{}{}", "[".repeat(60), ",0".repeat(500_000), "]".repeat(60));
        let bodies = Bodies::of(deep.as_bytes());
        assert!(bodies.cut);
        assert!(bodies.all.iter().map(|body| body.bytes.len()).sum::<usize>() <= BODIES_BYTES_MAX);
    }
}

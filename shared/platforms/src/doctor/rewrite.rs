//! The same JSON as other programs would have written it.
//!
//! Order and numbers stay as they came; only white space, key order and escapes change, which is
//! what a proxy that parses and writes again changes.

use std::fmt::Write as _;

/// Valid JSON as a tree. Numbers and words keep their text; strings are decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Object(Vec<(String, Node)>),
    List(Vec<Node>),
    Text(String),
    Bare(String),
}

/// How JSON is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) space: Space,
    pub(super) sorted: bool,
    pub(super) escapes: Escapes,
    /// A line break behind it all, as tools that print write it.
    pub(super) newline: bool,
}

/// What is escaped beyond what JSON demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// Nothing more, as JavaScript writes.
    Least,
    /// Non-ASCII as `\uXXXX`: Python.
    Ascii,
    /// That, and slashes as `\/`: PHP.
    AsciiSlashes,
    /// Slashes as `\/` only.
    Slashes,
    /// `<`, `>` and `&`, as Go writes; U+2028 and U+2029 too.
    Html,
    /// All that .NET holds dangerous, in upper-case hex.
    DotNet,
}

impl Escapes {
    pub(super) const ALL: [Self; 6] =
        [Self::Least, Self::Ascii, Self::AsciiSlashes, Self::Html, Self::DotNet, Self::Slashes];

    fn is_numbered(self, c: char) -> bool {
        match self {
            Self::Least | Self::Slashes => false,
            Self::Ascii | Self::AsciiSlashes => !c.is_ascii(),
            Self::Html => matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'),
            Self::DotNet => !c.is_ascii() || matches!(c, '<' | '>' | '&' | '\'' | '+' | '`'),
        }
    }

    const fn has_slashes(self) -> bool {
        matches!(self, Self::AsciiSlashes | Self::Slashes)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    None,
    /// After commas and colons, as Python does by default.
    Loose,
    /// Two spaces a level.
    Indented,
    /// Four spaces a level.
    Indented4,
    /// A tab a level.
    Tabs,
}

impl Space {
    pub(super) const ALL: [Self; 5] =
        [Self::None, Self::Loose, Self::Indented, Self::Indented4, Self::Tabs];
}

impl Node {
    /// Reads JSON. The caller has made sure that it is JSON and not deeper than 64.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        let node = reader.node()?;
        reader.skip_space();
        reader.rest().is_empty().then_some(node)
    }

    /// The JSON in a style; `None` if it would be longer than `most` bytes. Indentation can make a
    /// hundred bytes of one, which nobody signs and nobody waits for.
    pub(super) fn write(&self, style: Style, most: usize) -> Option<String> {
        let mut out = String::new();
        self.write_to(&mut out, style, 0, most);
        if style.newline {
            out.push('\n');
        }
        (out.len() <= most).then_some(out)
    }

    fn write_to(&self, out: &mut String, style: Style, depth: usize, most: usize) {
        if out.len() > most {
            return;
        }
        match self {
            Self::Bare(text) => out.push_str(text),
            Self::Text(text) => quote(out, text, style),
            Self::List(items) => {
                list(out, style, depth, ['[', ']'], items, most, |out, item| {
                    item.write_to(out, style, depth + 1, most);
                });
            }
            Self::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                if style.sorted {
                    members.sort_by(|a, b| a.0.cmp(&b.0));
                }
                list(out, style, depth, ['{', '}'], &members, most, |out, (key, value)| {
                    quote(out, key, style);
                    out.push_str(if style.space == Space::None { ":" } else { ": " });
                    value.write_to(out, style, depth + 1, most);
                });
            }
        }
    }
}

fn list<T>(
    out: &mut String,
    style: Style,
    depth: usize,
    [open, close]: [char; 2],
    items: &[T],
    most: usize,
    mut write: impl FnMut(&mut String, &T),
) {
    let line = |out: &mut String, depth: usize| {
        let step = match style.space {
            Space::None | Space::Loose => return,
            Space::Indented => "  ",
            Space::Indented4 => "    ",
            Space::Tabs => "\t",
        };
        out.push('\n');
        out.push_str(&step.repeat(depth));
    };
    out.push(open);
    for (at, item) in items.iter().enumerate() {
        if out.len() > most {
            return;
        }
        if at > 0 {
            out.push_str(if style.space == Space::Loose { ", " } else { "," });
        }
        line(out, depth + 1);
        write(out, item);
    }
    if !items.is_empty() {
        line(out, depth);
    }
    out.push(close);
}

fn quote(out: &mut String, text: &str, style: Style) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' if style.escapes == Escapes::DotNet => out.push_str("\\u0022"),
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '/' if style.escapes.has_slashes() => out.push_str("\\/"),
            c if u32::from(c) < 0x20 || style.escapes.is_numbered(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = match style.escapes {
                        Escapes::DotNet => write!(out, "\\u{unit:04X}"),
                        _ => write!(out, "\\u{unit:04x}"),
                    };
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn take(&mut self, mark: char) -> Option<()> {
        self.skip_space();
        self.rest().starts_with(mark).then(|| self.at += mark.len_utf8())
    }

    fn node(&mut self) -> Option<Node> {
        self.skip_space();
        match self.rest().chars().next()? {
            '{' => self.object(),
            '[' => self.list(),
            '"' => self.string().map(Node::Text),
            _ => {
                let rest = self.rest();
                let length =
                    rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                self.at += length;
                rest.get(..length).map(|bare| Node::Bare(bare.to_owned()))
            }
        }
    }

    fn object(&mut self) -> Option<Node> {
        self.take('{')?;
        let mut members = Vec::new();
        if self.take('}').is_some() {
            return Some(Node::Object(members));
        }
        loop {
            self.skip_space();
            let key = self.string()?;
            self.take(':')?;
            members.push((key, self.node()?));
            if self.take(',').is_none() {
                return self.take('}').map(|()| Node::Object(members));
            }
        }
    }

    fn list(&mut self) -> Option<Node> {
        self.take('[')?;
        let mut items = Vec::new();
        if self.take(']').is_some() {
            return Some(Node::List(items));
        }
        loop {
            items.push(self.node()?);
            if self.take(',').is_none() {
                return self.take(']').map(|()| Node::List(items));
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let rest = self.rest();
        let mut escaped = true; // The opening quote is not the end.
        let end = rest.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })?;
        self.at += end + 1;
        serde_json::from_str(rest.get(..=end)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style =
        Style { space: Space::None, sorted: false, escapes: Escapes::Least, newline: false };
    const GIVEN: &str = r#" { "b" : [ 1.50 , true,{} ,[]], "a/é" : "x\"\\\/\u00e9\n🙂" } "#;

    fn written(given: &str, style: Style) -> String {
        Node::read(given).unwrap().write(style, 1000).unwrap()
    }

    #[test]
    fn a_tree_is_written_as_others_write_it() {
        assert_eq!(written(GIVEN, PLAIN), r#"{"b":[1.50,true,{},[]],"a/é":"x\"\\/é\n🙂"}"#);
        let python = Style { space: Space::Loose, escapes: Escapes::Ascii, ..PLAIN };
        assert_eq!(
            written(GIVEN, python),
            r#"{"b": [1.50, true, {}, []], "a/\u00e9": "x\"\\/\u00e9\n\ud83d\ude42"}"#
        );
        let php = Style { escapes: Escapes::AsciiSlashes, ..PLAIN };
        assert!(written(GIVEN, php).contains(r#""a\/\u00e9""#));
        let sorted = Style { sorted: true, newline: true, ..PLAIN };
        assert!(written(GIVEN, sorted).starts_with(r#"{"a/é""#));
        assert!(written(GIVEN, sorted).ends_with("}\n"));
        let go = Style { escapes: Escapes::Html, ..PLAIN };
        assert_eq!(written(r#"["<é/&>"]"#, go), r#"["\u003cé/\u0026\u003e"]"#);
        let dot_net = Style { escapes: Escapes::DotNet, ..PLAIN };
        assert_eq!(written(r#"["l'é\"+"]"#, dot_net), r#"["l\u0027\u00E9\u0022\u002B"]"#);
    }

    #[test]
    fn indentation_follows_the_depth_and_ends_at_the_limit() {
        let node = Node::read(r#"{"a":[1,{}],"b":[]}"#).unwrap();
        let style = Style { space: Space::Indented, ..PLAIN };
        let whole = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}";
        assert_eq!(node.write(style, whole.len()).as_deref(), Some(whole));
        assert_eq!(node.write(style, whole.len() - 1), None);
        let tabs = Style { space: Space::Tabs, ..PLAIN };
        assert!(node.write(tabs, 1000).unwrap().contains("\n\t\t1,"));
    }

    #[test]
    fn what_is_not_json_is_none() {
        for bad in ["", "{", "[1", "{\"a\"}", "\"a", "{} x", "[1,]x"] {
            assert_eq!(Node::read(bad), None, "{bad}");
        }
    }
}

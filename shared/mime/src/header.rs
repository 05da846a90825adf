//! Header values: folded, encoded, and never more than one.
//!
//! lettre writes the message, but not these values: its own encoder panics on a line break in a
//! display name (facts/crates.md, gotcha 1), lets a word of any length pass the limit of 998 bytes
//! a line, and leaves alone a text that only looks encoded (`=?utf-8?Q?…?=`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vigie_domain::text;

/// Where lines are folded if they can be, in bytes (RFC 5322 §2.1.1).
const LINE_BYTES: usize = 76;

/// Longest word that is left as it is. With its header's name it stays below the 998 bytes that a
/// line may have (RFC 5322 §2.1.1).
const WORD_BYTES_MAX: usize = 900;

/// Longest encoded word, in bytes (RFC 2047 §2).
const ENCODED_WORD_BYTES_MAX: usize = 75;

/// A free text for a header: as it is where that is safe, else as encoded words (RFC 2047).
pub(crate) fn unstructured(name: &str, value: &str) -> String {
    let value = text::clean_line(value);
    let column = name.len() + 2;
    if is_plain(&value) { fold(&value, column) } else { encoded_words(&value, column).0 }
}

/// A value whose form matters, such as message ids: folded at spaces and never encoded.
pub(crate) fn structured(name: &str, value: &str) -> String {
    fold(&text::clean_line(value), name.len() + 2)
}

/// A display name and an address.
pub(crate) fn mailbox(header: &str, name: &str, address: &str) -> String {
    let name = text::clean_line(name);
    let column = header.len() + 2;
    let (phrase, end) = if name.is_empty() {
        return if column + address.len() + 2 > WORD_BYTES_MAX {
            format!("\r\n <{address}>")
        } else {
            format!("<{address}>")
        };
    } else if name.split(' ').all(is_atom) && is_plain(&name) {
        let folded = fold(&name, column);
        let end = column_after(&folded, column);
        (folded, end)
    } else if is_plain(&name) && name.len() < LINE_BYTES {
        let quoted = format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
        let end = column + quoted.len();
        (quoted, end)
    } else {
        encoded_words(&name, column)
    };
    let gap = if end + address.len() + 3 > LINE_BYTES { "\r\n " } else { " " };
    format!("{phrase}{gap}<{address}>")
}

/// Whether a clean line can stand as it is: printable ASCII, short words, nothing that a reader
/// would decode.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|b| (32..127).contains(&b))
        && !value.contains("=?")
        && value.split(' ').all(|word| word.len() <= WORD_BYTES_MAX)
}

/// RFC 5322 §3.2.3.
fn is_atom(word: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    !word.is_empty() && word.bytes().all(legal)
}

/// Breaks a line at its spaces; unfolding gives it back as it was.
fn fold(value: &str, column: usize) -> String {
    let mut folded = String::with_capacity(value.len() + 8);
    let mut column = column;
    for (at, word) in value.split(' ').enumerate() {
        if at > 0 && column + 1 + word.len() > LINE_BYTES {
            folded.push_str("\r\n ");
            column = 1;
        } else if at > 0 {
            folded.push(' ');
            column += 1;
        }
        folded.push_str(word);
        column += word.len();
    }
    folded
}

fn column_after(folded: &str, column: usize) -> usize {
    folded.rfind('\n').map_or(column + folded.len(), |at| folded.len() - at - 1)
}

/// A text as encoded words, one a line, and the column after the last. Q where that is shorter,
/// else B; no character is split (RFC 2047 §5).
fn encoded_words(value: &str, column: usize) -> (String, usize) {
    let in_q: usize = value.bytes().map(q_bytes).sum();
    let q_is_shorter = in_q <= value.len().div_ceil(3) * 4;
    let (open, room) = if q_is_shorter { ("=?utf-8?Q?", true) } else { ("=?utf-8?B?", false) };
    let cost = |chunk: &str, next: char| {
        let mut buffer = [0; 4];
        let next = next.encode_utf8(&mut buffer);
        let bytes = chunk.bytes().chain(next.bytes());
        if room { bytes.map(q_bytes).sum() } else { (chunk.len() + next.len()).div_ceil(3) * 4 }
    };
    let mut encoded = String::with_capacity(value.len() * 2);
    let mut chunk = String::new();
    let mut column = column;
    for c in value.chars() {
        let line_room = LINE_BYTES.saturating_sub(column).min(ENCODED_WORD_BYTES_MAX);
        if !chunk.is_empty() && open.len() + cost(&chunk, c) + 2 > line_room {
            push_encoded_word(&mut encoded, open, &chunk, q_is_shorter);
            encoded.push_str("\r\n ");
            chunk.clear();
            column = 1;
        }
        chunk.push(c);
    }
    push_encoded_word(&mut encoded, open, &chunk, q_is_shorter);
    let end = column_after(&encoded, column);
    (encoded, end)
}

/// How many bytes a byte takes in Q. What stands for itself is what a phrase allows (RFC 2047 §5,
/// rule 3), so that one encoder serves names and subjects.
fn q_bytes(byte: u8) -> usize {
    if byte == b' ' || stands_in_q(byte) { 1 } else { 3 }
}

fn stands_in_q(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!*+-/".contains(&byte)
}

fn push_encoded_word(to: &mut String, open: &str, chunk: &str, as_q: bool) {
    to.push_str(open);
    if as_q {
        for byte in chunk.bytes() {
            match byte {
                b' ' => to.push('_'),
                b if stands_in_q(b) => to.push(char::from(b)),
                b => to.extend(format!("={b:02X}").chars()),
            }
        }
    } else {
        STANDARD.encode_string(chunk, to);
    }
    to.push_str("?=");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_as_it_is() {
        assert_eq!(unstructured("X-Vigie-Kind", "alert"), "alert");
        assert_eq!(unstructured("X-Vigie-Review", "site/a%20b"), "site/a%20b");
        assert_eq!(mailbox("To", "Sara", "s@x.example"), "Sara <s@x.example>");
        assert_eq!(mailbox("To", "", "s@x.example"), "<s@x.example>");
        assert_eq!(mailbox("To", "D., \"Al\"", "s@x.example"), r#""D., \"Al\"" <s@x.example>"#);
    }

    #[test]
    fn other_text_is_encoded_the_shorter_way() {
        assert_eq!(unstructured("Subject", "Un colis reçu"), "=?utf-8?Q?Un_colis_re=C3=A7u?=");
        assert_eq!(unstructured("Subject", "★★★"), "=?utf-8?B?4piF4piF4piF?=");
        assert_eq!(mailbox("To", "Zoé", "z@x.example"), "=?utf-8?Q?Zo=C3=A9?= <z@x.example>");
        assert!(!unstructured("Subject", "=?utf-8?Q?x?=").contains("=?utf-8?Q?x?="));
    }

    #[test]
    fn no_line_passes_its_limit_and_no_encoded_word_either() {
        for value in ["é ".repeat(400), "★".repeat(400), "a".repeat(2_000), "a=?b ".repeat(90)] {
            let encoded = format!("Subject: {}", unstructured("Subject", &value));
            for line in encoded.split("\r\n") {
                assert!(line.len() <= LINE_BYTES, "{line}");
                assert!(line.trim_start_matches("Subject:").trim().len() <= ENCODED_WORD_BYTES_MAX);
            }
        }
    }

    #[test]
    fn folding_only_turns_spaces_into_folds() {
        let value = "word ".repeat(60);
        let folded = unstructured("X-A", &value);
        assert!(folded.contains("\r\n "));
        assert_eq!(folded.replace("\r\n", ""), value.trim_end());
        assert_eq!(structured("References", "<a@x> <b@x>"), "<a@x> <b@x>");
    }
}

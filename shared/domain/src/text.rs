//! Text from strangers, made safe to keep and to show.

use unicode_segmentation::UnicodeSegmentation;

/// Longest review text kept, in characters (contract): beyond it the text is cut and flagged.
pub const TEXT_CHARS_MAX: usize = 20_000;

/// Longest single-line field kept (author, title, product…), in characters.
pub const LINE_CHARS_MAX: usize = 500;

/// Whether a character can turn, hide or break what stands around it: C0 and C1 controls, bidi
/// overrides and isolates, zero-width space and no-break marks, line and paragraph separators.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}')
}

/// A single line: every run of white space or control characters that break lines becomes one
/// space, other deceptive characters go. Safe for a header, a subject or a log field.
///
/// ```
/// assert_eq!(vigie_domain::text::clean_line(" Eve\r\nBcc: x\u{202E}y "), "Eve Bcc: xy");
/// ```
pub fn clean_line(given: &str) -> String {
    if is_clean_line(given) {
        return given.to_owned();
    }
    let spaced = given.chars().map(|c| if c.is_whitespace() || c == '\u{2028}' { ' ' } else { c });
    let kept: String = spaced.filter(|c| !is_deceptive(*c)).collect();
    kept.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Most lines are clean as they come: no more than one space between words, none around them.
fn is_clean_line(given: &str) -> bool {
    let mut before = ' ';
    let clean = given.chars().all(|c| {
        let fits = if c == ' ' { before != ' ' } else { !c.is_whitespace() && !is_deceptive(c) };
        before = c;
        fits
    });
    clean && before != ' '
}

/// A text of several lines: line breaks stay (as `\n`), other deceptive characters go.
pub fn clean_text(given: &str) -> String {
    if !given.chars().any(is_deceptive) {
        return given.trim().to_owned();
    }
    let unix = given.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}'], "\n");
    let kept: String =
        unix.chars().filter(|c| *c == '\n' || *c == '\t' || !is_deceptive(*c)).collect();
    kept.trim().to_owned()
}

/// Cuts a text to at most `chars_max` characters, at the end of a grapheme. Says whether it cut.
///
/// ```
/// let (kept, cut) = vigie_domain::text::cut("e\u{301}e\u{301}", 3);
/// assert_eq!((kept, cut), ("e\u{301}", true));
/// ```
pub fn cut(text: &str, chars_max: usize) -> (&str, bool) {
    if text.len() <= chars_max || text.chars().nth(chars_max).is_none() {
        return (text, false);
    }
    let mut end = 0;
    let mut chars = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        chars += grapheme.chars().count();
        if chars > chars_max {
            break;
        }
        end = at + grapheme.len();
    }
    (text.get(..end).unwrap_or_default(), true)
}

/// The first `chars_max` characters of a text on one line, with an ellipsis where it was cut.
pub fn excerpt(text: &str, chars_max: usize) -> String {
    let line = clean_line(text);
    let (kept, was_cut) = cut(&line, chars_max);
    if was_cut { format!("{}…", kept.trim_end()) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_break_and_no_override() {
        assert_eq!(clean_line("a\r\nb\tc\u{2029}d"), "a b c d");
        for (given, clean) in [("a b", "a b"), (" a", "a"), ("a ", "a"), ("a  b", "a b"), (" ", "")]
        {
            assert_eq!(clean_line(given), clean, "{given:?}");
        }
        assert_eq!(clean_line("\u{202E}evil\u{200B}\0"), "evil");
        assert_eq!(clean_line("👩‍👩‍👧"), "👩‍👩‍👧", "joiners inside emoji stay");
    }

    #[test]
    fn a_text_keeps_its_lines() {
        assert_eq!(clean_text(" a\r\nb\rc\0\u{2066}d "), "a\nb\ncd");
        assert_eq!(clean_text("plain"), "plain");
    }

    #[test]
    fn a_cut_keeps_graphemes_whole() {
        assert_eq!(cut("abc", 3), ("abc", false));
        assert_eq!(cut("abcd", 3), ("abc", true));
        assert_eq!(cut("ab👩‍👩‍👧", 4), ("ab", true));
        assert_eq!(excerpt("one two  three", 8), "one two…");
    }
}

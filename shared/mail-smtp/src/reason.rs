//! Reasons that can be stored and shown: what a server said, less what it quoted.

use std::collections::HashSet;

use vigie_domain::text;

/// Longest reason, in characters.
pub(crate) const REASON_CHARS_MAX: usize = 200;

/// Shortest private word that is looked for: below it, ordinary words would go.
const WORD_CHARS_MIN: usize = 3;

/// What stands in for what was taken out.
const GONE: &str = "…";

/// What a reason must not hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Private<'a> {
    /// Words and phrases: addresses, their local parts, user and password.
    pub(crate) words: Vec<&'a str>,
    /// The texts of the message: no two words of theirs in a row may be quoted.
    pub(crate) texts: Vec<&'a str>,
}

/// Our words, then those of the other side without what is private: one line of at most
/// [`REASON_CHARS_MAX`] characters.
pub(crate) fn joined(ours: &str, theirs: &str, private: &Private<'_>) -> String {
    let line = format!("{ours}{}", clean(theirs, private));
    let line = line.trim_end();
    let (_, was_cut) = text::cut(line, REASON_CHARS_MAX);
    if !was_cut {
        return line.to_owned();
    }
    let (kept, _) = text::cut(line, REASON_CHARS_MAX - 1);
    format!("{}{GONE}", kept.trim_end())
}

/// One line without what is private, and without anything that looks like an address or a link.
fn clean(given: &str, private: &Private<'_>) -> String {
    let mut line = text::clean_line(given);
    for word in &private.words {
        line = without(&line, word);
    }
    without_quotes(&without_addresses(&line), &private.texts)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || "._-+".contains(c)
}

/// The line without a private word, wherever it stands by itself. ASCII case is ignored.
fn without(line: &str, word: &str) -> String {
    if word.chars().count() < WORD_CHARS_MIN {
        return line.to_owned();
    }
    // ASCII lower case keeps every byte in its place.
    let (low, word) = (line.to_ascii_lowercase(), word.to_ascii_lowercase());
    let mut kept = String::with_capacity(line.len());
    let mut done = 0;
    for (at, found) in low.match_indices(&word) {
        let end = at + found.len();
        let before = low.get(..at).and_then(|s| s.chars().next_back());
        let after = low.get(end..).and_then(|s| s.chars().next());
        let inner = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        if !inner(before) && !inner(after) {
            kept.push_str(line.get(done..at).unwrap_or_default());
            kept.push_str(GONE);
            done = end;
        }
    }
    kept.push_str(line.get(done..).unwrap_or_default());
    kept
}

/// The line without words that hold an at sign or a link. The brackets and the punctuation around
/// them stay.
fn without_addresses(line: &str) -> String {
    let clean_word = |word: &str| {
        if word.contains("://") || word.to_ascii_lowercase().contains("www.") {
            return GONE.to_owned();
        }
        let Some(at) = word.find(['@', '＠']) else { return word.to_owned() };
        let edge = |c: char| "<>()[]{}\"':;,".contains(c);
        let (head, tail) = word.split_at(at);
        let start = head.rfind(edge).map_or(0, |i| i + 1);
        let end = tail.find(edge).unwrap_or(tail.len());
        let (head, tail) = (head.get(..start), tail.get(end..));
        let rest = tail.unwrap_or_default();
        // What follows the first address may hold a second one: then nothing of it stays.
        let rest = if rest.contains(['@', '＠']) { "" } else { rest };
        format!("{}{GONE}{rest}", head.unwrap_or_default())
    };
    line.split(' ').map(clean_word).collect::<Vec<_>>().join(" ")
}

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !is_word(c)).trim_matches(['.', '-']).to_lowercase()
}

/// The line without any two words in a row that also follow each other in a text. Signs that stand
/// alone are no words.
fn without_quotes(line: &str, texts: &[&str]) -> String {
    let known: HashSet<(String, String)> = texts.iter().flat_map(|text| pairs(text)).collect();
    let words: Vec<&str> = line.split(' ').collect();
    let bares = words.iter().map(|word| bare(word)).enumerate();
    let bares: Vec<(usize, String)> = bares.filter(|(_, bare)| !bare.is_empty()).collect();
    let mut quoted = vec![false; words.len()];
    for pair in bares.windows(2) {
        let [(from, one), (to, two)] = pair else { continue };
        if known.contains(&(one.clone(), two.clone())) {
            quoted.iter_mut().take(to + 1).skip(*from).for_each(|q| *q = true);
        }
    }
    let shown = words.iter().zip(&quoted).map(|(word, quoted)| if *quoted { GONE } else { word });
    let mut shown: Vec<&str> = shown.collect();
    shown.dedup_by(|a, b| *a == GONE && *b == GONE);
    shown.join(" ")
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let words = text.split_whitespace().map(bare);
    let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
    words
        .windows(2)
        .filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &str, wanted: &str) {
        let private = Private {
            words: vec!["\"eve smith\"@lumen.example", "claire.d", "s3cret"],
            texts: vec![
                "Avis 2★ · Lyon",
                "Bonjour,\nLe colis de Claire Dupont n'est jamais arrivé.",
            ],
        };
        assert_eq!(clean(given, &private), wanted);
    }

    #[test]
    fn addresses_go_in_every_dress() {
        check("5.1.1 <eve@lumen.example>: Recipient rejected", "5.1.1 <…>: Recipient rejected");
        check("no such user eve@lumen.example.", "no such user …");
        check("user (eve@lumen.example) unknown", "user (…) unknown");
        check("rfc822;eve@lumen.example;x@y.example", "rfc822;…");
        check("<\"Eve Smith\"@Lumen.example> unknown", "<…> unknown");
        check("mailbox claire.d is full, Claire.D!", "mailbox … is full, …!");
    }

    #[test]
    fn links_and_passwords_go() {
        check("see https://x.example/?t=abc for help", "see … for help");
        check("see www.x.example/?t=abc", "see …");
        check("535 s3cret is wrong", "535 … is wrong");
    }

    #[test]
    fn what_the_message_says_is_not_quoted_back() {
        check("spam: 'Claire Dupont' in body", "spam: … in body");
        check("subject \"Avis 2★ · Lyon\" refused", "subject … refused");
        check("554 5.7.1 Service unavailable", "554 5.7.1 Service unavailable");
    }

    #[test]
    fn a_reason_is_one_short_line() {
        check("a\r\nb\u{202E}c", "a bc");
        let long = joined("what: ", &"é".repeat(300), &Private::default());
        assert_eq!(long.chars().count(), REASON_CHARS_MAX);
        assert!(long.starts_with("what: é") && long.ends_with("é…"));
        let exact = joined("", &"x".repeat(REASON_CHARS_MAX), &Private::default());
        assert_eq!(exact, "x".repeat(REASON_CHARS_MAX));
        assert_eq!(joined("ours ", "", &Private::default()), "ours");
    }

    #[test]
    fn a_word_inside_another_stays() {
        let private = Private { words: vec!["eve", "ab"], texts: vec![] };
        assert_eq!(clean("eve, every Eve ab", &private), "…, every … ab");
    }
}

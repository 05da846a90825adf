//! Who is praised by first name.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::reading::Reading;
use crate::pattern::Token;

/// First names that are common in French and English, folded: `library/names.txt`.
static NAMES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../../library/names.txt").split_whitespace().collect());

/// The most names that one review praises.
const NAMES_MAX: usize = 5;

/// The first names of those whom a reading praises, as written, each once.
///
/// A name is written with a capital, is a first name that people have, and stands behind words of
/// thanks or before words of praise, in a clause that is not unhappy: "merci à Rose" names somebody,
/// "vin rosé" and "Rose" alone do not.
pub(super) fn in_reading(reading: &Reading, source: &str) -> Vec<String> {
    let tokens = &reading.clauses.tokens;
    let words = &reading.library.reading;
    let mut found: Vec<usize> = Vec::new();
    for hit in words.praise.find(tokens) {
        let mut at = hit.past;
        while tokens.get(at).is_some_and(|token| is_name(source, token)) {
            found.push(at);
            at += 1;
            while tokens.get(at).is_some_and(|token| words.with.contains(&token.word)) {
                at += 1;
            }
        }
    }
    let before = |at: &usize| words.praises.begins(tokens, at + 1);
    let named = (0..tokens.len()).filter(|at| tokens.get(*at).is_some_and(|t| is_name(source, t)));
    found.extend(named.filter(before));
    found.sort_unstable();
    let mut seen = HashSet::new();
    let happy = found.into_iter().filter(|at| !reading.clauses.is_unhappy(*at));
    let written = happy.filter_map(|at| tokens.get(at)?.written(source));
    written.filter(|name| seen.insert(name.to_lowercase())).take(NAMES_MAX).collect()
}

/// Whether a word is written as a name, and is a first name that people have.
pub(crate) fn is_name(source: &str, token: &Token) -> bool {
    let capital = source.get(token.start..).and_then(|rest| rest.chars().next());
    capital.is_some_and(char::is_uppercase) && NAMES.contains(token.word.as_str())
}

//! How to speak with a person, as far as their words show it (facts §2.3).

use vigie_domain::{Approach, ApproachFound};

use super::reading::Reading;
use crate::pattern::{Hit, Token};

/// From this weight on an approach is shown: one strong sign, or two that are not.
const WEIGHT_MIN: u32 = 3;
/// Longest text that says little, in words: in a longer one a polite word is only polite.
const FEW_WORDS: usize = 35;
/// Amounts of money from which somebody counts.
const AMOUNTS_MIN: usize = 3;
/// Dates from which somebody keeps a chronology.
const DATES_MIN: usize = 3;

/// The approach that the words call for most; `None` where they do not call for one plainly.
pub(super) fn of(readings: &[Reading], source: &str) -> Option<ApproachFound> {
    let mut best: Option<(u32, ApproachFound)> = None;
    for found in readings.iter().flat_map(|reading| each(reading, source)) {
        if best.as_ref().is_none_or(|(weight, _)| found.0 > *weight) {
            best = Some(found);
        }
    }
    best.map(|(_, found)| found)
}

fn each(reading: &Reading, source: &str) -> Vec<(u32, ApproachFound)> {
    let lists = reading.library.approaches.iter().zip(&reading.approaches);
    let found = lists.filter_map(|(entry, [hits, unless])| {
        let stands = |hit: &&Hit| !unless.iter().any(|other| other.overlaps(hit));
        let hits: Vec<Hit> = hits.iter().filter(stands).copied().collect();
        let words = &reading.clauses.tokens;
        let weight = weight(&hits) + form(entry.approach, source, words, !hits.is_empty());
        let evidence = reading.evidence(source, &hits);
        let found = ApproachFound { id: entry.approach, evidence };
        let fits = entry.approach != Approach::Invite || words.len() <= FEW_WORDS;
        (fits && weight >= WEIGHT_MIN).then_some((weight, found))
    });
    found.collect()
}

/// Each pattern once: saying a thing twice is one sign.
fn weight(hits: &[Hit]) -> u32 {
    let mut seen = Vec::new();
    let fresh = |hit: &&Hit| {
        let new = !seen.contains(&hit.pattern);
        seen.push(hit.pattern);
        new
    };
    hits.iter().filter(fresh).map(|hit| u32::from(hit.weight)).sum()
}

/// What the form of a text adds to its words.
fn form(approach: Approach, source: &str, words: &[Token], said: bool) -> u32 {
    match approach {
        Approach::Calm => loud(source, words),
        Approach::Itemise => match amounts(words) {
            ..AMOUNTS_MIN => 0,
            _ if said => 4,
            _ => 2,
        },
        Approach::InWriting if dates(source) >= DATES_MIN => 3,
        _ => 0,
    }
}

/// Capitals and exclamation marks: 3 where there are many of both, else 2 for either.
fn loud(source: &str, words: &[Token]) -> u32 {
    const CAPITALS_MIN: usize = 3;
    const LETTERS_MIN: usize = 4;
    let written = words.iter().filter_map(|word| source.get(word.start..word.end));
    let long: Vec<&str> = written.filter(|word| word.chars().count() >= LETTERS_MIN).collect();
    let is_capital = |word: &&&str| word.chars().all(char::is_uppercase);
    let capitals = long.iter().filter(is_capital).count();
    let shouted = source.contains("!!!") || source.contains("???");
    let most = capitals >= CAPITALS_MIN && capitals * 2 > long.len();
    match (most, capitals > 0 && shouted, shouted) {
        (true, _, true) => 4,
        (true, _, false) | (false, true, _) => 3,
        (false, false, true) => 1,
        _ => 0,
    }
}

/// How many dates such as `12/01` a text names.
fn dates(source: &str) -> usize {
    let is_short =
        |part: &str| matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
    let words = source.split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | ':' | ';'));
    words
        .filter(|word| word.split_once('/').is_some_and(|(d, m)| is_short(d) && is_short(m)))
        .count()
}

/// How many amounts of money a text may name: its numbers, where a currency stands in it at all.
fn amounts(words: &[Token]) -> usize {
    const CURRENCIES: [&str; 6] = ["euros", "euro", "dollars", "pounds", "eur", "usd"];
    if !words.iter().any(|token| CURRENCIES.contains(&token.word.as_str())) {
        return 0;
    }
    let is_number = |token: &&Token| token.word.bytes().all(|b| b.is_ascii_digit());
    words.iter().filter(is_number).count()
}

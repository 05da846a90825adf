//! Patterns of words, and texts brought to a form in which they are found.
//!
//! A pattern is a phrase of words. `stem*` stands for every word that begins so, `{set}` for any
//! word of a set, `|3` at its end is its weight (2 if left out). Texts are compared in lower case,
//! without accents, with apostrophes and hyphens as spaces; a phrase never reaches over the end of
//! a clause, and up to two fillers may stand between its words. What is found keeps its place in
//! the text as it was written.

use std::collections::{BTreeMap, HashMap};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The weight of a pattern that states none (facts, lexicon.py).
const WEIGHT_DEFAULT: u8 = 2;
/// The most fillers between two words of a phrase.
const FILLERS_MAX: usize = 2;

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Lower case, without accents.
    pub(crate) word: String,
    /// Where it begins in the text, in bytes.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// Which clause it stands in.
    pub(crate) clause: usize,
}

/// The words of a text, by clause.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut clause = 0;
    let mut open = false;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() || is_combining_mark(c) {
            if !open {
                found.push(Token { word: String::new(), start: at, end: at, clause });
                open = true;
            }
            if let Some(token) = found.last_mut() {
                push_folded(&mut token.word, c);
                token.end = at + c.len_utf8();
            }
        } else {
            open = false;
            clause += usize::from(ends_clause(c));
        }
    }
    found.into_iter().flat_map(split_contraction).collect()
}

fn ends_clause(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | ';' | ',' | '\n' | '…' | '(' | ')' | '。' | '،')
}

fn push_folded(word: &mut String, c: char) {
    match c {
        'œ' | 'Œ' => word.push_str("oe"),
        'æ' | 'Æ' => word.push_str("ae"),
        _ => word.extend(c.to_lowercase().nfd().filter(|c| !is_combining_mark(*c))),
    }
}

/// `didnt` reads as `didn t`, as `didn't` does.
fn split_contraction(token: Token) -> Vec<Token> {
    const WITHOUT_APOSTROPHE: [&str; 14] = [
        "didnt", "doesnt", "dont", "wont", "cant", "isnt", "wasnt", "havent", "hasnt", "couldnt",
        "wouldnt", "werent", "arent", "hadnt",
    ];
    if !WITHOUT_APOSTROPHE.contains(&token.word.as_str()) {
        return vec![token];
    }
    let stem = token.word.trim_end_matches('t').to_owned();
    let middle = token.end - 1;
    let second = Token { word: "t".to_owned(), start: middle, ..token.clone() };
    vec![Token { word: stem, end: middle, ..token }, second]
}

/// One place of a pattern.
#[derive(Debug, Clone)]
enum Atom {
    Word(String),
    Stem(String),
    Set(Vec<Self>),
}

impl Atom {
    fn parse(text: &str) -> Self {
        let folded = |text: &str| {
            let mut word = String::new();
            text.chars().for_each(|c| push_folded(&mut word, c));
            word
        };
        match text.strip_suffix('*') {
            Some(stem) => Self::Stem(folded(stem)),
            None => Self::Word(folded(text)),
        }
    }

    fn fits(&self, word: &str) -> bool {
        match self {
            Self::Word(own) => own == word,
            Self::Stem(stem) => word.starts_with(stem.as_str()),
            Self::Set(any) => any.iter().any(|atom| atom.fits(word)),
        }
    }

    /// The first letters of the words that may fit; `None` for any.
    fn initials(&self) -> Vec<Option<char>> {
        match self {
            Self::Word(text) | Self::Stem(text) => vec![text.chars().next()],
            Self::Set(any) => any.iter().flat_map(Self::initials).collect(),
        }
    }
}

#[derive(Debug, Clone)]
struct Pattern {
    atoms: Vec<Atom>,
    weight: u8,
}

/// Where a pattern was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Its first word.
    pub(crate) first: usize,
    /// The word after its last.
    pub(crate) past: usize,
    /// Which pattern, by its place in the list.
    pub(crate) pattern: usize,
    /// Its weight.
    pub(crate) weight: u8,
}

impl Hit {
    /// Whether the two share a word.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.first < other.past && other.first < self.past
    }
}

/// A list of patterns, ready to be searched for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Patterns {
    all: Vec<Pattern>,
    by_initial: HashMap<Option<char>, Vec<usize>>,
    fillers: Vec<String>,
}

impl Patterns {
    /// Reads a list. A set that is not defined fits nothing, which a test finds.
    pub(crate) fn new(
        list: &[String],
        sets: &BTreeMap<String, Vec<String>>,
        fillers: &[String],
    ) -> Self {
        let mut found = Self { fillers: fillers.to_vec(), ..Self::default() };
        for (place, text) in list.iter().enumerate() {
            let pattern = parse(text, sets);
            for initial in pattern.atoms.first().map(Atom::initials).unwrap_or_default() {
                let places = found.by_initial.entry(initial).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
            found.all.push(pattern);
        }
        found
    }

    /// Every place where a pattern stands, longest first from each word; those inside a longer one
    /// are left out.
    pub(crate) fn find(&self, tokens: &[Token]) -> Vec<Hit> {
        let mut found: Vec<Hit> = Vec::new();
        for first in 0..tokens.len() {
            let longest = self.at(tokens, first).into_iter().max_by_key(|h| (h.past, h.weight));
            if let Some(hit) = longest
                && found.last().is_none_or(|last| last.past < hit.past)
            {
                found.push(hit);
            }
        }
        found
    }

    /// Whether a pattern stands anywhere.
    pub(crate) fn any(&self, tokens: &[Token]) -> bool {
        (0..tokens.len()).any(|first| !self.at(tokens, first).is_empty())
    }

    /// Whether a pattern begins with this word.
    pub(crate) fn begins(&self, tokens: &[Token], first: usize) -> bool {
        !self.at(tokens, first).is_empty()
    }

    fn at(&self, tokens: &[Token], first: usize) -> Vec<Hit> {
        let initial = tokens.get(first).and_then(|token| token.word.chars().next());
        let places = self.by_initial.get(&initial).map(Vec::as_slice).unwrap_or_default();
        let hit = |place: &usize| {
            let pattern = self.all.get(*place)?;
            let past = self.reach(tokens, first, &pattern.atoms)?;
            Some(Hit { first, past, pattern: *place, weight: pattern.weight })
        };
        places.iter().filter_map(hit).collect()
    }

    fn reach(&self, tokens: &[Token], first: usize, atoms: &[Atom]) -> Option<usize> {
        let clause = tokens.get(first)?.clause;
        let mut at = first;
        for (nth, atom) in atoms.iter().enumerate() {
            let mut skipped = 0;
            loop {
                let token = tokens.get(at).filter(|token| token.clause == clause)?;
                at += 1;
                if atom.fits(&token.word) {
                    break;
                }
                skipped += 1;
                if nth == 0 || skipped > FILLERS_MAX || !self.fillers.contains(&token.word) {
                    return None;
                }
            }
        }
        Some(at)
    }
}

fn parse(text: &str, sets: &BTreeMap<String, Vec<String>>) -> Pattern {
    let (phrase, weight) = match text.rsplit_once('|') {
        Some((phrase, weight)) => (phrase, weight.parse().unwrap_or(WEIGHT_DEFAULT)),
        None => (text, WEIGHT_DEFAULT),
    };
    let atom = |word: &str| match word.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
        Some(name) => {
            Atom::Set(sets.get(name).into_iter().flatten().map(|w| Atom::parse(w)).collect())
        }
        None => Atom::parse(word),
    };
    Pattern { atoms: phrase.split_whitespace().map(atom).collect(), weight }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(patterns: &[&str], text: &str) -> Vec<String> {
        let list: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
        let sets = BTreeMap::from([("body".to_owned(), vec!["main*".to_owned()])]);
        let fillers = ["la".to_owned(), "toujours".to_owned()];
        let tokens = tokens(text);
        let hits = Patterns::new(&list, &sets, &fillers).find(&tokens);
        let written =
            |hit: &Hit| text[tokens[hit.first].start..tokens[hit.past - 1].end].to_owned();
        hits.iter().map(written).collect()
    }

    #[test]
    fn words_are_found_as_written_whatever_their_case_and_accents() {
        assert_eq!(found(&["pas recu"], "PAS REÇU !"), ["PAS REÇU"]);
        assert_eq!(found(&["pas reçu"], "pas rec\u{327}u"), ["pas rec\u{327}u"]);
        assert_eq!(found(&["l oeuf"], "l’Œuf"), ["l’Œuf"]);
        assert_eq!(found(&["didn t come"], "It didnt come"), ["didnt come"]);
        assert_eq!(found(&["didn t come"], "It didn’t come"), ["didn’t come"]);
    }

    #[test]
    fn a_phrase_allows_fillers_and_stays_in_its_clause() {
        assert_eq!(found(&["pas recu"], "pas toujours reçu"), ["pas toujours reçu"]);
        assert!(found(&["pas recu"], "pas bien reçu").is_empty());
        assert!(found(&["pas recu"], "pas, reçu").is_empty());
        assert_eq!(found(&["brul* {body}"], "brûlé la main"), ["brûlé la main"]);
        assert!(found(&["brul* {body}"], "crème brûlée").is_empty());
    }

    #[test]
    fn the_longest_pattern_wins() {
        assert_eq!(found(&["jamais", "colis jamais recu", "recu"], "colis jamais reçu").len(), 1);
        assert_eq!(found(&["stem*"], "stem stems sterm"), ["stem", "stems"]);
    }
}

//! Patterns of words, and texts brought to a form in which they are found.
//!
//! A pattern is a phrase of words. `stem*` stands for every word that begins so, `{set}` for any
//! word of a set, `#` for any number, `..` for up to six words whatever they are; `|3` at its end
//! is its weight (2 if left out). Texts are compared in lower case, without accents, with
//! apostrophes and hyphens as spaces; a phrase never reaches over the end of a clause, and up to
//! two fillers may stand between its words. What is found keeps its place in the text as it was
//! written.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The weight of a pattern that states none (facts, lexicon.py).
const WEIGHT_DEFAULT: u8 = 2;
/// The most fillers between two words of a phrase.
const FILLERS_MAX: usize = 2;
/// The most words that `..` stands for.
const GAP_MAX: usize = 6;

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

impl Token {
    /// The word as it was written.
    pub(crate) fn written(&self, source: &str) -> Option<String> {
        source.get(self.start..self.end).map(str::to_owned)
    }
}

/// The words of a text, by clause. A currency's sign is a word.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut clause = 0;
    let mut open = false;
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let end = at + c.len_utf8();
        if c.is_alphanumeric() || is_combining_mark(c) {
            if !open {
                found.push(Token { word: String::new(), start: at, end: at, clause });
                open = true;
            }
            if let Some(token) = found.last_mut() {
                push_folded(&mut token.word, c);
                token.end = end;
            }
        } else {
            open = false;
            if let Some(name) = currency(c) {
                found.push(Token { word: name.to_owned(), start: at, end, clause });
            }
            // A decimal point ends nothing.
            let after = chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
            clause += usize::from(ends_clause(c) && !(before.is_ascii_digit() && after));
        }
        before = c;
    }
    found.into_iter().map(spelled_out).flat_map(split_contraction).collect()
}

/// Short forms and slips that have one meaning in either language, and what they stand for.
const SPELLINGS: [(&str, &str); 30] = [
    ("bcp", "beaucoup"),
    ("cmd", "commande"),
    ("cmde", "commande"),
    ("comande", "commande"),
    ("costumer", "customer"),
    ("custumer", "customer"),
    ("delivary", "delivery"),
    ("delivry", "delivery"),
    ("dlvry", "delivery"),
    ("jamai", "jamais"),
    ("jame", "jamais"),
    ("jms", "jamais"),
    ("nvr", "never"),
    ("pa", "pas"),
    ("pb", "probleme"),
    ("pbm", "probleme"),
    ("pbs", "problemes"),
    ("pkg", "package"),
    ("produi", "produit"),
    ("recieve", "receive"),
    ("recieved", "received"),
    ("refound", "refund"),
    ("resu", "recu"),
    ("servise", "service"),
    ("servive", "service"),
    ("srvce", "service"),
    ("tjr", "toujours"),
    ("tjrs", "toujours"),
    ("tjs", "toujours"),
    ("wrst", "worst"),
];

fn spelled_out(token: Token) -> Token {
    match SPELLINGS.iter().find(|(short, _)| *short == token.word) {
        Some((_, long)) => Token { word: (*long).to_owned(), ..token },
        None => token,
    }
}

const fn currency(c: char) -> Option<&'static str> {
    match c {
        '€' => Some("euros"),
        '$' => Some("dollars"),
        '£' => Some("pounds"),
        _ => None,
    }
}

fn ends_clause(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | ';' | ',' | ':' | '\n' | '…' | '(' | ')' | '。' | '،')
}

fn push_folded(word: &mut String, c: char) {
    match c {
        _ if c.is_ascii() => word.push(c.to_ascii_lowercase()),
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
    Number,
    Gap,
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
            Self::Number => word.starts_with(|c: char| c.is_ascii_digit()),
            Self::Gap => false,
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
    /// Made when the list is first searched for by itself: most are only searched for with others.
    index: OnceLock<Index>,
    fillers: Arc<HashSet<String>>,
}

impl Patterns {
    /// Reads a list. A set that is not defined fits nothing, which a test finds.
    pub(crate) fn new(
        list: &[String],
        sets: &BTreeMap<String, Vec<String>>,
        fillers: &Arc<HashSet<String>>,
    ) -> Self {
        let all = list.iter().map(|text| parse(text, sets)).collect();
        Self { all, index: OnceLock::new(), fillers: Arc::clone(fillers) }
    }

    /// Every place where a pattern stands, longest first from each word; those inside a longer one
    /// are left out.
    pub(crate) fn find(&self, tokens: &[Token]) -> Vec<Hit> {
        let mut found = self.index().find(&[self], tokens);
        found.pop().unwrap_or_default()
    }

    /// Whether a pattern stands anywhere.
    pub(crate) fn any(&self, tokens: &[Token]) -> bool {
        (0..tokens.len()).any(|first| self.begins(tokens, first))
    }

    /// Whether a pattern begins with this word.
    pub(crate) fn begins(&self, tokens: &[Token], first: usize) -> bool {
        let Some(token) = tokens.get(first) else { return false };
        let places = self.index().beginning_with(&token.word);
        places.into_iter().any(|(_, place)| self.at(tokens, first, place).is_some())
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(&[self]))
    }

    fn at(&self, tokens: &[Token], first: usize, place: usize) -> Option<Hit> {
        let pattern = self.all.get(place)?;
        let past = self.reach(tokens, first, &pattern.atoms)?;
        Some(Hit { first, past, pattern: place, weight: pattern.weight })
    }

    /// The word after the phrase's last, where it stands from `first` on.
    fn reach(&self, tokens: &[Token], first: usize, atoms: &[Atom]) -> Option<usize> {
        let clause = tokens.get(first)?.clause;
        let mut at = first;
        // How many more words may be skipped, and whether they may be any.
        let (mut spare, mut any) = (0, false);
        for atom in atoms {
            if matches!(atom, Atom::Gap) {
                (spare, any) = (GAP_MAX, true);
                continue;
            }
            loop {
                let token = tokens.get(at).filter(|token| token.clause == clause)?;
                at += 1;
                if atom.fits(&token.word) {
                    break;
                }
                if spare == 0 || !(any || self.fillers.contains(&token.word)) {
                    return None;
                }
                spare -= 1;
            }
            (spare, any) = (FILLERS_MAX, false);
        }
        Some(at)
    }
}

/// Which patterns of several lists may begin with a word.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    words: HashMap<String, Vec<Place>>,
    /// By the first letters of a stem, [`STEM_LETTERS`] at most.
    stems: HashMap<String, Vec<Place>>,
    numbers: Vec<Place>,
}

/// A list, and a pattern in it.
type Place = (usize, usize);

/// Letters of a stem that it is indexed by.
const STEM_LETTERS: usize = 3;

impl Index {
    /// Of several lists, which [`Index::find`] is then given in the same order.
    pub(crate) fn of(lists: &[&Patterns]) -> Self {
        let mut index = Self::default();
        for (list, patterns) in lists.iter().enumerate() {
            index.add(list, &patterns.all);
        }
        index
    }

    /// What of each list stands in the words: in one walk over them.
    pub(crate) fn find(&self, lists: &[&Patterns], tokens: &[Token]) -> Vec<Vec<Hit>> {
        let mut found: Vec<Vec<Hit>> = vec![Vec::new(); lists.len()];
        for (first, token) in tokens.iter().enumerate() {
            for (list, place) in self.beginning_with(&token.word) {
                let hit = lists.get(list).and_then(|patterns| patterns.at(tokens, first, place));
                if let (Some(hit), Some(hits)) = (hit, found.get_mut(list)) {
                    keep_longest(hits, hit);
                }
            }
        }
        found
    }

    fn add(&mut self, list: usize, patterns: &[Pattern]) {
        for (place, pattern) in patterns.iter().enumerate() {
            if let Some(atom) = pattern.atoms.first() {
                self.add_atom(atom, (list, place));
            }
        }
    }

    fn add_atom(&mut self, atom: &Atom, place: Place) {
        let places = match atom {
            Atom::Word(word) => self.words.entry(word.clone()).or_default(),
            Atom::Stem(stem) => {
                let letters = stem.chars().take(STEM_LETTERS).collect();
                self.stems.entry(letters).or_default()
            }
            Atom::Number => &mut self.numbers,
            Atom::Set(any) => return any.iter().for_each(|atom| self.add_atom(atom, place)),
            Atom::Gap => return,
        };
        if places.last() != Some(&place) {
            places.push(place);
        }
    }

    fn beginning_with(&self, word: &str) -> Vec<Place> {
        let mut places = self.words.get(word).cloned().unwrap_or_default();
        let ends = word.char_indices().skip(1).map(|(at, _)| at).chain([word.len()]);
        for end in ends.take(STEM_LETTERS) {
            let found = word.get(..end).and_then(|letters| self.stems.get(letters));
            places.extend(found.into_iter().flatten());
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            places.extend(&self.numbers);
        }
        places
    }
}

/// From each word the longest, the heaviest of equals; none inside one that began before.
fn keep_longest(hits: &mut Vec<Hit>, hit: Hit) {
    match hits.last_mut() {
        Some(last) if last.first == hit.first => {
            if (hit.past, hit.weight) > (last.past, last.weight) {
                *last = hit;
            }
        }
        Some(last) if last.past >= hit.past => {}
        _ => hits.push(hit),
    }
}

fn parse(text: &str, sets: &BTreeMap<String, Vec<String>>) -> Pattern {
    let (phrase, weight) = match text.rsplit_once('|') {
        Some((phrase, weight)) => (phrase, weight.parse().unwrap_or(WEIGHT_DEFAULT)),
        None => (text, WEIGHT_DEFAULT),
    };
    let atom = |word: &str| match word.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
        None if word == ".." => Atom::Gap,
        None if word == "#" => Atom::Number,
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
        let fillers = Arc::new(HashSet::from(["la".to_owned(), "toujours".to_owned()]));
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
    fn a_gap_is_any_few_words_of_the_clause() {
        let text = "brûlé hier soir en cuisinant la main";
        assert_eq!(found(&["brul* .. {body}"], text), [text]);
        assert_eq!(found(&["brul* .. {body}"], "brûlé la main"), ["brûlé la main"]);
        assert!(found(&["brul* .. {body}"], "brûlé, puis la main").is_empty());
        assert!(found(&["brul* .. {body}"], "brûlé a b c d e f g la main").is_empty());
    }

    #[test]
    fn the_longest_pattern_wins() {
        assert_eq!(found(&["jamais", "colis jamais recu", "recu"], "colis jamais reçu").len(), 1);
        assert_eq!(found(&["stem*"], "stem stems sterm"), ["stem", "stems"]);
    }
}

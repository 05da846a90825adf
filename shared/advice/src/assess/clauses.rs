//! The clauses of a review, and how each one feels.

use crate::library::{Library, Stands};
use crate::pattern::{Hit, Token};

/// The words between a negator and what it negates, at most.
const NEGATION_REACH: usize = 4;
/// Longest piece of evidence, in characters.
const EVIDENCE_CHARS_MAX: usize = 80;

/// How a clause feels.
#[derive(Debug, Clone, Copy, Default)]
struct Mood {
    happy: bool,
    /// It says so in words that complain of nothing in particular.
    unhappy: bool,
    /// A complaint stands in it.
    complaining: bool,
    /// A complaint in it is denied ("aucun retard"): its negator says nothing more.
    absolved: bool,
    /// It speaks of a cause.
    spoken: bool,
}

/// The words of a review by clause.
pub(super) struct Clauses {
    pub(super) tokens: Vec<Token>,
    moods: Vec<Mood>,
    /// Words that feel something, and whether it is happy.
    signs: Vec<(usize, bool)>,
}

impl Clauses {
    /// Cuts the words into clauses, also where a word like "mais" or "but" begins one.
    pub(super) fn new(library: &Library, words: &[Token]) -> Self {
        let mut tokens = words.to_vec();
        let breaks = library.reading.breaks.find(words);
        let mut added = 0;
        for (place, token) in tokens.iter_mut().enumerate() {
            added += breaks.iter().filter(|hit| hit.first == place).count();
            token.clause += added;
        }
        let clauses = tokens.last().map_or(0, |token| token.clause + 1);
        Self { tokens, moods: vec![Mood::default(); clauses], signs: Vec::new() }
    }

    /// Whether a complaint is denied where it stands; if so, its clause knows.
    pub(super) fn absolve(&mut self, library: &Library, harmless: &[Hit], hit: &Hit) -> bool {
        let denied = negator_of(library, &self.tokens, hit).is_some()
            || harmless.iter().any(|harmless| harmless.overlaps(hit));
        if denied && let Some(mood) = self.mood_mut(hit.first) {
            mood.absolved = true;
        }
        denied
    }

    /// Feels every clause, knowing which complaints stand.
    pub(super) fn feel(&mut self, library: &Library, stands: &Stands, complaints: &[Hit]) {
        let harmless = &stands.harmless;
        let covered =
            |hit: &Hit| harmless.iter().chain(complaints).any(|other| other.overlaps(hit));
        for hit in harmless {
            self.set(hit.first, true);
        }
        for hit in stands.negative.iter().filter(|hit| !covered(hit)) {
            let denied = negator_of(library, &self.tokens, hit).is_some();
            self.set(hit.first, denied);
            if denied && let Some(mood) = self.mood_mut(hit.first) {
                mood.absolved = true;
            }
        }
        for hit in stands.positive.iter().filter(|hit| !covered(hit)) {
            let denied = negator_of(library, &self.tokens, hit).is_some();
            self.set(hit.first, !denied);
        }
        for hit in stands.negators.iter().filter(|hit| !covered(hit)) {
            if self.mood(hit.first).is_some_and(|mood| !mood.absolved) {
                self.set(hit.first, false);
            }
        }
        for hit in complaints {
            if let Some(mood) = self.mood_mut(hit.first) {
                mood.complaining = true;
            }
        }
        for mood in self.moods.iter_mut().filter(|mood| mood.absolved) {
            mood.happy = true;
        }
    }

    /// A clause that names something and feels nothing takes the mood of an unhappy next clause
    /// that names nothing: "La livraison ? Une honte."
    pub(super) fn carry_over<'a>(&mut self, hits: impl Iterator<Item = &'a Hit>) {
        for hit in hits {
            if let Some(mood) = self.mood_mut(hit.first) {
                mood.spoken = true;
            }
        }
        let next = self.moods.iter().skip(1).map(|mood| mood.unhappy && !mood.spoken);
        let unhappy_next: Vec<bool> = next.collect();
        for (mood, next) in self.moods.iter_mut().zip(unhappy_next) {
            mood.unhappy |= next && mood.spoken && !mood.happy;
        }
    }

    /// Whether what is said of a word is unhappy: by its clause, or, where that feels both, by what
    /// stands nearest.
    pub(super) fn is_unhappy(&self, word: usize) -> bool {
        self.mood(word).is_some_and(|mood| mood.unhappy)
            && self.nearest_is_happy(word) != Some(true)
    }

    /// Whether it is happy, and nothing in its clause complains.
    pub(super) fn is_happy(&self, word: usize) -> bool {
        let mood = self.mood(word).filter(|mood| mood.happy && !mood.complaining);
        mood.is_some_and(|mood| !mood.unhappy || self.nearest_is_happy(word) == Some(true))
    }

    /// Whether the nearest word that feels something in a clause of both moods is happy.
    fn nearest_is_happy(&self, word: usize) -> Option<bool> {
        self.mood(word).filter(|mood| mood.happy && mood.unhappy)?;
        let here = self.signs.iter().filter(|(sign, _)| self.are_one(*sign, word));
        here.min_by_key(|(sign, happy)| (sign.abs_diff(word), *happy)).map(|(_, happy)| *happy)
    }

    /// Whether the clause of a word praises, whatever else it does.
    pub(super) fn is_praised(&self, word: usize) -> bool {
        self.mood(word).is_some_and(|mood| mood.happy)
    }

    /// Whether any clause is unhappy.
    pub(super) fn any_unhappy(&self) -> bool {
        self.moods.iter().any(|mood| mood.unhappy || mood.complaining)
    }

    /// Whether two words stand in one clause.
    pub(super) fn are_one(&self, a: usize, b: usize) -> bool {
        let clause = |word: usize| self.tokens.get(word).map(|token| token.clause);
        clause(a) == clause(b)
    }

    /// What stands from one word to another, as it was written.
    pub(super) fn written(&self, source: &str, (first, past): (usize, usize)) -> Option<String> {
        let start = self.tokens.get(first)?.start;
        let end = self.tokens.get(past.checked_sub(1)?)?.end;
        let text = source.get(start..end)?;
        Some(vigie_domain::text::excerpt(text, EVIDENCE_CHARS_MAX))
    }

    fn set(&mut self, word: usize, happy: bool) {
        self.signs.push((word, happy));
        if let Some(mood) = self.mood_mut(word) {
            mood.happy |= happy;
            mood.unhappy |= !happy;
        }
    }

    fn mood(&self, word: usize) -> Option<Mood> {
        self.moods.get(self.tokens.get(word)?.clause).copied()
    }

    fn mood_mut(&mut self, word: usize) -> Option<&mut Mood> {
        self.moods.get_mut(self.tokens.get(word)?.clause)
    }
}

/// The word that denies what was found, if one does: "aucun retard", "not rude". A phrase that
/// begins with such a word ("pas reçu") is a complaint as it stands.
pub(super) fn negator_of(library: &Library, tokens: &[Token], hit: &Hit) -> Option<usize> {
    let reading = &library.reading;
    if reading.negators.begins(tokens, hit.first) {
        return None;
    }
    let clause = tokens.get(hit.first)?.clause;
    for back in 1..=NEGATION_REACH {
        let at = hit.first.checked_sub(back)?;
        let token = tokens.get(at).filter(|token| token.clause == clause)?;
        if reading.negators.begins(tokens, at) {
            let after = tokens.get(at + 1).map(|token| &token.word);
            return (!after.is_some_and(|word| reading.only.contains(word))).then_some(at);
        }
        if !reading.between.contains(&token.word) {
            return None;
        }
    }
    None
}

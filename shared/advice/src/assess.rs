//! Reading a review: which causes, in whose words, how grave.
//!
//! Clause by clause (facts §2.2): a complaint counts unless it is negated; a word that only says
//! what is spoken of counts where the clause is unhappy. So praise may mention delivery.

use std::collections::HashSet;

use vigie_domain::{Assessment, Cause, CauseFound, Locale, Severity, Stars};

use crate::language;
use crate::library::{CauseEntry, Library};
use crate::pattern::{Hit, Token, tokens};

mod clauses;
use clauses::{Clauses, negator_of};

/// A cause is named from this score on.
const THRESHOLD: f64 = 0.5;
/// How fast the score of a cause grows with the weight of what was found: a weight of 2 passes the
/// threshold, 5 gives 0.9.
const WEIGHT_SCALE: f64 = 2.2;
/// The weight of a strong sign (facts, lexicon.py).
const WEIGHT_STRONG: u32 = 3;
/// The most pieces of evidence shown for a cause.
const EVIDENCE_MAX: usize = 3;
/// A dissatisfied review of so few words may only name what it is about: "La livraison."
const BARE_WORDS_MAX: usize = 4;
/// Words between two hits that are shown as one piece of evidence.
const EVIDENCE_GAP: usize = 2;

/// Understands a review, as far as words allow. It advises and never gates.
///
/// `language_hint` is what the platform says (any ISO 639-1 code is kept); `stars` make the
/// severity at least medium from two stars down, and decide whether a text without a cause is
/// `general`. Never fails; a text in a language without a lexicon is at most `general`.
///
/// ```
/// use vigie_advice::assess;
/// use vigie_domain::{Cause, Severity, Stars};
///
/// let found = assess("Colis jamais reçu.", None, None, Stars::from_hundredths(200));
/// assert_eq!(found.language.as_deref(), Some("fr"));
/// assert_eq!(found.causes[0].id, Cause::Delivery);
/// assert_eq!(found.causes[0].evidence, ["Colis jamais reçu"]);
/// assert_eq!(found.severity, Severity::Medium);
///
/// let praise = assess("Fast delivery, friendly staff!", None, None, Some(Stars::FIVE));
/// assert!(praise.causes.is_empty());
/// ```
pub fn assess(
    text: &str,
    title: Option<&str>,
    language_hint: Option<&str>,
    stars: Option<Stars>,
) -> Assessment {
    let source = title.map_or_else(|| text.to_owned(), |title| format!("{title}\n{text}"));
    let words = tokens(&source);
    let language = language::of(language_hint, &words);
    let readings: Vec<Reading> = libraries(language.as_deref(), &words)
        .into_iter()
        .map(|library| Reading::new(library, &words))
        .collect();
    let unhappy = words.is_empty() || readings.iter().any(Reading::is_unhappy);
    let dissatisfied = stars.map_or(unhappy, |stars| stars < Stars::FOUR);
    let causes = causes(&readings, &source, dissatisfied);
    let severity = severity(&readings, &causes, dissatisfied, stars);
    Assessment { language, causes: causes.into_iter().map(|found| found.shown).collect(), severity }
}

/// Which lexicons to read with: the language's, if the words do not contradict it; else both.
fn libraries(language: Option<&str>, words: &[Token]) -> Vec<&'static Library> {
    let named = language.and_then(Locale::from_code);
    let heard = language::guess(words);
    let both = [Locale::Fr, Locale::En];
    let wanted = both.into_iter().filter(|locale| match (named, heard) {
        (Some(named), Some(heard)) => *locale == named || *locale == heard,
        (Some(one), None) | (None, Some(one)) => *locale == one,
        (None, None) => true,
    });
    wanted.filter_map(Library::of).collect()
}

/// A cause that was found, and the weight of what shows it.
struct Found {
    shown: CauseFound,
    weight: u32,
}

fn causes(readings: &[Reading], source: &str, dissatisfied: bool) -> Vec<Found> {
    let first: Vec<Found> =
        readings.iter().flat_map(|r| r.causes(source, Topics::Unhappy)).collect();
    let short = readings.iter().all(|r| r.clauses.tokens.len() <= BARE_WORDS_MAX);
    let all = if first.is_empty() && dissatisfied && short {
        readings.iter().flat_map(|r| r.causes(source, Topics::NotHappy)).collect()
    } else {
        first
    };
    let mut found = strongest_first(all);
    if found.is_empty() && dissatisfied {
        let shown = CauseFound { id: Cause::General, score: THRESHOLD, evidence: Vec::new() };
        found.push(Found { shown, weight: 0 });
    }
    found
}

/// One entry a cause, the best of the languages it was read in.
fn strongest_first(mut all: Vec<Found>) -> Vec<Found> {
    let place = |cause| Cause::ALL.iter().position(|c| *c == cause);
    all.sort_by(|a, b| {
        let by_score = b.shown.score.total_cmp(&a.shown.score);
        by_score.then_with(|| place(a.shown.id).cmp(&place(b.shown.id)))
    });
    let mut seen = HashSet::new();
    all.retain(|found| seen.insert(found.shown.id));
    all
}

/// Severity (facts §2.5): strong safety signs are critical; legal and press threats and vulnerable
/// people grave; two stars or fewer, several causes, or a customer who leaves, medium.
fn severity(
    readings: &[Reading],
    causes: &[Found],
    dissatisfied: bool,
    stars: Option<Stars>,
) -> Severity {
    let unsafe_for_people =
        causes.iter().any(|f| f.shown.id == Cause::SafetyHealth && f.weight >= WEIGHT_STRONG);
    let signalled = readings.iter().map(Reading::signalled).max().unwrap_or_default();
    let counted = if dissatisfied { signalled } else { Severity::Low };
    let several = causes.len() > 1;
    let low_rating = stars.is_some_and(|stars| stars.hundredths() <= 200);
    let floor = if several || low_rating { Severity::Medium } else { Severity::Low };
    if unsafe_for_people { Severity::Critical } else { counted.max(floor) }
}

/// Which topics count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Topics {
    /// Those in unhappy clauses.
    Unhappy,
    /// All but those in happy clauses: for a dissatisfied review of few words.
    NotHappy,
}

/// A review read with one language's library.
struct Reading {
    library: &'static Library,
    clauses: Clauses,
    /// One a cause: its complaints that stand.
    complaints: Vec<Vec<Hit>>,
    /// One a cause: what is spoken of.
    topics: Vec<Vec<Hit>>,
}

impl Reading {
    fn new(library: &'static Library, words: &[Token]) -> Self {
        let mut clauses = Clauses::new(library, words);
        let mut complaints = Vec::new();
        let mut topics = Vec::new();
        for entry in &library.causes {
            let unless = entry.unless.find(&clauses.tokens);
            let covered = |hit: &Hit| unless.iter().any(|other| other.overlaps(hit));
            let mut standing = entry.complaints.find(&clauses.tokens);
            standing.retain(|hit| !covered(hit) && !clauses.absolve(library, hit));
            let mut spoken = entry.topics.find(&clauses.tokens);
            spoken.retain(|hit| !covered(hit) && !standing.iter().any(|c| c.overlaps(hit)));
            complaints.push(standing);
            topics.push(spoken);
        }
        clauses.feel(library, &complaints.concat());
        let spoken = complaints.iter().chain(&topics).flatten();
        clauses.carry_over(spoken);
        Self { library, clauses, complaints, topics }
    }

    fn is_unhappy(&self) -> bool {
        self.clauses.any_unhappy()
    }

    fn causes(&self, source: &str, counting: Topics) -> Vec<Found> {
        let lists = self.complaints.iter().zip(&self.topics);
        let each = self.library.causes.iter().zip(lists);
        each.filter_map(|(entry, (complaints, topics))| {
            self.cause(source, entry, complaints, topics, counting)
        })
        .collect()
    }

    fn cause(
        &self,
        source: &str,
        entry: &CauseEntry,
        complaints: &[Hit],
        topics: &[Hit],
        counting: Topics,
    ) -> Option<Found> {
        let counts = |hit: &&Hit| match counting {
            Topics::Unhappy => {
                self.clauses.is_unhappy(hit.first)
                    || complaints.iter().any(|own| self.clauses.are_one(own.first, hit.first))
            }
            Topics::NotHappy => !self.clauses.is_happy(hit.first),
        };
        let topics: Vec<Hit> = topics.iter().filter(counts).copied().collect();
        let weight = weight(complaints) + weight(&topics);
        let score = score(weight);
        if score < THRESHOLD {
            return None;
        }
        let mut hits: Vec<Hit> = complaints.iter().chain(&topics).copied().collect();
        hits.sort_by_key(|hit| hit.first);
        let evidence = self.evidence(source, &hits);
        Some(Found { shown: CauseFound { id: entry.cause, score, evidence }, weight })
    }

    /// The reviewer's words as written, neighbours in one piece.
    fn evidence(&self, source: &str, hits: &[Hit]) -> Vec<String> {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for hit in hits {
            match spans.last_mut() {
                Some((first, past))
                    if hit.first <= *past + EVIDENCE_GAP
                        && self.clauses.are_one(*first, hit.first) =>
                {
                    *past = hit.past.max(*past);
                }
                _ => spans.push((hit.first, hit.past)),
            }
        }
        let mut seen = HashSet::new();
        let written = spans.into_iter().filter_map(|span| self.clauses.written(source, span));
        written.filter(|text| seen.insert(text.to_lowercase())).take(EVIDENCE_MAX).collect()
    }

    fn signalled(&self) -> Severity {
        let reading = &self.library.reading;
        let tokens = &self.clauses.tokens;
        let unless = reading.unless.find(tokens);
        let stands = |hit: &Hit| {
            !unless.iter().any(|other| other.overlaps(hit))
                && negator_of(self.library, tokens, hit).is_none()
        };
        let any = |patterns: &crate::pattern::Patterns| patterns.find(tokens).iter().any(stands);
        if any(&reading.critical) {
            Severity::Critical
        } else if any(&reading.high) {
            Severity::High
        } else if any(&reading.medium) {
            Severity::Medium
        } else {
            Severity::Low
        }
    }
}

/// The weight of some hits: saying a thing twice does not make it graver.
fn weight(hits: &[Hit]) -> u32 {
    let mut seen = HashSet::new();
    hits.iter().filter(|hit| seen.insert(hit.pattern)).map(|hit| u32::from(hit.weight)).sum()
}

fn score(weight: u32) -> f64 {
    let raw = 1.0 - (-f64::from(weight) / WEIGHT_SCALE).exp();
    (raw * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;

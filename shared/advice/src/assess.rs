//! Reading a review: which causes, in whose words, how grave.
//!
//! Clause by clause (facts §2.2): a complaint counts unless it is negated; a word that only says
//! what is spoken of counts where the clause is unhappy. So praise may mention delivery.

use std::collections::HashSet;

use vigie_domain::{Assessment, Cause, CauseFound, Locale, MotiveFound, Stars};

use crate::house::House;
use crate::language;
use crate::library::Library;
use crate::pattern::{Token, tokens};

mod approach;
mod clauses;
mod praised;
mod reading;
mod severity;
mod tone;

pub(crate) use praised::is_name as is_first_name;
use reading::Reading;
use tone::Tone;

/// The version of the rules: what was understood by one may be understood otherwise by the next.
pub const RULES: &str = "2026-11-29";

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
    assess_with(&House::default(), text, title, language_hint, stars)
}

/// Understands a review of a brand that has words of its own beside ours: as [`assess`] does.
pub fn assess_with(
    house: &House,
    text: &str,
    title: Option<&str>,
    language_hint: Option<&str>,
    stars: Option<Stars>,
) -> Assessment {
    let source = title.map_or_else(|| text.to_owned(), |title| format!("{title}\n{text}"));
    let words = tokens(&source);
    let language = language::of(language_hint, &source, &words);
    let readings: Vec<Reading> = libraries(language.as_deref(), &source, &words)
        .into_iter()
        .map(|library| Reading::new(library, house, &words))
        .collect();
    let unhappy = words.is_empty() || readings.iter().any(Reading::is_unhappy);
    let tone = Tone::of(stars, unhappy);
    let causes = causes(&readings, &source, tone);
    let severity = severity::of(&readings, &causes, tone, stars);
    let suggestion = readings.iter().any(Reading::suggests);
    // Irony is common in unhappy reviews: "Bravo".
    let happy = readings.iter().filter(|_| !tone.is_dissatisfied());
    let praised = happy.flat_map(|reading| praised::in_reading(reading, &source)).collect();
    let causes = causes.into_iter().map(|found| found.shown).collect();
    let motives = motives(&readings, &source, tone);
    let approach = approach::of(&readings, &source).filter(|_| tone.is_dissatisfied());
    let severity = severity.max(severity::of_leaving(approach.as_ref(), &motives));
    Assessment { language, causes, severity, motives, approach, suggestion, praised }
}

/// What a dissatisfied reviewer is after, each motive once.
fn motives(readings: &[Reading], source: &str, tone: Tone) -> Vec<MotiveFound> {
    let unhappy = readings.iter().filter(|_| tone.is_dissatisfied());
    let mut found: Vec<_> = unhappy.flat_map(|reading| reading.motives(source)).collect();
    found.sort_by_key(|motive| motive.id);
    found.dedup_by_key(|motive| motive.id);
    found
}

/// Which lexicons to read with: the language's, if the words do not contradict it; else both. That
/// of a language which only some clause is in reads along.
fn libraries(language: Option<&str>, text: &str, words: &[Token]) -> Vec<&'static Library> {
    let named = language.and_then(Locale::from_code);
    let heard = language::guess(text, words);
    let both = [Locale::Fr, Locale::En];
    let wanted = both.into_iter().filter(|locale| match (named, heard) {
        (None, None) => true,
        _ if named == Some(*locale) || heard == Some(*locale) => true,
        _ => language::speaks(*locale, words),
    });
    wanted.filter_map(Library::of).collect()
}

/// A cause that was found.
struct Found {
    shown: CauseFound,
    /// Whether words that complain of it stand, and not only words that name it.
    is_plain: bool,
}

fn causes(readings: &[Reading], source: &str, tone: Tone) -> Vec<Found> {
    let all = readings.iter().flat_map(|reading| reading.causes(source, tone));
    let mut found = strongest_first(all.collect());
    if found.is_empty() && tone.is_dissatisfied() {
        let shown = CauseFound { id: Cause::General, score: tone::THRESHOLD, evidence: Vec::new() };
        found.push(Found { shown, is_plain: false });
    }
    found
}

/// One entry a cause, the best of the languages it was read in.
fn strongest_first(mut all: Vec<Found>) -> Vec<Found> {
    /// What a mere word like "scam" counts less beside what went wrong: it is said in anger.
    const SAID_IN_ANGER: f64 = 0.25;
    let place = |cause| Cause::ALL.iter().position(|c| *c == cause);
    let strength = |found: &Found| {
        let in_anger = found.shown.id == Cause::FraudSuspicion;
        found.shown.score - if in_anger { SAID_IN_ANGER } else { 0.0 }
    };
    all.sort_by(|a, b| {
        let by_score = strength(b).total_cmp(&strength(a));
        by_score.then_with(|| place(a.shown.id).cmp(&place(b.shown.id)))
    });
    let mut seen = HashSet::new();
    all.retain(|found| seen.insert(found.shown.id));
    all
}

#[cfg(test)]
mod tests;

//! Subjects: one clean line, with fixed first words that people and filters can rely on.

use vigie_domain::{Locale, Severity, text::clean_line};

use crate::views::{BrandView, ReviewView};
use crate::when::moment;
use crate::words::{say, stars_short};

/// The longest subject, in characters: mail clients show far less.
pub const SUBJECT_CHARS_MAX: usize = 180;
/// The longest name in a subject, in characters.
const NAME_CHARS_MAX: usize = 60;

/// The subject of an alert (contract, "E-mail"): the cause list gives way first.
pub(crate) fn alert(
    brand: &BrandView,
    review: &ReviewView,
    severity: Severity,
    causes: &[&str],
) -> String {
    let mark = match severity {
        Severity::Critical => say(brand.locale, "[Critique] ", "[Critical] "),
        Severity::High => say(brand.locale, "[Grave] ", "[Serious] "),
        Severity::Medium | Severity::Low => String::new(),
    };
    let whole = |causes: &[&str]| {
        let list = causes.join(", ");
        let before = before(brand, review);
        let parts = [named(brand, review), shop(review), list, before];
        format!("{mark}{}", join(&parts))
    };
    let mut kept = causes.len();
    loop {
        let line = whole(causes.get(..kept).unwrap_or_default());
        if kept == 0 || line.chars().count() <= SUBJECT_CHARS_MAX {
            return tidy(&line);
        }
        kept -= 1;
    }
}

/// The subject of a message that begins with its own word.
pub(crate) fn other(word: &str, parts: &[String]) -> String {
    let mut all = vec![word.to_owned()];
    all.extend(parts.iter().cloned());
    tidy(&join(&all))
}

/// `Re: ` and the first subject: mail clients keep the review in one thread.
pub(crate) fn again(first_subject: &str) -> String {
    let first = clean_line(first_subject);
    let bare = first.strip_prefix("Re: ").unwrap_or(&first);
    tidy(&format!("Re: {bare}"))
}

/// "Avis 2★", "Review 3.5★".
pub(crate) fn named(brand: &BrandView, review: &ReviewView) -> String {
    match (stars_short(review.stars, brand.locale), brand.locale) {
        (Some(stars), Locale::Fr) => format!("Avis {stars}"),
        (Some(stars), Locale::En) => format!("Review {stars}"),
        (None, locale) => say(locale, "Avis sans note", "Review without a rating"),
    }
}

/// The shop's name, or nothing.
pub(crate) fn shop(review: &ReviewView) -> String {
    name(review.shop.as_deref().unwrap_or_default())
}

/// "avant sam. 21 nov. 10:12".
pub(crate) fn before(brand: &BrandView, review: &ReviewView) -> String {
    let word = say(brand.locale, "avant", "before");
    format!("{word} {}", moment(review.due_at, &brand.zone, brand.locale))
}

/// A name that fits a subject.
pub(crate) fn name(given: &str) -> String {
    vigie_domain::text::excerpt(given, NAME_CHARS_MAX)
}

fn join(parts: &[String]) -> String {
    let there = parts.iter().filter(|part| !part.is_empty()).cloned();
    there.collect::<Vec<_>>().join(" · ")
}

fn tidy(line: &str) -> String {
    vigie_domain::text::excerpt(line, SUBJECT_CHARS_MAX - 1)
}

//! Words in two languages.

use vigie_advice::typography;
use vigie_domain::{Locale, Stars};

/// One of two wordings, well set.
pub(crate) fn say(locale: Locale, fr: &str, en: &str) -> String {
    typography(if locale == Locale::Fr { fr } else { en }, locale)
}

/// A rating in short: "2★", "3,5★".
pub(crate) fn stars_short(stars: Option<Stars>, locale: Locale) -> Option<String> {
    stars.map(|stars| format!("{}★", number(stars, locale)))
}

/// A rating in words, for whoever does not see the star: "2 étoiles sur 5".
pub(crate) fn stars_words(stars: Option<Stars>, locale: Locale) -> String {
    let Some(stars) = stars else {
        return say(locale, "note illisible", "no readable rating");
    };
    let one = stars.hundredths() == 100 || (locale == Locale::Fr && stars.hundredths() < 200);
    let number = number(stars, locale);
    match (locale, one) {
        (Locale::Fr, true) => format!("{number} étoile sur 5"),
        (Locale::Fr, false) => format!("{number} étoiles sur 5"),
        (Locale::En, true) => format!("{number} star out of 5"),
        (Locale::En, false) => format!("{number} stars out of 5"),
    }
}

/// "2★ (2 étoiles sur 5)".
pub(crate) fn stars_both(stars: Option<Stars>, locale: Locale) -> String {
    let words = stars_words(stars, locale);
    stars_short(stars, locale).map_or(words.clone(), |short| format!("{short} ({words})"))
}

fn number(stars: Stars, locale: Locale) -> String {
    let plain = stars.to_string();
    if locale == Locale::Fr { plain.replace('.', ",") } else { plain }
}

/// `1 avis`, `2 avis`: the count with the word that agrees with it. In French, 0 is singular.
pub(crate) fn count(n: usize, locale: Locale, one: &str, several: &str) -> String {
    let single = n == 1 || (n == 0 && locale == Locale::Fr);
    format!("{n} {}", if single { one } else { several })
}

/// "Anne, Luc et Zoé".
pub(crate) fn names(list: &[String], locale: Locale) -> String {
    let and = if locale == Locale::Fr { " et " } else { " and " };
    match list.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{}{and}{last}", others.join(", ")),
    }
}

/// What there is of some parts, a dot between; a line never begins with the dot.
pub(crate) fn dotted(parts: &[String]) -> String {
    let there: Vec<&str> =
        parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    there.join("\u{a0}· ")
}

/// Quotation marks of the language, around the reviewer's own words.
pub(crate) fn quoted(words: &str, locale: Locale) -> String {
    match locale {
        Locale::Fr => format!("«\u{a0}{words}\u{a0}»"),
        Locale::En => format!("“{words}”"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_said_as_each_language_says_them() {
        let rating = |n| Stars::from_hundredths(n);
        assert_eq!(stars_both(rating(350), Locale::Fr), "3,5★ (3,5 étoiles sur 5)");
        assert_eq!(stars_both(rating(150), Locale::Fr), "1,5★ (1,5 étoile sur 5)");
        assert_eq!(stars_both(rating(100), Locale::En), "1★ (1 star out of 5)");
        assert_eq!(stars_both(rating(0), Locale::En), "0★ (0 stars out of 5)");
        assert_eq!(stars_both(None, Locale::Fr), "note illisible");
    }

    #[test]
    fn lists_and_counts_agree() {
        let list = ["A".to_owned(), "B".to_owned(), "C".to_owned()];
        assert_eq!(names(&list, Locale::Fr), "A, B et C");
        assert_eq!(names(&list[..1], Locale::En), "A");
        assert_eq!(names(&[], Locale::En), "");
        assert_eq!(count(0, Locale::Fr, "reçu", "reçus"), "0 reçu");
        assert_eq!(count(0, Locale::En, "review", "reviews"), "0 reviews");
    }
}

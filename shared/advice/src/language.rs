//! Which language a review is in: the platform's word, else a small honest guess.

use vigie_domain::Locale;

use crate::library::Library;
use crate::pattern::Token;

/// Words of a language that must be there before it is named.
const WORDS_MIN: usize = 2;

/// Words common in Spanish, German, Italian, Dutch and Portuguese and in neither French nor
/// English: where they lead, the guess stays silent.
const OTHERS: [&str; 60] = [
    "el", "los", "las", "muy", "pero", "y", "con", "una", "por", "para", "como", "esta", "der",
    "das", "und", "ist", "nicht", "ein", "eine", "sehr", "ich", "war", "aber", "mit", "auch",
    "wir", "sie", "il", "gli", "che", "non", "sono", "molto", "della", "anche", "piu", "het",
    "een", "niet", "maar", "zijn", "ook", "voor", "nao", "muito", "mas", "uma", "com", "os",
    "mein", "noch", "wurde", "hat", "habe", "nunca", "es", "ho", "mai", "perche", "todo",
];

/// The language of a review, ISO 639-1: the platform's hint, else a guess. `None` when unsure.
pub(crate) fn of(hint: Option<&str>, tokens: &[Token]) -> Option<String> {
    hint.and_then(code).or_else(|| guess(tokens).map(|locale| locale.code().to_owned()))
}

/// `fr-CA`, `FR` and `fr_FR` are `fr`.
fn code(hint: &str) -> Option<String> {
    let base = hint.trim().split(['-', '_']).next()?;
    let plain = base.len() == 2 && base.bytes().all(|b| b.is_ascii_alphabetic());
    plain.then(|| base.to_ascii_lowercase())
}

/// Counts the words that only one language has. Replace this function, and no other, by a real
/// detector.
pub(crate) fn guess(tokens: &[Token]) -> Option<Locale> {
    let count = |words: &[String]| tokens.iter().filter(|t| words.contains(&t.word)).count();
    let of = |locale| Library::of(locale).map_or(0, |l| count(&l.reading.function_words));
    let others = tokens.iter().filter(|t| OTHERS.contains(&t.word.as_str())).count();
    let (fr, en) = (of(Locale::Fr), of(Locale::En));
    let clear = |own: usize, other: usize| own >= WORDS_MIN && own > other && own > others;
    if clear(fr, en) {
        Some(Locale::Fr)
    } else if clear(en, fr) {
        Some(Locale::En)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::tokens;

    #[test]
    fn french_and_english_are_told_apart_and_others_are_not_claimed() {
        for (text, expected) in [
            ("Le colis n'est jamais arrivé", Some("fr")),
            ("Colis jamais reçu", Some("fr")),
            ("The parcel never came and nobody answers", Some("en")),
            ("El paquete no ha llegado y nadie contesta, muy mal", None),
            ("Das Paket ist nicht angekommen, sehr schlecht", None),
            ("Il pacco non e mai arrivato, molto male", None),
            ("Ok", None),
            ("", None),
            ("👍👍👍", None),
        ] {
            assert_eq!(of(None, &tokens(text)).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_hint_wins_and_is_cut_to_its_language() {
        let words = tokens("the parcel never came");
        assert_eq!(of(Some("fr-CA"), &words).as_deref(), Some("fr"));
        assert_eq!(of(Some("DE"), &words).as_deref(), Some("de"));
        assert_eq!(of(Some("french"), &words).as_deref(), Some("en"));
        assert_eq!(of(Some(""), &words).as_deref(), Some("en"));
    }
}

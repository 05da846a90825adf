//! Which language a review is in: the platform's word, else a small honest guess.

use vigie_domain::Locale;

use crate::library::Ear;
use crate::pattern::Token;

/// Words of a language that must be there before they speak against the letters.
const WORDS_MIN: usize = 2;
/// A text of so few words is named by its words, and not by its letters alone.
const WORDS_FEW: usize = 4;
/// In a text of so few words, words of another language speak against the letters.
const WORDS_SOME: usize = 12;

/// Words common in Spanish, German, Italian, Dutch and Portuguese and in neither French nor
/// English: where they lead, the guess stays silent.
const OTHERS: [&str; 60] = [
    "el", "los", "las", "muy", "pero", "y", "con", "una", "por", "para", "como", "esta", "der",
    "das", "und", "ist", "nicht", "ein", "eine", "sehr", "ich", "war", "aber", "mit", "auch",
    "wir", "sie", "il", "gli", "che", "non", "sono", "molto", "della", "anche", "piu", "het",
    "een", "niet", "maar", "zijn", "ook", "voor", "nao", "muito", "mas", "uma", "com", "os",
    "mein", "noch", "wurde", "hat", "habe", "nunca", "es", "ho", "mai", "perche", "todo",
];

/// The language of a review, ISO 639-1: the platform's hint, else a guess. `None` when unsure, and
/// for a language that Vigie does not write.
pub(crate) fn of(hint: Option<&str>, text: &str, words: &[Token]) -> Option<String> {
    hint.and_then(code).or_else(|| guess(text, words).map(|locale| locale.code().to_owned()))
}

/// `fr-CA`, `FR` and `fr_FR` are `fr`.
fn code(hint: &str) -> Option<String> {
    let base = hint.trim().split(['-', '_']).next()?;
    let plain = base.len() == 2 && base.bytes().all(|b| b.is_ascii_alphabetic());
    plain.then(|| base.to_ascii_lowercase())
}

/// What `whichlang` says, where words that only one language has do not speak against it. It
/// knows sixteen languages and always names one, so that of a few words it is only believed if
/// they do not contradict it.
pub(crate) fn guess(text: &str, words: &[Token]) -> Option<Locale> {
    let (fr, en) = (known(Locale::Fr, words), known(Locale::En, words));
    let others = words.iter().filter(|t| OTHERS.contains(&t.word.as_str())).count();
    let few = words.len() <= WORDS_FEW;
    let heard = match whichlang::detect_language(text) {
        whichlang::Lang::Fra => Locale::Fr,
        whichlang::Lang::Eng => Locale::En,
        // The letters of a few words mislead it.
        _ if few && fr > en + others => return Some(Locale::Fr),
        _ if few && en > fr + others => return Some(Locale::En),
        _ => return None,
    };
    let (own, rival) = if heard == Locale::Fr { (fr, en) } else { (en, fr) };
    if rival > own + others && (words.len() <= WORDS_SOME || rival >= WORDS_MIN) {
        return Some(other(heard));
    }
    let contradicted = others > own && words.len() <= WORDS_SOME;
    let unheard = few && own == 0;
    (!contradicted && !unheard).then_some(heard)
}

/// Whether a clause of the text is in this language, whatever the rest is in.
pub(crate) fn speaks(locale: Locale, words: &[Token]) -> bool {
    let mut clauses = words.chunk_by(|a, b| a.clause == b.clause);
    clauses.any(|clause| {
        let own = known(locale, clause);
        own >= WORDS_MIN && own > known(other(locale), clause)
    })
}

const fn other(locale: Locale) -> Locale {
    match locale {
        Locale::Fr => Locale::En,
        Locale::En => Locale::Fr,
    }
}

/// How many words only this language has; of a short text also those that praise or complain in it.
fn known(locale: Locale, words: &[Token]) -> usize {
    let Some(ear) = Ear::of(locale) else { return 0 };
    let shared = |word| Ear::of(other(locale)).is_some_and(|ear| ear.function_words.contains(word));
    let is_own = |word| ear.function_words.contains(word) && !shared(word);
    let own = words.iter().filter(|token| is_own(&token.word)).count();
    if words.len() > WORDS_FEW {
        return own;
    }
    own + ear.positive.find(words).len() + ear.negative.find(words).len()
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
            assert_eq!(of(None, text, &tokens(text)).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_hint_wins_and_is_cut_to_its_language() {
        let text = "the parcel never came";
        let words = tokens(text);
        assert_eq!(of(Some("fr-CA"), text, &words).as_deref(), Some("fr"));
        assert_eq!(of(Some("DE"), text, &words).as_deref(), Some("de"));
        assert_eq!(of(Some("french"), text, &words).as_deref(), Some("en"));
        assert_eq!(of(Some(""), text, &words).as_deref(), Some("en"));
    }
}

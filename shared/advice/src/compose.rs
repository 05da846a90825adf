//! Drafting the reply that the brand completes and publishes.

use vigie_domain::{Assessment, Cause, Locale, text::clean_line};

use crate::library::{CauseEntry, Library};
use crate::lint::lint;
use crate::pattern::{Token, tokens};
use crate::types::{CAUSES_MAX, Case, Draft};

/// The two places that the brand completes.
const SLOTS: [&str; 2] = ["[contact]", "[date]"];
/// Longest first name that a draft greets with, in characters.
const FIRST_NAME_CHARS_MAX: usize = 20;

/// A draft that holds for any complaint and says nothing of its cause.
///
/// The application puts it in place of a draft that [`lint`] refuses.
///
/// ```
/// use vigie_advice::{lint, safe_draft};
/// use vigie_domain::Locale;
/// let draft = safe_draft("Maison Lumen", Locale::En);
/// assert!(draft.text.ends_with("The Maison Lumen team"));
/// assert_eq!((draft.slots, lint(&draft.text, Locale::En).len()), (2, 0));
/// ```
pub fn safe_draft(brand: &str, language: Locale) -> Draft {
    let text = Library::of(language).map_or("", |library| &library.voice.draft.safe);
    finish(fill(text.trim(), "{brand}", &signing(brand)), language)
}

/// The draft for a review, in its language. It names the concrete points of at most three causes,
/// and never a person other than the customer.
pub(crate) fn draft(case: &Case<'_>) -> Draft {
    let language = case.reply_language();
    let Some(library) = Library::of(language) else { return safe_draft(case.brand, language) };
    let parts = &library.voice.draft;
    let seed = seed(&case.content.text);
    let pick = |variants: &[String], salt: usize| {
        let place = (seed >> salt) as usize % variants.len().max(1);
        variants.get(place).cloned().unwrap_or_default()
    };
    let safety = case.assessment.has(Cause::SafetyHealth);
    let recognised = if safety {
        parts.recognise_safety.clone()
    } else {
        fill(&pick(&parts.recognise, 8), "{points}", &capitalised(&points(case, library)))
    };
    let by_phone = case.house.contact.as_deref().is_some_and(is_phone);
    let contact = match (safety, by_phone) {
        (true, false) => parts.contact_safety.clone(),
        (true, true) => parts.contact_safety_phone.clone(),
        (false, false) => pick(&parts.contact, 16),
        (false, true) => parts.contact_phone.clone(),
    };
    let silent = case.content.text.trim().is_empty() && case.content.title.is_none();
    let thanks = if silent { parts.thanks_rating.clone() } else { pick(&parts.thanks, 0) };
    let body = own_reply(case, language).unwrap_or_else(|| [thanks, recognised, contact].join(" "));
    let signature = fill(&parts.signature, "{brand}", &signing(case.brand));
    finish([greeting(case, library), body, signature].join("\n"), language)
}

/// The draft, or the safe one if it breaks a rule.
pub(crate) fn checked_draft(case: &Case<'_>) -> Draft {
    let draft = draft(case);
    let whole = SLOTS.iter().all(|slot| draft.text.matches(slot).count() == 1);
    // The brand's own name is not ours to judge.
    let ours = draft.text.replace(&signing(case.brand), "");
    let draft = if whole && lint(&ours, draft.language).is_empty() {
        draft
    } else {
        Draft { replaced: true, ..safe_draft(case.brand, draft.language) }
    };
    match &case.house.contact {
        Some(contact) => with_contact(draft, contact),
        None => draft,
    }
}

/// The brand's own words for the first cause, in the language of the draft.
fn own_reply(case: &Case<'_>, language: Locale) -> Option<String> {
    let first = case.assessment.causes.first().map_or(Cause::General, |found| found.id);
    case.house.said(first, language)?.reply.clone()
}

/// Whether customers are to call: digits and what stands between them.
fn is_phone(contact: &str) -> bool {
    const DIGITS_MIN: usize = 6;
    let between = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+().-/".contains(c);
    let digits = contact.chars().filter(char::is_ascii_digit).count();
    contact.chars().all(between) && digits >= DIGITS_MIN
}

/// Fills in where customers reach the brand, as it has said itself. A number stays on its line.
fn with_contact(mut draft: Draft, contact: &str) -> Draft {
    let [slot, _] = SLOTS;
    let contact = signing(contact);
    let contact = if is_phone(&contact) { contact.replace(' ', "\u{a0}") } else { contact };
    draft.text = fill(&draft.text, slot, &contact);
    draft.slots = draft.slots.saturating_sub(1);
    draft
}

fn finish(text: String, language: Locale) -> Draft {
    let slots = SLOTS.iter().map(|slot| text.matches(slot).count()).sum();
    Draft { language, text, slots, replaced: false }
}

/// One pass, so that what is put in is not read again.
fn fill(text: &str, slot: &str, with: &str) -> String {
    text.split(slot).collect::<Vec<_>>().join(with)
}

/// The brand's name on one line, without anything that a draft's slots could be taken for.
fn signing(brand: &str) -> String {
    clean_line(brand).replace(['[', ']', '{', '}'], "")
}

fn greeting(case: &Case<'_>, library: &Library) -> String {
    let parts = &library.voice.draft;
    match case.content.author.as_deref().and_then(first_name) {
        Some(name) => fill(&parts.greeting_named, "{name}", &name),
        None => parts.greeting.clone(),
    }
}

/// The first name, if the author's public name looks like one: "Claire D.", "Jean-Marc Petit".
/// A pseudonym, a company or a single surname in capitals gets a neutral greeting.
fn first_name(author: &str) -> Option<String> {
    const NOT_NAMES: [&str; 20] = [
        "client",
        "cliente",
        "customer",
        "anonyme",
        "anonymous",
        "user",
        "utilisateur",
        "google",
        "madame",
        "monsieur",
        "mme",
        "mr",
        "mrs",
        "ms",
        "dr",
        "the",
        "le",
        "la",
        "un",
        "a",
    ];
    let first = author.split_whitespace().next()?;
    let mut letters = first.chars();
    let capital = letters.next().is_some_and(char::is_uppercase);
    let rest_small = first.split('-').all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(char::is_uppercase)
            && chars.clone().count() >= 1
            && chars.all(|c| c.is_lowercase() || c == '’' || c == '\'')
    });
    let fits = (2..=FIRST_NAME_CHARS_MAX).contains(&first.chars().count());
    let common = NOT_NAMES.contains(&first.to_lowercase().as_str());
    let few_words = author.split_whitespace().count() <= 3;
    (capital && rest_small && fits && few_words && !common).then(|| first.to_owned())
}

/// Whether the review says something in a language that we do not know. A few words may only be
/// too few to tell.
pub(crate) fn is_unread(case: &Case<'_>) -> bool {
    const FEW: usize = 4;
    let Assessment { language, causes, .. } = case.assessment;
    let general = causes.iter().all(|found| found.id == Cause::General);
    let told = || {
        let words = case_words(case);
        let latin = |c: char| !c.is_alphabetic() || c < '\u{250}';
        words.len() > FEW || !words.iter().all(|token| token.word.chars().all(latin))
    };
    let ours = |code: &str| Locale::from_code(code).is_some();
    general && language.as_deref().map_or_else(told, |code| !ours(code))
}

/// The concrete points of the review, one a cause, in the customer's language. Pressure over the
/// review, and what is not about the brand, are nothing that the customer lived through.
fn points(case: &Case<'_>, library: &Library) -> String {
    let mut found = point_places(case);
    if found.len() > 1 {
        found.retain(|(cause, _)| !matches!(cause, Cause::BadFaith | Cause::OffTopic));
    }
    let text = |(cause, place): (Cause, usize)| {
        let point = library.cause(cause)?.file.point.get(place)?;
        Some(point.recognise.clone())
    };
    found.into_iter().filter_map(text).collect::<Vec<_>>().join(&library.voice.then)
}

/// The review in one sentence, for the brand.
pub(crate) fn summary(case: &Case<'_>, library: &Library) -> String {
    let text = |(cause, place): (Cause, usize)| {
        Some(library.cause(cause)?.file.point.get(place)?.summary.clone())
    };
    let points: Vec<String> = point_places(case).into_iter().filter_map(text).collect();
    format!("{}.", capitalised(&points.join(&library.voice.and)))
}

/// Which point of each cause the review makes: found with the review's language, told by place,
/// which both languages share (a test holds it).
pub(crate) fn point_places(case: &Case<'_>) -> Vec<(Cause, usize)> {
    let words = case_words(case);
    let found = case.assessment.causes.iter().take(CAUSES_MAX).map(|found| found.id);
    let mut causes: Vec<Cause> = found.collect();
    if causes.is_empty() {
        causes.push(Cause::General);
    }
    let reading = Library::of(case.reply_language());
    let place = |cause| {
        let entry = reading?.cause(cause)?;
        Some((cause, place_of(entry, &words)))
    };
    causes.into_iter().filter_map(place).collect()
}

fn case_words(case: &Case<'_>) -> Vec<Token> {
    let title = case.content.title.as_deref().unwrap_or_default();
    tokens(&format!("{title}\n{}", case.content.text))
}

fn place_of(entry: &CauseEntry, words: &[Token]) -> usize {
    let last = entry.points.len().saturating_sub(1);
    entry.points.iter().position(|patterns| patterns.any(words)).unwrap_or(last)
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A number that depends on the review alone, so that its draft stays the same and its neighbours'
/// differ (FNV-1a, 64 bits).
fn seed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_name_is_used_only_where_it_looks_like_one() {
        for (author, expected) in [
            ("Claire D.", Some("Claire")),
            ("Jean-Marc Petit", Some("Jean-Marc")),
            ("Élodie", Some("Élodie")),
            ("claire75", None),
            ("DUPONT", None),
            ("D. Martin", None),
            ("Client anonyme", None),
            ("The Real McCoy", None),
            ("Les amis de la place du marché", None),
            ("[contact]", None),
            ("{brand}", None),
            ("", None),
            ("مريم", None),
        ] {
            assert_eq!(first_name(author).as_deref(), expected, "{author}");
        }
    }

    #[test]
    fn a_brand_name_cannot_add_a_slot() {
        let draft = safe_draft("[date] {points}\nX", Locale::Fr);
        assert_eq!(draft.slots, 2);
        assert!(draft.text.ends_with("L’équipe date points X"));
    }
}

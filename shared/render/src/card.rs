//! Reviews as blocks.

use vigie_domain::{
    Flag, Locale,
    text::{cut, excerpt},
};

use crate::doc::{Block, Card, Link};
use crate::views::{Also, BrandView, Links, ReviewView};
use crate::when::moment;
use crate::words::{dotted, say, stars_both};

/// The most of a review's text that a message quotes, in characters: the rest is on the platform.
pub(crate) const QUOTE_CHARS_MAX: usize = 4_000;
/// Longest name shown, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Longest title shown, in characters.
const TITLE_CHARS_MAX: usize = 200;
/// The room for a public address in a message on one review, in bytes of HTML; browsers stop at
/// about 2,000.
pub(crate) const URL_ALONE_BYTES_MAX: usize = 4_000;
/// The room for each where there are many.
pub(crate) const URL_BYTES_MAX: usize = 500;

/// A review, quoted up to so many characters.
pub(crate) fn card(brand: &BrandView, review: &ReviewView, chars_max: usize) -> Block {
    let title_chars = TITLE_CHARS_MAX.min(chars_max);
    let (text, was_cut) = cut(&review.text, chars_max);
    let text: Vec<String> = text.lines().map(str::trim_end).map(ToOwned::to_owned).collect();
    Block::Review(Card {
        meta: meta(brand, review),
        title: review.title.as_deref().map(|t| excerpt(t, title_chars)).unwrap_or_default(),
        text: text.into_iter().filter(|line| !line.is_empty()).collect(),
        note: note(brand.locale, review, was_cut),
        lang: review.language.clone().filter(|code| is_code(code)).unwrap_or_default(),
    })
}

fn is_code(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase())
}

/// Rating, author, what and where, date, number.
fn meta(brand: &BrandView, review: &ReviewView) -> String {
    let locale = brand.locale;
    let name = |given: &Option<String>| {
        given.as_deref().map(|name| excerpt(name, NAME_CHARS_MAX)).unwrap_or_default()
    };
    let number = match locale {
        Locale::Fr => format!("n°\u{a0}{}", review.number),
        Locale::En => format!("no. {}", review.number),
    };
    let parts = [
        stars_both(review.stars, locale),
        name(&review.author),
        name(&review.product),
        name(&review.shop),
        platform(locale, review),
        moment(review.published_at, &brand.zone, locale),
        number,
    ];
    dotted(&parts)
}

/// The platform's name, with what is to be known of whatever is said to come from it.
pub(crate) fn platform(locale: Locale, review: &ReviewView) -> String {
    let name = excerpt(&review.platform, NAME_CHARS_MAX);
    if !review.unsigned {
        return name;
    }
    say(locale, &format!("{name} (non signé)"), &format!("{name} (not signed)"))
}

fn note(locale: Locale, review: &ReviewView, was_cut: bool) -> String {
    let mut notes = Vec::new();
    if review.text.trim().is_empty() && review.title.is_none() {
        notes.push(say(locale, "Une note, sans commentaire.", "A rating, without a comment."));
    }
    if was_cut || review.flags.contains(&Flag::TextCut) {
        notes.push(say(
            locale,
            "Le texte est plus long : la suite est sur la plateforme.",
            "The text is longer: the rest is on the platform.",
        ));
    }
    if review.flags.contains(&Flag::TimeAssumed) {
        notes.push(say(
            locale,
            "Date de réception : la plateforme n'en donne pas d'autre qui soit lisible.",
            "Date of receipt: the platform gives no other that can be read.",
        ));
    }
    for other in &review.also {
        let name = excerpt(&other.platform, NAME_CHARS_MAX);
        notes.push(say(
            locale,
            &format!("Le même avis est aussi sur {name} : une réponse vaut pour les deux."),
            &format!("The same review is on {name} too: one answer counts for both."),
        ));
    }
    if review.unsigned {
        notes.push(say(
            locale,
            "Non signé par la plateforme : en cas de doute, regardez-y l'avis avant de répondre.",
            "Not signed by the platform: if in doubt, look at the review there before you answer.",
        ));
    }
    notes.join(" ")
}

/// What one can do about a review: answer it, then say so, or close it.
pub(crate) fn buttons(
    locale: Locale,
    review: &ReviewView,
    links: &Links,
    url_bytes_max: usize,
) -> Block {
    let mut all: Vec<Link> = view_link(locale, review, url_bytes_max).into_iter().collect();
    all.extend(also_links(locale, review, url_bytes_max));
    all.extend(desk_links(locale, links));
    if let Some(first) = all.first_mut() {
        first.main = true;
    }
    Block::Buttons { links: all }
}

/// The page where one answers, else the review's public page, if there is room for it.
pub(crate) fn view_link(locale: Locale, review: &ReviewView, bytes_max: usize) -> Option<Link> {
    let fits = |url: &&String| is_shown(url, bytes_max);
    let answer = review.answer_url.as_ref().filter(fits);
    let label = if answer.is_some() {
        say(locale, "Voir l'avis et répondre", "See the review and answer")
    } else {
        say(locale, "Voir l'avis", "See the review")
    };
    let url = answer.or_else(|| review.url.as_ref().filter(fits))?;
    Some(Link { label, url: url.clone(), main: true, desk: false })
}

/// Where its copies are.
fn also_links(locale: Locale, review: &ReviewView, bytes_max: usize) -> Vec<Link> {
    let link = |other: &Also| {
        let url = other.url.clone().filter(|url| is_shown(url, bytes_max))?;
        let name = excerpt(&other.platform, NAME_CHARS_MAX);
        let label = say(locale, &format!("Voir sur {name}"), &format!("See it on {name}"));
        Some(Link { label, url, main: false, desk: false })
    };
    review.also.iter().filter_map(link).collect()
}

/// Whether an address can be shown, and there is room for it.
fn is_shown(url: &str, bytes_max: usize) -> bool {
    let plain = !url.chars().any(char::is_whitespace);
    plain && html_bytes(url) <= bytes_max && url.starts_with("https://")
}

/// How long an address is once it is escaped: `&amp;` is five bytes.
fn html_bytes(url: &str) -> usize {
    url.len() + 5 * url.bytes().filter(|b| matches!(b, b'&' | b'<' | b'>' | b'"' | b'\'')).count()
}

/// `answered` before `close`, always.
pub(crate) fn desk_links(locale: Locale, links: &Links) -> [Link; 2] {
    let link = |label, url: &String| Link { label, url: url.clone(), main: false, desk: true };
    [
        link(say(locale, "J'ai répondu", "I have answered"), &links.answered),
        link(say(locale, "Clore sans réponse", "Close without an answer"), &links.close),
    ]
}

/// Said where the platform tells nothing of answers.
pub(crate) fn by_hand(locale: Locale, review: &ReviewView) -> Option<Block> {
    let platform = excerpt(&review.platform, NAME_CHARS_MAX);
    let text = match locale {
        Locale::Fr => format!(
            "{platform} ne nous annonce pas vos réponses : une fois la vôtre publiée, cliquez « J'ai répondu »."
        ),
        Locale::En => format!(
            "{platform} does not tell us of your answers: once yours is published, press “I have answered”."
        ),
    };
    review.answers_by_hand.then(|| Block::Small { text: say(locale, &text, &text) })
}

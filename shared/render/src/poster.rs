//! Praise to be shown around: a card for the wall, or for everybody's screen.

use vigie_domain::{Locale, text::excerpt};

use crate::doc::{Block, Poster};
use crate::views::Praised;
use crate::words::{dotted, names, quoted, say, stars_short};

/// Longest quote on a card, in characters: it is read from two metres away.
const QUOTE_CHARS_MAX: usize = 240;
/// Longest name on it.
const NAME_CHARS_MAX: usize = 40;

/// The review that says most about the team in few words: one that names somebody, else the
/// longest that fits a card. `None` where none has words.
pub(crate) fn best(reviews: &[Praised]) -> Option<&Praised> {
    let said = reviews.iter().filter(|praised| !praised.review.text.trim().is_empty());
    said.max_by_key(|praised| {
        let length = praised.review.text.chars().count();
        (!praised.people.is_empty(), length <= QUOTE_CHARS_MAX, length.min(QUOTE_CHARS_MAX))
    })
}

/// A card of a good review: the customer's first name only, no order, no date.
pub(crate) fn poster(praised: &Praised, locale: Locale) -> Block {
    let review = &praised.review;
    let people: Vec<String> =
        praised.people.iter().map(|name| excerpt(name, NAME_CHARS_MAX)).collect();
    let who = if people.is_empty() {
        say(locale, "toute l'équipe", "the whole team")
    } else {
        names(&people, locale)
    };
    let first = review.author.as_deref().and_then(|author| author.split_whitespace().next());
    let by = [
        stars_short(review.stars, locale).unwrap_or_default(),
        excerpt(first.unwrap_or_default(), NAME_CHARS_MAX),
        excerpt(review.shop.as_deref().unwrap_or_default(), NAME_CHARS_MAX),
    ];
    let text = review.text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let text = excerpt(&text, QUOTE_CHARS_MAX);
    // A card has few words a line: no mark is to begin one.
    let text = [" !", " ?", " :", " ;"]
        .iter()
        .fold(text, |text, mark| text.replace(mark, &mark.replace(' ', "\u{a0}")));
    Block::Poster(Poster {
        thanks: say(
            locale,
            &format!("Bravo et merci à {who} !"),
            &format!("Well done and thank you, {who}!"),
        ),
        quote: quoted(&text, locale),
        by: dotted(&by),
        lang: review.language.clone().filter(|code| code.len() == 2).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_card_names_who_is_thanked_and_the_customer_by_first_name_only() {
        let view = sample::praise(Locale::Fr, 1);
        let praised = best(&view.reviews).expect("it has words");
        let Block::Poster(card) = poster(praised, Locale::Fr) else { unreachable!("a card") };
        assert_eq!(card.thanks, "Bravo et merci à Karim\u{a0}!");
        assert_eq!(card.by, "5★\u{a0}· Inès\u{a0}· Lyon Part-Dieu");
        assert!(card.quote.starts_with("«\u{a0}Accueil chaleureux"), "{card:?}");
    }

    #[test]
    fn the_review_that_names_somebody_goes_before_a_longer_one() {
        let mut reviews = sample::praise(Locale::Fr, 2).reviews;
        reviews[0].people.clear();
        reviews[0].review.text =
            "Très bien, vraiment très bien, et encore mieux que cela.".to_owned();
        reviews[1].review.text = "Merci Karim.".to_owned();
        assert_eq!(best(&reviews).map(|one| one.people.len()), Some(1));
        reviews[1].review.text.clear();
        assert_eq!(best(&reviews).map(|one| one.people.len()), Some(0));
        assert_eq!(best(&[]), None);
    }
}

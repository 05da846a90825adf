//! Good reviews, for the team.

use vigie_domain::text::excerpt;

use crate::card::{URL_BYTES_MAX, card, view_link};
use crate::doc::{Block, Doc};
use crate::poster::{best, poster};
use crate::views::{PraiseView, Praised};
use crate::when::day;
use crate::words::{count, names, say};
use crate::{Message, ending, html, subject, text};

/// The most reviews shown in one message.
const SHOWN_MAX: usize = 30;
/// How much of each text is quoted where there are several, in characters: the first that fits.
const QUOTES_CHARS: [usize; 4] = [400, 150, 50, 0];
/// The most of the text where there is one.
const QUOTE_ALONE_CHARS_MAX: usize = 4_000;

/// Writes a message that shows good reviews, and how many more there are.
///
/// ```
/// use vigie_domain::Locale;
/// let message = vigie_render::praise(&vigie_render::sample::praise(Locale::En, 2));
/// assert_eq!(message.subject, "Bravo · Maison Lumen · 2 good reviews · Mon 23 Nov");
/// ```
pub fn praise(view: &PraiseView) -> Message {
    let brand = &view.brand;
    let locale = brand.locale;
    let total = view.reviews.len() + view.more;
    let good = match locale {
        vigie_domain::Locale::Fr => count(total, locale, "bon avis", "bons avis"),
        vigie_domain::Locale::En => count(total, locale, "good review", "good reviews"),
    };
    let parts = [subject::name(&brand.name), good.clone(), day(view.at, &brand.zone, locale)];
    let line = subject::other("Bravo", &parts);
    let alone = view.reviews.len() == 1;
    let lengths: &[usize] = if alone { &[QUOTE_ALONE_CHARS_MAX] } else { &QUOTES_CHARS };
    let (doc, html) = html::fitting(lengths, |chars| document(view, &line, &good, chars));
    Message { subject: line, text: text::text(&doc), html }
}

fn document(view: &PraiseView, subject: &str, good: &str, quote_chars: usize) -> Doc {
    let brand = &view.brand;
    let locale = brand.locale;
    let mut doc = Doc::of(brand, subject);
    let lead =
        say(locale, &format!("Bravo à l'équipe : {good}."), &format!("Well done, team: {good}."));
    doc.blocks.push(Block::Lead { text: lead });
    doc.blocks.push(Block::First { text: thanks(view) });
    for Praised { review, people, suggests } in view.reviews.iter().take(SHOWN_MAX) {
        doc.blocks.push(card(brand, review, quote_chars));
        if !people.is_empty() {
            let who = names(people, locale);
            let thanked = say(locale, &format!("Merci à {who} !"), &format!("Thank you, {who}!"));
            doc.blocks.push(Block::Para { text: thanked });
        }
        if *suggests {
            let fr =
                "Une suggestion s'y cache : la noter, et dire au client ce que vous en faites.";
            let en =
                "There is a suggestion in it: note it, and tell the customer what becomes of it.";
            doc.blocks.push(Block::Small { text: say(locale, fr, en) });
        }
        let link = view_link(locale, review, URL_BYTES_MAX).map(|link| Block::Plain { link });
        doc.blocks.extend(link);
    }
    let more = view.more + view.reviews.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        let others = count(more, locale, "autre", "autres");
        let fr = format!("Et {others} que ce message ne montre pas.");
        let en = format!("And {more} more that this message does not show.");
        doc.blocks.push(Block::Para { text: say(locale, &fr, &en) });
    }
    if let Some(best) = best(&view.reviews) {
        doc.blocks.push(Block::Heading { text: say(locale, "À afficher", "For the wall") });
        doc.blocks.push(poster(best, locale));
    }
    finish(&mut doc, view);
    doc
}

fn thanks(view: &PraiseView) -> String {
    let one = view.reviews.len() + view.more == 1;
    let (fr, en) = if one {
        (
            "À lire en équipe, puis un mot de merci au client : un bon avis attend aussi sa réponse.",
            "Read it with the team, then thank the customer: a good review waits for its answer too.",
        )
    } else {
        (
            "À lire en équipe, puis un mot de merci à chaque client : un bon avis attend aussi sa réponse.",
            "Read them with the team, then thank each customer: a good review waits for its answer too.",
        )
    };
    say(view.brand.locale, fr, en)
}

fn finish(doc: &mut Doc, view: &PraiseView) {
    let locale = view.brand.locale;
    let (brand, recipient) = (excerpt(&view.brand.name, 80), excerpt(&view.recipient, 80));
    let next = say(
        locale,
        "Sans réponse : aucun rappel pour un bon avis ; il reste compté dans le rapport de chaque jour jusqu'à sa réponse.",
        "If nobody answers: no reminder for a good review; it stays counted in the daily report until it is answered.",
    );
    let why = say(
        locale,
        &format!("Pourquoi ce message ? « {recipient} » reçoit les bons avis de {brand}."),
        &format!("Why this message? “{recipient}” gets the good reviews of {brand}."),
    );
    ending::end(doc, locale, next, why);
}

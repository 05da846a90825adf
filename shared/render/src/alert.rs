//! The alert: one review, understood, and what to do about it.

use vigie_advice::{Advice, ApproachAdvice, MotiveAdvice, severity_label};
use vigie_domain::{Locale, text::excerpt};

use crate::card::{QUOTE_CHARS_MAX, URL_ALONE_BYTES_MAX, buttons, by_hand, card};
use crate::doc::{Block, Doc, Group, Pair, Segment};
use crate::views::{AlertView, BrandView, News};
use crate::words::{quoted, say, stars_short};
use crate::{Message, ending, html, subject, text};

/// Longest piece of evidence shown, in characters.
const EVIDENCE_CHARS_MAX: usize = 120;
/// Longest rule or procedure of a brand shown, in characters.
const HOUSE_CHARS_MAX: usize = 600;

/// Writes an alert.
///
/// ```
/// use vigie_domain::Locale;
/// let view = vigie_render::sample::alert(Locale::Fr);
/// let message = vigie_render::alert(&view);
/// assert_eq!(message.subject, "Avis 2★ · Lyon Part-Dieu · Livraison, Accueil · avant sam. 21 nov. 10:12");
/// let answered = message.text.find(&view.links.answered);
/// assert!(answered < message.text.find(&view.links.close));
/// ```
pub fn alert(view: &AlertView) -> Message {
    let brand = &view.brand;
    let labels: Vec<&str> =
        view.advice.understood.iter().map(|found| found.label.as_str()).collect();
    let line = match &view.again {
        Some(again) => subject::again(&again.first_subject),
        None => subject::alert(brand, &view.review, view.assessment.severity, &labels),
    };
    let mut doc = Doc::of(brand, &line);
    if let Some(again) = &view.again {
        doc.news = news(brand, again.new);
    }
    act(&mut doc, view);
    understood(&mut doc, view);
    house(&mut doc, brand.locale, &view.advice);
    advice(&mut doc, brand.locale, &view.advice);
    let next = ending::next(brand, &view.next);
    ending::end(&mut doc, brand.locale, next, ending::why(brand, &view.recipient, view.why));
    Message { subject: line, text: text::text(&doc), html: html::html(&doc) }
}

/// What happened, the first move, and the links.
fn act(doc: &mut Doc, view: &AlertView) {
    let locale = view.brand.locale;
    doc.blocks.push(Block::Lead { text: view.advice.summary.clone() });
    doc.blocks.push(Block::First { text: view.advice.first_move.clone() });
    doc.blocks.push(buttons(locale, &view.review, &view.links, URL_ALONE_BYTES_MAX));
    doc.blocks.extend(by_hand(locale, &view.review));
    doc.blocks.push(Block::Heading { text: say(locale, "L'avis", "The review") });
    doc.blocks.push(card(&view.brand, &view.review, QUOTE_CHARS_MAX));
}

fn understood(doc: &mut Doc, view: &AlertView) {
    let locale = view.brand.locale;
    let row = |found: &vigie_advice::Understood| {
        let words = found.evidence.iter().map(|e| quoted(&excerpt(e, EVIDENCE_CHARS_MAX), locale));
        let colon = if found.evidence.is_empty() { "" } else { " :" };
        Pair {
            name: say(
                locale,
                &format!("{}{colon}", found.label),
                &format!("{}{}", found.label, colon.trim()),
            ),
            value: words.collect::<Vec<_>>().join(", "),
        }
    };
    let mut rows: Vec<Pair> = view.advice.understood.iter().map(row).collect();
    rows.extend(view.advice.motives.iter().map(|found| motive(found, locale)));
    let severity = severity_label(view.assessment.severity, locale);
    rows.push(Pair {
        name: say(locale, "Gravité :", "Severity:"),
        value: severity_value(severity),
    });
    rows.extend(view.advice.history.iter().map(|history| Pair {
        name: say(locale, "Déjà vu :", "Seen before:"),
        value: say(locale, history, history),
    }));
    rows.extend(view.advice.approach.iter().map(|found| approach(found, locale)));
    doc.blocks.push(Block::Heading {
        text: say(locale, "Ce que nous avons compris", "What we understood"),
    });
    doc.blocks.push(Block::Pairs { rows });
}

/// How to speak with the person: never what they are.
fn approach(found: &ApproachAdvice, locale: Locale) -> Pair {
    let words = found.evidence.iter().take(1);
    let words = words.map(|e| quoted(&excerpt(e, EVIDENCE_CHARS_MAX), locale));
    let value = words.chain([found.advice.clone()]).collect::<Vec<_>>().join(". ");
    Pair { name: say(locale, "Comment lui parler :", "How to speak with them:"), value }
}

/// What the brand has said of itself: who deals with it, its rule, its procedure.
fn house(doc: &mut Doc, locale: Locale, advice: &Advice) {
    let row = |(name, text): &(String, String)| Pair {
        name: say(locale, &format!("{name} :"), &format!("{name}:")),
        value: excerpt(text, HOUSE_CHARS_MAX),
    };
    let rows: Vec<Pair> = advice.house.iter().map(row).collect();
    if !rows.is_empty() {
        doc.blocks.push(Block::Heading { text: say(locale, "Chez vous", "At your end") });
        doc.blocks.push(Block::Pairs { rows });
    }
}

/// What the reviewer is after, in their words, and what to do about it.
fn motive(found: &MotiveAdvice, locale: Locale) -> Pair {
    let words = found.evidence.iter().take(1);
    let words = words.map(|e| quoted(&excerpt(e, EVIDENCE_CHARS_MAX), locale));
    let name = say(locale, &format!("{} :", found.label), &format!("{}:", found.label));
    let value = words.chain([found.advice.clone()]).collect::<Vec<_>>().join(". ");
    Pair { name, value }
}

fn severity_value(label: &str) -> String {
    label.trim_start_matches("gravité ").trim_end_matches(" severity").to_owned()
}

fn advice(doc: &mut Doc, locale: Locale, advice: &Advice) {
    let heading = |fr, en| Block::Heading { text: say(locale, fr, en) };
    doc.blocks.push(heading("Que faire", "What to do"));
    doc.blocks.push(Block::Steps { groups: groups(locale, advice) });
    if !advice.ladder.is_empty() {
        let heading = say(locale, "Réparer, dans cet ordre", "Put it right, in this order");
        let repair = Group { heading, start: 1, items: advice.ladder.clone() };
        doc.blocks.push(Block::Steps { groups: vec![repair] });
    }
    if !advice.recurring.is_empty() {
        doc.blocks.push(heading("Puisque cela revient", "Since it comes back"));
        doc.blocks.push(Block::Bullets { items: advice.recurring.clone() });
    }
    doc.blocks.push(heading("Brouillon de réponse", "Draft reply"));
    doc.blocks.push(draft(locale, advice));
    doc.blocks.push(heading("À ne pas faire", "What not to do"));
    doc.blocks.push(Block::Bullets { items: advice.never.clone() });
    doc.blocks.push(Block::Question { text: advice.closing.clone() });
}

/// The draft reply, with the places that a person completes.
pub(crate) fn draft(locale: Locale, advice: &Advice) -> Block {
    Block::Draft {
        lang: advice.draft.language.code(),
        lines: advice.draft.text.lines().map(segments).collect(),
        note: draft_note(locale, advice.draft.slots),
    }
}

fn groups(locale: Locale, advice: &Advice) -> Vec<Group> {
    let steps = &advice.steps;
    let mut start = 1;
    let lists = [
        (say(locale, "Rassurer", "Reassure"), &steps.reassure),
        (say(locale, "Fidéliser", "Keep the customer"), &steps.retain),
        (say(locale, "Faire un ambassadeur", "Win an ambassador"), &steps.ambassador),
    ];
    let mut found = Vec::new();
    for (heading, items) in lists.into_iter().filter(|(_, items)| !items.is_empty()) {
        found.push(Group { heading, start, items: items.clone() });
        start += items.len();
    }
    found
}

/// A line of the draft, cut around the places that the brand completes.
fn segments(line: &str) -> Vec<Segment> {
    let piece = |text: &str, slot| Segment { text: text.to_owned(), slot };
    let mut found = Vec::new();
    for part in line.split_inclusive(']') {
        match part.rfind('[').map(|at| part.split_at(at)) {
            Some((before, slot)) if slot.ends_with(']') => {
                found.push(piece(before, false));
                found.push(piece(slot, true));
            }
            _ => found.push(piece(part, false)),
        }
    }
    found
}

fn draft_note(locale: Locale, slots: usize) -> String {
    match slots {
        0 => say(locale, "À relire et à publier vous-même.", "For you to read over and publish."),
        1 => say(
            locale,
            "À relire et à publier vous-même : un endroit à compléter, entre crochets.",
            "For you to read over and publish: one place to complete, in brackets.",
        ),
        _ => say(
            locale,
            &format!(
                "À relire et à publier vous-même : {slots} endroits à compléter, entre crochets."
            ),
            &format!("For you to read over and publish: {slots} places to complete, in brackets."),
        ),
    }
}

/// What is new, in one line.
pub(crate) fn news(brand: &BrandView, new: News) -> String {
    let locale = brand.locale;
    let short =
        |stars| stars_short(stars, locale).unwrap_or_else(|| say(locale, "sans note", "no rating"));
    match new {
        News::Reopened => say(
            locale,
            "Du nouveau : cet avis était clos, son auteur l'a modifié, et il attend une réponse.",
            "News: this review was settled, its author has changed it, and it waits for an answer.",
        ),
        News::Edited { from, to } if from == to => say(
            locale,
            "Du nouveau : l'auteur a modifié son avis ; la note n'a pas changé.",
            "News: the author has edited the review; the rating has not changed.",
        ),
        News::Edited { from, to } => say(
            locale,
            &format!(
                "Du nouveau : l'auteur a modifié son avis, la note passe de {} à {}.",
                short(from),
                short(to)
            ),
            &format!(
                "News: the author has edited the review; the rating went from {} to {}.",
                short(from),
                short(to)
            ),
        ),
    }
}

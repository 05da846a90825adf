//! Reminders and escalations: reviews that still wait.

use vigie_domain::{Locale, text::excerpt};

use crate::card::{URL_BYTES_MAX, buttons, by_hand, card};
use crate::doc::{Block, Doc};
use crate::views::{LadderItem, LadderKind, LadderView, NextStep, Why};
use crate::when::moment;
use crate::words::{count, names, say};
use crate::{Message, ending, html, subject, text};

/// The most reviews shown in one message; the report lists them all.
const SHOWN_MAX: usize = 20;
/// The most steps that are announced.
const NEXT_MAX: usize = 4;
/// How much of each text is quoted, in characters: the first that fits.
const QUOTES_CHARS: [usize; 4] = [600, 200, 60, 0];

/// Writes a reminder or an escalation.
///
/// ```
/// use vigie_domain::Locale;
/// use vigie_render::{LadderKind, ladder, sample};
/// let mut view = sample::ladder(Locale::Fr, LadderKind::Escalation, 1);
/// view.first_subject = None;
/// assert_eq!(ladder(&view).subject, "Retard · Avis 2★ · Lyon Part-Dieu · avant sam. 21 nov. 10:12");
/// ```
pub fn ladder(view: &LadderView) -> Message {
    let line = subject_of(view);
    let (doc, html) = html::fitting(&QUOTES_CHARS, |chars| document(view, &line, chars));
    Message { subject: line, text: text::text(&doc), html }
}

fn document(view: &LadderView, subject: &str, quote_chars: usize) -> Doc {
    let brand = &view.brand;
    let locale = brand.locale;
    let mut doc = Doc::of(brand, subject);
    let headline = headline(view);
    if view.first_subject.is_some() {
        doc.news = headline;
    } else {
        doc.blocks.push(Block::Lead { text: headline });
    }
    for item in view.items.iter().take(SHOWN_MAX) {
        show(&mut doc, view, item, quote_chars);
    }
    let more = view.items.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        let fr =
            format!("Et {} : le rapport les donne tous.", count(more, locale, "autre", "autres"));
        let en = format!("And {more} more: the report has them all.");
        doc.blocks.push(Block::Para { text: say(locale, &fr, &en) });
    }
    let next = ending::next(brand, &next(view));
    ending::end(&mut doc, locale, next, ending::why(brand, &view.recipient, Why::Step));
    doc
}

/// What comes next over all the reviews, soonest first.
fn next(view: &LadderView) -> Vec<NextStep> {
    let mut steps: Vec<NextStep> = Vec::new();
    for step in view.items.iter().flat_map(|item| &item.next) {
        if !steps.contains(step) {
            steps.push(step.clone());
        }
    }
    steps.sort_by_key(|step| step.at);
    steps.truncate(NEXT_MAX);
    steps
}

fn word(view: &LadderView) -> String {
    match view.kind {
        LadderKind::Reminder => say(view.brand.locale, "Rappel", "Reminder"),
        LadderKind::Escalation => say(view.brand.locale, "Retard", "Overdue"),
    }
}

fn subject_of(view: &LadderView) -> String {
    let brand = &view.brand;
    if let Some(first) = &view.first_subject {
        return subject::again(first);
    }
    let parts = match view.items.first() {
        Some(item) if view.items.len() == 1 => vec![
            subject::named(brand, &item.review),
            subject::shop(&item.review),
            subject::before(brand, &item.review),
        ],
        first => {
            let total = count(view.items.len(), brand.locale, "avis", "avis");
            let total = if brand.locale == Locale::Fr {
                total
            } else {
                count(view.items.len(), brand.locale, "review", "reviews")
            };
            let before = first.map(|item| subject::before(brand, &item.review)).unwrap_or_default();
            vec![subject::name(&brand.name), total, before]
        }
    };
    subject::other(&word(view), &parts)
}

/// What it is about, in one line.
fn headline(view: &LadderView) -> String {
    let brand = &view.brand;
    let locale = brand.locale;
    let due = view.items.first().map(|item| moment(item.review.due_at, &brand.zone, locale));
    let due = due.unwrap_or_default();
    match (view.kind, view.items.len()) {
        (LadderKind::Reminder, 0 | 1) => say(
            locale,
            &format!("Rappel : cet avis attend une réponse avant {due}."),
            &format!("Reminder: this review waits for an answer before {due}."),
        ),
        (LadderKind::Reminder, n) => say(
            locale,
            &format!("Rappel : {n} avis attendent une réponse, le premier avant {due}."),
            &format!("Reminder: {n} reviews wait for an answer, the first before {due}."),
        ),
        (LadderKind::Escalation, 0 | 1) => say(
            locale,
            &format!("Retard : cet avis devait avoir sa réponse avant {due} ; il attend toujours."),
            &format!("Overdue: this review was to be answered before {due}; it is still waiting."),
        ),
        (LadderKind::Escalation, n) => say(
            locale,
            &format!(
                "Retard : {n} avis attendent, le premier devait avoir sa réponse avant {due}."
            ),
            &format!("Overdue: {n} reviews wait; the first was to be answered before {due}."),
        ),
    }
}

fn show(doc: &mut Doc, view: &LadderView, item: &LadderItem, quote_chars: usize) {
    let brand = &view.brand;
    let locale = brand.locale;
    let heading = format!("{} · {}", subject::named(brand, &item.review), item.review.number);
    doc.blocks.push(Block::Heading { text: heading });
    doc.blocks.push(Block::Para { text: item.summary.clone() });
    doc.blocks.push(buttons(locale, &item.review, &item.links, URL_BYTES_MAX));
    doc.blocks.extend(by_hand(locale, &item.review));
    doc.blocks.push(card(brand, &item.review, quote_chars));
    let due = moment(item.review.due_at, &brand.zone, locale);
    let had: Vec<String> = item.had_it.iter().map(|name| excerpt(name, 80)).collect();
    let fr = if had.is_empty() {
        format!("Réponse promise avant {due}.")
    } else {
        format!("Réponse promise avant {due}. Déjà prévenu : {}.", names(&had, locale))
    };
    let en = if had.is_empty() {
        format!("Answer promised before {due}.")
    } else {
        format!("Answer promised before {due}. Told already: {}.", names(&had, locale))
    };
    doc.blocks.push(Block::Small { text: say(locale, &fr, &en) });
}

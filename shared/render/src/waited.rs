//! Alerts that waited for the brand's hours: one message for all of them.

use vigie_domain::{Locale, text::excerpt};

use crate::alert::{alert, draft};
use crate::card::{URL_BYTES_MAX, buttons, by_hand, card};
use crate::doc::{Block, Doc};
use crate::views::{AlertView, BrandView, NextStep};
use crate::when::moment;
use crate::words::{count, say};
use crate::{Message, ending, html, subject, text};

/// The most steps that are announced.
const NEXT_MAX: usize = 4;
/// How much of each text is quoted, in characters: the first that fits.
const QUOTES_CHARS: [usize; 4] = [600, 200, 60, 0];
/// Longest first move, in characters.
const FIRST_CHARS_MAX: usize = 400;

/// Writes the alerts that waited for one opening, to one recipient. One alone is an alert as ever.
///
/// ```
/// use vigie_domain::Locale;
/// let views = [vigie_render::sample::alert(Locale::En), vigie_render::sample::alert(Locale::En)];
/// let message = vigie_render::waited(&views).unwrap();
/// assert!(message.subject.starts_with("2 reviews under 4★"), "{}", message.subject);
/// assert_eq!(vigie_render::waited(&[]), None);
/// ```
pub fn waited(views: &[AlertView]) -> Option<Message> {
    let first = views.first()?;
    if views.len() == 1 {
        return Some(alert(first));
    }
    let line = subject_of(first, views);
    let (doc, html) = html::fitting(&QUOTES_CHARS, |chars| document(first, views, &line, chars));
    Some(Message { subject: line, text: text::text(&doc), html })
}

fn reviews(brand: &BrandView, many: usize) -> String {
    let below =
        crate::words::stars_short(Some(brand.alert_below), brand.locale).unwrap_or_default();
    match brand.locale {
        Locale::Fr => format!("{} sous {below}", count(many, brand.locale, "avis", "avis")),
        Locale::En => format!("{} under {below}", count(many, brand.locale, "review", "reviews")),
    }
}

fn subject_of(first: &AlertView, views: &[AlertView]) -> String {
    let brand = &first.brand;
    let soonest = views.iter().min_by_key(|view| view.review.due_at).unwrap_or(first);
    let parts = [subject::name(&brand.name), subject::before(brand, &soonest.review)];
    subject::other(&reviews(brand, views.len()), &parts)
}

fn document(first: &AlertView, views: &[AlertView], line: &str, quote_chars: usize) -> Doc {
    let brand = &first.brand;
    let locale = brand.locale;
    let mut doc = Doc::of(brand, line);
    let what = reviews(brand, views.len());
    let fr = format!("{what} sont arrivés en dehors de vos heures ; les voici ensemble.");
    let en = format!("{what} arrived outside your hours; here they are together.");
    doc.blocks.push(Block::Lead { text: say(locale, &fr, &en) });
    for view in views {
        show(&mut doc, view, quote_chars);
    }
    let next = ending::next(brand, &next(views));
    ending::end(&mut doc, locale, next, ending::why(brand, &first.recipient, first.why));
    doc
}

fn show(doc: &mut Doc, view: &AlertView, quote_chars: usize) {
    let (brand, locale) = (&view.brand, view.brand.locale);
    let parts = [subject::named(brand, &view.review), subject::shop(&view.review)];
    let named: Vec<&str> = parts.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
    let heading = format!("{} · {}", named.join(" · "), view.review.number);
    doc.blocks.push(Block::Heading { text: heading });
    doc.blocks.push(Block::Para { text: view.advice.summary.clone() });
    doc.blocks.push(Block::First { text: excerpt(&view.advice.first_move, FIRST_CHARS_MAX) });
    doc.blocks.push(buttons(locale, &view.review, &view.links, URL_BYTES_MAX));
    doc.blocks.extend(by_hand(locale, &view.review));
    doc.blocks.push(card(brand, &view.review, quote_chars));
    doc.blocks.push(draft(locale, &view.advice));
    let due = moment(view.review.due_at, &brand.zone, locale);
    let fr = format!("Réponse promise avant {due}.");
    let en = format!("Answer promised before {due}.");
    doc.blocks.push(Block::Small { text: say(locale, &fr, &en) });
}

/// What comes next over all the reviews, soonest first.
fn next(views: &[AlertView]) -> Vec<NextStep> {
    let mut steps: Vec<NextStep> = Vec::new();
    for step in views.iter().flat_map(|view| &view.next) {
        if !steps.contains(step) {
            steps.push(step.clone());
        }
    }
    steps.sort_by_key(|step| step.at);
    steps.truncate(NEXT_MAX);
    steps
}

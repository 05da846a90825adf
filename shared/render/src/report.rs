//! The unanswered report.

use jiff::SignedDuration;
use vigie_advice::{label, mask_names};
use vigie_domain::text::excerpt;

use crate::card::{URL_BYTES_MAX, desk_links, platform, view_link};
use crate::doc::{Block, Doc, Row};
use crate::html::HTML_BYTES_MAX;
use crate::views::{BrandView, ReportLine, ReportView};
use crate::when::{day, moment, span, time};
use crate::words::{count, dotted, quoted, say, stars_both};
use crate::{Message, ending, html, subject, text};

mod sections;

/// The most reviews that one report lists (contract, "What makes what").
const LISTED_MAX: usize = 100;
/// Excerpt lengths that are tried in turn until the HTML part is small enough, in characters.
const EXCERPTS: [usize; 3] = [120, 40, 0];
/// Longest name in a line, in characters.
const NAME_CHARS_MAX: usize = 50;

/// Writes the report of open reviews: late, due today, later, found late, unreadable, the good ones
/// by shop, what was answered, and what Vigie cannot know. At most 100 reviews, and how many more.
/// With nothing to say it has two lines.
///
/// ```
/// use vigie_domain::Locale;
/// let message = vigie_render::report(&vigie_render::sample::report(Locale::En, 0));
/// assert_eq!(message.subject, "Unanswered reviews · Maison Lumen · nothing waiting · Mon 23 Nov");
/// assert_eq!(message.text.lines().count(), 2);
/// ```
pub fn report(view: &ReportView) -> Message {
    let subject = subject_of(view);
    let mut listed = LISTED_MAX;
    let mut tries = EXCERPTS.into_iter();
    loop {
        let excerpt_chars = tries.next().unwrap_or_else(|| {
            listed /= 2;
            0
        });
        let doc = document(view, &subject, excerpt_chars, listed);
        let html = html::html(&doc);
        if html.len() < HTML_BYTES_MAX || listed == 0 {
            return Message { subject, text: text::text(&doc), html };
        }
    }
}

/// The report as `vigie report unanswered` prints it: the text part.
///
/// ```
/// use vigie_domain::Locale;
/// let view = vigie_render::sample::report(Locale::Fr, 40);
/// assert_eq!(vigie_render::report_text(&view), vigie_render::report(&view).text);
/// ```
pub fn report_text(view: &ReportView) -> String {
    report(view).text
}

fn document(view: &ReportView, subject: &str, excerpt_chars: usize, listed: usize) -> Doc {
    let mut doc = Doc::of(&view.brand, subject);
    if is_quiet(view) {
        quiet(&mut doc, view);
        return doc;
    }
    doc.blocks.push(Block::Lead { text: headline(view) });
    doc.blocks.push(Block::First { text: since(view) });
    sections::shops(&mut doc, view);
    let shown = lists(&mut doc, view, excerpt_chars, listed);
    more(&mut doc, view, shown);
    sections::good(&mut doc, view);
    sections::answered(&mut doc, view);
    sections::unknown(&mut doc, view);
    let next = ending::next(&view.brand, &view.next);
    let next = [next, next_report(view)].join(" ");
    ending::end(&mut doc, view.brand.locale, next.trim().to_owned(), why(view));
    doc
}

fn open(view: &ReportView) -> usize {
    let lists = [&view.late, &view.today, &view.later, &view.found_late, &view.unreadable];
    lists.iter().map(|list| list.len()).sum::<usize>() + view.more
}

fn is_quiet(view: &ReportView) -> bool {
    open(view) == 0
        && sections::good_count(view) == 0
        && view.answered_since.is_empty()
        && view.unknown.is_empty()
}

/// Two lines: silence must never mean that Vigie is dead.
fn quiet(doc: &mut Doc, view: &ReportView) {
    let locale = view.brand.locale;
    let (received, answered) = (view.received, view.answered);
    let fr = format!(
        "Rien en attente. Depuis le dernier rapport : {}, {}.",
        count(received, locale, "avis reçu", "avis reçus"),
        count(answered, locale, "répondu", "répondus"),
    );
    let en = format!(
        "Nothing is waiting. Since the last report: {received} received, {answered} answered."
    );
    doc.blocks.push(Block::Lead { text: say(locale, &fr, &en) });
    let to = view.recipient.as_deref().map(|name| excerpt(name, NAME_CHARS_MAX));
    let to = to.map(|name| {
        say(locale, &format!("Rapport pour « {name} »."), &format!("Report for “{name}”."))
    });
    let second: Vec<String> = to.into_iter().chain(Some(next_report(view))).collect();
    doc.blocks.push(Block::First { text: second.join(" ").trim().to_owned() });
}

fn subject_of(view: &ReportView) -> String {
    let locale = view.brand.locale;
    let word = say(locale, "Avis sans réponse", "Unanswered reviews");
    let at = day(view.at, &view.brand.zone, locale);
    subject::other(&word, &[subject::name(&view.brand.name), state(view), at])
}

/// "2 en retard, 2 aujourd'hui", else how many wait, else that nothing does.
fn state(view: &ReportView) -> String {
    let locale = view.brand.locale;
    let mut parts = Vec::new();
    if !view.late.is_empty() {
        let n = view.late.len();
        parts.push(say(locale, &format!("{n} en retard"), &format!("{n} overdue")));
    }
    if !view.today.is_empty() {
        let n = view.today.len();
        parts.push(say(locale, &format!("{n} aujourd'hui"), &format!("{n} today")));
    }
    let waiting = open(view);
    if parts.is_empty() && waiting > 0 {
        parts.push(say(locale, &format!("{waiting} en attente"), &format!("{waiting} waiting")));
    }
    if parts.is_empty() {
        parts.push(say(locale, "rien en attente", "nothing waiting"));
    }
    parts.join(", ")
}

fn headline(view: &ReportView) -> String {
    let locale = view.brand.locale;
    let state = state(view);
    let at = moment(view.at, &view.brand.zone, locale);
    let name = excerpt(&view.brand.name, 80);
    say(locale, &format!("{name} : {state}, {at}."), &format!("{name}: {state}, {at}."))
}

/// "Depuis le dernier rapport : 12 reçus, 10 répondus dont 9 dans les 24 h."
fn since(view: &ReportView) -> String {
    let locale = view.brand.locale;
    let promise = span(view.brand.answer_within, locale);
    let (received, answered, timely) = (view.received, view.answered, view.answered_in_time);
    let fr = format!(
        "Depuis le dernier rapport : {}, {}{}.",
        count(received, locale, "reçu", "reçus"),
        count(answered, locale, "répondu", "répondus"),
        if answered > 0 { format!(" dont {timely} dans les {promise}") } else { String::new() },
    );
    let en = format!(
        "Since the last report: {received} received, {answered} answered{}.",
        if answered > 0 { format!(", {timely} within {promise}") } else { String::new() },
    );
    say(locale, &fr, &en)
}

/// The five lists; says how many reviews it showed.
fn lists(doc: &mut Doc, view: &ReportView, excerpt_chars: usize, listed: usize) -> usize {
    let locale = view.brand.locale;
    let sections = [
        (say(locale, "En retard", "Overdue"), &view.late),
        (say(locale, "Aujourd'hui", "Today"), &view.today),
        (say(locale, "Plus tard", "Later"), &view.later),
        (
            say(locale, "Trouvés tard, sans alerte", "Found late, without an alert"),
            &view.found_late,
        ),
        (
            say(locale, "Note illisible, sans alerte", "Rating unreadable, without an alert"),
            &view.unreadable,
        ),
    ];
    let mut left = listed;
    for (heading, lines) in sections.iter().filter(|(_, lines)| !lines.is_empty()) {
        let shown = lines.iter().take(left);
        let rows: Vec<Row> = shown.map(|line| row(view, line, excerpt_chars)).collect();
        left -= rows.len();
        if !rows.is_empty() {
            let text = format!("{heading} ({})", lines.len());
            doc.blocks.push(Block::Heading { text });
            doc.blocks.push(Block::Rows { rows });
        }
    }
    listed - left
}

fn row(view: &ReportView, line: &ReportLine, excerpt_chars: usize) -> Row {
    let brand = &view.brand;
    let locale = brand.locale;
    let review = &line.review;
    let causes: Vec<&str> = line.causes.iter().map(|cause| label(*cause, locale)).collect();
    let name = |text: &str| excerpt(text, NAME_CHARS_MAX);
    let with = line.with.as_deref().map(name).filter(|with| !with.is_empty());
    let parts = [
        stars_both(review.stars, locale),
        review.shop.as_deref().map(name).unwrap_or_default(),
        causes.join(", "),
        due(brand, view, line),
        platform(locale, review),
        with.map(|with| say(locale, &format!("chez : {with}"), &format!("with: {with}")))
            .unwrap_or_default(),
        review.number.clone(),
    ];
    // The report goes to many: whom a review blames is for those who deal with it.
    let shown = excerpt(&mask_names(&review.text, locale), excerpt_chars);
    let silent = excerpt_chars == 0 || shown.is_empty();
    let excerpt = if silent { String::new() } else { quoted(&shown, locale) };
    let mut links: Vec<_> = view_link(locale, review, URL_BYTES_MAX).into_iter().collect();
    if let Some(own) = &line.links {
        links.extend(desk_links(locale, own));
    }
    let head = dotted(&parts);
    Row { head, excerpt, links }
}

/// "14 h de retard", "avant 11:40", "avant mar. 24 nov. 10:00".
fn due(brand: &BrandView, view: &ReportView, line: &ReportLine) -> String {
    let locale = brand.locale;
    let at = line.review.due_at;
    let day_of = |at: jiff::Timestamp| at.to_zoned(brand.zone.clone()).date();
    if at <= view.at {
        // What is late by seconds is not late by nothing.
        let late = span(view.at.duration_since(at).max(SignedDuration::from_mins(1)), locale);
        say(locale, &format!("{late} de retard"), &format!("{late} overdue"))
    } else {
        let when = if day_of(at) == day_of(view.at) {
            time(at, &brand.zone)
        } else {
            moment(at, &brand.zone, locale)
        };
        say(locale, &format!("avant {when}"), &format!("before {when}"))
    }
}

fn more(doc: &mut Doc, view: &ReportView, shown: usize) {
    let locale = view.brand.locale;
    let left = open(view).saturating_sub(shown);
    if left > 0 {
        let text = say(
            locale,
            &format!(
                "Et {} : ce rapport en montre {shown} au plus.",
                count(left, locale, "autre avis en attente", "autres avis en attente")
            ),
            &format!("And {left} more waiting: this report shows {shown} at most."),
        );
        doc.blocks.push(Block::Para { text });
    }
}

fn next_report(view: &ReportView) -> String {
    let brand = &view.brand;
    let sentence = |at| ending::next_report(at, &brand.zone, brand.locale);
    view.next_report.map(sentence).unwrap_or_default()
}

fn why(view: &ReportView) -> String {
    let Some(recipient) = &view.recipient else { return String::new() };
    let (name, recipient) = (excerpt(&view.brand.name, 80), excerpt(recipient, 80));
    say(
        view.brand.locale,
        &format!("Pourquoi ce message ? « {recipient} » reçoit le rapport de {name}."),
        &format!("Why this message? “{recipient}” gets the report of {name}."),
    )
}

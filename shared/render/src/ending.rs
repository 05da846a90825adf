//! How every message ends: what happens next, why this person got it, who Vigie is.

use jiff::{Timestamp, tz::TimeZone};
use vigie_domain::{Locale, text::excerpt};

use crate::doc::{Block, Doc};
use crate::views::{BrandView, NextKind, NextStep, Why};
use crate::when::moment;
use crate::words::{names, say, stars_short};

/// Longest name in an ending, in characters.
const NAME_CHARS_MAX: usize = 80;

/// Ends a message.
pub(crate) fn end(doc: &mut Doc, locale: Locale, next: String, why: String) {
    doc.blocks.push(Block::Heading { text: say(locale, "La suite", "What happens next") });
    doc.blocks.push(Block::Para { text: next });
    doc.blocks.push(Block::Small { text: why });
    doc.footer = footer(locale);
}

/// For whom a message was meant, where the operator gets it; empty where its reader is meant.
pub(crate) fn trial(brand: &BrandView) -> String {
    if brand.meant_for.is_empty() {
        return String::new();
    }
    let locale = brand.locale;
    let name = excerpt(&brand.name, NAME_CHARS_MAX);
    let meant: Vec<String> =
        brand.meant_for.iter().map(|name| excerpt(name, NAME_CHARS_MAX)).collect();
    let meant = names(&meant, locale);
    say(
        locale,
        &format!(
            "Essai : {name} n'est pas encore en service. Ce message aurait été envoyé à {meant}."
        ),
        &format!("Trial: {name} is not live yet. This message would have gone to {meant}."),
    )
}

/// Who Vigie is, and is not (charter, A41 to A45).
pub(crate) fn footer(locale: Locale) -> String {
    say(
        locale,
        "Vigie conseille ; elle ne publie rien, ne rembourse rien, n'est ni médiateur ni service client.",
        "Vigie advises; it publishes nothing, refunds nothing, and is neither a mediator nor a customer service.",
    )
}

/// What happens if nobody answers, with names and times.
pub(crate) fn next(brand: &BrandView, steps: &[NextStep]) -> String {
    let locale = brand.locale;
    if steps.is_empty() {
        return say(
            locale,
            "Sans réponse : il n'y aura plus de rappel, mais l'avis reste dans le rapport de chaque jour jusqu'à ce qu'il ait sa réponse.",
            "If nobody answers: there will be no more reminders, but the review stays in the daily report until it has its answer.",
        );
    }
    // Steps of several reviews may differ by seconds, which nobody reads.
    let mut each: Vec<String> = steps.iter().map(|step| one(brand, step)).collect();
    each.dedup();
    let intro = say(locale, "Sans réponse : ", "If nobody answers: ");
    let list = each.join(&say(locale, " ; ", "; "));
    // The intro ends with a space of its own.
    format!("{intro}{list}.")
}

fn one(brand: &BrandView, step: &NextStep) -> String {
    let locale = brand.locale;
    let who: Vec<String> = step.names.iter().map(|name| excerpt(name, NAME_CHARS_MAX)).collect();
    let who = names(&who, locale);
    let when = moment(step.at, &brand.zone, locale);
    match (step.kind, locale) {
        (NextKind::Reminder, Locale::Fr) => format!("rappel à {who} {when}"),
        (NextKind::Reminder, Locale::En) => format!("reminder to {who} on {when}"),
        (NextKind::Escalation, Locale::Fr) => format!("alerte de retard à {who} {when}"),
        (NextKind::Escalation, Locale::En) => format!("overdue notice to {who} on {when}"),
    }
}

/// Why this person got an alert, a reminder or an escalation; on trial, why those would have for
/// whom it was meant.
pub(crate) fn why(brand: &BrandView, recipient: &str, why: Why) -> String {
    let locale = brand.locale;
    let name = excerpt(&brand.name, NAME_CHARS_MAX);
    let below = stars_short(Some(brand.alert_below), locale).unwrap_or_default();
    let who = quoted(brand, recipient);
    let (gets, get_fr) =
        if brand.meant_for.len() > 1 { ("get", "reçoivent") } else { ("gets", "reçoit") };
    let (fr, en) = match why {
        Why::Contact => (
            format!("{who} {get_fr} les avis sous {below} de {name}."),
            format!("{who} {gets} the reviews of {name} under {below}."),
        ),
        Why::Shop => (
            format!("{who} {get_fr} les avis sous {below} de cette boutique."),
            format!("{who} {gets} this shop's reviews under {below}."),
        ),
        Why::Route { position } => (
            format!("la règle n° {position} de {name} l'envoie à {who}."),
            format!("route {position} of {name} sends it to {who}."),
        ),
        Why::Management => (
            format!("l'avis est critique : il va aussi à {who}, dernier échelon de {name}."),
            format!("the review is critical: it also goes to {who}, the last step at {name}."),
        ),
        Why::Step => (
            format!("{name} veut que {who} l'apprenne si un avis attend trop."),
            format!("{name} wants {who} to hear of it when a review waits too long."),
        ),
    };
    let fr = format!("Pourquoi ce message ? {}", capital(&fr));
    say(locale, &fr, &format!("Why this message? {}", capital(&en)))
}

/// Who reads a message or was to, each in quotation marks.
fn quoted(brand: &BrandView, recipient: &str) -> String {
    let reader = [recipient.to_owned()];
    let who = if brand.meant_for.is_empty() { &reader[..] } else { &brand.meant_for };
    let quoted = who.iter().map(|name| {
        let name = excerpt(name, NAME_CHARS_MAX);
        match brand.locale {
            Locale::Fr => format!("« {name} »"),
            Locale::En => format!("“{name}”"),
        }
    });
    names(&quoted.collect::<Vec<_>>(), brand.locale)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The next report, in words.
pub(crate) fn next_report(at: Timestamp, zone: &TimeZone, locale: Locale) -> String {
    let when = moment(at, zone, locale);
    say(locale, &format!("Prochain rapport : {when}."), &format!("Next report: {when}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn steps_that_read_alike_are_said_once() {
        let brand = sample::alert(Locale::En).brand;
        let at = |second: i64| Timestamp::from_second(1_795_000_000 + second).unwrap();
        let step = |second| NextStep {
            kind: NextKind::Escalation,
            at: at(second),
            names: vec!["Direction".to_owned()],
        };
        let told = next(&brand, &[step(0), step(2), step(120)]);
        assert_eq!(told.matches("overdue notice to Direction").count(), 2, "{told}");
    }
}

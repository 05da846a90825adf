//! How a week or a month went, for the whole team: who was thanked by name, where customers were
//! let down most, and how praise and complaints compare.

use vigie_advice::label;
use vigie_domain::{Locale, Touchpoint, text::excerpt};

use crate::doc::{Block, Doc, Pair};
use crate::poster::{best, poster};
use crate::views::{RoundupView, Weakest};
use crate::when::{date, month};
use crate::words::{count, names, say};
use crate::{Message, ending, html, subject, text};

/// The most people listed.
const PEOPLE_MAX: usize = 10;
/// Longest name shown, in characters.
const NAME_CHARS_MAX: usize = 60;

/// Writes a round-up.
///
/// ```
/// use vigie_domain::Locale;
/// let message = vigie_render::roundup(&vigie_render::sample::roundup(Locale::En));
/// assert_eq!(message.subject, "Bravo · Maison Lumen · November 2026 round-up");
/// ```
pub fn roundup(view: &RoundupView) -> Message {
    let brand = &view.brand;
    let locale = brand.locale;
    let line = subject::other("Bravo", &[subject::name(&brand.name), title(view)]);
    let mut doc = Doc::of(brand, &line);
    doc.blocks.push(Block::Lead { text: lead(view) });
    doc.blocks.push(Block::First { text: thanks(view) });
    people(&mut doc, view);
    if let Some(best) = best(&view.reviews) {
        doc.blocks.push(Block::Heading { text: say(locale, "À afficher", "For the wall") });
        doc.blocks.push(poster(best, locale));
    }
    figures(&mut doc, view);
    let (next, why) = end(view);
    ending::end(&mut doc, locale, next, why);
    Message { subject: line, text: text::text(&doc), html: html::html(&doc) }
}

/// "bilan de novembre 2026", "round-up of the week of 16 Nov".
fn title(view: &RoundupView) -> String {
    let locale = view.brand.locale;
    if view.weekly {
        let first = date(view.first, locale);
        return say(
            locale,
            &format!("bilan de la semaine du {first}"),
            &format!("round-up of the week of {first}"),
        );
    }
    let month = month(view.first, locale);
    let of = if month.starts_with(['a', 'o']) { "d'" } else { "de " };
    say(locale, &format!("bilan {of}{month}"), &format!("{month} round-up"))
}

fn good(n: usize, locale: Locale) -> String {
    match locale {
        Locale::Fr => count(n, locale, "bon avis", "bons avis"),
        Locale::En => count(n, locale, "good review", "good reviews"),
    }
}

fn poor(n: usize, locale: Locale) -> String {
    match locale {
        Locale::Fr => count(n, locale, "plainte", "plaintes"),
        Locale::En => count(n, locale, "complaint", "complaints"),
    }
}

fn lead(view: &RoundupView) -> String {
    let locale = view.brand.locale;
    let (good, poor) = (good(view.good, locale), poor(view.poor, locale));
    if view.poor == 0 {
        let (fr, en) =
            (format!("{good}, et aucune plainte."), format!("{good}, and no complaint."));
        return say(locale, &fr, &en);
    }
    say(locale, &format!("{good} pour {poor}."), &format!("{good} to {poor}."))
}

fn thanks(view: &RoundupView) -> String {
    let locale = view.brand.locale;
    let most = view.people.first().map_or(0, |(_, times)| *times);
    let first: Vec<String> = view
        .people
        .iter()
        .filter(|(_, times)| *times == most)
        .take(3)
        .map(|(name, _)| excerpt(name, NAME_CHARS_MAX))
        .collect();
    if first.is_empty() {
        let fr = "Bravo à toute l'équipe : à dire à haute voix, sans attendre.";
        return say(locale, fr, "Well done, everybody: say it aloud, and do not wait.");
    }
    let who = names(&first, locale);
    let (of, when) = if view.weekly { ("de la semaine", "week") } else { ("du mois", "month") };
    say(locale, &format!("Le prénom {of} : {who}."), &format!("The name of the {when}: {who}."))
}

fn people(doc: &mut Doc, view: &RoundupView) {
    let locale = view.brand.locale;
    if view.people.is_empty() {
        return;
    }
    let row = |(name, times): &(String, usize)| {
        let name = excerpt(name, NAME_CHARS_MAX);
        let times = good(*times, locale);
        say(locale, &format!("{name} : {times}"), &format!("{name}: {times}"))
    };
    let items = view.people.iter().take(PEOPLE_MAX).map(row).collect();
    let heading = say(locale, "Les personnes remerciées par leur prénom", "People thanked by name");
    doc.blocks.push(Block::Heading { text: heading });
    doc.blocks.push(Block::Bullets { items });
    doc.blocks.push(Block::Small {
        text: say(
            locale,
            "Un merci devant l'équipe, un mot du dirigeant, le choix d'un planning : une attention n'a pas besoin de coûter.",
            "A thank-you before the team, a word from the director, the choice of a shift: an attention need not cost a thing.",
        ),
    });
}

fn figures(doc: &mut Doc, view: &RoundupView) {
    let locale = view.brand.locale;
    let mut rows = Vec::new();
    let mut add = |name: (&str, &str), value: String| {
        rows.push(Pair { name: say(locale, name.0, name.1), value });
    };
    if let Some(weakest) = &view.weakest {
        add(("Le maillon faible :", "The weakest link:"), weakest_link(weakest, view));
    }
    let (product, relation) = view.promises;
    if product + relation > 0 {
        add(
            ("Promesses touchées :", "Promises concerned:"),
            say(
                locale,
                &format!("ce qui est vendu {product}, la relation {relation}"),
                &format!("what is sold {product}, how people are treated {relation}"),
            ),
        );
    }
    if let Some(now) = ratio(view.good, view.poor, locale) {
        let before = view.before.and_then(|(good, poor)| ratio(good, poor, locale));
        let value = match &before {
            None => now,
            Some(before) => say(
                locale,
                &format!("{now} ; la période d'avant : {before}"),
                &format!("{now}; the period before: {before}"),
            ),
        };
        add(("Bons avis pour une plainte :", "Good reviews to a complaint:"), value);
    }
    if rows.is_empty() {
        return;
    }
    doc.blocks.push(Block::Heading { text: say(locale, "Où nous en sommes", "Where we stand") });
    doc.blocks.push(Block::Pairs { rows });
    if view.at_least {
        let fr = "Les plaintes sont nombreuses : causes comptées sur les plus récentes.";
        let en = "There are many complaints: causes are counted over the latest.";
        doc.blocks.push(Block::Small { text: say(locale, fr, en) });
    }
    if view.poor * 10 < view.good {
        let fr = "Peu de plaintes ne prouve pas que tous soient contents : beaucoup de déçus ne disent rien.";
        let en =
            "Few complaints do not prove that all are happy: many who are let down say nothing.";
        doc.blocks.push(Block::Small { text: say(locale, fr, en) });
    }
}

fn weakest_link(weakest: &Weakest, view: &RoundupView) -> String {
    let locale = view.brand.locale;
    let place = touchpoint(weakest.touchpoint, locale);
    let most = label(weakest.cause, locale);
    let (times, all) = (weakest.times, view.poor);
    let of = say(
        locale,
        &format!("{place}, {times} plaintes sur {all}"),
        &format!("{place}, {times} of {all} complaints"),
    );
    if place.to_lowercase().contains(&most.to_lowercase()) {
        return of;
    }
    say(locale, &format!("{of} (surtout : {most})"), &format!("{of} (mostly: {most})"))
}

/// "4,4": one decimal; `None` without a complaint.
fn ratio(good: usize, poor: usize, locale: Locale) -> Option<String> {
    let tenths = (good * 10 + poor / 2).checked_div(poor)?;
    let point = if locale == Locale::Fr { ',' } else { '.' };
    Some(format!("{}{point}{}", tenths / 10, tenths % 10))
}

/// Where customers meet the brand, in words.
fn touchpoint(touchpoint: Touchpoint, locale: Locale) -> String {
    let (fr, en) = match touchpoint {
        Touchpoint::Phone => ("le téléphone", "the telephone"),
        Touchpoint::Email => ("les messages", "messages"),
        Touchpoint::Internet => ("le site et l'application", "site and app"),
        Touchpoint::CustomerService => ("le service client", "customer service"),
        Touchpoint::Place => ("la boutique", "the shop"),
        Touchpoint::Invoicing => ("la facturation", "invoicing"),
        Touchpoint::Delivery => ("la livraison", "delivery"),
        Touchpoint::AfterSales => ("le service après-vente", "after-sales"),
        Touchpoint::Product => ("le produit", "the product"),
    };
    say(locale, fr, en)
}

fn end(view: &RoundupView) -> (String, String) {
    let locale = view.brand.locale;
    let (brand, recipient) = (excerpt(&view.brand.name, 80), excerpt(&view.recipient, 80));
    let (fr, en) = if view.weekly {
        ("Prochain bilan : lundi prochain.", "Next round-up: next Monday.")
    } else {
        ("Prochain bilan : le 1er du mois prochain.", "Next round-up: on the 1st of next month.")
    };
    let next = say(locale, fr, en);
    let why = say(
        locale,
        &format!(
            "Pourquoi ce message ? « {recipient} » reçoit les bons avis de {brand}. À partager sans modération, y compris avec ceux que les clients ne voient jamais."
        ),
        &format!(
            "Why this message? “{recipient}” gets the good reviews of {brand}. Do share it, also with those whom customers never see."
        ),
    );
    (next, why)
}

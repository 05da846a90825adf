//! The report's closing sections: thanks that wait, what was answered, what Vigie cannot know.

use vigie_domain::rhythm::DAYS_KEPT;
use vigie_domain::{Locale, text::excerpt};

use super::NAME_CHARS_MAX;
use crate::doc::{Block, Doc};
use crate::views::{AnsweredLine, ReportView, Unknown};
use crate::words::{count, dotted, names, say, stars_short};

/// The most shops and answered reviews that are named.
const NAMED_MAX: usize = 20;

/// How many good reviews wait for thanks.
pub(super) fn good_count(view: &ReportView) -> usize {
    view.good_by_shop.iter().map(|(_, count)| count).sum()
}

/// The good reviews that wait for a word of thanks.
pub(super) fn good(doc: &mut Doc, view: &ReportView) {
    let locale = view.brand.locale;
    let total = good_count(view);
    if total == 0 {
        return;
    }
    let heading = say(
        locale,
        &format!("Bons avis à remercier ({total})"),
        &format!("Good reviews to thank for ({total})"),
    );
    doc.blocks.push(Block::Heading { text: heading });
    let thanks = say(
        locale,
        "Un simple merci, sur la plateforme, suffit.",
        "A simple thank you, on the platform, is enough.",
    );
    doc.blocks.push(Block::Para { text: by_shop(&view.good_by_shop, locale).unwrap_or(thanks) });
}

/// Where the open reviews are, for whoever minds several shops: "Par boutique : Lyon 3 · Nantes 1".
pub(super) fn shops(doc: &mut Doc, view: &ReportView) {
    if view.open_by_shop.len() < 2 {
        return;
    }
    let locale = view.brand.locale;
    let word = say(locale, "Par boutique : ", "By shop: ");
    let list = by_shop(&view.open_by_shop, locale);
    doc.blocks.extend(list.map(|list| Block::Para { text: format!("{word}{list}.") }));
}

/// "Lyon 8 · Rivoli 6 · 9 autres boutiques"; `None` where there are no shops to tell apart.
fn by_shop(shops: &[(String, usize)], locale: Locale) -> Option<String> {
    if shops.iter().all(|(name, _)| name.is_empty()) {
        return None;
    }
    let without = say(locale, "sans boutique", "no shop");
    let shop = |(name, count): &(String, usize)| {
        let name = if name.is_empty() { without.clone() } else { excerpt(name, NAME_CHARS_MAX) };
        format!("{name} {count}")
    };
    let mut parts: Vec<String> = shops.iter().take(NAMED_MAX).map(shop).collect();
    let others = shops.len().saturating_sub(NAMED_MAX);
    if others > 0 {
        parts.push(say(
            locale,
            &count(others, locale, "autre boutique", "autres boutiques"),
            &count(others, locale, "other shop", "other shops"),
        ));
    }
    Some(dotted(&parts))
}

pub(super) fn answered(doc: &mut Doc, view: &ReportView) {
    let locale = view.brand.locale;
    if view.answered_since.is_empty() {
        return;
    }
    let one = |line: &AnsweredLine| {
        let stars = stars_short(line.stars, locale).unwrap_or_default();
        let shop = line.shop.as_deref().map(|s| excerpt(s, NAME_CHARS_MAX)).unwrap_or_default();
        let late = if line.in_time { String::new() } else { say(locale, "(en retard)", "(late)") };
        let parts = [line.number.clone(), stars, shop, late];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let total = view.answered_since.len();
    let mut parts: Vec<String> = view.answered_since.iter().take(NAMED_MAX).map(one).collect();
    if total > NAMED_MAX {
        parts.push("…".to_owned());
    }
    let heading =
        say(locale, &format!("Répondus depuis ({total})"), &format!("Answered since ({total})"));
    doc.blocks.push(Block::Heading { text: heading });
    doc.blocks.push(Block::Para { text: dotted(&parts) });
}

pub(super) fn unknown(doc: &mut Doc, view: &ReportView) {
    let locale = view.brand.locale;
    if view.unknown.is_empty() {
        return;
    }
    let one = |unknown: &Unknown| match unknown {
        Unknown::Answers { platforms } => {
            let list: Vec<String> = platforms.iter().map(|p| excerpt(p, NAME_CHARS_MAX)).collect();
            let several = list.len() > 1;
            let list = names(&list, locale);
            say(
                locale,
                &format!(
                    "{list} ne nous {} pas vos réponses : cliquez « J'ai répondu ».",
                    if several { "annoncent" } else { "annonce" }
                ),
                &format!(
                    "{list} {} not tell us of your answers: press “I have answered”.",
                    if several { "do" } else { "does" }
                ),
            )
        }
        Unknown::Silent { source, days, longest } => {
            let source = excerpt(source, NAME_CHARS_MAX);
            say(
                locale,
                &format!(
                    "« {source} » se tait depuis {days} jours ({longest} au plus les {DAYS_KEPT} \
                     jours d'avant) ; le technicien est prévenu."
                ),
                &format!(
                    "“{source}” has been silent for {days} days ({longest} at most in the \
                     {DAYS_KEPT} days before); the technician has been told."
                ),
            )
        }
    };
    doc.blocks.push(Block::Heading { text: say(locale, "À savoir", "Good to know") });
    doc.blocks.push(Block::Bullets { items: view.unknown.iter().map(one).collect() });
}

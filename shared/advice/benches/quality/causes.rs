//! Causes, beside what people labelled.

use std::path::Path;

use vigie_advice::assess;
use vigie_domain::{Assessment, Cause, Severity, Stars};

use crate::say;
use crate::sets::{Score, rows, share, value};

/// Which causes mean a label of the French set.
const FRENCH: [(&str, &str, &[Cause]); 3] = [
    ("price", "Prix", &[Cause::PriceValue, Cause::BillingPayment]),
    ("product", "Cuisine", &[Cause::ProductQuality, Cause::Availability]),
    (
        "service",
        "Service",
        &[Cause::StaffAttitude, Cause::CustomerSupport, Cause::WaitingTime, Cause::OrderAccuracy],
    ),
];

fn stars(text: &str) -> Option<Stars> {
    let number: f64 = text.replace(',', ".").parse().ok()?;
    Stars::from_hundredths((number * 100.0) as u16)
}

/// Restaurant reviews in French, labelled by aspect: negative, or not.
pub(crate) fn french_restaurants(folder: &Path, show: bool) {
    for (file, title) in
        [("french-restaurants-tuned.tsv", "tuned on"), ("french-restaurants.tsv", "not tuned on")]
    {
        let Some(rows) = rows(&folder.join(file)) else { continue };
        say(&format!("\nFrench restaurants, {title}: {} reviews", rows.len()));
        for (with_rating, all) in [(true, true), (true, false), (false, false)] {
            let rows: Vec<_> = rows
                .iter()
                .filter(|row| all || stars(value(row, "Note")).is_none_or(|s| s < Stars::FOUR))
                .cloned()
                .collect();
            let found: Vec<Assessment> = rows
                .iter()
                .map(|row| {
                    let given = with_rating.then(|| stars(value(row, "Note"))).flatten();
                    assess(value(row, "Avis"), None, None, given)
                })
                .collect();
            let how = match (with_rating, all) {
                (true, true) => "all",
                (true, false) => "under four",
                _ => "text alone",
            };
            labels(&rows, &found, how, show);
        }
        good_and_critical(&rows);
    }
}

fn labels(rows: &[Vec<(String, String)>], found: &[Assessment], how: &str, show: bool) {
    for (label, column, causes) in FRENCH {
        let mut score = Score::default();
        for (row, assessment) in rows.iter().zip(found) {
            let is_there = value(row, column) == "Négative";
            let is_found = causes.iter().any(|cause| assessment.has(*cause));
            score.count(is_there, is_found);
            if show && how == "under four" && is_there != is_found {
                let why: Vec<_> = assessment
                    .causes
                    .iter()
                    .filter(|found| causes.contains(&found.id))
                    .map(|found| found.evidence.join(" / "))
                    .collect();
                say(&format!(
                    "  {label} {} {}: {} | {}",
                    if is_there { "missed" } else { "wrong" },
                    value(row, "Note"),
                    value(row, "Avis"),
                    why.join("; ")
                ));
            }
        }
        say(&format!(
            "  {label:<8} {how:<11} precision {:.3}  recall {:.3}  F1 {:.3}",
            score.precision(),
            score.recall(),
            score.f1()
        ));
    }
}

/// Of five stars: how many get a cause. Of all: how many are critical, each one shown.
fn good_and_critical(rows: &[Vec<(String, String)>]) {
    let (mut good, mut caused, mut critical, mut critical_good) = (0, 0, 0, 0);
    for row in rows {
        let found = assess(value(row, "Avis"), None, None, stars(value(row, "Note")));
        let is_good = value(row, "Note").starts_with('5');
        good += usize::from(is_good);
        caused += usize::from(is_good && !found.causes.is_empty());
        if found.severity == Severity::Critical {
            critical += 1;
            critical_good += usize::from(is_good);
            let why: Vec<_> = found.causes.iter().flat_map(|one| one.evidence.clone()).collect();
            say(&format!(
                "  critical at {}: {} [{}]",
                value(row, "Note"),
                value(row, "Avis"),
                why.join(" / ")
            ));
        }
    }
    say(&format!(
        "  five stars: {caused} of {good} get a cause ({:.2} %), {critical_good} are critical; of \
         all {} {critical} are critical",
        share(caused, good) * 100.0,
        rows.len()
    ));
}

/// What the first cause means in the English set.
fn english(first: Option<Cause>) -> &'static str {
    match first {
        Some(Cause::Delivery | Cause::WaitingTime) => "delivery",
        Some(Cause::WebsiteApp | Cause::BillingPayment) => "app and payment",
        Some(Cause::PriceValue) => "price",
        Some(Cause::OrderAccuracy | Cause::ProductQuality) => "order",
        Some(Cause::CustomerSupport | Cause::AftersalesRefund | Cause::StaffAttitude) => "support",
        _ => "others",
    }
}

/// Reviews of delivery apps in English, each with the first thing it complains of.
pub(crate) fn english_delivery(folder: &Path, show: bool) {
    for (file, title) in
        [("english-delivery-tuned.tsv", "tuned on"), ("english-delivery.tsv", "not tuned on")]
    {
        if let Some(rows) = rows(&folder.join(file)) {
            first_causes(&rows, title, show);
        }
    }
}

fn first_causes(rows: &[Vec<(String, String)>], title: &str, show: bool) {
    let mut right = 0;
    for row in rows {
        let text = value(row, "review");
        let found = assess(text, None, None, stars(value(row, "rating")));
        let got = english(found.causes.first().map(|found| found.id));
        let is_right = got == value(row, "label");
        right += usize::from(is_right);
        if show && !is_right {
            let why: Vec<_> = found
                .causes
                .iter()
                .map(|one| format!("{} {:.2} {:?}", one.id.id(), one.score, one.evidence))
                .collect();
            say(&format!("  {} got {got}: {text} | {}", value(row, "label"), why.join("; ")));
        }
    }
    say(&format!(
        "\nEnglish delivery apps, {title}: {} reviews, the first cause right {:.3}",
        rows.len(),
        share(right, rows.len())
    ));
}

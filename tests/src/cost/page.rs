//! `docs/cost.md`.

use super::{Invocation, Measured, Month, Prices, Step, bill};

/// The months that the page shows.
const MONTHS: [(&str, Month); 4] = [
    ("nothing", Month { webhooks: 0.0, brands: 0.0 }),
    ("10,000, 30 brands", Month { webhooks: 1e4, brands: 30.0 }),
    ("100,000, 300 brands", Month { webhooks: 1e5, brands: 300.0 }),
    ("1,000,000, 3,000 brands", Month { webhooks: 1e6, brands: 3000.0 }),
];

/// The page, with places for figures.
const TEXT: &str = include_str!("page.md");

/// The whole page.
pub fn page(measured: &Measured, prices: &Prices) -> String {
    let total = |month| format!("{:.2}", bill(measured, prices, month).total());
    let [(_, nothing), .., (_, million)] = MONTHS;
    TEXT.replace("{on}", &measured.on)
        .replace("{region}", &prices.region)
        .replace("{read}", &prices.read)
        .replace("{million}", &total(million))
        .replace("{idle}", &total(nothing))
        .replace("{months}", &months(measured, prices))
        .replace("{steps}", &steps(measured))
}

fn months(measured: &Measured, prices: &Prices) -> String {
    let bills = MONTHS.map(|(_, month)| bill(measured, prices, month));
    let head = format!("| webhooks | {} |", MONTHS.map(|(name, _)| name).join(" | "));
    let mut lines = vec![head, format!("|---|{}", "---:|".repeat(MONTHS.len()))];
    for (row, (name, _)) in bills[0].0.iter().enumerate() {
        let dollars = bills.each_ref().map(|bill| bill.0.get(row).map_or(0.0, |(_, sum)| *sum));
        let cells = dollars.map(|dollars| format!("{dollars:.2}"));
        lines.push(format!("| {name} | {} |", cells.join(" | ")));
    }
    let totals = bills.each_ref().map(|bill| format!("**{:.2}**", bill.total()));
    lines.push(format!("| all | {} |", totals.join(" | ")));
    table(&lines)
}

/// What stands over the figures of a step.
const FIGURES: [&str; 7] =
    ["calls", "write units", "of indexes", "read units", "messages", "mails", "billed"];

fn steps(measured: &Measured) -> String {
    let Measured { good, low, duplicate, answer, report, look, .. } = measured;
    let head = format!("| what | functions | {} |", FIGURES.join(" | "));
    let mut lines = vec![head, format!("|---|---|{}", "---:|".repeat(FIGURES.len()))];
    lines.extend([good, low, duplicate, answer, report, look].map(row));
    table(&lines)
}

fn table(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

fn row(step: &Step) -> String {
    let names: Vec<_> = step.invocations.iter().map(|one| one.function.as_str()).collect();
    let cell = |figure: fn(&Invocation) -> f64| shown(step.sum(figure));
    format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} ms |",
        step.what,
        names.join(", "),
        cell(|one| one.calls),
        cell(|one| one.writes),
        cell(|one| one.indexes),
        cell(|one| one.reads),
        cell(|one| one.queued),
        cell(|one| one.mails),
        cell(Invocation::billed_ms),
    )
}

/// With a digit behind the point where it is no whole number.
fn shown(figure: f64) -> String {
    let rounded = (figure * 10.0).round().abs() / 10.0;
    if rounded.fract() == 0.0 { format!("{rounded:.0}") } else { format!("{rounded:.1}") }
}

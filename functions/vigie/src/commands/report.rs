//! `vigie report unanswered`: the report of a moment, for people and for tools.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use vigie_app::App;
use vigie_app::report::{OpenReview, Report, all};
use vigie_app::words::report_view;
use vigie_domain::promise::Punctuality;
use vigie_domain::{BrandId, Cause, ContactId, ReviewKey, ShopId, SourceId, Stars, text};
use vigie_ports::World;
use vigie_render::report_text;

use crate::cli::Unanswered;
use crate::load::{CannotBegin, store_trouble};
use crate::open::with_app;
use crate::output::{Exit, say, say_json};
use vigie_machine::now;

/// Characters of a review that `--json` shows, the ellipsis among them.
const EXCERPT_CHARS_MAX: usize = 160;

#[derive(Serialize)]
struct Answer<'a> {
    at: Timestamp,
    brands: Vec<OfBrand<'a>>,
}

#[derive(Serialize)]
struct OfBrand<'a> {
    brand: &'a BrandId,
    open: Vec<Open<'a>>,
    good_open: Good<'a>,
    answered_since: Vec<&'a ReviewKey>,
    received: u64,
    answered_in_time: u64,
}

#[derive(Serialize)]
struct Good<'a> {
    count: usize,
    by_shop: &'a BTreeMap<ShopId, usize>,
}

#[derive(Serialize)]
struct Open<'a> {
    review: &'a ReviewKey,
    number: String,
    /// Null where it is of none, or of a place that the brand's file does not know.
    shop: Option<&'a ShopId>,
    source: &'a SourceId,
    stars: Option<f64>,
    causes: &'a [Cause],
    excerpt: String,
    url: Option<&'a str>,
    published_at: Timestamp,
    due_at: Timestamp,
    state: Punctuality,
    with: Option<&'a ContactId>,
    found_late: bool,
}

/// Prints the report.
pub(crate) async fn run(arguments: &Unanswered) -> Result<Exit, CannotBegin> {
    let at = arguments.at.unwrap_or_else(now);
    with_app!(&arguments.stored, app => tell(&app, at, arguments).await)
}

async fn tell<W: World>(
    app: &App<W>,
    at: Timestamp,
    arguments: &Unanswered,
) -> Result<Exit, CannotBegin> {
    let only = arguments.brand.as_deref();
    let reports = all(app, only, at).await.map_err(store_trouble)?;
    if let Some(named) = only.filter(|_| reports.is_empty()) {
        let brands = app.registry().brands();
        let ids: Vec<_> = brands.iter().map(|brand| brand.brand.id.as_str()).collect();
        return Err(unknown_brand(named, &ids));
    }
    if arguments.json.json {
        say_json(&Answer { at, brands: reports.iter().map(of_brand).collect() });
    } else if reports.is_empty() {
        say("The store has no brand yet: vigie apply brings those of the file.");
    } else {
        let texts = reports.iter().map(|report| report_text(&report_view(app, report, None)));
        say(texts.collect::<Vec<_>>().join("\n\n"));
    }
    Ok(Exit::Done)
}

fn unknown_brand(named: &str, ids: &[&str]) -> CannotBegin {
    let known =
        if ids.is_empty() { "none; vigie apply brings them".to_owned() } else { ids.join(", ") };
    let named = text::clean_line(named);
    CannotBegin::Other(format!("no brand is called {named}\n  hint: the store has {known}"))
}

fn of_brand(report: &Report) -> OfBrand<'_> {
    let good = Good { count: report.good_open.count, by_shop: &report.good_open.by_shop };
    OfBrand {
        brand: &report.brand.id,
        open: report.open.iter().map(|open| of_review(report, open)).collect(),
        good_open: good,
        answered_since: report.answered.iter().map(|stored| &stored.review.key).collect(),
        received: report.received,
        answered_in_time: report.answered_in_time,
    }
}

fn of_review<'a>(report: &'a Report, open: &'a OpenReview) -> Open<'a> {
    let review = &open.stored.review;
    Open {
        review: &review.key,
        number: open.stored.number.shown(&report.brand.id),
        shop: report.brand.shop_of(review).map(|shop| &shop.id),
        source: &review.key.source,
        stars: open.stars.map(Stars::to_f64),
        causes: &open.causes,
        // The cut leaves room for the ellipsis.
        excerpt: excerpt(open, EXCERPT_CHARS_MAX - 1),
        url: review.written().and_then(|content| content.url.as_deref()),
        published_at: review.published(),
        due_at: open.due_at,
        state: open.state,
        with: open.with.as_ref(),
        found_late: open.found_late,
    }
}

/// What the reviewer wrote, or its title where there is no text.
fn excerpt(open: &OpenReview, chars_max: usize) -> String {
    let Some(content) = open.stored.review.written() else { return String::new() };
    let title = content.title.as_deref().unwrap_or_default();
    let written = if content.text.is_empty() { title } else { &content.text };
    text::excerpt(written, chars_max)
}

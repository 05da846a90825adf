//! `vigie explain`: a review's trail, and why each notice was or was not made.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use vigie_app::App;
use vigie_app::explain::{Explained, explain};
use vigie_domain::decide::NotMade;
use vigie_domain::review::{Happened, TrailEntry};
use vigie_domain::{Channel, Kind, ReviewKey, ReviewNumber, State, text};
use vigie_ports::World;

use super::notices::{Listed, recipient};
use super::shown::{line, local, stars, table};
use crate::cli::Explain;
use crate::load::{CannotBegin, store_trouble};
use crate::open::with_app;
use crate::output::{Exit, complain, say, say_json};

#[derive(Serialize)]
struct Answer<'a> {
    review: &'a ReviewKey,
    number: String,
    stars: Option<f64>,
    state: State,
    published_at: Timestamp,
    due_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer_removed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    erased_at: Option<Timestamp>,
    /// The review that it is a copy of.
    #[serde(skip_serializing_if = "Option::is_none")]
    copy_of: Option<&'a ReviewKey>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    copies: Vec<&'a ReviewKey>,
    trail: Vec<Line<'a>>,
    notices: Vec<Listed<'a>>,
    not_made: Vec<Missing>,
}

#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    what: Happened,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl<'a> From<&'a TrailEntry> for Line<'a> {
    fn from(entry: &'a TrailEntry) -> Self {
        Self {
            at: entry.at,
            what: entry.what,
            by: entry.by.as_deref(),
            reason: entry.reason.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Missing {
    kind: Kind,
    to: Option<String>,
    reason: &'static str,
}

impl From<&NotMade> for Missing {
    fn from(not_made: &NotMade) -> Self {
        Self {
            kind: not_made.kind,
            to: not_made.to.as_ref().map(|to| recipient(Channel::Email, to)),
            reason: not_made.why.sentence(),
        }
    }
}

/// Tells a review's story.
pub(crate) async fn run(arguments: &Explain) -> Result<Exit, CannotBegin> {
    with_app!(&arguments.stored, app => tell(&app, arguments).await)
}

async fn tell<W: World>(app: &App<W>, arguments: &Explain) -> Result<Exit, CannotBegin> {
    let Some(story) = explain(app, &arguments.review).await.map_err(store_trouble)? else {
        complain(no_such_review(&arguments.review));
        return Ok(Exit::NotSo);
    };
    if arguments.json.json {
        say_json(&answer(&story));
    } else {
        let brand = app.registry().brand(&story.brand);
        say(human(&story, &brand.map_or(TimeZone::UTC, |brand| brand.brand.zone())));
    }
    Ok(Exit::Done)
}

/// What a command says of a review that it does not find.
pub(crate) fn no_such_review(named: &str) -> String {
    let hint = "write SOURCE/EXTERNAL_ID, or the number that mails show, such as LUM-12";
    format!("vigie: no such review: {}\n  hint: {hint}", text::clean_line(named))
}

fn answer(story: &Explained) -> Answer<'_> {
    Answer {
        review: &story.key,
        number: story.number.shown(&story.brand),
        stars: story.stars.map(vigie_domain::Stars::to_f64),
        state: story.state,
        published_at: story.published_at,
        due_at: story.due_at,
        reviewer_removed_at: story.reviewer_removed_at,
        erased_at: story.erased_at,
        copy_of: story.copy_of.as_ref().map(|(key, _)| key),
        copies: story.copies.iter().map(|(key, _)| key).collect(),
        trail: story.trail.iter().map(Line::from).collect(),
        notices: story.notices.iter().map(Listed::from).collect(),
        not_made: story.not_made.iter().map(Missing::from).collect(),
    }
}

fn human(story: &Explained, zone: &TimeZone) -> String {
    let number = story.number.shown(&story.brand);
    let mut lines = vec![
        line(&format!("{number}  {}  {}", stars(story.stars), story.state.id()), 0),
        line(&format!("{} of {}", story.key, story.brand), 0),
        format!(
            "published {}, answer due {}",
            local(story.published_at, zone),
            local(story.due_at, zone)
        ),
    ];
    if let Some(at) = story.reviewer_removed_at.filter(|_| story.erased_at.is_none()) {
        lines.push(format!("its reviewer was removed on {}", local(at, zone)));
    }
    if let Some(at) = story.erased_at {
        lines.push(format!("erased on {}: only the numbers are left", local(at, zone)));
    }
    let named = |(key, number): &(ReviewKey, ReviewNumber)| {
        line(&format!("{} ({key})", number.shown(&story.brand)), 0)
    };
    if let Some(first) = &story.copy_of {
        lines.push(format!(
            "a copy of {}: messages are that one's; vigie split undoes it",
            named(first)
        ));
    }
    lines.extend(story.copies.iter().map(|copy| format!("has a copy: {}", named(copy))));
    if story.undecided {
        lines
            .push("Its last change waits for a decision, which a running server makes.".to_owned());
    }
    let trail: Vec<_> = story.trail.iter().map(|entry| trail_row(entry, zone)).collect();
    section(&mut lines, "What happened", &table(&trail, 2));
    section(&mut lines, "Notices", &notices(story, zone));
    let missing: Vec<_> = story.not_made.iter().map(missing_row).collect();
    section(&mut lines, "Not made", &table(&missing, 2));
    lines.join("\n")
}

fn section(lines: &mut Vec<String>, title: &str, body: &str) {
    let body = if body.is_empty() { "  none" } else { body };
    lines.extend([String::new(), title.to_owned(), body.to_owned()]);
}

fn trail_row(entry: &TrailEntry, zone: &TimeZone) -> Vec<String> {
    let mut told = vec![happened(entry.what).to_owned()];
    told.extend(entry.stars.map(|given| stars(Some(given))));
    told.extend(entry.by.as_ref().map(|by| format!("by {by}")));
    told.extend(entry.reason.as_ref().map(|reason| format!("({reason})")));
    // Receipt and event are told apart only where a person would see the difference.
    let of = entry.of.map(|of| local(of, zone)).filter(|of| *of != local(entry.at, zone));
    told.extend(of.map(|of| format!("(of {of})")));
    vec![local(entry.at, zone), told.join(" ")]
}

const fn happened(what: Happened) -> &'static str {
    match what {
        Happened::Posted => "posted",
        Happened::Edited => "edited",
        Happened::Answered => "answered",
        Happened::Withdrawn => "withdrawn",
        Happened::Closed => "closed",
        Happened::Reopened => "reopened",
    }
}

fn notices(story: &Explained, zone: &TimeZone) -> String {
    let mut lines = Vec::new();
    let rows: Vec<_> = story
        .notices
        .iter()
        .map(|notice| {
            vec![
                notice.what.kind.id().to_owned(),
                recipient(notice.what.channel, &notice.what.to),
                notice.state.id().to_owned(),
                local(notice.due_at, zone),
                format!("tried {}×", notice.attempts),
            ]
        })
        .collect();
    for (row, notice) in table(&rows, 2).lines().zip(&story.notices) {
        lines.push(row.to_owned());
        lines.extend(notice.reason.as_deref().map(|reason| line(reason, 6)));
    }
    lines.join("\n")
}

fn missing_row(not_made: &NotMade) -> Vec<String> {
    let to = not_made.to.as_ref().map(|to| recipient(Channel::Email, to));
    let to = to.unwrap_or_else(|| "to nobody".to_owned());
    vec![not_made.kind.id().to_owned(), to, not_made.why.sentence().to_owned()]
}

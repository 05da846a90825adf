//! `vigie answered` and `vigie close`: somebody says that a review is settled.

use serde::Serialize;
use vigie_app::App;
use vigie_app::answer::{NotNoted, Noted, Said, find, note};
use vigie_app::raise::raise;
use vigie_domain::decide::mark_is_old_at;
use vigie_domain::{ReviewKey, State, text};
use vigie_ports::{Due, Store as _, StoredReview};

use super::explain::no_such_review;
use crate::cli::{Answered, Close, Json, Stored};
use crate::load::{CannotBegin, store_trouble};
use crate::open::{Place, with_app};
use crate::output::{Exit, complain, say, say_json};
use vigie_machine::now;

/// Changes decided at once after a command; a running server takes what is left.
const DECIDED_MAX: u32 = 500;

#[derive(Serialize)]
struct Answer<'a> {
    review: &'a ReviewKey,
    number: String,
    state: State,
    news: bool,
}

/// What a command line says of a review.
struct Saying<'a> {
    review: &'a str,
    said: Said,
    at: Option<jiff::Timestamp>,
    by: Option<&'a str>,
}

/// Records that a review was answered.
pub(crate) async fn answered(arguments: &Answered) -> Result<Exit, CannotBegin> {
    let (review, by) = (arguments.review.as_str(), arguments.by.as_deref());
    let saying = Saying { review, said: Said::Answered, at: arguments.at, by };
    settle(saying, &arguments.stored, arguments.json).await
}

/// Closes a review without an answer.
pub(crate) async fn close(arguments: &Close) -> Result<Exit, CannotBegin> {
    let reason = text::clean_line(&arguments.reason);
    if reason.is_empty() {
        return Err(CannotBegin::Other("--reason needs a text: why it gets no answer".to_owned()));
    }
    let (review, by) = (arguments.review.as_str(), arguments.by.as_deref());
    let saying = Saying { review, said: Said::Closed { reason }, at: None, by };
    settle(saying, &arguments.stored, arguments.json).await
}

async fn settle(saying: Saying<'_>, stored: &Stored, json: Json) -> Result<Exit, CannotBegin> {
    with_app!(stored, app => settle_in(&app, saying, json).await)
}

async fn settle_in<P: Place>(
    app: &App<P>,
    saying: Saying<'_>,
    json: Json,
) -> Result<Exit, CannotBegin> {
    let Some(review) = find(app, saying.review).await.map_err(store_trouble)? else {
        complain(no_such_review(saying.review));
        return Ok(Exit::NotSo);
    };
    let by = saying.by.map(text::clean_line).filter(|by| !by.is_empty());
    let noted = match note(app, &review, saying.said, saying.at, by).await {
        Ok(noted) => noted,
        Err(NotNoted::BadTime(why)) => return Err(CannotBegin::Other(format!("--at: {why}"))),
        Err(NotNoted::Store(error)) => return Err(store_trouble(error)),
        Err(NotNoted::NoReview) => {
            complain(no_such_review(saying.review));
            return Ok(Exit::NotSo);
        }
    };
    if noted.undecided {
        decide(app, &noted.key).await;
    }
    let after = state_now(app, &noted).await?;
    tell(&review, &noted, after, json);
    Ok(Exit::Done)
}

/// Where the review stands once what was said is decided on.
async fn state_now<P: Place>(app: &App<P>, noted: &Noted) -> Result<State, CannotBegin> {
    let found = app.world().store().review(&noted.key).await.map_err(store_trouble)?;
    Ok(found.map_or(noted.after, |stored| stored.review.state()))
}

/// Decides a change. Where this fails the mark stays, and whoever watches finds it.
pub(super) async fn decide<P: Place>(app: &App<P>, key: &ReviewKey) {
    if let Ok(notices) = raise(app, key).await {
        app.world().nudge(notices).await;
    }
}

/// Decides every change that waits, as a running server does: it would find this one only when its
/// mark is old.
pub(crate) async fn decide_what_waits<P: Place>(app: &App<P>) {
    let until = mark_is_old_at(now());
    // Where the store does not answer the marks stay, and a running server finds them.
    let due = app.world().store().due(until, DECIDED_MAX).await.unwrap_or_default();
    for key in due {
        if let Due::Undecided(key) = key {
            decide(app, &key).await;
        }
    }
}

fn tell(review: &StoredReview, noted: &Noted, state: State, json: Json) {
    let number = review.number.shown(&review.review.brand);
    if json.json {
        say_json(&Answer { review: &noted.key, number, state, news: noted.news });
        return;
    }
    say(match (noted.news, state) {
        (false, state) => format!("{number} was already {}, nothing changed.", state.id()),
        (true, State::Open) => format!(
            "{number}: recorded, and still open: a later edit reopened it. Say again once that is \
             answered."
        ),
        (true, state) => format!("{number} is {}.", state.id()),
    });
}

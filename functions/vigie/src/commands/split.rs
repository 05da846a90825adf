//! `vigie split`: a review and what was taken for its copy are told apart.

use serde::Serialize;
use vigie_app::copies::{self, Split};
use vigie_domain::{ReviewKey, text};

use super::answered::decide;
use super::explain::no_such_review;
use crate::cli;
use crate::load::{CannotBegin, store_trouble};
use crate::open::{Place, with_app};
use crate::output::{Exit, complain, say, say_json};

#[derive(Serialize)]
struct Answer<'a> {
    split: bool,
    /// The copy, which is a review of its own now.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<&'a ReviewKey>,
    /// What it was a copy of.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a ReviewKey>,
    /// Where there are several: one is to be named.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    copies: &'a [ReviewKey],
}

/// Splits.
pub(crate) async fn run(arguments: &cli::Split) -> Result<Exit, CannotBegin> {
    with_app!(&arguments.stored, app => split_in(&app, arguments).await)
}

async fn split_in<P: Place>(
    app: &vigie_app::App<P>,
    arguments: &cli::Split,
) -> Result<Exit, CannotBegin> {
    let split = copies::split(app, &arguments.review).await.map_err(store_trouble)?;
    if let Split::Done { copy, from } = &split {
        decide(app, copy).await;
        decide(app, from).await;
    }
    let told = sentence(&split, &arguments.review);
    let exit = if told.is_ok() { Exit::Done } else { Exit::NotSo };
    if arguments.json.json {
        let mut answer = Answer { split: told.is_ok(), review: None, from: None, copies: &[] };
        match &split {
            Split::Done { copy, from } => (answer.review, answer.from) = (Some(copy), Some(from)),
            Split::Several(copies) => answer.copies = copies,
            Split::Alone | Split::Missing => {}
        }
        say_json(&answer);
        return Ok(exit);
    }
    match told {
        Ok(done) => say(done),
        Err(why) => complain(why),
    }
    Ok(exit)
}

fn sentence(split: &Split, named: &str) -> Result<String, String> {
    let shown = text::clean_line(named);
    match split {
        Split::Done { copy, from } => Ok(format!(
            "{copy} is a review of its own now, and no copy of {from}. People hear of it as of any \
             other."
        )),
        Split::Alone => Err(format!("vigie: {shown} is no copy of a review, and has none")),
        Split::Several(copies) => {
            let copies: Vec<_> = copies.iter().map(ToString::to_string).collect();
            let copies = copies.join(", ");
            Err(format!("vigie: {shown} has several copies\n  hint: name one of them: {copies}"))
        }
        Split::Missing => Err(no_such_review(named)),
    }
}

//! `vigie apply`: the store's brands and sources become those of the files.

use std::fmt::Write as _;

use serde::Serialize;
use vigie_config::{Change, Refused, render_faults};
use vigie_domain::{BrandId, SourceId};
use vigie_store_sqlite::FILE_NAME;

use super::check::warn_of_troubles;
use super::shown::count;
use crate::cli::{self, StoreKind};
use crate::home::open_store;
use crate::load::{Applied, CannotBegin, Given, apply, compare, live, read_given};
use crate::output::{Exit, complain, say, say_json};

#[derive(Serialize)]
struct Answer<'a> {
    applied: bool,
    changes: &'a [Change],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<NotTaken<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    secrets: &'a [Put],
}

/// A faulty file, and what stays of it.
#[derive(Serialize)]
struct NotTaken<'a> {
    #[serde(flatten)]
    file: &'a Refused,
    stays: &'a [BrandId],
}

/// A secret that AWS keeps, and what the file may say in its place.
#[derive(Debug, Serialize)]
pub(crate) struct Put {
    /// Whose.
    pub(crate) source: SourceId,
    /// What the file says.
    pub(crate) given: String,
    /// What is applied.
    pub(crate) kept: String,
}

/// What was done, or would be.
pub(crate) struct Outcome {
    pub(crate) given: Given,
    pub(crate) applied: Applied,
    pub(crate) put: Vec<Put>,
}

/// Prints the difference, and applies it unless told not to. What faulty files would say stays as
/// it is.
pub(crate) async fn run(arguments: &cli::Apply) -> Result<Exit, CannotBegin> {
    match arguments.stored.store {
        StoreKind::Sqlite => {
            let outcome = here(arguments).await?;
            // Reads every secret: nothing waits for a warning.
            warn_of_troubles(&outcome.given.config, &outcome.given.machine);
            Ok(tell(arguments, &outcome, "A running server takes it within a second."))
        }
        StoreKind::Aws => {
            let outcome = on_aws(arguments).await?;
            Ok(tell(arguments, &outcome, "The functions take it within a minute."))
        }
    }
}

async fn here(arguments: &cli::Apply) -> Result<Outcome, CannotBegin> {
    if arguments.put_secrets {
        let told = "--put-secrets goes with --store aws: here secrets stay where they are";
        return Err(CannotBegin::Other(told.to_owned()));
    }
    let given = read_given(&arguments.stored.config.config)?;
    let applied = if arguments.dry_run {
        look(&given).await?
    } else {
        let store = open_store(&given.config, &given.machine)?;
        apply(&store, &given).await?
    };
    Ok(Outcome { given, applied, put: Vec::new() })
}

#[cfg(feature = "aws")]
async fn on_aws(arguments: &cli::Apply) -> Result<Outcome, CannotBegin> {
    crate::cloud::apply::run(arguments).await
}

#[cfg(not(feature = "aws"))]
async fn on_aws(_: &cli::Apply) -> Result<Outcome, CannotBegin> {
    std::future::ready(Err(crate::open::not_built("--store aws"))).await
}

async fn look(given: &Given) -> Result<Applied, CannotBegin> {
    let file = given.machine.path(&given.config.server.data).join(FILE_NAME);
    // Looking must not make a store where there is none.
    if !file.exists() {
        return Ok(compare(given, &[]).1);
    }
    let store = open_store(&given.config, &given.machine)?;
    Ok(compare(given, &live(&store).await?).1)
}

fn tell(arguments: &cli::Apply, outcome: &Outcome, taken: &str) -> Exit {
    let Outcome { given, applied, put } = outcome;
    let refused = given.refused.iter().zip(&applied.kept);
    let refused = refused.map(|(file, stays)| NotTaken { file, stays }).collect();
    let (applied, changes) = (!arguments.dry_run, applied.changes.as_slice());
    let answer = Answer { applied, changes, refused, secrets: put };
    if arguments.json.json {
        say_json(&answer);
    } else {
        say(human(&answer, taken));
    }
    if !given.faults.is_empty() {
        complain(render_faults(&given.faults, false));
        return Exit::Wrong;
    }
    if arguments.dry_run && !changes.is_empty() { Exit::NotSo } else { Exit::Done }
}

fn human(answer: &Answer<'_>, taken: &str) -> String {
    let mut lines: Vec<_> = answer.changes.iter().map(ToString::to_string).collect();
    lines.extend(answer.refused.iter().map(not_taken));
    let keeps = if answer.applied { "AWS keeps" } else { "AWS would keep" };
    lines.extend(answer.secrets.iter().map(|put| {
        format!("= {keeps} {} of {}; the file may say \"{}\"", put.given, put.source, put.kept)
    }));
    lines.push(match (answer.changes.is_empty(), answer.applied) {
        (true, _) if answer.refused.is_empty() => {
            "Nothing to change: the store says what the file says.".to_owned()
        }
        (true, _) => "Nothing to change in the other files.".to_owned(),
        (false, true) => format!("Applied. {taken}"),
        (false, false) => "Not applied: --dry-run only looks.".to_owned(),
    });
    lines.join("\n")
}

fn not_taken(refused: &NotTaken<'_>) -> String {
    let file = refused.file;
    let mut line = format!("! {}: {}, refused", file.file, count(file.faults, "fault"));
    let stays: Vec<_> = refused.stays.iter().map(BrandId::as_str).collect();
    if stays.is_empty() {
        line.push_str(": no brand of it is in force");
    } else {
        // Writing to a String cannot fail.
        let _ = write!(line, ": {} as before", stays.join(", "));
    }
    line
}

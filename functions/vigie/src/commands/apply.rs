//! `vigie apply`: the store's brands and sources become those of the files.

use std::fmt::Write as _;

use serde::Serialize;
use vigie_config::{Change, Refused, render_faults};
use vigie_domain::BrandId;
use vigie_store_sqlite::FILE_NAME;

use super::check::warn_of_troubles;
use super::shown::count;
use crate::cli::{self, StoreKind};
use crate::load::{Applied, CannotBegin, Given, apply, compare, live, open_store, read_given};
use crate::output::{Exit, complain, say, say_json};

#[derive(Serialize)]
struct Answer<'a> {
    applied: bool,
    changes: Vec<Change>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<NotTaken<'a>>,
}

/// A faulty file, and what stays of it.
#[derive(Serialize)]
struct NotTaken<'a> {
    #[serde(flatten)]
    file: &'a Refused,
    stays: Vec<BrandId>,
}

/// Prints the difference, and applies it unless told not to. What faulty files would say stays as
/// it is.
pub(crate) async fn run(arguments: &cli::Apply) -> Result<Exit, CannotBegin> {
    let given = read_given(&arguments.stored.config.config)?;
    let Applied { changes, kept } = if arguments.dry_run {
        look(arguments, &given).await?
    } else {
        let store = open_store(arguments.stored.store, &given.config, &given.machine)?;
        apply(&store, &given).await?
    };
    // Last, since it reads every secret: nothing waits for a warning.
    warn_of_troubles(&given.config, &given.machine);
    let differs = !changes.is_empty();
    let refused = given.refused.iter().zip(kept).map(|(file, stays)| NotTaken { file, stays });
    let answer = Answer { applied: !arguments.dry_run, changes, refused: refused.collect() };
    if arguments.json.json {
        say_json(&answer);
    } else {
        say(human(&answer));
    }
    if !given.faults.is_empty() {
        complain(render_faults(&given.faults, false));
        return Ok(Exit::Wrong);
    }
    Ok(if arguments.dry_run && differs { Exit::NotSo } else { Exit::Done })
}

async fn look(arguments: &cli::Apply, given: &Given) -> Result<Applied, CannotBegin> {
    let kind = arguments.stored.store;
    let file = given.machine.path(&given.config.server.data).join(FILE_NAME);
    // Looking must not make a store where there is none.
    if kind == StoreKind::Sqlite && !file.exists() {
        return Ok(compare(given, &[]).1);
    }
    let store = open_store(kind, &given.config, &given.machine)?;
    Ok(compare(given, &live(&store).await?).1)
}

fn human(answer: &Answer<'_>) -> String {
    let mut lines: Vec<_> = answer.changes.iter().map(ToString::to_string).collect();
    lines.extend(answer.refused.iter().map(not_taken));
    lines.push(match (answer.changes.is_empty(), answer.applied) {
        (true, _) if answer.refused.is_empty() => {
            "Nothing to change: the store says what the file says.".to_owned()
        }
        (true, _) => "Nothing to change in the other files.".to_owned(),
        (false, true) => "Applied. A running server takes it within a second.".to_owned(),
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

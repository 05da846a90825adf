//! What an import says when it is over.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use vigie_app::import::Imported;
use vigie_domain::text;
use vigie_rows::Rows;

use super::shown;
use crate::cli::Import;
use crate::output::{Exit, complain, say, say_json};

/// Refused rows that people are shown.
const SHOWN_MAX: usize = 10;

/// A row that was not taken.
#[derive(Debug, Serialize)]
pub(super) struct Refusal {
    pub(super) line: u64,
    pub(super) reason: String,
}

/// What was done.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    /// False: it was only looked at.
    recorded: bool,
    /// Which column was taken for which field.
    columns: BTreeMap<&'static str, String>,
    /// Rows read.
    pub(super) rows: u64,
    #[serde(flatten)]
    pub(super) imported: Imported,
    /// Rows that could not be read.
    pub(super) refused: u64,
    /// Rows without a rating, which were taken.
    pub(super) unrated: u64,
    /// Notices that were made.
    pub(super) notices: u64,
    /// Locations that are no shop's.
    pub(super) unknown_locations: BTreeSet<String>,
    /// The first refused rows.
    pub(super) refusals: Vec<Refusal>,
    /// Whether it ended before the file did.
    pub(super) stopped: bool,
    /// The last line that is recorded.
    pub(super) last_line: u64,
    #[serde(skip)]
    pub(super) read_to: u64,
}

impl Told {
    pub(super) fn new(arguments: &Import, rows: &Rows) -> Self {
        let columns = rows.columns().into_iter().map(|column| (column.field, column.name));
        Self {
            recorded: !arguments.dry_run,
            columns: columns.collect(),
            rows: 0,
            imported: Imported::default(),
            refused: 0,
            unrated: 0,
            notices: 0,
            unknown_locations: BTreeSet::new(),
            refusals: Vec::new(),
            stopped: false,
            last_line: 0,
            read_to: 0,
        }
    }
}

/// Says it, to a person or to a program.
pub(super) fn tell(arguments: &Import, told: &Told) -> Exit {
    if arguments.json.json {
        say_json(told);
    } else {
        say(sentences(arguments, told));
    }
    if told.stopped {
        complain(go_on(arguments, told));
        return Exit::Part;
    }
    if told.refused > 0 { Exit::NotSo } else { Exit::Done }
}

fn go_on(arguments: &Import, told: &Told) -> String {
    let file = shown(&arguments.file);
    match told.last_line {
        0 => format!("vigie: nothing of {file} is recorded"),
        line => format!(
            "vigie: {file} is recorded up to line {line}; go on with the same command and \
             --from-line {}, or from the beginning: what is recorded is known",
            line + 1
        ),
    }
}

fn sentences(arguments: &Import, told: &Told) -> String {
    let mut out = String::new();
    if !told.columns.is_empty() {
        let columns = told.columns.iter().map(|(field, name)| format!("{field}={name}"));
        let columns: Vec<_> = columns.map(|column| text::clean_line(&column)).collect();
        let _ = writeln!(out, "Columns: {}", columns.join(", "));
    }
    let Imported { accepted, duplicates, stale } = told.imported;
    let taken = told.rows - told.refused;
    let refused = told.refused;
    let _ = if told.recorded {
        writeln!(
            out,
            "{} rows: {accepted} recorded, {duplicates} known already, {stale} older than what is \
             known, {refused} refused.",
            told.rows
        )
    } else {
        writeln!(
            out,
            "{} rows: {taken} can be recorded, {refused} cannot. Nothing was recorded.",
            told.rows
        )
    };
    if told.unrated > 0 {
        let _ =
            writeln!(out, "{} have no rating: they are open until somebody looks.", told.unrated);
    }
    if !told.unknown_locations.is_empty() {
        let named: Vec<_> = told.unknown_locations.iter().map(String::as_str).collect();
        let named = text::clean_line(&named.join(", "));
        let _ = writeln!(out, "Locations that are no shop's: {named}");
    }
    if told.recorded && accepted > 0 {
        let _ = if arguments.alert {
            writeln!(out, "{} messages were made.", told.notices)
        } else {
            writeln!(
                out,
                "Nobody is alerted; the next report has what is open. --close-before TIME closes \
                 what is long past."
            )
        };
    }
    if refused > 0 {
        out.push_str("Refused:\n");
        for Refusal { line, reason } in told.refusals.iter().take(SHOWN_MAX) {
            let _ = writeln!(out, "  line {line}: {}", text::clean_line(reason));
        }
        let more = refused.saturating_sub(SHOWN_MAX as u64);
        if more > 0 {
            let _ = writeln!(out, "  and {more} more; --json has the first hundred");
        }
        out.push_str("Mend them and import the file again: what is recorded is known.\n");
    }
    out.trim_end().to_owned()
}

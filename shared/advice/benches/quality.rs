//! How well reviews are understood: `cargo bench -p vigie-advice --bench quality -- FOLDER`.
//!
//! FOLDER holds public sets that are no part of this repository (docs/testing.md names them, with
//! their licences and how each is laid out); a set that is not there is left out. Only what Vigie
//! tuned on its half of is printed as such. Without a folder the hard sentences and the times are
//! measured.

#[path = "quality/approach.rs"]
mod approach;
#[path = "quality/causes.rs"]
mod causes;
#[path = "quality/language.rs"]
mod language;
#[path = "quality/lint.rs"]
mod lint;
#[path = "quality/sets.rs"]
mod sets;
#[path = "quality/severity.rs"]
mod severity;
#[path = "quality/speed.rs"]
mod speed;

use std::io::Write as _;
use std::path::PathBuf;

/// Prints a line. A reader that has gone away is no fault of ours.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn main() {
    let mut show = false;
    let mut folder = None;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--bench" => {} // Cargo adds it.
            "--show" => show = true,
            given => folder = Some(PathBuf::from(given)),
        }
    }
    speed::cold();
    severity::hard_sentences(show);
    lint::unseen(show);
    approach::unseen(show);
    if let Some(folder) = &folder {
        causes::french_restaurants(folder, show);
        causes::english_delivery(folder, show);
        language::by_length(folder);
    }
    speed::speed();
}

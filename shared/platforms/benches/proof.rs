//! What proving a webhook costs, and how well it proves:
//! `cargo bench -p vigie-platforms --bench proof -- [forgeries|speed|timing]`, all without a word.
//!
//! `forgeries` flips single bits of requests that verify, a million and more; ends in failure where
//! one is taken. `speed` times verifying and mapping beside the bare primitives, and `timing` looks
//! for a signature's content in the time that its refusal takes.
//!
//! Times come from this machine and this moment: compare what one run prints.

#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot run stops")]

#[path = "proof/forgeries.rs"]
mod forgeries;
#[path = "../tests/forging/mod.rs"]
mod forging;
#[path = "../tests/kit/mod.rs"]
mod kit;
#[path = "proof/speed.rs"]
mod speed;
#[path = "proof/timing.rs"]
mod timing;

use std::io::Write as _;
use std::process::ExitCode;

/// A measure, which says whether what must hold held.
type Measure = fn() -> bool;

const MEASURES: [(&str, Measure); 3] =
    [("forgeries", forgeries::run), ("speed", speed::run), ("timing", timing::run)];

/// Writes a line to standard output. A reader that has gone away is no fault of ours.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
}

fn main() -> ExitCode {
    // Cargo adds --bench.
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let known = |word: &String| MEASURES.iter().any(|(name, _)| name == word);
    if let Some(word) = asked.iter().find(|word| !known(word)) {
        say(&format!("{word}: not one of forgeries, speed, timing"));
        return ExitCode::from(2);
    }
    let mut held = true;
    for (name, run) in MEASURES {
        if asked.is_empty() || asked.iter().any(|word| word == name) {
            held &= run();
        }
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! Writing to people and tools: answers on standard output, diagnostics on standard error.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use serde::Serialize;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// The thing asked about is not so.
    NotSo,
    /// The command line or a file is wrong.
    Wrong,
    /// Done in part: what is left is told, and what to do.
    Part,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::NotSo => Self::from(1),
            Exit::Wrong => Self::from(2),
            Exit::Part => Self::from(3),
        }
    }
}

/// Prints a text and a line break. A reader that has gone away is no fault of ours.
pub(crate) fn say(text: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{}", text.as_ref()).and_then(|()| out.flush());
}

/// Prints a diagnostic.
pub(crate) fn complain(text: impl AsRef<str>) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}

/// Prints one JSON document.
pub(crate) fn say_json(document: &impl Serialize) {
    match serde_json::to_string(document) {
        Ok(text) => say(text),
        Err(error) => complain(format!("vigie: cannot write JSON: {error}")),
    }
}

/// Whether answers may have colour.
pub(crate) fn has_colour() -> bool {
    std::io::stdout().is_terminal()
}

//! A fault, and the document that `check --json` prints.

use serde::Serialize;

use crate::code::Code;

/// Something wrong with a file, with its place. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file, as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Which key: `server.listen`, `brand.lumen.timezone`, `brand[1].id` where no id is known.
    /// Empty for a syntax error.
    pub key: String,
    /// What kind of fault.
    pub code: Code,
    /// What is wrong: one line, no period.
    pub message: String,
    /// What to do: one line, no period; may be empty.
    pub hint: String,
    /// How many characters of the line are at fault, 1 at least.
    #[serde(skip)]
    pub length: usize,
    /// The line as it may be shown, one character for each of the file's: what may be a secret is
    /// replaced by `*`.
    #[serde(skip)]
    pub shown: String,
}

/// What `vigie check --json` prints.
///
/// ```
/// let report = vigie_config::Report::new(&[]);
/// assert!(report.ok);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Report<'a> {
    /// Whether there is no fault.
    pub ok: bool,
    /// All faults, by place.
    pub faults: &'a [Fault],
}

impl<'a> Report<'a> {
    /// The report of some faults.
    pub fn new(faults: &'a [Fault]) -> Self {
        Self { ok: faults.is_empty(), faults }
    }
}

//! One reading of one file, and the faults it finds.

use std::cell::RefCell;
use std::ops::Range;

use toml::de::DeTable;

use crate::code::Code;
use crate::environment::Environment;
use crate::fault::Fault;
use crate::place::Lines;
use crate::values::Bad;
use crate::{mask, place};

/// One reading of one file: its text, its surroundings, and the faults found so far.
pub(crate) struct Reading<'a> {
    pub(crate) environment: &'a dyn Environment,
    file: &'a str,
    lines: Lines<'a>,
    hidden: Vec<Range<usize>>,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(
        file: &'a str,
        text: &'a str,
        document: &DeTable<'_>,
        environment: &'a dyn Environment,
    ) -> Self {
        let hidden = mask::hidden(document);
        Self { environment, file, lines: Lines::new(text), hidden, faults: RefCell::default() }
    }

    /// Records a fault at a span of bytes.
    pub(crate) fn fault(&self, span: &Range<usize>, key: &str, code: Code, bad: Bad) {
        let place = self.lines.place(span);
        let (start, line) = self.lines.line(place.line);
        let shown = mask::masked(start, line, &self.hidden);
        self.faults.borrow_mut().push(fault(self.file, place, key, code, bad, shown));
    }

    /// The faults, by place.
    pub(crate) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| (fault.line, fault.column));
        faults
    }
}

fn fault(file: &str, place: place::Place, key: &str, code: Code, bad: Bad, shown: String) -> Fault {
    let place::Place { line, column, length } = place;
    let (file, key) = (file.to_owned(), key.to_owned());
    Fault { file, line, column, key, code, message: bad.message, hint: bad.hint, length, shown }
}

/// The one fault of a file that is not TOML.
pub(crate) fn syntax_fault(file: &str, text: &str, error: &toml::de::Error) -> Fault {
    let lines = Lines::new(text);
    let place = lines.place(&error.span().unwrap_or_default());
    let before: Vec<&str> = text.split('\n').take(place.line - 1).collect();
    let shown = mask::masked_unparsed(&before, lines.line(place.line).1);
    let bad = Bad::new(error.message(), "the rest of the file was not read");
    fault(file, place, "", Code::TomlSyntax, bad, shown)
}

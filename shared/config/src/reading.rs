//! One reading of one file, and the faults it finds.

use std::cell::RefCell;
use std::ops::Range;

use toml::de::DeTable;

use crate::code::Code;
use crate::environment::Environment;
use crate::fault::Fault;
use crate::place::Lines;
use crate::values::Bad;
use crate::{mask, path, place};

/// One reading of one file: its text, its surroundings, and the faults found so far.
pub(crate) struct Reading<'a> {
    pub(crate) environment: &'a dyn Environment,
    /// What faults call the file.
    pub(crate) file: &'a str,
    /// Where relative paths in it begin, from the folder of vigie.toml; empty: there.
    folder: &'a str,
    lines: Lines<'a>,
    hidden: Vec<Range<usize>>,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(
        file: &'a str,
        folder: &'a str,
        text: &'a str,
        document: &DeTable<'_>,
        environment: &'a dyn Environment,
    ) -> Self {
        let hidden = mask::hidden(document);
        let (lines, faults) = (Lines::new(text), RefCell::default());
        Self { environment, file, folder, lines, hidden, faults }
    }

    /// Records a fault at a span of bytes.
    pub(crate) fn fault(&self, span: &Range<usize>, key: &str, code: Code, bad: Bad) {
        let place = self.lines.place(span);
        let (start, line) = self.lines.line(place.line);
        let shown = mask::masked(start, line, &self.hidden);
        self.faults.borrow_mut().push(fault(self.file, place, key, code, bad, shown));
    }

    /// Records a fault of another file.
    pub(crate) fn add(&self, fault: Fault) {
        self.faults.borrow_mut().push(fault);
    }

    /// A path that the file names, from the folder of vigie.toml.
    pub(crate) fn path(&self, named: &str) -> String {
        path::beside(self.folder, named)
    }

    /// The faults, by place: those of the file itself first.
    pub(crate) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| {
            let other = (fault.file != self.file).then(|| fault.file.clone());
            (other, fault.line, fault.column)
        });
        faults
    }
}

/// A fault of a file.
pub(crate) fn fault(
    file: &str,
    place: place::Place,
    key: &str,
    code: Code,
    bad: Bad,
    shown: String,
) -> Fault {
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

/// The one fault of a file whose bytes are no text.
pub(crate) fn not_text(file: &str, bytes: &[u8], error: std::str::Utf8Error) -> Fault {
    let text = bytes.get(..error.valid_up_to()).map(String::from_utf8_lossy).unwrap_or_default();
    let lines = Lines::new(&text);
    let place = lines.place(&(text.len()..text.len()));
    let before: Vec<&str> = text.split('\n').take(place.line - 1).collect();
    let shown = mask::masked_unparsed(&before, lines.line(place.line).1);
    let bad = Bad::new("the file is not UTF-8 from here on", "save it as UTF-8");
    fault(file, place, "", Code::UnreadableFile, bad, shown)
}

/// The one fault of a file that cannot be read.
pub(crate) fn unreadable(file: &str, reason: &str) -> Fault {
    let place = place::Place { line: 1, column: 1, length: 1 };
    let message = format!("the file cannot be read: {}", vigie_domain::text::excerpt(reason, 200));
    let bad = Bad::new(message, "the account that runs Vigie must be able to read it");
    fault(file, place, "", Code::UnreadableFile, bad, String::new())
}

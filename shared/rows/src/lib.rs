//! Reviews out of files: CSV as spreadsheets and platforms write it, and JSON Lines.
//!
//! A file is read as a stream, a row at a time: ten million rows take no more memory than ten. Its
//! encoding, its delimiter and what its columns mean are found out where that is safe, and asked
//! for where it is not. A row that cannot be read is told with its line, and the next is read.
//!
//! It records nothing: what a row says is a review event, as if a webhook had said it.
//!
//! ```
//! use vigie_rows::{Options, Rows};
//! let file = "Review ID;Stars;Date;Text\nr-1;2;2025-12-31 09:12;\"Late, and damaged\"\n";
//! let rows = Rows::open(file.as_bytes(), &Options::default()).unwrap();
//! let now = "2026-11-20T09:12:00Z".parse().unwrap();
//! let row = rows.at(now).next().unwrap().unwrap();
//! let event = row.read.unwrap();
//! assert_eq!((row.line, event.external_id.as_str()), (2, "r-1"));
//! ```

mod columns;
mod event;
mod form;
mod input;

use std::io::Read;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vigie_domain::ReviewEvent;

pub use columns::{Column, FIELDS};
use event::Reader;
use form::Form;

/// What is known of a file beforehand.
#[derive(Debug, Clone)]
pub struct Options {
    /// What its columns are called, where they are not called as Vigie does, or nearly.
    pub columns: Vec<Column>,
    /// The best rating there is, where no column says it.
    pub scale: String,
    /// Its encoding, by a label of the WHATWG's Encoding Standard; `None`: UTF-8, or as its byte
    /// order mark says.
    pub encoding: Option<String>,
    /// What stands between two fields; `None`: what its first line shows.
    pub delimiter: Option<u8>,
    /// How its dates are written, as `strptime` has it; `None`: RFC 3339 and what is near.
    pub dates: Option<String>,
    /// The zone of dates that name none.
    pub zone: TimeZone,
    /// The first line that is read; those before were read already.
    pub from_line: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            columns: Vec::new(),
            scale: "5".to_owned(),
            encoding: None,
            delimiter: None,
            dates: None,
            zone: TimeZone::UTC,
            from_line: 1,
        }
    }
}

/// Why a file cannot be read, or not further.
#[derive(Debug, thiserror::Error)]
pub enum CannotRead {
    /// What was asked for makes no sense, whatever the file says.
    #[error("{0}")]
    Asked(String),
    /// It is no file of rows; the text says what it seems to be, and what to do.
    #[error("{0}")]
    NoRows(String),
    /// A line is not text of the encoding.
    #[error("line {line} is not UTF-8\n  hint: name its encoding, such as --encoding windows-1252")]
    NotUtf8 {
        /// Which.
        line: u64,
    },
    /// A row does not end.
    #[error(
        "the row that begins on line {line} is longer than 1 MiB\n  hint: is a quotation mark left \
         open there, or is the delimiter another?"
    )]
    TooLong {
        /// Where it begins.
        line: u64,
    },
    /// The file cannot be read.
    #[error("cannot read on after line {line}: {error}")]
    Broken {
        /// The last line that could be.
        line: u64,
        /// Why.
        error: std::io::Error,
    },
}

/// A row of a file.
#[derive(Debug)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What it says; or why that cannot be told.
    pub read: Result<Box<ReviewEvent>, String>,
}

/// The rows of a file.
pub struct Rows {
    form: Form,
    reader: Reader,
    from_line: u64,
}

impl Rows {
    /// Opens a file and looks at how it begins.
    ///
    /// # Errors
    /// It is no such file, or its columns cannot be told.
    pub fn open(file: impl Read + 'static, options: &Options) -> Result<Self, CannotRead> {
        let reader = Reader::new(options)?;
        let form = Form::of(input::open(Box::new(file), options.encoding.as_deref())?, options)?;
        Ok(Self { form, reader, from_line: options.from_line })
    }

    /// Which column is taken for which field; empty for JSON Lines, whose names are the fields'.
    pub fn columns(&self) -> Vec<Column> {
        self.form.columns()
    }

    /// The rows, as received at a moment.
    pub fn at(self, now: Timestamp) -> impl Iterator<Item = Result<Row, CannotRead>> {
        let Self { mut form, reader, from_line } = self;
        let rows = std::iter::from_fn(move || form.next());
        let wanted = rows.filter(move |row| !matches!(row, Ok((line, _)) if *line < from_line));
        wanted.map(move |row| {
            let (line, said) = row?;
            let read = said.and_then(|said| reader.event(said, now));
            Ok(Row { line, read })
        })
    }
}

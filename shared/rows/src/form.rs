//! The two forms of a file of rows.

use std::io::BufRead as _;

use csv::{ByteRecord, ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

use crate::columns::{self, Column};
use crate::input::{Allowance, Opened, ROW_BYTES_MAX, Text};
use crate::{CannotRead, Options};

/// What may stand between two fields.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// What a row says, by field; or a whole payload of Vigie's own.
pub(crate) type Said = Map<String, Value>;

/// The next row: its line, and what it says, or why that cannot be told; `None`: the file is over.
type Next = Option<Result<(u64, Result<Said, String>), CannotRead>>;

/// A file being read.
pub(crate) enum Form {
    Csv(Csv),
    Lines(Lines),
}

pub(crate) struct Csv {
    reader: csv::Reader<Text>,
    allowance: Allowance,
    /// Names of the first line.
    names: Vec<String>,
    places: Vec<(&'static str, usize)>,
    /// Lines before what the reader counts.
    before: u64,
    over: bool,
}

pub(crate) struct Lines {
    text: Text,
    allowance: Allowance,
    line: u64,
    given: Vec<Column>,
    over: bool,
}

impl Form {
    /// Looks at how a file begins.
    pub(crate) fn of(opened: Opened, options: &Options) -> Result<Self, CannotRead> {
        match opened.start.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => {
                let Opened { text, allowance, .. } = opened;
                let (line, given, over) = (0, options.columns.clone(), false);
                Ok(Self::Lines(Lines { text, allowance, line, given, over }))
            }
            Some(b'[') => Err(CannotRead::NoRows(
                "this is one JSON array\n  hint: write an object a line: jq -c '.[]' FILE | vigie \
                 import - …"
                    .to_owned(),
            )),
            Some(_) => Csv::of(opened, options).map(Self::Csv),
            None => Err(CannotRead::NoRows("the file is empty".to_owned())),
        }
    }

    pub(crate) fn columns(&self) -> Vec<Column> {
        match self {
            Self::Csv(csv) => csv.columns(),
            Self::Lines(lines) => lines.given.clone(),
        }
    }

    /// Reads on.
    pub(crate) fn next(&mut self) -> Next {
        let (next, over) = match self {
            Self::Csv(csv) if !csv.over => (csv.next(), &mut csv.over),
            Self::Lines(lines) if !lines.over => (lines.next(), &mut lines.over),
            _ => return None,
        };
        *over = !matches!(next, Some(Ok(_)));
        next
    }
}

impl Csv {
    fn of(opened: Opened, options: &Options) -> Result<Self, CannotRead> {
        let Opened { start, mut text, allowance } = opened;
        // How spreadsheets say which delimiter they wrote.
        let stated = start.strip_prefix(b"sep=").and_then(|rest| rest.first().copied());
        let before = u64::from(stated.is_some());
        if stated.is_some() {
            let read = text.read_until(b'\n', &mut Vec::new());
            read.map_err(|error| CannotRead::Broken { line: 0, error })?;
        }
        let delimiter = options.delimiter.or(stated);
        let delimiter = delimiter.unwrap_or_else(|| delimiter_of(&start, &options.columns));
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).has_headers(false);
        let mut reader = builder.from_reader(text);
        let mut first = ByteRecord::new();
        let read = reader.read_byte_record(&mut first);
        read.map_err(|error| fault(error, &allowance, before + 1))?;
        let first = StringRecord::from_byte_record(first)
            .map_err(|_| CannotRead::NotUtf8 { line: before + 1 })?;
        let names: Vec<_> = first.iter().map(|name| name.trim().to_owned()).collect();
        let places = columns::places(&names, &options.columns).map_err(CannotRead::NoRows)?;
        Ok(Self { reader, allowance, names, places, before, over: false })
    }

    fn columns(&self) -> Vec<Column> {
        let column = |(field, place): &(&'static str, usize)| {
            Some(Column { field, name: self.names.get(*place)?.clone() })
        };
        self.places.iter().filter_map(column).collect()
    }

    fn next(&mut self) -> Next {
        self.allowance.renew();
        let mut record = ByteRecord::new();
        let last = self.before + self.reader.position().line();
        match self.reader.read_byte_record(&mut record) {
            Ok(false) => return None,
            Ok(true) => {}
            Err(error) => return Some(Err(fault(error, &self.allowance, last))),
        }
        let line = record.position().map_or(last, |place| self.before + place.line());
        let Ok(record) = StringRecord::from_byte_record(record) else {
            return Some(Err(CannotRead::NotUtf8 { line }));
        };
        Some(Ok((line, self.said(&record))))
    }

    fn said(&self, record: &StringRecord) -> Result<Said, String> {
        let (fields, names) = (record.len(), self.names.len());
        if fields != names {
            return Err(format!(
                "it has {fields} fields, and the first line names {names} columns"
            ));
        }
        let value =
            |place: &usize| Some(record.get(*place)?.trim()).filter(|text| !text.is_empty());
        let told = self.places.iter().filter_map(|(field, place)| {
            Some(((*field).to_owned(), Value::String(value(place)?.to_owned())))
        });
        Ok(told.collect())
    }
}

/// What cuts a first line into the most names that are known; of equals, into the most names.
fn delimiter_of(head: &[u8], given: &[Column]) -> u8 {
    let cut = |delimiter: u8| {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).has_headers(false);
        let mut record = ByteRecord::new();
        let _ = builder.from_reader(head).read_byte_record(&mut record);
        let name = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
        let names: Vec<_> = record.iter().map(name).collect();
        (columns::known(&names, given), names.len())
    };
    // Of equals the last is taken: the comma, where nothing speaks for another.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| cut(*delimiter)).unwrap_or(b',')
}

fn fault(error: csv::Error, allowance: &Allowance, line: u64) -> CannotRead {
    if allowance.is_spent() {
        return CannotRead::TooLong { line };
    }
    CannotRead::Broken { line, error: error.into() }
}

impl Lines {
    fn next(&mut self) -> Next {
        loop {
            self.allowance.renew();
            let mut bytes = Vec::new();
            let line = self.line + 1;
            match self.text.read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(_) if bytes.len() > ROW_BYTES_MAX => {
                    return Some(Err(CannotRead::TooLong { line }));
                }
                Ok(_) => {}
                Err(_) if self.allowance.is_spent() => {
                    return Some(Err(CannotRead::TooLong { line }));
                }
                Err(error) => {
                    return Some(Err(CannotRead::Broken { line: self.line, error }));
                }
            }
            self.line = line;
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            if std::str::from_utf8(&bytes).is_err() {
                return Some(Err(CannotRead::NotUtf8 { line }));
            }
            return Some(Ok((line, self.said(&bytes))));
        }
    }

    fn said(&self, bytes: &[u8]) -> Result<Said, String> {
        let parsed = vigie_platforms::json::parse(bytes);
        let Ok(Value::Object(mut object)) = parsed else {
            return Err("it is not a JSON object".to_owned());
        };
        for column in &self.given {
            if let Some(value) = object.remove(&column.name) {
                object.insert(column.field.to_owned(), value);
            }
        }
        Ok(object)
    }
}

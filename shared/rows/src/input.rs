//! Bytes of a file as text of UTF-8, a bounded row at a time.

use std::cell::Cell;
use std::io::{self, BufReader, Cursor, Read};
use std::rc::Rc;

use encoding_rs::Encoding;
use encoding_rs_io::DecodeReaderBytesBuilder;

use crate::CannotRead;

/// Longest row: as long as a webhook may be.
pub(crate) const ROW_BYTES_MAX: usize = 1024 * 1024;
/// How much of a file is looked at before it is read.
const HEAD_BYTES: usize = 64 * 1024;

/// A file's text, as it is read.
pub(crate) type Text = BufReader<Bounded>;

/// A file that was opened.
pub(crate) struct Opened {
    /// How it begins; `text` has it again.
    pub(crate) start: Vec<u8>,
    pub(crate) text: Text,
    pub(crate) allowance: Allowance,
}

/// Lets so many bytes pass; whoever reads rows renews that with each.
pub(crate) struct Bounded {
    inner: Box<dyn Read>,
    left: Rc<Cell<usize>>,
}

/// Renews what may pass.
#[derive(Clone)]
pub(crate) struct Allowance(Rc<Cell<usize>>);

impl Allowance {
    /// A row was read: as much again may pass.
    pub(crate) fn renew(&self) {
        self.0.set(ROW_BYTES_MAX + 2 * HEAD_BYTES);
    }

    /// Whether what may pass has passed.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::other("the row is too long"));
        }
        let most = buffer.len().min(left);
        let read = self.inner.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left.set(left - read);
        Ok(read)
    }
}

/// Opens a file's bytes as text.
pub(crate) fn open(mut file: Box<dyn Read>, encoding: Option<&str>) -> Result<Opened, CannotRead> {
    let encoding = encoding.map(named).transpose()?;
    let mut head = Vec::new();
    let broken = |error| CannotRead::Broken { line: 0, error };
    file.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(broken)?;
    is_text(&head, encoding)?;
    let whole = Cursor::new(head).chain(file);
    let mut decoded = DecodeReaderBytesBuilder::new()
        .encoding(encoding.filter(|encoding| *encoding != encoding_rs::UTF_8))
        .utf8_passthru(true)
        .strip_bom(true)
        .bom_override(true)
        .build(whole);
    let mut start = Vec::new();
    decoded.by_ref().take(HEAD_BYTES as u64).read_to_end(&mut start).map_err(broken)?;
    let allowance = Allowance(Rc::default());
    allowance.renew();
    let inner: Box<dyn Read> = Box::new(Cursor::new(start.clone()).chain(decoded));
    let bounded = Bounded { inner, left: allowance.0.clone() };
    let text = BufReader::with_capacity(HEAD_BYTES, bounded);
    Ok(Opened { start, text, allowance })
}

fn named(label: &str) -> Result<&'static Encoding, CannotRead> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        CannotRead::Asked(format!(
            "no encoding is called {label:?}\n  hint: such as utf-8, windows-1252, iso-8859-15, \
             utf-16le or macintosh"
        ))
    })
}

/// Refuses what is no text, or not in the encoding that was named.
fn is_text(head: &[u8], encoding: Option<&'static Encoding>) -> Result<(), CannotRead> {
    let no_rows = |text: &str| Err(CannotRead::NoRows(text.to_owned()));
    if head.is_empty() {
        return no_rows("the file is empty");
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"\xD0\xCF\x11\xE0") {
        return no_rows(
            "this is a workbook, or packed\n  hint: save it as CSV UTF-8, or unpack it",
        );
    }
    if head.starts_with(b"\x1F\x8B") {
        return no_rows("this is packed\n  hint: gzip -dc FILE | vigie import - …");
    }
    let has_mark = Encoding::for_bom(head).is_some();
    let wide = encoding.is_some_and(|encoding| !encoding.is_ascii_compatible());
    if head.contains(&0) && !has_mark && !wide {
        return no_rows(
            "this is no text of UTF-8\n  hint: if it is UTF-16, say --encoding utf-16le",
        );
    }
    let other = encoding.is_some_and(|encoding| encoding != encoding_rs::UTF_8);
    if other && !wide && !head.is_ascii() && is_utf8(head) {
        return no_rows("this is UTF-8 already\n  hint: leave --encoding out");
    }
    Ok(())
}

/// Whether bytes are the beginning of a text in UTF-8.
fn is_utf8(head: &[u8]) -> bool {
    match std::str::from_utf8(head) {
        Ok(_) => true,
        // What is cut at the end may go on.
        Err(error) => error.error_len().is_none(),
    }
}

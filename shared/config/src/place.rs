//! From byte offsets to lines and columns.

use std::ops::Range;

/// Where something stands in a file, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
    /// In characters, on the first line only; 1 at least.
    pub(crate) length: usize,
}

/// The lines of a text.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The place of a span of bytes.
    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        let line = self.starts.partition_point(|start| *start <= span.start);
        let (start, shown) = self.line(line);
        let before = |end: usize| shown.char_indices().take_while(move |(at, _)| start + at < end);
        let column = before(span.start).count() + 1;
        let length = before(span.end).count().saturating_sub(column - 1).max(1);
        Place { line, column, length }
    }

    /// A line's first byte and its text without the line break; `number` is from 1.
    pub(crate) fn line(&self, number: usize) -> (usize, &'a str) {
        let start = self.starts.get(number.saturating_sub(1)).copied().unwrap_or_default();
        let line = self.text.get(start..).unwrap_or_default().split('\n').next();
        let line = line.unwrap_or_default();
        (start, line.strip_suffix('\r').unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, span: Range<usize>) -> (usize, usize, usize) {
        let place = Lines::new(text).place(&span);
        (place.line, place.column, place.length)
    }

    #[test]
    fn columns_count_characters_not_bytes() {
        assert_eq!(place("a\r\né = \"à\"", 8..12), (2, 5, 3));
    }

    #[test]
    fn a_span_of_several_lines_ends_with_its_first() {
        assert_eq!(place("ab\ncd", 1..5), (1, 2, 1));
    }

    #[test]
    fn the_end_of_the_file_is_a_place() {
        assert_eq!(place("ab\n", 3..3), (2, 1, 1));
        assert_eq!(place("", 0..0), (1, 1, 1));
        assert_eq!(place("ab", 2..2), (1, 3, 1));
    }
}

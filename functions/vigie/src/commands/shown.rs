//! How commands write things for people: tables, times, counts. Every cell is cleaned, so that
//! what strangers wrote cannot move a terminal's cursor or turn its text around.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use vigie_domain::{Stars, text};

/// Columns that human output keeps within, where nothing that must stay whole is longer.
pub(crate) const COLUMNS_MAX: usize = 100;

/// Two spaces between columns, each as wide as its widest cell; `indent` spaces before each line.
pub(crate) fn table(rows: &[Vec<String>], indent: usize) -> String {
    let clean = |row: &Vec<String>| row.iter().map(|cell| text::clean_line(cell)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(clean).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| length(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let padded =
            cells.map(|(cell, width)| format!("{cell}{}", " ".repeat(width - length(cell))));
        let line = padded.collect::<Vec<_>>().join("  ");
        format!("{}{}", " ".repeat(indent), line.trim_end())
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn length(cell: &str) -> usize {
    cell.chars().count()
}

/// A text on one line behind some spaces, cut where the line would be longer than a terminal.
pub(crate) fn line(given: &str, indent: usize) -> String {
    let room = COLUMNS_MAX.saturating_sub(indent + 1);
    format!("{}{}", " ".repeat(indent), text::excerpt(given, room))
}

/// A name and what it says, in two columns; what it says is cut as a line is.
pub(crate) fn labelled(name: &str, said: &str) -> String {
    format!("{name:<10}{}", line(said, 0))
}

/// A time to the minute where a brand is: `2026-11-20 10:12 CET`.
pub(crate) fn local(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// `1 brand`, `2 brands`.
pub(crate) fn count(number: usize, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {one}{plural}")
}

/// `2★`, `3.5★`, or that there is none.
pub(crate) fn stars(stars: Option<Stars>) -> String {
    stars.map_or_else(|| "no rating".to_owned(), |stars| format!("{stars}★"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [row(&["a", "bb", "c"]), row(&["é★é", "b"]), row(&["", "", "d"])];
        assert_eq!(table(&rows, 1), " a    bb  c\n é★é  b\n          d");
        assert_eq!(table(&[], 1), "");
    }

    #[test]
    fn a_cell_cannot_move_the_cursor() {
        let rows = [row(&["a\u{1b}[2Jb\n\u{202E}c", "d"])];
        assert_eq!(table(&rows, 0), "a[2Jb c  d");
        assert_eq!(line("x\u{1b}\ny", 2), "  x y");
    }

    #[test]
    fn a_long_text_is_cut_to_the_terminal() {
        let long = line(&"word ".repeat(40), 4);
        assert!(long.chars().count() <= COLUMNS_MAX, "{long}");
        assert!(long.ends_with('…'), "{long}");
    }

    #[test]
    fn times_are_the_brands() {
        let at: Timestamp = "2026-11-20T09:12:59.9Z".parse().unwrap();
        assert_eq!(local(at, &TimeZone::get("Europe/Paris").unwrap()), "2026-11-20 10:12 CET");
        assert_eq!(local(at, &TimeZone::UTC), "2026-11-20 09:12 UTC");
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!([count(0, "fault"), count(1, "fault")], ["0 faults", "1 fault"]);
    }
}

//! The text part: a real rendering, for people who read mail as text and for the terminal.

use unicode_segmentation::UnicodeSegmentation;

use crate::doc::{Block, Card, Doc, Group, Link, Pair, Poster, Row, Segment};

/// The widest line of a text part, in columns, addresses excepted (RFC 5322, 2.1.1: 78).
pub const COLUMNS_MAX: usize = 78;

/// Writes a document as text.
pub(crate) fn text(doc: &Doc) -> String {
    let colon = if doc.lang == "fr" { "\u{a0}:" } else { ":" };
    let mut page = Page { colon, ..Page::default() };
    if !doc.trial.is_empty() {
        page.wrap("", "", &doc.trial);
    }
    if !doc.news.is_empty() {
        page.wrap("", "", &doc.news);
    }
    for block in &doc.blocks {
        page.block(block);
    }
    if !doc.footer.is_empty() {
        page.gap();
        page.wrap("", "", &doc.footer);
    }
    page.finish()
}

#[derive(Default)]
struct Page {
    /// What stands between a label and its address.
    colon: &'static str,
    lines: Vec<String>,
}

impl Page {
    fn block(&mut self, block: &Block) {
        if !matches!(block, Block::First { .. }) {
            self.gap();
        }
        match block {
            Block::Heading { text } => self.wrap("", "", &text.to_uppercase()),
            Block::Lead { text }
            | Block::First { text }
            | Block::Para { text }
            | Block::Small { text }
            | Block::Question { text } => self.wrap("", "", text),
            Block::Buttons { links } => self.links(links, ""),
            Block::Review(card) => self.card(card),
            Block::Pairs { rows } => rows.iter().for_each(|row| self.pair(row)),
            Block::Steps { groups } => groups.iter().for_each(|group| self.group(group)),
            Block::Draft { lines, note, .. } => self.draft(lines, note),
            Block::Poster(poster) => self.poster(poster),
            Block::Plain { link } => self.links(std::slice::from_ref(link), ""),
            Block::Bullets { items } => items.iter().for_each(|item| self.wrap("- ", "  ", item)),
            Block::Rows { rows } => rows.iter().for_each(|row| self.row(row)),
            // Forms are for browsers; no message has one.
            Block::Form(_) => {}
        }
    }

    fn card(&mut self, card: &Card) {
        self.wrap("", "  ", &card.meta);
        if !card.title.is_empty() {
            self.wrap("> ", "> ", &card.title);
        }
        card.text.iter().for_each(|line| self.wrap("> ", "> ", line));
        if !card.note.is_empty() {
            self.wrap("", "", &card.note);
        }
    }

    fn draft(&mut self, lines: &[Vec<Segment>], note: &str) {
        for line in lines {
            let whole: String = line.iter().map(|segment| segment.text.as_str()).collect();
            self.wrap("  ", "  ", &whole);
        }
        self.wrap("", "", note);
    }

    fn poster(&mut self, poster: &Poster) {
        const EDGE: &str = "  ────────────────────────────────────────";
        self.lines.push(EDGE.to_owned());
        for words in [&poster.thanks, &poster.quote, &poster.by] {
            self.wrap("  ", "  ", words);
        }
        self.lines.push(EDGE.to_owned());
    }

    fn pair(&mut self, pair: &Pair) {
        let words = if pair.value.is_empty() {
            pair.name.clone()
        } else {
            [pair.name.as_str(), pair.value.as_str()].join(" ")
        };
        self.wrap("- ", "  ", &words);
    }

    fn group(&mut self, group: &Group) {
        self.wrap("  ", "  ", &group.heading);
        for (place, item) in group.items.iter().enumerate() {
            self.wrap(&format!("  {}. ", group.start + place), "     ", item);
        }
    }

    fn row(&mut self, row: &Row) {
        self.gap();
        self.wrap("* ", "  ", &row.head);
        if !row.excerpt.is_empty() {
            self.wrap("  ", "  ", &row.excerpt);
        }
        self.links(&row.links, "  ");
    }

    /// Desk links bare and alone on their lines; others behind their label.
    fn links(&mut self, links: &[Link], indent: &str) {
        for link in links {
            let head = format!("{indent}{}", link.label);
            if link.desk {
                self.wrap("", indent, &head);
                self.lines.push(link.url.clone());
            } else {
                self.lines.push(format!("{head}{} {}", self.colon, link.url));
            }
        }
    }

    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }

    fn wrap(&mut self, first: &str, rest: &str, text: &str) {
        for (place, line) in text.split('\n').enumerate() {
            self.wrap_line(if place == 0 { first } else { rest }, rest, line);
        }
    }

    /// Breaks at plain spaces only: a no-break space holds. A word wider than a line is cut
    /// between graphemes.
    fn wrap_line(&mut self, first: &str, rest: &str, text: &str) {
        let leading = text.len() - text.trim_start_matches(' ').len();
        let mut line = format!("{first}{}", " ".repeat(leading.min(COLUMNS_MAX / 2)));
        let mut begun = false;
        for word in text.split([' ', '\t']).filter(|word| !word.is_empty()) {
            for piece in pieces(word, COLUMNS_MAX - rest.len().max(first.len())) {
                let space = usize::from(begun);
                if begun && width(&line) + space + width(&piece) > COLUMNS_MAX {
                    self.lines.push(std::mem::replace(&mut line, rest.to_owned()));
                } else if begun {
                    line.push(' ');
                }
                line.push_str(&piece);
                begun = true;
            }
        }
        self.lines.push(line.trim_end().to_owned());
    }

    fn finish(mut self) -> String {
        while self.lines.last().is_some_and(String::is_empty) {
            self.lines.pop();
        }
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }
}

/// A word in pieces that fit a line; nearly always one.
fn pieces(word: &str, columns: usize) -> Vec<String> {
    if width(word) <= columns {
        return vec![word.to_owned()];
    }
    let mut found = vec![String::new()];
    let mut used = 0;
    for grapheme in word.graphemes(true) {
        let wide = width(grapheme);
        if used + wide > columns {
            found.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(piece) = found.last_mut() {
            piece.push_str(grapheme);
        }
    }
    found
}

/// Columns that a text takes, never too few: each character at least one, wide ones two.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}

/// East Asian wide ranges and emoji (Unicode UAX #11), generously.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE6F}' | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}' | '\u{1F000}'..='\u{3FFFD}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(first: &str, rest: &str, text: &str) -> Vec<String> {
        let mut page = Page::default();
        page.wrap(first, rest, text);
        page.lines
    }

    #[test]
    fn lines_are_broken_at_spaces_and_keep_their_prefix() {
        let lines = wrapped("- ", "  ", &"mot ".repeat(40));
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| width(line) <= COLUMNS_MAX));
        assert!(lines[0].starts_with("- mot") && lines[1].starts_with("  mot"));
        assert_eq!(wrapped("> ", "> ", "a\n\nb"), ["> a", ">", "> b"]);
    }

    #[test]
    fn a_no_break_space_holds_and_an_endless_word_is_cut() {
        let lines = wrapped("", "", &format!("{} vous\u{a0}?", "x".repeat(72)));
        assert_eq!(lines[1], "vous\u{a0}?");
        for text in ["x".repeat(500), "👩‍👩‍👧".repeat(60), "漢".repeat(200)] {
            let lines = wrapped("> ", "> ", &text);
            assert!(lines.iter().all(|line| width(line) <= COLUMNS_MAX), "{lines:?}");
            let joined: String = lines.iter().map(|line| &line[2..]).collect();
            assert_eq!(joined, text, "nothing is lost");
        }
    }

    #[test]
    fn what_a_reviewer_wrote_never_begins_a_line() {
        let card = Card {
            meta: "m".to_owned(),
            title: "t".to_owned(),
            text: vec!["https://evil.example/desk/answered".to_owned()],
            note: String::new(),
            lang: String::new(),
        };
        let mut page = Page::default();
        page.card(&card);
        assert_eq!(page.lines, ["m", "> t", "> https://evil.example/desk/answered"]);
    }
}

//! What is signed, in words: `{timestamp}.{body}`.

use serde::Deserialize;

/// What is signed: `{timestamp}` and `{body}`, once each, and text around them.
///
/// ```
/// use vigie_platforms::signature::Template;
/// assert!(Template::parse("v0:{timestamp}:{body}").is_ok());
/// assert!(Template::parse("{body}").is_err(), "no timestamp");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    pieces: Vec<Piece>,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Timestamp,
    Body,
}

/// Why a text says not what is signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} does not say what is signed: it needs {{timestamp}} and {{body}}, once each")]
pub struct BadTemplate(String);

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// Either of `{timestamp}` and `{body}` is missing or there twice.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, length) = next_piece(rest);
            pieces.push(piece);
            rest = rest.get(length..).unwrap_or_default();
        }
        let once = |wanted: &Piece| pieces.iter().filter(|piece| *piece == wanted).count() == 1;
        if once(&Piece::Timestamp) && once(&Piece::Body) {
            Ok(Self { pieces, text: text.to_owned() })
        } else {
            Err(BadTemplate(text.to_owned()))
        }
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn next_piece(rest: &str) -> (Piece, usize) {
    for (mark, piece) in [("{timestamp}", Piece::Timestamp), ("{body}", Piece::Body)] {
        if rest.starts_with(mark) {
            return (piece, mark.len());
        }
    }
    let to_next = rest.char_indices().skip(1).find(|(_, c)| *c == '{').map(|(at, _)| at);
    let length = to_next.unwrap_or(rest.len());
    (Piece::Text(rest.get(..length).unwrap_or_default().to_owned()), length)
}

impl TryFrom<String> for Template {
    type Error = BadTemplate;
    fn try_from(text: String) -> Result<Self, BadTemplate> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_keeps_its_pieces_in_order() {
        let pieces = Template::parse("v0:{timestamp}:{body}").unwrap().pieces;
        let text = |t: &str| Piece::Text(t.to_owned());
        assert_eq!(pieces, [text("v0:"), Piece::Timestamp, text(":"), Piece::Body]);
        let pieces = Template::parse("{body}{timestamp}").unwrap().pieces;
        assert_eq!(pieces, [Piece::Body, Piece::Timestamp]);
    }

    #[test]
    fn err_templates() {
        for bad in ["", "{body}", "{timestamp}", "{body}{body}{timestamp}", "{Body}{timestamp}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}

//! A message as it was taken, and its parts for people to read.

use mail_parser::parsers::MessageStream;
use mail_parser::{HeaderValue, MessageParser};
use tokio::time::Instant;

/// A message that was taken.
///
/// ```
/// use vigie_smtp_sink::Received;
/// let eml = b"Subject: =?utf-8?B?QXZpcyAy4piF?=\r\nX-Kind: a\r\n\r\nBonjour\r\n";
/// let message = Received::from_data(eml.to_vec());
/// assert_eq!(message.header("subject").as_deref(), Some("Avis 2★"));
/// assert_eq!(message.text().as_deref(), Some("Bonjour\n"));
/// ```
#[derive(Debug, Clone)]
pub struct Received {
    /// The sender of the envelope; empty for none.
    pub from: String,
    /// The recipients of the envelope, in order.
    pub to: Vec<String>,
    /// The message, dots unstuffed.
    pub data: Vec<u8>,
    /// When the final dot was read.
    pub at: Instant,
    /// Which connection brought it, from 1.
    pub connection: usize,
}

impl Received {
    /// A message that no session brought, such as the content of an `.eml` file.
    pub fn from_data(data: Vec<u8>) -> Self {
        Self { from: String::new(), to: Vec::new(), data, at: Instant::now(), connection: 0 }
    }

    /// The names of the headers, as written and in order, one for each line.
    pub fn header_names(&self) -> Vec<String> {
        self.raw_headers().into_iter().map(|(name, _)| name).collect()
    }

    /// The first header of a name (ASCII case is ignored): unfolded, its encoded words decoded
    /// (RFC 2047).
    pub fn header(&self, name: &str) -> Option<String> {
        let named = |(n, _): &(String, String)| n.eq_ignore_ascii_case(name);
        self.raw_headers().into_iter().find(named).map(|(_, raw)| decoded(&raw))
    }

    /// The text part, decoded, with `\n` between lines. Nothing where there is none.
    pub fn text(&self) -> Option<String> {
        self.part("text/plain")
    }

    /// The HTML part, decoded, with `\n` between lines. Nothing where there is none.
    pub fn html(&self) -> Option<String> {
        self.part("text/html")
    }

    fn raw_headers(&self) -> Vec<(String, String)> {
        let parsed = MessageParser::default().parse_headers(&self.data);
        let headers = parsed.iter().flat_map(mail_parser::Message::headers_raw);
        headers.map(|(name, raw)| (name.to_owned(), raw.to_owned())).collect()
    }

    /// The first part of a type. A message without `Content-Type` is text (RFC 2045 §5.2).
    fn part(&self, wanted: &str) -> Option<String> {
        let parsed = MessageParser::default().parse(&self.data)?;
        let of_type = |part: &&mail_parser::MessagePart<'_>| {
            use mail_parser::MimeHeaders as _;
            let kind = part.content_type().map_or_else(
                || "text/plain".to_owned(),
                |t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or_default()),
            );
            kind.eq_ignore_ascii_case(wanted) && part.text_contents().is_some()
        };
        let part = parsed.parts.iter().find(of_type)?;
        part.text_contents().map(|text| text.replace("\r\n", "\n"))
    }
}

fn decoded(raw: &str) -> String {
    match MessageStream::new(raw.as_bytes()).parse_unstructured() {
        HeaderValue::Text(text) => text.trim().to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIXED: &str = concat!(
        "Subject: =?utf-8?Q?Avis_2=E2=98=85?=\r\n =?utf-8?Q?_=C2=B7_Lyon?=\r\n",
        "To: =?utf-8?B?Q2zDqW1lbnQ=?= <c@x.example>\r\n",
        "References: <a@x.example>\r\n <b@x.example>\r\n",
        "X-Vigie-Review: site/r-1001\r\n",
        "MIME-Version: 1.0\r\n",
        "Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n",
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\n",
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
        "D=C3=A9j=C3=A0 =\r\nvu\r\n.\r\n\r\n",
        "--b\r\nContent-Type: text/html; charset=utf-8\r\n",
        "Content-Transfer-Encoding: base64\r\n\r\n",
        "PHA+RMOpasOgPC9wPg==\r\n--b--\r\n",
    );

    #[test]
    fn headers_are_unfolded_and_decoded() {
        let message = Received::from_data(MIXED.into());
        assert_eq!(message.header("Subject").unwrap(), "Avis 2★ · Lyon");
        assert_eq!(message.header("to").unwrap(), "Clément <c@x.example>");
        assert_eq!(message.header("references").unwrap(), "<a@x.example> <b@x.example>");
        assert_eq!(message.header("X-VIGIE-REVIEW").unwrap(), "site/r-1001");
        assert_eq!(message.header("Bcc"), None);
        assert_eq!(
            message.header_names(),
            ["Subject", "To", "References", "X-Vigie-Review", "MIME-Version", "Content-Type"]
        );
    }

    #[test]
    fn both_parts_are_decoded() {
        let message = Received::from_data(MIXED.into());
        assert_eq!(message.text().unwrap(), "Déjà vu\n.\n");
        assert_eq!(message.html().unwrap(), "<p>Déjà</p>");
    }

    #[test]
    fn a_part_that_is_not_there_is_not_made_up() {
        let plain = Received::from_data(b"Subject: x\r\n\r\nyes\r\n".to_vec());
        assert_eq!(plain.text().unwrap(), "yes\n");
        assert_eq!(plain.html(), None);
        let html = Received::from_data(b"Content-Type: text/html\r\n\r\n<b>yes</b>\r\n".to_vec());
        assert_eq!(html.text(), None);
    }
}

//! The bytes of a message.

use std::time::SystemTime;

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message};
use vigie_domain::{Digest, text};
use vigie_ports::{Email, Mailbox};

use crate::header;

/// Headers that the fields of [`Email`] make: a further header of such a name would double one.
const OWN: [&str; 11] = [
    "from",
    "sender",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
];

/// Headers whose values are message ids or lists and must not be encoded (RFC 2047 §5; Outlook
/// drops encoded ones, facts/channels.md §11.2).
const STRUCTURED: [&str; 5] =
    ["references", "in-reply-to", "list-id", "list-unsubscribe", "list-unsubscribe-post"];

/// Why a message cannot be written. Names the field, never its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The sender's address.
    #[error("the sender's address is not one that mail can carry")]
    From,
    /// The recipient's address.
    #[error("the recipient's address is not one that mail can carry")]
    To,
    /// The address for answers.
    #[error("the address for answers is not one that mail can carry")]
    ReplyTo,
    /// The message id is empty, or holds white space or angle brackets.
    #[error("the message id is not one")]
    MessageId,
    /// A further header has no legal name, or one that the message makes itself.
    #[error("the header {0:?} cannot be added")]
    Header(&'static str),
    /// lettre refused the whole.
    #[error("the message cannot be put together")]
    Message,
}

/// A message ready to be handed over, with its envelope.
#[derive(Debug, Clone)]
pub struct Encoded {
    /// The envelope's sender.
    pub from: Address,
    /// The envelope's recipients: one at least.
    pub to: Vec<Address>,
    /// ASCII, lines of at most 998 bytes, `\r\n` after each.
    pub data: Vec<u8>,
}

/// Encodes a message: text and HTML as alternatives in UTF-8 and quoted-printable, the given
/// headers, and `Auto-Submitted: auto-generated` (RFC 3834) unless one is given. The same message
/// gives the same bytes.
///
/// ```
/// use vigie_ports::{Email, Mailbox};
/// let mailbox =
///     |name: &str, address: &str| Mailbox { name: name.into(), address: address.into() };
/// let email = Email {
///     message_id: "n1@vigie.example".into(),
///     date: "2026-11-20T09:12:00Z".parse().unwrap(),
///     from: mailbox("Sara", "sara@vigie.example"),
///     to: mailbox("Service client", "service@lumen.example"),
///     also_to: vec![],
///     reply_to: None,
///     subject: "Avis 2★".into(),
///     text: "Bonjour".into(),
///     html: "<p>Bonjour</p>".into(),
///     headers: vec![("X-Vigie-Kind", "alert".into())],
/// };
/// let data = String::from_utf8(vigie_mime::encode(&email).unwrap()).unwrap();
/// assert!(data.contains("\r\nX-Vigie-Kind: alert\r\n"));
/// assert!(data.contains("\r\nSubject: =?utf-8?B?QXZpcyAy4piF?=\r\n"));
/// ```
///
/// # Errors
/// [`EncodeError`] where an address, the message id or a header's name is not one.
pub fn encode(email: &Email) -> Result<Vec<u8>, EncodeError> {
    encode_with_envelope(email).map(|encoded| encoded.data)
}

/// The same, with its envelope: for an adapter that names sender and recipients itself.
///
/// # Errors
/// As [`encode`].
pub fn encode_with_envelope(email: &Email) -> Result<Encoded, EncodeError> {
    let from = address(&email.from.address).ok_or(EncodeError::From)?;
    let readers = || std::iter::once(&email.to).chain(&email.also_to);
    let to: Option<Vec<Address>> = readers().map(|mailbox| address(&mailbox.address)).collect();
    let to = to.ok_or(EncodeError::To)?;
    let mut message = Message::builder()
        .date(SystemTime::from(email.date))
        .raw_header(person("From", &email.from, &from))
        .raw_header(people("To", readers().zip(&to)));
    if let Some(mailbox) = &email.reply_to {
        let reply_to = address(&mailbox.address).ok_or(EncodeError::ReplyTo)?;
        message = message.raw_header(person("Reply-To", mailbox, &reply_to));
    }
    message = message
        .raw_header(value("Subject", header::unstructured("Subject", &email.subject)))
        .raw_header(value("Message-ID", message_id(&email.message_id)?))
        .raw_header(value("Auto-Submitted", "auto-generated".to_owned()));
    for (name, content) in &email.headers {
        message = with_header(message, name, content)?;
    }
    let envelope = lettre::address::Envelope::new(Some(from.clone()), to.clone())
        .map_err(|_| EncodeError::Message)?;
    let message = message.envelope(envelope).multipart(body(email));
    let data = message.map_err(|_| EncodeError::Message)?.formatted();
    Ok(Encoded { from, to, data })
}

/// An address that any server takes: a domain in other letters becomes its ASCII form (RFC 5890).
/// A local part in other letters would need SMTPUTF8 on the whole way, so it is refused here, where
/// somebody hears of it.
fn address(given: &str) -> Option<Address> {
    let parsed: Address = given.trim().parse().ok()?;
    if !parsed.user().is_ascii() || parsed.user().chars().any(char::is_control) {
        return None;
    }
    let domain = idna::domain_to_ascii(parsed.domain()).ok();
    let domain = domain.unwrap_or_else(|| parsed.domain().to_owned());
    if !domain.is_ascii() {
        return None;
    }
    Address::new(parsed.user(), domain).ok()
}

/// A header whose value is already encoded. The names are our own constants or were checked.
fn value(name: &'static str, encoded: String) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, String::new(), encoded)
}

/// A mailbox header. Its raw value, which lettre reads again, is the bare address.
fn person(name: &'static str, mailbox: &Mailbox, address: &Address) -> HeaderValue {
    let encoded = header::mailbox(name, &mailbox.name, address.as_ref());
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, address.to_string(), encoded)
}

fn people<'a>(
    name: &'static str,
    of: impl Iterator<Item = (&'a Mailbox, &'a Address)>,
) -> HeaderValue {
    let each = of.map(|(mailbox, address)| {
        (header::mailbox(name, &mailbox.name, address.as_ref()), address.to_string())
    });
    let (encoded, plain): (Vec<String>, Vec<String>) = each.unzip();
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, plain.join(", "), encoded.join(",\r\n "))
}

fn message_id(given: &str) -> Result<String, EncodeError> {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && c != '<' && c != '>';
    let id = ascii_id(given);
    if id.is_empty() || id.len() > 900 || !id.chars().all(fits) {
        return Err(EncodeError::MessageId);
    }
    Ok(format!("<{id}>"))
}

/// A message id whose domain is in its ASCII form, as the address that it was taken from.
fn ascii_id(given: &str) -> String {
    if given.is_ascii() {
        return given.to_owned();
    }
    let (local, rest) = given.rsplit_once('@').unwrap_or((given, ""));
    let (domain, close) = rest.strip_suffix('>').map_or((rest, ""), |domain| (domain, ">"));
    let domain = idna::domain_to_ascii(domain).unwrap_or_default();
    // What is left in other letters can only have been made by hand: it goes, the rest groups.
    let local: String = local.chars().filter(char::is_ascii).collect();
    format!("{local}@{domain}{close}")
}

fn with_header(
    message: MessageBuilder,
    name: &'static str,
    content: &str,
) -> Result<MessageBuilder, EncodeError> {
    let lower = name.to_ascii_lowercase();
    let legal = name.bytes().all(|b| b.is_ascii_graphic() && b != b':');
    let own = OWN.contains(&lower.as_str()) || lower == "content-transfer-encoding";
    // lettre takes names of 1 to 76 bytes.
    if !legal || own || name.is_empty() || name.len() > 76 {
        return Err(EncodeError::Header(name));
    }
    let encoded = if STRUCTURED.contains(&lower.as_str()) {
        let line = text::clean_line(content);
        let ids: Vec<String> = line.split(' ').map(ascii_id).collect();
        header::structured(name, &ids.join(" "))
    } else {
        header::unstructured(name, content)
    };
    Ok(message.raw_header(value(name, encoded)))
}

fn body(email: &Email) -> MultiPart {
    // In quoted-printable an equals sign is always followed by hex, so that `=_` cannot occur.
    let fields = [&email.message_id, &email.text, &email.html];
    let digest = Digest::of_fields(fields.map(|field| Some(field.as_str()))).to_hex();
    let boundary = format!("=_{}", digest.get(..32).unwrap_or_default());
    MultiPart::alternative()
        .boundary(boundary)
        .singlepart(part(ContentType::TEXT_PLAIN, &email.text))
        .singlepart(part(ContentType::TEXT_HTML, &email.html))
}

fn part(kind: ContentType, content: &str) -> SinglePart {
    let encoding = ContentTransferEncoding::QuotedPrintable;
    // Quoted-printable takes any text, so that the way back is never gone.
    let body = Body::new_with_encoding(content.to_owned(), encoding).unwrap_or_else(Body::new);
    SinglePart::builder().header(kind).body(body)
}

#[cfg(test)]
mod tests;

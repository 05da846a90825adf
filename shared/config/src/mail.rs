//! `[mail]`: who messages come from, and how they leave.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use vigie_domain::SecretRef;

use crate::address::{self, MAILBOX, Mailbox};
use crate::code::Code;
use crate::key::{Key, Kind};
use crate::mask;
use crate::node::Node;
use crate::secret::{self, SECRET};
use crate::table::Table;
use crate::values::Bad;

/// `[mail]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Who messages are from.
    pub from: Mailbox,
    /// Where answers to them go, if not there.
    pub reply_to: Option<Mailbox>,
    /// How they leave.
    pub transport: Transport,
}

/// How messages leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// Through a mail server.
    Smtp(Smtp),
    /// Into a folder, one `.eml` a message; as written: a relative one is the root's to resolve.
    File(PathBuf),
    /// Through Amazon SES.
    Ses,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    /// How the connection is protected.
    pub tls: Tls,
    /// Its name or address; an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who signs in, if anybody.
    pub user: Option<String>,
    /// Where the password is: there whenever there is a user.
    pub password: Option<SecretRef>,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Not at all: `smtp://` to this machine.
    None,
    /// STARTTLS where the server offers it: `smtp://` to another machine, without a user.
    Opportunistic,
    /// STARTTLS, or nothing is sent: `smtp+starttls://`; and `smtp://` with a user to another
    /// machine, since a password never travels in the clear.
    StartTls,
    /// TLS from the first byte: `smtps://`.
    Implicit,
}

pub(crate) const KEYS: &[Key] = &[
    Key::needed("from", MAILBOX, "Who messages come from: Name <name@domain.example>."),
    Key::optional("reply_to", MAILBOX, "Where answers go, if not there."),
    Key::needed("transport", TRANSPORT, "How messages leave: smtps://USER@HOST, file:FOLDER, ses."),
    Key::optional("password", SECRET, "Where the password is, if the transport names a user."),
];
const TRANSPORT: Kind = Kind::Text(r"^((smtp|smtps|smtp\+starttls)://([^:]*@)?[^@]+$|file:|ses$)");
const HINT: &str = "write smtp://HOST:PORT, smtp+starttls://USER@HOST, smtps://USER@HOST, \
                    file:FOLDER or ses; the password goes into its own key";

/// Ports where none is written: relay (RFC 5321 §4.5.4.2), submission (RFC 6409 §3.1), and
/// submission over TLS (RFC 8314 §7.3).
const PORTS: [(&str, u16); 3] = [("smtp", 25), ("smtp+starttls", 587), ("smtps", 465)];

pub(crate) fn read(node: &Node<'_>) -> Option<Mail> {
    let table = node.table("write [mail]")?;
    table.check_keys(KEYS);
    let mailbox = |node: &Node<'_>| node.parse(Code::BadEmail, address::mailbox);
    let from = table.need("from", "write from = \"Name <name@domain.example>\"");
    let from = from.and_then(|node| mailbox(&node));
    let reply_to = table.or("reply_to", None, |node| mailbox(node).map(Some));
    let transport = table.need("transport", HINT).and_then(|node| transport(&node));
    let password = table.or("password", None, |node| secret::read(node).map(Some));
    let transport = transport.and_then(|transport| signed_in(&table, transport, password?));
    Some(Mail { from: from?, reply_to: reply_to?, transport: transport? })
}

/// Brings the user and the password together.
fn signed_in(table: &Table<'_>, mut sent: Transport, pass: Option<SecretRef>) -> Option<Transport> {
    let user = matches!(&sent, Transport::Smtp(smtp) if smtp.user.is_some());
    if let (Some(node), false) = (table.get("password"), user) {
        let message = "there is no user whom this password would sign in";
        return node.refuse(Code::BadTransport, Bad::new(message, "write smtps://USER@HOST"));
    }
    if user && pass.is_none() {
        let bad =
            Bad::new("the user of the mail server has no password", "password = \"env:NAME\"");
        return table.get("transport")?.refuse(Code::MissingSecret, bad);
    }
    if let Transport::Smtp(smtp) = &mut sent {
        smtp.password = pass;
    }
    Some(sent)
}

fn transport(node: &Node<'_>) -> Option<Transport> {
    let given = node.text()?;
    if given == "ses" {
        if !node.reading.environment.has_aws() {
            return node.refuse(Code::NotInThisBuild, Bad::not_built("mail through SES"));
        }
        return Some(Transport::Ses);
    }
    if mask::has_password(given) {
        let bad = Bad::new("a password may not be written here", HINT);
        return node.refuse(Code::InlineSecret, bad);
    }
    let read = match given.strip_prefix("file:") {
        Some(folder) => Some(folder).filter(|f| !f.trim().is_empty()).map(file),
        None => smtp(given).map(Transport::Smtp),
    };
    let unread = || Bad::new("this is no way to send mail that Vigie knows", HINT);
    read.or_else(|| node.refuse(Code::BadTransport, unread()))
}

fn file(folder: &str) -> Transport {
    Transport::File(PathBuf::from(folder))
}

fn smtp(given: &str) -> Option<Smtp> {
    let (scheme, rest) = given.split_once("://")?;
    let default_port = PORTS.iter().find(|(name, _)| *name == scheme)?.1;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (user, place) = match rest.rsplit_once('@') {
        Some((user, place)) => (Some(decoded(user)?), place),
        None => (None, rest),
    };
    let (host, port) = address::host_and_port(place)?;
    let tls = tls(scheme, &host, user.is_some());
    Some(Smtp { tls, host, port: port.unwrap_or(default_port), user, password: None })
}

fn tls(scheme: &str, host: &str, signs_in: bool) -> Tls {
    match scheme {
        "smtps" => Tls::Implicit,
        "smtp" if address::is_loopback(host) => Tls::None,
        "smtp" if !signs_in => Tls::Opportunistic,
        _ => Tls::StartTls,
    }
}

/// A user's name without percent-encoding; one line, not empty.
fn decoded(user: &str) -> Option<String> {
    let user = percent_decode_str(user).decode_utf8().ok()?;
    let good = !user.is_empty() && !user.chars().any(char::is_control);
    good.then(|| user.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &str) -> Option<(Tls, String, u16, Option<String>)> {
        smtp(given).map(|s| (s.tls, s.host, s.port, s.user))
    }

    #[test]
    fn a_transport_says_how_the_connection_is_protected() {
        let host = || "mail.example".to_owned();
        let user = || Some("u".to_owned());
        for (given, expected) in [
            ("smtp://127.0.0.1:1025", (Tls::None, "127.0.0.1".to_owned(), 1025, None)),
            ("smtp://[::1]", (Tls::None, "::1".to_owned(), 25, None)),
            ("smtp://u@localhost", (Tls::None, "localhost".to_owned(), 25, user())),
            ("smtp://mail.example", (Tls::Opportunistic, host(), 25, None)),
            ("smtp://u@mail.example/", (Tls::StartTls, host(), 25, user())),
            ("smtp+starttls://mail.example", (Tls::StartTls, host(), 587, None)),
            ("smtps://u@mail.example", (Tls::Implicit, host(), 465, user())),
            ("smtp://mail_sink:25", (Tls::Opportunistic, "mail_sink".to_owned(), 25, None)),
        ] {
            assert_eq!(read(given), Some(expected), "{given}");
        }
    }

    #[test]
    fn a_user_may_be_an_address() {
        for given in ["smtps://sara%40a.example@m.example", "smtps://sara@a.example@m.example"] {
            assert_eq!(read(given).unwrap().3.as_deref(), Some("sara@a.example"), "{given}");
        }
    }

    #[test]
    fn err_transports() {
        for given in [
            "",
            "smtp:",
            "smtp://",
            "smtp:///",
            "http://h",
            "smtp://h:0",
            "smtp://h:x",
            "smtp://@h",
            "smtp://h?tls=required",
            "smtp://h/x",
            "smtp://%ff@h",
            "smtp://a%0A@h",
            "h:25",
            "smtp://h h",
        ] {
            assert_eq!(read(given), None, "{given}");
        }
    }
}

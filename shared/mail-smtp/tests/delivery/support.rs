//! What the tests of this crate share.

use std::net::SocketAddr;
use std::time::Duration;

use vigie_mail_smtp::{SmtpConfig, SmtpMail, Tls};
use vigie_ports::{Email, Mail as _, Mailbox, SendError};
use vigie_smtp_sink::Sink;

/// More than any healthy send takes.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Enough for a healthy send on loopback up to where a test hangs it.
pub(crate) const SHORT: Duration = Duration::from_millis(1_500);

/// A setup without TLS and credentials.
pub(crate) fn config(addr: SocketAddr) -> SmtpConfig {
    SmtpConfig {
        host: addr.ip().to_string(),
        port: addr.port(),
        tls: Tls::None,
        credentials: None,
        hello_name: "vigie.example".to_owned(),
    }
}

/// A client of it.
pub(crate) fn client(addr: SocketAddr) -> SmtpMail {
    SmtpMail::new(config(addr)).unwrap()
}

/// A message of this number.
pub(crate) fn email(number: usize) -> Email {
    let mailbox =
        |name: &str, address: &str| Mailbox { name: name.to_owned(), address: address.to_owned() };
    Email {
        message_id: format!("n{number}@vigie.example"),
        date: "2026-11-20T09:12:00Z".parse().unwrap(),
        from: mailbox("Sara", "sara@vigie.example"),
        to: mailbox("Ève Martin", "eve.martin@lumen.example"),
        also_to: vec![],
        reply_to: None,
        subject: format!("Avis 2★ · Lyon · n° {number}"),
        text: "Bonjour Claire Dupont,\n.\n..deux points\n".to_owned(),
        html: "<p>Bonjour Claire Dupont</p>".to_owned(),
        headers: vec![("X-Vigie-Kind", "alert".to_owned())],
    }
}

/// A sink on a free port.
pub(crate) fn sink() -> Sink {
    Sink::start("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// Sends a message that must fail.
pub(crate) async fn fails(mail: &SmtpMail, within: Duration) -> SendError {
    mail.send(&email(1), within).await.unwrap_err()
}

//! The steps of a delivery, each with its stage.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret as _;
use vigie_mime::Encoded;
use vigie_ports::FailureClass;

use crate::class::{Stage, class_of_reply, class_of_silence};
use crate::config::{SmtpConfig, Tls};

/// How far a delivery has come, for whoever runs out of patience with it.
#[derive(Debug, Default)]
pub(crate) struct Progress(AtomicU8);

impl Progress {
    pub(crate) fn reach(&self, stage: Stage) {
        let index = Stage::ALL.iter().position(|s| *s == stage).unwrap_or_default();
        self.0.store(index as u8, Ordering::Relaxed);
    }

    pub(crate) fn stage(&self) -> Stage {
        let index = usize::from(self.0.load(Ordering::Relaxed));
        Stage::ALL.get(index).copied().unwrap_or(Stage::Message)
    }
}

/// A step that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) class: FailureClass,
    /// What happened, in our words.
    pub(crate) text: String,
    /// What the other side said, which may quote what is private.
    pub(crate) said: String,
    /// Whether the server answered and stays: the connection can go on after a reset.
    pub(crate) answered: bool,
}

impl Failure {
    pub(crate) fn set_up(text: &str) -> Self {
        let class = FailureClass::DisableEndpoint;
        Self { class, text: text.to_owned(), said: String::new(), answered: false }
    }

    fn of_error(stage: Stage, error: &Error) -> Self {
        let Some(code) = error.status().map(u16::from) else {
            let class = class_of_silence(stage);
            return Self { class, text: format!("{stage}: "), said: told(error), answered: false };
        };
        let said = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        let text = format!("{stage}: the server answered {code} ");
        // 421 means that the server closes the connection (RFC 5321 §3.8).
        Self { class: class_of_reply(stage, code), text, said, answered: code != 421 }
    }

    fn of_reply(stage: Stage, reply: &Response) -> Self {
        let code = u16::from(reply.code());
        let text = format!("{stage}: the server answered {code}, which makes no sense here");
        let class = class_of_reply(stage, code);
        Self { class, text, said: String::new(), answered: false }
    }
}

/// The innermost cause says it best: "Connection refused", not "network error: connection error:…".
fn told(error: &Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    match cause.to_string() {
        text if text == "incomplete response" => "the server hung up".to_owned(),
        text => text,
    }
}

/// The reply, if its code is in the given range; otherwise the failure.
fn expect(
    stage: Stage,
    codes: std::ops::RangeInclusive<u16>,
    replied: Result<Response, Error>,
) -> Result<Response, Failure> {
    let reply = replied.map_err(|error| Failure::of_error(stage, &error))?;
    let fits = codes.contains(&u16::from(reply.code()));
    if fits { Ok(reply) } else { Err(Failure::of_reply(stage, &reply)) }
}

/// Connects, greets, encrypts and signs in.
pub(crate) async fn open(
    config: &SmtpConfig,
    tls: Option<&TlsParameters>,
    within: Duration,
    progress: &Progress,
) -> Result<AsyncSmtpConnection, Failure> {
    progress.reach(Stage::Connect);
    let hello = config.client_id();
    let from_the_start = tls.filter(|_| config.tls == Tls::Implicit).cloned();
    let server = (config.host(), config.port);
    // A name may have several addresses: one that is silent must leave time for the next.
    let each = within / 3;
    let connected =
        AsyncSmtpConnection::connect_tokio1(server, Some(each), &hello, from_the_start, None);
    let mut connection =
        connected.await.map_err(|error| Failure::of_error(Stage::Connect, &error))?;
    if let Some(tls) = tls.filter(|_| config.tls != Tls::Implicit) {
        progress.reach(Stage::StartTls);
        if connection.can_starttls() {
            let started = connection.starttls(tls.clone(), &hello).await;
            started.map_err(|error| Failure::of_error(Stage::StartTls, &error))?;
        } else if config.tls == Tls::Required {
            return Err(Failure::set_up("the mail server offers no STARTTLS, and TLS is required"));
        }
    }
    progress.reach(Stage::SignIn);
    sign_in(config, &mut connection).await?;
    Ok(connection)
}

async fn sign_in(config: &SmtpConfig, connection: &mut AsyncSmtpConnection) -> Result<(), Failure> {
    let Some((user, password)) = &config.credentials else { return Ok(()) };
    // Whoever can strip STARTTLS from the offer must not be handed the password for it.
    let bare = config.tls == Tls::Opportunistic && !connection.is_encrypted();
    if bare && !config.is_loopback() {
        return Err(Failure::set_up(
            "the mail server offers no STARTTLS, and a password is never sent in the clear",
        ));
    }
    let mechanisms = [Mechanism::Plain, Mechanism::Login];
    let known = |m: &Mechanism| connection.server_info().supports_auth_mechanism(*m);
    if !mechanisms.iter().any(known) {
        return Err(Failure::set_up("the mail server offers neither AUTH PLAIN nor LOGIN"));
    }
    let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
    let replied = connection.auth(&mechanisms, &credentials).await;
    expect(Stage::SignIn, 200..=299, replied).map(drop)
}

/// Offers a message up to the server's 354. Nothing is handed over yet.
pub(crate) async fn offer(
    connection: &mut AsyncSmtpConnection,
    dirty: bool,
    message: &Encoded,
    progress: &Progress,
) -> Result<(), Failure> {
    progress.reach(Stage::Sender);
    if dirty {
        // Whatever the server has against it, a fresh connection needs no reset.
        let forgotten = expect(Stage::Sender, 200..=299, connection.command(Rset).await);
        forgotten.map_err(|failure| Failure { answered: false, ..failure })?;
    }
    let mail = Mail::new(Some(message.from.clone()), Vec::new());
    expect(Stage::Sender, 200..=299, connection.command(mail).await)?;
    progress.reach(Stage::Recipient);
    name_recipients(connection, message).await?;
    progress.reach(Stage::Data);
    expect(Stage::Data, 354..=354, connection.command(Data).await)?;
    Ok(())
}

/// Names those who read. One who is taken is enough: the others are logged, without their address.
async fn name_recipients(
    connection: &mut AsyncSmtpConnection,
    message: &Encoded,
) -> Result<(), Failure> {
    let mut refused: Option<Failure> = None;
    let mut taken = 0;
    for (position, to) in message.to.iter().enumerate() {
        let rcpt = Rcpt::new(to.clone(), Vec::new());
        match expect(Stage::Recipient, 200..=299, connection.command(rcpt).await) {
            Ok(_) => taken += 1,
            Err(failure) if !failure.answered => return Err(failure),
            Err(failure) => {
                if message.to.len() > 1 {
                    let (position, text) = (position + 1, &failure.text);
                    tracing::warn!(position, text, "one of several recipients was refused");
                }
                // A refusal that may pass is worth another try, whatever the others said.
                let for_good = refused.as_ref().is_none_or(|f| f.class == FailureClass::Permanent);
                if for_good {
                    refused = Some(failure);
                }
            }
        }
    }
    match refused {
        Some(failure) if taken == 0 => Err(failure),
        _ => Ok(()),
    }
}

/// Hands the message over and waits for the verdict.
pub(crate) async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    message: &Encoded,
    progress: &Progress,
) -> Result<Response, Failure> {
    progress.reach(Stage::Message);
    expect(Stage::Message, 200..=299, connection.command(Wire(&message.data)).await)
}

/// Says goodbye; the answer changes nothing.
pub(crate) async fn quit(connection: &mut AsyncSmtpConnection) {
    let _ = connection.command(Quit).await;
}

/// A message as it goes over the wire: dots stuffed (RFC 5321 §4.5.2), the final dot at its end.
///
/// It leaves in one write. lettre's own `message` writes the final dot by itself, and on a socket
/// with Nagle's algorithm, which lettre leaves on, that waits for a delayed acknowledgement: 40 ms
/// a message.
struct Wire<'a>(&'a [u8]);

impl fmt::Display for Wire<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Encoded messages are ASCII.
        let text = std::str::from_utf8(self.0).map_err(|_| fmt::Error)?;
        for line in text.split_inclusive("\r\n") {
            if line.starts_with('.') {
                f.write_str(".")?;
            }
            f.write_str(line)?;
        }
        f.write_str(if text.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_stuffed_and_one_ends_the_message() {
        let wire = |text: &str| Wire(text.as_bytes()).to_string();
        assert_eq!(wire(".a\r\nb.\r\n..\r\n"), "..a\r\nb.\r\n...\r\n.\r\n");
        assert_eq!(wire("a"), "a\r\n.\r\n");
    }

    #[test]
    fn progress_is_remembered_for_every_stage() {
        let progress = Progress::default();
        assert_eq!(progress.stage(), Stage::Connect);
        for stage in Stage::ALL {
            progress.reach(stage);
            assert_eq!(progress.stage(), stage);
        }
    }
}

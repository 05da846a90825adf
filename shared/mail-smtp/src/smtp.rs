//! Mail over SMTP.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret as _;
use tokio::time::timeout;
use vigie_mime::{Encoded, encode_with_envelope};
use vigie_ports::{Accepted, Email, FailureClass, Mail, SendError};

use crate::class::{Stage, class_of_silence};
use crate::config::{BadSetup, SmtpConfig};
use crate::pool::{Idle, Pool};
use crate::reason::{self, Private};
use crate::session::{self, Failure, Progress};

/// Longest patience with a kept connection before a fresh one is tried: a peer that vanished
/// without a goodbye stays silent.
const STALE_WITHIN: Duration = Duration::from_secs(5);

/// Sends mail to one server over SMTP. Cheap to share by reference; it may be used from many tasks
/// at once.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use vigie_mail_smtp::{SmtpConfig, SmtpMail, Tls};
/// use vigie_ports::{Email, Mail as _, Mailbox};
///
/// let sink = vigie_smtp_sink::Sink::start("127.0.0.1:0".parse().unwrap()).unwrap();
/// let mail = SmtpMail::new(SmtpConfig {
///     host: "127.0.0.1".into(),
///     port: sink.addr().port(),
///     tls: Tls::None,
///     credentials: None,
///     hello_name: "vigie.example".into(),
/// })
/// .unwrap();
/// let email = Email {
///     message_id: "n1@vigie.example".into(),
///     date: "2026-11-20T09:12:00Z".parse().unwrap(),
///     from: Mailbox { name: "Sara".into(), address: "sara@vigie.example".into() },
///     to: Mailbox { name: "Service".into(), address: "service@lumen.example".into() },
///     also_to: vec![],
///     reply_to: None,
///     subject: "Avis 2★".into(),
///     text: "Bonjour".into(),
///     html: "<p>Bonjour</p>".into(),
///     headers: vec![],
/// };
/// let accepted = mail.send(&email, Duration::from_secs(10)).await.unwrap();
/// assert_eq!(accepted.remote_id.as_deref(), Some("S1"));
/// assert_eq!(sink.messages()[0].header("Subject").as_deref(), Some("Avis 2★"));
/// # });
/// ```
pub struct SmtpMail {
    config: SmtpConfig,
    tls: Option<TlsParameters>,
    pool: Pool,
}

impl fmt::Debug for SmtpMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMail").field("config", &self.config).finish_non_exhaustive()
    }
}

impl SmtpMail {
    /// Prepares for a server; connects to nothing yet.
    ///
    /// # Errors
    /// [`BadSetup`] where this can never work.
    pub fn new(config: SmtpConfig) -> Result<Self, BadSetup> {
        Self::with_roots(config, &[])
    }

    /// The same, and trusts further root certificates (PEM): for a server that has its certificate
    /// from an authority of one's own.
    ///
    /// # Errors
    /// [`BadSetup`] where this can never work.
    pub fn with_roots(config: SmtpConfig, roots: &[Vec<u8>]) -> Result<Self, BadSetup> {
        let tls = config.tls_parameters(roots)?;
        Ok(Self { config, tls, pool: Pool::default() })
    }

    /// Connects, greets, encrypts, signs in and says goodbye, without a message.
    ///
    /// # Errors
    /// [`SendError`], as [`Mail::send`] would fail before it names the sender.
    pub async fn probe(&self, within: Duration) -> Result<(), SendError> {
        let progress = Progress::default();
        let work = async {
            let tls = self.tls.as_ref();
            let mut connection = session::open(&self.config, tls, within, &progress).await?;
            session::quit(&mut connection).await;
            Ok(())
        };
        let done = timeout(within, work).await;
        done.unwrap_or_else(|_| Err(out_of_time(&progress)))
            .map_err(|failure| self.error(&failure, None))
    }

    async fn deliver(
        &self,
        message: &Encoded,
        within: Duration,
        progress: &Progress,
    ) -> Result<Accepted, Failure> {
        if let Some(idle) = self.pool.take()
            && let Some(outcome) = self.by_kept(idle, message, within, progress).await
        {
            return outcome;
        }
        let tls = self.tls.as_ref();
        let mut connection = session::open(&self.config, tls, within, progress).await?;
        match session::offer(&mut connection, false, message, progress).await {
            Ok(()) => self.conclude(connection, message, progress).await,
            Err(failure) => Err(self.refused(connection, failure)),
        }
    }

    /// Delivers over a kept connection. Nothing where it turned out stale: nothing was handed over,
    /// so a fresh one may try again.
    async fn by_kept(
        &self,
        idle: Idle,
        message: &Encoded,
        within: Duration,
        progress: &Progress,
    ) -> Option<Result<Accepted, Failure>> {
        let Idle { mut connection, dirty } = idle;
        let patience = STALE_WITHIN.min(within / 3);
        let offered = session::offer(&mut connection, dirty, message, progress);
        match timeout(patience, offered).await {
            Ok(Ok(())) => Some(self.conclude(connection, message, progress).await),
            Ok(Err(failure)) if failure.answered => Some(Err(self.refused(connection, failure))),
            Ok(Err(_)) | Err(_) => {
                self.pool.clear();
                None
            }
        }
    }

    /// A refused message leaves a connection that can be used again, once the server forgot it.
    fn refused(&self, connection: AsyncSmtpConnection, failure: Failure) -> Failure {
        if failure.answered {
            self.pool.put(Idle { connection, dirty: true });
        }
        failure
    }

    async fn conclude(
        &self,
        mut connection: AsyncSmtpConnection,
        message: &Encoded,
        progress: &Progress,
    ) -> Result<Accepted, Failure> {
        let verdict = session::hand_over(&mut connection, message, progress).await;
        if verdict.as_ref().map_or_else(|failure| failure.answered, |_| true) {
            self.pool.put(Idle { connection, dirty: false });
        }
        verdict.map(|reply| Accepted { remote_id: remote_id(&reply) })
    }

    fn error(&self, failure: &Failure, email: Option<&Email>) -> SendError {
        let mut private = Private::default();
        if let Some((user, password)) = &self.config.credentials {
            private.words.extend([password.expose_secret(), user.as_str()]);
        }
        if let Some(email) = email {
            let people = [Some(&email.to), Some(&email.from), email.reply_to.as_ref()];
            for mailbox in people.into_iter().flatten().chain(&email.also_to) {
                let local = mailbox.address.rsplit_once('@').map_or("", |(local, _)| local);
                private.words.extend([mailbox.address.as_str(), local, mailbox.name.as_str()]);
            }
            private.texts.extend([&email.subject, &email.text, &email.html].map(String::as_str));
        }
        SendError {
            class: failure.class,
            reason: reason::joined(&failure.text, &failure.said, &private),
        }
    }
}

impl Mail for SmtpMail {
    async fn send(&self, email: &Email, within: Duration) -> Result<Accepted, SendError> {
        let message = encode_with_envelope(email).map_err(|error| SendError {
            class: FailureClass::Permanent,
            reason: error.to_string(),
        })?;
        let progress = Progress::default();
        let done = timeout(within, self.deliver(&message, within, &progress)).await;
        done.unwrap_or_else(|_| Err(out_of_time(&progress)))
            .map_err(|failure| self.error(&failure, Some(email)))
    }
}

fn out_of_time(progress: &Progress) -> Failure {
    let stage = progress.stage();
    let text = match stage {
        Stage::Message => "the message was handed over, and no answer came in time".to_owned(),
        _ => format!("{stage}: no answer in time"),
    };
    Failure { class: class_of_silence(stage), text, said: String::new(), answered: false }
}

/// Longest id kept, in characters.
const REMOTE_ID_CHARS_MAX: usize = 100;

/// The server's own id: Postfix says `Ok: queued as ID`, Exim `OK id=ID`, SES `Ok ID`.
fn remote_id(reply: &Response) -> Option<String> {
    let text = reply.message().last()?;
    let after = |mark: &str| text.split_once(mark).map(|(_, rest)| rest);
    let rest = after("queued as ").or_else(|| after("id=")).or_else(|| after("Ok "))?;
    let id = rest.split_whitespace().next()?;
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (id.chars().all(legal) && id.len() <= REMOTE_ID_CHARS_MAX).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_in(reply: &str) -> Option<String> {
        remote_id(&reply.parse().unwrap())
    }

    #[test]
    fn ok_ids_of_servers_we_know() {
        assert_eq!(id_in("250 2.0.0 Ok: queued as 4FK2x\r\n").as_deref(), Some("4FK2x"));
        assert_eq!(id_in("250 OK id=1uAbC-0004\r\n").as_deref(), Some("1uAbC-0004"));
        assert_eq!(id_in("250 Ok 0100018f-4a-000000\r\n").as_deref(), Some("0100018f-4a-000000"));
    }

    #[test]
    fn err_ids_that_are_none_or_unclean() {
        assert_eq!(id_in("250 2.0.0 accepted\r\n"), None);
        assert_eq!(id_in("250 Ok <eve@lumen.example>\r\n"), None);
        assert_eq!(id_in(&format!("250 Ok {}\r\n", "x".repeat(101))), None);
    }
}

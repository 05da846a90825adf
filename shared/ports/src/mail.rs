//! Sending one e-mail.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

/// A name and an address. The name is one clean line (`domain::text::clean_line`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The display name; empty for none.
    pub name: String,
    /// The address, checked when the configuration was read.
    pub address: String,
}

/// One message to one recipient, or to the operator's several addresses, ready to be encoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// The `Message-ID` without its angle brackets: `<notice id>@<from-domain>`.
    pub message_id: String,
    /// The `Date`.
    pub date: Timestamp,
    /// Who writes.
    pub from: Mailbox,
    /// Who reads.
    pub to: Mailbox,
    /// Who else reads: the same message in the same hand-over. It is sent if one is taken.
    pub also_to: Vec<Mailbox>,
    /// Where answers go.
    pub reply_to: Option<Mailbox>,
    /// One clean line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// Further headers, name and value: `References`, `List-Id`, `X-Vigie-*`.
    pub headers: Vec<(&'static str, String)>,
}

/// What the other side said when it took a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Its own id for the message, where it gives one.
    pub remote_id: Option<String>,
}

/// What follows from a failure. Retrying looks at this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// Try again, not before this long.
    RetryAfter(Duration),
    /// Try again, later each time.
    Backoff,
    /// This message will never be taken.
    Permanent,
    /// Nothing will be taken here until somebody mends the set-up.
    DisableEndpoint,
    /// The message was handed over and the answer never came: it may have arrived.
    Unknown,
}

/// A message that was not, or perhaps not, taken. The reason holds no address, secret or text of a
/// review: it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SendError {
    /// What follows.
    pub class: FailureClass,
    /// What happened, for the operator.
    pub reason: String,
}

/// Sends e-mail.
pub trait Mail: Send + Sync {
    /// Sends one message and returns when the other side has answered, or after `within`.
    ///
    /// # Errors
    /// [`SendError`], whose class says what follows. After `within` without an answer to a message
    /// that was handed over, the class is [`FailureClass::Unknown`]; before the hand-over it is
    /// [`FailureClass::Backoff`].
    fn send(
        &self,
        email: &Email,
        within: Duration,
    ) -> impl Future<Output = Result<Accepted, SendError>> + Send;
}

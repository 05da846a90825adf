//! Whichever way the configuration names.

use std::time::Duration;

use vigie_ports::{Accepted, Email, Mail, SendError};

use crate::{FileMail, SmtpMail};

/// A way to send, chosen when the configuration is read.
#[derive(Debug)]
pub enum Transport {
    /// Over SMTP.
    Smtp(SmtpMail),
    /// To files.
    File(FileMail),
}

impl Transport {
    /// Tries the way without a message.
    ///
    /// # Errors
    /// [`SendError`], as sending would fail.
    pub async fn probe(&self, within: Duration) -> Result<(), SendError> {
        match self {
            Self::Smtp(mail) => mail.probe(within).await,
            Self::File(mail) => mail.probe(within).await,
        }
    }
}

impl Mail for Transport {
    async fn send(&self, email: &Email, within: Duration) -> Result<Accepted, SendError> {
        match self {
            Self::Smtp(mail) => mail.send(email, within).await,
            Self::File(mail) => mail.send(email, within).await,
        }
    }
}

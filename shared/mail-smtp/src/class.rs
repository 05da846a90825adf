//! What follows from a reply: one table.

use std::fmt;

use vigie_ports::FailureClass;

/// Where in a delivery something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Connecting, TLS from the first byte, greeting and EHLO.
    Connect,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    SignIn,
    /// MAIL: the sender.
    Sender,
    /// RCPT: the recipient.
    Recipient,
    /// DATA, up to the server's 354.
    Data,
    /// The message and the final reply. From here on it may have arrived.
    Message,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 7] = [
        Self::Connect,
        Self::StartTls,
        Self::SignIn,
        Self::Sender,
        Self::Recipient,
        Self::Data,
        Self::Message,
    ];
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting to the mail server",
            Self::StartTls => "starting TLS",
            Self::SignIn => "signing in to the mail server",
            Self::Sender => "naming the sender",
            Self::Recipient => "naming the recipient",
            Self::Data => "announcing the message",
            Self::Message => "handing over the message",
        })
    }
}

/// What follows from a refusing reply at a stage. Codes: RFC 5321 §4.2.3, RFC 4954 §6 (sign-in),
/// RFC 3207 §4 (STARTTLS); the classes: facts/channels.md §0.
///
/// - 4xx says "later" at every stage, 421, 450, 451, 452 and 454 among them: `Backoff`.
/// - 5xx before the sender is named is about us, not about the message (a server that refuses to
///   speak, wrong credentials), and so are 530, 534, 535 and 538 at any stage (sign in, stronger,
///   better, encrypted): `DisableEndpoint`.
/// - 5xx from then on is about this message: `Permanent`, 552 included. RFC 5321 §4.5.3.1.10 reads
///   it as "later" where there are too many recipients; here there is ever only one.
/// - Anything else is no refusal (a 2xx or 3xx where another was due): `Unknown` once the message
///   was handed over, else `Backoff`.
///
/// ```
/// use vigie_mail_smtp::{Stage, class_of_reply};
/// use vigie_ports::FailureClass;
/// assert_eq!(class_of_reply(Stage::Recipient, 450), FailureClass::Backoff);
/// assert_eq!(class_of_reply(Stage::Recipient, 550), FailureClass::Permanent);
/// assert_eq!(class_of_reply(Stage::SignIn, 535), FailureClass::DisableEndpoint);
/// ```
pub fn class_of_reply(stage: Stage, code: u16) -> FailureClass {
    match (stage, code) {
        (_, 400..=499) => FailureClass::Backoff,
        (Stage::Connect | Stage::StartTls | Stage::SignIn, 500..=599)
        | (_, 530 | 534 | 535 | 538) => FailureClass::DisableEndpoint,
        (_, 500..=599) => FailureClass::Permanent,
        _ => class_of_silence(stage),
    }
}

/// What follows where no reply came: the line broke, the time ran out, or what came is no SMTP.
pub(crate) fn class_of_silence(stage: Stage) -> FailureClass {
    match stage {
        Stage::Message => FailureClass::Unknown,
        _ => FailureClass::Backoff,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_class_at_every_stage() {
        for stage in Stage::ALL {
            let early = matches!(stage, Stage::Connect | Stage::StartTls | Stage::SignIn);
            for code in 0..=999_u16 {
                let wanted = if code / 100 == 4 {
                    FailureClass::Backoff
                } else if code / 100 == 5 && (early || [530, 534, 535, 538].contains(&code)) {
                    FailureClass::DisableEndpoint
                } else if code / 100 == 5 {
                    FailureClass::Permanent
                } else if stage == Stage::Message {
                    FailureClass::Unknown
                } else {
                    FailureClass::Backoff
                };
                assert_eq!(class_of_reply(stage, code), wanted, "{stage} {code}");
            }
        }
    }

    #[test]
    fn only_a_message_that_was_handed_over_can_be_unknown() {
        for stage in Stage::ALL {
            let unknown = class_of_silence(stage) == FailureClass::Unknown;
            assert_eq!(unknown, stage == Stage::Message, "{stage}");
        }
    }
}

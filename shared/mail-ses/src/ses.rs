//! One message, one call.

use std::error::Error;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_ses::Client;
use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use hyper_util::client::legacy::Error as ConnectionError;
use vigie_mime::{Encoded, encode_with_envelope};
use vigie_ports::{Accepted, Email, FailureClass, Mail, SendError};

use crate::class::class_of_refusal;

type Refused = SdkError<SendRawEmailError>;

/// How long connecting may take of the time that a message has.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const NOT_SIGNED: &str = "the call to SES could not be signed: there are no AWS credentials, or no \
                          region, or they cannot be loaded";

/// Sends through SES.
#[derive(Debug, Clone)]
pub struct SesMail {
    client: Client,
    configuration_set: Option<String>,
}

impl SesMail {
    /// A sender in the account and region of `shared`. Bounces and complaints come back through the
    /// configuration set, where there is one.
    ///
    /// ```no_run
    /// # async fn example() {
    /// let shared = aws_config::load_from_env().await;
    /// let mail = vigie_mail_ses::SesMail::new(&shared, Some("vigie".to_owned()));
    /// # }
    /// ```
    #[must_use]
    pub fn new(shared: &SdkConfig, configuration_set: Option<String>) -> Self {
        let config = aws_sdk_ses::config::Builder::from(shared)
            .retry_config(RetryConfig::disabled())
            .build();
        Self { client: Client::from_conf(config), configuration_set }
    }

    /// Tries the way without a message: asks what may be sent.
    ///
    /// # Errors
    /// [`SendError`], as sending would fail.
    pub async fn probe(&self, within: Duration) -> Result<(), SendError> {
        let limits = TimeoutConfig::builder()
            .connect_timeout(CONNECT_WITHIN.min(within))
            .operation_timeout(within)
            .build();
        let asked = self.client.get_send_quota().customize();
        let limits = aws_sdk_ses::config::Builder::new().timeout_config(limits);
        let answer = asked.config_override(limits).send().await;
        answer.map(drop).map_err(|error| failure(&error))
    }

    async fn hand_over(&self, message: Encoded, within: Duration) -> Result<String, Refused> {
        let limits = TimeoutConfig::builder()
            .connect_timeout(CONNECT_WITHIN.min(within))
            .operation_timeout(within)
            .build();
        let raw = RawMessage::builder().data(Blob::new(message.data)).build();
        let raw = raw.map_err(SdkError::construction_failure)?;
        let sent = self
            .client
            .send_raw_email()
            .source(message.from.to_string())
            .set_destinations(Some(message.to.iter().map(ToString::to_string).collect()))
            .set_configuration_set_name(self.configuration_set.clone())
            .raw_message(raw)
            .customize()
            .config_override(aws_sdk_ses::config::Builder::new().timeout_config(limits))
            .send()
            .await?;
        Ok(sent.message_id)
    }
}

impl Mail for SesMail {
    async fn send(&self, email: &Email, within: Duration) -> Result<Accepted, SendError> {
        let message = encode_with_envelope(email).map_err(|error| SendError {
            class: FailureClass::Permanent,
            reason: error.to_string(),
        })?;
        match self.hand_over(message, within).await {
            Ok(id) => Ok(Accepted { remote_id: Some(id) }),
            Err(error) => Err(failure(&error)),
        }
    }
}

/// What a failed call comes to. What SES says in words is looked at and not repeated: it quotes
/// addresses.
fn failure<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> SendError {
    let failed = |class, reason: &str| SendError { class, reason: reason.to_owned() };
    match error {
        SdkError::ServiceError(refused) => {
            let (code, text) = (refused.err().code(), refused.err().message());
            let status = refused.raw().status().as_u16();
            let (code, text) = (code.unwrap_or("no code"), text.unwrap_or_default());
            let (class, why) = class_of_refusal(status, code, text);
            SendError { class, reason: format!("{why} ({status} {})", code_of_theirs(code)) }
        }
        SdkError::ConstructionFailure(_) => failed(FailureClass::DisableEndpoint, NOT_SIGNED),
        SdkError::DispatchFailure(failure) => match (connection_error(error), failure.is_other()) {
            (Some(broken), _) if broken.is_connect() => {
                failed(FailureClass::Backoff, "SES cannot be reached")
            }
            // It failed before there was a connection to fail.
            (None, true) => failed(FailureClass::DisableEndpoint, NOT_SIGNED),
            _ => failed(FailureClass::Unknown, "the connection to SES broke before it answered"),
        },
        SdkError::TimeoutError(_) => failed(FailureClass::Unknown, "SES did not answer in time"),
        _ => failed(FailureClass::Unknown, "SES answered with something that cannot be read"),
    }
}

/// What went wrong with the connection, where that is what went wrong.
fn connection_error<E: Error + 'static>(error: &SdkError<E>) -> Option<&ConnectionError> {
    let mut source: Option<&(dyn Error + 'static)> = error.source();
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref::<ConnectionError>() {
            return Some(found);
        }
        source = cause.source();
    }
    None
}

/// A code as SES writes them: letters. Anything else may quote.
fn code_of_theirs(code: &str) -> &str {
    let plain = code.len() <= 60 && code.bytes().all(|b| b.is_ascii_alphanumeric());
    if plain { code } else { "with another code" }
}

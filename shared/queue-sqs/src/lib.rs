//! Work handed over by Amazon SQS: decisions, steps and reports to one queue, messages to send to
//! another. A message holds keys, never a text.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use vigie_ports::queue::to_text;
use vigie_ports::{Due, NotQueued, Queue};

/// Messages that one call takes (SQS's own limit).
const BATCH_MAX: usize = 10;
/// Tries of one call. A message that is put twice is looked at twice.
const ATTEMPTS: u32 = 3;
/// What is not put is found again within a minute: nobody waits long for it.
const CALL_WITHIN: Duration = Duration::from_secs(5);

/// Where work is put.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    raise: Option<String>,
    deliver: String,
}

impl SqsQueue {
    /// The queues of these addresses. Without `raise`, only messages to send are put.
    #[must_use]
    pub fn new(shared: &SdkConfig, raise: Option<String>, deliver: String) -> Self {
        let config = aws_sdk_sqs::config::Builder::from(shared)
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
            .timeout_config(TimeoutConfig::builder().operation_timeout(CALL_WITHIN).build())
            .build();
        Self { client: Client::from_conf(config), raise, deliver }
    }

    async fn put_in(&self, address: &str, work: &[&Due]) -> Result<(), NotQueued> {
        for some in work.chunks(BATCH_MAX) {
            let mut asked = self.client.send_message_batch().queue_url(address);
            for (place, work) in some.iter().enumerate() {
                let entry = SendMessageBatchRequestEntry::builder()
                    .id(place.to_string())
                    .message_body(to_text(work))
                    .build();
                asked = asked.entries(entry.map_err(|error| NotQueued(error.to_string()))?);
            }
            let answer = asked.send().await;
            let answer =
                answer.map_err(|error| NotQueued(DisplayErrorContext(error).to_string()))?;
            if let Some(first) = answer.failed.first() {
                let why = first.message.as_deref().unwrap_or(&first.code);
                return Err(NotQueued(format!("{} of {}: {why}", answer.failed.len(), some.len())));
            }
        }
        Ok(())
    }
}

impl Queue for SqsQueue {
    async fn put(&self, work: &[Due]) -> Result<(), NotQueued> {
        let (messages, rest): (Vec<&Due>, Vec<&Due>) =
            work.iter().partition(|one| matches!(one, Due::Notice(_)));
        self.put_in(&self.deliver, &messages).await?;
        match &self.raise {
            Some(raise) => self.put_in(raise, &rest).await,
            None if rest.is_empty() => Ok(()),
            None => Err(NotQueued("this function puts nothing but messages to send".to_owned())),
        }
    }
}

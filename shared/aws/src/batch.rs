//! Events of SQS: each message by itself, so many at once; what failed comes again, alone.

use aws_lambda_events::event::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::StreamExt as _;
use vigie_ports::queue::from_text;
use vigie_ports::{Due, StoreError};

/// Does the work of each message, `at_once` at most. A message that cannot be read, or that the
/// store had no answer for, is named in the answer: SQS gives it again some times, then it is dead.
/// Work whose item cannot be read is said and left: it waits in the due index, where watch finds it
/// each minute, and one more dead message a minute would tell nobody anything.
pub async fn each<F>(event: SqsEvent, at_once: usize, work: impl Fn(Due) -> F) -> SqsBatchResponse
where
    F: Future<Output = Result<(), StoreError>>,
{
    let done = event.records.into_iter().map(|message| one(message, &work));
    let failed = futures_util::stream::iter(done).buffer_unordered(at_once);
    let batch_item_failures = failed.filter_map(async |failed| failed).collect().await;
    let mut answer = SqsBatchResponse::default();
    answer.batch_item_failures = batch_item_failures;
    answer
}

async fn one<F>(message: SqsMessage, work: &impl Fn(Due) -> F) -> Option<BatchItemFailure>
where
    F: Future<Output = Result<(), StoreError>>,
{
    let id = message.message_id.unwrap_or_default();
    let failed = match from_text(message.body.as_deref().unwrap_or_default()) {
        Ok(due) => match work(due).await {
            Ok(()) => None,
            Err(error @ StoreError::Corrupt(_)) => {
                tracing::error!(message.id = %id, %error, "this work cannot be done: it waits");
                None
            }
            Err(error) => Some(error.to_string()),
        },
        Err(error) => Some(error.to_string()),
    };
    failed.map(|error| {
        tracing::error!(message.id = %id, error, "a message could not be worked on");
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        failure
    })
}

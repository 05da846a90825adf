//! What an event asks to be looked at.

use aws_lambda_events::event::dynamodb::{Event as StreamEvent, EventRecord};
use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::Error;
use serde_json::{Value, json};
use vigie_app::watch;
use vigie_aws::{Home, InForce, NoMail, batch};
use vigie_domain::notice::NoticeId;
use vigie_ports::{Due, Queue as _, StoreError};
use vigie_queue_sqs::SqsQueue;
use vigie_store_dynamodb::stream;

/// Decisions at once by one instance.
const AT_ONCE: usize = 8;

/// The function.
pub(crate) struct Raise {
    home: Home<NoMail>,
    queue: SqsQueue,
}

impl Raise {
    pub(crate) fn new(home: Home<NoMail>, queue: SqsQueue) -> Self {
        Self { home, queue }
    }

    /// Works on an event, whichever of the two it is: the answer names what is to come again.
    pub(crate) async fn work(&self, event: Value) -> Result<Value, Error> {
        let in_force = self.home.in_force().await?;
        if !in_force.standing.is_open() {
            tracing::info!("these wait for the home that takes over");
            return Ok(json!({"batchItemFailures": []}));
        }
        let records = count(&event, "Records");
        let answer = match event.pointer("/Records/0/eventSource").and_then(Value::as_str) {
            Some("aws:dynamodb") => self.stream(&in_force, serde_json::from_value(event)?).await,
            Some("aws:sqs") => {
                let event: SqsEvent = serde_json::from_value(event)?;
                let done = batch::each(event, AT_ONCE, |due| self.handle(&in_force, due)).await;
                serde_json::to_value(done)?
            }
            _ => return Err("this event is neither of the table's stream nor of a queue".into()),
        };
        self.home.note(&in_force).await;
        let again = count(&answer, "batchItemFailures");
        tracing::info!(records, again, "worked");
        Ok(answer)
    }

    /// The records of a shard, in their order: from the first that fails on, all come again.
    async fn stream(&self, in_force: &InForce<NoMail>, event: StreamEvent) -> Value {
        for record in event.records {
            let sequence = record.change.sequence_number.clone();
            let Some(due) = asked(record) else { continue };
            match self.handle(in_force, due).await {
                Ok(()) => {}
                // One that cannot be decided must not block those behind it either.
                Err(error @ StoreError::Corrupt(_)) => {
                    tracing::error!(%error, "a change cannot be decided: its mark stays");
                }
                Err(error) => {
                    tracing::error!(%error, "a change was not decided: its record comes again");
                    return json!({"batchItemFailures": [{"itemIdentifier": sequence}]});
                }
            }
        }
        json!({"batchItemFailures": []})
    }

    /// Does what waits, and hands over the messages that it made. One that cannot be handed over
    /// waits in the store: watch finds it.
    async fn handle(&self, in_force: &InForce<NoMail>, due: Due) -> Result<(), StoreError> {
        let made = watch::handle(&in_force.app, &due).await?;
        let messages: Vec<Due> = made.into_iter().map(|id: NoticeId| Due::Notice(id)).collect();
        if let Err(error) = self.queue.put(&messages).await {
            tracing::warn!(%error, "watch takes these up within a minute");
        }
        Ok(())
    }
}

/// How many a list of an event or an answer has.
fn count(of: &Value, list: &str) -> usize {
    of.get(list).and_then(Value::as_array).map_or(0, Vec::len)
}

/// The review that a record asks to be looked at. One that cannot be read must not block those
/// behind it: its mark stays in the due index, where watch finds it and says the same each minute.
fn asked(record: EventRecord) -> Option<Due> {
    match stream::undecided(record.change.new_image) {
        Ok(key) => key.map(Due::Undecided),
        Err(error) => {
            tracing::error!(%error, "a record of the stream cannot be read: it is left");
            None
        }
    }
}

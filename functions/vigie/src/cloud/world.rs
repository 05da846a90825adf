//! The world that commands work in on AWS.

use std::time::Duration;

use vigie_api_http::HttpApi;
use vigie_domain::notice::NoticeId;
use vigie_machine::{SystemClock, SystemIds};
use vigie_mail_smtp::FileMail;
use vigie_ports::{
    Accepted, Due, Email, FailureClass, Ids as _, Mail, Queue as _, SendError, StoreError, World,
};
use vigie_queue_sqs::SqsQueue;
use vigie_store_dynamodb::DynamoStore;

use super::Stack;
use crate::load::{CannotBegin, store_trouble};
use crate::open::Place;
use crate::output::complain;

/// A table, and the queues beside it.
pub(crate) struct Cloud {
    store: DynamoStore,
    queue: SqsQueue,
    api: HttpApi,
}

impl Cloud {
    /// Opens the table of a stack.
    pub(crate) async fn open(stack: &Stack) -> Result<Self, CannotBegin> {
        let client = vigie_store_dynamodb::client(&stack.shared);
        let mut salt = [0; 32];
        let (first, second) = salt.split_at_mut(16);
        first.copy_from_slice(&SystemIds.random());
        second.copy_from_slice(&SystemIds.random());
        let store = DynamoStore::open(client, &stack.table, salt).await.map_err(store_trouble)?;
        let (raise, deliver) = (stack.raise_queue.clone(), stack.deliver_queue.clone());
        let queue = SqsQueue::new(&stack.shared, Some(raise), deliver);
        Ok(Self { store, queue, api: HttpApi::default() })
    }
}

/// Commands send no mail there: the function deliver does.
pub(crate) struct NoMail;

impl Mail for NoMail {
    async fn send(&self, _: &Email, _: Duration) -> Result<Accepted, SendError> {
        let reason = "the function deliver sends on AWS, not this command".to_owned();
        Err(SendError { class: FailureClass::Backoff, reason })
    }
}

impl World for Cloud {
    type Store = DynamoStore;
    type Mail = NoMail;
    type Api = HttpApi;
    type Clock = SystemClock;
    type Ids = SystemIds;
    fn store(&self) -> &DynamoStore {
        &self.store
    }
    fn mail(&self) -> &NoMail {
        &NoMail
    }
    fn api(&self) -> &HttpApi {
        &self.api
    }
    fn clock(&self) -> &SystemClock {
        &SystemClock
    }
    fn ids(&self) -> &SystemIds {
        &SystemIds
    }
}

impl Place for Cloud {
    const SENT: &'static str = "It goes within seconds; within a minute at the latest.";
    const KEEPS_THE_PAST: bool = true;

    async fn nudge(&self, notices: Vec<NoticeId>) {
        let work: Vec<Due> = notices.into_iter().map(Due::Notice).collect();
        if let Err(error) = self.queue.put(&work).await {
            complain(format!("warning: {error}: the schedule finds it within a minute"));
        }
    }

    fn spool(&self) -> Option<&FileMail> {
        None
    }

    async fn sweep(&self) -> Result<bool, StoreError> {
        // A table has no files in which something could be left.
        Ok(true)
    }
}

//! The world of a function: a table, perhaps a mail service, the machine's clock and chance.

use std::sync::Arc;
use std::time::Duration;

use vigie_api_http::HttpApi;
use vigie_machine::{SystemClock, SystemIds};
use vigie_ports::{Accepted, Email, FailureClass, Mail, SendError, World};
use vigie_store_dynamodb::DynamoStore;

/// The world of a function. Copies share everything.
pub struct Cloud<M> {
    pub(crate) store: Arc<DynamoStore>,
    pub(crate) mail: Arc<M>,
    pub(crate) api: Arc<HttpApi>,
}

impl<M> Clone for Cloud<M> {
    fn clone(&self) -> Self {
        let (store, mail, api) = (self.store.clone(), self.mail.clone(), self.api.clone());
        Self { store, mail, api }
    }
}

impl<M: Mail> World for Cloud<M> {
    type Store = DynamoStore;
    type Mail = M;
    type Api = HttpApi;
    type Clock = SystemClock;
    type Ids = SystemIds;
    fn store(&self) -> &DynamoStore {
        &self.store
    }
    fn mail(&self) -> &M {
        &self.mail
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

/// The mail of a function that sends none.
#[derive(Debug, Clone, Copy)]
pub struct NoMail;

impl Mail for NoMail {
    async fn send(&self, _: &Email, _: Duration) -> Result<Accepted, SendError> {
        let reason = "this function sends no mail".to_owned();
        Err(SendError { class: FailureClass::Backoff, reason })
    }
}

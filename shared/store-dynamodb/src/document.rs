//! Small documents that are read, changed and put back on condition that nobody else did.

use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use vigie_ports::StoreError;

use crate::DynamoStore;
use crate::calls::{Changed, Query};
use crate::expression::Expression;
use crate::item::{Item, Key, VERSION, from_body, integer, number, string, text, to_body};

type Answer<T> = Result<T, StoreError>;

/// A document, with the count of its writes when it was read; none: it is not there yet.
pub(crate) struct Document<T> {
    key: Key,
    writes: Option<i64>,
    pub(crate) value: T,
}

impl<T: Serialize> Document<T> {
    /// The write that puts it back, if nobody did since.
    fn change(&self) -> Answer<Expression> {
        let change = Expression::new()
            .set("body", string(to_body(&self.value)?))
            .set("v", number(i64::from(VERSION)))
            .set("writes", number(self.writes.unwrap_or(0) + 1));
        Ok(match self.writes {
            Some(writes) => change.when("writes", "=", number(writes)),
            None => change.when_missing("pk"),
        })
    }

    /// The same as an action of a transaction.
    pub(crate) fn action(&self, store: &DynamoStore) -> Answer<TransactWriteItem> {
        store.update(self.key.clone(), &self.change()?)
    }

    /// Puts it back: whether nobody did since.
    pub(crate) async fn save(&self, store: &DynamoStore) -> Answer<bool> {
        let changed = store.change(self.key.clone(), &self.change()?).await?;
        Ok(matches!(changed, Changed::Done(_)))
    }
}

impl<T: DeserializeOwned> Document<T> {
    pub(crate) fn read(item: &Item) -> Answer<Self> {
        /// What every document has, to see that its version is one that is read.
        #[derive(serde::Deserialize)]
        struct Any {}
        let Any {} = crate::item::read(item)?;
        let key = Key::of(item);
        let body = text(item, "body").unwrap_or_default();
        let value = from_body(&format!("{}/{}", key.pk, key.sk), &body)?;
        Ok(Self { key, writes: integer(item, "writes"), value })
    }

    /// What it is about, behind its partition.
    pub(crate) fn name(&self) -> &str {
        &self.key.sk
    }
}

impl DynamoStore {
    pub(crate) async fn document<T: DeserializeOwned + Default>(
        &self,
        key: Key,
    ) -> Answer<Document<T>> {
        match self.get(key.clone()).await? {
            Some(item) => Document::read(&item),
            None => Ok(Document { key, writes: None, value: T::default() }),
        }
    }

    /// Every document of a partition.
    pub(crate) async fn documents<T: DeserializeOwned>(
        &self,
        pk: &str,
    ) -> Answer<Vec<Document<T>>> {
        let all = Expression::new().when("pk", "=", string(pk));
        self.query(Query::table(all)).await?.iter().map(Document::read).collect()
    }
}

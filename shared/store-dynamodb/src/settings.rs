//! What the functions are told by `vigie apply`: texts by name. The one process reads its files.

use vigie_ports::StoreError;

use crate::DynamoStore;
use crate::calls::Query;
use crate::expression::Expression;
use crate::item::{Item, Key, VERSION, number, string, text};

type Answer<T> = Result<T, StoreError>;

/// What the name of a brand's own preset begins with; behind it, its path as the brand names it.
pub const PRESET: &str = "preset/";

/// Where they lie.
const SETTINGS: &str = "C";

impl DynamoStore {
    /// The text of a name, as it was last put.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn setting(&self, name: &str) -> Answer<Option<String>> {
        let found = self.get(Key::new(SETTINGS, name)).await?;
        Ok(found.and_then(|item| text(&item, "body")))
    }

    /// Makes the texts those given, by their names: others go. A running function reads them when
    /// the generation has moved, so `apply` comes after.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn put_settings(&self, given: &[(String, String)]) -> Answer<()> {
        for (name, body) in given {
            let change =
                Expression::new().set("body", string(body)).set("v", number(i64::from(VERSION)));
            self.change(Key::new(SETTINGS, name), &change).await?;
        }
        let all = Expression::new().when("pk", "=", string(SETTINGS));
        let known: Vec<Item> = self.query(Query::table(all)).await?;
        let kept = |key: &Key| given.iter().any(|(name, _)| *name == key.sk);
        for gone in known.iter().map(Key::of).filter(|key| !kept(key)) {
            let deleted = self.delete(gone, &Expression::new())?;
            self.transact(vec![deleted]).await?;
        }
        Ok(())
    }
}

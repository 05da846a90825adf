//! What the functions are told by `vigie apply`: texts by name. The one process reads its files.

use serde::{Deserialize, Serialize};
use vigie_domain::erase::Retention;
use vigie_ports::{Mailbox, StoreError};

use crate::calls::Query;
use crate::expression::Expression;
use crate::item::{Item, Key, VERSION, number, string, text};
use crate::{DynamoStore, fault};

type Answer<T> = Result<T, StoreError>;

/// Where they lie.
pub(crate) const SETTINGS: &str = "C";
/// What the name of an own preset's text begins with; the brand's path of it follows.
const PRESET: &str = "preset/";

/// What the functions need of vigie.toml, beside the brands: the text named [`Self::NAME`].
///
/// ```
/// use vigie_store_dynamodb::FunctionSettings;
/// let text = r#"{"public_url":"https://vigie.example","from":{"name":"Sara","address":
///     "sara@vigie.example"},"reply_to":null,"operator":["ops@agency.example"],
///     "retention":{"reviewer":13,"review":null}}"#;
/// let settings = FunctionSettings::read(text).unwrap();
/// assert_eq!(settings.retention().reviewer, Some(13));
/// assert_eq!(FunctionSettings::read(&settings.to_text().unwrap()).unwrap(), settings);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionSettings {
    /// What links in messages begin with; no slash at its end.
    pub public_url: String,
    /// Who messages are from.
    pub from: Named,
    /// Where answers to them go, if not there.
    pub reply_to: Option<Named>,
    /// The operator's addresses.
    pub operator: Vec<String>,
    /// How long reviews are kept.
    pub retention: Kept,
}

/// A name, empty for none, and an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The display name.
    pub name: String,
    /// The address.
    pub address: String,
}

/// How long reviews are kept, in calendar months; none: for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Who wrote them.
    pub reviewer: Option<u16>,
    /// Their texts.
    pub review: Option<u16>,
}

impl FunctionSettings {
    /// What their text is called ([`DynamoStore::setting`]).
    pub const NAME: &'static str = "settings";

    /// Reads their text.
    ///
    /// # Errors
    /// It is not what this version writes.
    pub fn read(text: &str) -> Answer<Self> {
        serde_json::from_str(text).map_err(|error| fault::body(Self::NAME, &error))
    }

    /// Their text.
    ///
    /// # Errors
    /// None that is known.
    pub fn to_text(&self) -> Answer<String> {
        crate::item::to_body(self)
    }

    /// How long reviews are kept.
    pub fn retention(&self) -> Retention {
        let Kept { reviewer, review } = self.retention;
        Retention { reviewer, review }
    }
}

impl From<Retention> for Kept {
    fn from(retention: Retention) -> Self {
        let Retention { reviewer, review } = retention;
        Self { reviewer, review }
    }
}

impl From<Named> for Mailbox {
    fn from(named: Named) -> Self {
        let Named { name, address } = named;
        Self { name, address }
    }
}

impl From<Mailbox> for Named {
    fn from(mailbox: Mailbox) -> Self {
        let Mailbox { name, address } = mailbox;
        Self { name, address }
    }
}

/// What the text of an own preset is called: a source's platform that is a path.
///
/// ```
/// assert_eq!(vigie_store_dynamodb::preset_name("presets/ours.toml"), "preset/presets/ours.toml");
/// ```
pub fn preset_name(platform: &str) -> String {
    format!("{PRESET}{platform}")
}

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

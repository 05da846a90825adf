//! What a function reads before it does anything, in one call.

use std::sync::PoisonError;

use aws_sdk_dynamodb::Client;
use vigie_domain::erase::Salt;
use vigie_ports::{Standing, StoreError};

use crate::item::{Item, Key, text};
use crate::moving::{generation, home_in};
use crate::settings::{FunctionSettings, SETTINGS};
use crate::{DynamoStore, bytes_in};

type Answer<T> = Result<T, StoreError>;

/// What is in force, as it all was at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// How often `vigie apply` was made.
    pub generation: u64,
    /// Where this home stands.
    pub standing: Standing,
    /// What `vigie apply` told the functions; none before the first.
    pub settings: Option<FunctionSettings>,
}

impl DynamoStore {
    /// Opens the store of a table as [`Self::open`] does, and looks at it with the same call: what
    /// a function waits for when it starts.
    ///
    /// # Errors
    /// As [`Self::open`], and what was applied is of a newer version.
    pub async fn open_looking(client: Client, table: &str, fresh: Salt) -> Answer<(Self, Look)> {
        let store = Self::unopened(client, table, fresh);
        let look = store.look().await?;
        Ok((store, look))
    }

    /// Reads what is in force, and with it the store's own keys, which may have moved here.
    ///
    /// # Errors
    /// The table does not answer, or what was applied is of a newer version.
    pub async fn look(&self) -> Answer<Look> {
        let settings = Key::new(SETTINGS, FunctionSettings::NAME);
        let keys = [generation(), settings, Key::meta("salt"), Key::meta("desk_key")];
        let [generation, settings, salt, desk_key] = self.get_together(keys).await?;
        match salt {
            Some(salt) => self.keep_salt(bytes_in("salt", &salt)?),
            None => self.read_salt().await?,
        }
        let desk_key = desk_key.map(|item| bytes_in("desk_key", &item)).transpose()?;
        *self.desk_key.write().unwrap_or_else(PoisonError::into_inner) = desk_key;
        let settings = settings.and_then(|item: Item| text(&item, "body"));
        let settings = settings.map(|text| FunctionSettings::read(&text)).transpose()?;
        let (generation, standing) = home_in(generation)?;
        Ok(Look { generation, standing, settings })
    }

    /// The key of desk links, as it was last looked at.
    pub(crate) fn desk_key_seen(&self) -> Option<[u8; 32]> {
        *self.desk_key.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another key may have come: it is read when it is next asked for.
    pub(crate) fn forget_desk_key(&self) {
        *self.desk_key.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

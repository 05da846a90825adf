//! The store on DynamoDB: one table, four indexes, every write conditional.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | review | `R#<source>#<keyed hash of the external id>` | `R` |
//! | notice | `N#<id>` | `N` |
//! | brand | `B` | `<id>` |
//! | trouble, what sources brought | `T`, `S` | `<code>#<about>`, `<source>` |
//! | rejected event | `E` | `<id>`, with its further parts behind |
//! | retention: cursors, notes of what is looked at later | `X#<term>`, `L#<term>` | |
//! | whose a source is | `H#<source>` | `H` |
//! | what `vigie apply` tells the functions | `C` | `<name>` |
//! | salt, numbers, generation, where the home stands, key of desk links | `META` | `<name>` |
//!
//! A body is the JSON of the domain type, packed ([`body`]) where it is a review's or a notice's;
//! the attributes beside it are what conditions and indexes need. A review's key holds no external
//! id from the start: an erasure rewrites the item in place, and a redelivery meets the erased item
//! by the same conditional write.
//!
//! # Consistency
//!
//! Items are read consistently. Indexes follow some milliseconds later, on AWS; so an index is a
//! hint, and the item decides: what an index names is loaded and looked at again, or written on
//! condition. What safety depends on is found without an index: a review names its notices, and a
//! brand those of its last reports.
//!
//! An index that lags makes Vigie later, never wrong: `due`, `steps_until` and `take_along` find
//! next time what they missed; a report of this very moment may lack the last second. The laws
//! that read through an index right after a write pass here because the emulator's indexes are
//! never late: those on what is due, open, settled, good and received, on lists of notices, on
//! numbers, on what is taken along, and on retention.
//!
//! # What it does not do
//!
//! No restoring and no backup: the table has point-in-time recovery. No migration: a newer
//! version's items are refused, not guessed at.

mod along;
pub mod body;
mod brands;
mod calls;
mod document;
mod due;
mod erase;
mod expire;
mod expression;
mod fault;
mod item;
mod look;
mod making;
mod moving;
mod notices;
mod numbers;
mod rejected;
mod reports;
mod reviews;
pub mod settings;
mod settle;
mod store;
pub mod stream;
pub mod table;
mod troubles;
mod words;

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use vigie_domain::erase::Salt;
use vigie_ports::StoreError;

pub use crate::due::{LATE_AFTER, Waiting};
pub use crate::look::Look;
pub use crate::settings::{FunctionSettings, Kept, Named, preset_name};

use crate::item::{Item, Key};
use crate::numbers::Numbers;

/// Tries of one call: a throttled table and a lost answer are met by one more or two. Every call
/// may be made twice: it is conditional, or has a token, or only counts.
const ATTEMPTS: u32 = 3;
/// An attempt that takes longer is given up: DynamoDB answers within some milliseconds.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(3);
/// A platform waits for its 200 for as little as five seconds.
const CALL_WITHIN: Duration = Duration::from_secs(8);
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// The store. Cheap to share behind an `Arc`.
pub struct DynamoStore {
    client: Client,
    table: String,
    /// The key of the hashes that stand for external ids, made once for a table.
    salt: RwLock<Salt>,
    /// The key of desk links, where it came with a look.
    desk_key: RwLock<Option<[u8; 32]>>,
    numbers: Numbers,
}

/// The account and region of this process: from its role, its profile or its environment.
pub async fn surroundings(region: Option<String>) -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::latest());
    match region {
        Some(region) => loader.region(Region::new(region)).load().await,
        None => loader.load().await,
    }
}

/// A client with this store's limits of time and tries.
pub fn client(surroundings: &SdkConfig) -> Client {
    Client::from_conf(limited(aws_sdk_dynamodb::config::Builder::from(surroundings)).build())
}

/// Sets this store's limits of time and tries.
pub fn limited(settings: aws_sdk_dynamodb::config::Builder) -> aws_sdk_dynamodb::config::Builder {
    let within = TimeoutConfig::builder()
        .connect_timeout(CONNECT_WITHIN)
        .operation_attempt_timeout(ATTEMPT_WITHIN)
        .operation_timeout(CALL_WITHIN);
    settings
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(within.build())
}

impl DynamoStore {
    /// Opens the store of a table. The salt is used if the table has none yet: random, and never
    /// the same for two tables.
    ///
    /// # Errors
    /// There is no such table, it cannot be reached, or these credentials may not read it.
    pub async fn open(client: Client, table: &str, fresh: Salt) -> Result<Self, StoreError> {
        let store = Self::unopened(client, table, fresh);
        store.read_salt().await?;
        Ok(store)
    }

    fn unopened(client: Client, table: &str, fresh: Salt) -> Self {
        let (table, salt) = (table.to_owned(), RwLock::new(fresh));
        Self { client, table, salt, desk_key: RwLock::default(), numbers: Numbers::default() }
    }

    /// Reads the salt anew: one that moved here with what it hides.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn read_salt(&self) -> Result<(), StoreError> {
        let salt = self.made_once("salt", self.salt()).await?;
        self.keep_salt(salt);
        Ok(())
    }

    fn keep_salt(&self, salt: Salt) {
        *self.salt.write().unwrap_or_else(PoisonError::into_inner) = salt;
    }

    fn salt(&self) -> Salt {
        *self.salt.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// 32 bytes that are made once for a table.
    async fn made_once(&self, name: &str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let mut known = self.get(Key::meta(name)).await?;
        if known.is_none() {
            let mut item = Key::meta(name).into_item();
            item.insert("bytes".to_owned(), AttributeValue::B(Blob::new(fresh)));
            known = self.put_new(item).await?;
        }
        known.map_or(Ok(fresh), |known| bytes_in(name, &known))
    }

    /// Writes something that says nothing, to see whether writing works.
    async fn touch(&self) -> Result<(), StoreError> {
        let one = expression::Expression::new().add("n", item::number(1));
        self.change(Key::meta("probe"), &one).await?;
        Ok(())
    }
}

/// The 32 bytes of an item.
fn bytes_in(name: &str, item: &Item) -> Result<[u8; 32], StoreError> {
    let bytes = item.get("bytes").and_then(|value| value.as_b().ok());
    let bytes = bytes.and_then(|bytes| bytes.as_ref().try_into().ok());
    bytes.ok_or_else(|| fault::corrupt(name, "it is not 32 bytes"))
}

/// The keys of items that an index gave.
fn keys(items: &[Item]) -> Vec<Key> {
    items.iter().map(Key::of).collect()
}

//! The table: its keys and its indexes. The template is held against this.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification,
};
use vigie_ports::StoreError;

use crate::fault;

/// What waits for a moment: sparse, in [`DUE_SHARDS`] shards.
pub const DUE: &str = "due";
/// Reviews that wait for an answer, and those that were settled, of a brand.
pub const OPEN: &str = "open";
/// A brand's reviews by when they were first seen, and all notices by when they were made.
pub const PERIOD: &str = "period";
/// Reviews by their number, and dead notices.
pub const LOOKUP: &str = "lookup";

/// Shards of what waits for a moment: a minute's look costs as many queries.
pub const DUE_SHARDS: u64 = 16;
/// Shards of a brand in the other indexes.
pub const SHARDS: u64 = 8;

/// The attribute by which DynamoDB removes what may go, in seconds since 1970.
pub const GONE_AT: &str = "gone_at";

/// An index: its name, its keys with their types, and what it holds beside keys. Never a text.
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// The attribute of its partition key, a text.
    pub hash: &'static str,
    /// The attribute of its sort key.
    pub range: &'static str,
    /// Whether the sort key is a number; else a text.
    pub is_number: bool,
    /// The attributes it holds beside keys.
    pub holds: &'static [&'static str],
}

/// Every index.
pub const INDEXES: [Index; 4] = [
    Index {
        name: DUE,
        hash: "due_shard",
        range: "due_at",
        is_number: true,
        holds: &["brand", "contact", "kind", "seen_at", "state", "step_at", "undecided_at"],
    },
    Index {
        name: OPEN,
        hash: "open_in",
        range: "open_key",
        is_number: false,
        holds: &["seen_at", "settled_at"],
    },
    Index {
        name: PERIOD,
        hash: "period_in",
        range: "seen_at",
        is_number: true,
        holds: &["good_at", "stands"],
    },
    Index { name: LOOKUP, hash: "lookup", range: "seen_at", is_number: true, holds: &[] },
];

/// Makes the table and waits until it can be used: for tests, and where no template is.
///
/// # Errors
/// There is one of that name, or DynamoDB refuses.
pub async fn create(client: &Client, table: &str) -> Result<(), StoreError> {
    let mut asked = client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(keys("pk", "sk")?));
    for (name, is_number) in attributes() {
        let kind = if is_number { ScalarAttributeType::N } else { ScalarAttributeType::S };
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(kind);
        asked = asked.attribute_definitions(attribute.build().map_err(|e| fault::unbuilt(&e))?);
    }
    for index in &INDEXES {
        let holds = index.holds.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let (kind, holds) = if holds.is_empty() {
            (ProjectionType::KeysOnly, None)
        } else {
            (ProjectionType::Include, Some(holds))
        };
        let projection = Projection::builder().projection_type(kind).set_non_key_attributes(holds);
        let made = GlobalSecondaryIndex::builder()
            .index_name(index.name)
            .set_key_schema(Some(keys(index.hash, index.range)?))
            .projection(projection.build())
            .build();
        asked = asked.global_secondary_indexes(made.map_err(|e| fault::unbuilt(&e))?);
    }
    asked.send().await.map_err(|e| fault::refused(table, "making the table", &e))?;
    wait(client, table).await?;
    let goes = TimeToLiveSpecification::builder().enabled(true).attribute_name(GONE_AT).build();
    let goes = goes.map_err(|e| fault::unbuilt(&e))?;
    let asked = client.update_time_to_live().table_name(table).time_to_live_specification(goes);
    asked.send().await.map_err(|e| fault::refused(table, "setting what expires", &e))?;
    Ok(())
}

async fn wait(client: &Client, table: &str) -> Result<(), StoreError> {
    for tried in 0..crate::calls::TRIES {
        let answer = client.describe_table().table_name(table).send().await;
        let answer = answer.map_err(|e| fault::refused(table, "looking at the table", &e))?;
        if answer.table.is_some_and(|it| it.table_status == Some(TableStatus::Active)) {
            return Ok(());
        }
        crate::calls::pause(tried + 5).await;
    }
    Err(StoreError::Unavailable(format!("the table {table:?} is being made still: ask again")))
}

fn keys(hash: &str, range: &str) -> Result<Vec<KeySchemaElement>, StoreError> {
    let key = |name: &str, kind| {
        let key = KeySchemaElement::builder().attribute_name(name).key_type(kind);
        key.build().map_err(|e| fault::unbuilt(&e))
    };
    Ok(vec![key(hash, KeyType::Hash)?, key(range, KeyType::Range)?])
}

/// Every attribute that is part of a key, once, and whether it is a number.
fn attributes() -> Vec<(&'static str, bool)> {
    let mut all = vec![("pk", false), ("sk", false)];
    for index in &INDEXES {
        all.push((index.hash, false));
        all.push((index.range, index.is_number));
    }
    all.sort_unstable();
    all.dedup();
    all
}

//! Items: their keys, their shards, and how times stand in them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1 as dynamo;
use vigie_domain::Digest;
use vigie_domain::notice::NoticeId;
use vigie_ports::StoreError;

use crate::fault;

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The version of what this code writes. An item of a later one is not read.
pub(crate) const VERSION: u32 = 1;

/// Where an item lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(crate) fn notice(id: &NoticeId) -> Self {
        Self::new(format!("{NOTICE}{id}"), "N")
    }

    /// A fact of the store itself.
    pub(crate) fn meta(name: &str) -> Self {
        Self::new("META", name)
    }

    /// The key of an item that was read.
    pub(crate) fn of(item: &Item) -> Self {
        Self::new(text(item, "pk").unwrap_or_default(), text(item, "sk").unwrap_or_default())
    }

    pub(crate) fn into_item(self) -> Item {
        HashMap::from([("pk".to_owned(), string(&self.pk)), ("sk".to_owned(), string(&self.sk))])
    }

    /// The notice's id, if it is one's key.
    pub(crate) fn notice_id(&self) -> Option<NoticeId> {
        self.pk.strip_prefix(NOTICE).and_then(NoticeId::from_text)
    }
}

/// What the partition keys of reviews and notices begin with.
pub(crate) const REVIEW: &str = "R#";
const NOTICE: &str = "N#";

pub(crate) fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(crate) fn number(n: i64) -> AttributeValue {
    AttributeValue::N(n.to_string())
}

pub(crate) fn text(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned()
}

pub(crate) fn integer(item: &Item, name: &str) -> Option<i64> {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|digits| digits.parse().ok())
}

/// The notices that a set names.
pub(crate) fn ids(item: &Item, name: &str) -> Vec<NoticeId> {
    let set = item.get(name).and_then(|value| value.as_ss().ok());
    set.into_iter().flatten().filter_map(|id| NoticeId::from_text(id)).collect()
}

/// Reads an item of this version.
pub(crate) fn read<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    let pk = text(item, "pk").unwrap_or_default();
    let version = integer(item, "v").unwrap_or(0);
    if version > i64::from(VERSION) {
        let newer = format!("a newer version of Vigie wrote it (format {version}): install that");
        return Err(fault::corrupt(&pk, &newer));
    }
    let lacks = |_| fault::corrupt(&pk, "an attribute is missing or of another type");
    dynamo::from_item(item.clone()).map_err(lacks)
}

/// An item to be written.
pub(crate) fn write(from: &impl Serialize) -> Result<Item, StoreError> {
    let mut item: Item = dynamo::to_item(from)
        .map_err(|_| StoreError::Corrupt("an item that cannot be written".to_owned()))?;
    item.insert("v".to_owned(), number(i64::from(VERSION)));
    Ok(item)
}

/// A body as it is kept.
pub(crate) fn to_body(from: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(from).map_err(|error| fault::body("", &error))
}

/// A body read back.
pub(crate) fn from_body<T: DeserializeOwned>(pk: &str, body: &str) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|error| fault::body(pk, &error))
}

/// Which of so many shards an item lies in.
pub(crate) fn shard(pk: &str, of: u64) -> u64 {
    Digest::of_bytes(pk.as_bytes()).prefix() % of
}

/// Microseconds since 1970, UTC.
pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(crate) fn moment(pk: &str, micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|_| fault::corrupt(pk, "a time out of range"))
}

/// A time as text that sorts as times do, those before 1970 too.
pub(crate) fn sortable(micros: i64) -> String {
    format!("{:020}", micros.cast_unsigned() ^ (1 << 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sortable_times_sort() {
        let times = [i64::MIN, -5, -1, 0, 1, 1_764_000_000_000_000, i64::MAX];
        let texts: Vec<_> = times.into_iter().map(sortable).collect();
        assert!(texts.is_sorted(), "{texts:?}");
        assert!(texts.iter().all(|text| text.len() == 20));
    }

    #[test]
    fn shards_are_spread() {
        let mut seen = [0_u32; 16];
        for n in 0..1600 {
            seen[shard(&format!("N#{n}"), 16) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (60..140).contains(count)), "{seen:?}");
    }
}

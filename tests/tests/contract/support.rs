//! What these tests share.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;
use vigie_tests::stage::{LUMEN, SERVER, Stage};

/// A stage with the French brand.
pub(crate) async fn lumen() -> Result<Stage> {
    Stage::open(&[SERVER, LUMEN].concat()).await
}

/// Holds that an object has these keys, given in one line, and no others.
#[track_caller]
pub(crate) fn assert_keys(object: &Value, keys: &str) {
    let found: Option<BTreeSet<&str>> =
        object.as_object().map(|object| object.keys().map(String::as_str).collect());
    assert_eq!(found, Some(keys.split_whitespace().collect()), "{object}");
}

/// A list's items.
pub(crate) fn list<'a>(document: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    document[key].as_array().with_context(|| format!("{key} is no list: {document}"))
}

/// A time in RFC 3339.
pub(crate) fn time(value: &Value) -> Result<jiff::Timestamp> {
    let text = value.as_str().with_context(|| format!("no time: {value}"))?;
    text.parse().with_context(|| format!("no time: {text}"))
}

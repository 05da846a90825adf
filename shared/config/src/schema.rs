//! JSON Schemas of vigie.toml and of the files that it includes, for editors.
//!
//! They are made of the tables of keys that the readers use, so a key cannot be in the one and not
//! in the other. They say what a value alone can tell; whether a contact exists, an id is new or a
//! secret is set is for [`crate::parse`] to say. Whatever that takes, they take too.
//!
//! Draft-07, since Taplo, on which editors' TOML plugins are built, knows no later one.

use serde_json::{Map, Value, json};

use crate::config;
use crate::include;
use crate::key::{Key, Kind, Presence};

/// The schemas: the name of each one's file in docs/, and what it holds.
///
/// ```
/// let [(name, of_vigie_toml), _] = vigie_config::schemas();
/// assert_eq!(name, "vigie.schema.json");
/// assert_eq!(of_vigie_toml["properties"]["server"]["type"], "object");
/// ```
pub fn schemas() -> [(&'static str, Value); 2] {
    let whole = "vigie.toml: who is reviewed, who hears of it, and how Vigie is run";
    let brands = "A file that vigie.toml includes: brands and nothing else";
    [
        ("vigie.schema.json", document(whole, config::KEYS)),
        ("vigie-included.schema.json", document(brands, include::KEYS)),
    ]
}

fn document(title: &str, keys: &[Key]) -> Value {
    let mut document = table(keys);
    document.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    document.insert("title".to_owned(), json!(title));
    Value::Object(document)
}

fn table(keys: &[Key]) -> Map<String, Value> {
    let needed = keys.iter().filter(|key| matches!(key.presence, Presence::Needed));
    let needed: Vec<_> = needed.map(|key| key.name).collect();
    let properties: Map<_, _> =
        keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let mut table = object([("type", json!("object")), ("additionalProperties", json!(false))]);
    table.insert("properties".to_owned(), Value::Object(properties));
    if !needed.is_empty() {
        table.insert("required".to_owned(), json!(needed));
    }
    table
}

fn property(key: &Key) -> Value {
    let mut property = value(&key.kind);
    property.insert("description".to_owned(), json!(key.says));
    if let Presence::Default(text) = key.presence {
        // Tests show that every default is JSON.
        property.insert("default".to_owned(), serde_json::from_str(text).unwrap_or_default());
    }
    Value::Object(property)
}

fn value(kind: &Kind) -> Map<String, Value> {
    let of_type = |name: &str| ("type", json!(name));
    match kind {
        Kind::Text(pattern) => object([of_type("string"), ("pattern", json!(pattern))]),
        Kind::OneOf(words) => object([of_type("string"), ("enum", json!(words()))]),
        Kind::Flag => object([of_type("boolean")]),
        Kind::Stars => {
            object([of_type("number"), ("exclusiveMinimum", json!(0)), ("maximum", json!(5))])
        }
        Kind::List(item) => list(value(item), 0),
        Kind::SomeList(item) => list(value(item), 1),
        Kind::ListOrOne(item) => object([("anyOf", json!([value(item), list(value(item), 1)]))]),
        Kind::Table(keys) => table(keys),
        Kind::Tables(keys) => list(table(keys), 0),
        Kind::SomeTables(keys) => list(table(keys), 1),
    }
}

fn list(item: Map<String, Value>, at_least: u32) -> Map<String, Value> {
    let mut list = object([("type", json!("array")), ("items", Value::Object(item))]);
    if at_least > 0 {
        list.insert("minItems".to_owned(), json!(at_least));
    }
    list
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
}

//! The schemas that editors read: as strict as the reader where a value alone tells, and no
//! stricter.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};
use vigie_config::Outcome;

use crate::cases::{CASES, INCLUDED_CASES};
use crate::support::{INCLUDED, harmed, read, read_with};

/// A file with every key that there is.
const FULL: &str = include_str!("full.toml");

struct Compiled {
    schemas: Schemas,
    whole: SchemaIndex,
    included: SchemaIndex,
}

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let [whole, included] = vigie_config::schemas().map(|(name, schema)| {
        compiler.add_resource(name, schema).unwrap();
        compiler.compile(name, &mut schemas).unwrap()
    });
    Compiled { schemas, whole, included }
});

/// A value as Taplo hands it to its validator: dates are texts.
fn as_json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(flag) => json!(flag),
        toml::Value::Datetime(date) => json!(date.to_string()),
        toml::Value::Array(list) => list.into_iter().map(as_json).collect(),
        toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(key, value)| (key, as_json(value))).collect())
        }
    }
}

fn check(text: &str, of: SchemaIndex) -> Result<(), String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let document = as_json(toml::Value::Table(table));
    COMPILED.schemas.validate(&document, of).map_err(|error| format!("{error:#}"))
}

/// What the schema of vigie.toml says of a text.
pub(crate) fn check_whole(text: &str) -> Result<(), String> {
    check(text, COMPILED.whole)
}

/// What the schema of included files says of a text.
pub(crate) fn check_included(text: &str) -> Result<(), String> {
    check(text, COMPILED.included)
}

#[test]
fn the_schemas_in_docs_are_what_the_keys_make() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut stale = Vec::new();
    for (name, schema) in vigie_config::schemas() {
        let made = format!("{schema:#}\n");
        if std::fs::read_to_string(format!("{root}/docs/{name}")).unwrap_or_default() != made {
            std::fs::create_dir_all(format!("{root}/target")).unwrap();
            std::fs::write(format!("{root}/target/{name}"), made).unwrap();
            stale.push(format!("cp target/{name} docs/"));
        }
    }
    assert!(stale.is_empty(), "stale; if the change is meant: {}", stale.join("; "));
}

/// A key's schema, its name, and the way to its table in [`FULL`]: names, first items of lists.
struct Known {
    way: Vec<String>,
    name: String,
    schema: Value,
    needed: bool,
}

impl Known {
    fn path(&self) -> String {
        [&self.way[..], std::slice::from_ref(&self.name)].concat().join(".")
    }

    /// [`FULL`] with the key's table changed.
    fn changed(&self, change: impl FnOnce(&mut toml::Table)) -> String {
        let mut document = toml::Value::Table(FULL.parse().unwrap());
        let mut table = &mut document;
        for name in &self.way {
            table = &mut table[name];
            if table.is_array() {
                table = &mut table[0];
            }
        }
        change(table.as_table_mut().unwrap());
        toml::to_string(&document).unwrap()
    }

    /// [`FULL`] with another value of this key, written as JSON and TOML both do.
    fn with(&self, value: &Value) -> String {
        let mut line: toml::Table = format!("it = {value}").parse().unwrap();
        let value = line.remove("it").unwrap();
        self.changed(|table| drop(table.insert(self.name.clone(), value)))
    }

    fn without(&self) -> String {
        self.changed(|table| drop(table.remove(&self.name).expect("full.toml has every key")))
    }

    /// A value of a type that the key does not take.
    fn of_wrong_type(&self) -> Value {
        if self.schema["type"] == "boolean" { json!(7) } else { json!(true) }
    }
}

fn keys_of(schema: &Value, way: &[String], known: &mut Vec<Known>) {
    let table = if schema["type"] == "array" { &schema["items"] } else { schema };
    let Some(properties) = table["properties"].as_object() else { return };
    let needed = table["required"].as_array().cloned().unwrap_or_default();
    for (name, schema) in properties {
        let needed = needed.contains(&json!(name));
        keys_of(schema, &[way, std::slice::from_ref(name)].concat(), known);
        known.push(Known { way: way.to_vec(), name: name.clone(), schema: schema.clone(), needed });
    }
}

fn every_key() -> Vec<Known> {
    let [(_, whole), _] = vigie_config::schemas();
    let mut known = Vec::new();
    keys_of(&whole, &[], &mut known);
    assert!(known.len() > 40, "{}", known.len());
    known
}

fn codes(outcome: &Outcome) -> Vec<&'static str> {
    outcome.faults.iter().map(|fault| fault.code.id()).collect()
}

#[test]
fn a_file_with_every_key_is_taken_by_both() {
    assert_eq!(read(FULL).faults, []);
    assert_eq!(check_whole(FULL), Ok(()));
    let keys = every_key();
    assert!(keys.iter().all(|key| key.without() != FULL));
}

#[test]
fn both_refuse_a_wrong_type_and_a_misspelt_key_wherever_it_stands() {
    for key in every_key() {
        let wrong = key.with(&key.of_wrong_type());
        assert!(codes(&read(&wrong)).contains(&"wrong-type"), "{}: {wrong}", key.path());
        assert!(check_whole(&wrong).is_err(), "{}: {wrong}", key.path());
        let misspelt = key.changed(|table| {
            let value = table.remove(&key.name).unwrap();
            table.insert(format!("{}s", key.name), value);
        });
        assert!(codes(&read(&misspelt)).contains(&"unknown-key"), "{}", key.path());
        assert!(check_whole(&misspelt).is_err(), "{}", key.path());
    }
}

#[test]
fn both_need_the_same_keys() {
    for key in every_key() {
        // Needed as soon as there is a brand: more than one key tells.
        if key.path() == "mail" {
            continue;
        }
        let without = key.without();
        let missed = codes(&read(&without)).contains(&"missing-key");
        assert_eq!(
            (missed, check_whole(&without).is_err()),
            (key.needed, key.needed),
            "{}",
            key.path()
        );
    }
}

#[test]
fn a_default_is_what_leaving_the_key_out_means() {
    let keys = every_key();
    let defaults = keys.iter().filter(|key| key.schema.get("default").is_some());
    let mut seen = 0;
    for key in defaults {
        let given = key.with(&key.schema["default"]);
        assert_eq!(check_whole(&given), Ok(()), "{}", key.path());
        let (given, left_out) = (read(&given), read(&key.without()));
        assert_eq!(codes(&given), codes(&left_out), "{}", key.path());
        assert_eq!(given.config, left_out.config, "{}", key.path());
        seen += 1;
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn the_reader_knows_no_key_that_the_schema_lacks() {
    let keys = every_key();
    let ways: BTreeSet<_> = keys.iter().map(|key| key.way.clone()).collect();
    for way in ways {
        let here: Vec<_> = keys.iter().filter(|key| key.way == way).collect();
        let strange = here[0].changed(|table| drop(table.insert("zzzzzzzz".to_owned(), 1.into())));
        let faults = read(&strange).faults;
        let [fault] = faults.as_slice() else { panic!("{way:?}: {faults:?}") };
        let told = fault.hint.strip_prefix("the keys here are ").expect(&fault.hint);
        for name in told.split(", ") {
            assert!(here.iter().any(|key| key.name == name), "{way:?}.{name}");
        }
    }
}

/// Faults that a value alone tells.
const TOLD: [&str; 9] = [
    "unknown-key",
    "wrong-type",
    "missing-key",
    "unknown-value",
    "unknown-cause",
    "empty-list",
    "channel-missing",
    "channel-not-yet",
    "inline-secret",
];

fn is_told(faults: &[&str]) -> bool {
    // A date is a text to a schema, and [mail] is needed only where there is a brand.
    let told = |fault: &&str| TOLD.iter().any(|code| fault.ends_with(code));
    faults.iter().any(told) && !faults.iter().any(|fault| fault.contains(" mail missing-key"))
}

#[test]
fn what_a_value_alone_tells_is_refused_by_the_schema_too() {
    let mut seen = 0;
    for (from, to, faults) in CASES {
        let text = harmed(from, to);
        if is_told(faults) && !to.contains("report_at = 08:00") {
            assert!(check_whole(&text).is_err(), "{from:?} -> {to:?}");
            seen += 1;
        } else if faults.is_empty() {
            assert_eq!(check_whole(&text), Ok(()), "{from:?} -> {to:?}");
        }
    }
    for (from, to, faults) in INCLUDED_CASES {
        if is_told(faults) {
            assert!(check_included(&INCLUDED.replacen(from, to, 1)).is_err(), "{from:?} -> {to:?}");
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn an_included_file_holds_brands_and_nothing_else() {
    assert_eq!(check_included(INCLUDED), Ok(()));
    assert_eq!(check_whole(INCLUDED), Ok(()));
    for key in ["include = []\n", "[server]\n", "[operator]\nemail = \"a@b.example\"\n"] {
        assert!(check_included(&format!("{key}{INCLUDED}")).is_err(), "{key}");
    }
    assert_eq!(read_with("", &[]).faults, []);
}

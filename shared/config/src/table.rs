//! Tables: their keys, and what stands under them.

use std::collections::HashMap;
use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use vigie_domain::BadSlug;

use crate::code::Code;
use crate::key::{self, Key};
use crate::near;
use crate::node::{Node, quoted};
use crate::reading::Reading;
use crate::values::Bad;

/// A table, with the path that leads to it.
pub(crate) struct Table<'a> {
    reading: &'a Reading<'a>,
    entries: &'a DeTable<'a>,
    path: String,
    span: Range<usize>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(
        reading: &'a Reading<'a>,
        entries: &'a DeTable<'a>,
        path: String,
        span: Range<usize>,
    ) -> Self {
        Self { reading, entries, path, span }
    }

    /// The whole file.
    pub(crate) fn root(reading: &'a Reading<'a>, entries: &'a DeTable<'a>) -> Self {
        Self { reading, entries, path: String::new(), span: 0..0 }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Records faults for the keys that are not known.
    pub(crate) fn check_keys(&self, known: &[Key]) {
        let known = key::names(known);
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let message = format!("no such key as {} here", quoted(name));
            let bad = Bad::new(message, near::hint(name, &known, "the keys here are"));
            let shown = vigie_domain::text::excerpt(name, 80);
            self.reading.fault(&key.span(), &self.path_of(&shown), Code::UnknownKey, bad);
        }
    }

    /// Records a fault at the table that concerns a key elsewhere.
    pub(crate) fn refuse_as<T>(&self, path: &str, code: Code, bad: Bad) -> Option<T> {
        self.reading.fault(&self.span, path, code, bad);
        None
    }

    pub(crate) fn get(&self, key: &str) -> Option<Node<'a>> {
        let value = self.entries.get(key)?;
        Some(Node { reading: self.reading, value, path: self.path_of(key) })
    }

    /// A value that must be there.
    pub(crate) fn need(&self, key: &str, hint: &str) -> Option<Node<'a>> {
        let missing =
            || self.refuse(key, Code::MissingKey, Bad::new(format!("{key} is missing"), hint));
        self.get(key).or_else(missing)
    }

    /// Records a fault of the table as a whole, which concerns one of its keys.
    pub(crate) fn refuse<T>(&self, key: &str, code: Code, bad: Bad) -> Option<T> {
        self.reading.fault(&self.span, &self.path_of(key), code, bad);
        None
    }

    /// A value, or a default where there is none. `None` if the value is faulty.
    pub(crate) fn or<T>(
        &self,
        key: &str,
        default: T,
        read: impl FnOnce(&Node<'a>) -> Option<T>,
    ) -> Option<T> {
        self.get(key).map_or(Some(default), |node| read(&node))
    }

    /// Several tables under one key, each named by its id where it has one.
    pub(crate) fn rows(&self, key: &str, hint: &str) -> Rows<'a> {
        let Some(node) = self.get(key) else { return Rows { tables: Vec::new(), whole: true } };
        let DeValue::Array(_) = node.value() else {
            node.wrong_type::<()>("a list of tables", hint);
            return Rows { tables: Vec::new(), whole: false };
        };
        let nodes = node.list().unwrap_or_default();
        let count = nodes.len();
        let named = |node: &Node<'a>| Some(node.table(hint)?.named(&self.path_of(key)));
        let tables: Vec<_> = nodes.iter().filter_map(named).collect();
        Rows { whole: tables.len() == count, tables }
    }

    /// The ids given under `key`, faulty or not; `None` if there is more than can be told. Records
    /// nothing.
    pub(crate) fn peek_ids(&self, key: &str) -> Option<Vec<&'a str>> {
        let Some(value) = self.entries.get(key) else { return Some(Vec::new()) };
        let id = |row: &'a Spanned<DeValue<'a>>| {
            row.get_ref().as_table().and_then(|row| row.get("id")?.get_ref().as_str())
        };
        value.get_ref().as_array()?.iter().map(id).collect()
    }

    fn named(mut self, parent: &str) -> Self {
        if let Some(DeValue::String(id)) = self.entries.get("id").map(Spanned::get_ref)
            && id.parse::<vigie_domain::SourceId>().is_ok()
        {
            self.path = format!("{parent}.{id}");
        }
        self
    }

    /// Reads `id`; `what` names the thing in messages.
    pub(crate) fn id<T: FromStr<Err = BadSlug>>(&self, what: &str) -> Option<T> {
        let node = self.need("id", &format!("{what} needs one: a-z, 0-9, - and _"))?;
        node.parse(Code::BadId, |given| {
            let hint = "1 to 63 of a-z, 0-9, - and _, beginning with a letter or a digit";
            let message = format!("{} is not an id", quoted(given));
            given.parse().map_err(|_| Bad::new(message, hint))
        })
    }

    /// Whether the id of this table is new among those `seen`, which it joins; a fault if not.
    pub(crate) fn is_first(&self, among: &str, seen: &mut Vec<&'a str>) -> bool {
        let Some(id) = self.given_id() else { return true };
        if !seen.contains(&id) {
            seen.push(id);
            return true;
        }
        let bad =
            Bad::new(format!("{} is there twice among the {among}", quoted(id)), "ids are unique");
        self.get("id").and_then(|node| node.refuse::<()>(Code::DuplicateId, bad)).is_some()
    }

    /// Whether the id of this table is new among those of all files, which it joins; else a fault.
    pub(crate) fn is_new(&self, among: &str, seen: &mut Ids) -> bool {
        let Some(id) = self.given_id() else { return true };
        let here = self.reading.file;
        let bad = match seen.files.get(id) {
            None => {
                seen.files.insert(id.to_owned(), here.to_owned());
                return true;
            }
            Some(file) if file == here => {
                let message = format!("{} is there twice among the {among}", quoted(id));
                Bad::new(message, "ids are unique")
            }
            Some(file) => {
                let message = format!("{} is in {file} too, among the {among}", quoted(id));
                Bad::new(message, "ids are unique over all files: take one of them away")
            }
        };
        self.get("id").and_then(|node| node.refuse::<()>(Code::DuplicateId, bad)).is_some()
    }

    /// The ids given under `key` that can be told, faulty or not. Records nothing.
    pub(crate) fn some_ids(&self, key: &str) -> Vec<String> {
        let rows = self.entries.get(key).and_then(|value| value.get_ref().as_array());
        let id = |row: &'a Spanned<DeValue<'a>>| {
            row.get_ref().as_table().and_then(|row| row.get("id")?.get_ref().as_str())
        };
        rows.into_iter().flatten().filter_map(id).map(str::to_owned).collect()
    }

    /// Records faults for the keys of an included file that belong into vigie.toml.
    pub(crate) fn check_included(&self, own: &[Key], elsewhere: &[&str]) {
        let own = key::names(own);
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if own.contains(&name) {
                continue;
            }
            let bad = if elsewhere.contains(&name) {
                let message = format!("{name} belongs into vigie.toml, not into an included file");
                Bad::new(message, "an included file holds [[brand]]s and nothing else")
            } else {
                let message = format!("no such key as {} in an included file", quoted(name));
                Bad::new(message, near::hint(name, &own, "it holds [[brand]]s, that is"))
            };
            let shown = vigie_domain::text::excerpt(name, 80);
            self.reading.fault(&key.span(), &shown, Code::UnknownKey, bad);
        }
    }

    /// The text under `id`, whether or not it can be one.
    pub(crate) fn given_id(&self) -> Option<&'a str> {
        self.entries.get("id")?.get_ref().as_str()
    }
}

/// The ids met so far in all files, each with the file that has it.
#[derive(Default)]
pub(crate) struct Ids {
    files: HashMap<String, String>,
}

/// The tables of a list.
pub(crate) struct Rows<'a> {
    pub(crate) tables: Vec<Table<'a>>,
    /// Whether each item of the list was a table.
    pub(crate) whole: bool,
}

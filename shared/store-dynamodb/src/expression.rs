//! Expressions: what DynamoDB is told to set, and on which condition.
//!
//! Every name is an alias, so that no attribute of ours can meet a reserved word.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::item::Item;

/// An update, a condition, a query, or several of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expression {
    sets: Vec<String>,
    removes: Vec<String>,
    adds: Vec<String>,
    conditions: Vec<String>,
    filters: Vec<String>,
    names: HashMap<String, String>,
    values: Item,
    filtering: bool,
}

impl Expression {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn name(&mut self, name: &str) -> String {
        let alias = format!("#{name}");
        self.names.insert(alias.clone(), name.to_owned());
        alias
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let alias = format!(":v{}", self.values.len());
        self.values.insert(alias.clone(), value);
        alias
    }

    pub(crate) fn set(mut self, name: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(name), self.value(value));
        self.sets.push(format!("{name} = {value}"));
        self
    }

    pub(crate) fn set_or_remove(self, name: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self.remove(name),
        }
    }

    /// Adds to a number that is there.
    pub(crate) fn plus(mut self, name: &str, n: i64) -> Self {
        let (name, value) = (self.name(name), self.value(crate::item::number(n)));
        self.sets.push(format!("{name} = {name} + {value}"));
        self
    }

    pub(crate) fn remove(mut self, name: &str) -> Self {
        let name = self.name(name);
        self.removes.push(name);
        self
    }

    /// Adds to a number, or to a set, that need not be there.
    pub(crate) fn add(mut self, name: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(name), self.value(value));
        self.adds.push(format!("{name} {value}"));
        self
    }

    /// Adds to a set of texts; nothing if there is nothing to add.
    pub(crate) fn add_all(self, name: &str, texts: Vec<String>) -> Self {
        if texts.is_empty() { self } else { self.add(name, AttributeValue::Ss(texts)) }
    }

    fn condition(mut self, condition: String) -> Self {
        if self.filtering {
            self.filters.push(condition);
        } else {
            self.conditions.push(condition);
        }
        self
    }

    pub(crate) fn when(mut self, name: &str, is: &str, value: AttributeValue) -> Self {
        let (name, value) = (self.name(name), self.value(value));
        self.condition(format!("{name} {is} {value}"))
    }

    pub(crate) fn when_between(
        mut self,
        name: &str,
        from: AttributeValue,
        to: AttributeValue,
    ) -> Self {
        let (name, from, to) = (self.name(name), self.value(from), self.value(to));
        self.condition(format!("{name} BETWEEN {from} AND {to}"))
    }

    pub(crate) fn when_begins(mut self, name: &str, with: &str) -> Self {
        let (name, value) = (self.name(name), self.value(crate::item::string(with)));
        self.condition(format!("begins_with({name}, {value})"))
    }

    pub(crate) fn when_one_of(mut self, name: &str, of: &[&str]) -> Self {
        let name = self.name(name);
        let of: Vec<_> = of.iter().map(|one| self.value(crate::item::string(*one))).collect();
        self.condition(format!("{name} IN ({})", of.join(", ")))
    }

    pub(crate) fn when_missing(mut self, name: &str) -> Self {
        let name = self.name(name);
        self.condition(format!("attribute_not_exists({name})"))
    }

    pub(crate) fn when_there(mut self, name: &str) -> Self {
        let name = self.name(name);
        self.condition(format!("attribute_exists({name})"))
    }

    /// A set that has so many members; none: that is not there.
    pub(crate) fn when_size(mut self, name: &str, n: usize) -> Self {
        if n == 0 {
            return self.when_missing(name);
        }
        let (name, value) = (self.name(name), self.value(crate::item::number(n as i64)));
        self.condition(format!("size({name}) = {value}"))
    }

    /// Either of two pairs.
    pub(crate) fn when_either(
        mut self,
        one: (&str, &str, AttributeValue),
        other: (&str, &str, AttributeValue),
    ) -> Self {
        let (name, value) = (self.name(one.0), self.value(one.2));
        let (other_name, other_value) = (self.name(other.0), self.value(other.2));
        self.condition(format!(
            "({name} {} {value} OR {other_name} {} {other_value})",
            one.1, other.1
        ))
    }

    /// From here on conditions filter what a query has read.
    pub(crate) fn filter(mut self) -> Self {
        self.filtering = true;
        self
    }

    pub(crate) fn update(&self) -> Option<String> {
        let clause = |verb: &str, parts: &[String]| {
            (!parts.is_empty()).then(|| format!("{verb} {}", parts.join(", ")))
        };
        let clauses =
            [clause("SET", &self.sets), clause("REMOVE", &self.removes), clause("ADD", &self.adds)];
        let clauses: Vec<String> = clauses.into_iter().flatten().collect();
        (!clauses.is_empty()).then(|| clauses.join(" "))
    }

    pub(crate) fn conditions(&self) -> Option<String> {
        (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "))
    }

    pub(crate) fn filters(&self) -> Option<String> {
        (!self.filters.is_empty()).then(|| self.filters.join(" AND "))
    }

    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    pub(crate) fn values(&self) -> Option<Item> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::{number, string};

    #[test]
    fn clauses_are_put_together() {
        let all = Expression::new()
            .set("state", string("sent"))
            .plus("attempts", 1)
            .remove("token")
            .add_all("notices", Vec::new())
            .when("writes", "=", number(3))
            .filter()
            .when_missing("erased");
        assert_eq!(
            all.update().unwrap(),
            "SET #state = :v0, #attempts = #attempts + :v1 REMOVE #token"
        );
        assert_eq!(all.conditions().unwrap(), "#writes = :v2");
        assert_eq!(all.filters().unwrap(), "attribute_not_exists(#erased)");
        assert_eq!(Expression::new().update(), None);
    }
}

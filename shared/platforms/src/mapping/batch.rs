//! Events that come in lists: each with what is around it.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// Where the list of events lies: a JSON Pointer, with one `*` where lists are in a list:
/// `/entry/*/changes`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Batch {
    /// The list of what holds lists, where there is one.
    outer: Option<String>,
    list: String,
}

impl TryFrom<String> for Batch {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let bad = || format!("{text:?} is not where a list lies: /list or /lists/*/list");
        let (outer, list) = match text.split_once("/*/") {
            Some((outer, list)) => (Some(outer.to_owned()), format!("/{list}")),
            None => (None, text.clone()),
        };
        let pointer =
            |text: &String| text.len() > 1 && text.starts_with('/') && !text.contains('*');
        if pointer(&list) && outer.as_ref().is_none_or(pointer) {
            Ok(Self { outer, list })
        } else {
            Err(bad())
        }
    }
}

impl fmt::Display for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outer {
            Some(outer) => write!(f, "{outer}/*{}", self.list),
            None => f.write_str(&self.list),
        }
    }
}

/// An event in its payload.
pub(crate) struct Place<'a> {
    pub(crate) item: &'a Value,
    /// What holds the list that it is in; itself, where it is in none.
    pub(crate) up: &'a Value,
    pub(crate) root: &'a Value,
    batch: Option<&'a Batch>,
    /// Which of the outer list it is in.
    outer: usize,
}

/// Goes through the events of a payload. A lone event, where a list could be, is taken too.
pub(crate) fn each<T>(
    batch: Option<&Batch>,
    root: &Value,
    mut visit: impl FnMut(Place<'_>) -> T,
) -> Vec<T> {
    let Some(batch) = batch else {
        return vec![visit(Place { item: root, up: root, root, batch: None, outer: 0 })];
    };
    let holders: Vec<&Value> = match &batch.outer {
        None => vec![root],
        Some(outer) => match root.pointer(outer) {
            Some(Value::Array(holders)) => holders.iter().collect(),
            _ => Vec::new(),
        },
    };
    let (parent, _) = batch.list.rsplit_once('/').unwrap_or_default();
    let mut all = Vec::new();
    let mut listed = false;
    for (outer, holder) in holders.into_iter().enumerate() {
        let Some(Value::Array(items)) = holder.pointer(&batch.list) else { continue };
        listed = true;
        let up = holder.pointer(parent).unwrap_or(holder);
        let places = items.iter().map(|item| Place { item, up, root, batch: Some(batch), outer });
        all.extend(places.map(&mut visit));
    }
    if !listed {
        all.push(visit(Place { item: root, up: root, root, batch: None, outer: 0 }));
    }
    all
}

impl Place<'_> {
    /// The payload with this event alone in it.
    pub(crate) fn alone(&self) -> Value {
        let mut root = self.root.clone();
        let Some(batch) = self.batch else { return root };
        let holder = match &batch.outer {
            None => Some(&mut root),
            Some(outer) => root.pointer_mut(outer).and_then(Value::as_array_mut).and_then(|all| {
                let kept = all.get(self.outer).cloned();
                *all = kept.into_iter().collect();
                all.first_mut()
            }),
        };
        if let Some(list) = holder.and_then(|holder| holder.pointer_mut(&batch.list)) {
            *list = Value::Array(vec![self.item.clone()]);
        }
        root
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn batch(text: &str) -> Batch {
        text.to_owned().try_into().unwrap()
    }

    #[test]
    fn each_event_has_what_holds_its_list_around_it() {
        let root = json!({"entry": [{"id": 1, "changes": [10, 11]}, {"id": 2, "changes": [20]}]});
        let seen = each(Some(&batch("/entry/*/changes")), &root, |place| {
            (place.item.clone(), place.up["id"].clone(), place.alone())
        });
        let alone = |id: u8, item: u8| json!({"entry": [{"id": id, "changes": [item]}]});
        assert_eq!(
            seen,
            [
                (json!(10), json!(1), alone(1, 10)),
                (json!(11), json!(1), alone(1, 11)),
                (json!(20), json!(2), alone(2, 20)),
            ]
        );
    }

    #[test]
    fn a_list_deeper_down_is_held_by_what_is_just_above_it() {
        let root = json!({"time": "t", "data": {"id": "b", "updates": [1, 2]}});
        let seen = each(Some(&batch("/data/updates")), &root, |place| {
            (place.up["id"].clone(), place.alone()["data"]["updates"].clone())
        });
        assert_eq!(seen, [(json!("b"), json!([1])), (json!("b"), json!([2]))]);
    }

    #[test]
    fn a_lone_event_is_its_own_payload_and_an_empty_list_is_none() {
        let alone = each(Some(&batch("/events")), &json!({"id": 1}), |place| place.alone());
        assert_eq!(alone, [json!({"id": 1})]);
        let none = each(Some(&batch("/events")), &json!({"events": []}), |place| place.alone());
        assert_eq!(none, Vec::<Value>::new());
        for bad in ["", "events", "/", "/a/*", "/a/*/b/*/c", "/*/"] {
            assert!(Batch::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}

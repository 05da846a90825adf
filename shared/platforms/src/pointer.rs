//! Where a field lies in a payload: JSON Pointers (RFC 6901), and three steps more.
//!
//! - `/a/b`, `/list/0`: as in RFC 6901, `~1` for a slash and `~0` for a tilde.
//! - `/fields/[key=rating]/value`: of a list of objects, the one whose `key` is `rating`.
//! - `/responses/[newest=createdAt]`: of a list of objects, the one whose `createdAt` is the
//!   latest; of equals the last.
//! - `/fields/rating/{json}/value`: here stands a string that holds JSON; look inside it.
//! - `header:X-Topic`: not in the body at all, but in that header.

use std::borrow::Cow;
use std::fmt;

use http::HeaderMap;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use crate::mapping::dates;
use crate::{headers, json};

/// Where one field lies, in steps made ready.
///
/// ```
/// use vigie_platforms::pointer::Pointer;
/// let pointer: Pointer = "/fields/[key=rating]/value/{json}/value".parse().unwrap();
/// let payload = serde_json::json!({"fields": [
///     {"key": "title", "value": "Nice"},
///     {"key": "rating", "value": "{\"value\":\"4.0\"}"},
/// ]});
/// assert_eq!(pointer.find(&payload).unwrap().as_str(), Some("4.0"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer {
    place: Place,
    text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Header(String),
    Body(Vec<Step>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// A key, and the index that it is in a list.
    Key(String, Option<usize>),
    Where {
        key: String,
        is: String,
    },
    Newest {
        by: String,
    },
    Json,
}

/// Why a text is not a pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a pointer: write /a/b, /list/[key=x]/value, /a/{{json}}/b or header:Name")]
pub struct BadPointer(String);

impl std::str::FromStr for Pointer {
    type Err = BadPointer;
    fn from_str(text: &str) -> Result<Self, BadPointer> {
        let bad = || BadPointer(text.to_owned());
        let place = if let Some(name) = text.strip_prefix("header:") {
            let name: http::HeaderName = name.trim().parse().map_err(|_| bad())?;
            Place::Header(name.as_str().to_owned())
        } else {
            let mut parts = text.split('/');
            // RFC 6901: empty, or beginning with a slash.
            if parts.next() != Some("") {
                return Err(bad());
            }
            Place::Body(parts.map(step).collect::<Option<_>>().ok_or_else(bad)?)
        };
        Ok(Self { place, text: text.to_owned() })
    }
}

fn step(part: &str) -> Option<Step> {
    if part == "{json}" {
        return Some(Step::Json);
    }
    if let Some(inner) = part.strip_prefix('[') {
        let (key, is) = inner.strip_suffix(']')?.split_once('=')?;
        let named = !key.is_empty() && !is.is_empty();
        return match key {
            "newest" => named.then(|| Step::Newest { by: is.to_owned() }),
            _ => named.then(|| Step::Where { key: key.to_owned(), is: is.to_owned() }),
        };
    }
    // Tildes come only as ~0 and ~1; ~1 first, so that ~01 is the text "~1".
    let tildes_known = part.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
    let key = part.replace("~1", "/").replace("~0", "~");
    let index = if part.len() > 1 && part.starts_with('0') { None } else { part.parse().ok() };
    tildes_known.then_some(Step::Key(key, index))
}

impl TryFrom<String> for Pointer {
    type Error = BadPointer;
    fn try_from(text: String) -> Result<Self, BadPointer> {
        text.parse()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pointer {
    /// What stands there in a body, if anything but `null` does.
    pub fn find<'a>(&self, body: &'a Value) -> Option<Cow<'a, Value>> {
        let Place::Body(steps) = &self.place else { return None };
        walk(steps, body)
    }

    /// What stands there in a request.
    pub(crate) fn look<'a>(&self, body: &'a Value, headers: &HeaderMap) -> Option<Cow<'a, Value>> {
        match &self.place {
            Place::Body(steps) => walk(steps, body),
            Place::Header(name) => {
                headers::text(headers, name).map(|text| Cow::Owned(Value::from(text)))
            }
        }
    }

    /// The header that it reads, if it reads one.
    pub(crate) fn header(&self) -> Option<&str> {
        match &self.place {
            Place::Header(name) => Some(name),
            Place::Body(_) => None,
        }
    }
}

/// Looks several pointers up: the first that finds something wins.
pub(crate) fn first<'a>(
    pointers: &[Pointer],
    body: &'a Value,
    headers: &HeaderMap,
) -> Option<Cow<'a, Value>> {
    pointers.iter().find_map(|pointer| pointer.look(body, headers))
}

fn walk<'a>(steps: &[Step], from: &'a Value) -> Option<Cow<'a, Value>> {
    let mut here = from;
    for (at, step) in steps.iter().enumerate() {
        here = match step {
            Step::Key(key, index) => match here {
                Value::Object(object) => object.get(key)?,
                Value::Array(list) => list.get((*index)?)?,
                _ => return None,
            },
            Step::Where { key, is } => {
                let wanted = |item: &&Value| item.get(key).and_then(Value::as_str) == Some(is);
                here.as_array()?.iter().find(wanted)?
            }
            Step::Newest { by } => newest(here.as_array()?, by)?,
            Step::Json => {
                let inner = json::parse(here.as_str()?.as_bytes()).ok()?;
                let rest = steps.get(at + 1..).unwrap_or_default();
                return walk(rest, &inner).map(|found| Cow::Owned(found.into_owned()));
            }
        };
    }
    (!here.is_null()).then_some(Cow::Borrowed(here))
}

fn newest<'a>(list: &'a [Value], by: &str) -> Option<&'a Value> {
    let at = |item: &Value| item.get(by).and_then(|value| dates::read(value, &TimeZone::UTC));
    list.iter().max_by_key(|item| at(item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn find(pointer: &str, value: &Value) -> Option<Value> {
        pointer.parse::<Pointer>().unwrap().find(value).map(Cow::into_owned)
    }

    #[test]
    fn ok_pointers() {
        let value = json!({"a": {"b": [10, {"x/y": 1, "m~n": 2, "0": 3}]}, "nothing": null});
        assert_eq!(find("/a/b/0", &value), Some(json!(10)));
        assert_eq!(find("/a/b/1/x~1y", &value), Some(json!(1)));
        assert_eq!(find("/a/b/1/m~0n", &value), Some(json!(2)));
        assert_eq!(find("/a/b/1/0", &value), Some(json!(3)));
        assert_eq!(find("", &json!(7)), Some(json!(7)));
        for absent in ["/nothing", "/a/b/2", "/a/b/01", "/a/c", "/a/b/0/x", "/a/{json}"] {
            assert_eq!(find(absent, &value), None, "{absent}");
        }
    }

    #[test]
    fn the_newest_of_a_list_is_found_by_its_date_not_its_place() {
        let value = json!({"r": [
            {"at": "2026-11-20T10:00:00+02:00", "t": "early"},
            {"at": "2026-11-20T09:00:00Z", "t": "late"},
            {"t": "undated"},
        ]});
        assert_eq!(find("/r/[newest=at]/t", &value), Some(json!("late")));
        let undated = json!({"r": [{"t": "one"}, {"t": "two"}]});
        assert_eq!(find("/r/[newest=at]/t", &undated), Some(json!("two")));
        assert_eq!(find("/r/[newest=at]/t", &json!({"r": []})), None);
    }

    #[test]
    fn json_inside_a_string_is_looked_into() {
        let value = json!({"f": "{\"value\":\"4.0\",\"list\":[1,2]}", "bad": "{"});
        assert_eq!(find("/f/{json}/value", &value), Some(json!("4.0")));
        assert_eq!(find("/f/{json}/list/1", &value), Some(json!(2)));
        assert_eq!(find("/bad/{json}/value", &value), None);
    }

    #[test]
    fn err_pointers() {
        for bad in
            ["a/b", "/a/~2", "/a/[key]", "/a/[=x]", "/a/[k=]", "/a/[k=x", "header:", "header:a b"]
        {
            assert!(bad.parse::<Pointer>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_header_is_read_whatever_its_case() {
        let mut headers = HeaderMap::new();
        headers.insert("x-topic", "reviews".parse().unwrap());
        let pointer: Pointer = "header:X-Topic".parse().unwrap();
        let found = pointer.look(&Value::Null, &headers).map(Cow::into_owned);
        assert_eq!(found, Some(json!("reviews")));
        assert_eq!(pointer.look(&Value::Null, &HeaderMap::new()), None);
    }
}

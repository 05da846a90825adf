//! Where a field lies in a payload: JSON Pointers (RFC 6901), and a few steps more.
//!
//! - `/a/b`, `/list/0`: as in RFC 6901, `~1` for a slash and `~0` for a tilde.
//! - `/fields/[key=rating]/value`: of a list of objects, the one whose `key` is `rating`.
//! - `/responses/[newest=createdAt]`: of a list of objects, the one whose `createdAt` is the
//!   latest; of equals the last.
//! - `/pages/[*]/text`: of a list, the first in which the rest is found.
//! - `/fields/rating/{json}/value`: here stands a string that holds JSON; look inside it.
//! - `/message/data/{base64}/{json}/name`: here stands base64 of such a string.
//! - `header:X-Topic`: not in the body at all, but in that header.
//! - `query:topic`: in the address, behind the question mark.
//! - `claims:/event_name`: in what the request's token says.
//! - `up:/id`: of an event in a list, in what holds the list; `root:/time`: in the whole payload.

use std::borrow::Cow;
use std::fmt;

use http::HeaderMap;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use crate::headers;
use crate::mapping::dates;
use crate::signature::query_values;
use crate::unpacked::{Holds, Packed, Unpacked, unpack};

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
    Query(String),
    Body(Vec<Step>),
    Claims(Vec<Step>),
    Up(Vec<Step>),
    Root(Vec<Step>),
}

/// Where pointers look: one event, and what came around and beside it.
#[derive(Clone, Copy)]
pub(crate) struct Sight<'a> {
    /// The event.
    pub(crate) item: &'a Value,
    /// What holds the list that it is in.
    pub(crate) up: &'a Value,
    /// The whole payload.
    pub(crate) root: &'a Value,
    pub(crate) claims: &'a Value,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) query: &'a str,
    /// What strings of all that hold.
    pub(crate) unpacked: &'a Unpacked<'a>,
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
    Any,
    Inside(Packed),
}

/// Why a text is not a pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a pointer: write /a/b, /list/[key=x]/value, /a/{{json}}/b, header:Name, query:name, claims:/a, up:/a or root:/a"
)]
pub struct BadPointer(String);

impl std::str::FromStr for Pointer {
    type Err = BadPointer;
    fn from_str(text: &str) -> Result<Self, BadPointer> {
        let bad = || BadPointer(text.to_owned());
        let place = if let Some(name) = text.strip_prefix("header:") {
            let name: http::HeaderName = name.trim().parse().map_err(|_| bad())?;
            Place::Header(name.as_str().to_owned())
        } else if let Some(name) = text.strip_prefix("query:").filter(|name| !name.is_empty()) {
            Place::Query(name.to_owned())
        } else {
            let (place, path) = PLACES
                .into_iter()
                .find_map(|(mark, place)| Some((place, text.strip_prefix(mark)?)))
                .unwrap_or((Place::Body, text));
            place(steps(path).ok_or_else(bad)?)
        };
        Ok(Self { place, text: text.to_owned() })
    }
}

type MakePlace = fn(Vec<Step>) -> Place;
const PLACES: [(&str, MakePlace); 3] =
    [("claims:", Place::Claims), ("up:", Place::Up), ("root:", Place::Root)];

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut parts = path.split('/');
    // RFC 6901: empty, or beginning with a slash.
    if parts.next() != Some("") {
        return None;
    }
    parts.map(step).collect()
}

fn step(part: &str) -> Option<Step> {
    match part {
        "{json}" => return Some(Step::Inside(Packed::Json)),
        "{base64}" => return Some(Step::Inside(Packed::Base64)),
        "[*]" => return Some(Step::Any),
        _ => {}
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
        walk(steps, body, None)
    }

    /// What stands there for an event.
    pub(crate) fn look<'a>(&self, sight: &Sight<'a>) -> Option<Cow<'a, Value>> {
        match &self.place {
            Place::Body(steps) => walk(steps, sight.item, Some(sight.unpacked)),
            Place::Claims(steps) => walk(steps, sight.claims, Some(sight.unpacked)),
            Place::Up(steps) => walk(steps, sight.up, Some(sight.unpacked)),
            Place::Root(steps) => walk(steps, sight.root, Some(sight.unpacked)),
            Place::Header(name) => {
                headers::text(sight.headers, name).map(|text| Cow::Owned(Value::from(text)))
            }
            Place::Query(name) => {
                let value = query_values(sight.query, name).next()?;
                Some(Cow::Owned(Value::from(value.into_owned())))
            }
        }
    }

    /// The query parameter that it reads, if it reads one.
    pub(crate) fn parameter(&self) -> Option<&str> {
        match &self.place {
            Place::Query(name) => Some(name),
            _ => None,
        }
    }

    /// The header that it reads, if it reads one.
    pub(crate) fn header(&self) -> Option<&str> {
        match &self.place {
            Place::Header(name) => Some(name),
            _ => None,
        }
    }

    /// Whether it looks outside the event itself, in the payload around it.
    pub(crate) const fn looks_around(&self) -> bool {
        matches!(self.place, Place::Up(_) | Place::Root(_))
    }

    /// Whether it looks into the claims of a token.
    pub(crate) const fn reads_claims(&self) -> bool {
        matches!(self.place, Place::Claims(_))
    }
}

/// Looks several pointers up: the first that finds something wins.
pub(crate) fn first<'a>(pointers: &[Pointer], sight: &Sight<'a>) -> Option<Cow<'a, Value>> {
    pointers.iter().find_map(|pointer| pointer.look(sight))
}

fn walk<'a>(
    steps: &[Step],
    from: &'a Value,
    unpacked: Option<&'a Unpacked<'a>>,
) -> Option<Cow<'a, Value>> {
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
            Step::Any => {
                let rest = steps.get(at + 1..).unwrap_or_default();
                return here.as_array()?.iter().find_map(|item| walk(rest, item, unpacked));
            }
            Step::Inside(packed) => {
                let text = here.as_str()?;
                let held = match unpacked {
                    Some(unpacked) => unpacked.open(*packed, text)?,
                    None => Holds::Once(unpack(*packed, text)?),
                };
                match held {
                    Holds::Remembered(value) => value,
                    Holds::Once(value) => {
                        let rest = steps.get(at + 1..).unwrap_or_default();
                        let found = walk(rest, &value, None)?.into_owned();
                        return Some(Cow::Owned(found));
                    }
                }
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
    fn the_first_of_a_list_that_has_the_rest_is_found() {
        let value =
            json!({"p": [{"q": [{"a": 1}]}, {"q": [{"a": 2}, {"t": "x"}]}, {"q": [{"t": "y"}]}]});
        assert_eq!(find("/p/[*]/q/[*]/t", &value), Some(json!("x")));
        assert_eq!(find("/p/[*]/q/[*]/z", &value), None);
        assert_eq!(find("/p/[*]", &json!({"p": {}})), None);
    }

    #[test]
    fn base64_is_looked_into() {
        let value = json!({"data": "eyJuYW1lIjoiYS8xIn0=", "bad": "*"});
        assert_eq!(find("/data/{base64}/{json}/name", &value), Some(json!("a/1")));
        assert_eq!(find("/bad/{base64}/{json}/name", &value), None);
    }

    #[test]
    fn headers_claims_and_what_is_around_an_event_are_looked_at() {
        let mut headers = HeaderMap::new();
        headers.insert("x-topic", "reviews".parse().unwrap());
        let [item, up, root, claims] =
            [json!({"x": 1}), json!({"x": 2}), json!({"x": 3}), json!({"x": 4})];
        let sight = Sight {
            item: &item,
            up: &up,
            root: &root,
            claims: &claims,
            headers: &headers,
            query: "t=a%2Fb",
            unpacked: &Unpacked::default(),
        };
        for (pointer, found) in [
            ("query:t", Some(json!("a/b"))),
            ("query:u", None),
            ("header:X-Topic", Some(json!("reviews"))),
            ("header:X-Other", None),
            ("/x", Some(json!(1))),
            ("up:/x", Some(json!(2))),
            ("root:/x", Some(json!(3))),
            ("claims:/x", Some(json!(4))),
            ("claims:/y", None),
        ] {
            let looked = pointer.parse::<Pointer>().unwrap().look(&sight).map(Cow::into_owned);
            assert_eq!(looked, found, "{pointer}");
        }
    }
}

//! Single values of a preset file, checked as they are read, so that a fault has its place.

use jiff::tz::TimeZone;
use serde::Deserialize;
use vigie_domain::Decimal;

/// A number of a preset: `5` or `"4.5"`, never through a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "NumberText")]
pub(crate) struct Number(pub(crate) Decimal);

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a whole number or a number in quotes")]
enum NumberText {
    Whole(i64),
    Text(String),
}

impl TryFrom<NumberText> for Number {
    type Error = String;
    fn try_from(given: NumberText) -> Result<Self, String> {
        let text = match given {
            NumberText::Whole(whole) => whole.to_string(),
            NumberText::Text(text) => text,
        };
        Decimal::parse(&text).map(Self).ok_or_else(|| format!("{text:?} is not a number"))
    }
}

/// A header's name, checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct HeaderText(pub(super) String);

impl TryFrom<String> for HeaderText {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        match text.parse::<http::HeaderName>() {
            Ok(_) => Ok(Self(text)),
            Err(_) => Err(format!("{text:?} is not a header name")),
        }
    }
}

/// An IANA time zone, checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Zone(pub(super) TimeZone);

impl TryFrom<String> for Zone {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        TimeZone::get(&text).map(Self).map_err(|_| format!("{text:?} is not an IANA time zone"))
    }
}

/// An address with `{id}` in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Pattern(pub(crate) String);

impl TryFrom<String> for Pattern {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let rest = text.replace("{id}", "");
        if text.starts_with("https://") && !rest.contains(['{', '}']) {
            Ok(Self(text))
        } else {
            Err(format!("{text:?} is not an address: https://, and {{id}} where the id goes"))
        }
    }
}

/// An address that keys are fetched from: never in the clear, save from this machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Secure(pub(super) String);

impl TryFrom<String> for Secure {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
        if text.starts_with("https://") || local.iter().any(|start| text.starts_with(start)) {
            Ok(Self(text))
        } else {
            Err(format!("{text:?} is not an https address"))
        }
    }
}

//! What the strings of a payload hold, where they hold JSON or base64: each is read once, however
//! many pointers look into it.

use std::cell::OnceCell;
use std::ptr;

use serde_json::Value;

use crate::json;
use crate::signature::{unbase64, unbase64_url};

/// Strings whose content is remembered, of one event. Platforms pack into a handful; a list of
/// thousands must not be gone through for each.
const REMEMBERED_MAX: usize = 16;

/// How a string packs what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packed {
    /// As JSON.
    Json,
    /// As base64 of a text.
    Base64,
}

/// Strings that were looked into, and what they hold. It only grows, so what it gives stays.
#[derive(Default)]
pub(crate) struct Unpacked<'a> {
    first: Link<'a>,
}

type Link<'a> = OnceCell<Box<Known<'a>>>;

struct Known<'a> {
    text: &'a str,
    packed: Packed,
    holds: Option<Value>,
    next: Link<'a>,
}

/// What a string holds, remembered or not.
pub(crate) enum Holds<'a> {
    Remembered(&'a Value),
    Once(Value),
}

impl<'a> Unpacked<'a> {
    /// What a string holds; `None` where it is not what it is said to be.
    pub(crate) fn open(&'a self, packed: Packed, text: &'a str) -> Option<Holds<'a>> {
        let mut link = &self.first;
        for _ in 0..REMEMBERED_MAX {
            let known = link.get_or_init(|| {
                let (holds, next) = (unpack(packed, text), Link::new());
                Box::new(Known { text, packed, holds, next })
            });
            // The same string, not an equal one: that would cost its length.
            if known.packed == packed && ptr::eq(known.text, text) {
                return known.holds.as_ref().map(Holds::Remembered);
            }
            link = &known.next;
        }
        unpack(packed, text).map(Holds::Once)
    }
}

/// Reads what a string holds.
pub(crate) fn unpack(packed: Packed, text: &str) -> Option<Value> {
    match packed {
        Packed::Json => json::parse(text.as_bytes()).ok(),
        Packed::Base64 => {
            let bytes = unbase64(text.as_bytes()).or_else(|| unbase64_url(text.as_bytes()))?;
            String::from_utf8(bytes).ok().map(Value::String)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_read_once_and_another_by_itself() {
        let (one, other) = (String::from("[1]"), String::from("[1]"));
        let unpacked = Unpacked::default();
        let open = |text| match unpacked.open(Packed::Json, text) {
            Some(Holds::Remembered(value)) => value,
            _ => unreachable!("{text} is remembered"),
        };
        assert!(ptr::eq(open(&one), open(&one)));
        assert!(!ptr::eq(open(&one), open(&other)));
        assert!(unpacked.open(Packed::Base64, &one).is_none(), "in another way");
        assert!(unpacked.open(Packed::Json, "{").is_none());
    }

    #[test]
    fn no_more_is_remembered_than_a_platform_packs() {
        let texts: Vec<String> = (0..100).map(|n| format!("[{n}]")).collect();
        let unpacked = Unpacked::default();
        for (at, text) in texts.iter().chain(&texts).enumerate() {
            let remembered = match unpacked.open(Packed::Json, text) {
                Some(Holds::Remembered(value)) => (true, value.to_string()),
                Some(Holds::Once(value)) => (false, value.to_string()),
                None => unreachable!("{text}"),
            };
            assert_eq!(remembered, (at % 100 < REMEMBERED_MAX, text.clone()));
        }
    }
}

//! Reading the fields of a review, each made safe to keep.

use std::borrow::Cow;

use percent_encoding::utf8_percent_encode;
use serde_json::Value;
use vigie_domain::text::{self, LINE_CHARS_MAX, TEXT_CHARS_MAX};
use vigie_domain::{Content, Decimal, Flag, Stars};

use super::{Reading, html};
use crate::pointer::{Pointer, Sight, first};
use crate::preset::{Pattern, Scale};

/// Longest address kept, in bytes: mail programs break longer ones.
const ADDRESS_BYTES_MAX: usize = 2_000;

impl Reading<'_> {
    /// What the reviewer wrote. `id` is as the platform gave it, `kind` as the platform names it.
    pub(super) fn content(&self, sight: &Sight<'_>, id: &str, kind: Option<&str>) -> Content {
        let preset = self.preset;
        let fields = self.fields;
        let stars = self.stars(sight);
        let given = first(&fields.text, sight).and_then(|value| scalar(&value));
        let (text, was_cut) = given.map(|given| cut_text(&given, fields.html)).unwrap_or_default();
        let (published_at, time_flag) = self.date(&fields.published_at, sight);
        let public_here = preset.public_for.is_empty()
            || kind.is_some_and(|kind| preset.public_for.iter().any(|named| named == kind));
        let public = preset.public.as_ref().filter(|_| public_here);
        let flags = [
            stars.is_none().then_some(Flag::NoRating),
            time_flag,
            was_cut.then_some(Flag::TextCut),
        ];
        Content {
            stars,
            title: line(&fields.title, sight),
            text,
            language: line(&fields.language, sight).and_then(|given| language(&given)),
            author: line(&fields.author, sight).and_then(|given| author(&given)),
            published_at,
            url: address(&fields.url, sight).or_else(|| public.and_then(|p| filled(p, id))),
            answer_url: preset.answer.as_ref().and_then(|pattern| filled(pattern, id)),
            product: line(&fields.product, sight),
            location: line(&fields.location, sight),
            order: line(&fields.order, sight),
            shown_id: None,
            flags: flags.into_iter().flatten().collect(),
        }
    }

    /// The rating on five. Numbers keep their text all the way: none goes through a float.
    fn stars(&self, sight: &Sight<'_>) -> Option<Stars> {
        let rating = self.rating;
        let given = first(&rating.at, sight)?;
        let given = match &*given {
            Value::Bool(yes) => yes.to_string(),
            other => scalar(other)?,
        };
        if rating.unrated.iter().any(|none| none.eq_ignore_ascii_case(given.trim())) {
            return None;
        }
        if !rating.words.is_empty() {
            let word = given.trim().to_uppercase();
            if let Some((_, stars)) = rating.words.iter().find(|(known, _)| *known == word) {
                return Stars::of(*stars, Decimal::parse("5")?);
            }
        }
        let value = Decimal::parse(&given)?;
        if let Some(top) = first(&rating.scale_at, sight) {
            return Stars::of(value, Decimal::parse(&scalar(&top)?)?);
        }
        match rating.scale {
            Scale::Top(top) => Stars::of(value, top),
            Scale::Between { best, worst } => Stars::between(value, best, worst),
        }
    }
}

/// A text of one line.
pub(super) fn line(at: &[Pointer], sight: &Sight<'_>) -> Option<String> {
    let line = text::clean_line(&scalar(&*first(at, sight)?)?);
    let (kept, _) = text::cut(&line, LINE_CHARS_MAX);
    (!kept.is_empty()).then(|| kept.to_owned())
}

fn address(at: &[Pointer], sight: &Sight<'_>) -> Option<String> {
    let given = scalar(&*first(at, sight)?)?;
    is_address(given.trim()).then(|| given.trim().to_owned())
}

/// A text or a number, as text.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

/// A text of several lines, cleaned and cut; says whether it was cut.
pub(super) fn cut_text(given: &str, html: bool) -> (String, bool) {
    let plain = if html { html::text(given).into() } else { Cow::Borrowed(given) };
    let clean = text::clean_text(&plain);
    match text::cut(&clean, TEXT_CHARS_MAX) {
        (_, false) => (clean, false),
        (kept, true) => (kept.to_owned(), true),
    }
}

/// `fr-FR` is `fr`; what does not begin with two letters alone says nothing.
fn language(given: &str) -> Option<String> {
    let primary = given.split(['-', '_']).next()?;
    let code = primary.len() == 2 && primary.bytes().all(|b| b.is_ascii_alphabetic());
    code.then(|| primary.to_ascii_lowercase())
}

/// A public name, without any word that is an e-mail address: none is ever kept.
fn author(given: &str) -> Option<String> {
    if !given.contains('@') {
        return Some(given.to_owned());
    }
    let kept: Vec<_> = given.split(' ').filter(|word| !is_mail_address(word)).collect();
    (!kept.is_empty()).then(|| kept.join(" "))
}

fn is_mail_address(word: &str) -> bool {
    let inner = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '@');
    inner.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

/// Whether an address may stand in a message: http or https, a host, printable ASCII, no sign-in
/// part, nothing that could end an attribute.
fn is_address(given: &str) -> bool {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| {
        given.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    let rest = scheme.and_then(|scheme| given.get(scheme.len()..)).unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b);
    let hosted = host.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'[');
    given.len() <= ADDRESS_BYTES_MAX && given.bytes().all(plain) && hosted && !host.contains('@')
}

fn filled(pattern: &Pattern, id: &str) -> Option<String> {
    let encoded: Cow<'_, str> = utf8_percent_encode(id, crate::UNRESERVED).into();
    let address = pattern.0.replace("{id}", &encoded);
    is_address(&address).then_some(address)
}

/// The same JSON, every text that is an e-mail address emptied: a rejected event is kept for 30
/// days, and a reviewer's address is not.
pub(super) fn without_addresses(value: Value) -> Value {
    match value {
        Value::String(text) if !text.contains(' ') && is_mail_address(&text) => {
            Value::String(String::new())
        }
        Value::Array(items) => items.into_iter().map(without_addresses).collect(),
        Value::Object(object) => {
            object.into_iter().map(|(key, value)| (key, without_addresses(value))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_never_an_email_address() {
        for (given, kept) in [
            ("Claire D.", Some("Claire D.")),
            ("claire@mail.example", None),
            ("Claire <claire@mail.example>", Some("Claire")),
            ("mailto:claire@mail.example", None),
            ("claire@work", None),
            ("@claire", Some("@claire")),
            ("me @ home", Some("me @ home")),
        ] {
            assert_eq!(author(given).as_deref(), kept, "{given}");
        }
    }

    #[test]
    fn a_language_is_two_letters() {
        for (given, code) in [
            ("fr", Some("fr")),
            ("FR-fr", Some("fr")),
            ("pt_BR", Some("pt")),
            ("french", None),
            ("é1", None),
        ] {
            assert_eq!(language(given).as_deref(), code, "{given}");
        }
    }

    #[test]
    fn only_plain_web_addresses_are_kept() {
        for good in ["https://a.example/r?x=1#y", "http://a.example", "HTTPS://a.example/%20"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "ftp://a.example",
            "https://",
            "https:///x",
            "//a.example",
            "https://a.example/ b",
            "https://a.example/é",
            "https://a.example/\"x",
            "https://a@b.example",
            "https://a.example/\u{7f}",
            "",
            "https://a.example/<b>",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
        assert!(is_address(&format!("https://a.example/{}", "x".repeat(1982))));
        assert!(!is_address(&format!("https://a.example/{}", "x".repeat(1983))));
    }

    #[test]
    fn what_goes_into_a_pattern_is_percent_encoded() {
        let pattern = Pattern("https://a.example/r/{id}".to_owned());
        assert_eq!(filled(&pattern, "a/b?é~").unwrap(), "https://a.example/r/a%2Fb%3F%C3%A9~");
    }

    #[test]
    fn rejected_events_lose_their_email_addresses() {
        let given = serde_json::json!({"a": ["x@y.example", "hello x@y.example"], "b": {"c": 1}});
        let kept = serde_json::json!({"a": ["", "hello x@y.example"], "b": {"c": 1}});
        assert_eq!(without_addresses(given), kept);
    }
}

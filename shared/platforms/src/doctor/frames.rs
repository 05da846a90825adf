//! What a sender may have signed beside the body: an id, a timestamp, and how they are joined.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::signature::{Scheme, StampPlace, claimed};

/// Timestamps and ids looked at: a request has one of each, and a header of thousands is no clue.
const TEXTS_MAX: usize = 2;

/// What is signed: text before the body and text after it.
pub(super) struct Frame {
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
    /// What is signed, where not what the scheme says.
    pub(super) name: Option<String>,
}

/// What may stand around the body, the scheme's own first.
pub(super) fn frames(scheme: &Scheme, headers: &HeaderMap) -> Vec<Frame> {
    let mut all = Frames(Vec::new());
    if let Some((before, after)) = own_frame(scheme, headers) {
        all.push(before, after, None);
    }
    all.push(String::new(), String::new(), Some("the body alone"));
    let ids = ids(headers);
    for stamp in stamps(scheme, headers) {
        all.stamped(&stamp, "", &ids);
        if let Some((other, unit)) = other_unit(&stamp) {
            all.stamped(&other, unit, &ids);
        }
    }
    for id in ids {
        all.push(format!("{id}."), String::new(), Some("{id}.{body}"));
        all.push(id, String::new(), Some("{id}{body}"));
    }
    all.0
}

struct Frames(Vec<Frame>);

impl Frames {
    fn push(&mut self, before: String, after: String, name: Option<&str>) {
        let (before, after) = (before.into_bytes(), after.into_bytes());
        if !self.0.iter().any(|known| known.before == before && known.after == after) {
            self.0.push(Frame { before, after, name: name.map(str::to_owned) });
        }
    }

    /// Every way to join a timestamp, ids and the body; `unit` is said where it was converted.
    fn stamped(&mut self, stamp: &str, unit: &str, ids: &[String]) {
        for id in ids {
            for separator in [".", ":", ""] {
                let s = separator;
                let name = format!("{{id}}{s}{{timestamp}}{s}{{body}}{unit}");
                self.push(format!("{id}{s}{stamp}{s}"), String::new(), Some(&name));
                let name = format!("{{timestamp}}{s}{{id}}{s}{{body}}{unit}");
                self.push(format!("{stamp}{s}{id}{s}"), String::new(), Some(&name));
            }
        }
        for separator in [".", "", ":", "|", "-", ",", "_", "\n", " ", "&", ";"] {
            let shown = if separator == "\n" { "\\n" } else { separator };
            let name = format!("{{timestamp}}{shown}{{body}}{unit}");
            self.push(format!("{stamp}{separator}"), String::new(), Some(&name));
            let name = format!("{{body}}{shown}{{timestamp}}{unit}");
            self.push(String::new(), format!("{separator}{stamp}"), Some(&name));
        }
        for version in ["v0", "v1"] {
            let name = format!("{version}:{{timestamp}}:{{body}}{unit}");
            self.push(format!("{version}:{stamp}:"), String::new(), Some(&name));
        }
    }
}

/// A number of seconds as milliseconds, or the reverse.
fn other_unit(stamp: &str) -> Option<(String, &'static str)> {
    let digits = !stamp.is_empty() && stamp.bytes().all(|byte| byte.is_ascii_digit());
    match stamp.len() {
        9..=11 if digits => Some((format!("{stamp}000"), ", in milliseconds")),
        12..=14 if digits => {
            let seconds = stamp.get(..stamp.len() - 3).unwrap_or_default();
            Some((seconds.to_owned(), ", in seconds"))
        }
        _ => None,
    }
}

/// Every text that may be a signed timestamp: the scheme's own, that of a header that says so by
/// its name, that of a list such as `t=…,v1=…`.
fn stamps(scheme: &Scheme, headers: &HeaderMap) -> Vec<String> {
    let own = match scheme {
        Scheme::Hmac(hmac) => hmac.stamp.as_ref().and_then(|stamp| match &stamp.place {
            StampPlace::Header(name) => Some(name.to_ascii_lowercase()),
            StampPlace::InSignature { .. } => None,
        }),
        _ => None,
    };
    let is_stamp = |name: &str| {
        own.as_deref() == Some(name) || name.ends_with("timestamp") || name.ends_with("-time")
    };
    let mut all = valued(headers, is_stamp);
    let listed = headers.values().filter_map(|value| value.to_str().ok()).flat_map(|text| {
        text.split([',', ';', ' ']).filter_map(|part| {
            let (key, value) = part.trim().split_once('=')?;
            matches!(key, "t" | "ts" | "timestamp").then(|| value.to_owned())
        })
    });
    all.extend(listed.filter(|text| !text.is_empty()));
    all.dedup();
    all.truncate(TEXTS_MAX);
    all
}

/// The texts that may be a message's id, those of webhooks first.
fn ids(headers: &HeaderMap) -> Vec<String> {
    let of_webhook = |name: &str| {
        ["webhook-id", "svix-id", "message-id", "delivery-id", "event-id"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    let mut all = valued(headers, of_webhook);
    all.extend(valued(headers, |name| name.ends_with("-id")));
    all.dedup();
    all.truncate(TEXTS_MAX);
    all
}

fn valued(headers: &HeaderMap, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let named = headers.iter().filter(|(name, _)| wanted(name.as_str()));
    let texts = named.filter_map(|(_, value)| value.to_str().ok());
    texts.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// A body that no header can hold, which marks its own place.
const MARK: &[u8] = b"\0body\0";

/// What the scheme itself puts around the body, if the headers it needs are there. The signature's
/// own header is not needed: the signature may have come in another.
fn own_frame(scheme: &Scheme, headers: &HeaderMap) -> Option<(String, String)> {
    // The body alone needs no header, and a scheme that is guessed has none.
    if matches!(scheme, Scheme::Hmac(hmac) if hmac.stamp.is_none()) {
        return Some((String::new(), String::new()));
    }
    around_mark(scheme, headers).or_else(|| {
        scheme.proof_headers().into_iter().find_map(|name| {
            let mut headers = headers.clone();
            let name: HeaderName = name.parse().ok()?;
            headers.insert(name, HeaderValue::from_static("0"));
            around_mark(scheme, &headers)
        })
    })
}

fn around_mark(scheme: &Scheme, headers: &HeaderMap) -> Option<(String, String)> {
    let claim = claimed(scheme, headers)?;
    let (mut before, mut after, mut seen) = (Vec::new(), Vec::new(), false);
    claim.feed(MARK, |bytes| match bytes {
        MARK => seen = true,
        bytes if seen => after.extend_from_slice(bytes),
        bytes => before.extend_from_slice(bytes),
    });
    Some((String::from_utf8(before).ok()?, String::from_utf8(after).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Preset, headers};

    fn found(preset: &str, lines: &str, before: &str, after: &str) -> Option<String> {
        let headers = headers::parse(lines).unwrap();
        let all = frames(Preset::by_id(preset).unwrap().scheme(), &headers);
        assert!(all.len() < 200, "{} frames", all.len());
        let is = |frame: &&Frame| {
            (frame.before.as_slice(), frame.after.as_slice())
                == (before.as_bytes(), after.as_bytes())
        };
        all.iter().find(is).and_then(|frame| frame.name.clone())
    }

    #[test]
    fn units_and_separators_are_varied() {
        let lines = "podium-signature: 00\npodium-timestamp: 1700000000123\nwebhook-id: m1";
        let named = |before: &str, after: &str| found("podium", lines, before, after);
        assert_eq!(named("1700000000123.", ""), None, "the scheme's own has no name");
        assert_eq!(named("1700000000.", "").as_deref(), Some("{timestamp}.{body}, in seconds"));
        assert_eq!(named("1700000000123\n", "").as_deref(), Some("{timestamp}\\n{body}"));
        assert_eq!(named("", ".1700000000123").as_deref(), Some("{body}.{timestamp}"));
        assert_eq!(
            named("m1.1700000000.", "").as_deref(),
            Some("{id}.{timestamp}.{body}, in seconds")
        );
        assert_eq!(named("m1.", "").as_deref(), Some("{id}.{body}"));
    }

    #[test]
    fn a_timestamp_in_a_list_is_found_and_seconds_become_milliseconds() {
        let named = |before: &str| found("judgeme", "x-sig: t=1700000000,v1=00", before, "");
        assert_eq!(named("1700000000.").as_deref(), Some("{timestamp}.{body}"));
        assert_eq!(named("1700000000000:").as_deref(), Some("{timestamp}:{body}, in milliseconds"));
    }
}

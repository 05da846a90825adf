//! What a sender may have signed beside the body: an id, a timestamp, and how they are joined.

use http::HeaderMap;

use crate::signature::{Scheme, claimed};

/// What is signed: text before the body and text after it.
pub(super) struct Frame {
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
    /// What is signed, where not what the scheme says.
    pub(super) name: Option<String>,
}

/// What may stand around the body, the scheme's own first.
pub(super) fn frames(scheme: &Scheme, headers: &HeaderMap) -> Vec<Frame> {
    let mut all: Vec<Frame> = Vec::new();
    let mut push = |before: String, after: String, name: Option<&str>| {
        let (before, after) = (before.into_bytes(), after.into_bytes());
        if !all.iter().any(|known| known.before == before && known.after == after) {
            all.push(Frame { before, after, name: name.map(str::to_owned) });
        }
    };
    if let Some((before, after)) = own_frame(scheme, headers) {
        push(before, after, None);
    }
    push(String::new(), String::new(), Some("the body alone"));
    let named = |end: &str| {
        headers
            .iter()
            .find(|(name, _)| name.as_str().ends_with(end))
            .and_then(|(_, v)| v.to_str().ok())
    };
    if let Some(stamp) = named("timestamp").map(str::trim) {
        if let Some(id) = named("-id").map(str::trim) {
            push(format!("{id}.{stamp}."), String::new(), Some("{id}.{timestamp}.{body}"));
        }
        push(format!("{stamp}."), String::new(), Some("{timestamp}.{body}"));
        push(stamp.to_owned(), String::new(), Some("{timestamp}{body}"));
        push(format!("{stamp}:"), String::new(), Some("{timestamp}:{body}"));
        push(format!("v0:{stamp}:"), String::new(), Some("v0:{timestamp}:{body}"));
        push(String::new(), stamp.to_owned(), Some("{body}{timestamp}"));
        push(format!("{stamp}000."), String::new(), Some("{timestamp}.{body}, in milliseconds"));
        let seconds = stamp.get(..stamp.len().saturating_sub(3)).unwrap_or_default();
        push(format!("{seconds}."), String::new(), Some("{timestamp}.{body}, in seconds"));
    }
    all
}

/// A body that no header can hold, which marks its own place.
const MARK: &[u8] = b"\0body\0";

/// What the scheme itself puts around the body, if the headers it needs are there.
fn own_frame(scheme: &Scheme, headers: &HeaderMap) -> Option<(String, String)> {
    let claim = claimed(scheme, headers)?;
    let (mut before, mut after, mut seen) = (Vec::new(), Vec::new(), false);
    claim.feed(MARK, |bytes| match bytes {
        MARK => seen = true,
        bytes if seen => after.extend_from_slice(bytes),
        bytes => before.extend_from_slice(bytes),
    });
    Some((String::from_utf8(before).ok()?, String::from_utf8(after).ok()?))
}

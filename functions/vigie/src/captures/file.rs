//! One kept request as a file: a line of JSON, and behind it the body as it arrived.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vigie_domain::{Digest, Mentions};

/// The largest file that is read: a body of 1 MiB, and headers.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// What is kept of a request beside its body. Never a token of its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Capture {
    /// The id that its answer and the log carry.
    pub(crate) request: String,
    /// When it came.
    pub(crate) at: Timestamp,
    pub(crate) source: String,
    /// The code with which it was refused.
    pub(crate) reason: String,
    pub(crate) method: String,
    /// Its path without the token, and without a query.
    pub(crate) path: String,
    /// Whether a token stood in its address.
    pub(crate) token: bool,
    /// What followed the question mark, where the platform's proof stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<String>,
    /// Names and values. Values are bytes: each stands as the character of its number.
    headers: Vec<(String, String)>,
    body_bytes: usize,
    body_sha256: String,
}

/// Why a kept request cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRead {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("is damaged: {0}")]
    Damaged(&'static str),
}

/// What is known of a request beside its headers and its body.
pub(crate) struct About<'a> {
    pub(crate) request: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) source: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) method: &'a str,
    /// The last part of its address, if there was one, as it came and decoded.
    pub(crate) tokens: &'a [&'a str],
    /// What followed the question mark, where the platform's proof stands there.
    pub(crate) query: Option<&'a str>,
}

impl Capture {
    pub(crate) fn of(about: &About<'_>, headers: &HeaderMap, body: &[u8]) -> Self {
        let written = headers.iter().map(|(name, value)| {
            let text: String = value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
            (name.as_str().to_owned(), without(text, about.tokens))
        });
        Self {
            request: about.request.to_owned(),
            at: about.at,
            source: about.source.to_owned(),
            reason: about.reason.to_owned(),
            method: about.method.to_owned(),
            path: format!("/hooks/{}", about.source),
            token: !about.tokens.is_empty(),
            query: about.query.map(ToOwned::to_owned),
            headers: written.collect(),
            body_bytes: body.len(),
            body_sha256: Digest::of_bytes(body).to_hex(),
        }
    }

    /// Reads a file, and holds it against what it says of itself.
    pub(crate) fn read(path: &Path) -> Result<(Self, Vec<u8>), NotRead> {
        let mut bytes = Vec::new();
        File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let end = end.ok_or(NotRead::Damaged("it ends before the body"))?;
        let body = bytes.split_off(end + 1);
        let capture: Self = serde_json::from_slice(&bytes)
            .map_err(|_| NotRead::Damaged("its first line is not what the server writes"))?;
        if body.len() != capture.body_bytes {
            return Err(NotRead::Damaged("its body is not as long as it says"));
        }
        if Digest::of_bytes(&body).to_hex() != capture.body_sha256 {
            return Err(NotRead::Damaged("its body is not the one that was kept"));
        }
        Ok((capture, body))
    }

    /// The headers as they came.
    pub(crate) fn headers(&self) -> Result<HeaderMap, NotRead> {
        let typed = |(name, value): &(String, String)| {
            let bytes: Option<Vec<u8>> = value.chars().map(|c| u8::try_from(c).ok()).collect();
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(&bytes?).ok()?))
        };
        let all: Option<HeaderMap> = self.headers.iter().map(typed).collect();
        all.ok_or(NotRead::Damaged("a header is none"))
    }

    /// Bytes of its body.
    pub(crate) const fn body_bytes(&self) -> usize {
        self.body_bytes
    }
}

/// Whether a file mentions something, in its headers or its body.
pub(crate) fn mentions(path: &Path, said: &Mentions) -> bool {
    match Capture::read(path) {
        Ok((capture, body)) => {
            let headers = capture.headers.iter().any(|(_, value)| said.in_text(value));
            headers || said.in_json(&String::from_utf8_lossy(&body))
        }
        // One that is gone meanwhile says nothing.
        Err(_) => {
            std::fs::read(path).is_ok_and(|bytes| said.in_text(&String::from_utf8_lossy(&bytes)))
        }
    }
}

/// Fewest characters of a token that is taken out: shorter ones are no secrets, and stand anywhere.
const TOKEN_CHARS_MIN: usize = 6;

/// A header's value without the tokens: proxies repeat the address in headers of their own.
fn without(value: String, tokens: &[&str]) -> String {
    let long = tokens.iter().filter(|token| token.len() >= TOKEN_CHARS_MIN);
    long.fold(value, |value, token| value.replace(token, "-"))
}

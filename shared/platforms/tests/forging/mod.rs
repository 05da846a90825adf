//! Forging: requests that verify, with one bit flipped.
//!
//! What a flip makes is judged by a rule that does not ask the verifier. A request still *says the
//! same* if what is signed (the body, the time, the id) has not changed by a byte, and the right
//! signature still stands in it, once it is decoded. All else is a forgery, and must be refused.

mod cases;
mod reading;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use vigie_platforms::{Request, Scheme, Verifier};

pub(crate) use cases::{of_presets, of_vectors};
use reading::{Said, read};

/// A request in parts that can be altered.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) headers: Vec<(HeaderName, Vec<u8>)>,
    pub(crate) path_token: Option<Vec<u8>>,
    pub(crate) query: Option<Vec<u8>>,
    pub(crate) body: Vec<u8>,
}

/// A request that verifies.
pub(crate) struct Case {
    name: String,
    verifier: Verifier,
    at: Timestamp,
    sent: Sent,
    /// What it says, with no signature but the right one.
    said: Said,
}

/// What became of the flips.
#[derive(Default)]
pub(crate) struct Tally {
    /// Forgeries that were tried.
    pub(crate) tried: usize,
    /// Flips after which the request still says the same.
    pub(crate) same: usize,
    /// Flips that no HTTP carries: a control character in a header, say.
    pub(crate) unsendable: usize,
    /// Forgeries that were taken.
    pub(crate) taken: Vec<String>,
}

/// Where a bit is flipped.
#[derive(Debug, Clone, Copy)]
enum Part {
    Header(usize),
    Token,
    Query,
    Body,
}

impl Sent {
    fn part(&mut self, part: Part) -> Option<&mut Vec<u8>> {
        match part {
            Part::Header(at) => self.headers.get_mut(at).map(|(_, value)| value),
            Part::Token => self.path_token.as_mut(),
            Part::Query => self.query.as_mut(),
            Part::Body => Some(&mut self.body),
        }
    }

    /// Verifies it; `None` where no HTTP carries it.
    pub(crate) fn verifies(&self, verifier: &Verifier, at: Timestamp) -> Option<bool> {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            headers.append(name, HeaderValue::from_bytes(value).ok()?);
        }
        let text = |bytes: &Option<Vec<u8>>| match bytes {
            None => Some(None),
            Some(bytes) => String::from_utf8(bytes.clone()).ok().map(Some),
        };
        let (path_token, query) = (text(&self.path_token)?, text(&self.query)?);
        let request = Request {
            headers: &headers,
            path_token: path_token.as_deref(),
            query: query.as_deref(),
            body: &self.body,
        };
        Some(verifier.verify(&request, at).is_ok())
    }
}

impl Case {
    /// A request that verifies by one signature. `None` where it does not, or no signature alone
    /// is the right one.
    pub(crate) fn new(name: String, verifier: Verifier, at: Timestamp, sent: Sent) -> Option<Self> {
        if sent.verifies(&verifier, at) != Some(true) {
            return None;
        }
        let said = read(verifier.scheme(), &sent);
        let mut right = said.signatures.iter().filter(|signature| {
            let alone = reading::with_only(verifier.scheme(), &sent, signature);
            alone.verifies(&verifier, at) == Some(true)
        });
        let signatures = vec![right.next()?.clone()];
        let said = Said { signatures, ..said };
        Some(Self { name, verifier, at, sent, said })
    }

    /// The scheme's kind: `hmac`.
    pub(crate) fn kind(&self) -> &'static str {
        self.verifier.scheme().proof()
    }

    /// What is covered: every header that the scheme reads, the token, the body where it is signed.
    fn parts(&self) -> Vec<Part> {
        let scheme = self.verifier.scheme();
        let read = reading::headers(scheme);
        let named = |name: &HeaderName| read.iter().any(|r| name.as_str().eq_ignore_ascii_case(r));
        let headers = self.sent.headers.iter().enumerate();
        let headers = headers.filter(|(_, (name, _))| named(name)).map(|(at, _)| Part::Header(at));
        let in_query = matches!(scheme, Scheme::Jwt(_)).then_some(Part::Query);
        let others = [
            self.sent.path_token.is_some().then_some(Part::Token),
            in_query.filter(|_| self.sent.query.is_some()),
            scheme.signed().then_some(Part::Body),
        ];
        headers.chain(others.into_iter().flatten()).collect()
    }

    /// Flips each bit, or one of `every`, and counts what becomes of it.
    pub(crate) fn forge(&self, every: usize, tally: &mut Tally) {
        let mut sent = self.sent.clone();
        let mut number = 0_usize;
        for part in self.parts() {
            let bits = sent.part(part).map_or(0, |bytes| bytes.len() * 8);
            for bit in 0..bits {
                number += 1;
                if !number.is_multiple_of(every) {
                    continue;
                }
                flip(&mut sent, part, bit);
                self.judge(&sent, part, bit, tally);
                flip(&mut sent, part, bit);
            }
        }
    }

    fn judge(&self, sent: &Sent, part: Part, bit: usize, tally: &mut Tally) {
        let Some(taken) = sent.verifies(&self.verifier, self.at) else {
            tally.unsendable += 1;
            return;
        };
        if self.said.is_in(&read(self.verifier.scheme(), sent)) {
            tally.same += 1;
            return;
        }
        tally.tried += 1;
        if taken {
            tally.taken.push(format!("{}: {part:?}, bit {bit}", self.name));
        }
    }
}

fn flip(sent: &mut Sent, part: Part, bit: usize) {
    if let Some(byte) = sent.part(part).and_then(|bytes| bytes.get_mut(bit / 8)) {
        *byte ^= 1 << (bit % 8);
    }
}

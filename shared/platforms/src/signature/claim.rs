//! What a request's headers claim: signatures, and what was signed beside the body.

use http::HeaderMap;
use jiff::Timestamp;

use super::Refusal;
use super::encoding::Encoding;
use super::scheme::{Family, HmacScheme, Scheme, StampPlace, StampUnit};
use super::stamp;
use super::template::{Piece, Template};
use crate::headers::{Once, once};

/// Signatures tried of one header at most: rotation needs two, and a header of thousands is an
/// attack on our time.
const SIGNATURES_MAX: usize = 16;

/// What the headers of a signed request say.
pub(crate) struct Claim<'a> {
    /// Decoded signatures; those that cannot be decoded are left out.
    pub(crate) signatures: Vec<Vec<u8>>,
    /// Decoded signatures by a private key (`v1a` of Standard Webhooks).
    pub(crate) asymmetric: Vec<Vec<u8>>,
    signed: Content<'a>,
}

enum Content<'a> {
    Body,
    Stamped { template: &'a Template, unit: StampUnit, stamp: &'a [u8] },
    Message { id: &'a [u8], stamp: &'a [u8] },
}

impl<'a> Claim<'a> {
    /// Reads the headers of a signed scheme.
    pub(crate) fn read(scheme: &'a Scheme, headers: &'a HeaderMap) -> Result<Self, Refusal> {
        match scheme {
            Scheme::Hmac(hmac) => Self::of_hmac(hmac, headers),
            Scheme::StandardWebhooks { families } => Self::of_message(families, headers),
            _ => Err(Refusal::SignatureMismatch),
        }
    }

    fn of_hmac(hmac: &'a HmacScheme, headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let mut given = Vec::with_capacity(1);
        for name in &hmac.headers {
            match once(headers, name) {
                Once::Missing => {}
                Once::Conflicting => return Err(Refusal::SignatureMismatch),
                Once::Value(value) => given.push(value),
            }
        }
        let first = *given.first().ok_or(Refusal::SignatureMissing)?;
        let Some(stamped) = &hmac.stamp else {
            let signatures = given.iter().filter_map(|value| hmac.decode(value)).collect();
            return Ok(Self { signatures, asymmetric: Vec::new(), signed: Content::Body });
        };
        let (template, unit) = (&stamped.signed, stamped.unit);
        let (signatures, stamp) = match &stamped.place {
            StampPlace::Header(name) => {
                let signatures = given.iter().filter_map(|value| hmac.decode(value)).collect();
                (signatures, needed(headers, name)?)
            }
            StampPlace::InSignature { stamp, signature } => {
                listed(hmac.encoding, first, stamp.as_bytes(), signature.as_bytes())?
            }
        };
        let signed = Content::Stamped { template, unit, stamp };
        Ok(Self { signatures, asymmetric: Vec::new(), signed })
    }

    fn of_message(families: &[Family], headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let used = families.iter().find(|f| once(headers, f.names()[2]) != Once::Missing);
        let [id, stamp, signature] = used.ok_or(Refusal::SignatureMissing)?.names();
        let list = needed(headers, signature)?;
        let signed = Content::Message { id: needed(headers, id)?, stamp: needed(headers, stamp)? };
        let of_version = |version: &'static [u8]| {
            let items = list.split(|b| *b == b' ').take(SIGNATURES_MAX);
            let texts = items.filter_map(move |one| one.strip_prefix(version));
            texts.filter_map(|text| Encoding::Base64.decode(text)).collect()
        };
        Ok(Self { signatures: of_version(b"v1,"), asymmetric: of_version(b"v1a,"), signed })
    }

    /// Gives what was signed, piece by piece.
    pub(crate) fn feed(&self, body: &[u8], mut sink: impl FnMut(&[u8])) {
        match &self.signed {
            Content::Body => sink(body),
            Content::Message { id, stamp } => {
                for bytes in [id, b".".as_slice(), stamp, b".", body] {
                    sink(bytes);
                }
            }
            Content::Stamped { template, stamp, .. } => {
                for piece in template.pieces() {
                    match piece {
                        Piece::Text(text) => sink(text.as_bytes()),
                        Piece::Timestamp => sink(stamp),
                        Piece::Body => sink(body),
                    }
                }
            }
        }
    }

    /// The timestamp as it came, and its unit.
    pub(crate) const fn stamp(&self) -> Option<(StampUnit, &'a [u8])> {
        match self.signed {
            Content::Body => None,
            Content::Stamped { unit, stamp, .. } => Some((unit, stamp)),
            Content::Message { stamp, .. } => Some((StampUnit::S, stamp)),
        }
    }

    /// Refuses a timestamp that is too far from now.
    pub(crate) fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.stamp() {
            Some((unit, text)) if !stamp::within(unit, text, now) => {
                Err(Refusal::TimestampOutsideTolerance)
            }
            _ => Ok(()),
        }
    }
}

impl HmacScheme {
    fn decode(&self, value: &[u8]) -> Option<Vec<u8>> {
        self.encoding.decode(value.strip_prefix(self.prefix.as_bytes())?)
    }
}

fn needed<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a [u8], Refusal> {
    match once(headers, name) {
        Once::Missing => Err(Refusal::SignatureMissing),
        Once::Conflicting => Err(Refusal::SignatureMismatch),
        Once::Value(value) => Ok(value),
    }
}

/// Reads `t=1700000000,v1=<hex>,v1=<hex>`. Without a timestamp, or with two, it cannot be read.
fn listed<'a>(
    encoding: Encoding,
    header: &'a [u8],
    stamp_key: &[u8],
    signature_key: &[u8],
) -> Result<(Vec<Vec<u8>>, &'a [u8]), Refusal> {
    let mut stamps = Vec::new();
    let mut signatures = Vec::new();
    for item in header.split(|b| *b == b',').take(SIGNATURES_MAX) {
        let item = item.trim_ascii();
        let Some(at) = item.iter().position(|b| *b == b'=') else { continue };
        let (key, value) = item.split_at(at);
        let value = value.get(1..).unwrap_or_default();
        if key == stamp_key {
            stamps.push(value);
        } else if key == signature_key {
            signatures.extend(encoding.decode(value));
        }
    }
    match stamps[..] {
        [stamp] => Ok((signatures, stamp)),
        _ => Err(Refusal::SignatureMismatch),
    }
}

//! What a request says, read apart from the code that verifies, and more generously: whatever could
//! be a signature counts, however it is spelt.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::HeaderName;
use vigie_platforms::Scheme;
use vigie_platforms::signature::{Encoding, Family, HmacScheme, JwtPlace, Stamp, StampPlace};

use super::Sent;

/// Padded or not, and whatever the bits are that carry nothing.
const GENEROUS: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, GENEROUS);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, GENEROUS);

/// What a request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// What is signed, in its pieces: the body, the time, the id, a token's first two parts.
    pub(super) content: Vec<Vec<u8>>,
    /// Whatever may be a signature, decoded; a secret that travels counts as one.
    pub(super) signatures: Vec<Vec<u8>>,
}

impl Said {
    /// Whether another request says this too.
    pub(super) fn is_in(&self, other: &Self) -> bool {
        self.content == other.content
            && self.signatures.iter().all(|right| other.signatures.contains(right))
    }
}

/// The headers that a scheme reads.
pub(super) fn headers(scheme: &Scheme) -> Vec<&str> {
    match scheme {
        Scheme::Hmac(hmac) => {
            let stamp = hmac.stamp.as_ref().and_then(|stamp| match &stamp.place {
                StampPlace::Header(name) => Some(name.as_str()),
                StampPlace::InSignature { .. } => None,
            });
            hmac.headers.iter().map(String::as_str).chain(stamp).collect()
        }
        Scheme::StandardWebhooks { families } => families.iter().flat_map(|f| f.names()).collect(),
        scheme => scheme.proof_headers(),
    }
}

/// Reads a request.
pub(super) fn read(scheme: &Scheme, sent: &Sent) -> Said {
    let mut said = Said { content: Vec::new(), signatures: Vec::new() };
    if scheme.signed() && !scheme.body_is_token() {
        said.content.push(sent.body.clone());
    }
    match scheme {
        Scheme::Hmac(hmac) => {
            let encoded = |text: &[u8]| decoded(hmac.encoding, text);
            let values = hmac.headers.iter().flat_map(|name| values(sent, name));
            match hmac.stamp.as_ref().map(|stamp| &stamp.place) {
                Some(StampPlace::InSignature { stamp, signature }) => {
                    for (key, value) in values.flat_map(members) {
                        if key == stamp.as_bytes() {
                            said.content.push(value.to_vec());
                        } else if key == signature.as_bytes() {
                            said.signatures.extend(encoded(value));
                        }
                    }
                }
                place => {
                    let prefix = hmac.prefix.as_bytes();
                    let bare = values.filter_map(|value| value.strip_prefix(prefix));
                    said.signatures = bare.filter_map(encoded).collect();
                    if let Some(StampPlace::Header(name)) = place {
                        said.content.extend(self::values(sent, name).map(<[u8]>::to_vec));
                    }
                }
            }
        }
        Scheme::StandardWebhooks { families } => {
            for [id, stamp, list] in families.iter().map(|family: &Family| family.names()) {
                let signed = values(sent, id).chain(values(sent, stamp));
                said.content.extend(signed.map(<[u8]>::to_vec));
                let items = values(sent, list).flat_map(|value| value.split(|b| *b == b' '));
                let texts = items.filter_map(|item| {
                    item.strip_prefix(b"v1,").or_else(|| item.strip_prefix(b"v1a,"))
                });
                said.signatures.extend(texts.filter_map(|text| BASE64.decode(text).ok()));
            }
        }
        Scheme::Jwt(jwt) => tokens(&jwt.place, sent).iter().for_each(|token| {
            let Some(at) = token.iter().rposition(|byte| *byte == b'.') else { return };
            let (signed, signature) = token.split_at(at);
            // A token's parts are signed as they are spelt.
            if let Ok(signature) = BASE64_URL.decode(signature.get(1..).unwrap_or_default()) {
                said.signatures.push([signed, b" by ", &signature].concat());
            }
        }),
        Scheme::Ecdsa(ecdsa) => {
            let json = values(sent, &ecdsa.header).filter_map(|value| BASE64.decode(value).ok());
            let texts = json.filter_map(|json| {
                // What is no UTF-8 in a member that proves nothing hides no signature.
                let json = String::from_utf8_lossy(&json);
                let all: BTreeMap<String, serde_json::Value> = serde_json::from_str(&json).ok()?;
                all.get("signature")?.as_str().map(str::to_owned)
            });
            said.signatures = texts.filter_map(|text| BASE64.decode(text).ok()).collect();
        }
        Scheme::SharedHeader { headers } => {
            let values = headers.iter().flat_map(|name| values(sent, name));
            said.signatures = values.map(<[u8]>::to_vec).collect();
        }
        Scheme::Basic => {
            let texts = values(sent, "authorization").filter_map(|value| value.get(6..));
            said.signatures =
                texts.filter_map(|text| BASE64.decode(text.trim_ascii()).ok()).collect();
        }
        Scheme::PathToken => said.signatures.extend(sent.path_token.clone()),
        Scheme::None => {}
    }
    said
}

/// The request with no signature but this one.
pub(super) fn with_only(scheme: &Scheme, sent: &Sent, signature: &[u8]) -> Sent {
    let mut alone = sent.clone();
    let lists = scheme.proof_headers();
    let is_list = |name: &str| lists.iter().any(|list| list.eq_ignore_ascii_case(name));
    match scheme {
        Scheme::StandardWebhooks { .. } => {
            let of_headers = alone.headers.iter_mut().filter(|(name, _)| is_list(name.as_str()));
            // One of the two is a lie about the version, and proves nothing.
            let text = BASE64.encode(signature);
            of_headers.for_each(|(_, value)| *value = format!("v1,{text} v1a,{text}").into());
        }
        // One header holds several: the others are taken out of it.
        Scheme::Hmac(HmacScheme {
            encoding,
            stamp: Some(Stamp { place: StampPlace::InSignature { signature: key, .. }, .. }),
            ..
        }) => {
            let other = |item: &&[u8]| {
                let is = |(k, v)| {
                    k == key.as_bytes() && decoded(*encoding, v).as_deref() != Some(signature)
                };
                members(item).any(is)
            };
            for (_, value) in alone.headers.iter_mut().filter(|(name, _)| is_list(name.as_str())) {
                let kept = value.split(|byte| *byte == b',').filter(|item| !other(item));
                *value = kept.collect::<Vec<_>>().join(&b',');
            }
        }
        // Several headers hold one each.
        _ => {
            let is = |header: &(HeaderName, Vec<u8>)| {
                let one = Sent { headers: vec![header.clone()], ..sent.clone() };
                read(scheme, &one).signatures.iter().any(|one| one == signature)
            };
            alone.headers.retain(|header| !is_list(header.0.as_str()) || is(header));
        }
    }
    alone
}

fn decoded(encoding: Encoding, text: &[u8]) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Base64 => BASE64.decode(text).ok(),
        Encoding::Hex => {
            let text = std::str::from_utf8(text).ok()?;
            let digits: Option<Vec<u8>> =
                text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
            let digits = digits?;
            let pairs = digits.chunks(2).map(|pair| match pair {
                [high, low] => Some(high << 4 | low),
                _ => None,
            });
            pairs.collect()
        }
    }
}

/// The values of a header, without the white space that HTTP takes off them.
fn values<'a>(sent: &'a Sent, name: &str) -> impl Iterator<Item = &'a [u8]> {
    let named = sent.headers.iter().filter(move |(n, _)| n.as_str().eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.trim_ascii()).collect::<Vec<_>>().into_iter()
}

/// The members of `t=1,v1=ab`.
fn members(value: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    value.split(|byte| *byte == b',').filter_map(|item| {
        let item = item.trim_ascii();
        let at = item.iter().position(|byte| *byte == b'=')?;
        Some((item.get(..at)?, item.get(at + 1..)?))
    })
}

fn tokens(place: &JwtPlace, sent: &Sent) -> Vec<Vec<u8>> {
    match place {
        JwtPlace::Bearer => {
            let words = values(sent, "authorization").filter_map(|value| value.get(7..));
            words.map(|token| token.trim_ascii().to_vec()).collect()
        }
        // Unicode knows more white space than HTTP does.
        JwtPlace::Body => {
            let text = String::from_utf8_lossy(&sent.body);
            vec![text.trim().as_bytes().to_vec()]
        }
        JwtPlace::Query(name) => {
            let query = sent.query.as_deref().unwrap_or_default();
            let pairs = query.split(|byte| *byte == b'&');
            let of =
                pairs.filter_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
            of.map(|token| percent_encoding::percent_decode(token).collect()).collect()
        }
    }
}

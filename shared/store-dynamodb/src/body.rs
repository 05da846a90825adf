//! Bodies: what an item keeps of a type of the domain, packed.
//!
//! DynamoDB charges a write for each kilobyte of the whole item, each time. JSON repeats in each
//! body the names of its fields and what the words of reviews are like; so it is deflated with
//! both known beforehand. A review with a text of a kilobyte is then written for one unit and not
//! for three. `vigie explain` shows what lies there.

use std::borrow::Cow;
use std::fmt;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use vigie_ports::StoreError;

use crate::fault;
use crate::item::{from_body, to_body};

/// The first byte of a body: deflated (RFC 1951) behind the text of [`KNOWN`].
const PACKED: u8 = 1;
/// What is known beforehand, the likeliest at its end. What was packed with it is only read with
/// it: another text gets another first byte.
const KNOWN: &[u8] = include_bytes!("body/known-1.txt");
/// The window, as a power of two: longer than what is known; a larger one takes time to clear.
const WINDOW: u8 = 13;
/// No body is longer: an item is of 400 kB at most, and text packs to a tenth at best.
const LENGTH_MAX: usize = 8 << 20;

/// A body as it lies in an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body(Vec<u8>);

impl Body {
    pub(crate) fn of(from: &impl Serialize) -> Result<Self, StoreError> {
        let text = to_body(from)?;
        let fault = || StoreError::Corrupt("a body that cannot be packed".to_owned());
        let mut packed = Vec::with_capacity(text.len() + text.len() / 1000 + 64);
        packed.push(PACKED);
        let mut deflate = Compress::new_with_window_bits(Compression::default(), false, WINDOW);
        deflate.set_dictionary(KNOWN).map_err(|_| fault())?;
        let end = deflate.compress_vec(text.as_bytes(), &mut packed, FlushCompress::Finish);
        match end {
            Ok(flate2::Status::StreamEnd) => Ok(Self(packed)),
            _ => Err(fault()),
        }
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, pk: &str) -> Result<T, StoreError> {
        let text = unpack(&self.0).ok_or_else(|| fault::corrupt(pk, "its body is not whole"))?;
        from_body(pk, &text)
    }

    /// The body of an item, which may be a text too: one that a person wrote there.
    pub(crate) fn in_item(value: Option<&AttributeValue>) -> Self {
        match value {
            Some(AttributeValue::B(bytes)) => Self(bytes.as_ref().to_vec()),
            Some(AttributeValue::S(text)) => Self(text.as_bytes().to_vec()),
            _ => Self(Vec::new()),
        }
    }

    pub(crate) fn into_value(self) -> AttributeValue {
        AttributeValue::B(Blob::new(self.0))
    }
}

/// The text of a body's bytes; `None` where they are cut, or were packed by a newer version.
///
/// ```
/// assert_eq!(vigie_store_dynamodb::body::unpack(b"{}").as_deref(), Some("{}"));
/// assert_eq!(vigie_store_dynamodb::body::unpack(&[1, 0xFF]), None);
/// ```
pub fn unpack(bytes: &[u8]) -> Option<Cow<'_, str>> {
    match bytes.split_first() {
        Some((&PACKED, deflated)) => inflated(deflated).map(Cow::Owned),
        _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    }
}

fn inflated(deflated: &[u8]) -> Option<String> {
    let mut inflate = Decompress::new(false);
    inflate.set_dictionary(KNOWN).ok()?;
    let mut text = Vec::with_capacity(deflated.len() * 4 + 256);
    loop {
        let rest = deflated.get(inflate.total_in() as usize..)?;
        let before = text.len();
        match inflate.decompress_vec(rest, &mut text, FlushDecompress::None).ok()? {
            flate2::Status::StreamEnd => return String::from_utf8(text).ok(),
            _ if text.len() == text.capacity() && text.len() < LENGTH_MAX => {
                text.reserve(text.len());
            }
            _ if text.len() == before => return None,
            _ => {}
        }
    }
}

impl Serialize for Body {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        /// Takes bytes, and text.
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Body;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a body")
            }
            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Body, E> {
                Ok(Body(bytes.to_vec()))
            }
            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Body, E> {
                Ok(Body(bytes))
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Body, E> {
                Ok(Body(text.as_bytes().to_vec()))
            }
        }
        from.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        Body::of(&text).unwrap().0
    }

    fn unpacked(bytes: &[u8]) -> Option<String> {
        unpack(bytes).map(|json| serde_json::from_str(&json).unwrap())
    }

    /// Text that nothing makes shorter.
    fn noise(length: usize) -> String {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'#' + (state >> 33) as u8 % 80)
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn what_is_packed_is_read_as_it_was() {
        for length in [0, 1, 10, 100, 1000, 16_383, 100_000, 380_000] {
            let (flat, noise) = ("é".repeat(length), noise(length));
            assert_eq!(unpacked(&packed(&flat)).as_ref(), Some(&flat));
            assert_eq!(unpacked(&packed(&noise)).as_ref(), Some(&noise));
            assert!(packed(&noise).len() < length + length / 8 + 80, "{length}");
        }
    }

    /// What this version wrote, every later one reads.
    #[test]
    fn the_first_format_stays_readable() {
        let text = "Livraison rapide, merci beaucoup";
        let bytes = [1, 83, 66, 239, 64, 162, 119, 177, 148, 0];
        assert_eq!(unpacked(&bytes).as_deref(), Some(text));
        assert_eq!(packed(text), bytes);
        assert_eq!(vigie_domain::Digest::of_bytes(KNOWN).prefix(), 4_107_033_960_851_488_198);
    }

    #[test]
    fn what_is_cut_or_of_another_format_is_refused() {
        let whole = packed(&"Une lampe, et ce qu'on en dit. ".repeat(40));
        for length in 1..whole.len() {
            assert_eq!(unpack(&whole[..length]), None, "{length} bytes");
        }
        assert_eq!(unpack(&[2, 0xC0, 0x80]), None);
        let corrupt = Body(whole[..20].to_vec()).read::<String>("R#a#1").unwrap_err();
        assert!(corrupt.to_string().contains("R#a#1"), "{corrupt}");
    }

    #[test]
    fn what_would_fill_the_memory_is_refused() {
        assert_eq!(unpack(&packed(&"a".repeat(2 * LENGTH_MAX))), None);
    }
}

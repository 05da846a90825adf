//! Signing as a platform would: the exact inverse of verifying.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use secrecy::SecretString;

use super::encoding::Encoding;
use super::keys::{HashKind, KeyedMac, SecretFault, SecretForm, SecretProblem, travelling};
use super::scheme::{Family, HmacScheme, Piece, Scheme, Stamp, StampPlace};
use super::stamp::written;

/// What a signed request carries. Its `Debug` shows names only: values may be secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// Header names and values.
    pub headers: Vec<(String, String)>,
    /// The last part of the address, where the scheme puts its secret there.
    pub path_token: Option<String>,
}

impl Signed {
    /// The headers as a map.
    pub fn header_map(&self) -> HeaderMap {
        let typed = self.headers.iter().filter_map(|(name, value)| {
            Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?))
        });
        typed.collect()
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        let token = self.path_token.as_ref().map(|_| "…");
        f.debug_struct("Signed").field("headers", &names).field("path_token", &token).finish()
    }
}

/// Signs a body as the platform would, at a time. `id` names the message where the scheme signs
/// one (Standard Webhooks); elsewhere it is not used.
///
/// # Errors
/// The secret cannot work for the scheme.
///
/// ```
/// use vigie_platforms::{Preset, signature::sign};
/// let scheme = Preset::by_id("generic-hmac").unwrap().scheme();
/// let now = jiff::Timestamp::UNIX_EPOCH;
/// let signed = sign(scheme, &"Convoy".into(), b"Test Payload Body", "", now).unwrap();
/// assert_eq!(signed.headers[0].0, "X-Signature-256");
/// assert!(signed.headers[0].1.starts_with("sha256=d7a15454"));
/// ```
pub fn sign(
    scheme: &Scheme,
    secret: &SecretString,
    body: &[u8],
    id: &str,
    now: Timestamp,
) -> Result<Signed, SecretFault> {
    let fault = |problem| SecretFault { index: 0, problem };
    let headers = match scheme {
        Scheme::Hmac(hmac) => sign_hmac(hmac, secret, body, now),
        Scheme::StandardWebhooks { families } => sign_message(families, secret, body, id, now),
        Scheme::SharedHeader { headers } => travelling(secret).map(|text| {
            headers.first().map(|name| (name.clone(), text.to_owned())).into_iter().collect()
        }),
        Scheme::PathToken => {
            let token = travelling(secret).map_err(fault)?.to_owned();
            return Ok(Signed { headers: Vec::new(), path_token: Some(token) });
        }
    };
    Ok(Signed { headers: headers.map_err(fault)?, path_token: None })
}

type Headers = Result<Vec<(String, String)>, SecretProblem>;

fn sign_hmac(hmac: &HmacScheme, secret: &SecretString, body: &[u8], now: Timestamp) -> Headers {
    let key = hmac.secret.key(secret)?;
    let name = hmac.headers.first().cloned().unwrap_or_default();
    let Some(stamp) = &hmac.stamp else {
        let signature = hmac.encoding.encode(&mac(hmac.hash, &key, &[body]));
        return Ok(vec![(name, format!("{}{signature}", hmac.prefix))]);
    };
    let text = written(stamp.unit, now);
    let bytes = mac(hmac.hash, &key, &pieces(stamp, text.as_bytes(), body));
    let signature = hmac.encoding.encode(&bytes);
    Ok(match &stamp.place {
        StampPlace::Header(stamp_name) => {
            vec![(name, format!("{}{signature}", hmac.prefix)), (stamp_name.clone(), text)]
        }
        StampPlace::InSignature { stamp: t, signature: v } => {
            vec![(name, format!("{t}={text},{v}={signature}"))]
        }
    })
}

fn pieces<'a>(stamp: &'a Stamp, text: &'a [u8], body: &'a [u8]) -> Vec<&'a [u8]> {
    let bytes = stamp.signed.pieces().iter().map(|piece| match piece {
        Piece::Text(text) => text.as_bytes(),
        Piece::Timestamp => text,
        Piece::Body => body,
    });
    bytes.collect()
}

fn sign_message(
    families: &[Family],
    secret: &SecretString,
    body: &[u8],
    id: &str,
    now: Timestamp,
) -> Headers {
    let key = SecretForm::Whsec.key(secret)?;
    let stamp = now.as_second().to_string();
    let signed = [id.as_bytes(), b".", stamp.as_bytes(), b".", body];
    let signature = Encoding::Base64.encode(&mac(HashKind::Sha256, &key, &signed));
    let family = families.first().copied().unwrap_or(Family::Webhook);
    let values = [id.to_owned(), stamp, format!("v1,{signature}")];
    Ok(family.names().into_iter().map(str::to_owned).zip(values).collect())
}

fn mac(hash: HashKind, key: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    let Some(mut mac) = KeyedMac::new(hash, key) else { return Vec::new() };
    for piece in pieces {
        mac.update(piece);
    }
    mac.finish()
}

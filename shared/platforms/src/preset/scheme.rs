//! From a preset's signature table to a scheme, refusing what does not go together.

use super::file::{SchemeName, SignatureTable, TimestampTable};
use crate::signature::{Family, HmacScheme, Scheme, Stamp, StampPlace};

/// The scheme that a table states.
///
/// # Errors
/// A sentence part that says which keys do not go together.
pub(super) fn of_table(table: &SignatureTable) -> Result<Scheme, &'static str> {
    let headers = || -> Result<Vec<String>, &'static str> {
        let names: Vec<_> = table.headers.iter().map(|name| name.0.clone()).collect();
        if names.is_empty() {
            Err("needs headers, the names that it is sent under")
        } else {
            Ok(names)
        }
    };
    let hmac_keys = table.hash.is_some()
        || table.or_hash.is_some()
        || table.encoding.is_some()
        || table.timestamp.is_some();
    if table.scheme != SchemeName::Hmac && (hmac_keys || !table.prefix.is_empty()) {
        return Err("hash, or_hash, encoding, prefix and timestamp go with the scheme hmac only");
    }
    match table.scheme {
        SchemeName::Hmac => Ok(Scheme::Hmac(HmacScheme {
            hash: table.hash.ok_or("needs hash: sha1, sha256 or sha512")?,
            or_hash: table.or_hash,
            encoding: table.encoding.ok_or("needs encoding: hex or base64")?,
            headers: headers()?,
            prefix: table.prefix.clone(),
            secret: table.secret,
            stamp: table.timestamp.as_ref().map(|t| stamp(t.get_ref())).transpose()?,
        })),
        SchemeName::StandardWebhooks => {
            let all = || vec![Family::Webhook, Family::Svix];
            let families = Some(table.families.clone()).filter(|f| !f.is_empty());
            Ok(Scheme::StandardWebhooks { families: families.unwrap_or_else(all) })
        }
        SchemeName::SharedHeader => Ok(Scheme::SharedHeader { headers: headers()? }),
        SchemeName::PathToken => Ok(Scheme::PathToken),
    }
}

fn stamp(table: &TimestampTable) -> Result<Stamp, &'static str> {
    let place = match (&table.header, &table.keys) {
        (Some(header), None) => StampPlace::Header(header.0.clone()),
        (None, Some(keys)) => StampPlace::InSignature {
            stamp: keys.timestamp.clone(),
            signature: keys.signature.clone(),
        },
        _ => return Err("wants either header, or keys, to say where the timestamp stands"),
    };
    Ok(Stamp { unit: table.unit, place, signed: table.signed.clone() })
}

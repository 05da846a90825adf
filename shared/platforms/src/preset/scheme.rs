//! From a preset's signature table to a scheme, refusing what does not go together.

use super::file::{SchemeName, SignatureTable, TimestampTable, TokenPlace};
use crate::signature::{
    EcdsaScheme, Family, HmacScheme, JwtPlace, JwtScheme, Scheme, Stamp, StampPlace,
};

/// The scheme that a table states.
///
/// # Errors
/// A sentence part that says which keys do not go together.
pub(super) fn of_table(table: &SignatureTable) -> Result<Scheme, &'static str> {
    alone(table)?;
    match table.scheme {
        SchemeName::Hmac => Ok(Scheme::Hmac(HmacScheme {
            hash: table.hash.ok_or("needs hash: sha1, sha256 or sha512")?,
            or_hash: table.or_hash,
            encoding: table.encoding.ok_or("needs encoding: hex or base64")?,
            headers: headers(table)?,
            prefix: table.prefix.clone(),
            secret: table.secret,
            stamp: table.timestamp.as_ref().map(|t| stamp(t.get_ref())).transpose()?,
        })),
        SchemeName::StandardWebhooks => {
            let all = || vec![Family::Webhook, Family::Svix];
            let families = Some(table.families.clone()).filter(|f| !f.is_empty());
            Ok(Scheme::StandardWebhooks { families: families.unwrap_or_else(all) })
        }
        SchemeName::Jwt => Ok(Scheme::Jwt(jwt(table)?)),
        SchemeName::Ecdsa => Ok(Scheme::Ecdsa(EcdsaScheme {
            header: headers(table)?.swap_remove(0),
            hash: table.hash.ok_or("needs hash: sha1, sha256 or sha512")?,
        })),
        SchemeName::SharedHeader => Ok(Scheme::SharedHeader { headers: headers(table)? }),
        SchemeName::Basic => Ok(Scheme::Basic),
        SchemeName::PathToken => Ok(Scheme::PathToken),
        SchemeName::None => Ok(Scheme::None),
    }
}

/// Refuses keys that belong to another scheme: they would say what is not so.
fn alone(table: &SignatureTable) -> Result<(), &'static str> {
    let is = |name: SchemeName| table.scheme == name;
    let of_hmac = table.or_hash.is_some()
        || table.encoding.is_some()
        || table.timestamp.is_some()
        || !table.prefix.is_empty();
    if of_hmac && !is(SchemeName::Hmac) {
        return Err("or_hash, encoding, prefix and timestamp go with the scheme hmac only");
    }
    if table.hash.is_some() && !is(SchemeName::Hmac) && !is(SchemeName::Ecdsa) {
        return Err("hash goes with the schemes hmac and ecdsa only");
    }
    let of_jwt = table.algorithm.is_some()
        || table.place.is_some()
        || table.parameter.is_some()
        || table.keys.is_some()
        || table.audience
        || table.sender
        || !table.issuers.is_empty();
    if of_jwt && !is(SchemeName::Jwt) {
        return Err(
            "algorithm, in, parameter, issuers, audience, sender and keys go with the scheme jwt only",
        );
    }
    Ok(())
}

fn headers(table: &SignatureTable) -> Result<Vec<String>, &'static str> {
    let names: Vec<_> = table.headers.iter().map(|name| name.0.clone()).collect();
    if names.is_empty() { Err("needs headers, the names that it is sent under") } else { Ok(names) }
}

fn jwt(table: &SignatureTable) -> Result<JwtScheme, &'static str> {
    let place = match (table.place, &table.parameter) {
        (Some(TokenPlace::Bearer), None) => JwtPlace::Bearer,
        (Some(TokenPlace::Body), None) => JwtPlace::Body,
        (Some(TokenPlace::Query), Some(name)) => JwtPlace::Query(name.clone()),
        (Some(TokenPlace::Query), None) => return Err("needs parameter, the query's name for it"),
        (Some(_), Some(_)) => return Err("parameter goes with in = \"query\" only"),
        (None, _) => return Err("needs in: bearer, query or body"),
    };
    Ok(JwtScheme {
        place,
        algorithm: table.algorithm.ok_or("needs algorithm: hs256 or rs256")?,
        issuers: table.issuers.clone(),
        audience: table.audience,
        sender: table.sender,
        keys: table.keys.as_ref().map(|keys| keys.0.clone()),
    })
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

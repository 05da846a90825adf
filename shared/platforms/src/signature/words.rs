//! Schemes in words: for tables, for JSON, for people.

use super::scheme::{EcdsaScheme, HmacScheme, JwtAlgorithm, JwtPlace, JwtScheme, Scheme};

impl Scheme {
    /// Whether the body is covered by a signature. A secret in a header or in the address covers
    /// nothing, nor does a token beside the body: whoever sees one request can write others.
    pub const fn signed(&self) -> bool {
        match self {
            Self::Hmac(_) | Self::StandardWebhooks { .. } | Self::Ecdsa(_) => true,
            Self::Jwt(jwt) => matches!(jwt.place, JwtPlace::Body),
            Self::SharedHeader { .. } | Self::Basic | Self::PathToken | Self::None => false,
        }
    }

    /// Whether requests come to `/hooks/{source}/{token}`.
    pub const fn takes_path_token(&self) -> bool {
        matches!(self, Self::PathToken)
    }

    /// Whether the body is a token, whose claims are the payload.
    pub const fn body_is_token(&self) -> bool {
        matches!(self, Self::Jwt(JwtScheme { place: JwtPlace::Body, .. }))
    }

    /// Whether the proof stands behind the question mark of the address.
    pub const fn proof_in_query(&self) -> bool {
        matches!(self, Self::Jwt(JwtScheme { place: JwtPlace::Query(_), .. }))
    }

    /// Whether a token has to be for an address.
    pub const fn has_audience(&self) -> bool {
        matches!(self, Self::Jwt(JwtScheme { audience: true, .. }))
    }

    /// Whether a token has to carry a sender.
    pub const fn has_sender(&self) -> bool {
        matches!(self, Self::Jwt(JwtScheme { sender: true, .. }))
    }

    /// Whether a source works without a secret, since the platform publishes its keys.
    pub const fn has_published_keys(&self) -> bool {
        matches!(self, Self::Jwt(JwtScheme { keys: Some(_), .. }))
    }

    /// The name in `vigie platforms --json`: `hmac-sha256-hex`, `standard-webhooks`…
    pub fn name(&self) -> String {
        match self {
            Self::Hmac(h) => {
                let stamp = if h.stamp.is_some() { "-timestamp" } else { "" };
                format!("hmac-{}-{}{stamp}", h.hash.name(), h.encoding.name())
            }
            Self::StandardWebhooks { .. } => "standard-webhooks".to_owned(),
            Self::Jwt(jwt) => {
                let place = match jwt.place {
                    JwtPlace::Bearer => "bearer",
                    JwtPlace::Query(_) => "query",
                    JwtPlace::Body => "body",
                };
                format!("jwt-{}-{place}", jwt.algorithm.name().to_lowercase())
            }
            Self::Ecdsa(ecdsa) => format!("ecdsa-p256-{}", ecdsa.hash.name()),
            Self::SharedHeader { .. } => "shared-secret-header".to_owned(),
            Self::Basic => "http-basic".to_owned(),
            Self::PathToken => "address-token".to_owned(),
            Self::None => "none".to_owned(),
        }
    }

    /// What proves a request, in a few words for a table: schemes of one kind share them.
    pub const fn proof(&self) -> &'static str {
        match self {
            Self::Hmac(HmacScheme { stamp: Some(_), .. }) => "HMAC of time and body",
            Self::Hmac(_) => "HMAC of the body",
            Self::StandardWebhooks { .. } => "Standard Webhooks",
            Self::Jwt(JwtScheme { place: JwtPlace::Body, .. }) => "JWT",
            Self::Jwt(_) => "JWT, body NOT SIGNED",
            Self::Ecdsa(_) => "ECDSA of the body",
            Self::SharedHeader { .. } | Self::Basic => "secret header, NOT SIGNED",
            Self::PathToken => "address token, NOT SIGNED",
            Self::None => "none",
        }
    }

    /// A sentence part: `HMAC-SHA256 of the raw body, hex, in JUDGEME-HMAC-SHA256`.
    pub fn describe(&self) -> String {
        match self {
            Self::Hmac(hmac) => describe_hmac(hmac),
            Self::StandardWebhooks { families } => {
                let names: Vec<_> = families.iter().map(|f| f.names()[2]).collect();
                let headers = names.join(" or ");
                format!("HMAC-SHA256 of {{id}}.{{timestamp}}.{{body}}, base64, in {headers}")
            }
            Self::Jwt(jwt) => {
                let algorithm = jwt.algorithm.name();
                match &jwt.place {
                    JwtPlace::Bearer => {
                        format!("a JWT, {algorithm}, in Authorization (the body is not signed)")
                    }
                    JwtPlace::Query(name) => {
                        format!("a JWT, {algorithm}, in ?{name}= (the body is not signed)")
                    }
                    JwtPlace::Body => format!("a JWT, {algorithm}, that is the whole body"),
                }
            }
            Self::Ecdsa(EcdsaScheme { header, hash }) => {
                format!(
                    "ECDSA P-256 with {} of the raw body, in {header}",
                    hash.name().to_uppercase()
                )
            }
            Self::SharedHeader { headers } => {
                format!("a shared secret in {} (nothing is signed)", headers.join(" or "))
            }
            Self::Basic => "HTTP Basic, user:password (nothing is signed)".to_owned(),
            Self::PathToken => "a token in the address (nothing is signed)".to_owned(),
            Self::None => "no webhook".to_owned(),
        }
    }

    /// The header names that carry the proof, in the order of preference.
    pub fn proof_headers(&self) -> Vec<&str> {
        match self {
            Self::Hmac(h) => h.headers.iter().map(String::as_str).collect(),
            Self::SharedHeader { headers } => headers.iter().map(String::as_str).collect(),
            Self::StandardWebhooks { families } => families.iter().map(|f| f.names()[2]).collect(),
            Self::Ecdsa(ecdsa) => vec![&ecdsa.header],
            Self::Basic | Self::Jwt(JwtScheme { place: JwtPlace::Bearer, .. }) => {
                vec!["Authorization"]
            }
            Self::Jwt(_) | Self::PathToken | Self::None => Vec::new(),
        }
    }
}

fn describe_hmac(hmac: &HmacScheme) -> String {
    let hashes: Vec<_> = [Some(hmac.hash), hmac.or_hash].into_iter().flatten().collect();
    let hashes: Vec<_> = hashes.iter().map(|hash| hash.name().to_uppercase()).collect();
    let of = hmac.stamp.as_ref().map_or("the raw body", |stamp| stamp.signed.as_str());
    let (hash, headers) = (hashes.join(" or "), hmac.headers.join(" or "));
    format!("HMAC-{hash} of {of}, {}, in {headers}", hmac.encoding.name())
}

impl JwtAlgorithm {
    /// The name in a token's header: `RS256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
        }
    }
}

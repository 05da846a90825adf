//! What a source states beside its secrets: who may call it, and what it may ask.

use serde::{Deserialize, Serialize};

use crate::brand::SecretRef;

/// What a source states beside its secrets. Most state nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Access {
    /// Words that a platform's set-up check has to know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub challenge: Vec<SecretRef>,
    /// What a token must be for; `None`: the source's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The e-mail address that a token must carry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// Networks that may call, in CIDR; empty: any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allow_from: Vec<String>,
    /// A user and a password (`user:password`) that every call must carry too, as HTTP Basic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub basic: Vec<SecretRef>,
    /// How the platform's API is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
}

/// How a platform's API is asked for a source's reviews.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Api {
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretRef>,
    /// What its addresses begin with, where each customer has a host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The account, location, survey or merchant that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

impl Access {
    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every secret that it names.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        let api = self.api.as_ref().and_then(|api| api.secret.as_ref());
        self.challenge.iter().chain(&self.basic).chain(api)
    }
}

//! One brand's account on one platform: where its secrets are, who may call it, what it may ask.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{ShopId, SourceId};

/// Where a source's secret is kept: a reference, never the secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretRef {
    /// An environment variable, read at start.
    Env(String),
    /// A file, read again when it changes.
    File(String),
    /// A parameter of AWS Systems Manager's Parameter Store, by name or ARN.
    Ssm(String),
    /// A secret of AWS Secrets Manager, by name or ARN.
    SecretsManager(String),
}

impl fmt::Display for SecretRef {
    /// As vigie.toml writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, place) = match self {
            Self::Env(name) => ("env", name),
            Self::File(path) => ("file", path),
            Self::Ssm(name) => ("ssm", name),
            Self::SecretsManager(name) => ("secretsmanager", name),
        };
        write!(f, "{scheme}:{place}")
    }
}

/// One brand's account on one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its id, which is also its webhook address: `/hooks/<id>`.
    pub id: SourceId,
    /// A preset's id, or a path to a preset file (taken from the folder of the file that names it).
    pub platform: String,
    /// Where its secrets are; several while they rotate.
    pub secrets: Vec<SecretRef>,
    /// The shop that all its reviews are of; `None`: the payload's location says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shop: Option<ShopId>,
    /// Who may call it, and what it may ask.
    #[serde(default, skip_serializing_if = "Access::is_empty")]
    pub access: Access,
}

impl Source {
    /// Every secret that it names: its own, and those of its access.
    pub fn all_secrets(&self) -> impl Iterator<Item = &SecretRef> {
        self.secrets.iter().chain(self.access.secrets())
    }

    /// The same, to be replaced, each with what it is called among them: `1`, `challenge-1`…
    pub fn all_secrets_mut(&mut self) -> impl Iterator<Item = (String, &mut SecretRef)> {
        let Access { challenge, basic, api, .. } = &mut self.access;
        let api = api.as_mut().and_then(|api| api.secret.as_mut());
        let numbered = |prefix: &'static str| {
            move |(place, reference)| (format!("{prefix}{}", place + 1), reference)
        };
        let own = self.secrets.iter_mut().enumerate().map(numbered(""));
        let words = challenge.iter_mut().enumerate().map(numbered("challenge-"));
        let basics = basic.iter_mut().enumerate().map(numbered("basic-"));
        own.chain(words).chain(basics).chain(api.map(|reference| ("api".to_owned(), reference)))
    }
}

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

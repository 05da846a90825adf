//! What a brand says of its own way with complaints: it changes advice, and no decision.

use serde::{Deserialize, Serialize};

use crate::brand::Locale;
use crate::cause::Cause;
use crate::ids::ContactId;

/// `[brand.advice]` and `[[brand.cause]]` of vigie.toml, and the files beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnAdvice {
    /// Where customers reach the brand: it completes drafts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The page that says where and how to complain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complaints: Option<String>,
    /// The mediator that the brand is bound to name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mediator: Option<String>,
    /// Whether a guarantee is worth thinking of where complaints come back.
    pub guarantee: Guarantee,
    /// Who has a complaint after whom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<ContactId>,
    /// What holds for one cause, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<OwnCause>,
    /// Texts in the place of ours, and words beside ours: checked when the file was read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<OwnText>,
}

impl OwnAdvice {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What holds for a cause.
    pub fn cause(&self, cause: Cause) -> Option<&OwnCause> {
        self.causes.iter().find(|own| own.cause == cause)
    }
}

/// Whether a brand should think of a guarantee where complaints come back (facts E28 to E32).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Guarantee {
    /// As its reviews say: neither where it does very well, nor where it does badly.
    #[default]
    Auto,
    /// Its trade gives one as a rule.
    Usual,
    /// Never: what it sells is cheap, and a mistake costs nobody much.
    Never,
}

/// What holds for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnCause {
    /// Which.
    pub cause: Cause,
    /// Who deals with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<ContactId>,
    /// The brand's rule: what is exchanged, paid back, by when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// How it is done, or where that is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure: Option<String>,
}

/// One file of a brand's own texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnText {
    /// For which cause.
    pub cause: Cause,
    /// In which language.
    pub locale: Locale,
    /// The file, whole.
    pub text: String,
}

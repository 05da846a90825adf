//! How a request would have verified, and what follows from that.

use serde::Serialize;

use super::bodies::{AS_RECEIVED, Change};
use super::keyed::PUBLISHED;
use crate::signature::Encoding;

/// How a signature is written in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Hex,
    HexQuoted,
    Base64,
    Base64Quoted,
    Base64OfHex,
}

impl Written {
    pub(super) const fn quoted(self) -> Self {
        match self {
            Self::Hex | Self::HexQuoted => Self::HexQuoted,
            Self::Base64 | Self::Base64Quoted => Self::Base64Quoted,
            Self::Base64OfHex => Self::Base64OfHex,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::HexQuoted => "hex in quotes",
            Self::Base64 => "base64",
            Self::Base64Quoted => "base64 in quotes",
            Self::Base64OfHex => "base64 of hex",
        }
    }
}

impl From<Encoding> for Written {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Hex => Self::Hex,
            Encoding::Base64 => Self::Base64,
        }
    }
}

/// How a request would have verified. It names secrets by position, headers and ways of writing;
/// never a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    /// Which secret, from 1; 0 is a key that the platform publishes.
    pub secret: usize,
    /// How the signature is written: `hex`, `base64`, `jwt`, `ecdsa`, `ed25519`, or `text` for a
    /// secret that travels as it is.
    pub encoding: &'static str,
    /// Which body was signed: `as received`, or how it differs.
    pub body: String,
    /// How the secret was used, where not as the scheme says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'static str>,
    /// The header that held the signature, where not the scheme's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// What stood before the signature, where not what the scheme says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// The hash, where not the scheme's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<&'static str>,
    /// What was signed, where not what the scheme says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<String>,
    /// The unit in which the timestamp would be near ours, where not the scheme's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<&'static str>,
    /// The scheme as a preset states it, where the platform's own is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Whether the encoding is another than the scheme's.
    #[serde(skip)]
    pub(super) encoding_differs: bool,
    #[serde(skip)]
    pub(super) change: Change,
}

impl NearMiss {
    /// A near miss that differs in nothing yet.
    pub(super) fn with_secret(number: usize, encoding: &'static str) -> Self {
        Self {
            secret: number,
            encoding,
            body: AS_RECEIVED.to_owned(),
            key: None,
            header: None,
            prefix: None,
            hash: None,
            signed: None,
            timestamp: None,
            preset: None,
            encoding_differs: false,
            change: Change::Nothing,
        }
    }

    /// Whether the body was signed as it came.
    pub(super) fn is_as_received(&self) -> bool {
        self.change == Change::Nothing
    }

    pub(super) fn sentence(&self) -> String {
        let mut parts = vec![match self.secret {
            PUBLISHED => "a published key".to_owned(),
            number => format!("secret {number}"),
        }];
        parts.extend(self.key.map(|key| format!("with {key}")));
        parts.extend(self.header.as_ref().map(|name| format!("in the header {name}")));
        if self.encoding_differs {
            parts.push(format!("in {}", self.encoding));
        }
        match self.prefix.as_deref() {
            Some("") => parts.push("without a prefix".to_owned()),
            Some(prefix) => parts.push(format!("behind the prefix {prefix}")),
            None => {}
        }
        parts.extend(self.hash.map(|hash| format!("with {hash}")));
        parts.extend(self.signed.as_ref().map(|signed| format!("signed as {signed}")));
        parts.extend(self.timestamp.map(|unit| format!("its timestamp read as {unit}")));
        let itself = self.body.starts_with("the ") || self.change == Change::Unsigned;
        parts.push(match self.change {
            Change::Unsigned => "over an empty body".to_owned(),
            _ => format!("over {}{}", if itself { "" } else { "the body " }, self.body),
        });
        parts.join(", ")
    }

    /// What it means, in words.
    pub(super) fn conclusion(&self) -> String {
        if let Some(preset) = &self.preset {
            return format!("So the platform signs, though nobody says how: {preset}");
        }
        let mut said = Vec::new();
        said.extend(match self.change {
            Change::Nothing => None,
            Change::Unsigned => Some(
                "So the secret is right, and the sender signed no body: it signs before the body \
                 is there, or signs something else.",
            ),
            Change::Edges => Some(
                "So the secret is right and the bytes were changed on the way: something between \
                 the sender and Vigie adds or takes away bytes at the ends of the body or of its \
                 lines.",
            ),
            Change::Rewritten => Some(
                "So the secret is right and the bytes were changed on the way: something between \
                 the sender and Vigie parses the JSON and writes it again.",
            ),
            Change::Wrapped => Some(
                "So the secret is right and the bytes were changed on the way: something between \
                 the sender and Vigie wraps the body, or unwraps it.",
            ),
            Change::Charset => Some(
                "So the secret is right and the bytes were changed on the way: something between \
                 the sender and Vigie changes the body's character set.",
            ),
        });
        let right = if self.change == Change::Nothing {
            "So the body arrived as it was sent, and "
        } else {
            "And "
        };
        let mut more = Vec::new();
        more.extend(self.key.map(|_| "the sender makes its key from the secret in another way"));
        more.extend(self.header.as_ref().map(|_| "the proof comes in another header"));
        let differs = self.encoding_differs || self.prefix.is_some() || self.hash.is_some();
        more.extend(differs.then_some("the signature is written in another way"));
        more.extend(self.signed.as_ref().map(|_| "the sender signs something else"));
        more.extend(self.timestamp.map(|_| "the sender tells the time in another unit"));
        let more = (!more.is_empty()).then(|| format!("{right}{}.", more.join(", and ")));
        said.into_iter().map(str::to_owned).chain(more).collect::<Vec<_>>().join(" ")
    }

    /// What to do about it.
    pub(super) fn advice(&self) -> Vec<&'static str> {
        if self.preset.is_some() {
            let like = "write that into a preset of your own, like this one (docs/presets.md)";
            return vec![like, "tell the authors of Vigie, with this text and the vendor's page"];
        }
        let mut all = Vec::new();
        match self.change {
            Change::Nothing => {}
            Change::Unsigned => all.push("ask the sender to sign the bytes of the body it sends"),
            _ => all.push("let the proxy pass the body through untouched (docs/proxy.md)"),
        }
        if self.key.is_some() {
            all.push("write the secret as the scheme wants it, or state its form in the preset");
        }
        let otherwise = self.encoding_differs
            || self.prefix.is_some()
            || self.hash.is_some()
            || self.signed.is_some()
            || self.timestamp.is_some();
        if self.header.is_some() {
            all.push("have the header pass under its own name, or name it in the preset");
        }
        if otherwise {
            all.push("mend the sender or the preset: it signs otherwise than the preset says");
        }
        all
    }
}

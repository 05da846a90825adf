//! What a platform asks before it posts: whether the address is ours. Over GET or HEAD, and the
//! answer proves it.

use std::collections::BTreeMap;

use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::file::ChallengeTable;
use crate::signature::{hex, query_values};

/// Longest text given back, in bytes: platforms ask with a few dozen.
const ECHO_BYTES_MAX: usize = 256;

/// A platform's challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    methods: Vec<Method>,
    kind: Kind,
    /// The query parameter that must hold the source's own word.
    word: Option<String>,
    /// Query parameters that must hold these texts.
    when: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// That the address answers is enough.
    There,
    /// The parameter comes back: as text, or as this member of a JSON object.
    Echo { of: String, member: Option<String> },
    /// The SHA-256 of the parameter, the source's word and its address, in hex, as this member.
    Digest { of: String, member: String },
}

/// A challenge as it came.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// GET or HEAD.
    pub method: &'a Method,
    /// What follows the question mark.
    pub query: &'a str,
    /// The source's address, as it was pasted into the platform.
    pub address: &'a str,
    /// The source's words, any of which counts.
    pub words: &'a [SecretString],
}

/// What to answer, 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its media type.
    pub media_type: &'static str,
    /// Its body.
    pub body: String,
}

/// Why a challenge is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// This is no challenge of the platform's: somebody looks at the address.
    #[error("no challenge")]
    NotAsked,
    /// It does not know the source's word, or the source has none.
    #[error("the word is not the source's")]
    WrongWord,
}

impl Challenge {
    /// Reads the table, refusing keys that do not go together.
    pub(super) fn of_table(table: &ChallengeTable) -> Result<Self, &'static str> {
        let methods = table.methods.iter().map(|name| match name.as_str() {
            "GET" => Ok(Method::GET),
            "HEAD" => Ok(Method::HEAD),
            _ => Err("wants methods of GET and HEAD"),
        });
        let methods = methods.collect::<Result<Vec<_>, _>>()?;
        if methods.is_empty() {
            return Err("wants methods of GET and HEAD");
        }
        let member = table.member.clone();
        let kind = match (&table.echo, &table.digest) {
            (None, None) => Kind::There,
            (Some(of), None) => Kind::Echo { of: of.clone(), member },
            (None, Some(of)) => {
                let member = member.ok_or("needs as, the member that the digest comes back in")?;
                Kind::Digest { of: of.clone(), member }
            }
            (Some(_), Some(_)) => return Err("wants either echo or digest"),
        };
        Ok(Self { methods, kind, word: table.word.clone(), when: table.when.clone() })
    }

    /// Whether a source needs a word of its own to answer.
    pub const fn needs_word(&self) -> bool {
        self.word.is_some() || matches!(self.kind, Kind::Digest { .. })
    }

    /// The methods that it comes by.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// Answers a challenge.
    ///
    /// ```
    /// use http::Method;
    /// use vigie_platforms::{Preset, preset::Asked};
    /// let challenge = Preset::by_id("meta-ratings").unwrap().challenge().unwrap();
    /// let asked = Asked {
    ///     method: &Method::GET,
    ///     query: "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=our-word",
    ///     address: "https://vigie.example/hooks/lumen-meta",
    ///     words: &["our-word".into()],
    /// };
    /// assert_eq!(challenge.answer(&asked).unwrap().body, "1158201444");
    /// assert!(challenge.answer(&Asked { words: &[], ..asked }).is_err());
    /// ```
    ///
    /// # Errors
    /// It is none, or does not know the source's word.
    pub fn answer(&self, asked: &Asked<'_>) -> Result<Answered, Unanswered> {
        let one = |name: &str| {
            let mut values = query_values(asked.query, name);
            values.next().filter(|_| values.next().is_none())
        };
        let as_said = |(name, text): (&String, &String)| one(name).is_some_and(|v| v == *text);
        if !self.methods.contains(asked.method) || !self.when.iter().all(as_said) {
            return Err(Unanswered::NotAsked);
        }
        let given = |of: &str| {
            let given = one(of).filter(|text| (1..=ECHO_BYTES_MAX).contains(&text.len()));
            given.ok_or(Unanswered::NotAsked)
        };
        // Looked for before the word is judged: who asks nothing learns nothing.
        let text = match &self.kind {
            Kind::There => None,
            Kind::Echo { of, .. } | Kind::Digest { of, .. } => Some(given(of)?),
        };
        if let Some(name) = &self.word {
            let word = one(name).unwrap_or_default();
            let is = |known: &SecretString| {
                let known = known.expose_secret();
                !known.is_empty() && bool::from(digest(&[known]).ct_eq(&digest(&[&word])))
            };
            if !asked.words.iter().any(is) {
                return Err(Unanswered::WrongWord);
            }
        }
        let text = text.as_deref().unwrap_or_default();
        match &self.kind {
            Kind::There => Ok(plain(String::new())),
            Kind::Echo { member: None, .. } => Ok(plain(text.to_owned())),
            Kind::Echo { member: Some(member), .. } => Ok(json(member, text)),
            Kind::Digest { member, .. } => {
                let word = asked.words.first().ok_or(Unanswered::WrongWord)?;
                let digest = digest(&[text, word.expose_secret(), asked.address]);
                Ok(json(member, &hex(&digest)))
            }
        }
    }
}

fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

fn plain(body: String) -> Answered {
    Answered { media_type: "text/plain; charset=utf-8", body }
}

fn json(member: &str, text: &str) -> Answered {
    let body = serde_json::json!({ member: text }).to_string();
    Answered { media_type: "application/json", body }
}

//! Keys: what a table may hold. Readers refuse by these tables whatever else is written, and
//! [`crate::schema`] makes of them what editors know of the file.

/// A key of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) presence: Presence,
    /// What it is for: a sentence.
    pub(crate) says: &'static str,
}

/// Whether a key must be there.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Presence {
    /// Always.
    Needed,
    /// No; nothing is meant where it is not.
    Optional,
    /// No; this is meant where it is not: a value as JSON and TOML both write it.
    Default(&'static str),
}

/// What a value may be, as far as the value alone tells.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A text that this regular expression finds something in.
    Text(&'static str),
    /// One of a few words.
    OneOf(fn() -> Vec<&'static str>),
    /// True or false.
    Flag,
    /// Stars above 0 and up to 5.
    Stars,
    /// A list.
    List(&'static Kind),
    /// A list that names one at least.
    SomeList(&'static Kind),
    /// A list that names one at least, or one value in its place.
    ListOrOne(&'static Kind),
    /// A table.
    Table(&'static [Key]),
    /// Several tables.
    Tables(&'static [Key]),
    /// One table at least.
    SomeTables(&'static [Key]),
}

impl Key {
    /// A key that must be there.
    pub(crate) const fn needed(name: &'static str, kind: Kind, says: &'static str) -> Self {
        Self { name, kind, presence: Presence::Needed, says }
    }

    /// A key that may be left out.
    pub(crate) const fn optional(name: &'static str, kind: Kind, says: &'static str) -> Self {
        Self { name, kind, presence: Presence::Optional, says }
    }

    /// A key that means something where it is left out.
    pub(crate) const fn or(
        name: &'static str,
        default: &'static str,
        kind: Kind,
        says: &'static str,
    ) -> Self {
        Self { name, kind, presence: Presence::Default(default), says }
    }
}

/// The names of keys.
pub(crate) fn names(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}

/// Words, each with what it means.
pub(crate) type Words<T, const N: usize> = [(&'static str, T); N];

/// Words alone.
pub(crate) fn words<T, const N: usize>(words: &Words<T, N>) -> Vec<&'static str> {
    words.iter().map(|(word, _)| *word).collect()
}

/// An id.
pub(crate) const ID: Kind = Kind::Text("^[a-z0-9][a-z0-9_-]{0,62}$");
/// A text that is not empty.
pub(crate) const SOMETHING: Kind = Kind::Text(r"\S");

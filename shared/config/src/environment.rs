//! What the configuration asks of the world around it.

/// What the configuration needs to know of a platform's preset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PresetInfo {
    /// Whether a source of this platform needs a secret: it signs, or its address carries a token.
    pub needs_secret: bool,
    /// What to do instead, where the platform sends no webhook of reviews.
    pub instead: Option<String>,
    /// Whether its set-up check asks for a word of the source's own.
    pub needs_word: bool,
    /// Whether its tokens carry the address of a sender that the source has to state.
    pub needs_sender: bool,
    /// What its API needs, where reviews have to be fetched from it.
    pub fetches: Option<FetchInfo>,
    /// What the addresses of its API hold that a source states: `base`, `account`.
    pub api_names: Vec<&'static str>,
}

/// What a platform's API needs of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FetchInfo {
    /// Whether a secret is needed to ask.
    pub needs_secret: bool,
}

/// A file that `include` brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// What faults call it. Files are read in the order of their names.
    pub name: String,
    /// Its path from the folder of vigie.toml: what is remembered of a brand's origin.
    pub path: String,
    /// Where relative paths in it begin, from the folder of vigie.toml; empty: there. No part of it
    /// is a link, so that `..` leads to what stands before.
    pub folder: String,
    /// What it holds, or why it cannot be read.
    pub bytes: Result<Vec<u8>, String>,
}

/// Why an `include` brings nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotIncluded {
    /// No file matches.
    Nothing,
    /// What matches is a folder.
    Folder,
    /// It is no pattern, or a folder on its way cannot be read: why, in a few words.
    Bad(String),
}

/// Answers about the world outside the file. The roots implement it with the real environment;
/// this crate does no input or output by itself.
///
/// Relative paths begin in the folder of vigie.toml: those of an included file come with its folder
/// before them.
pub trait Environment {
    /// The files that match a pattern, one at least; never vigie.toml itself. An environment
    /// without files has none.
    ///
    /// # Errors
    /// Nothing is brought in.
    fn included(&self, _pattern: &str) -> Result<Vec<Included>, NotIncluded> {
        Err(NotIncluded::Nothing)
    }

    /// Whether this program can speak to AWS: it may be built without.
    fn has_aws(&self) -> bool {
        true
    }

    /// Whether the files are read for the functions on AWS, which see no variable and no file of
    /// this machine.
    fn is_for_aws(&self) -> bool {
        false
    }

    /// Whether an environment variable is set, and not empty.
    fn variable_is_set(&self, name: &str) -> bool;

    /// Whether a secret's file can be read and holds something.
    ///
    /// # Errors
    /// Why not, in a few words; never what the file holds.
    fn file_is_readable(&self, path: &str) -> Result<(), String>;

    /// The preset of an id, or of a path: a text with a `/`, or one that ends in `.toml`.
    ///
    /// # Errors
    /// Why there is none, in a few words.
    fn preset(&self, id_or_path: &str) -> Result<PresetInfo, String>;

    /// The ids of the presets that are built in, for suggestions.
    fn preset_ids(&self) -> Vec<String>;
}

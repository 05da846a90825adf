//! What the configuration asks of the world around it.

/// What the configuration needs to know of a platform's preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresetInfo {
    /// Whether a source of this platform needs a secret: it signs, or its address carries a token.
    pub needs_secret: bool,
}

/// Answers about the world outside the file. The roots implement it with the real environment;
/// this crate does no input or output by itself.
///
/// Relative paths are taken from the folder of the file that names them: the implementation knows
/// that folder.
pub trait Environment {
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

//! What is wrong with a preset file, and where.

use std::fmt;

/// A fault of a preset file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetError {
    /// The file's name, as the caller gave it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key, dotted: `signature.hash`.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to do, where that can be said.
    pub hint: Option<String>,
}

impl fmt::Display for PresetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl std::error::Error for PresetError {}

impl PresetError {
    pub(super) fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().lines().next().unwrap_or_default().to_owned();
        let at = error.span().map_or(0, |span| span.start);
        let hint = did_you_mean(&message);
        let message = message.split(", expected").next().unwrap_or_default().to_owned();
        Self { hint, ..Self::at(file, text, at, message) }
    }

    pub(super) fn at(file: &str, text: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let last = before.rsplit('\n').next().unwrap_or_default();
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: last.chars().count() + 1,
            key: key_at(text, offset),
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: &str) -> Self {
        self.hint = Some(hint.to_owned());
        self
    }
}

/// The dotted key around an offset: the last table's name above, and what stands before `=`.
fn key_at(text: &str, offset: usize) -> String {
    let mut table = "";
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let here = offset < end;
        if let Some(name) = line.trim().strip_prefix('[').filter(|_| !line.contains('=')) {
            table = name.trim_start_matches('[').split(']').next().unwrap_or_default().trim();
        } else if here && let Some((key, _)) = line.split_once('=') {
            let key = key.trim();
            let dot = if table.is_empty() { "" } else { "." };
            return format!("{table}{dot}{key}");
        }
        if here {
            break;
        }
        start = end;
    }
    table.to_owned()
}

/// Serde says `unknown field `x`, expected one of `a`, `b``: the nearest of those, if one is near.
fn did_you_mean(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next().filter(|_| message.starts_with("unknown"))?;
    let near = |name: &&str| strsim::jaro_winkler(unknown, name);
    let best = quoted.max_by(|a, b| near(a).total_cmp(&near(b)))?;
    (near(&best) > 0.8).then(|| format!("did you mean {best}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_found_by_line_column_and_key() {
        let text = "id = \"x\"\n\n[signature]\nscheme = \"é\" # no\nhash = 1\n";
        let error = PresetError::at("p.toml", text, text.find("# no").unwrap(), "m");
        assert_eq!((error.line, error.column), (4, 14));
        assert_eq!(error.key, "signature.scheme");
        assert_eq!(PresetError::at("p", text, 5, "m").key, "id");
        assert_eq!(PresetError::at("p", text, text.find("[sig").unwrap(), "m").key, "signature");
    }

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let hint = did_you_mean("unknown field `encodng`, expected one of `hash`, `encoding`");
        assert_eq!(hint.as_deref(), Some("did you mean encoding?"));
        assert_eq!(did_you_mean("unknown field `zzz`, expected `hash`"), None);
        assert_eq!(did_you_mean("missing field `hash`"), None);
    }
}

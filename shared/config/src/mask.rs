//! What must not be shown of a file's lines: anything that may be a secret written where only its
//! reference belongs, even under a misspelt key.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::secret;

/// Parts of key names that speak of secrets, in lower case.
const SPEAKS_OF_SECRETS: [&str; 6] = ["secret", "passw", "pwd", "token", "credential", "apikey"];

fn is_sensitive(words: &str) -> bool {
    let words = words.to_lowercase().replace(['_', '-'], "");
    SPEAKS_OF_SECRETS.iter().any(|word| words.contains(word))
}

/// Whether a text is a URL, or a miswritten one, that carries a password: `a:b@c`.
pub(crate) fn has_password(text: &str) -> bool {
    let Some((before, _)) = text.rsplit_once('@') else { return false };
    let user = before.split_once("://").map_or(before, |(_, user)| user);
    user.contains(':')
}

/// The spans of a document that must not be shown.
pub(crate) fn hidden(document: &DeTable<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    in_table(document, false, &mut found);
    found
}

fn in_table(table: &DeTable<'_>, sensitive: bool, found: &mut Vec<Range<usize>>) {
    for (key, value) in table {
        in_value(value, sensitive || is_sensitive(key.get_ref()), found);
    }
}

fn in_value(value: &Spanned<DeValue<'_>>, sensitive: bool, found: &mut Vec<Range<usize>>) {
    match value.get_ref() {
        DeValue::Table(table) => in_table(table, sensitive, found),
        DeValue::Array(list) => list.iter().for_each(|item| in_value(item, sensitive, found)),
        DeValue::String(text)
            if (!sensitive || secret::is_reference(text)) && !has_password(text) => {}
        DeValue::String(_) => {
            let span = value.span();
            found.push(span.start + 1..span.end.saturating_sub(1));
        }
        DeValue::Boolean(_) => {}
        _ if sensitive => found.push(value.span()),
        _ => {}
    }
}

/// A line with the characters of hidden spans replaced, one for one.
pub(crate) fn masked(start: usize, line: &str, hidden: &[Range<usize>]) -> String {
    let end = start + line.len();
    let here: Vec<_> = hidden.iter().filter(|span| span.start < end && span.end > start).collect();
    let show = |(at, c): (usize, char)| {
        if here.iter().any(|span| span.contains(&(start + at))) { '*' } else { c }
    };
    line.char_indices().map(show).collect()
}

/// A line of a file that is not TOML, where nothing says what is a value and what is not: shown
/// whole only where neither it nor the assignment it may continue has something to hide.
pub(crate) fn masked_unparsed(before: &[&str], line: &str) -> String {
    let hide_from = if continues_hidden(before) {
        0
    } else if is_sensitive(line) || has_password(line) {
        line.find('=').map_or(0, |at| at + 1)
    } else if continues(line) {
        0
    } else {
        line.len()
    };
    masked(0, line, std::slice::from_ref(&(hide_from..line.len())))
}

/// Whether a line is neither a header nor an assignment of its own.
fn continues(line: &str) -> bool {
    let quote = line.find(['"', '\'']).unwrap_or(line.len());
    let assigns = line.find('=').is_some_and(|at| at < quote);
    !assigns && !line.trim_start().starts_with('[')
}

/// Whether a list or a long text that has something to hide is still open after some lines.
fn continues_hidden(before: &[&str]) -> bool {
    let ends = |line: &&&str| is_sensitive(line) || line.trim().ends_with(']');
    let last = before.iter().rev().find(ends).map_or("", |line| line.trim_end());
    let opens = last.ends_with(['[', ',']) || last.contains("\"\"\"") || last.contains("'''");
    is_sensitive(last) && opens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let document = DeTable::parse(text).unwrap();
        masked(0, text, &hidden(document.get_ref()))
    }

    #[test]
    fn secrets_are_hidden_and_references_are_not() {
        assert_eq!(shown("secrets = ['abc', 'env:A']"), "secrets = ['***', 'env:A']");
        assert_eq!(shown("secret = 'é'"), "secret = '*'");
        assert_eq!(shown("a = { Api_Key = 12 }"), "a = { Api_Key = ** }");
        assert_eq!(shown("t = 'smtp://u:p@h'"), "t = '************'");
        assert_eq!(shown("t = 'smtp://u@h'"), "t = 'smtp://u@h'");
        assert_eq!(shown("secrets = ['env:not a name']"), "secrets = ['**************']");
    }

    #[test]
    fn lines_that_are_not_toml_hide_what_they_may_hold() {
        let alone = |line| masked_unparsed(&[], line);
        assert_eq!(alone("alert_below = 4.0.0"), "alert_below = 4.0.0");
        assert_eq!(alone("[[brand"), "[[brand");
        assert_eq!(alone("secrets = [abc]"), "secrets =******");
        assert_eq!(alone("t = \"smtp://u:p@h"), "t =**************");
        assert_eq!(alone("  'abc"), "******");
        assert_eq!(masked_unparsed(&["secrets = [", "'x',"], "c2Vj="), "*****");
        assert_eq!(alone("from = \"Sara <a@b.example>"), "from = \"Sara <a@b.example>");
        assert_eq!(masked_unparsed(&["secrets = ['env:A']"], "a = b"), "a = b");
    }
}

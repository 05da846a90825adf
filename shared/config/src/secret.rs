//! References to secrets. A secret itself is never read here, kept or shown.

use vigie_domain::SecretRef;

use crate::code::Code;
use crate::key::Kind;
use crate::node::Node;
use crate::values::Bad;

/// What [`read`] reads.
pub(crate) const SECRET: Kind = Kind::Text(r"^(env:[A-Za-z_][A-Za-z0-9_]*$|file:.*\S)");

/// Schemes that a later version reads.
const LATER: [&str; 2] = ["ssm", "secretsmanager"];

/// Whether a text can be shown: it says where a secret is, and cannot be the secret.
pub(crate) fn is_reference(given: &str) -> bool {
    match given.split_once(':') {
        Some(("env", name)) => is_variable(name),
        Some(("file", path)) => is_path(path),
        Some((scheme, _)) => LATER.contains(&scheme),
        None => false,
    }
}

/// Names that every shell can set (POSIX, "Environment Variable Definition").
fn is_variable(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !name.is_empty() && name.bytes().all(inner) && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn is_path(path: &str) -> bool {
    !path.trim().is_empty() && !path.chars().any(char::is_control)
}

/// Reads a reference, and checks that what it names is there.
pub(crate) fn read(node: &Node<'_>) -> Option<SecretRef> {
    let given = node.text()?;
    match given.split_once(':') {
        Some(("env", name)) => variable(node, name),
        Some(("file", path)) => file(node, path),
        Some((scheme, _)) if LATER.contains(&scheme) => {
            node.refuse(Code::NotInThisVersion, Bad::later(&format!("a secret in {scheme}:")))
        }
        _ => {
            let message = "a secret may not be written here, only where it is";
            let hint = "put it in an environment variable and write \"env:NAME\", \
                        or in a file and write \"file:PATH\"";
            node.refuse(Code::InlineSecret, Bad::new(message, hint))
        }
    }
}

fn variable(node: &Node<'_>, name: &str) -> Option<SecretRef> {
    if !is_variable(name) {
        let hint = "letters, digits and underscores, not beginning with a digit: \"env:NAME\"";
        let bad = Bad::new("this names no environment variable", hint);
        return node.refuse(Code::BadSecret, bad);
    }
    if !node.reading.environment.variable_is_set(name) {
        let message = format!("{name} is not set in this environment");
        return node.refuse(Code::SecretNotSet, Bad::new(message, "export it, or use file:PATH"));
    }
    Some(SecretRef::Env(name.to_owned()))
}

fn file(node: &Node<'_>, path: &str) -> Option<SecretRef> {
    if !is_path(path) {
        let bad = Bad::new("this names no file", "write \"file:PATH\"");
        return node.refuse(Code::BadSecret, bad);
    }
    let path = &node.reading.path(path);
    let checked = node.reading.environment.file_is_readable(path);
    let unreadable = |reason: String| {
        let message =
            format!("{path} cannot be read: {}", vigie_domain::text::excerpt(&reason, 200));
        let hint = "the account that runs Vigie must be able to read it";
        Bad::new(message, hint)
    };
    match checked {
        Ok(()) => Some(SecretRef::File(path.clone())),
        Err(reason) => node.refuse(Code::SecretUnreadable, unreadable(reason)),
    }
}

//! References to secrets. A secret itself is never read here, kept or shown.

use vigie_domain::SecretRef;

use crate::code::Code;
use crate::key::Kind;
use crate::node::{Node, quoted};
use crate::values::Bad;

/// What [`read`] reads.
pub(crate) const SECRET: Kind = Kind::Text(
    r"^(env:[A-Za-z_][A-Za-z0-9_]*$|file:.*\S|(ssm|secretsmanager):[A-Za-z0-9/_.+=@:-]+$)",
);
/// Longest name or ARN that AWS takes, in bytes (that of a parameter).
const NAME_BYTES_MAX: usize = 2048;

/// Whether a text can be shown: it says where a secret is, and cannot be the secret.
pub(crate) fn is_reference(given: &str) -> bool {
    match given.split_once(':') {
        Some(("env", name)) => is_variable(name),
        Some(("file", path)) => is_path(path),
        Some(("ssm" | "secretsmanager", name)) => is_kept_by_aws(name),
        _ => false,
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

/// The name or the ARN of a parameter or a secret. A version behind the name is not taken: what is
/// current is meant, so that a secret can be changed there.
fn is_kept_by_aws(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b"/_.+=@-".contains(&b);
    let arn = name.starts_with("arn:");
    let good = name.bytes().all(|b| inner(b) || (arn && b == b':'));
    good && !name.is_empty() && name.len() <= NAME_BYTES_MAX
}

/// Reads the reference of a source's secret: where files are read for AWS, the functions must be
/// able to read it.
pub(crate) fn of_source(node: &Node<'_>) -> Option<SecretRef> {
    let given = node.text()?;
    let is_here = |scheme| matches!(scheme, "env" | "file") && is_reference(given);
    if node.reading.environment.is_for_aws()
        && given.split_once(':').is_some_and(|(s, _)| is_here(s))
    {
        let message = format!("the functions on AWS cannot read {}", quoted(given));
        let hint = "vigie apply --store aws --put-secrets keeps it there for them, or write \
                    \"ssm:NAME\"";
        return node.refuse(Code::SecretNotOnAws, Bad::new(message, hint));
    }
    read(node)
}

/// Reads a reference, and checks that what it names is there, as far as this machine tells.
pub(crate) fn read(node: &Node<'_>) -> Option<SecretRef> {
    let given = node.text()?;
    match given.split_once(':') {
        Some(("env", name)) => variable(node, name),
        Some(("file", path)) => file(node, path),
        Some((scheme @ ("ssm" | "secretsmanager"), name)) => kept_by_aws(node, scheme, name),
        _ => {
            let message = "a secret may not be written here, only where it is";
            let hint = "put it in an environment variable and write \"env:NAME\", in a file and \
                        write \"file:PATH\", or with AWS and write \"ssm:NAME\"";
            node.refuse(Code::InlineSecret, Bad::new(message, hint))
        }
    }
}

fn kept_by_aws(node: &Node<'_>, scheme: &str, name: &str) -> Option<SecretRef> {
    if !is_kept_by_aws(name) {
        let message = format!("this names no secret in {scheme}");
        let hint = "write its name or its whole ARN, without a version behind";
        return node.refuse(Code::BadSecret, Bad::new(message, hint));
    }
    if !node.reading.environment.has_aws() {
        let what = format!("a secret in {scheme}:");
        return node.refuse(Code::NotInThisBuild, Bad::not_built(&what));
    }
    Some(match scheme {
        "ssm" => SecretRef::Ssm(name.to_owned()),
        _ => SecretRef::SecretsManager(name.to_owned()),
    })
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

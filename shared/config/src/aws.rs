//! `[aws]`: which stack on AWS is meant, and where.

use crate::code::Code;
use crate::key::{Key, Kind};
use crate::node::{Node, quoted};
use crate::values::Bad;

/// Longest name of a stack (CloudFormation's own limit), in bytes.
const STACK_BYTES_MAX: usize = 128;
/// The name of a stack.
const STACK: Kind = Kind::Text("^[A-Za-z][A-Za-z0-9-]{0,127}$");
/// The code of a region.
const REGION: Kind = Kind::Text("^[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}$");

pub(crate) const KEYS: &[Key] = &[
    Key::optional("stack", STACK, "The stack that holds Vigie: what --store aws means."),
    Key::optional("region", REGION, "The region of AWS; if left out, the environment says it."),
];

/// `[aws]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aws {
    /// The stack whose outputs name the table and the queues.
    pub stack: Option<String>,
    /// The region; `None`: that of the environment or the profile.
    pub region: Option<String>,
}

pub(crate) fn read(node: &Node<'_>) -> Option<Aws> {
    let table = node.table("write [aws]")?;
    table.check_keys(KEYS);
    let stack = table.or("stack", None, |node| node.parse(Code::BadStack, stack).map(Some));
    let region = table.or("region", None, |node| node.parse(Code::BadRegion, region).map(Some));
    Some(Aws { stack: stack?, region: region? })
}

fn stack(given: &str) -> Result<String, Bad> {
    let letter = given.starts_with(|c: char| c.is_ascii_alphabetic());
    let inner = given.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if letter && inner && given.len() <= STACK_BYTES_MAX {
        return Ok(given.to_owned());
    }
    let hint = "letters, digits and -, beginning with a letter, as `sam deploy` was told";
    Err(Bad::new(format!("{} is no name of a stack", quoted(given)), hint))
}

fn region(given: &str) -> Result<String, Bad> {
    let parts: Vec<&str> = given.split('-').collect();
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let digits =
        |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let good = match parts.as_slice() {
        [first, middle @ .., last] => {
            (2..=4).contains(&first.len())
                && letters(first)
                && !middle.is_empty()
                && middle.iter().all(|part| letters(part))
                && digits(last)
        }
        _ => false,
    };
    let bad = || Bad::new(format!("{} is no region of AWS", quoted(given)), "write eu-west-3");
    good.then(|| given.to_owned()).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_regions() {
        for good in ["eu-west-3", "us-gov-west-1", "ap-southeast-10", "eusc-de-east-1"] {
            assert_eq!(region(good).as_deref(), Ok(good));
        }
    }

    #[test]
    fn err_regions() {
        for bad in
            ["", "-", "eu", "eu-west", "eu-3", "EU-west-3", "eu--3", "eu-west-", "eu-west-+3", "-3"]
        {
            assert!(region(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_stack_has_a_name_as_cloudformation_takes_them() {
        let longest = "a".repeat(STACK_BYTES_MAX);
        for good in ["vigie", "Vigie-2", longest.as_str()] {
            assert_eq!(stack(good).as_deref(), Ok(good));
        }
        let longer = "a".repeat(STACK_BYTES_MAX + 1);
        for bad in ["", "2vigie", "-a", "vigie prod", "vigie_prod", "é", longer.as_str()] {
            assert!(stack(bad).is_err(), "{bad:?}");
        }
    }
}

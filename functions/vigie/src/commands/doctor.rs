//! `vigie doctor`: why a webhook verifies or not. What it prints holds no secret, no computed
//! signature and nothing of a review.

use std::path::Path;

use percent_encoding::percent_decode_str;
use vigie_platforms::{Request, diagnose, headers};

use super::signer::{resolve, wrong};
use crate::cli::Doctor;
use crate::environment::now;
use crate::load::CannotBegin;
use crate::output::{Exit, say, say_json};

/// Judges a request that was kept in two files.
pub(crate) fn run(arguments: &Doctor) -> Result<Exit, CannotBegin> {
    if arguments.captured.is_some() {
        return Err(wrong("`vigie doctor --captured` comes with a later version"));
    }
    let (Some(headers_file), Some(body_file)) = (&arguments.headers, &arguments.body) else {
        return Err(wrong("name --headers FILE and --body FILE"));
    };
    let signing = resolve(&arguments.signer)?;
    let head = String::from_utf8_lossy(&read(headers_file)?).into_owned();
    let body = read(body_file)?;
    let headers = headers::parse(&head)
        .map_err(|bad| wrong(&format!("{}: {bad}", headers_file.display())))?;
    let scheme = signing.preset.scheme();
    let token = token(&head).filter(|_| scheme.takes_path_token());
    let request = Request { headers: &headers, path_token: token.as_deref(), body: &body };
    let at = arguments.at.unwrap_or_else(now);
    let diagnosis = diagnose(scheme, &request, &signing.secrets, at);
    if arguments.json.json {
        say_json(&diagnosis);
    } else {
        say(diagnosis.human(&signing.title, &signing.labels).trim_end());
    }
    Ok(if diagnosis.verifies { Exit::Done } else { Exit::NotSo })
}

fn read(file: &Path) -> Result<Vec<u8>, CannotBegin> {
    std::fs::read(file).map_err(|error| wrong(&format!("cannot read {}: {error}", file.display())))
}

/// The token in the address of a request line, `POST /hooks/SOURCE/TOKEN HTTP/1.1`, if the first
/// line is one.
fn token(head: &str) -> Option<String> {
    let mut words = head.lines().next()?.split_whitespace();
    let (_method, target, version) = (words.next()?, words.next()?, words.next()?);
    if !version.starts_with("HTTP/") {
        return None;
    }
    let path = target.split(['?', '#']).next()?;
    // A server may stand behind a prefix of its own.
    let (_, behind) = path.rsplit_once("/hooks/")?;
    let (_source, token) = behind.split_once('/')?;
    let decoded = percent_decode_str(token.trim_end_matches('/')).decode_utf8().ok()?;
    (!decoded.is_empty()).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_what_follows_the_source() {
        let of = |line: &str| token(&format!("{line}\nA: b\n"));
        assert_eq!(of("POST /hooks/site/t%2Bk HTTP/1.1").as_deref(), Some("t+k"));
        assert_eq!(of("POST /vigie/hooks/site/tk?x=/y HTTP/2").as_deref(), Some("tk"));
        assert_eq!(of("POST https://a.example/hooks/site/tk HTTP/1.1").as_deref(), Some("tk"));
        for none in ["POST /hooks/site HTTP/1.1", "POST /hooks/site/ HTTP/1.1", "X: /hooks/a/b c"] {
            assert_eq!(of(none), None, "{none}");
        }
        assert_eq!(token(""), None);
    }
}

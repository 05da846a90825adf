//! `vigie doctor`: why a webhook verifies or not. What it prints holds no secret, no computed
//! signature and nothing of a review.

use std::path::Path;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use vigie_api_http::HttpApi;
use vigie_platforms::{Diagnosis, Kept, KeySet, Means, Request, Verifier, diagnose_with, headers};
use vigie_ports::{Api as _, Call};

use super::signer::{Signing, resolve, wrong};
use crate::captures::Folder;
use crate::captures::file::Capture;
use crate::cli::Doctor;
use crate::load::{CannotBegin, read_config};
use crate::output::{Exit, complain, say, say_json};
use crate::waiting::Waiting;
use vigie_machine::now;

/// Says why a request verifies or not: one that was kept, in two files or by the server.
pub(crate) async fn run(arguments: &Doctor) -> Result<Exit, CannotBegin> {
    judge(arguments).await.map(|judged| judged.tell(arguments))
}

/// A request that was judged.
pub(crate) struct Judged {
    signing: Signing,
    pub(crate) diagnosis: Diagnosis,
    /// The request, where the server kept it.
    pub(crate) capture: Option<Capture>,
}

/// Judges the request that the command line names.
pub(crate) async fn judge(arguments: &Doctor) -> Result<Judged, CannotBegin> {
    let _waiting = Waiting::for_("trying what may have been meant");
    match (&arguments.captured, &arguments.headers, &arguments.body) {
        (Some(named), ..) => captured(arguments, named).await,
        (None, Some(headers), Some(body)) => in_files(arguments, headers, body).await,
        _ => Err(wrong("name --captured last, or --headers FILE and --body FILE")),
    }
}

async fn in_files(arguments: &Doctor, headers: &Path, body: &Path) -> Result<Judged, CannotBegin> {
    let signing = resolve(&arguments.signer).await?;
    let head = String::from_utf8_lossy(&read(headers)?).into_owned();
    let body = read(body)?;
    let headers =
        headers::parse(&head).map_err(|bad| wrong(&format!("{}: {bad}", headers.display())))?;
    let scheme = signing.preset.scheme();
    let token = token(&head).filter(|_| scheme.takes_path_token());
    let (path_token, query) = (token.as_deref(), query(&head));
    let request = Request { headers: &headers, path_token, query, body: &body };
    let diagnosis = diagnosed(&signing, &request, arguments.at.unwrap_or_else(now)).await;
    Ok(Judged { signing, diagnosis, capture: None })
}

/// Stands for a token that came and was not kept: no secret is like it.
const TOKEN_NOT_KEPT: &str = "\0not kept";

async fn captured(arguments: &Doctor, named: &str) -> Result<Judged, CannotBegin> {
    let signing = resolve(&arguments.signer).await?;
    let (capture, body) = find(arguments, &signing, named)?;
    let headers = capture.headers().map_err(|error| wrong(&format!("{named} {error}")))?;
    let scheme = signing.preset.scheme();
    // A request whose token was good was refused for something else.
    let good = signing.secrets.first().filter(|_| !capture.reason.starts_with("signature"));
    let token = good.map_or(TOKEN_NOT_KEPT, |secret| secret.expose_secret());
    let path_token = (capture.token && scheme.takes_path_token()).then_some(token);
    let query = capture.query.as_deref();
    let request = Request { headers: &headers, path_token, query, body: &body };
    let diagnosis = diagnosed(&signing, &request, arguments.at.unwrap_or(capture.at)).await;
    Ok(Judged { signing, diagnosis, capture: Some(capture) })
}

/// Judges a request with all that its source verifies with. Keys that the platform publishes are
/// read from there.
async fn diagnosed(signing: &Signing, request: &Request<'_>, at: Timestamp) -> Diagnosis {
    let scheme = signing.preset.scheme();
    let verifier = Verifier::of_usable(scheme, &signing.secrets).0;
    let published = match verifier.wanted(request) {
        Some(wanted) => published(wanted.url).await,
        None => None,
    };
    let (secrets, expect) = (signing.secrets.as_slice(), &signing.expect);
    diagnose_with(scheme, request, &Means { secrets, expect, published: published.as_ref() }, at)
}

async fn published(url: &str) -> Option<KeySet> {
    let reply = HttpApi::default().ask(&Call::get(url)).await;
    let keys = reply.map_err(|error| error.reason);
    let keys = keys.and_then(|reply| KeySet::parse(&reply.body).map_err(|e| e.to_string()));
    keys.map_err(|why| complain(format!("warning: {url} cannot be read: {why}"))).ok()
}

/// The request that is meant: the newest of the source, or the one of an id. With a preset instead
/// of a source, of any source.
fn find(
    arguments: &Doctor,
    signing: &Signing,
    named: &str,
) -> Result<(Capture, Vec<u8>), CannotBegin> {
    let (config, machine) = read_config(&arguments.signer.config.config)?;
    let folder = Folder::in_data(&machine.path(&config.server.data));
    let held = folder.look(now()).map_err(|error| {
        let shown = folder.path().display();
        wrong(&format!(
            "cannot read {shown}: {error}\n  hint: run this as the user that runs vigie serve"
        ))
    })?;
    let source = signing.source.as_ref().map(vigie_domain::SourceId::as_str);
    let mut ours =
        held.entries.iter().rev().filter(|entry| source.is_none_or(|id| id == entry.source));
    let entry = ours.find(|entry| named == "last" || named == entry.request);
    let Some(entry) = entry else {
        let of = source.map(|id| format!(" of {id}")).unwrap_or_default();
        let id = if named == "last" { String::new() } else { " of that id".to_owned() };
        let whose = source.unwrap_or("ID");
        return Err(wrong(&format!(
            "no refused request{of}{id} is kept; they are gone after 24 h\n  hint: vigie capture \
             --source {whose}, then have the platform send again"
        )));
    };
    Capture::read(&entry.path).map_err(|error| {
        let others = held.entries.iter().rev().filter(|other| other.source == entry.source);
        let other = others.map(|other| &other.request).find(|id| **id != entry.request);
        let other = other.map(|id| format!(", or try --captured {id}")).unwrap_or_default();
        let shown = entry.path.display();
        wrong(&format!("{shown} {error}\n  hint: remove it and capture again{other}"))
    })
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
    #[serde(skip_serializing_if = "Option::is_none")]
    captured: Option<Captured<'a>>,
}

/// The request that was kept, and how it was refused when it came.
#[derive(Serialize)]
struct Captured<'a> {
    request: &'a str,
    at: Timestamp,
    reason: &'a str,
}

impl Judged {
    fn tell(&self, arguments: &Doctor) -> Exit {
        let Self { signing, diagnosis, capture } = self;
        let captured = capture.as_ref().map(|capture| Captured {
            request: &capture.request,
            at: capture.at,
            reason: &capture.reason,
        });
        if arguments.json.json {
            say_json(&Answer { diagnosis, captured });
        } else {
            let told = diagnosis.human(&signing.title, &signing.labels, self.kept());
            say(told.trim_end());
        }
        if diagnosis.verifies { Exit::Done } else { Exit::NotSo }
    }

    /// What to know and to do, in a few lines.
    pub(crate) fn in_brief(&self) -> String {
        self.diagnosis.in_brief(self.kept())
    }

    fn kept(&self) -> Option<Kept<'_>> {
        let capture = self.capture.as_ref()?;
        Some(Kept { request: &capture.request, at: capture.at, reason: &capture.reason })
    }
}

fn read(file: &Path) -> Result<Vec<u8>, CannotBegin> {
    std::fs::read(file).map_err(|error| wrong(&format!("cannot read {}: {error}", file.display())))
}

/// What follows the question mark in the address of a request line, if the first line is one.
fn query(head: &str) -> Option<&str> {
    let mut words = head.lines().next()?.split_whitespace();
    let (_method, target, version) = (words.next()?, words.next()?, words.next()?);
    let query = target.split_once('?')?.1.split('#').next()?;
    version.starts_with("HTTP/").then_some(query)
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

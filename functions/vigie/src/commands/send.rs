//! `vigie send`: plays a platform. No address that holds a token is printed.

mod address;
mod many;

use std::error::Error as _;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, redirect};
use serde::Serialize;
use serde_json::Value;
use vigie_domain::text;
use vigie_platforms::Preset;
use vigie_platforms::signature::{Message, Signed, sign_message};
use vigie_ports::Ids as _;

use self::address::Address;
use super::signer::{Signing, resolve, wrong};
use crate::cli::Send;
use crate::load::CannotBegin;
use crate::output::{Exit, complain, say, say_json};
use vigie_machine::{SystemIds, now};

/// Longest wait for the whole answer: platforms themselves give up after 5 to 15 s.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// Bytes of an answer that are read: ours are a line long, and the other side may be anybody.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

#[derive(Serialize)]
struct Answer {
    status: Option<u16>,
    body: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// What is posted.
struct Payload {
    /// Whether it is a sample, and which.
    name: String,
    body: Vec<u8>,
    headers: HeaderMap,
    /// What its token says beside the body, where the platform sends one.
    claims: Vec<(String, String)>,
    /// What follows the question mark of its address.
    query: Option<String>,
}

/// Signs and posts.
pub(crate) async fn run(arguments: &Send) -> Result<Exit, CannotBegin> {
    let signing = resolve(&arguments.signer).await?;
    if many::is_asked_for(arguments) {
        let body = arguments.body.as_deref().map(read).transpose()?;
        return many::run(arguments, signing, body).await;
    }
    let payload = payload(arguments, &signing.preset)?;
    let (headers, signed) = signed_at(&signing, &payload, &message_id(), now())?;
    let source = signing.source.as_ref().map(vigie_domain::SourceId::as_str);
    let address = Address::of(&arguments.url, source, &signed)
        .map_err(|fault| wrong(&format!("--url: {fault}")))?;
    let body = signed.body.unwrap_or(payload.body);
    let (bytes, scheme) = (body.len(), signing.preset.scheme().name());
    let intro = format!("POST {}\n{bytes} bytes, {}, {scheme}", address.shown, payload.name);
    let outcome = post(address, headers, body).await;
    Ok(tell(&intro, outcome, arguments.json.json))
}

fn payload(arguments: &Send, preset: &Preset) -> Result<Payload, CannotBegin> {
    if let Some(file) = &arguments.body {
        return Ok(Payload::of_body(read(file)?));
    }
    payload_of(preset, arguments.sample.as_deref(), 0, now(), "")
}

/// A sample of a preset: the one of a name, else the one of a place.
fn payload_of(
    preset: &Preset,
    named: Option<&str>,
    place: usize,
    at: Timestamp,
    suffix: &str,
) -> Result<Payload, CannotBegin> {
    let sample = match named {
        Some(name) => preset.sample(name).ok_or_else(|| unknown_sample(name, preset))?,
        None => preset.samples().get(place).ok_or_else(|| {
            wrong("this preset has no sample\n  hint: --body FILE posts one of yours")
        })?,
    };
    Ok(Payload {
        name: format!("sample {}", sample.name),
        body: sample.render_with(at, suffix),
        headers: sample.header_map(),
        claims: sample.claims.clone(),
        query: sample.query.clone(),
    })
}

fn read(file: &Path) -> Result<Vec<u8>, CannotBegin> {
    std::fs::read(file).map_err(|error| wrong(&format!("cannot read {}: {error}", file.display())))
}

fn unknown_sample(name: &str, preset: &Preset) -> CannotBegin {
    let names: Vec<_> = preset.samples().iter().map(|sample| sample.name.as_str()).collect();
    let (name, names) = (text::clean_line(name), names.join(", "));
    wrong(&format!("no sample of {} is called {name}\n  hint: it has {names}", preset.id()))
}

/// The headers of the signed request, and what else its signature changes.
fn signed_at(
    signing: &Signing,
    payload: &Payload,
    id: &str,
    at: Timestamp,
) -> Result<(HeaderMap, Signed), CannotBegin> {
    let Some(secret) = signing.secrets.first() else {
        return Err(wrong(&format!("{} has no secret to sign with", signing.title)));
    };
    let message = Message {
        body: &payload.body,
        id,
        claims: &payload.claims,
        query: payload.query.as_deref(),
        expect: &signing.expect,
        at,
    };
    let signed = sign_message(signing.preset.scheme(), secret, &message)
        .map_err(|fault| wrong(&format!("{}: {fault}", signing.title)))?;
    let mut headers = payload.headers.clone();
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    headers.extend(signed.header_map());
    Ok((headers, signed))
}

fn message_id() -> String {
    SystemIds.random().iter().fold("msg_".to_owned(), |mut id, byte| {
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

impl Payload {
    fn of_body(body: Vec<u8>) -> Self {
        let (headers, claims) = (HeaderMap::new(), Vec::new());
        Self { name: "from a file".to_owned(), body, headers, claims, query: None }
    }
}

/// Who posts: no redirect is followed, and no proxy asked.
fn client() -> Result<Client, String> {
    Client::builder()
        .redirect(redirect::Policy::none())
        .timeout(ANSWER_WITHIN)
        .no_proxy()
        .user_agent(concat!("vigie/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(why)
}

async fn post(
    address: Address,
    headers: HeaderMap,
    body: Vec<u8>,
) -> Result<(StatusCode, Vec<u8>), String> {
    post_with(&client()?, address, headers, body).await
}

async fn post_with(
    client: &Client,
    address: Address,
    headers: HeaderMap,
    body: Vec<u8>,
) -> Result<(StatusCode, Vec<u8>), String> {
    let response = client.post(address.url).headers(headers).body(body).send().await;
    let response = response.map_err(why)?;
    Ok((response.status(), body_of(response).await.map_err(why)?))
}

async fn body_of(mut response: Response) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES_MAX {
            body.truncate(ANSWER_BYTES_MAX);
            break;
        }
    }
    Ok(body)
}

/// Why there was no answer: the chain of causes, without the address.
pub(crate) fn why(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some causes repeat the one below them.
        if parts.last().is_none_or(|last| !last.contains(&cause_text)) {
            parts.push(cause_text);
        }
        source = cause.source();
    }
    parts.join(": ")
}

fn tell(intro: &str, outcome: Result<(StatusCode, Vec<u8>), String>, json: bool) -> Exit {
    let (status, body) = match outcome {
        Ok(answer) => answer,
        Err(why) => {
            complain(format!("vigie: no answer: {why}"));
            if json {
                say_json(&Answer { status: None, body: None, error: Some(why) });
            }
            return Exit::NotSo;
        }
    };
    if json {
        let body = serde_json::from_slice(&body).ok();
        say_json(&Answer { status: Some(status.as_u16()), body, error: None });
    } else {
        let body = text::clean_text(&String::from_utf8_lossy(&body));
        say(format!("{intro}\n\n{status}\n{body}").trim_end());
    }
    if status.is_success() { Exit::Done } else { Exit::NotSo }
}

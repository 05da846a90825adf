//! `/hooks/{source}` and `/hooks/{source}/{token}`: where platforms post, and ask before they do.

use http::request::Parts;
use http::{Method, StatusCode};
use vigie_app::App;
use vigie_app::receive::{NotReceived, Received, Tally, Webhook, address_of, receive};
use vigie_domain::{Digest, NoticeId, ReviewKey};
use vigie_platforms::Request;
use vigie_platforms::preset::{Asked, Unanswered};
use vigie_ports::{Clock as _, World};

use crate::answer::{Answer, Arrived, Code, json, not_allowed, problem, typed};
use crate::{Client, RequestId, segments};

/// What became of a webhook.
#[derive(Debug)]
pub struct Hooked {
    /// The answer.
    pub answer: Answer,
    /// What was recorded; `None` where it was not taken.
    pub tally: Option<Tally>,
    /// Reviews with a change to decide.
    pub undecided: Vec<ReviewKey>,
    /// What is to be fetched.
    pub notices: Vec<NoticeId>,
    /// Why it was not proven to come from the platform, if it was not.
    pub refused: Option<&'static str>,
}

/// The source that an address names, and the token behind it, decoded.
pub fn named(path: &str) -> Option<(&str, Option<String>)> {
    let rest: Vec<&str> = segments(path).skip(1).collect();
    match rest.as_slice() {
        [source] => Some((source, None)),
        [source, token] => {
            let token = percent_encoding::percent_decode_str(token).decode_utf8().ok()?;
            Some((source, Some(token.into_owned())))
        }
        _ => None,
    }
}

/// Takes a webhook whose body was read whole.
pub async fn answer<W: World>(app: &App<W>, parts: &Parts, body: &[u8], id: &RequestId) -> Hooked {
    let Some((source, token)) = named(parts.uri.path()) else {
        let answer = problem(Code::UnknownSource, id, None);
        return Hooked::not_taken(answer);
    };
    let sent = Request {
        headers: &parts.headers,
        path_token: token.as_deref(),
        query: parts.uri.query(),
        body,
    };
    let from = parts.extensions.get::<Client>().map(|client| client.0);
    match receive(app, &Webhook { source, sent, from, request: Some(&id.0) }).await {
        Ok(received) => {
            let answer = match received.answer {
                Some(answer) => typed(StatusCode::OK, "application/json", answer),
                None => json(StatusCode::OK, &received.tally),
            };
            let Received { tally, undecided, notices, .. } = received;
            Hooked { answer, tally: Some(tally), undecided, notices, refused: None }
        }
        Err(error) => {
            let refused = match &error {
                NotReceived::Refused(why) => Some(why.code()),
                _ => None,
            };
            let answer = not_taken(&error, body, id);
            Hooked { refused, ..Hooked::not_taken(answer) }
        }
    }
}

impl Hooked {
    fn not_taken(answer: Answer) -> Self {
        let (tally, undecided, notices, refused) = Default::default();
        Self { answer, tally, undecided, notices, refused }
    }
}

fn not_taken(error: &NotReceived, bytes: &[u8], id: &RequestId) -> Answer {
    match error {
        NotReceived::UnknownSource => problem(Code::UnknownSource, id, None),
        NotReceived::Malformed(why) => {
            tracing::warn!(request.id = %id.0, why, "a verified body could not be read");
            problem(Code::MalformedPayload, id, None)
        }
        NotReceived::Refused(refusal) => {
            let sha256 = Digest::of_bytes(bytes).to_hex();
            let arrived = Arrived { bytes: bytes.len(), sha256: &sha256 };
            problem(Code::from(*refusal), id, Some(arrived))
        }
        NotReceived::NoKeys(why) => {
            tracing::error!(request.id = %id.0, %why, "a webhook could not be verified");
            problem(Code::KeysUnavailable, id, None)
        }
        NotReceived::NotRecorded(error) => {
            tracing::error!(request.id = %id.0, %error, "a webhook could not be kept");
            problem(Code::StoreUnavailable, id, None)
        }
    }
}

/// The answer to a GET or a HEAD: the platform's challenge, where the source's platform has one and
/// this is it.
pub fn asked<W: World>(app: &App<W>, parts: &Parts, id: &RequestId) -> Answer {
    challenged(app, parts, id).unwrap_or_else(|| not_a_page(&parts.method, id))
}

fn challenged<W: World>(app: &App<W>, parts: &Parts, id: &RequestId) -> Option<Answer> {
    let (named, token) = named(parts.uri.path())?;
    let source = app.registry().source(named)?;
    let challenge = source.preset.challenge()?;
    let query = parts.uri.query().unwrap_or_default();
    let asked = Asked {
        method: &parts.method,
        query,
        address: &address_of(app, &source.id),
        words: &source.access.words,
    };
    let answered = match challenge.answer(&asked) {
        Err(Unanswered::NotAsked) => return None,
        Err(Unanswered::WrongWord) => return Some(problem(Code::SignatureMismatch, id, None)),
        Ok(answered) => answered,
    };
    if source.preset.scheme().takes_path_token() {
        let headers = &parts.headers;
        let sent = Request { headers, path_token: token.as_deref(), query: None, body: b"" };
        if let Err(refusal) = source.verifier.verify(&sent, app.world().clock().now()) {
            return Some(problem(Code::from(refusal), id, None));
        }
    }
    Some(typed(StatusCode::OK, answered.media_type, answered.body))
}

/// The answer to a method that takes no webhook. People open the address in a browser to see
/// whether it is there.
pub fn not_a_page(method: &Method, id: &RequestId) -> Answer {
    let mut answer = not_allowed(id, &[Method::POST]);
    if !matches!(*method, Method::GET | Method::HEAD) {
        return answer;
    }
    let told = "This address takes webhooks: paste it into your review platform, which will POST \
                to it.\n";
    *answer.body_mut() = told.into();
    answer.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_source_and_perhaps_a_token() {
        assert_eq!(named("/hooks/a"), Some(("a", None)));
        assert_eq!(named("/hooks/a/t%2Fx"), Some(("a", Some("t/x".to_owned()))));
        assert_eq!(named("/hooks/a/b/c"), None);
        assert_eq!(named("/hooks"), None);
    }
}

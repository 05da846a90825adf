//! `/hooks/{source}` and `/hooks/{source}/{token}`: where platforms post.

use http::request::Parts;
use http::{Method, StatusCode};
use vigie_app::App;
use vigie_app::receive::{NotReceived, Tally, receive};
use vigie_domain::{Digest, ReviewKey};
use vigie_ports::World;

use crate::answer::{Answer, Arrived, Code, json, not_allowed, problem, typed};
use crate::{RequestId, segments};

/// What became of a webhook.
#[derive(Debug)]
pub struct Hooked {
    /// The answer.
    pub answer: Answer,
    /// What was recorded; `None` where it was not taken.
    pub tally: Option<Tally>,
    /// Reviews with a change to decide.
    pub undecided: Vec<ReviewKey>,
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
        return Hooked { answer, tally: None, undecided: Vec::new(), refused: None };
    };
    match receive(app, source, token.as_deref(), &parts.headers, body, Some(&id.0)).await {
        Ok(received) => {
            let answer = match received.answer {
                Some(answer) => typed(StatusCode::OK, "application/json", answer),
                None => json(StatusCode::OK, &received.tally),
            };
            let (tally, undecided) = (Some(received.tally), received.undecided);
            Hooked { answer, tally, undecided, refused: None }
        }
        Err(error) => {
            let refused = match &error {
                NotReceived::Refused(why) => Some(why.code()),
                _ => None,
            };
            let answer = not_taken(&error, body, id);
            Hooked { answer, tally: None, undecided: Vec::new(), refused }
        }
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
        NotReceived::NotRecorded(error) => {
            tracing::error!(request.id = %id.0, %error, "a webhook could not be kept");
            problem(Code::StoreUnavailable, id, None)
        }
    }
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

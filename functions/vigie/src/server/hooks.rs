//! `/hooks/{source}` and `/hooks/{source}/{token}`: where platforms post.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::{Method, StatusCode};
use vigie_app::receive::{NotReceived, receive};
use vigie_domain::Digest;

use super::answer::{Arrived, Code, ProblemCode, RequestId, json, not_allowed, problem, typed};
use super::capture::Refused;
use super::{Serving, body, segments};

/// Takes a webhook.
pub(crate) async fn hook(State(serving): State<Arc<Serving>>, request: Request) -> Response {
    let id = super::request_id(&request);
    if request.method() != Method::POST {
        return not_a_page(&request, &id);
    }
    let (parts, incoming) = request.into_parts();
    let bytes = match body::read(&parts.headers, incoming).await {
        Ok(bytes) => bytes,
        Err(code) => return problem(code, &id, None),
    };
    let Some((source, token)) = named(parts.uri.path()) else {
        return problem(Code::UnknownSource, &id, None);
    };
    let app = &serving.app;
    let received = receive(app, source, token.as_deref(), &parts.headers, &bytes).await;
    // Only a source of ours is named in the log: a mistaken address may hold anything.
    let known = app.registry().source(source).is_some();
    let mut response = match received {
        Ok(received) => {
            serving.metrics.received(&received.tally);
            serving.nudge_raise(received.undecided);
            match received.answer {
                Some(answer) => typed(StatusCode::OK, "application/json", answer),
                None => json(StatusCode::OK, &received.tally),
            }
        }
        Err(error) => {
            if let NotReceived::Refused(why) = &error {
                serving.metrics.refused(source, why.code());
            }
            let response = refused(&error, &bytes, &id);
            if let Some(code) = refusal(&response).filter(|_| known) {
                let (parts, body, id, token) = (&parts, &bytes, &id, token.as_deref());
                serving.captures.keep(&Refused { source, token, parts, body, id, code });
            }
            response
        }
    };
    if known {
        response.extensions_mut().insert(super::canonical::About { source: source.to_owned() });
    }
    response
}

/// The source and the token of an address.
fn named(path: &str) -> Option<(&str, Option<String>)> {
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

fn refused(error: &NotReceived, bytes: &[u8], id: &RequestId) -> Response {
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

/// The code of an answer that says that the request was at fault.
fn refusal(response: &Response) -> Option<Code> {
    let code = response.extensions().get::<ProblemCode>()?.0;
    code.status().is_client_error().then_some(code)
}

/// People open the address in a browser to see whether it is there.
fn not_a_page(request: &Request, id: &RequestId) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return not_allowed(id, &[Method::POST]);
    }
    let mut response = not_allowed(id, &[Method::POST]);
    let told = "This address takes webhooks: paste it into your review platform, which will POST \
                to it.\n";
    *response.body_mut() = told.into();
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
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

//! Answers: problems with a closed set of codes (RFC 9457), and what every answer carries.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;
use vigie_platforms::Refusal;

use crate::RequestId;

/// An answer, whole.
pub type Answer = http::Response<Bytes>;

/// Every code a caller can see. docs/errors.md explains each; a test holds the two together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// The verified bytes are not JSON, or nest too deep.
    MalformedPayload,
    /// No signature came.
    SignatureMissing,
    /// The signature is not of these bytes.
    SignatureMismatch,
    /// The signature is too old, or of the future.
    TimestampOutsideTolerance,
    /// No source of that name.
    UnknownSource,
    /// No such address.
    NotFound,
    /// The address does not take that method.
    MethodNotAllowed,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The body is too large.
    PayloadTooLarge,
    /// The body is compressed.
    CompressedBody,
    /// Too many at once.
    TooManyRequests,
    /// The keys that the platform publishes cannot be read now.
    KeysUnavailable,
    /// The store does not answer.
    StoreUnavailable,
    /// A fault of ours.
    Internal,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 14] = [
        Self::MalformedPayload,
        Self::SignatureMissing,
        Self::SignatureMismatch,
        Self::TimestampOutsideTolerance,
        Self::UnknownSource,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::PayloadTooLarge,
        Self::CompressedBody,
        Self::TooManyRequests,
        Self::KeysUnavailable,
        Self::StoreUnavailable,
        Self::Internal,
    ];

    /// Its word, as the answer has it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::MalformedPayload => "malformed-payload",
            Self::SignatureMissing => "signature-missing",
            Self::SignatureMismatch => "signature-mismatch",
            Self::TimestampOutsideTolerance => "timestamp-outside-tolerance",
            Self::UnknownSource => "unknown-source",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::RequestTimeout => "request-timeout",
            Self::PayloadTooLarge => "payload-too-large",
            Self::CompressedBody => "compressed-body",
            Self::TooManyRequests => "too-many-requests",
            Self::KeysUnavailable => "keys-unavailable",
            Self::StoreUnavailable => "store-unavailable",
            Self::Internal => "internal",
        }
    }

    /// The status that it is answered with.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::MalformedPayload => StatusCode::BAD_REQUEST,
            Self::SignatureMissing | Self::SignatureMismatch | Self::TimestampOutsideTolerance => {
                StatusCode::UNAUTHORIZED
            }
            Self::UnknownSource | Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::CompressedBody => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::KeysUnavailable | Self::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::MalformedPayload => "the body is not JSON, or nests deeper than 64",
            Self::SignatureMissing => "the request carries no signature",
            Self::SignatureMismatch => "the signature does not match the body that arrived",
            Self::TimestampOutsideTolerance => "the timestamp is more than 300 s off",
            Self::UnknownSource => "no such source",
            Self::NotFound => "nothing here",
            Self::MethodNotAllowed => "this address does not take that method",
            Self::RequestTimeout => "the body did not arrive in time",
            Self::PayloadTooLarge => "the body is larger than 1 MiB",
            Self::CompressedBody => "send the body uncompressed: the signature covers its bytes",
            Self::TooManyRequests => "too many requests at once, try again",
            Self::KeysUnavailable => "the platform's keys cannot be read now, try again",
            Self::StoreUnavailable => "the review could not be kept, try again",
            Self::Internal => "something went wrong on our side",
        }
    }

    /// Seconds after which the same request may fare better.
    pub const fn retry_after(self) -> Option<&'static str> {
        match self {
            Self::TooManyRequests => Some("1"),
            Self::KeysUnavailable | Self::StoreUnavailable => Some("5"),
            _ => None,
        }
    }
}

impl From<Refusal> for Code {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SignatureMissing => Self::SignatureMissing,
            Refusal::SignatureMismatch => Self::SignatureMismatch,
            Refusal::TimestampOutsideTolerance => Self::TimestampOutsideTolerance,
        }
    }
}

/// The code of a problem, carried beside the response to the log.
#[derive(Debug, Clone, Copy)]
pub struct ProblemCode(pub Code);

/// What arrived, told to the sender so that both sides can compare.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Arrived<'a> {
    /// How many bytes.
    pub bytes: usize,
    /// Their digest, in hexadecimal.
    pub sha256: &'a str,
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Arrived<'a>>,
}

/// A problem answer.
pub fn problem(code: Code, id: &RequestId, body: Option<Arrived<'_>>) -> Answer {
    let problem = Problem {
        r#type: "about:blank",
        title: code.title(),
        status: code.status().as_u16(),
        code: code.id(),
        request_id: &id.0,
        body,
    };
    let text = serde_json::to_string(&problem).unwrap_or_default();
    let mut response = typed(code.status(), "application/problem+json", text);
    if let Some(seconds) = code.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static(seconds));
    }
    response.extensions_mut().insert(ProblemCode(code));
    response
}

/// The answer to a method that an address does not take.
pub fn not_allowed(id: &RequestId, takes: &[Method]) -> Answer {
    let mut response = problem(Code::MethodNotAllowed, id, None);
    let takes = takes.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    if let Ok(value) = HeaderValue::from_str(&takes) {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}

/// An answer of a type.
pub fn typed(status: StatusCode, kind: &'static str, text: impl Into<Bytes>) -> Answer {
    let mut response = Answer::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// An answer in JSON.
pub fn json(status: StatusCode, document: &impl Serialize) -> Answer {
    typed(status, "application/json", serde_json::to_string(document).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_of_its_own_family_and_stands_in_the_documents() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
        let document = std::fs::read_to_string(root).unwrap();
        for code in Code::ALL {
            let line = format!("| {} | `{}` |", code.status().as_u16(), code.id());
            assert!(document.contains(&line), "docs/errors.md lacks: {line}");
        }
        let lines = document.lines().filter(|line| line.starts_with("| ") && line.contains("| `"));
        assert_eq!(lines.count(), Code::ALL.len(), "docs/errors.md has codes that are none");
    }

    #[test]
    fn a_problem_says_no_more_than_its_code() {
        let id = RequestId("0a1b".to_owned());
        let response = problem(Code::StoreUnavailable, &id, None);
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[RETRY_AFTER], "5");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    }
}

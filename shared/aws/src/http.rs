//! Events of the HTTP API (payload version 2), as requests whose body was read whole.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use lambda_http::{Body, Request, Response};
use vigie_machine::SystemIds;
use vigie_ports::Standing;
use vigie_relay::Relay;
use vigie_web::answer::problem;
use vigie_web::{Answer, Code, ProblemCode, RequestId, route_of};

/// A request as it came: what the signature covers is its bytes, decoded where the API encoded
/// them.
pub struct Asked {
    /// Method, path, headers.
    pub parts: Parts,
    /// The body.
    pub body: Bytes,
    /// The id that its answer carries.
    pub id: RequestId,
    began: tokio::time::Instant,
}

impl From<Request> for Asked {
    fn from(request: Request) -> Self {
        let began = tokio::time::Instant::now();
        let (parts, body) = request.into_parts();
        let body = match body {
            Body::Text(text) => Bytes::from(text),
            Body::Binary(bytes) => Bytes::from(bytes),
            _ => Bytes::new(),
        };
        Self { parts, body, id: RequestId::new(&SystemIds), began }
    }
}

impl Asked {
    /// Writes the request's line, and gives the answer its id.
    pub fn answered(&self, source: &str, mut answer: Answer) -> Response<Body> {
        self.id.carried_by(answer.headers_mut());
        let status = answer.status().as_u16();
        let code = answer.extensions().get::<ProblemCode>().map_or("", |code| code.0.id());
        let (id, method) = (&self.id.0, self.parts.method.as_str());
        let route = route_of(self.parts.uri.path());
        let duration_us = self.began.elapsed().as_micros() as u64;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    request.id = %id,
                    method,
                    route,
                    source.id = source,
                    status,
                    code,
                    duration_us,
                    "request"
                )
            };
        }
        if status >= 500 {
            line!(error);
        } else {
            line!(info);
        }
        answer.map(text)
    }
}

/// The answer of a home that is not open: another's, where it was moved there; else that it is not
/// ready. `None`: it is open, and answers itself.
pub async fn elsewhere(relay: &Relay, standing: &Standing, asked: &Asked) -> Option<Answer> {
    match (standing, standing.elsewhere()) {
        (Standing::Open, _) => None,
        (_, Some(to)) => Some(relay.hand(to, &asked.parts, asked.body.clone(), &asked.id).await),
        (_, None) => Some(problem(Code::StoreUnavailable, &asked.id, None)),
    }
}

/// Our answers are all text.
fn text(bytes: Bytes) -> Body {
    match String::from_utf8(bytes.into()) {
        Ok(text) => Body::Text(text),
        Err(bytes) => Body::Binary(bytes.into_bytes()),
    }
}

/// The handler of a function, which Lambda's runtime calls for each request: one for all.
pub type Shared<T> = Arc<T>;

//! What Vigie answers over HTTP: webhooks taken, links acted on, problems told. The homes only
//! carry it: one process over a socket, functions on AWS as events.
//!
//! [`hook::answer`] and [`desk::answer`] are the two entry points. Both take a request whose body
//! was read whole ([`body::judge`] says which bodies are not), and give the answer with what is to
//! be nudged and counted; neither writes a log line of its own for what went well.

pub mod answer;
pub mod body;
pub mod desk;
pub mod hook;

use std::net::IpAddr;

use http::HeaderValue;
use vigie_ports::Ids;

pub use answer::{Answer, Code, ProblemCode};

/// A request's id: every answer carries it, and so do the log and whatever the request made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

impl RequestId {
    /// A new one: 16 hexadecimal digits.
    pub fn new(ids: &impl Ids) -> Self {
        let random = u128::from_be_bytes(ids.random());
        Self(format!("{:016x}", (random >> 64) as u64))
    }

    /// Puts it into an answer.
    pub fn carried_by(&self, answer: &mut http::HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.0) {
            answer.insert("vigie-request", value);
        }
    }
}

/// Who asks, as far as the home can tell: put it among a request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client(pub IpAddr);

/// The parts of a path.
pub fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim_start_matches('/').split('/')
}

/// The route of a path, for logs and metrics: never the path itself, which may hold a token.
///
/// ```
/// assert_eq!(vigie_web::route_of("/hooks/shop/a-secret-token"), "/hooks/{source}");
/// ```
pub fn route_of(path: &str) -> &'static str {
    match segments(path).next() {
        Some("hooks") => "/hooks/{source}",
        Some("desk") => "/desk/{purpose}/{link}",
        Some("healthz") => "/healthz",
        Some("demo") => "/demo",
        _ => "other",
    }
}

//! One log line a request, and the id that every answer carries (docs/logging.md).

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;
use vigie_web::answer::problem;
use vigie_web::{Code, ProblemCode, RequestId, route_of};

use super::Serving;
use super::client::{Network, client};
use super::connections::Peer;
use vigie_machine::SystemIds;

/// What a request was about, for its line. Never a token or a link.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) source: String,
}

/// Requests answered at once. Beyond it the server says 429: memory stays bounded.
pub(crate) const REQUESTS_MAX: usize = 1024;

/// Gives a request its id, turns it away when there are too many, and writes its line.
pub(crate) async fn line(
    State(serving): State<Arc<Serving>>,
    mut request: Request,
    next: Next,
) -> Response {
    let began = tokio::time::Instant::now();
    let id = RequestId::new(&SystemIds);
    let method = request.method().clone();
    let route = route_of(request.uri().path());
    let network = network(&serving, route, &request);
    request.extensions_mut().insert(id.clone());
    if let Some(address) = network.0 {
        request.extensions_mut().insert(vigie_web::Client(address));
    }
    let mut response = match serving.room.try_acquire() {
        Ok(_held) => {
            // A fault of ours ends one request, not the connection's silence.
            let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
            answered.unwrap_or_else(|_| problem(Code::Internal, &id, None).map(Body::from))
        }
        Err(_) => problem(Code::TooManyRequests, &id, None).map(Body::from),
    };
    id.carried_by(response.headers_mut());
    let took = began.elapsed();
    serving.metrics.answered(route, response.status().as_u16(), took);
    write(&id, (method.as_str(), route, network), &response, took);
    response
}

/// Where a request came from. The desk is for people, of whom nothing is logged.
fn network(serving: &Serving, route: &str, request: &Request) -> Network {
    let peer = request.extensions().get::<Peer>().filter(|_| !route.starts_with("/desk"));
    Network(peer.map(|peer| client(peer.0, request.headers(), &serving.trusted)))
}

fn write(
    id: &RequestId,
    (method, route, network): (&str, &str, Network),
    response: &Response,
    took: Duration,
) {
    let status = response.status().as_u16();
    let duration_us = took.as_micros() as u64;
    let code = response.extensions().get::<ProblemCode>().map_or("", |code| code.0.id());
    let source = response.extensions().get::<About>().map_or("", |about| about.source.as_str());
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                request.id = %id.0,
                method,
                route,
                source.id = source,
                client.network = %network,
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
}

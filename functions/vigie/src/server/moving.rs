//! What a home answers that is not open: it hands webhooks and links on to the one that it was
//! moved to, or says that it is not ready.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use vigie_ports::Standing;
use vigie_web::answer::problem;
use vigie_web::{Code, segments};

use super::{Serving, body};

/// Lets requests through where this home is open; `/healthz` speaks of this process always.
pub(crate) async fn elsewhere(
    State(serving): State<Arc<Serving>>,
    request: Request,
    next: Next,
) -> Response {
    let standing = serving.standing();
    let is_of_the_home = matches!(segments(request.uri().path()).next(), Some("hooks" | "desk"));
    if standing.is_open() || !is_of_the_home {
        return next.run(request).await;
    }
    answer(&serving, &standing, request).await
}

async fn answer(serving: &Serving, standing: &Standing, request: Request) -> Response {
    let id = super::request_id(&request);
    let Some(to) = standing.elsewhere() else {
        return problem(Code::StoreUnavailable, &id, None).map(Body::from);
    };
    let (parts, incoming) = request.into_parts();
    match body::read(&parts.headers, incoming).await {
        Ok(bytes) => serving.relay.hand(to, &parts, bytes, &id).await.map(Body::from),
        Err(code) => problem(code, &id, None).map(Body::from),
    }
}

impl Serving {
    /// Where the home at an address says that it stands.
    pub(crate) async fn standing_of(&self, address: &str) -> Option<String> {
        self.relay.standing_of(address).await
    }
}

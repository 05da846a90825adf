//! `/desk/{purpose}/{link}`: where people at the brand act.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::Method;
use vigie_web::answer::problem;
use vigie_web::desk;

use super::{Serving, body};

/// Shows or acts on a link.
pub(crate) async fn desk(State(serving): State<Arc<Serving>>, request: Request) -> Response {
    let id = super::request_id(&request);
    let (parts, incoming) = request.into_parts();
    let read = match parts.method {
        Method::POST => body::read(&parts.headers, incoming).await,
        _ => Ok(Bytes::new()),
    };
    let desked = match read {
        Ok(form) => desk::answer(&serving.app, &parts, &form, &id).await,
        Err(code) => problem(code, &id, None).into(),
    };
    serving.nudge_raise(desked.undecided.into_iter().collect());
    desked.answer.map(Body::from)
}

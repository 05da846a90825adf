//! The HTTP server: webhooks in, links acted on, health told.

mod body;
mod canonical;
pub(crate) mod capture;
mod client;
pub(crate) mod connections;
mod desk;
mod hooks;
pub(crate) mod keeping;
pub(crate) mod loops;
pub(crate) mod metrics;
pub(crate) mod moving;
pub(crate) mod notes;
#[cfg(test)]
mod openapi;
mod secrets;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use http::{Method, StatusCode};
use ipnet::IpNet;
use tokio::sync::Semaphore;
use vigie_app::App;
use vigie_domain::ReviewKey;
use vigie_ports::{Standing, Store as _, World as _};
use vigie_relay::Relay;
use vigie_web::answer::{json, not_allowed, problem, typed};
use vigie_web::{Code, RequestId};

use crate::environment::Machine;
use crate::home::Home;
use capture::Captures;
use loops::Nudges;
use metrics::Metrics;

/// What every request and loop shares.
pub(crate) struct Serving {
    pub(crate) app: App<Home>,
    pub(crate) metrics: Metrics,
    pub(crate) nudges: Nudges,
    pub(crate) captures: Arc<Captures>,
    /// Proxies whose word on a client's address is taken, for the log alone.
    trusted: Vec<IpNet>,
    room: Semaphore,
    /// Where secrets are, for what is read anew.
    machine: Option<Machine>,
    /// Where this home stands, as far as this process knows.
    standing: RwLock<Standing>,
    /// Held by whatever decides, sends and looks; by all, while this home closes.
    pub(crate) working: tokio::sync::RwLock<()>,
    relay: Relay,
}

impl Serving {
    pub(crate) fn new(app: App<Home>, nudges: Nudges, trusted: Vec<IpNet>) -> Self {
        let room = Semaphore::new(canonical::REQUESTS_MAX);
        Self {
            app,
            metrics: Metrics::new(),
            nudges,
            captures: Arc::default(),
            trusted,
            room,
            machine: None,
            standing: RwLock::default(),
            working: tokio::sync::RwLock::default(),
            relay: Relay::default(),
        }
    }

    /// Where this home stands.
    pub(crate) fn standing(&self) -> Standing {
        self.standing.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From here on it stands there.
    pub(crate) fn stand(&self, standing: Standing) {
        *self.standing.write().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    /// The right to work, until it is dropped; `None`: this home is not open.
    pub(crate) async fn at_work(&self) -> Option<tokio::sync::RwLockReadGuard<'_, ()>> {
        let working = self.working.read().await;
        self.standing().is_open().then_some(working)
    }

    /// Keeps refused requests in a data folder when that is asked for.
    pub(crate) fn capturing(self, data: &Path) -> Self {
        Self { captures: Captures::in_data(data), ..self }
    }

    /// Has changes decided soon. A nudge that finds no room is lost: watch finds the mark.
    pub(crate) fn nudge_raise(&self, keys: Vec<ReviewKey>) {
        for key in keys {
            self.nudges.raise(key);
        }
    }
}

/// Every address, as docs/openapi.json lists them.
pub(crate) fn router(serving: &Arc<Serving>, more: Router<Arc<Serving>>) -> Router {
    let line = axum::middleware::from_fn_with_state(serving.clone(), canonical::line);
    Router::new()
        .route("/hooks/{source}", any(hooks::hook))
        .route("/hooks/{source}/{token}", any(hooks::hook))
        .route("/desk/{purpose}/{link}", any(desk::desk))
        .route("/healthz", any(health))
        .merge(more)
        .fallback(nothing)
        .layer(axum::middleware::from_fn_with_state(serving.clone(), moving::elsewhere))
        .layer(line)
        .with_state(serving.clone())
}

/// The address that serves metrics, on its own port.
pub(crate) fn metrics_router(serving: Arc<Serving>) -> Router {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let metrics = move |State(serving): State<Arc<Serving>>| async move {
        typed(StatusCode::OK, kind, serving.metrics.text()).map(Body::from)
    };
    Router::new().route("/metrics", axum::routing::get(metrics)).with_state(serving)
}

/// 200 when the store answers and can be written.
async fn health(State(serving): State<Arc<Serving>>, request: Request) -> Response {
    let id = request_id(&request);
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return not_allowed(&id, &[Method::GET, Method::HEAD]).map(Body::from);
    }
    match serving.app.world().store().healthy().await {
        Ok(()) => {
            let (version, home) = (env!("CARGO_PKG_VERSION"), serving.standing());
            let told = serde_json::json!({"status": "ok", "version": version, "home": home.id()});
            json(StatusCode::OK, &told).map(Body::from)
        }
        Err(error) => {
            serving.metrics.store_faults.inc();
            tracing::error!(request.id = %id.0, %error, "the store does not answer");
            problem(Code::StoreUnavailable, &id, None).map(Body::from)
        }
    }
}

async fn nothing(request: Request) -> Response {
    problem(Code::NotFound, &request_id(&request), None).map(Body::from)
}

/// The id that the canonical line gave the request.
fn request_id(request: &Request) -> RequestId {
    request.extensions().get().cloned().unwrap_or_else(|| RequestId(String::new()))
}

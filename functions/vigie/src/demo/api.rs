//! The APIs of the platforms whose webhooks tell ids only: one server on loopback plays them all.
//! Presets that ask them are copied into the demo's folder, with its address in place of theirs.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use vigie_platforms::preset::{ApiNames, Fetch, Sample};
use vigie_platforms::{Mapped, Preset};

use crate::load::CannotBegin;

/// What stands for the account, location, survey or merchant.
pub(super) const ACCOUNT: &str = "accounts/1/locations/2";
/// A secret that every API here takes: JSON, where one is due.
pub(super) const SECRET: &str =
    r#"{"client_id":"demo","client_secret":"demo-api-secret","refresh_token":"demo"}"#;
/// What is given for a refresh token.
const TOKEN: &str = r#"{"access_token":"demo-access","expires_in":3600,"token_type":"Bearer"}"#;
/// How long a review may take to be fetched.
const FETCHED_WITHIN: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The server, and what it has.
#[derive(Clone)]
pub(crate) struct Api {
    address: SocketAddr,
    has: Has,
}

/// Bodies, by path and query, each with how often it was read.
type Has = Arc<Mutex<HashMap<String, (Vec<u8>, usize)>>>;

impl Api {
    /// Starts it on a free port.
    pub(crate) async fn start() -> Result<Self, CannotBegin> {
        let cannot = |error: std::io::Error| CannotBegin::Other(format!("no API: {error}"));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let has = Has::default();
        let router = Router::new().fallback(answer).with_state(has.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, has })
    }

    /// The text of a preset, with this server in the place of its platform's API.
    pub(super) fn instead(&self, preset: &Preset) -> Option<String> {
        let text = Preset::text_of(preset.id())?;
        let here = format!("http://{}", self.address);
        let is_address =
            |line: &str| ["url = ", "token_url = "].iter().any(|k| line.starts_with(k));
        let moved = text.lines().map(|line| match line.split_once("https://") {
            Some((before, rest)) if is_address(line) => {
                let path = rest.split_once('/').map_or("", |(_, path)| path);
                format!("{before}{here}/{path}\n")
            }
            _ => format!("{line}\n"),
        });
        Some(moved.collect())
    }

    /// What addresses begin with where a customer has a host of their own.
    pub(super) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Has what a sample's webhook leaves out, and gives where it is read.
    pub(super) fn put(
        &self,
        preset: &Preset,
        sample: &Sample,
        now: Timestamp,
        suffix: &str,
    ) -> Option<Reads> {
        let fetched = sample.fetched(now, suffix)?;
        let moved = Preset::parse(&self.instead(preset)?, preset.id()).ok()?;
        let body = sample.render_with(now, suffix);
        let mapped = moved.map(&sample.header_map(), &body, now).ok()?;
        let thin = mapped.iter().find_map(|one| match one {
            Mapped::Thin(thin) => Some(thin),
            _ => None,
        })?;
        let names = ApiNames { base: Some(self.base()), account: Some(ACCOUNT.to_owned()) };
        let url = moved.fetch().map(|fetch: &Fetch| fetch.address(thin, &names))?.ok()?;
        let place = url.strip_prefix(&self.base())?.to_owned();
        let list = moved.fetch().and_then(Fetch::list);
        let first = list.and_then(|list| Some((list.first(&names).ok()?, list.page(Vec::new()))));
        let mut has = self.has.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked into with the report: every webhook came, so it shows nothing else.
        if let Some((first, page)) = first
            && let Some(place) = first.strip_prefix(&self.base())
        {
            has.entry(place.to_owned()).or_insert_with(|| (page.to_string().into_bytes(), 0));
        }
        let before = has.get(&place).map_or(0, |(_, reads)| *reads);
        has.insert(place.clone(), (fetched, before));
        Some(Reads { has: self.has.clone(), place, before })
    }
}

/// A body that is to be read.
pub(super) struct Reads {
    has: Has,
    place: String,
    before: usize,
}

impl Reads {
    fn reads(&self) -> usize {
        let has = self.has.lock().unwrap_or_else(PoisonError::into_inner);
        has.get(&self.place).map_or(0, |(_, reads)| *reads)
    }

    /// Waits until it was read; `false`: nobody did in time.
    pub(super) async fn done(self) -> bool {
        let deadline = tokio::time::Instant::now() + FETCHED_WITHIN;
        while tokio::time::Instant::now() < deadline {
            if self.reads() > self.before {
                return true;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        false
    }
}

async fn answer(State(has): State<Has>, request: Request) -> Response {
    let place = request.uri().path_and_query().map_or("", |place| place.as_str()).to_owned();
    let authorized = request.headers().contains_key(AUTHORIZATION);
    let plain = |status: StatusCode, body: Vec<u8>| {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        response
    };
    if place == "/token" {
        return plain(StatusCode::OK, TOKEN.as_bytes().to_vec());
    }
    if !authorized && !place.contains("merchant_identifier=") {
        return plain(StatusCode::UNAUTHORIZED, Vec::new());
    }
    let mut has = has.lock().unwrap_or_else(PoisonError::into_inner);
    match has.get_mut(&place) {
        Some((body, reads)) => {
            *reads += 1;
            plain(StatusCode::OK, body.clone())
        }
        None => plain(StatusCode::NOT_FOUND, Vec::new()),
    }
}

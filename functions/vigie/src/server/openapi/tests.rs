//! The document against the table, and the table against the real router.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_ENCODING};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tower::ServiceExt as _;
use vigie_api_http::HttpApi;
use vigie_app::desk::{LINK_LIVES, Purpose};
use vigie_app::registry::{Outside, PresetInForce};
use vigie_app::{App, Registry, Settings};
use vigie_domain::{Access, Brand, ReviewNumber, SecretRef, Source};
use vigie_mail_smtp::{FileMail, Transport};
use vigie_platforms::{Preset, signature};
use vigie_ports::Mailbox;
use vigie_store_sqlite::SqliteStore;
use vigie_web::body::BODY_BYTES_MAX;
use vigie_web::{Code, ProblemCode};

use super::document;
use super::table::{ROUTES, Route, Server};
use crate::home::Home;
use crate::server::canonical::REQUESTS_MAX;
use crate::server::loops::{Inbox, Nudges};
use crate::server::{Serving, metrics_router, router};
use crate::way::Way;
use vigie_machine::{SystemClock, SystemIds, now};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TOKEN: &str = "an-invented-token-of-this-test";
const POSTED: &str =
    r#"{"type":"review.posted","review":{"id":"r-1","rating":2,"text":"Reçu cassé"}}"#;
/// What takes a broken store or half a minute to see.
const NOT_PROVOKED: [Code; 2] = [Code::RequestTimeout, Code::StoreUnavailable];

struct Given;

impl Outside for Given {
    fn secret(&self, reference: &SecretRef) -> Result<SecretString, String> {
        let SecretRef::Env(name) = reference else { return Err("no file here".to_owned()) };
        Ok(SecretString::from(if name == "TOKEN" { TOKEN } else { SECRET }))
    }

    fn preset(&self, named: &str) -> Result<PresetInForce, String> {
        if named == "keyed" {
            let text = Preset::text_of("google-business").unwrap();
            let text = text.replace("https://www.googleapis.com/", "https://127.0.0.1:9/");
            let preset = Preset::parse(&text, "keyed.toml").map_err(|error| error.to_string())?;
            return Ok(PresetInForce::Own(Arc::new(preset)));
        }
        Preset::by_id(named).map(PresetInForce::Ours).ok_or_else(|| named.to_owned())
    }
}

/// A server without a socket: a store in memory, a brand with a source that signs, one that does
/// not, and one whose platform's published keys cannot be read.
struct House {
    serving: Arc<Serving>,
    _inbox: Inbox,
    _outbox: tempfile::TempDir,
}

impl House {
    async fn new() -> Self {
        let mut brand = Brand::sample();
        let token = SecretRef::Env("TOKEN".to_owned());
        for (id, platform, secrets) in
            [("lumen-token", "trustpilot", vec![token]), ("lumen-keyed", "keyed", Vec::new())]
        {
            brand.sources.push(Source {
                id: id.parse().unwrap(),
                platform: platform.to_owned(),
                secrets,
                shop: None,
                access: Access::default(),
            });
        }
        let store = SqliteStore::in_memory().unwrap();
        vigie_ports::Store::apply(&store, vec![brand.clone()], now()).await.unwrap();
        let (registry, troubles) = Registry::prepare([(brand, false)], &Given);
        assert_eq!(troubles, Vec::<String>::new());
        let outbox = tempfile::tempdir().unwrap();
        let mail = Way::Own(Transport::File(FileMail::new(outbox.path())));
        let home =
            Home { store, mail, api: HttpApi::default(), clock: SystemClock, ids: SystemIds };
        let from = Mailbox { name: String::new(), address: "sara@vigie.example".to_owned() };
        let settings =
            Settings { public_url: String::new(), from, reply_to: None, operator: Vec::new() };
        let app = App::start(home, settings, registry).await.unwrap();
        let (nudges, inbox) = Nudges::new();
        Self {
            serving: Arc::new(Serving::new(app, nudges, Vec::new())),
            _inbox: inbox,
            _outbox: outbox,
        }
    }

    fn router(&self, server: Server) -> Router {
        match server {
            Server::Public => router(&self.serving, Router::new()),
            Server::Metrics => metrics_router(self.serving.clone()),
        }
    }

    async fn send(&self, server: Server, ask: Ask) -> Response<Body> {
        let mut request = Request::new(Body::from(ask.body));
        *request.method_mut() = ask.method;
        *request.uri_mut() = ask.path.parse().unwrap();
        *request.headers_mut() = ask.headers;
        self.router(server).oneshot(request).await.unwrap()
    }

    fn link(&self, purpose: Purpose, made: Timestamp) -> String {
        let to = "service".parse().unwrap();
        self.serving.app.link(purpose, ReviewNumber(1), &to, made)
    }
}

#[derive(Clone)]
struct Ask {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

fn ask(method: Method, path: impl Into<String>) -> Ask {
    Ask { method, path: path.into(), headers: HeaderMap::new(), body: Vec::new() }
}

impl Ask {
    fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    fn with_header(mut self, name: http::HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, http::HeaderValue::from_static(value));
        self
    }

    /// Signed as the source's platform would have at a time.
    fn signed(self, at: Timestamp) -> Self {
        let scheme = Preset::by_id("standard-webhooks").unwrap().scheme();
        let signed = signature::sign(scheme, &SECRET.into(), &self.body, "msg_1", at).unwrap();
        Self { headers: signed.header_map(), ..self }
    }
}

/// Requests that bring about what the table lists for webhooks at one address.
fn webhooks(path: &str, proven: impl Fn(Ask) -> Ask) -> Vec<Ask> {
    let post = || ask(Method::POST, path);
    vec![
        proven(post().with_body(POSTED)),
        proven(post().with_body("not JSON")),
        post().with_body(vec![b' '; BODY_BYTES_MAX + 1]),
        post().with_body(POSTED).with_header(CONTENT_ENCODING, "gzip"),
    ]
}

/// Requests that bring about what the table lists for links.
fn desks(house: &House) -> Vec<Ask> {
    let long_ago = now() - LINK_LIVES - SignedDuration::from_hours(1);
    let live = house.link(Purpose::Close, now());
    let mut all = Vec::new();
    for method in [Method::GET, Method::HEAD, Method::POST] {
        all.push(ask(method.clone(), "/desk/close/1.service.9.altered"));
        all.push(ask(method, house.link(Purpose::Answered, long_ago)));
    }
    all.extend([
        ask(Method::GET, &*live),
        ask(Method::HEAD, &*live),
        ask(Method::POST, &*live).with_body("reason=it-was-raining"),
        ask(Method::POST, &*live).with_body(vec![b'a'; BODY_BYTES_MAX + 1]),
        ask(Method::POST, &*live).with_header(CONTENT_ENCODING, "gzip"),
        ask(Method::POST, &*live).with_body("reason=duplicate"),
    ]);
    all
}

fn every_ask(house: &House) -> Vec<Ask> {
    let old = now() - SignedDuration::from_hours(1);
    let signed = "/hooks/lumen-site";
    let token = format!("/hooks/lumen-token/{TOKEN}");
    let mut all = webhooks(signed, |ask| ask.signed(now()));
    all.push(ask(Method::POST, signed).with_body(POSTED));
    all.push(ask(Method::POST, signed).with_body("{}").signed(now()).with_body(POSTED));
    all.push(ask(Method::POST, signed).with_body(POSTED).signed(old));
    all.push(ask(Method::POST, "/hooks/nobody").with_body(POSTED));
    all.extend(webhooks(&token, |ask| ask));
    let bearer = "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.AAAA";
    let keyed = ask(Method::POST, "/hooks/lumen-keyed").with_body(POSTED);
    all.push(keyed.with_header(AUTHORIZATION, bearer));
    all.push(ask(Method::POST, "/hooks/lumen-token/wrong").with_body(POSTED));
    all.push(ask(Method::POST, "/hooks/lumen-site/token").with_body(POSTED));
    all.extend(desks(house));
    for path in ["/healthz", "/metrics"] {
        all.extend([ask(Method::GET, path), ask(Method::HEAD, path)]);
    }
    all
}

/// The route of the table that an address belongs to.
fn route_of(path: &str) -> &'static Route {
    let fits = |route: &&Route| {
        let (parts, given) = (route.path.split('/'), path.split('/'));
        parts.clone().count() == given.clone().count()
            && parts.zip(given).all(|(part, given)| part.starts_with('{') || part == given)
    };
    ROUTES.iter().find(fits).unwrap_or_else(|| panic!("the table has no {path}"))
}

/// What a request came to: its address and method as the table has them, the status, and the code
/// of a problem.
type Seen = (&'static str, String, u16, Option<&'static str>);

async fn seen(house: &House, ask: Ask) -> Seen {
    let route = route_of(&ask.path);
    let method = ask.method.as_str().to_lowercase();
    let response = house.send(route.server, ask).await;
    let code = response.extensions().get::<ProblemCode>().map(|code| code.0.id());
    (route.path, method, response.status().as_u16(), code)
}

fn listed() -> BTreeSet<Seen> {
    let mut all = BTreeSet::new();
    for route in &ROUTES {
        for operation in route.operations {
            let method = || operation.method.to_owned();
            let answers = operation.answers.iter().map(|a| (route.path, method(), a.status, None));
            all.extend(answers);
            let problems = operation.problems.iter().filter(|code| !NOT_PROVOKED.contains(code));
            all.extend(
                problems
                    .map(|code| (route.path, method(), code.status().as_u16(), Some(code.id()))),
            );
        }
    }
    all
}

#[tokio::test]
async fn the_router_gives_every_answer_of_the_table_and_no_other() {
    let house = House::new().await;
    let asks = every_ask(&house);
    let mut came = BTreeSet::new();
    for ask in asks.clone() {
        came.insert(seen(&house, ask).await);
    }
    let room = u32::try_from(REQUESTS_MAX).unwrap();
    let _taken = house.serving.room.acquire_many(room).await.unwrap();
    for ask in asks {
        came.insert(seen(&house, ask).await);
    }
    let wanted = listed();
    let missing: Vec<_> = wanted.difference(&came).collect();
    let unlisted: Vec<_> = came.difference(&wanted).collect();
    assert!(missing.is_empty(), "in the table and never came: {missing:#?}");
    assert!(unlisted.is_empty(), "came and is not in the table: {unlisted:#?}");
}

#[tokio::test]
async fn a_method_that_the_table_lacks_is_refused_and_allow_names_those_it_has() {
    let house = House::new().await;
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
    for route in &ROUTES {
        let path = route.path.replace("{source}", "lumen-site").replace(['{', '}'], "");
        for method in methods {
            let ask = ask(Method::from_bytes(method.as_bytes()).unwrap(), &*path);
            let has = route.operations.iter().any(|one| one.method.eq_ignore_ascii_case(method));
            let response = house.send(route.server, ask).await;
            let refused = response.status() == StatusCode::METHOD_NOT_ALLOWED;
            assert_ne!(refused, has, "{method} {path}: {}", response.status());
            if refused {
                let allow = response.headers()[ALLOW].to_str().unwrap().to_lowercase();
                let allow: BTreeSet<_> = allow.split(',').map(str::trim).collect();
                let listed: BTreeSet<_> = route.operations.iter().map(|one| one.method).collect();
                assert_eq!(allow, listed, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn an_address_that_the_table_lacks_is_not_found() {
    let house = House::new().await;
    for path in ["/", "/hooks", "/hooks/a/b/c", "/desk", "/desk/close", "/metrics", "/healthz/x"] {
        let response = house.send(Server::Public, ask(Method::GET, path)).await;
        let code = response.extensions().get::<ProblemCode>().map(|code| code.0);
        assert_eq!(code, Some(Code::NotFound), "{path}");
        assert!(response.headers().contains_key("vigie-request"), "{path}");
    }
}

#[test]
fn every_address_of_the_router_is_in_the_table() {
    let text = include_str!("../mod.rs");
    let added = text.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let added: BTreeSet<_> = added.collect();
    let listed: BTreeSet<_> = ROUTES.iter().map(|route| route.path).collect();
    assert_eq!(added, listed, "server/mod.rs and openapi/table.rs list other addresses");
}

#[test]
fn docs_openapi_json_is_what_the_table_makes() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let made = format!("{:#}\n", document());
    let kept = std::fs::read_to_string(format!("{root}/docs/openapi.json")).unwrap_or_default();
    if kept != made {
        std::fs::create_dir_all(format!("{root}/target")).unwrap();
        std::fs::write(format!("{root}/target/openapi.json"), made).unwrap();
        panic!("docs/openapi.json is stale; if the change is meant: cp target/openapi.json docs/");
    }
}

//! The application inside a test: a store and a mail of the test's own, a clock that stands until
//! it is moved, ids that follow from a seed.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use http::HeaderMap;
use secrecy::SecretString;
use vigie_app::receive::{NotReceived, Received, Webhook, receive};
use vigie_app::registry::{Outside, PresetInForce};
use vigie_app::{App, Registry, Settings};
use vigie_domain::{Brand, SecretRef};
use vigie_platforms::{Preset, Request, signature};
use vigie_ports::{Api, Clock as _, Mail, Mailbox, Store as _, World};
use vigie_store_sqlite::SqliteStore;
use vigie_testkit::build::at;
use vigie_testkit::world::{ManualClock, NoApi, SeededIds};

/// The secret of every source.
pub const SECRET: &str = "an-invented-secret-of-a-test";

/// The world of such an application.
pub struct Still<M, A = NoApi> {
    store: SqliteStore,
    mail: M,
    api: A,
    clock: ManualClock,
    ids: SeededIds,
}

impl<M: Mail, A: Api> World for Still<M, A> {
    type Store = SqliteStore;
    type Mail = M;
    type Api = A;
    type Clock = ManualClock;
    type Ids = SeededIds;
    fn store(&self) -> &SqliteStore {
        &self.store
    }
    fn mail(&self) -> &M {
        &self.mail
    }
    fn api(&self) -> &A {
        &self.api
    }
    fn clock(&self) -> &ManualClock {
        &self.clock
    }
    fn ids(&self) -> &SeededIds {
        &self.ids
    }
}

/// Every secret is the same; a platform is one of our presets, or the text of another.
struct Given;

impl Outside for Given {
    fn secret(&self, _: &SecretRef) -> Result<SecretString, String> {
        Ok(SECRET.into())
    }
    fn preset(&self, named: &str) -> Result<PresetInForce, String> {
        if named.contains('\n') {
            let preset = Preset::parse(named, "own.toml").map_err(|error| error.to_string())?;
            return Ok(PresetInForce::Own(Arc::new(preset)));
        }
        Preset::by_id(named).map(PresetInForce::Ours).ok_or_else(|| format!("no {named}"))
    }
}

/// The sample brand, whose sources speak the preset that [`sign`] signs for.
pub fn brand() -> Brand {
    let mut brand = Brand::sample();
    for source in &mut brand.sources {
        "generic-hmac".clone_into(&mut source.platform);
    }
    brand
}

/// The application on a store, with this brand in force, at [`vigie_testkit::build::at`] zero.
///
/// # Errors
/// The store refuses, or a preset of the brand is not known.
pub async fn app<M: Mail>(
    store: SqliteStore,
    mail: M,
    brand: Brand,
    operator: &[&str],
) -> Result<App<Still<M>>> {
    app_that_asks(store, mail, NoApi, brand, operator).await
}

/// The same, with a way to platforms' APIs.
///
/// # Errors
/// As [`app`].
pub async fn app_that_asks<M: Mail, A: Api>(
    store: SqliteStore,
    mail: M,
    api: A,
    brand: Brand,
    operator: &[&str],
) -> Result<App<Still<M, A>>> {
    store.apply(vec![brand.clone()], at(0)).await?;
    let (registry, troubles) = Registry::prepare([(brand, false)], &Given);
    ensure!(troubles.is_empty(), "{troubles:?}");
    let settings = Settings {
        public_url: "http://vigie.example".to_owned(),
        from: Mailbox { name: "Sara".to_owned(), address: "sara@vigie.example".to_owned() },
        reply_to: None,
        operator: operator.iter().map(|address| (*address).to_owned()).collect(),
    };
    let clock = ManualClock::at(at(0));
    let world = Still { store, mail, api, clock, ids: SeededIds::new(1) };
    Ok(App::start(world, settings, registry).await?)
}

/// The headers of a webhook that is signed now.
///
/// # Errors
/// The preset is gone.
pub fn sign<M: Mail>(app: &App<Still<M>>, body: &str) -> Result<HeaderMap> {
    let scheme = Preset::by_id("generic-hmac").context("no such preset")?.scheme();
    let now = app.world().clock().now();
    Ok(signature::sign(scheme, &SECRET.into(), body.as_bytes(), "", now)?.header_map())
}

/// Posts a webhook to the sample source.
///
/// # Errors
/// It is not taken.
pub async fn post<W: World>(
    app: &App<W>,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Received, NotReceived> {
    let sent = Request { headers, path_token: None, query: None, body };
    receive(app, &Webhook { source: "lumen-site", sent, from: None, request: None }).await
}

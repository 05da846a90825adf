//! Sources, with their secrets, as they are asked for: a function knows those that it was sent
//! webhooks for, and no others.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use vigie_app::App;
use vigie_app::registry::SourceInForce;
use vigie_aws::{Cloud, NoMail};
use vigie_domain::{BrandId, Source, SourceId};
use vigie_machine::now;
use vigie_platforms::Verifier;
use vigie_ports::{Store as _, StoreError, World as _};
use vigie_secrets_aws::{Given, KEPT_FOR, Secrets, are_same};

type Cloudy = App<Cloud<NoMail>>;

/// What a source's verifier was made of, and when.
#[derive(Clone)]
struct Made {
    brand: BrandId,
    source: Source,
    of: Vec<Given>,
    at: Timestamp,
}

/// The sources that this function was asked for.
pub(crate) struct Sources {
    secrets: Secrets,
    made: Mutex<HashMap<String, Made>>,
}

impl Sources {
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self { secrets, made: Mutex::default() }
    }

    /// Puts a source in force, if there is one of that id, with its secrets of the last minutes.
    pub(crate) async fn make_ready(&self, app: &Cloudy, named: &str) -> Result<(), StoreError> {
        let is_ready = app.registry().has(named) && self.with(named, is_fresh).unwrap_or(false);
        let Ok(id) = named.parse::<SourceId>() else { return Ok(()) };
        if is_ready {
            return Ok(());
        }
        let Some(stored) = app.world().store().brand_of(&id).await? else { return Ok(()) };
        if stored.retired {
            return Ok(());
        }
        let found = stored.brand.sources.iter().find(|source| source.id == id).cloned();
        let brand = stored.brand.id.clone();
        app.learn(stored).await?;
        if let Some(source) = found {
            let of = self.secrets.read(&source.secrets, now()).await;
            self.put(app, Made { brand, source, of, at: now() }).await?;
        }
        Ok(())
    }

    /// Reads a source's secrets anew, unless that was just done: whether they are others now.
    pub(crate) async fn refresh(&self, app: &Cloudy, named: &str) -> bool {
        let Some(known) = self.with(named, Made::clone) else { return false };
        if !self.secrets.forget(&known.source.secrets, now()) {
            return false;
        }
        let of = self.secrets.read(&known.source.secrets, now()).await;
        let changed = !are_same(&known.of, &of);
        changed && self.put(app, Made { of, at: now(), ..known }).await.is_ok()
    }

    fn with<T>(&self, named: &str, look: impl Fn(&Made) -> T) -> Option<T> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).get(named).map(look)
    }

    async fn put(&self, app: &Cloudy, made: Made) -> Result<(), StoreError> {
        let about = &made.source.id;
        let brand = app.brand(&made.brand).await?;
        let Some(preset) = app.registry().platform(about) else { return Ok(()) };
        for why in made.of.iter().filter_map(|given| given.as_ref().err()) {
            tracing::error!(source.id = %about, why, "a secret cannot be read");
        }
        let usable: Vec<_> = made.of.iter().filter_map(|given| given.clone().ok()).collect();
        let (verifier, faults) = Verifier::of_usable(preset.scheme(), &usable);
        for fault in faults {
            tracing::error!(source.id = %about, %fault, "a secret is of no use");
        }
        app.put_source(SourceInForce { id: about.clone(), brand, preset, verifier });
        let about = about.to_string();
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(about, made);
        Ok(())
    }
}

fn is_fresh(made: &Made) -> bool {
    now().duration_since(made.at) < KEPT_FOR
}

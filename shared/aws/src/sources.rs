//! Sources, with their secrets, as they are asked for: a function knows those that it was sent
//! webhooks for, or has something to fetch for, and no others.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use vigie_app::App;
use vigie_app::registry::SourceInForce;
use vigie_domain::{BrandId, SecretRef, Source, SourceId};
use vigie_machine::now;
use vigie_ports::{Mail, Store as _, StoreError, World as _};
use vigie_secrets_aws::{Given, KEPT_FOR, Secrets, are_same};

use crate::Cloud;

/// What a source was made of, and when.
#[derive(Clone)]
struct Made {
    brand: BrandId,
    source: Source,
    /// Each of [`Source::all_secrets`], in their order.
    of: Vec<Given>,
    at: Timestamp,
}

/// The sources that this function was asked for.
pub struct Sources {
    secrets: Secrets,
    made: Mutex<HashMap<String, Made>>,
}

impl Sources {
    /// None yet.
    #[must_use]
    pub fn new(secrets: Secrets) -> Self {
        Self { secrets, made: Mutex::default() }
    }

    /// Puts a source in force, if there is one of that id, with its secrets of the last minutes.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn make_ready<M: Mail>(
        &self,
        app: &App<Cloud<M>>,
        named: &str,
    ) -> Result<(), StoreError> {
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
            let of = self.secrets.read(&all(&source), now()).await;
            self.put(app, Made { brand, source, of, at: now() }).await?;
        }
        Ok(())
    }

    /// Reads a source's secrets anew, unless that was just done: whether they are others now.
    pub async fn refresh<M: Mail>(&self, app: &App<Cloud<M>>, named: &str) -> bool {
        let Some(known) = self.with(named, Made::clone) else { return false };
        let all = all(&known.source);
        if !self.secrets.forget(&all, now()) {
            return false;
        }
        let of = self.secrets.read(&all, now()).await;
        let changed = !are_same(&known.of, &of);
        changed && self.put(app, Made { of, at: now(), ..known }).await.is_ok()
    }

    fn with<T>(&self, named: &str, look: impl Fn(&Made) -> T) -> Option<T> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).get(named).map(look)
    }

    async fn put<M: Mail>(&self, app: &App<Cloud<M>>, made: Made) -> Result<(), StoreError> {
        let about = &made.source.id;
        let brand = app.brand(&made.brand).await?;
        let Some(preset) = app.registry().platform(about) else { return Ok(()) };
        let known: HashMap<&SecretRef, &Given> = made.source.all_secrets().zip(&made.of).collect();
        let read = |reference: &SecretRef| {
            let unread = || Err(format!("{reference} was not read"));
            known.get(reference).map_or_else(unread, |given| (*given).clone())
        };
        let (source, troubles) = SourceInForce::prepare(&brand, &made.source, preset, &read);
        for why in troubles {
            tracing::error!(source.id = %about, why, "a secret cannot be read, or is of no use");
        }
        app.put_source(source);
        let about = about.to_string();
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(about, made);
        Ok(())
    }
}

fn all(source: &Source) -> Vec<SecretRef> {
    source.all_secrets().cloned().collect()
}

fn is_fresh(made: &Made) -> bool {
    now().duration_since(made.at) < KEPT_FOR
}

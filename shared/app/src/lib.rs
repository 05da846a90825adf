//! Use cases of Vigie, one file each. The only crate that sequences ports.
//!
//! # Play-bill
//! A *platform* posts a webhook to a *source*; [`receive`] verifies it, maps it to review events
//! and records them. [`raise`] decides what a change makes and stores the *notices*. [`deliver`]
//! claims a notice, looks again whether it is still needed, and sends it. [`watch`] asks the store
//! what waits for this moment: marks, steps, claims, reports. [`desk`] is where a brand acts on a
//! signed link. [`report`] and [`explain`] answer people; [`import`] records what came by no
//! webhook.
//!
//! **Invariant:** nothing here spawns, sleeps, selects or reads a clock; only the roots loop.
//! **Invariant:** every use case may stop at any port call, by error or crash, and be run again:
//! what it did before is then found, and nothing is made twice.
//! **Invariant:** nudges (the keys and ids that use cases return) may be lost: [`watch`] finds the
//! same work in the store.

pub mod answer;
pub mod climb;
mod compose;
pub mod copies;
pub mod deliver;
pub mod desk;
pub mod erase;
pub mod explain;
pub mod feedback;
pub mod fetch;
mod history;
pub mod import;
mod keys;
pub mod moving;
pub mod operator;
pub mod raise;
pub mod receive;
pub mod redrive;
pub mod registry;
pub mod report;
mod roundup;
mod tallies;
pub mod view;
pub mod watch;
pub mod words;

use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use vigie_advice::House;
use vigie_domain::{Assessment, BrandId, Contact, ContactId, Content};
use vigie_platforms::Preset;
use vigie_ports::{
    BrandInForce, Clock as _, Ids as _, Mailbox, Store as _, StoreError, StoredBrand, World,
};

pub use compose::encoded as header_of;
use fetch::Passes;
use keys::KeyRing;
pub use keys::NoKeys;
pub use registry::Registry;
use registry::{PresetInForce, SourceInForce};
use tallies::Tallies;

/// What messages call whoever runs Vigie.
const OPERATOR: &str = "Vigie";

/// What messages and links begin with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What links begin with, without a slash at the end.
    pub public_url: String,
    /// Who writes.
    pub from: Mailbox,
    /// Where answers go.
    pub reply_to: Option<Mailbox>,
    /// Who runs Vigie: their addresses.
    pub operator: Vec<String>,
}

impl Settings {
    /// The operator as a contact; `None` if there is none.
    pub fn operator_contact(&self) -> Option<Contact> {
        let email = self.operator.first()?.clone();
        Some(Contact {
            id: ContactId::operator(),
            name: OPERATOR.to_owned(),
            email,
            gets: Vec::new(),
        })
    }

    /// The operator's addresses beyond the first: each message goes to all of them at once.
    fn other_operators(&self) -> Vec<Mailbox> {
        let others = self.operator.iter().skip(1);
        let mailbox =
            |address: &String| Mailbox { name: OPERATOR.to_owned(), address: address.clone() };
        others.map(mailbox).collect()
    }
}

/// The application in one world.
pub struct App<W: World> {
    world: W,
    settings: Settings,
    desk_key: RwLock<[u8; 32]>,
    registry: RwLock<Arc<Registry>>,
    tallies: Tallies,
    key_ring: KeyRing,
    passes: Passes,
}

impl<W: World> App<W> {
    /// Starts on a world: reads the key of desk links, or makes it.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn start(
        world: W,
        settings: Settings,
        registry: Registry,
    ) -> Result<Self, StoreError> {
        let desk_key = RwLock::new(desk_key(&world).await?);
        let registry = RwLock::new(Arc::new(registry));
        let (tallies, key_ring, passes) = Default::default();
        Ok(Self { world, settings, desk_key, registry, tallies, key_ring, passes })
    }

    /// Reads the key of desk links again: another store's came with what it keeps.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn read_key(&self) -> Result<(), StoreError> {
        let key = desk_key(&self.world).await?;
        *self.desk_key.write().unwrap_or_else(PoisonError::into_inner) = key;
        Ok(())
    }

    fn desk_key(&self) -> [u8; 32] {
        *self.desk_key.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The brands and sources in force.
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts other brands and sources in force.
    pub fn put_in_force(&self, registry: Registry) {
        *self.registry.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(registry);
    }

    /// The world it runs in.
    pub fn world(&self) -> &W {
        &self.world
    }

    /// What messages and links begin with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    fn key_ring(&self) -> &KeyRing {
        &self.key_ring
    }

    fn passes(&self) -> &Passes {
        &self.passes
    }

    fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    fn store(&self) -> &W::Store {
        self.world.store()
    }

    fn now(&self) -> Timestamp {
        self.world.clock().now()
    }

    /// Has a source take webhooks, beside those in force.
    pub fn put_source(&self, source: SourceInForce) {
        self.change_registry(|registry| registry.put_source(source));
    }

    fn change_registry(&self, change: impl FnOnce(&mut Registry)) {
        let mut held = self.registry.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut held));
    }

    /// A brand by id, also a retired one; looked up where it is not known yet.
    ///
    /// # Errors
    /// The store does not answer; or it has no such brand: one that a review names and the
    /// configuration never had is corruption.
    pub async fn brand(&self, id: &BrandId) -> Result<Arc<BrandInForce>, StoreError> {
        if let Some(known) = self.registry().brand(id) {
            return Ok(known);
        }
        let unknown = || StoreError::Corrupt(format!("brand {id} is not in the configuration"));
        let stored = self.store().brand(id).await?.ok_or_else(unknown)?;
        self.learn(stored).await
    }

    /// Learns of a brand that the store has: it, and what its sources' platforms are.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn learn(&self, stored: StoredBrand) -> Result<Arc<BrandInForce>, StoreError> {
        let mut presets = Vec::new();
        for source in &stored.brand.sources {
            match self.preset(&source.platform).await? {
                Ok(preset) => presets.push((source.id.clone(), preset)),
                Err(trouble) => tracing::warn!(source.id = %source.id, trouble, "no preset"),
            }
        }
        let brand = Arc::new(BrandInForce::new(stored.brand));
        self.change_registry(|registry| registry.learn(brand.clone(), stored.retired, presets));
        Ok(brand)
    }

    /// A preset of ours by its id, or a brand's own that the store keeps; else why there is none.
    async fn preset(&self, named: &str) -> Result<Result<PresetInForce, String>, StoreError> {
        if let Some(ours) = Preset::by_id(named) {
            return Ok(Ok(PresetInForce::Ours(ours)));
        }
        let Some(text) = self.store().preset(named).await? else {
            return Ok(Err(format!("there is no preset {named}")));
        };
        let parsed = Preset::read_own(&text, named).map_err(|fault| fault.to_string());
        Ok(parsed.map(|preset| PresetInForce::Own(preset.into())))
    }
}

/// The key of desk links, made if there is none yet.
async fn desk_key<W: World>(world: &W) -> Result<[u8; 32], StoreError> {
    let mut fresh = [0; 32];
    let (first, second) = fresh.split_at_mut(16);
    first.copy_from_slice(&world.ids().random());
    second.copy_from_slice(&world.ids().random());
    world.store().desk_key(fresh).await
}

/// What a review says: it advises, and never gates.
fn understand(house: &House, content: &Content) -> Assessment {
    let (title, language) = (content.title.as_deref(), content.language.as_deref());
    vigie_advice::assess_with(house, &content.text, title, language, content.stars)
}

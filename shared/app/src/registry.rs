//! The brands and sources in force: definitions, presets and prepared secrets.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use ipnet::IpNet;
use jiff::Timestamp;
use secrecy::SecretString;
use vigie_domain::{Access, Brand, BrandId, SecretRef, Source, SourceId};
use vigie_platforms::preset::{ApiNames, Push};
use vigie_platforms::{Beside, Expect, MalformedPayload, Mapped, Preset, Scheme, Verifier};
use vigie_ports::BrandInForce;

/// A preset of ours, or a brand's own.
#[derive(Debug, Clone)]
pub enum PresetInForce {
    /// One that comes with Vigie.
    Ours(&'static Preset),
    /// One that a brand supplied.
    Own(Arc<Preset>),
}

impl Deref for PresetInForce {
    type Target = Preset;
    fn deref(&self) -> &Preset {
        match self {
            Self::Ours(preset) => preset,
            Self::Own(preset) => preset,
        }
    }
}

/// A source in force.
#[derive(Debug)]
pub struct SourceInForce {
    /// Its id.
    pub id: SourceId,
    /// Its brand.
    pub brand: Arc<BrandInForce>,
    /// Its platform.
    pub preset: PresetInForce,
    /// Its secrets, prepared.
    pub verifier: Verifier,
    /// What it states beside them, prepared.
    pub access: AccessInForce,
}

/// What a source states beside its secrets, made ready.
#[derive(Debug, Default)]
pub struct AccessInForce {
    /// Words that a set-up check has to know.
    pub words: Vec<SecretString>,
    /// What a token has to say.
    pub expect: Expect,
    /// Networks that may call; `None`: any. One that does not read lets nobody in.
    pub networks: Option<Vec<IpNet>>,
    /// HTTP Basic that every call carries too.
    pub basic: Option<Verifier>,
    /// How the platform's API is asked.
    pub api: Option<ApiInForce>,
}

/// How a platform's API is asked for a source's reviews.
#[derive(Debug, Default)]
pub struct ApiInForce {
    /// Who asks.
    pub secret: Option<SecretString>,
    /// What its addresses hold.
    pub names: ApiNames,
}

impl SourceInForce {
    /// Prepares a source. What of its secrets cannot be read or used is told, and verifies nothing.
    pub fn prepare(
        brand: &Arc<BrandInForce>,
        source: &Source,
        preset: PresetInForce,
        read: &impl Fn(&SecretRef) -> Result<SecretString, String>,
    ) -> (Self, Vec<String>) {
        let mut troubles = Vec::new();
        let mut of = |references: &[SecretRef]| {
            let mut secrets = Vec::new();
            for reference in references {
                match read(reference) {
                    Ok(secret) => secrets.push(secret),
                    Err(trouble) => troubles.push(trouble),
                }
            }
            secrets
        };
        let Access { challenge, audience, sender, allow_from, basic, api } = &source.access;
        let (secrets, words, basics) = (of(&source.secrets), of(challenge), of(basic));
        let api = api.as_ref().map(|api| ApiInForce {
            secret: of(api.secret.as_slice()).pop(),
            names: ApiNames { base: api.base.clone(), account: api.account.clone() },
        });
        let expect =
            Expect { audience: audience.iter().cloned().collect(), sender: sender.clone() };
        let (verifier, mut faults) = Verifier::of_usable(preset.scheme(), &secrets);
        let basic = (!basic.is_empty()).then(|| Verifier::of_usable(&Scheme::Basic, &basics));
        let basic = basic.map(|(verifier, more)| {
            faults.extend(more);
            verifier
        });
        faults.extend(Verifier::guessable(preset.scheme(), &secrets));
        troubles.extend(faults.iter().map(ToString::to_string));
        let networks = || allow_from.iter().filter_map(|network| network.parse().ok()).collect();
        let networks = (!allow_from.is_empty()).then(networks);
        let verifier = verifier.expecting(expect.clone());
        let access = AccessInForce { words, expect, networks, basic, api };
        (Self { id: source.id.clone(), brand: brand.clone(), preset, verifier, access }, troubles)
    }

    /// Maps a verified payload: whole, or to be fetched.
    pub(crate) fn map(
        &self,
        beside: Beside<'_>,
        body: &[u8],
        at: Timestamp,
    ) -> Result<Vec<Mapped>, MalformedPayload> {
        if self.fetches() {
            self.preset.map_to_fetch(beside, body, at)
        } else {
            self.preset.map(beside, body, at)
        }
    }

    /// Whether its events are confirmed by fetching them, or have to be fetched at all.
    pub fn fetches(&self) -> bool {
        let thin = self.preset.push() == Push::Thin;
        let confirms = self.access.api.is_some() && !self.preset.signed();
        self.preset.fetch().is_some() && (thin || confirms)
    }
}

/// Gives what the configuration only names.
pub trait Outside {
    /// The secret that a reference names.
    ///
    /// # Errors
    /// It cannot be read; the text says why and holds no secret.
    fn secret(&self, reference: &SecretRef) -> Result<SecretString, String>;

    /// The preset of an id or a path.
    ///
    /// # Errors
    /// There is none, or the file is faulty.
    fn preset(&self, named: &str) -> Result<PresetInForce, String>;
}

/// The brands and sources in force: all of them in one process, as far as they were asked for
/// where a function knows few.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    brands: HashMap<BrandId, Arc<BrandInForce>>,
    retired: Vec<BrandId>,
    /// What takes webhooks.
    sources: HashMap<String, Arc<SourceInForce>>,
    /// What is known of platforms, also of sources that take none here.
    platforms: HashMap<SourceId, PresetInForce>,
}

impl Registry {
    /// Prepares brands, each with whether it is retired. A source that cannot be prepared is left
    /// out and told: it must not stop the others.
    pub fn prepare(
        brands: impl IntoIterator<Item = (Brand, bool)>,
        outside: &impl Outside,
    ) -> (Self, Vec<String>) {
        let mut registry = Self::default();
        let mut troubles = Vec::new();
        let mut presets = HashMap::new();
        for (brand, retired) in brands {
            let brand = Arc::new(BrandInForce::new(brand));
            registry.brands.insert(brand.brand.id.clone(), brand.clone());
            if retired {
                registry.retired.push(brand.brand.id.clone());
                continue;
            }
            for source in &brand.brand.sources {
                match prepare_source(&brand, source, outside, &mut presets) {
                    Ok((source, faults)) => {
                        troubles.extend(faults);
                        registry.put_source(source);
                    }
                    Err(trouble) => troubles.push(trouble),
                }
            }
        }
        (registry, troubles)
    }

    /// Learns of a brand, with the presets of its sources: it takes no webhook yet.
    pub(crate) fn learn(
        &mut self,
        brand: Arc<BrandInForce>,
        retired: bool,
        presets: Vec<(SourceId, PresetInForce)>,
    ) {
        let id = &brand.brand.id;
        self.retired.retain(|known| known != id);
        if retired {
            self.retired.push(id.clone());
        }
        self.platforms.extend(presets);
        self.brands.insert(id.clone(), brand);
    }

    /// Has a source take webhooks.
    pub fn put_source(&mut self, source: SourceInForce) {
        self.platforms.insert(source.id.clone(), source.preset.clone());
        self.sources.insert(source.id.to_string(), Arc::new(source));
    }

    /// The preset of a source, if it is known.
    pub fn platform(&self, source: &SourceId) -> Option<PresetInForce> {
        self.platforms.get(source).cloned()
    }

    /// A source by the id in its address.
    pub fn source(&self, id: &str) -> Option<Arc<SourceInForce>> {
        self.sources.get(id).cloned()
    }

    /// Whether there is a source of that id.
    pub fn has(&self, id: &str) -> bool {
        self.sources.contains_key(id)
    }

    /// A brand, also a retired one.
    pub fn brand(&self, id: &BrandId) -> Option<Arc<BrandInForce>> {
        self.brands.get(id).cloned()
    }

    /// Whether a brand is retired.
    pub fn is_retired(&self, id: &BrandId) -> bool {
        self.retired.contains(id)
    }

    /// Every brand that is not retired, by id.
    pub fn brands(&self) -> Vec<Arc<BrandInForce>> {
        let live = self.brands.values().filter(|brand| !self.is_retired(&brand.brand.id));
        let mut brands: Vec<_> = live.cloned().collect();
        brands.sort_by(|a, b| a.brand.id.cmp(&b.brand.id));
        brands
    }

    /// Every source, by id.
    pub fn sources(&self) -> Vec<Arc<SourceInForce>> {
        let mut sources: Vec<_> = self.sources.values().cloned().collect();
        sources.sort_by(|a, b| a.id.cmp(&b.id));
        sources
    }
}

fn prepare_source(
    brand: &Arc<BrandInForce>,
    source: &Source,
    outside: &impl Outside,
    presets: &mut HashMap<String, Result<PresetInForce, String>>,
) -> Result<(SourceInForce, Vec<String>), String> {
    let told = |trouble: String| format!("source {}: {trouble}", source.id);
    // Three hundred brands may share a preset file: it is read once, and held once.
    let preset = presets
        .entry(source.platform.clone())
        .or_insert_with(|| outside.preset(&source.platform))
        .clone()
        .map_err(told)?;
    let read = |reference: &SecretRef| outside.secret(reference);
    let (prepared, troubles) = SourceInForce::prepare(brand, source, preset, &read);
    Ok((prepared, troubles.into_iter().map(told).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_that_do_not_read_let_nobody_in() {
        let mut brand = Brand::sample();
        let source = &mut brand.sources[0];
        source.access.allow_from = vec!["10.0.0.0/8".to_owned(), "everywhere".to_owned()];
        let (mut some, mut none) = (source.clone(), source.clone());
        some.access.allow_from.truncate(1);
        none.access.allow_from.remove(0);
        let both = source.clone();
        let brand = Arc::new(BrandInForce::new(brand));
        let preset = Preset::by_id("generic-hmac").unwrap();
        let prepared = |source: &Source| {
            let read = |_: &SecretRef| Ok("an-invented-secret".into());
            SourceInForce::prepare(&brand, source, PresetInForce::Ours(preset), &read).0
        };
        let networks = |source: &Source| prepared(source).access.networks.map(|all| all.len());
        assert_eq!((networks(&some), networks(&both)), (Some(1), Some(1)));
        assert_eq!(networks(&none), Some(0), "and not: any");
        none.access.allow_from.clear();
        assert_eq!(networks(&none), None);
    }
}

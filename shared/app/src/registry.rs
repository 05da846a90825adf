//! The brands and sources in force: definitions, presets and prepared secrets.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use secrecy::SecretString;
use vigie_domain::{Brand, BrandId, SecretRef, SourceId};
use vigie_platforms::{Preset, Verifier};
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
    source: &vigie_domain::Source,
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
    let mut secrets = Vec::new();
    let mut troubles = Vec::new();
    for reference in &source.secrets {
        match outside.secret(reference) {
            Ok(secret) => secrets.push(secret),
            Err(trouble) => troubles.push(told(trouble)),
        }
    }
    let (verifier, faults) = Verifier::of_usable(preset.scheme(), &secrets);
    troubles.extend(faults.into_iter().map(|fault| told(fault.to_string())));
    let source = SourceInForce { id: source.id.clone(), brand: brand.clone(), preset, verifier };
    Ok((source, troubles))
}

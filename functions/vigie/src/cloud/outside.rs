//! What the brands of the table name, as the table has it: texts of presets. Secrets are for the
//! functions to read.

use std::collections::HashMap;
use std::sync::Arc;

use secrecy::SecretString;
use vigie_app::registry::{Outside, PresetInForce};
use vigie_domain::SecretRef;
use vigie_platforms::Preset;
use vigie_ports::{Store as _, StoreError, World as _};

use super::Cloud;
use crate::environment::preset_by_id;

/// What was applied beside the brands.
#[derive(Clone, Default)]
pub(crate) struct Applied {
    presets: Arc<HashMap<String, String>>,
}

impl Applied {
    /// Reads it.
    pub(crate) async fn read(cloud: &Cloud) -> Result<Self, StoreError> {
        let mut presets = HashMap::new();
        for stored in cloud.store().brands().await? {
            for source in &stored.brand.sources {
                let path = &source.platform;
                if !vigie_config::is_preset_path(path) || presets.contains_key(path) {
                    continue;
                }
                if let Some(text) = cloud.store().preset(path).await? {
                    presets.insert(path.clone(), text);
                }
            }
        }
        Ok(Self { presets: Arc::new(presets) })
    }
}

impl Outside for Applied {
    fn secret(&self, reference: &SecretRef) -> Result<SecretString, String> {
        Err(format!("{reference} is for the functions to read"))
    }

    fn preset(&self, named: &str) -> Result<PresetInForce, String> {
        if !vigie_config::is_preset_path(named) {
            return preset_by_id(named);
        }
        let none = || format!("the preset {named} was not applied");
        let text = self.presets.get(named).ok_or_else(none)?;
        let preset = Preset::read_own(text, named).map_err(|error| error.to_string())?;
        Ok(PresetInForce::Own(preset.into()))
    }
}

//! What lies outside the process: the environment, and files beside the configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;
use vigie_app::registry::{Outside, PresetInForce};
use vigie_config::{Aws, FetchInfo, Included, NotIncluded, PresetInfo};
use vigie_domain::SecretRef;
use vigie_machine::variable;
use vigie_platforms::preset::{ApiAuth, Challenge, Fetch, Push};
use vigie_platforms::{Preset, Scheme, presets};

use crate::vault::{Kept, Vault};

/// Whom a configuration is read for: who must be able to read its secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// This machine.
    ThisProcess,
    /// The functions on AWS.
    Functions,
    /// Nobody: a command that needs none of them. What the file names may be elsewhere.
    Nobody,
}

/// The environment and the files beside a configuration file.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    /// The configuration file.
    own: PathBuf,
    folder: PathBuf,
    whom: For,
    vault: Arc<Vault>,
    /// What of the vault was read.
    kept: Arc<Kept>,
}

impl Machine {
    /// Relative paths begin in the folder of the configuration file.
    pub(crate) fn beside(config: &Path) -> Self {
        let folder = config.parent().map(Path::to_path_buf).unwrap_or_default();
        let (vault, kept) = (Arc::default(), Arc::default());
        Self { own: config.to_path_buf(), folder, whom: For::ThisProcess, vault, kept }
    }

    /// The same, for whoever is to go by the configuration.
    pub(crate) fn reading_for(self, whom: For) -> Self {
        Self { whom, ..self }
    }

    /// The same, with the secrets that AWS keeps where `[aws]` says.
    pub(crate) fn with_vault_of(self, aws: &Aws) -> Self {
        Self { vault: Arc::new(Vault::of(aws)), ..self }
    }

    /// The same, with the secrets that AWS keeps in a vault of a test's own.
    #[cfg(all(test, feature = "aws"))]
    pub(crate) fn with_vault(self, vault: Vault) -> Self {
        Self { vault: Arc::new(vault), ..self }
    }

    /// Where AWS keeps secrets.
    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The same, with those of some references read that AWS keeps.
    pub(crate) async fn knowing(&self, references: &[SecretRef]) -> Self {
        let kept = Arc::new(self.vault.read(references).await);
        Self { kept, ..self.clone() }
    }

    /// The configuration file.
    pub(crate) fn own(&self) -> &Path {
        &self.own
    }

    /// A path of the configuration, from its folder.
    pub(crate) fn path(&self, named: impl AsRef<Path>) -> PathBuf {
        self.folder.join(named)
    }

    /// The secret that a reference names; one that AWS keeps only of those that this is
    /// [knowing](Self::knowing).
    pub(crate) fn secret(&self, reference: &SecretRef) -> Result<SecretString, String> {
        match reference {
            SecretRef::Env(name) => variable(name)
                .map(SecretString::from)
                .ok_or_else(|| format!("{name} is not set in this environment")),
            SecretRef::File(path) => std::fs::read_to_string(self.path(path))
                .map(|text| SecretString::from(text.trim_end_matches(['\r', '\n'])))
                .map_err(|error| format!("cannot read {path}: {error}")),
            SecretRef::Ssm(_) | SecretRef::SecretsManager(_) => {
                let unread = || Err(format!("{reference} was not read"));
                self.kept.get(reference).cloned().unwrap_or_else(unread)
            }
        }
    }

    /// The preset of an id, or of a file's path.
    pub(crate) fn preset(&self, named: &str) -> Result<PresetInForce, String> {
        if !vigie_config::is_preset_path(named) {
            return preset_by_id(named);
        }
        let text = std::fs::read_to_string(self.path(named))
            .map_err(|error| format!("cannot read {named}: {error}"))?;
        Preset::read_own(&text, named)
            .map(|preset| PresetInForce::Own(preset.into()))
            .map_err(|error| error.to_string())
    }
}

/// One of our presets.
pub(crate) fn preset_by_id(id: &str) -> Result<PresetInForce, String> {
    let unknown = || format!("no preset is called {id}; see vigie platforms");
    Preset::by_id(id).map(PresetInForce::Ours).ok_or_else(unknown)
}

/// Room on a file system, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Room {
    pub(crate) free: u64,
    pub(crate) total: u64,
}

/// Less than this is little: the log of SQLite, a backup and a day of reviews fit well into it.
const FREE_MIN: u64 = 1 << 30;

impl Room {
    /// What to say where there is little: under 1 GiB, or under 5 % of the whole.
    pub(crate) fn is_little(self) -> Option<String> {
        let little = self.free < FREE_MIN || self.free < self.total / 20;
        let mib = |bytes: u64| bytes >> 20;
        little.then(|| format!("{} MiB free of {} MiB", mib(self.free), mib(self.total)))
    }
}

/// The room on the file system of a folder; `None` where the system does not say.
pub(crate) fn room(folder: &Path) -> Option<Room> {
    let found = rustix::fs::statvfs(folder).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
    Some(Room { free: bytes(found.f_bavail), total: bytes(found.f_blocks) })
}

impl Outside for Machine {
    fn secret(&self, reference: &SecretRef) -> Result<SecretString, String> {
        Self::secret(self, reference)
    }

    fn preset(&self, named: &str) -> Result<PresetInForce, String> {
        Self::preset(self, named)
    }
}

impl vigie_config::Environment for Machine {
    fn included(&self, pattern: &str) -> Result<Vec<Included>, NotIncluded> {
        crate::files::included(&self.own, pattern)
    }

    fn has_aws(&self) -> bool {
        cfg!(feature = "aws")
    }

    fn is_for_aws(&self) -> bool {
        self.whom == For::Functions
    }

    fn variable_is_set(&self, name: &str) -> bool {
        self.whom == For::Nobody || variable(name).is_some()
    }

    fn file_is_readable(&self, path: &str) -> Result<(), String> {
        if self.whom == For::Nobody {
            return Ok(());
        }
        let read = std::fs::read_to_string(self.path(path));
        read.map(drop).map_err(|error| error.to_string())
    }

    fn preset(&self, named: &str) -> Result<PresetInfo, String> {
        Ok(preset_info(&*Self::preset(self, named)?))
    }

    fn preset_ids(&self) -> Vec<String> {
        presets().iter().map(|preset| preset.id().to_owned()).collect()
    }
}

/// What the configuration needs to know of a preset.
fn preset_info(preset: &Preset) -> PresetInfo {
    let scheme = preset.scheme();
    let thin = preset.push() == Push::Thin;
    let fetch = preset.fetch();
    PresetInfo {
        // Every scheme proves something with a secret; the address token is one too.
        needs_secret: *scheme != Scheme::None && !scheme.has_published_keys(),
        instead: preset.instead().map(ToOwned::to_owned),
        needs_word: preset.challenge().is_some_and(Challenge::needs_word),
        needs_sender: scheme.has_sender(),
        fetches: fetch
            .filter(|_| thin)
            .map(|fetch| FetchInfo { needs_secret: fetch.auth() != ApiAuth::None }),
        api_names: fetch.map(Fetch::needs).unwrap_or_default(),
    }
}

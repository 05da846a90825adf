//! What is in force follows the files (on SIGHUP), the store, and the files of secrets.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::Signal;
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};
use vigie_domain::SecretRef;
use vigie_machine::now;
use vigie_ports::{Store as _, StoreError, World as _};

use super::put;
use crate::environment::Machine;
use crate::load::{CannotBegin, beside, read_given, serving_registry};
use crate::server::Serving;
use crate::server::loops::{Stop, stopped};
use crate::vault::{READ_EVERY, is_kept_by_aws};

/// How often the store is asked whether `vigie apply` changed something. It costs one small read.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// How often files are asked whether a secret in them changed: there may be a thousand.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Keeps what is in force in step.
pub(super) struct Reload {
    pub(super) serving: Arc<Serving>,
    pub(super) machine: Machine,
    pub(super) path: PathBuf,
}

impl Reload {
    /// Follows until the process is to stop.
    pub(super) async fn watch(self: Arc<Self>, mut hangup: Signal, mut stop: Stop) {
        let (mut asking, mut looking) = (interval(ASK_EVERY), interval(LOOK_EVERY));
        asking.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What AWS keeps was just read.
        let mut reading = interval_at(Instant::now() + READ_EVERY, READ_EVERY);
        let store = self.serving.app.world().store();
        let mut generation = store.generation().await.unwrap_or_default();
        let mut files = self.secret_files();
        let mut written = written(&files);
        loop {
            let mut rewritten = written.clone();
            tokio::select! {
                () = stopped(&mut stop) => return,
                _ = hangup.recv() => self.read_again().await,
                _ = looking.tick() => rewritten = self::written(&files),
                _ = reading.tick() => self.read_what_aws_keeps().await,
                _ = asking.tick() => {}
            }
            let moved = store.generation().await.unwrap_or(generation);
            if moved != generation || rewritten != written {
                self.put_in_force().await;
                files = self.secret_files();
                (generation, written) = (moved, self::written(&files));
            }
        }
    }

    /// Puts in force what the files and the store say, before a home opens.
    pub(super) async fn begin(&self) -> Result<(), StoreError> {
        let store = self.serving.app.world().store();
        store.take_up(now()).await?;
        self.read_again().await;
        self.put_in_force().await;
        Ok(())
    }

    /// Reads the files again. A faulty vigie.toml changes nothing, a faulty included file nothing
    /// of its own brands.
    async fn read_again(&self) {
        let store = self.serving.app.world().store();
        let path = self.path.clone();
        let applied = match beside(move || read_given(&path)).await.flatten() {
            Ok(given) => put(store, &given).await,
            Err(error) => Err(error),
        };
        match applied {
            Ok(()) => tracing::info!("configuration read again"),
            Err(CannotBegin::Faults(faults)) => {
                let told = vigie_config::render_faults(&faults, false);
                tracing::error!(
                    faults = faults.len(),
                    told,
                    "the file is faulty: what was in force stays"
                );
                vigie_app::operator::faulty_file(
                    &self.serving.app,
                    &self.path.display().to_string(),
                );
            }
            Err(CannotBegin::Other(told)) => {
                tracing::error!(told, "the file could not be applied: what was in force stays");
            }
        }
    }

    async fn put_in_force(&self) {
        let store = self.serving.app.world().store();
        match serving_registry(store, &self.machine).await {
            Ok(registry) => {
                self.serving.app.put_in_force(registry);
                tracing::info!("brands and sources put in force");
            }
            Err(error) => tracing::error!(%error, "what was in force stays"),
        }
    }

    /// Puts in force what AWS keeps by now, if sources refer to it.
    async fn read_what_aws_keeps(&self) {
        if self.secrets().iter().any(is_kept_by_aws) {
            self.put_in_force().await;
        }
    }

    /// Where the secrets of sources are.
    fn secrets(&self) -> Vec<SecretRef> {
        let brands = self.serving.app.registry().brands();
        let sources = brands.iter().flat_map(|brand| &brand.brand.sources);
        sources.flat_map(|source| source.secrets.iter().cloned()).collect()
    }

    /// The files that hold secrets, each once.
    fn secret_files(&self) -> BTreeSet<PathBuf> {
        let files = self.secrets().into_iter().filter_map(|secret| match secret {
            SecretRef::File(path) => Some(self.machine.path(path)),
            SecretRef::Env(_) | SecretRef::Ssm(_) | SecretRef::SecretsManager(_) => None,
        });
        files.collect()
    }
}

/// When files were last written.
fn written(files: &BTreeSet<PathBuf>) -> Vec<Option<SystemTime>> {
    files.iter().map(|file| std::fs::metadata(file).and_then(|told| told.modified()).ok()).collect()
}

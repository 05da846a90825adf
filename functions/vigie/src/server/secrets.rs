//! Secrets that AWS keeps: one that was changed there is in force at once where a signature fails.

use jiff::Timestamp;
use vigie_app::registry::SourceInForce;
use vigie_domain::SourceId;
use vigie_platforms::Verifier;

use super::Serving;
use crate::environment::Machine;

impl Serving {
    /// Reads secrets anew from where a configuration says they are.
    pub(crate) fn with_secrets_of(self, machine: Machine) -> Self {
        Self { machine: Some(machine), ..self }
    }

    /// Puts a source in force with what AWS keeps by now, unless that was just read: whether that
    /// was done. Forged requests make a call now and then, not one each.
    pub(super) async fn read_secrets_anew(&self, named: &str, now: Timestamp) -> bool {
        let Some(machine) = &self.machine else { return false };
        let Some(known) = self.app.registry().source(named) else { return false };
        let all = &known.brand.brand.sources;
        let Some(source) = all.iter().find(|source| source.id == known.id) else { return false };
        if !machine.vault().forget(&source.secrets, now) {
            return false;
        }
        let machine = machine.knowing(&source.secrets).await;
        let read = source.secrets.iter().map(|reference| machine.secret(reference));
        let (good, bad): (Vec<_>, Vec<_>) = read.partition(Result::is_ok);
        tell(&known.id, bad.into_iter().filter_map(Result::err));
        let secrets: Vec<_> = good.into_iter().flatten().collect();
        let (verifier, faults) = Verifier::of_usable(known.preset.scheme(), &secrets);
        tell(&known.id, faults.iter().map(ToString::to_string));
        let (id, brand, preset) = (known.id.clone(), known.brand.clone(), known.preset.clone());
        self.app.put_source(SourceInForce { id, brand, preset, verifier });
        true
    }
}

fn tell(source: &SourceId, troubles: impl Iterator<Item = String>) {
    for why in troubles {
        tracing::error!(source.id = %source, why, "a secret is of no use");
    }
}

#[cfg(all(test, feature = "aws"))]
mod tests;

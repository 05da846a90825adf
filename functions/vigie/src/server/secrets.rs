//! Secrets that AWS keeps: one that was changed there is in force at once where a signature fails.

use jiff::Timestamp;
use vigie_app::registry::SourceInForce;
use vigie_domain::SecretRef;

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
        let named: Vec<_> = source.all_secrets().cloned().collect();
        if !machine.vault().forget(&named, now) {
            return false;
        }
        let machine = machine.knowing(&named).await;
        let read = |reference: &SecretRef| machine.secret(reference);
        let (source, troubles) =
            SourceInForce::prepare(&known.brand, source, known.preset.clone(), &read);
        for why in troubles {
            tracing::error!(source.id = %known.id, why, "a secret is of no use");
        }
        self.app.put_source(source);
        true
    }
}

#[cfg(all(test, feature = "aws"))]
mod tests;

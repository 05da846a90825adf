//! What is erased beside the server, by `vigie erase`, is told in the log; what an erasure still
//! owes is done here.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use vigie_ports::{StoreError, World as _};
use vigie_store_sqlite::Swept;

use super::Serving;
use super::loops::{Stop, stopped};

/// How often we look: a command that could not empty the log says that we do.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Looks until it is to stop.
pub(crate) async fn run(serving: Arc<Serving>, mut stop: Stop) {
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut known = None;
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = look.tick() => {}
        }
        if let Err(error) = sweep(&serving, &mut known).await {
            serving.metrics.store_faults.inc();
            tracing::error!(%error, "what was erased could not be overwritten: it is tried again");
        }
    }
}

async fn sweep(serving: &Serving, known: &mut Option<u64>) -> Result<(), StoreError> {
    let store = serving.app.world().store();
    let erasures = store.erasures().await?;
    let before = known.replace(erasures).unwrap_or(erasures);
    if erasures > before {
        tracing::info!(reviews = erasures - before, "reviews were erased");
    }
    match store.sweep().await? {
        Swept::Nothing => {}
        Swept::Gaps(pages) => tracing::info!(pages, "what was erased is overwritten"),
        Swept::Whole => tracing::info!("what was erased is overwritten"),
        Swept::LogInUse => {
            tracing::warn!("what was erased is in the log still: another program reads from it");
        }
    }
    Ok(())
}

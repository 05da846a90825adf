//! What is kept long enough is forgotten once a day. What is erased beside the server, by `vigie
//! erase`, is told in the log; what an erasure still owes is done here.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use vigie_app::erase::expire;
use vigie_domain::erase::Retention;
use vigie_ports::{Expired, StoreError, World as _};
use vigie_store_sqlite::Swept;

use super::Serving;
use super::loops::{Stop, stopped};

/// How often we look: a command that could not empty the log says that we do.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// How often we look for what is older than it may be, the first time at the start.
const FORGET_EVERY: Duration = Duration::from_hours(24);
/// The pause between two transactions that forget: webhooks go first.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks until it is to stop.
pub(crate) async fn run(serving: Arc<Serving>, kept: Retention, mut stop: Stop) {
    let mut forget_at = interval(FORGET_EVERY);
    forget_at.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut known = None;
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = forget_at.tick(), if serving.standing().is_open() => {
                forget(&serving, kept, &mut stop).await;
            }
            _ = look.tick() => {}
        }
        if let Err(error) = sweep(&serving, &mut known).await {
            serving.metrics.store_faults.inc();
            tracing::error!(%error, "what was erased could not be overwritten: it is tried again");
        }
    }
}

/// Forgets what is old, a little at a time. What fails is gone on with a day later.
async fn forget(serving: &Serving, kept: Retention, stop: &mut Stop) {
    let mut all = Expired::default();
    loop {
        match expire(&serving.app, kept).await {
            Ok(some) => {
                all.reviewers += some.reviewers;
                all.reviews += some.reviews;
                all.notices += some.notices;
                all.more = some.more;
            }
            Err(error) => {
                serving.metrics.store_faults.inc();
                tracing::error!(%error, "what is old could not be forgotten: it is tried again");
                all.more = false;
            }
        }
        if !all.more {
            break;
        }
        tokio::select! {
            () = stopped(stop) => break,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
    let Expired { reviewers, reviews, notices, .. } = all;
    if reviewers + reviews + notices > 0 {
        tracing::info!(reviewers, reviews, notices, "forgot what was kept long enough");
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

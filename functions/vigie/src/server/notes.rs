//! What is counted beside the work is noted, told to the operator, and looked at: silences, the
//! disk.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, interval};
use vigie_app::operator;
use vigie_domain::{Matter, Trouble};
use vigie_ports::{Store as _, StoreError, World as _};

use super::Serving;
use super::loops::{Stop, stopped};
use crate::environment::{Room, room};

/// How often counts are noted and due matters told: what a crash may lose of the counts.
const NOTE_EVERY: Duration = Duration::from_secs(3);
/// How often the disk is looked at.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// How often a full disk counts as trouble: a message says how long, not how often we looked.
const DISK_COUNTS_EVERY: Duration = Duration::from_hours(6);
/// How often a silence does: once a day, the first time at the start.
const SILENCE_COUNTS_EVERY: Duration = Duration::from_hours(24);

/// Notes, tells and looks until it is to stop.
pub(crate) async fn run(serving: Arc<Serving>, data: PathBuf, mut stop: Stop) {
    let mut note = interval(NOTE_EVERY);
    note.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut look = interval(LOOK_EVERY);
    let mut silence = interval(SILENCE_COUNTS_EVERY);
    let mut disk_counted: Option<Instant> = None;
    loop {
        let is_open = serving.standing().is_open();
        let done = tokio::select! {
            () = stopped(&mut stop) => return,
            _ = note.tick(), if is_open => note_and_tell(&serving).await,
            _ = silence.tick(), if is_open => operator::note_silences(&serving.app).await,
            now = look.tick() => {
                let counted = disk_counted.is_some_and(|at| now - at < DISK_COUNTS_EVERY);
                if !counted && let Some(told) = room(&data).and_then(Room::is_little) {
                    disk_counted = Some(now);
                    let trouble = Trouble::with(Matter::Disk, "data", &told);
                    operator::trouble(&serving.app, trouble);
                }
                measure(&serving).await
            }
        };
        if let Err(error) = done {
            serving.metrics.store_faults.inc();
            tracing::error!(%error, "what was counted could not be noted: it is kept");
        }
    }
}

/// Notes what was counted, and has due matters told.
pub(crate) async fn note_and_tell(serving: &Serving) -> Result<(), StoreError> {
    operator::flush(&serving.app).await?;
    for id in operator::tell(&serving.app).await? {
        serving.nudges.deliver(id);
    }
    Ok(())
}

async fn measure(serving: &Serving) -> Result<(), StoreError> {
    let troubles = serving.app.world().store().troubles().await?;
    serving.metrics.troubles(&troubles);
    Ok(())
}

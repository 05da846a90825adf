//! Folding the write-ahead log into the file, beside the writer.
//!
//! Left to itself SQLite folds the log inside some commit, which then takes tens of milliseconds.
//! Here a thread folds the bulk while commits go on, and the writer folds the short rest between
//! two commits, so that the log starts anew. Nothing depends on it for durability: the log is on
//! the disk before a commit returns.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

use rusqlite::Connection;

/// Pages in the log at which folding begins: 4 MiB. A longer one writes an index page into the
/// file less often, and makes commits wait longer for the disk: at 16 MiB the p99 left 15 ms.
const BEGIN_AT: u32 = 2000;
/// Pages in the log at which the writer folds by itself, 16 MiB: the thread does not keep up, and
/// the log must not fill the disk.
const NO_LONGER_AT: u32 = 8_000;

/// The writer's side.
pub(crate) struct Checkpoint {
    pages: Arc<AtomicU32>,
    bulk_done: Arc<AtomicBool>,
    begin: SyncSender<()>,
    under_way: bool,
}

impl Checkpoint {
    /// Starts the thread that folds, on a connection of its own.
    pub(crate) fn start(writer: &mut Connection, folder: Connection) -> std::io::Result<Self> {
        let pages = Arc::new(AtomicU32::new(0));
        let counted = pages.clone();
        let count = move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            counted.store(pages.unsigned_abs(), Ordering::Relaxed);
            Ok(())
        };
        writer.wal_hook(Some(count)).map_err(std::io::Error::other)?;
        let bulk_done = Arc::new(AtomicBool::new(false));
        let done = bulk_done.clone();
        let (begin, asked) = sync_channel(1);
        let thread = std::thread::Builder::new().name("vigie-checkpoint".to_owned());
        thread.spawn(move || {
            while asked.recv().is_ok() {
                fold(&folder);
                done.store(true, Ordering::Release);
            }
        })?;
        Ok(Self { pages, bulk_done, begin, under_way: false })
    }

    /// Called by the writer after each commit.
    pub(crate) fn after_commit(&mut self, writer: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if self.under_way && self.bulk_done.swap(false, Ordering::Acquire) {
            self.under_way = false;
            fold(writer);
        } else if !self.under_way && pages >= BEGIN_AT {
            self.under_way = self.begin.try_send(()).is_ok();
        } else if pages >= NO_LONGER_AT {
            fold(writer);
        }
    }
}

/// Folds what no reader still needs. A failure leaves the log longer, and is tried again.
fn fold(connection: &Connection) {
    let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
}

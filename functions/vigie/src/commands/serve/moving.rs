//! `vigie migrate` beside a server: this home closes when it is to be left, and opens when it was
//! filled, or when the move was cut short.
//!
//! Which of two homes works is decided in one place, where the home on AWS stands. A server that
//! finds a move cut short asks that one, once it holds the data folder's lock: no `vigie migrate`
//! can go on meanwhile.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, sleep};
use vigie_ports::{Moving as _, Standing, StoreError, World as _};

use super::reload::Reload;
use crate::lock;
use crate::server::Serving;
use crate::server::loops::{Stop, stopped};

/// How often the store is asked where this home stands. It costs one small read.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// How long a write of a `vigie migrate` that was killed may still be on its way.
const LAST_WRITE_WITHIN: Duration = Duration::from_secs(4);
/// The pause before the other home is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Keeps this process in step with where its home stands.
pub(super) struct Follow {
    pub(super) serving: Arc<Serving>,
    pub(super) reload: Arc<Reload>,
    pub(super) data: PathBuf,
    pub(super) listen: SocketAddr,
    /// The data folder's lock, while this process has it.
    pub(super) lock: Option<File>,
}

impl Follow {
    /// Follows until the process is to stop.
    pub(super) async fn watch(mut self, mut stop: Stop) {
        let mut asking = interval(ASK_EVERY);
        asking.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                _ = asking.tick() => {}
            }
            // What is under way has its own time to end.
            let looked = tokio::select! {
                () = stopped(&mut stop) => return,
                looked = self.look() => looked,
            };
            if let Err(error) = looked {
                tracing::error!(%error, "where this home stands cannot be read");
                sleep(AGAIN_AFTER).await;
            }
        }
    }

    async fn look(&mut self) -> Result<(), StoreError> {
        let store = self.serving.app.world().store();
        let (known, now) = (self.serving.standing(), store.standing().await?);
        match (&known, &now) {
            (Standing::Open, Standing::Open) => Ok(()),
            (Standing::Open, _) => {
                self.close(now).await;
                Ok(())
            }
            (_, Standing::Open) => self.open().await,
            _ => {
                self.serving.stand(now.clone());
                self.go_on(&now).await
            }
        }
    }

    /// From here on nothing is decided or sent; what is under way ends. Then the data folder is
    /// free for `vigie migrate`.
    async fn close(&mut self, standing: Standing) {
        let (home, to) = (standing.id(), standing.elsewhere().unwrap_or_default().to_owned());
        self.serving.stand(standing);
        drop(self.serving.working.write().await);
        self.lock = None;
        tracing::warn!(home, to, "this home is closed: it hands webhooks on, and sends nothing");
    }

    /// Works again, or for the first time, with what the store holds now.
    async fn open(&mut self) -> Result<(), StoreError> {
        if !self.hold() {
            return Ok(());
        }
        self.serving.app.read_key().await?;
        self.reload.begin().await?;
        self.serving.stand(Standing::Open);
        tracing::warn!("this home is open: it takes webhooks, and sends");
        Ok(())
    }

    /// Ends what a move that was cut short left in the middle, as the other home says.
    async fn go_on(&mut self, standing: &Standing) -> Result<(), StoreError> {
        let decided = match standing {
            Standing::Leaving { to, .. } if self.hold() => {
                sleep(LAST_WRITE_WITHIN).await;
                let word = self.serving.standing_of(to).await;
                match word.as_deref() {
                    Some("open") => Some(Standing::Left { to: to.clone() }),
                    Some("filling") => Some(Standing::Open),
                    _ => None,
                }
            }
            Standing::Filling { from, is_whole: true } if self.hold() => {
                let word = self.serving.standing_of(from).await;
                (word.as_deref() == Some("left")).then_some(Standing::Open)
            }
            _ => return Ok(()),
        };
        let Some(decided) = decided else {
            tracing::error!(
                home = standing.id(),
                "a move was cut short, and the other home does not say whether it works: run vigie \
                 migrate again"
            );
            self.lock = None;
            sleep(AGAIN_AFTER).await;
            return Ok(());
        };
        tracing::warn!(home = decided.id(), "a move that was cut short is ended");
        let store = self.serving.app.world().store();
        // If it moved meanwhile, it is looked at again.
        store.stand(standing, &decided).await.map(drop)
    }

    /// Whether this process has the data folder's lock: `vigie migrate` has it else.
    fn hold(&mut self) -> bool {
        if self.lock.is_none() {
            self.lock = lock::take(&self.data, self.listen).ok();
        }
        self.lock.is_some()
    }
}

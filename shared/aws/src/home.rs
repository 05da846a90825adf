//! What is in force, as `vigie apply` put it into the table: looked at anew every few seconds.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use vigie_app::{App, Registry, Settings, operator};
use vigie_domain::erase::Retention;
use vigie_machine::{SystemIds, now};
use vigie_ports::{Ids as _, Mail, Mailbox, Standing, StoreError};
use vigie_store_dynamodb::{DynamoStore, FunctionSettings, Look};

use crate::cloud::Cloud;
use crate::surroundings::{CannotStart, Surroundings};

/// How often it is asked whether `vigie apply` changed something, or this home is left: a small
/// read. A home that is left waits this long, and for what is under way.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(5);
/// How often counts are noted: a write that a busy function makes once a minute, and one that takes
/// a webhook an hour makes each time.
const NOTE_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The application as it is in force.
pub struct InForce<M: Mail> {
    /// The use cases' world and settings.
    pub app: App<Cloud<M>>,
    /// How long what people wrote is kept.
    pub retention: Retention,
    /// Whether `vigie apply` was ever made to this table.
    pub is_applied: bool,
    /// Where this home stands: only an open one takes webhooks and sends.
    pub standing: Standing,
}

struct Held<M: Mail> {
    in_force: Arc<InForce<M>>,
    generation: u64,
    looked_at: Timestamp,
}

/// A function's application, for as long as the function lives.
pub struct Home<M: Mail> {
    cloud: Cloud<M>,
    held: Mutex<Held<M>>,
    noted_at: Mutex<Option<Timestamp>>,
}

impl<M: Mail> Home<M> {
    /// Opens the table that `VIGIE_TABLE` names, and reads what is in force.
    ///
    /// # Errors
    /// The variable is missing, or the table cannot be used.
    pub async fn open(surroundings: &Surroundings, mail: M) -> Result<Self, CannotStart> {
        let table = surroundings.need("VIGIE_TABLE")?;
        let opened = Self::open_table(surroundings, &table, mail).await;
        opened.map_err(|error| CannotStart::Store { table, error })
    }

    async fn open_table(
        surroundings: &Surroundings,
        table: &str,
        mail: M,
    ) -> Result<Self, StoreError> {
        let client = vigie_store_dynamodb::client(&surroundings.shared);
        let mut salt = [0; 32];
        let (first, second) = salt.split_at_mut(16);
        first.copy_from_slice(&SystemIds.random());
        second.copy_from_slice(&SystemIds.random());
        let (store, look) = DynamoStore::open_looking(client, table, salt).await?;
        let cloud = Cloud { store: Arc::new(store), mail: Arc::new(mail), api: Arc::default() };
        let held = held(&cloud, look).await?;
        Ok(Self { cloud, held: Mutex::new(held), noted_at: Mutex::default() })
    }

    /// What is in force now.
    ///
    /// # Errors
    /// The table does not answer, and what was known is too old.
    pub async fn in_force(&self) -> Result<Arc<InForce<M>>, StoreError> {
        let mut known = self.held.lock().await;
        let is_open = known.in_force.standing.is_open();
        if !is_open || now().duration_since(known.looked_at) >= LOOK_EVERY {
            let (generation, _) = self.cloud.store.home().await?;
            if generation == known.generation {
                known.looked_at = now();
            } else {
                if is_open {
                    note(&known.in_force.app).await;
                }
                *known = held(&self.cloud, self.cloud.store.look().await?).await?;
                let home = known.in_force.standing.id();
                tracing::info!(generation, home, "what was applied is in force");
            }
        }
        Ok(known.in_force.clone())
    }

    /// Notes what was counted, now and then; at once where the operator is to hear of something.
    /// What cannot be noted is kept for the next time.
    pub async fn note(&self, in_force: &InForce<M>) {
        if !in_force.standing.is_open() {
            return;
        }
        let mut noted_at = self.noted_at.lock().await;
        let is_old = noted_at.is_none_or(|at| now().duration_since(at) >= NOTE_EVERY);
        if is_old || operator::is_troubled(&in_force.app) {
            note(&in_force.app).await;
            *noted_at = Some(now());
        }
    }
}

async fn note<M: Mail>(app: &App<Cloud<M>>) {
    if let Err(error) = operator::flush(app).await {
        tracing::error!(%error, "what was counted could not be noted: it is kept");
    }
}

async fn held<M: Mail>(cloud: &Cloud<M>, look: Look) -> Result<Held<M>, StoreError> {
    let Look { generation, standing, settings: given } = look;
    let is_applied = given.is_some();
    let retention = given.as_ref().map(FunctionSettings::retention).unwrap_or_default();
    let settings = given.map_or_else(nothing_applied, settings);
    let app = App::start(cloud.clone(), settings, Registry::default()).await?;
    let in_force = Arc::new(InForce { app, retention, is_applied, standing });
    Ok(Held { in_force, generation, looked_at: now() })
}

fn settings(given: FunctionSettings) -> Settings {
    Settings {
        public_url: given.public_url,
        from: given.from.into(),
        reply_to: given.reply_to.map(Mailbox::from),
        operator: given.operator,
    }
}

/// Before the first `vigie apply` there is no brand, so nothing is sent.
fn nothing_applied() -> Settings {
    let from = Mailbox { name: String::new(), address: "vigie@localhost".to_owned() };
    Settings { public_url: String::new(), from, reply_to: None, operator: Vec::new() }
}

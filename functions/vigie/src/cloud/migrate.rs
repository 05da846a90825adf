//! `vigie migrate`: copies while the old home works, closes it, copies the rest, compares, and
//! opens the new one.
//!
//! Which home works is decided by one write, where the home on AWS stands: it opens, or it is left.
//! Before that write the old home works, or takes itself back; after it the new one does. Cut short
//! anywhere, the command is given again and goes on.

mod from_aws;
mod to_aws;

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use vigie_app::moving::{self, Copying};
use vigie_config::Config;
use vigie_machine::{SystemIds, now};
use vigie_ports::{Ids as _, Moving, Standing, Sums};
use vigie_store_dynamodb::DynamoStore;
use vigie_store_sqlite::SqliteStore;

use super::Stack;
use crate::cli::{Migrate, StoreKind};
use crate::commands::shown::count;
use crate::environment::{For, Machine};
use crate::home::open_store;
use crate::load::{CannotBegin, Given, read_given_for, store_trouble};
use crate::lock;
use crate::output::{Exit, say, say_json};
use crate::waiting::Waiting;

/// Pieces that differ still, at most, before the old home is closed: some seconds' work.
const FEW: u64 = 200;
/// Passes that are made for that, at most: under a load that never ends, the rest is copied closed.
const PASSES_MAX: u32 = 8;
/// Passes that are made while nobody writes: the second finds nothing.
const LAST_PASSES_MAX: u32 = 4;

/// The two homes.
struct Homes {
    here: SqliteStore,
    there: DynamoStore,
    /// What the home on AWS is called.
    stack: String,
    /// The data folder.
    data: PathBuf,
}

/// What `--json` says, at the end.
#[derive(Serialize)]
struct Answer {
    from: &'static str,
    to: &'static str,
    pieces: std::collections::BTreeMap<&'static str, u64>,
    /// How long no home took webhooks.
    closed_ms: u64,
    relays_to: String,
}

/// Tells how far it is, unless the answer is to be in JSON.
#[derive(Clone, Copy)]
struct Told {
    json: bool,
}

impl Told {
    fn step(self, step: &str, told: impl AsRef<str>) {
        if !self.json {
            say(format!("{step:<10} {}", told.as_ref()));
        }
    }
}

/// Moves one way or the other.
pub(crate) async fn run(arguments: &Migrate) -> Result<Exit, CannotBegin> {
    let told = Told { json: arguments.json.json };
    let Given { config, machine, .. } = read_given_for(&arguments.config.config, For::Nobody)?;
    let stack = Stack::find(&config.aws).await?;
    let homes = Homes::open(&config, &machine, &stack).await?;
    let _only = homes.alone()?;
    let ended = match arguments.from {
        StoreKind::Sqlite => {
            let own = || stack.own_url().to_owned();
            let to = arguments.relay_to.clone().unwrap_or_else(own);
            to_aws::run(&homes, &to, told).await?
        }
        StoreKind::Aws => {
            let to = arguments.relay_to.clone().unwrap_or_default();
            let address = stack.own_url();
            from_aws::run(&homes, address, &to, arguments.wait, told).await?
        }
    };
    let (from, to) = (name(arguments.from), name(arguments.to));
    if told.json {
        let Ended { sums, closed, to: relays_to } = ended;
        let pieces = sums.0.into_iter().map(|(sort, sum)| (sort, sum.count)).collect();
        let closed_ms = closed.as_millis() as u64;
        say_json(&Answer { from, to, pieces, closed_ms, relays_to });
    }
    Ok(Exit::Done)
}

fn name(kind: StoreKind) -> &'static str {
    match kind {
        StoreKind::Sqlite => "sqlite",
        StoreKind::Aws => "aws",
    }
}

/// What a move came to.
struct Ended {
    sums: Sums,
    closed: Duration,
    to: String,
}

impl Ended {
    /// Of a move that was over before.
    fn before(to: &str) -> Self {
        Self { sums: Sums::default(), closed: Duration::ZERO, to: to.to_owned() }
    }
}

impl Homes {
    async fn open(config: &Config, machine: &Machine, stack: &Stack) -> Result<Self, CannotBegin> {
        let here = open_store(config, machine)?;
        let client = vigie_store_dynamodb::client(&stack.shared);
        let there = DynamoStore::open(client, &stack.table, fresh()).await;
        let there = there.map_err(store_trouble)?;
        if let Some(restored) = here.restored().await.map_err(store_trouble)? {
            return Err(CannotBegin::Other(format!(
                "the store was restored from {}, and holds {} until a person says so\n  hint: \
                 vigie redrive --held sends them, vigie redrive --held --drop cancels them",
                restored.from,
                count(usize::try_from(restored.held).unwrap_or(usize::MAX), "notice"),
            )));
        }
        let stack = format!("the stack {} in {}", stack.name, stack.region());
        Ok(Self { here, there, stack, data: machine.path(&config.server.data) })
    }

    /// Keeps another `vigie migrate` of this data folder out.
    fn alone(&self) -> Result<File, CannotBegin> {
        lock::alone(&self.data, "vigie migrate")
    }

    /// Where both homes stand.
    async fn standings(&self) -> Result<(Standing, Standing), CannotBegin> {
        let here = self.here.standing().await.map_err(store_trouble)?;
        let there = self.there.standing().await.map_err(store_trouble)?;
        Ok((here, there))
    }
}

/// What the file says and the homes do not go together.
fn refused(what: &str, hint: &str) -> CannotBegin {
    CannotBegin::Other(format!("{what}\n  hint: {hint}"))
}

fn fresh() -> [u8; 32] {
    let mut bytes = [0; 32];
    let (first, second) = bytes.split_at_mut(16);
    first.copy_from_slice(&SystemIds.random());
    second.copy_from_slice(&SystemIds.random());
    bytes
}

/// Copies until little is left, while the old home works.
async fn copy_most<F: Moving, T: Moving>(
    copying: &mut Copying<'_, F, T>,
    told: Told,
) -> Result<(), CannotBegin> {
    for _ in 0..PASSES_MAX {
        if copy(copying, told).await? <= FEW {
            break;
        }
    }
    Ok(())
}

/// Copies the rest, and compares all of it.
async fn copy_rest<F: Moving, T: Moving>(
    copying: &mut Copying<'_, F, T>,
    told: Told,
) -> Result<Sums, CannotBegin> {
    for _ in 0..LAST_PASSES_MAX {
        if copy(copying, told).await? == 0 {
            break;
        }
    }
    let waiting = Waiting::for_("comparing the stores");
    let sums = copying.sums().await.map_err(store_trouble)?;
    drop(waiting);
    let (old, new) = sums;
    if old != new {
        let differing = old.0.iter().filter(|(sort, sum)| new.0.get(*sort) != Some(sum));
        let differing: Vec<_> = differing.map(|(sort, _)| *sort).collect();
        return Err(refused(
            &format!("the stores are not the same: {} differ", differing.join(", ")),
            "the old home goes on; give the command again, and tell us if it says so again",
        ));
    }
    let each = old.0.iter().map(|(sort, sum)| format!("{} {sort}", sum.count));
    told.step("compared", format!("{}: the same in both", each.collect::<Vec<_>>().join(", ")));
    Ok(old)
}

/// Makes a pass; gives how many pieces it found to be others.
async fn copy<F: Moving, T: Moving>(
    copying: &mut Copying<'_, F, T>,
    told: Told,
) -> Result<u64, CannotBegin> {
    let waiting = Waiting::for_("copying");
    let passed = copying.pass(|_, _| ()).await.map_err(store_trouble)?;
    drop(waiting);
    let moving::Passed { read, written, dropped, later } = passed;
    let more = if dropped > 0 { format!(", {dropped} gone") } else { String::new() };
    told.step("copied", format!("{written} of {read} pieces{more}"));
    Ok(written + dropped + later)
}

/// A moment from now.
fn in_seconds(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

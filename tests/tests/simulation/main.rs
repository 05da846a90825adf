//! Deterministic simulation: the whole application over SQLite in memory, a manual clock and
//! scripted mail and network, from a seed.
//!
//! Each history sends duplicated, reordered, late and forged webhooks, edits, answers and
//! withdrawals; reviews are erased meanwhile; the store and the mail server fail; nudges are lost;
//! tasks interleave at every port call, and a crash may come before and after each. Then
//! everything is let settle and the outcome is held against a plain model of the contract
//! (`model.rs`).
//!
//! `VIGIE_SIM_HISTORIES` says how many histories (default 2,000), `VIGIE_SIM_SEED` where to begin.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops where it finds a fault, and says what it found"
)]

mod chaos;
mod erasures;
mod harness;
mod model;
mod script;
mod world;

use std::sync::{Arc, Mutex};

use chaos::Sabotage;
use vigie_store_sqlite::SqliteStore;

/// As the server's: the system's gives its memory back and asks for it again in each history, a
/// quarter of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Histories in `./test`; `./test full` asks for a million.
const HISTORIES: u64 = 2000;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a test's own knob, not configuration")]
    let given = std::env::var(name);
    given.ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Faults after which a run stops: it shows more than one, each with its seed.
const FAULTS_MAX: usize = 20;

/// Runs the histories of a range of seeds, on every core.
fn run_all(first: u64, count: u64) -> harness::Totals {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let total = Mutex::new(harness::Totals::default());
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for core in 0..cores {
            let (total, faults) = (&total, &faults);
            scope.spawn(move || {
                let store = Arc::new(SqliteStore::in_memory().unwrap());
                for seed in (first + core..first + count).step_by(cores as usize) {
                    match harness::run(&store, seed, None) {
                        Ok(seen) => total.lock().unwrap().add(&seen),
                        Err(fault) => faults.lock().unwrap().push((seed, fault)),
                    }
                    if faults.lock().unwrap().len() >= FAULTS_MAX {
                        return;
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap().into_iter();
    let said = faults.map(|(seed, fault)| format!("VIGIE_SIM_SEED={seed}: {fault}"));
    let said: Vec<String> = said.collect();
    assert!(
        said.is_empty(),
        "not as the contract says, alone with VIGIE_SIM_HISTORIES=1:\n{}",
        said.join("\n")
    );
    total.into_inner().unwrap()
}

#[test]
fn every_history_ends_as_the_contract_says() {
    let first = from_environment("VIGIE_SIM_SEED", 0);
    let count = from_environment("VIGIE_SIM_HISTORIES", HISTORIES);
    let total = run_all(first, count);
    println!("{count} histories from seed {first}: {total}");
    assert!(count < 100 || total.is_lively(), "the histories are tame: {total}");
}

/// The simulation must go red when a safeguard is taken away.
fn goes_red(sabotage: Sabotage) {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let found = (0..400).find_map(|seed| harness::run(&store, seed, Some(sabotage)).err());
    let fault = found.unwrap_or_else(|| panic!("nobody noticed {sabotage:?}"));
    println!("{sabotage:?}: {fault}");
}

#[test]
fn it_goes_red_without_the_undecided_mark() {
    goes_red(Sabotage::NoUndecidedMark);
}

#[test]
fn it_goes_red_without_the_lease_token() {
    goes_red(Sabotage::NoTokenCheck);
}

#[test]
fn it_goes_red_without_the_dedup_of_events() {
    goes_red(Sabotage::NoDedupOfEvents);
}

#[test]
fn it_goes_red_without_the_identity_of_notices() {
    goes_red(Sabotage::NoIdentityOfNotices);
}

#[test]
fn it_goes_red_when_unsigned_webhooks_are_taken() {
    goes_red(Sabotage::ForgedIsTaken);
}

#[test]
fn it_goes_red_when_a_claim_is_never_taken_back() {
    goes_red(Sabotage::LeasesNeverEnd);
}

#[test]
fn it_goes_red_when_an_erasure_erases_nothing() {
    goes_red(Sabotage::NothingIsErased);
}

//! Filling a store with reviews of the past, through the store's own port.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};
use vigie_domain::{
    Brand, Content, EventKind, ExternalId, Reply, ReviewEvent, ReviewKey, Stars, Told, Version,
};
use vigie_ports::{Arrival, BrandInForce, Store as _};
use vigie_store_sqlite::{FILE_NAME, Options, SqliteStore};
use vigie_tests::random::Random;
use vigie_tests::webhook::SOURCE;

/// Reviews recorded in one call, and calls at once.
const AT_ONCE: u64 = 100;
const CALLS: usize = 32;
/// The past that the answered reviews are spread over.
const PAST: SignedDuration = SignedDuration::from_hours(3 * 365 * 24);
/// How long the file may take to be closed.
const CLOSE_WITHIN: Duration = Duration::from_mins(2);

/// What is put into a store.
#[derive(Clone, Copy)]
pub(crate) struct Past {
    /// Reviews that were answered, over three years up to a day ago.
    pub(crate) answered: u64,
    /// Reviews that are open, half of them under 4 stars, published in the last day.
    pub(crate) open: u64,
    /// The machine's time.
    pub(crate) now: Timestamp,
}

/// Fills the store of a data folder; gives the folder's file back closed.
pub(crate) async fn fill(folder: &Path, past: Past) -> Result<()> {
    let store = Arc::new(SqliteStore::open(folder, Options::default())?);
    let brand = Arc::new(BrandInForce::new(Brand::sample()));
    let mut calls = JoinSet::new();
    let total = past.answered + past.open;
    let mut random = Random::of(u64::MAX);
    for from in (0..total).step_by(AT_ONCE as usize) {
        let numbers = from..(from + AT_ONCE).min(total);
        let arrivals: Result<Vec<_>> =
            numbers.map(|number| arrival(&brand, past, number, random.next())).collect();
        let (store, arrivals) = (store.clone(), arrivals?);
        calls.spawn(async move { store.record(arrivals).await.map(drop) });
        if calls.len() >= CALLS {
            calls.join_next().await.context("a call")???;
        }
    }
    while let Some(done) = calls.join_next().await {
        done??;
    }
    drop(store);
    closed(folder).await
}

fn arrival(brand: &Arc<BrandInForce>, past: Past, number: u64, random: u64) -> Result<Arrival> {
    let is_open = number >= past.answered;
    let age = if is_open {
        SignedDuration::from_mins((number % 1200) as i64)
    } else {
        SignedDuration::from_hours(24) + PAST * number as i32 / past.answered.max(1) as i32
    };
    let at = past.now - age;
    let (external_id, _) =
        ExternalId::from_platform(&format!("{random:016x}")).context("an odd id")?;
    let stars = if is_open && number.is_multiple_of(2) { 200 } else { 500 };
    let content = Content {
        stars: Stars::from_hundredths(stars),
        title: Some("Belle lampe".to_owned()),
        text: super::TEXT.to_owned(),
        language: Some("fr".to_owned()),
        author: Some("Claire D.".to_owned()),
        published_at: Some(at),
        ..Content::default()
    };
    let event = ReviewEvent {
        kind: EventKind::Posted,
        external_id: external_id.clone(),
        version: Some(Version::Time(at)),
        content: Some(content),
        reply: (!is_open).then(|| Reply { text: "Merci !".to_owned(), at: Some(at) }),
    };
    let key = ReviewKey { source: SOURCE.parse()?, external_id };
    Ok(Arrival { key, brand: brand.clone(), told: Told::Event(Box::new(event)), at, request: None })
}

/// Waits until the store's threads have closed the file: SQLite then removes its log.
async fn closed(folder: &Path) -> Result<()> {
    let log = folder.join(format!("{FILE_NAME}-wal"));
    let mut looks = interval(Duration::from_millis(5));
    let gone = async {
        while log.exists() {
            looks.tick().await;
        }
    };
    timeout(CLOSE_WITHIN, gone).await.context("the store's file is not closed")
}

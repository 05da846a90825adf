//! What was erased is in no file of the data folder any more: every byte of each is looked at.

// A test's helper may stop the test: that is how it fails.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::fs;

use rusqlite::Connection;
use tempfile::TempDir;
use vigie_domain::{
    Content, Digest, EventKind, Reply, ReviewEvent, Stars, Told, Trouble, Version, matter::Matter,
};
use vigie_ports::{Erasing, Erasure, Noted, Rejected, Store as _};
use vigie_store_sqlite::{FILE_NAME, Options, SqliteStore, Swept};
use vigie_testkit::build::{arrival, at, brand, key};

/// Reviews of the churn: enough that every page is split, joined and moved.
const REVIEWS: u64 = 1500;
/// One in so many is erased.
const ERASED: u64 = 7;
/// What stands in every text of a review that will be erased, and in no other.
const MARKER: &str = "Zqxj";

fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(folder.path(), Options::default()).unwrap()
}

fn chance(review: u64, round: u64) -> u64 {
    Digest::of_fields([Some(format!("{review} {round}").as_str())]).prefix()
}

fn id(review: u64) -> String {
    let word = if review.is_multiple_of(ERASED) { MARKER } else { "other" };
    // Some ids are long: they chain over pages in the indexes too.
    format!("{word}-{review}-{}", word.repeat((chance(review, 99) % 80) as usize))
}

/// A text of some length, from nothing to several pages.
fn text(review: u64, round: u64) -> String {
    let word = if review.is_multiple_of(ERASED) { MARKER } else { "other" };
    let words = match chance(review, round) % 8 {
        0 => 0,
        1 => 1500,
        2 => 400,
        n => 5 * n,
    };
    format!("{word}{round} ").repeat(words as usize)
}

fn event(review: u64, round: u64) -> Told {
    let kind = if round == 0 { EventKind::Posted } else { EventKind::Edited };
    let word = if review.is_multiple_of(ERASED) { MARKER } else { "other" };
    let content = Content {
        stars: Stars::from_hundredths(200),
        text: text(review, round),
        author: Some(format!("{word} author")),
        order: Some(format!("{word}-order")),
        location: Some(format!("{word} place")),
        published_at: Some(at(review as i64)),
        ..Content::default()
    };
    let reply = chance(review, round).is_multiple_of(3);
    Told::Event(Box::new(ReviewEvent {
        kind,
        external_id: key(&id(review)).external_id,
        version: Some(Version::Time(at((round * REVIEWS + review) as i64))),
        content: Some(content),
        reply: reply.then(|| Reply { text: text(review, round + 50), at: None }),
    }))
}

/// Posts and edits, in an order that is not that of the rows.
async fn churn(store: &SqliteStore) {
    for round in 0..4 {
        for batch in 0..REVIEWS / 50 {
            let arrivals = (0..50).map(|n| {
                let review = (batch * 50 + n) * (1 + 2 * round) % REVIEWS;
                arrival(&id(review), event(review, round), at((round * REVIEWS + review) as i64))
            });
            store.record(arrivals.collect()).await.unwrap();
        }
    }
    let rejected = (0..200).map(|review| Rejected {
        id: format!("event-{review}"),
        source: key("x").source,
        at: at(0),
        reason: "no rating".to_owned(),
        event: serde_json::json!({"id": id(review), "text": text(review, 7)}).to_string(),
        headers: vec![("x-id".to_owned(), id(review))],
    });
    store.reject(rejected.collect()).await.unwrap();
}

/// Has alerts made, also of those that will be erased: notices hold their ids then.
async fn alert(store: &SqliteStore) {
    for review in (0..REVIEWS).filter(|review| review % ERASED < 2) {
        let stored = store.review(&key(&id(review))).await.unwrap().unwrap();
        let (in_force, now) = (brand(), at(50_000));
        let assess = |_: &Content| vigie_domain::Assessment::default();
        let decision =
            vigie_domain::decide(&stored.review, &in_force.brand, "v", now, assess, &[], None);
        let verdict = vigie_ports::Verdict {
            key: stored.review.key.clone(),
            writes: stored.writes,
            decided: decision.decided,
            step_at: decision.step_at,
            notices: decision.notices,
            all_new: false,
            at: now,
        };
        store.decide(verdict).await.unwrap();
    }
    let place = Trouble::with(Matter::Location, "lumen-site", &format!("{MARKER} place"));
    let noted = Noted { troubles: vec![(place, 1, at(1), at(1))], ..Noted::default() };
    store.note(noted).await.unwrap();
    store.tell(at(50_000)).await.unwrap();
}

async fn erase(store: &SqliteStore) {
    for review in (0..REVIEWS).filter(|review| review.is_multiple_of(ERASED)) {
        let key = key(&id(review));
        let stored = store.review(&key).await.unwrap().unwrap();
        let mentions = vigie_domain::Mentions::of(&stored.review);
        store.forget_rejected(&key.source, &mentions, false).await.unwrap();
        let erasing = Erasing { key, fresh: [5; 32], at: at(60_000), dry: false };
        let erasure = store.erase(erasing).await.unwrap();
        assert!(matches!(erasure, Erasure::Done(_)), "{review}: {erasure:?}");
    }
}

/// How often the marker stands in each file of the folder.
fn found(folder: &TempDir) -> Vec<(String, usize)> {
    let files = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
    let count = |path: &std::path::PathBuf| {
        // A log goes with the last connection that closes.
        let bytes = fs::read(path).unwrap_or_default();
        bytes.windows(MARKER.len()).filter(|window| *window == MARKER.as_bytes()).count()
    };
    let counted =
        files.map(|path| (path.file_name().unwrap().to_string_lossy().into(), count(&path)));
    counted.filter(|(_, count)| *count > 0).collect()
}

fn check(folder: &TempDir) {
    let file = Connection::open(folder.path().join(FILE_NAME)).unwrap();
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

/// The others hold what they held.
async fn others_are_whole(store: &SqliteStore) {
    for review in (0..REVIEWS).filter(|review| !review.is_multiple_of(ERASED)) {
        let stored = store.review(&key(&id(review))).await.unwrap().unwrap();
        let written = stored.review.written().unwrap();
        assert_eq!(written.text, text(review, 3), "{review}");
    }
}

#[tokio::test]
async fn after_thousands_of_edits_not_a_byte_of_what_was_erased_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    churn(&store).await;
    alert(&store).await;
    erase(&store).await;
    let before = found(&folder);
    assert!(!before.is_empty(), "without a sweep something is left, or this proves nothing");
    let swept = store.sweep().await.unwrap();
    assert!(matches!(swept, Swept::Gaps(pages) if pages > 0), "{swept:?}");
    assert_eq!(found(&folder), [], "{before:?} before");
    assert_eq!(store.sweep().await.unwrap(), Swept::Nothing);
    others_are_whole(&store).await;
    check(&folder);
    drop(store);
    assert_eq!(found(&folder), []);
    let again = open(&folder);
    assert!(again.review(&key(&id(ERASED))).await.unwrap().unwrap().review.is_erased());
    check(&folder);
}

#[tokio::test]
async fn a_file_of_before_is_written_anew_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    churn(&store).await;
    let file = Connection::open(folder.path().join(FILE_NAME)).unwrap();
    file.execute("DELETE FROM meta WHERE key = 'overwritten'", []).unwrap();
    erase(&store).await;
    assert_eq!(store.sweep().await.unwrap(), Swept::Whole);
    assert_eq!(found(&folder), []);
    others_are_whole(&store).await;
    let again = Erasing { key: key(&id(1)), fresh: [5; 32], at: at(60_001), dry: false };
    store.erase(again).await.unwrap();
    assert!(matches!(store.sweep().await.unwrap(), Swept::Gaps(_)), "only once");
}

#[tokio::test]
async fn a_sweep_goes_on_beside_a_writer_and_leaves_its_writes_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    churn(&store).await;
    erase(&store).await;
    let beside = open(&folder);
    let writing = async {
        for number in 0..400_i64 {
            let told = event(1 + 7 * (number as u64 % 400), 3);
            let new = arrival(&format!("new-{number}"), told, at(70_000 + number));
            beside.record(vec![new]).await.unwrap();
        }
    };
    let (swept, ()) = tokio::join!(store.sweep(), writing);
    assert!(matches!(swept.unwrap(), Swept::Gaps(_)));
    assert_eq!(found(&folder), []);
    for number in 0..400 {
        assert!(beside.review(&key(&format!("new-{number}"))).await.unwrap().is_some());
    }
    others_are_whole(&store).await;
    check(&folder);
}

#[tokio::test]
async fn a_log_that_somebody_reads_from_is_told_and_swept_later() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    let word = id(0);
    store.record(vec![arrival(&word, event(0, 0), at(1))]).await.unwrap();
    let reader = Connection::open(folder.path().join(FILE_NAME)).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let count: i64 = reader.query_row("SELECT count(*) FROM review", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
    let erasing = Erasing { key: key(&word), fresh: [5; 32], at: at(9), dry: false };
    store.erase(erasing).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), Swept::LogInUse);
    reader.execute_batch("COMMIT").unwrap();
    assert!(matches!(store.sweep().await.unwrap(), Swept::Gaps(_)), "it is owed still");
    assert_eq!(found(&folder), []);
}

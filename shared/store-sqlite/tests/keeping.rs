//! Copies, restored copies, upgrades, and files that are no store of ours.

// A test's helper may stop the test: that is how it fails.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests stop the test"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use tempfile::TempDir;
use vigie_domain::notice::{Kind, NewNotice, NoticeId, NoticeState, Subject, Why};
use vigie_domain::{Brand, Channel, Decided, EventKind, Review, ReviewNumber};
use vigie_ports::{Due, NoticeFilter, Redriven, Settlement, Store as _, Verdict, Written};
use vigie_store_sqlite::{FILE_NAME, Options, SqliteStore, backup};
use vigie_testkit::build::{arrival, at, key, written};

/// The schema as version 1 wrote it.
const SCHEMA_1: &str = include_str!("data/schema-1.sql");

fn open(folder: &TempDir) -> SqliteStore {
    SqliteStore::open(folder.path(), Options::default()).unwrap()
}

fn refusal(folder: &TempDir) -> String {
    match SqliteStore::open(folder.path(), Options::default()) {
        Ok(_) => panic!("it opened"),
        Err(error) => error.to_string(),
    }
}

async fn post(store: &SqliteStore, id: &str, when: i64) {
    let told = written(EventKind::Posted, id, 200, at(when));
    store.record(vec![arrival(id, told, at(when))]).await.unwrap();
}

/// Decides a review as one alert, due at once.
async fn alert(store: &SqliteStore, review: &str, when: i64) -> NoticeId {
    let stored = store.review(&key(review)).await.unwrap().unwrap();
    let subject = Subject::Review { reviews: vec![key(review)], step: None, why: Why::Contact };
    let notice = NewNotice {
        id: NoticeId::of([review, &when.to_string()]),
        brand: Brand::sample().id,
        kind: Kind::Alert,
        channel: Channel::Email,
        to: "service".parse().unwrap(),
        subject,
        due_at: at(when),
        with: None,
        meant_for: Vec::new(),
    };
    let id = notice.id.clone();
    let verdict = Verdict {
        key: key(review),
        writes: stored.writes,
        decided: Decided { revision: stored.review.revision, ..Decided::default() },
        step_at: None,
        notices: vec![notice],
        all_new: false,
        at: at(when),
    };
    assert_eq!(store.decide(verdict).await.unwrap(), Written::Done);
    id
}

async fn state(store: &SqliteStore, id: &NoticeId) -> NoticeState {
    store.notice(id).await.unwrap().unwrap().state
}

/// A store with a pending, a sending, a held and a sent notice, and one undecided review.
async fn busy() -> (TempDir, SqliteStore, [NoticeId; 4]) {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder);
    store.apply(vec![Brand::sample()], at(0)).await.unwrap();
    let mut ids = Vec::new();
    for review in ["pending", "sending", "held", "sent"] {
        post(&store, review, 1).await;
        ids.push(alert(&store, review, 2).await);
    }
    post(&store, "undecided", 3).await;
    for (id, token) in ids.iter().zip(["", "a", "b", "c"]).skip(1) {
        assert!(store.claim(id, token, at(5), at(95)).await.unwrap().is_some());
    }
    let held = Settlement::Held { until: at(50), reason: "outside hours".to_owned() };
    let sent = Settlement::Sent { subject_line: "s".to_owned(), left_out: Vec::new() };
    store.settle(&ids[2], "b", held, at(6)).await.unwrap();
    store.settle(&ids[3], "c", sent, at(6)).await.unwrap();
    (folder, store, ids.try_into().unwrap())
}

/// The store of a copy, put into a folder of its own as an operator does.
fn restore(copy: &Path) -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(copy, folder.path().join(FILE_NAME)).unwrap();
    let store = open(&folder);
    (folder, store)
}

/// The notices due by a moment.
async fn due(store: &SqliteStore, now: Timestamp) -> Vec<NoticeId> {
    let due = store.due(now, 100).await.unwrap();
    due.into_iter()
        .filter_map(|one| if let Due::Notice(id) = one { Some(id) } else { None })
        .collect()
}

#[tokio::test]
async fn a_backup_is_one_private_file_that_overwrites_nothing() {
    let (folder, store, _) = busy().await;
    let to = folder.path().join("copy.sqlite");
    let made = backup(folder.path(), &to, at(10)).unwrap();
    assert_eq!(made.reviews, 5);
    let metadata = to.metadata().unwrap();
    assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (made.bytes, 0o600));
    let before = std::fs::read(&to).unwrap();
    let again = backup(folder.path(), &to, at(11)).unwrap_err().to_string();
    assert!(again.contains("there already"), "{again}");
    assert_eq!(std::fs::read(&to).unwrap(), before);
    let nowhere = folder.path().join("missing/copy.sqlite");
    assert!(backup(folder.path(), &nowhere, at(11)).is_err());
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let names: Vec<_> = names.filter(|name| name.to_string_lossy().contains("copy")).collect();
    assert_eq!(names, ["copy.sqlite"], "nothing is left over");
    // The original goes on as it was.
    assert_eq!(store.restored().await.unwrap(), None);
    post(&store, "r-after", 20).await;
}

#[tokio::test]
async fn a_folder_without_a_store_gives_no_backup_and_stays_empty() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let to = elsewhere.path().join("copy.sqlite");
    let error = backup(folder.path(), &to, at(0)).unwrap_err().to_string();
    assert!(error.contains("no store to copy"), "{error}");
    assert!(!to.exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_restored_backup_beside_the_original_sends_nothing_that_the_original_sends() {
    let (folder, original, ids) = busy().await;
    let to = folder.path().join("copy.sqlite");
    backup(folder.path(), &to, at(10)).unwrap();
    let (_kept, restored) = restore(&to);
    // Held for the hours, sent or claimed in the original: no reason to send it here.
    assert_eq!(due(&restored, at(1_000_000)).await, []);
    restored.take_up(at(20)).await.unwrap();
    assert_eq!(due(&restored, at(1_000_000)).await, []);
    let held = restored.restored().await.unwrap().unwrap();
    assert_eq!(held.held, 3);
    assert!(held.from.contains("2026-11-20T12:00:10Z"), "{held:?}");
    assert_eq!(state(&restored, &ids[3]).await, NoticeState::Sent);
    // Nor is what it decides of a review that the original has.
    let late = alert(&restored, "undecided", 21).await;
    assert_eq!(state(&restored, &late).await, NoticeState::Held);
    // A review that comes now is this store's alone.
    post(&restored, "new", 22).await;
    let new = alert(&restored, "new", 23).await;
    assert_eq!(due(&restored, at(100)).await, [new]);
    let mut theirs = due(&original, at(1_000_000)).await;
    theirs.sort();
    let mut wanted = ids[..3].to_vec();
    wanted.sort();
    assert_eq!(theirs, wanted, "the original is as it was");
}

#[tokio::test]
async fn what_a_restore_holds_is_released_one_by_one_all_or_dropped() {
    let (folder, _original, ids) = busy().await;
    let to = folder.path().join("copy.sqlite");
    backup(folder.path(), &to, at(10)).unwrap();
    for dropped in [false, true] {
        let (kept, store) = restore(&to);
        assert_eq!(store.redrive(&ids[1], at(30)).await.unwrap(), Redriven::Yes);
        assert_eq!(due(&store, at(30)).await, [ids[1].clone()]);
        drop(store);
        // A start of the restored store again holds nothing more.
        let store = open(&kept);
        assert_eq!(store.restored().await.unwrap().unwrap().held, 2);
        assert_eq!(state(&store, &ids[1]).await, NoticeState::Pending);
        assert_eq!(store.release(dropped, at(40)).await.unwrap(), 2);
        assert_eq!(store.restored().await.unwrap(), None);
        let after = if dropped { NoticeState::Cancelled } else { NoticeState::Pending };
        assert_eq!(state(&store, &ids[0]).await, after);
        let filter = NoticeFilter { state: Some(after), ..NoticeFilter::default() };
        let listed = store.notices(filter).await.unwrap();
        assert!(
            listed
                .iter()
                .all(|one| one.reason.as_ref().is_some_and(|why| why.contains("operator")))
        );
        // From here on it is a store like any other.
        let late = alert(&store, "undecided", 41).await;
        assert_eq!(state(&store, &late).await, NoticeState::Pending);
    }
}

#[tokio::test]
async fn what_waits_for_the_hours_is_not_released_by_hand() {
    let (_folder, store, ids) = busy().await;
    assert_eq!(store.redrive(&ids[2], at(30)).await.unwrap(), Redriven::NotDead);
    assert_eq!(store.release(false, at(30)).await.unwrap(), 0);
    assert_eq!(state(&store, &ids[2]).await, NoticeState::Held);
}

#[tokio::test]
async fn a_backup_beside_the_log_of_another_store_is_refused() {
    let (folder, _original, _) = busy().await;
    let to = folder.path().join("copy.sqlite");
    backup(folder.path(), &to, at(10)).unwrap();
    let place = tempfile::tempdir().unwrap();
    std::fs::copy(&to, place.path().join(FILE_NAME)).unwrap();
    let log = place.path().join(format!("{FILE_NAME}-wal"));
    std::fs::copy(folder.path().join(format!("{FILE_NAME}-wal")), &log).unwrap();
    let error = refusal(&place);
    assert!(error.contains("move") && error.contains("-wal"), "{error}");
    std::fs::remove_file(log).unwrap();
    assert_eq!(open(&place).restored().await.unwrap().unwrap().held, 3);
}

/// A file as version 1 left it, with a thousand reviews.
async fn version_1() -> TempDir {
    let made = SqliteStore::in_memory().unwrap();
    made.apply(vec![Brand::sample()], at(0)).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let old = Connection::open(folder.path().join(FILE_NAME)).unwrap();
    old.pragma_update(None, "journal_mode", "WAL").unwrap();
    old.execute_batch(SCHEMA_1).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.execute_batch("BEGIN").unwrap();
    for number in 1..=1000_i64 {
        let id = format!("r-{number}");
        post(&made, &id, number).await;
        let review = made.review(&key(&id)).await.unwrap().unwrap().review;
        let sql = "INSERT INTO review (number, source, external_id, brand, writes, state, \
                   first_seen_at, published_at, body) VALUES (?1, ?2, ?3, ?4, 1, 'open', ?5, ?5, ?6)";
        let values = params![
            number,
            review.key.source.as_str(),
            review.key.external_id.as_str(),
            review.brand.as_str(),
            at(number).as_microsecond(),
            serde_json::to_string(&review).unwrap()
        ];
        old.execute(sql, values).unwrap();
    }
    old.execute_batch("COMMIT").unwrap();
    folder
}

#[tokio::test]
async fn a_file_of_version_1_is_copied_and_upgraded_with_every_review_found_again() {
    let folder = version_1().await;
    let store = open(&folder);
    let holds = |review: &Review, id: &str| review.key == key(id);
    for number in 1..=1000_u64 {
        let id = format!("r-{number}");
        let by_key = store.review(&key(&id)).await.unwrap().unwrap();
        let by_number = store.by_number(ReviewNumber(number)).await.unwrap().unwrap();
        assert!(by_key.number.0 == number && holds(&by_number.review, &id), "{id}");
    }
    post(&store, "r-1", 1).await;
    assert_eq!(store.restored().await.unwrap(), None, "the store itself is no copy");
    let kept = folder.path().join(format!("{FILE_NAME}.before-v4"));
    assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let copy = Connection::open(&kept).unwrap();
    let version: i64 = copy.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let reviews: i64 = copy.query_row("SELECT count(*) FROM review", [], |row| row.get(0)).unwrap();
    assert_eq!((version, reviews), (1, 1000));
}

#[tokio::test]
async fn a_file_that_an_older_server_works_on_is_left_alone() {
    let folder = version_1().await;
    let beside = Options { keep_version: true, ..Options::default() };
    let error = SqliteStore::open(folder.path(), beside.clone()).err().unwrap().to_string();
    assert!(error.contains("schema 1") && error.contains("nothing was changed"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no copy was made");
    let file = Connection::open(folder.path().join(FILE_NAME)).unwrap();
    let version: i64 = file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 1);
    drop((file, open(&folder)));
    assert!(SqliteStore::open(folder.path(), beside).is_ok(), "one of this version is opened");
}

#[tokio::test]
async fn an_upgrade_that_cannot_copy_changes_nothing() {
    let folder = version_1().await;
    // A folder of that name stands for every reason that the copy cannot be made.
    let kept = folder.path().join(format!("{FILE_NAME}.before-v4"));
    std::fs::create_dir(&kept).unwrap();
    let error = refusal(&folder);
    assert!(error.contains("Nothing was changed") && error.contains("before-v4"), "{error}");
    let file = Connection::open(folder.path().join(FILE_NAME)).unwrap();
    let version: i64 = file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 1);
    drop(file);
    std::fs::remove_dir(&kept).unwrap();
    assert!(open(&folder).review(&key("r-7")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_newer_file_another_database_and_no_database_are_refused_and_left_alone() {
    let newer = tempfile::tempdir().unwrap();
    drop(open(&newer));
    let file = Connection::open(newer.path().join(FILE_NAME)).unwrap();
    file.execute("UPDATE meta SET value = '9.1.0' WHERE key = 'written_by'", []).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    drop(file);
    let error = refusal(&newer);
    assert!(error.contains("schema 99") && error.contains("Use Vigie 9.1.0"), "{error}");

    for (version, table) in [(0, "wp_posts"), (2, "wp_posts"), (99, "meta")] {
        let other = tempfile::tempdir().unwrap();
        let path = other.path().join(FILE_NAME);
        let file = Connection::open(&path).unwrap();
        file.execute_batch(&format!("CREATE TABLE {table} (id)")).unwrap();
        file.pragma_update(None, "user_version", version).unwrap();
        drop(file);
        let before = std::fs::read(&path).unwrap();
        let error = refusal(&other);
        assert!(error.contains("another program's database"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    let none = tempfile::tempdir().unwrap();
    let path = none.path().join(FILE_NAME);
    let text = "not a database at all\n".repeat(400);
    std::fs::write(&path, &text).unwrap();
    let error = refusal(&none);
    assert!(error.contains("no SQLite database"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

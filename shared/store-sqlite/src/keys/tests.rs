use rusqlite::Connection;
use vigie_domain::{EventKind, ReviewKey};
use vigie_testkit::build::{arrival, at, key, written};

use super::{Keys, hash, load};
use crate::{connection, reviews};

const GENERATION: usize = 4;

fn store() -> (Connection, Keys) {
    (connection::in_memory().unwrap(), Keys::new(GENERATION))
}

/// Records a review; gives its row.
fn record(connection: &Connection, keys: &Keys, id: &str) -> i64 {
    let told = written(EventKind::Posted, id, 500, at(1));
    let prepared = reviews::prepare(arrival(id, told, at(1))).unwrap();
    reviews::record_one(connection, keys, &prepared).unwrap().number.0 as i64
}

fn record_all(connection: &Connection, keys: &Keys, ids: std::ops::Range<u32>) {
    for id in ids {
        record(connection, keys, &format!("r-{id}"));
    }
}

fn row(connection: &Connection, keys: &Keys, key: &ReviewKey) -> Option<i64> {
    keys.load(connection, key).unwrap().map(|found| found.number.0 as i64)
}

fn count(connection: &Connection, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    connection.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// Every review is found by every way of looking, once, and no other is.
fn holds(connection: &Connection, keys: &Keys, ids: std::ops::Range<u32>) {
    assert_eq!(count(connection, "review"), i64::from(ids.end - ids.start));
    for id in ids {
        let key = key(&format!("r-{id}"));
        let found = row(connection, keys, &key);
        assert!(found.is_some(), "{key}");
        let seen = keys.look(connection, &key).unwrap().map(|found| found.number.0 as i64);
        assert_eq!(found, seen, "{key}, by a connection that reads");
        let walked = load(connection, &key).unwrap().map(|found| found.number.0 as i64);
        assert_eq!(found, walked, "{key}, by walking");
    }
    assert_eq!(row(connection, keys, &key("r-none")), None);
    let doubles = "SELECT count(*) - count(DISTINCT number) FROM key_old";
    assert_eq!(connection.query_row(doubles, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[test]
fn generations_are_moved_and_every_key_is_found_meanwhile() {
    let (connection, keys) = store();
    for id in 0..100 {
        record_all(&connection, &keys, id..id + 1);
        holds(&connection, &keys, 0..id + 1);
        assert!(count(&connection, "key_young") <= 2 * GENERATION as i64, "the young are moved");
    }
    assert!(count(&connection, "key_old") >= 90);
    record_all(&connection, &keys, 0..100);
    holds(&connection, &keys, 0..100);
}

#[test]
fn a_rollback_takes_back_what_was_known() {
    let (connection, keys) = store();
    for round in 0..30 {
        let kept = round * 2;
        connection.execute_batch("BEGIN").unwrap();
        // Another id takes the row number that is given back.
        record(&connection, &keys, "undone");
        record_all(&connection, &keys, kept + 1000..kept + 1003);
        connection.execute_batch("ROLLBACK").unwrap();
        record_all(&connection, &keys, kept..kept + 2);
        holds(&connection, &keys, 0..kept + 2);
        assert_eq!(row(&connection, &keys, &key("undone")), None);
    }
}

#[test]
fn two_writers_know_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let file = connection::File {
        path: folder.path().join("store"),
        pages_max: None,
        keep_version: false,
    };
    let open = || (connection::writer(&file).unwrap(), Keys::new(GENERATION));
    let (server, command) = (open(), open());
    for id in 0..60 {
        let (connection, keys) = if id % 3 == 0 { &command } else { &server };
        record_all(connection, keys, id..id + 1);
        holds(&server.0, &server.1, 0..id + 1);
        holds(&command.0, &command.1, 0..id + 1);
    }
}

#[test]
fn a_reader_sees_what_is_committed_whatever_the_writer_knows() {
    let folder = tempfile::tempdir().unwrap();
    let file = connection::File {
        path: folder.path().join("store"),
        pages_max: None,
        keep_version: false,
    };
    let (writer, keys) = (connection::writer(&file).unwrap(), Keys::new(GENERATION));
    let reader = connection::reader(&file).unwrap();
    record_all(&writer, &keys, 0..3);
    reader.execute_batch("BEGIN").unwrap();
    let see = |id: u32| keys.look(&reader, &key(&format!("r-{id}"))).unwrap().is_some();
    assert!(see(2));
    // Moved and forgotten by the writer, and young as the reader sees it.
    record_all(&writer, &keys, 3..60);
    writer.execute_batch("BEGIN").unwrap();
    record_all(&writer, &keys, 60..63);
    assert!((0..3).all(see));
    assert!(!(3..63).any(see), "committed after the reader began, or not yet");
    reader.execute_batch("COMMIT").unwrap();
    assert!((0..60).all(see) && !(60..63).any(see));
}

#[test]
fn keys_of_one_hash_are_told_apart() {
    let (connection, keys) = store();
    // As if both ids had the hash of the first.
    let shared = hash(&key("r-0"));
    let first = record(&connection, &keys, "r-0");
    let sql = "INSERT INTO review SELECT 77, source, 'r-twin', brand, writes, state, \
               first_seen_at, published_at, settled_at, good_at, undecided_at, step_at, \
               replace(body, 'r-0', 'r-twin') FROM review WHERE number = ?1";
    connection.execute(sql, [first]).unwrap();
    keys.add(&connection, shared, 77).unwrap();
    let find = |id: &str| {
        let found = keys.find(&connection, shared, &key(id)).unwrap();
        found.map(|found| found.number.0 as i64)
    };
    assert_eq!([find("r-0"), find("r-twin"), find("r-none")], [Some(first), Some(77), None]);
    record_all(&connection, &keys, 1..20);
    assert_eq!([find("r-0"), find("r-twin"), find("r-none")], [Some(first), Some(77), None]);
}

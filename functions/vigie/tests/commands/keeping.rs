//! `backup`, and the release of what a restored backup holds.

use vigie_store_sqlite::FILE_NAME;

use crate::support::{Place, ago, alert, keys, post};

/// A store with a notice that waits, copied and put in the place of the store.
async fn restored() -> Place {
    let place = Place::applied();
    let store = place.store();
    post(&store, "r-1", 200, ago(2)).await;
    alert(&store, "r-1", ago(2)).await;
    let ran = place.run(&["backup", "copy.sqlite", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let made = ran.json();
    assert_eq!(keys(&made), ["at", "bytes", "file", "reviews"]);
    assert_eq!((&made["file"], &made["reviews"]), (&"copy.sqlite".into(), &1.into()));
    drop(store);
    let data = place.path().join("data");
    std::fs::rename(&data, place.path().join("former")).unwrap();
    std::fs::create_dir(&data).unwrap();
    std::fs::copy(place.path().join("copy.sqlite"), data.join(FILE_NAME)).unwrap();
    place
}

#[tokio::test]
async fn a_restored_backup_is_listed_and_released() {
    let place = restored().await;
    let listed = place.run(&["notices", "--state", "held", "--json"]).json();
    let [notice] = listed["notices"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    let reason = notice["reason"].as_str().unwrap();
    assert!(
        reason.contains("restored from the backup of") && reason.contains("redrive"),
        "{reason}"
    );
    let ran = place.run(&["redrive", "--held", "--json"]);
    let told = ran.json();
    assert_eq!((ran.code, &told["released"], &told["dropped"]), (0, &1.into(), &false.into()));
    let pending = place.run(&["notices", "--state", "pending", "--json"]).json();
    assert_eq!(pending["notices"].as_array().unwrap().len(), 1);
    let again = place.run(&["redrive", "--held"]);
    assert_eq!((again.code, again.out.as_str()), (1, ""), "{again:?}");
}

#[tokio::test]
async fn a_restored_backup_is_dropped_with_its_reason() {
    let place = restored().await;
    let ran = place.run(&["redrive", "--held", "--drop"]);
    assert!(ran.code == 0 && ran.out.contains("Cancelled: 1 notice"), "{ran:?}");
    let listed = place.run(&["notices", "--state", "cancelled", "--json"]).json();
    assert_eq!(listed["notices"][0]["reason"], "dropped by the operator after a restore");
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_needs_a_store() {
    let place = Place::new();
    let ran = place.run(&["backup", "copy.sqlite"]);
    assert!(ran.code == 2 && ran.err.contains("no store to copy"), "{ran:?}");
    let place = Place::applied();
    place.write("copy.sqlite", "mine");
    let ran = place.run(&["backup", "copy.sqlite"]);
    assert!(ran.code == 2 && ran.err.contains("there already"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(place.path().join("copy.sqlite")).unwrap(), "mine");
    for line in [&["redrive", "--drop"][..], &["redrive", "x", "--held"], &["backup"]] {
        assert_eq!(place.run(line).code, 2, "{line:?}");
    }
}

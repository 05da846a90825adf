//! `capture`, and `doctor --captured`, where no server runs and where something is wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::{Place, ago, keys};

const LAST: [&str; 5] = ["doctor", "--source", "lumen-site", "--captured", "last"];

#[test]
fn asked_before_a_server_runs_it_says_so_and_is_there_for_one() {
    let place = Place::new();
    let ran = place.run(&["capture", "--source", "lumen-site"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("no server has seen it"), "{ran:?}");
    assert!(ran.out.contains("vigie doctor --source lumen-site --captured last"), "{ran:?}");
    let mode =
        |path: &str| fs::metadata(place.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("data/captures"), 0o700);
    assert_eq!(mode("data/captures/lumen-site.wanted"), 0o600);
    let ran = place.run(&["capture", "--source", "lumen-site", "--for", "1h30m", "--json"]);
    let document = ran.json();
    assert_eq!(keys(&document), ["at_most", "kept", "source", "taken", "until"]);
    let told = (&document["source"], &document["taken"], &document["at_most"], &document["kept"]);
    assert_eq!(told, (&json!("lumen-site"), &json!(false), &json!(5), &json!([])));
}

#[test]
fn who_asks_for_nothing_that_is_there_is_told_what_to_write() {
    let place = Place::new();
    for (arguments, said) in [
        (&["capture", "--source", "lumen-sit"][..], "the file has lumen-site"),
        (&["capture", "--source", "lumen-site", "--for", "2d"], "write a time such as"),
        (&["capture", "--source", "lumen-site", "--for", "0s"], "write a time such as"),
        (&["capture", "--source", "lumen-site", "--for=-5m"], "--for"),
        (&["doctor", "--source", "lumen-sit", "--captured", "last"], "the file has lumen-site"),
        (&LAST, "no refused request of lumen-site is kept"),
        (&LAST, "hint: vigie capture --source lumen-site"),
        (&["doctor", "--source", "lumen-site", "--captured", "0123"], "of that id is kept"),
        (&["doctor", "--source", "lumen-site"], "--headers"),
    ] {
        let ran = place.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(said), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named_with_a_hint() {
    let place = Place::new();
    // A file in the way stops every user, also root.
    place.write("data", "");
    let ran = place.run(&["capture", "--source", "lumen-site"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(ran.err.contains("cannot ask in data/captures"), "{ran:?}");
    assert!(ran.err.contains("as the user that runs vigie serve"), "{ran:?}");
}

/// Leaves what the server would have kept so many hours ago.
fn leave(place: &Place, hours: i64, file: impl AsRef<[u8]>) -> String {
    let request = format!("{hours:016x}");
    fs::create_dir_all(place.path().join("data/captures")).unwrap();
    let at = ago(hours).as_microsecond();
    place.write(&format!("data/captures/lumen-site.{at}.{request}.capture"), file);
    request
}

#[test]
fn a_damaged_file_is_named_and_another_one_is_offered() {
    let place = Place::new();
    let older = leave(&place, 2, "{}\n");
    leave(&place, 1, "{\"request\":\"7c1f\"");
    let ran = place.run(&LAST);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(ran.err.contains(".capture is damaged: it ends before the body"), "{ran:?}");
    assert!(ran.err.contains(&format!("or try --captured {older}")), "{ran:?}");
    let listed = place.run(&["capture", "--source", "lumen-site", "--json"]).json();
    assert_eq!(listed["kept"].as_array().unwrap().len(), 2);
    assert_eq!(listed["kept"][0]["reason"], Value::Null);
}

#[test]
fn what_is_older_than_a_day_is_gone() {
    let place = Place::new();
    leave(&place, 24, "{}\n");
    let ran = place.run(&LAST);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("no refused request of lumen-site is kept"), "{ran:?}");
    assert_eq!(fs::read_dir(place.path().join("data/captures")).unwrap().count(), 0);
}

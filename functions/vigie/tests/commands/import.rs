//! `import`: reviews out of files.

use serde_json::{Value, json};
use vigie_ports::{NoticeFilter, Store as _};

use crate::support::{Place, Ran, ago, assert_narrow};

fn import(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["import", "--source", "lumen-site"], more].concat())
}

fn explained(place: &Place, review: &str) -> Value {
    let ran = place.run(&["explain", review, "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.json()
}

/// Two bad reviews, one of them fresh, and a good one that was answered.
fn history() -> String {
    let (old, fresh) = (ago(40 * 24), ago(2));
    format!(
        "Review ID;Stars;Date;Review text;Reply\n\
         r-old;1;{old};\"Jamais reçu; personne ne répond\";\n\
         r-fresh;2;{fresh};Cassée;\n\
         r-good;5;{old};Parfait;Merci\n"
    )
}

#[tokio::test]
async fn history_is_recorded_once_and_alerts_nobody() {
    let place = Place::applied();
    place.write("history.csv", history());
    let ran = import(&place, &["history.csv"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_narrow(&ran);
    assert!(ran.out.contains("3 rows: 3 recorded, 0 known already"), "{ran:?}");
    assert!(ran.out.contains("published_at=Date"), "{ran:?}");
    let notices = place.store().notices(NoticeFilter::default()).await.unwrap();
    assert_eq!(notices, []);
    let fresh = explained(&place, "lumen-site/r-fresh");
    assert_eq!(fresh["state"], "open");
    let reason = fresh["not_made"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("imported"), "{reason}");
    assert_eq!(explained(&place, "lumen-site/r-good")["state"], "answered");
    let again = import(&place, &["history.csv", "--json"]).json();
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(3)));
}

#[tokio::test]
async fn what_is_asked_to_alert_alerts_as_a_webhook_does() {
    let place = Place::applied();
    place.write("history.csv", history());
    let told = import(&place, &["history.csv", "--alert", "--json"]).json();
    assert_eq!((&told["accepted"], &told["notices"]), (&json!(3), &json!(1)));
    let alert = explained(&place, "lumen-site/r-fresh");
    assert_eq!(alert["notices"][0]["kind"], "alert");
    let old = explained(&place, "lumen-site/r-old");
    assert!(old["not_made"][0]["reason"].as_str().unwrap().contains("found late"));
}

#[test]
fn what_is_long_past_can_be_closed() {
    let place = Place::applied();
    place.write("history.csv", history());
    let before = ago(10 * 24).to_string();
    let ran = import(&place, &["history.csv", "--close-before", &before]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(explained(&place, "lumen-site/r-old")["state"], "closed");
    assert_eq!(explained(&place, "lumen-site/r-fresh")["state"], "open");
}

#[test]
fn a_dry_run_records_nothing_and_says_what_is_in_the_file() {
    let place = Place::applied();
    place.write("history.csv", history() + "r-bad;1;31/12/2025;x;\n");
    let told = import(&place, &["history.csv", "--dry-run", "--json"]);
    assert_eq!(told.code, 1, "{told:?}");
    let told = told.json();
    assert_eq!((&told["rows"], &told["refused"]), (&json!(4), &json!(1)));
    assert_eq!((&told["recorded"], &told["refusals"][0]["line"]), (&json!(false), &json!(5)));
    assert_eq!(place.run(&["explain", "lumen-site/r-old"]).code, 1, "it is not there");
}

#[test]
fn err_rows_that_cannot_be_read_are_told_and_the_others_recorded() {
    let place = Place::applied();
    place.write("history.csv", history() + "r-bad;1;31/12/2025;x;\n;1;2025-12-31;x;\n");
    let ran = import(&place, &["history.csv"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("5 rows: 3 recorded"), "{ran:?}");
    assert!(ran.out.contains("line 5: published_at cannot be read"), "{ran:?}");
    assert!(ran.out.contains("line 6: no id"), "{ran:?}");
}

#[test]
fn err_a_file_that_breaks_off_says_where_to_go_on() {
    let place = Place::applied();
    let head = history().into_bytes();
    place.write("history.csv", [&head[..], b"r-last;1;2025-12-31;d\xE9\xE7u;\n"].concat());
    let ran = import(&place, &["history.csv"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("line 5 is not UTF-8"), "{ran:?}");
    assert!(ran.err.contains("--from-line 5"), "{ran:?}");
    assert_eq!(explained(&place, "lumen-site/r-old")["stars"], 1.0);
    let on = ["history.csv", "--from-line", "5", "--encoding", "windows-1252", "--json"];
    let told = import(&place, &on).json();
    assert_eq!((&told["rows"], &told["accepted"]), (&json!(1), &json!(1)));
}

#[test]
fn err_what_cannot_be_imported_says_why() {
    let place = Place::applied();
    place.write("history.csv", history());
    place.write("words.csv", "a;b\n1;2\n");
    for (arguments, said) in [
        (
            &["import", "history.csv", "--source", "nobody"][..],
            "no source in force is called nobody",
        ),
        (&["import", "gone.csv", "--source", "lumen-site"], "cannot read gone.csv"),
        (&["import", "data", "--source", "lumen-site"], "is a folder"),
        (&["import", "words.csv", "--source", "lumen-site"], "no column is the id"),
        (
            &["import", "history.csv", "--source", "lumen-site", "--column", "x=y"],
            "a field is one of",
        ),
        (&["import", "history.csv", "--source", "lumen-site", "--delimiter", "ab"], "one sign"),
        (&["import", "history.csv", "--source", "lumen-site", "--dates", "%H"], "no form of dates"),
        (&["reconcile", "--source", "nobody"], "no source in force"),
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains(said), "{ran:?}");
    }
    let ran = place.run(&["reconcile"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("no source has a list"), "{ran:?}");
    let ran = place.run(&["reconcile", "--source", "lumen-site"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("lumen-site: no list of reviews is known"), "{ran:?}");
}

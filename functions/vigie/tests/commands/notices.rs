//! `notices` and `redrive`.

use serde_json::{Value, json};
use vigie_domain::{NoticeId, NoticeState};
use vigie_ports::{Rejected, Store as _};
use vigie_store_sqlite::SqliteStore;
use vigie_testkit::build::key;

use crate::support::{Place, ago, alert, assert_narrow, keys, kill, post};

const UNMAPPED: &str = r#"{"type":"review.posted","review":{"rating":2}}"#;
const MAPPED: &str = r#"{"type":"review.posted","review":{"id":"r-7","rating":2,"text":"Non"}}"#;

async fn reject(store: &SqliteStore, id: &str, event: &str) {
    let rejected = Rejected {
        id: id.to_owned(),
        source: "lumen-site".parse().unwrap(),
        at: ago(1),
        reason: "review.id is missing".to_owned(),
        event: event.to_owned(),
        headers: Vec::new(),
    };
    store.reject(vec![rejected]).await.unwrap();
}

async fn with_dead_notice(place: &Place) -> NoticeId {
    let store = place.store();
    post(&store, "r-1", 200, ago(3)).await;
    let id = alert(&store, "r-1", ago(2)).await;
    kill(&store, &id).await;
    id
}

#[tokio::test]
async fn notices_are_listed_with_their_state_and_never_an_address() {
    let place = Place::applied();
    let dead = with_dead_notice(&place).await;
    post(&place.store(), "r-2", 200, ago(2)).await;
    let pending = alert(&place.store(), "r-2", ago(1)).await;
    reject(&place.store(), "e-1", UNMAPPED).await;
    let ran = place.run(&["notices", "--json"]);
    assert_eq!(ran.code, 0);
    let document = ran.json();
    let listed: Vec<_> = document["notices"].as_array().unwrap().iter().map(|n| &n["id"]).collect();
    assert_eq!(listed, [pending.as_str(), dead.as_str()], "latest first");
    let notice = &document["notices"][1];
    let names = ["attempts", "channel", "due_at", "id", "kind", "reason", "review", "state", "to"];
    assert_eq!(keys(notice), names);
    assert_eq!((&notice["state"], &notice["attempts"]), (&json!("dead"), &json!(1)));
    assert_eq!((&notice["kind"], &notice["channel"]), (&json!("alert"), &json!("email")));
    assert_eq!(
        (&notice["review"], &notice["to"]),
        (&json!("lumen-site/r-1"), &json!("email:service"))
    );
    assert_eq!(notice["reason"], "550 no such user");
    assert_eq!(document["notices"][0]["reason"], Value::Null);
    let rejected = &document["rejected"];
    assert_eq!(keys(&rejected[0]), ["at", "id", "reason", "source"]);
    assert_eq!((&rejected[0]["id"], &rejected[0]["source"]), (&json!("e-1"), &json!("lumen-site")));
    assert!(!ran.out.contains('@'), "{}", ran.out);
}

#[tokio::test]
async fn notices_of_one_state_are_listed_and_an_unknown_state_is_wrong() {
    let place = Place::applied();
    with_dead_notice(&place).await;
    let count = |state: &str| {
        let document = place.run(&["notices", "--state", state, "--json"]).json();
        document["notices"].as_array().unwrap().len()
    };
    for state in NoticeState::ALL {
        assert_eq!(count(state.id()), usize::from(state == NoticeState::Dead), "{state:?}");
    }
    let ran = place.run(&["notices", "--state", "deaf"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("pending, held, sending, sent, dead, cancelled"), "{ran:?}");
}

#[tokio::test]
async fn notices_for_people_say_what_to_do_with_rejected_events() {
    let place = Place::applied();
    assert_eq!(place.run(&["notices"]).out, "No such notice.\n");
    let id = with_dead_notice(&place).await;
    reject(&place.store(), "e-1", UNMAPPED).await;
    let ran = place.run(&["notices"]);
    assert!(ran.out.contains(&format!("{id}  alert  dead")), "{}", ran.out);
    assert!(ran.out.contains("lumen-site/r-1 · 1 try · 550 no such user"), "{}", ran.out);
    assert!(ran.out.contains("vigie redrive ID") && ran.out.contains("e-1"), "{}", ran.out);
    assert_narrow(&ran);
}

#[tokio::test]
async fn a_dead_notice_is_sent_again_once() {
    let place = Place::applied();
    let id = with_dead_notice(&place).await;
    let ran = place.run(&["redrive", id.as_str(), "--json"]);
    let done = json!({"redriven": true, "id": id.as_str(), "what": "notice"});
    assert_eq!((ran.code, ran.json()), (0, done));
    let notice = place.store().notice(&id).await.unwrap().unwrap();
    assert_eq!(notice.state, NoticeState::Pending);

    let ran = place.run(&["redrive", id.as_str()]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("not dead"), "{ran:?}");
    let ran = place.run(&["redrive", id.as_str(), "--json"]);
    assert_eq!((ran.code, &ran.json()["redriven"]), (1, &json!(false)));
}

#[tokio::test]
async fn an_event_that_maps_now_is_recorded_decided_and_forgotten() {
    let place = Place::applied();
    reject(&place.store(), "e-1", MAPPED).await;
    let ran = place.run(&["redrive", "e-1", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let document = ran.json();
    assert_eq!((&document["redriven"], &document["what"]), (&json!(true), &json!("event")));
    assert_eq!(document["result"]["accepted"], 1);
    let stored = place.store().review(&key("r-7")).await.unwrap().unwrap();
    assert!(stored.review.is_decided(), "its alert does not wait for an old mark");
    let document = place.run(&["notices", "--json"]).json();
    assert_eq!(document["rejected"], json!([]));
    assert_eq!(document["notices"][0]["review"], "lumen-site/r-7");
    assert_eq!(place.run(&["redrive", "e-1"]).code, 1, "it is gone");
}

#[tokio::test]
async fn an_event_that_still_cannot_be_mapped_is_kept() {
    let place = Place::applied();
    reject(&place.store(), "e-1", UNMAPPED).await;
    let ran = place.run(&["redrive", "e-1"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("still cannot be mapped"), "{ran:?}");
    let rejected = place.run(&["notices", "--json"]).json()["rejected"].clone();
    assert_eq!(rejected.as_array().unwrap().len(), 1);
}

#[test]
fn nothing_of_that_id_is_exit_1() {
    let place = Place::applied();
    for id in ["e-9", "0123456789abcdef0123456789abcdef"] {
        let ran = place.run(&["redrive", id, "--json"]);
        assert_eq!((ran.code, &ran.json()["redriven"]), (1, &json!(false)));
        assert_eq!(keys(&ran.json()), ["id", "reason", "redriven"]);
    }
}

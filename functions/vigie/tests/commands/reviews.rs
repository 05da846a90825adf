//! `report`, `explain`, `answered`, `close`.

use serde_json::{Value, json};
use vigie_domain::{Decided, EventKind, Told};
use vigie_testkit::build::written;

use crate::support::{Place, Ran, ago, alert, assert_narrow, decide, keys, post, tell};

fn report(place: &Place, more: &[&str]) -> Value {
    let ran = place.run(&[&["report", "unanswered", "--json"], more].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.json()
}

fn ids(reviews: &Value) -> Vec<&str> {
    reviews.as_array().unwrap().iter().map(|open| open["review"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_report_holds_what_waits_oldest_due_first() {
    let place = Place::applied();
    let store = place.store();
    post(&store, "r-late", 200, ago(30)).await;
    post(&store, "r-soon", 350, ago(20)).await;
    post(&store, "r-time", 100, ago(1)).await;
    post(&store, "r-good", 500, ago(2)).await;
    let document = report(&place, &[]);
    assert_eq!(keys(&document), ["at", "brands"]);
    let brand = &document["brands"][0];
    assert_eq!(
        keys(brand),
        ["answered_in_time", "answered_since", "brand", "good_open", "open", "received"]
    );
    assert_eq!(brand["brand"], "lumen");
    assert_eq!(brand["good_open"], json!({"count": 1, "by_shop": {}}));
    let open = &brand["open"];
    assert_eq!(ids(open), ["lumen-site/r-late", "lumen-site/r-soon", "lumen-site/r-time"]);
    let states: Vec<_> = open.as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["late", "due_soon", "on_time"]);
    assert_eq!(
        keys(&open[0]),
        [
            "causes",
            "due_at",
            "excerpt",
            "found_late",
            "number",
            "published_at",
            "review",
            "shop",
            "source",
            "stars",
            "state",
            "url",
            "with"
        ]
    );
    assert_eq!((&open[0]["stars"], &open[1]["stars"]), (&json!(2.0), &json!(3.5)));
    assert_eq!((&open[0]["number"], &open[0]["source"]), (&json!("LUM-1"), &json!("lumen-site")));
    assert_eq!((&open[0]["shop"], &open[0]["url"]), (&Value::Null, &Value::Null));
    assert_eq!((&open[0]["excerpt"], &open[0]["with"]), (&json!("note 200"), &json!("service")));
    assert_eq!(open[0]["found_late"], false);
}

#[tokio::test]
async fn the_report_of_an_earlier_moment_is_judged_by_what_was_known_then() {
    let place = Place::applied();
    let store = place.store();
    post(&store, "r-1", 200, ago(30)).await;
    post(&store, "r-2", 200, ago(3)).await;
    let at = ago(10).to_string();
    let then = report(&place, &["--at", &at]);
    assert_eq!(then["at"], at.as_str());
    assert_eq!(ids(&then["brands"][0]["open"]), ["lumen-site/r-1"]);
    assert_eq!(then["brands"][0]["open"][0]["state"], "due_soon");
    assert_eq!(place.run(&["answered", "LUM-1"]).code, 0);
    let now = report(&place, &["--brand", "lumen"]);
    assert_eq!(ids(&now["brands"][0]["open"]), ["lumen-site/r-2"]);
    assert_eq!(now["brands"][0]["answered_since"], json!(["lumen-site/r-1"]));
    assert_eq!(now["brands"][0]["answered_in_time"], 0, "it was answered six hours late");
    assert_eq!(report(&place, &["--at", &at])["brands"], then["brands"]);
}

#[tokio::test]
async fn an_unreadable_rating_stands_in_the_report_and_a_long_text_is_cut() {
    let place = Place::applied();
    let mut told = written(EventKind::Posted, "r-1", 200, ago(1));
    let Told::Event(event) = &mut told else { unreachable!("an event") };
    let content = event.content.as_mut().unwrap();
    content.stars = None;
    content.text = "mot ".repeat(100);
    content.url = Some("https://reviews.example/r-1".to_owned());
    tell(&place.store(), "r-1", told, ago(1)).await;
    let open = &report(&place, &[])["brands"][0]["open"][0];
    assert_eq!(open["stars"], Value::Null);
    assert_eq!(open["url"], "https://reviews.example/r-1");
    let excerpt = open["excerpt"].as_str().unwrap();
    assert!(excerpt.chars().count() <= 160 && excerpt.ends_with('…'), "{excerpt}");
}

#[tokio::test]
async fn a_review_that_was_found_late_says_so_and_is_due_from_its_receipt() {
    let place = Place::applied();
    let told = written(EventKind::Posted, "r-1", 200, ago(240));
    tell(&place.store(), "r-1", told, ago(2)).await;
    let open = &report(&place, &[])["brands"][0]["open"][0];
    assert_eq!((&open["found_late"], &open["state"]), (&json!(true), &json!("on_time")));
}

#[tokio::test]
async fn the_report_for_people_says_the_same() {
    let place = Place::applied();
    let ran = place.run(&["report", "unanswered"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("Maison Lumen"), "{}", ran.out);
    post(&place.store(), "r-1", 200, ago(30)).await;
    let ran = place.run(&["report", "unanswered"]);
    assert!(ran.out.contains("LUM-1") && ran.out.contains("note 200"), "{}", ran.out);
    assert_narrow(&ran);
}

#[test]
fn a_brand_without_open_reviews_is_listed_and_an_unknown_one_is_wrong() {
    let place = Place::applied();
    assert_eq!(report(&place, &[])["brands"][0]["open"], json!([]));
    let ran = place.run(&["report", "unanswered", "--brand", "lumn", "--json"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("the store has lumen"), "{ran:?}");
}

#[tokio::test]
async fn explain_tells_what_was_made_and_what_was_not() {
    let place = Place::applied();
    let store = place.store();
    post(&store, "r-1", 200, ago(3)).await;
    let id = alert(&store, "r-1", ago(2)).await;
    let ran = place.run(&["explain", "lumen-site/r-1", "--json"]);
    assert_eq!(ran.code, 0);
    let document = ran.json();
    let names = [
        "due_at",
        "not_made",
        "notices",
        "number",
        "published_at",
        "review",
        "stars",
        "state",
        "trail",
    ];
    assert_eq!(keys(&document), names);
    assert_eq!(
        (&document["review"], &document["state"]),
        (&json!("lumen-site/r-1"), &json!("open"))
    );
    assert_eq!((&document["number"], &document["stars"]), (&json!("LUM-1"), &json!(2.0)));
    assert_eq!(document["trail"][0]["what"], "posted");
    assert_eq!(keys(&document["trail"][0]), ["at", "what"]);
    assert_eq!(document["notices"][0]["id"], id.as_str());
    assert_eq!(document["notices"][0]["to"], "email:service");
    let reason = "their `gets` leaves alerts out";
    let not_made = json!([{"kind": "alert", "to": "email:direction", "reason": reason}]);
    assert_eq!(document["not_made"], not_made);
    assert_eq!(place.run(&["explain", "LUM-1", "--json"]).json(), document);
}

#[tokio::test]
async fn explain_for_people_shows_local_times_and_never_an_address() {
    let place = Place::applied();
    let store = place.store();
    post(&store, "r-1", 200, ago(3)).await;
    alert(&store, "r-1", ago(2)).await;
    let ran = place.run(&["explain", "LUM-1"]);
    assert!(ran.out.contains(" CET") || ran.out.contains(" CEST"), "{}", ran.out);
    assert!(ran.out.contains("email:direction  their `gets` leaves alerts out"), "{}", ran.out);
    assert!(!ran.out.contains('@'), "{}", ran.out);
    assert_narrow(&ran);
}

fn refused(ran: &Ran, code: i32, why: &str) {
    assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{ran:?}");
    assert!(ran.err.contains(why), "{ran:?}");
}

#[tokio::test]
async fn a_review_that_is_not_there_is_exit_1() {
    let place = Place::applied();
    post(&place.store(), "r-1", 200, ago(3)).await;
    for named in ["lumen-site/r-9", "LUM-9", "ORS-1", "nonsense"] {
        refused(&place.run(&["explain", named]), 1, "no such review");
        refused(&place.run(&["answered", named, "--json"]), 1, "no such review");
        refused(&place.run(&["close", named, "--reason", "duplicate"]), 1, "no such review");
    }
}

#[tokio::test]
async fn answered_is_news_once() {
    let place = Place::applied();
    post(&place.store(), "r-1", 200, ago(3)).await;
    let at = ago(1).to_string();
    let first = place.run(&["answered", "lumen-site/r-1", "--at", &at, "--by", "Claire", "--json"]);
    let document = |news: bool| {
        let (review, number) = ("lumen-site/r-1", "LUM-1");
        json!({"review": review, "number": number, "state": "answered", "news": news})
    };
    assert_eq!((first.code, first.json()), (0, document(true)));
    let again = place.run(&["answered", "LUM-1", "--json"]);
    assert_eq!((again.code, again.json()), (0, document(false)));
    assert!(place.run(&["answered", "LUM-1"]).out.contains("already answered, nothing changed"));
    let told = place.run(&["explain", "LUM-1"]).out;
    assert!(told.contains("answered by Claire"), "{told}");
    assert!(!told.contains("waits for a decision"), "it is decided at once: {told}");
}

#[tokio::test]
async fn closed_keeps_who_and_refuses_an_empty_reason() {
    let place = Place::applied();
    post(&place.store(), "r-1", 200, ago(3)).await;
    refused(&place.run(&["close", "LUM-1", "--reason", " \n"]), 2, "--reason");
    let ran = place.run(&["close", "LUM-1", "--reason", "not a customer", "--by", "Ana", "--json"]);
    assert_eq!(
        (ran.code, &ran.json()["state"], &ran.json()["news"]),
        (0, &json!("closed"), &json!(true))
    );
    assert!(place.run(&["explain", "LUM-1"]).out.contains("closed by Ana"));
    assert_eq!(place.run(&["answered", "LUM-1", "--json"]).json()["state"], "closed");
}

#[tokio::test]
async fn a_time_before_publication_or_ahead_is_exit_2() {
    let place = Place::applied();
    post(&place.store(), "r-1", 200, ago(3)).await;
    for hours in [4, -1] {
        let at = ago(hours).to_string();
        refused(&place.run(&["answered", "LUM-1", "--at", &at]), 2, &at);
    }
    assert_eq!(report(&place, &[])["brands"][0]["open"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_before_the_edit_that_reopened_it_leaves_it_open() {
    let place = Place::applied();
    let store = place.store();
    post(&store, "r-1", 200, ago(10)).await;
    tell(&store, "r-1", Told::Answered { at: ago(8), by: None }, ago(8)).await;
    tell(&store, "r-1", written(EventKind::Edited, "r-1", 100, ago(4)), ago(4)).await;
    let reopened = Decided { under: true, reopened_at: Some(ago(4)), ..Decided::default() };
    decide(&store, "r-1", reopened, Vec::new()).await;
    let at = ago(6).to_string();
    let ran = place.run(&["answered", "LUM-1", "--at", &at]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("still open"), "{ran:?}");
    assert_eq!(place.run(&["answered", "LUM-1", "--json"]).json()["state"], "answered");
}

//! The commands that read the table or change what is in it.

use aws_sdk_sqs::Client as Queues;
use vigie_domain::notice::{NoticeId, NoticeState};
use vigie_domain::{Brand, Channel, Decided, Kind, NewNotice, Subject, Why};
use vigie_ports::{Settlement, Store, Verdict};
use vigie_testkit::build::key;

use crate::support::{Place, ago, post, put_secret};

/// An alert about a review, which a mail server refused.
async fn dead_alert(store: &impl Store, id: &str) -> NoticeId {
    let stored = store.review(&key(id)).await.unwrap().unwrap();
    let notice = NewNotice {
        id: NoticeId::of([id]),
        brand: Brand::sample().id,
        kind: Kind::Alert,
        channel: Channel::Email,
        to: "service".parse().unwrap(),
        subject: Subject::Review { reviews: vec![key(id)], step: None, why: Why::Contact },
        due_at: ago(1),
        with: None,
        meant_for: Vec::new(),
    };
    let decided = Decided { under: true, revision: stored.review.revision, ..Decided::default() };
    let (writes, id) = (stored.writes, notice.id.clone());
    let key = stored.review.key;
    let notices = vec![notice];
    let verdict =
        Verdict { key, writes, decided, step_at: None, notices, all_new: false, at: ago(1) };
    store.decide(verdict).await.unwrap();
    store.claim(&id, "token", ago(0), ago(-1)).await.unwrap().unwrap();
    let dead = Settlement::Dead { reason: "550 no such user".to_owned(), unknown: false };
    store.settle(&id, "token", dead, ago(0)).await.unwrap();
    id
}

#[tokio::test]
async fn explain_notices_report_and_sources_read_the_table() {
    let place = Place::applied().await;
    let store = place.store().await;
    post(&store, "r-1", 200, 3).await;
    let id = dead_alert(&store, "r-1").await;
    let explained = place.run(&["explain", "lumen-site/r-1", "--store", "aws", "--json"]).json();
    assert_eq!(explained["state"], "open", "{explained}");
    assert_eq!(explained["notices"][0]["id"], id.to_string(), "{explained}");
    let number = explained["number"].as_str().unwrap();
    assert_eq!(place.run(&["explain", number, "--store", "aws"]).code, 0);
    assert_eq!(place.run(&["explain", "lumen-site/r-2", "--store", "aws"]).code, 1);
    let listed = ["notices", "--state", "dead", "--store", "aws", "--json"];
    let listed = place.run(&listed).json();
    assert_eq!(listed["notices"][0]["reason"], "550 no such user", "{listed}");
    let report = place.run(&["report", "unanswered", "--store", "aws", "--json"]).json();
    assert_eq!(report["brands"][0]["open"][0]["review"], "lumen-site/r-1", "{report}");
    let sources = place.run(&["sources", "--store", "aws", "--json"]).json();
    let url = sources["sources"][0]["url"].as_str().unwrap();
    assert_eq!(url, format!("{}/hooks/lumen-site", crate::support::PUBLIC_URL));
}

#[tokio::test]
async fn a_secret_that_this_machine_lacks_stops_no_command_that_needs_none() {
    let place = Place::applied().await;
    place.configure(crate::support::REFERENCE, "env:NOT_SET");
    assert_eq!(place.run(&["notices", "--store", "aws"]).code, 0);
    assert_eq!(place.run(&["sources", "--store", "aws"]).code, 0);
}

#[tokio::test]
async fn secrets_of_ssm_sign_what_is_sent_and_are_tried_by_check() {
    let place = Place::bare();
    let one = |ran: &crate::support::Ran, check: &str| {
        let live = ran.json()["live"].as_array().unwrap().clone();
        live.into_iter().find(|one| one["check"] == check).unwrap()
    };
    let tried = |ran: &crate::support::Ran| one(ran, "secrets");
    let missing = place.run(&["check", "--live", "--json"]);
    assert_eq!((missing.code, &tried(&missing)["result"]), (1, &"no".into()), "{missing:?}");
    let told = tried(&missing)["message"].to_string();
    assert!(told.contains("no parameter /vigie/lumen-site"), "{told}");
    let sent = ["send", "--source", "lumen-site", "--url", "http://127.0.0.1:9"];
    let refused = place.run(&sent);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("no parameter /vigie/lumen-site"), "{refused:?}");
    put_secret(&place).await;
    let there = place.run(&["check", "--live", "--json"]);
    assert_eq!(tried(&there)["result"], "ok", "{there:?}");
    assert_eq!(one(&there, "mail")["message"], "SES takes these credentials", "{there:?}");
    let mut command = place.stranger(&["check", "--live", "--json"]);
    let strange = crate::support::ran(&mut command);
    assert_eq!(one(&strange, "mail")["result"], "no", "{strange:?}");
    assert_eq!(place.run(&sent).code, 1, "it signs, and nobody answers");
    let checked = place.run(&["check"]);
    assert_eq!((checked.code, checked.err.as_str()), (0, ""), "{checked:?}");
}

#[tokio::test]
async fn a_redriven_notice_is_put_into_the_queue_of_messages_to_send() {
    let place = Place::applied().await;
    let store = place.store().await;
    post(&store, "r-1", 200, 3).await;
    let id = dead_alert(&store, "r-1").await;
    let redriven = place.run(&["redrive", &id.to_string(), "--store", "aws"]);
    assert_eq!(redriven.code, 0, "{redriven:?}");
    assert!(redriven.out.contains("within seconds"), "{redriven:?}");
    assert_eq!(store.notice(&id).await.unwrap().unwrap().state, NoticeState::Pending);
    let queues = Queues::new(&place.shared);
    let url = queues.get_queue_url().queue_name("vigie-deliver").send().await.unwrap();
    let asked = queues.receive_message().queue_url(url.queue_url().unwrap());
    let messages = asked.send().await.unwrap();
    let body = messages.messages()[0].body().unwrap();
    assert_eq!(vigie_ports::queue::from_text(body), Ok(vigie_ports::Due::Notice(id.clone())));
    let again = place.run(&["redrive", &id.to_string(), "--store", "aws"]);
    assert_eq!(again.code, 1, "{again:?}");
}

#[tokio::test]
async fn a_review_is_answered_closed_and_erased_in_the_table() {
    let place = Place::applied().await;
    let store = place.store().await;
    for id in ["r-1", "r-2"] {
        post(&store, id, 200, 3).await;
    }
    let answered = place.run(&["answered", "lumen-site/r-1", "--store", "aws", "--json"]).json();
    assert_eq!(answered["state"], "answered", "{answered}");
    let reason = ["close", "lumen-site/r-2", "--reason", "a double", "--store", "aws"];
    assert_eq!(place.run(&reason).code, 0);
    let looked = place.run(&["erase", "lumen-site/r-1", "--dry-run", "--store", "aws"]);
    assert_eq!(looked.code, 0, "{looked:?}");
    let erased = place.run(&["erase", "lumen-site/r-1", "--store", "aws"]);
    assert_eq!(erased.code, 0, "{erased:?}");
    assert!(erased.out.contains("point-in-time recovery"), "{erased:?}");
    assert!(store.review(&key("r-1")).await.unwrap().unwrap().review.is_erased());
}

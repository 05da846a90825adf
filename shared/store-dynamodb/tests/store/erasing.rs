//! What is left of a review in the table itself.

use std::borrow::Cow;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use vigie_domain::notice::{Kind, NoticeId, Subject};
use vigie_domain::{Content, EventKind, Matter, ReviewEvent, Told, Trouble, Version};
use vigie_ports::{Erasing, Erasure, Noted, Rejected, ReportMade, Store, Written};
use vigie_store_dynamodb::{DynamoStore, body};
use vigie_testkit::build::{arrival, at, key};
use vigie_testkit::store_suite::prepare;

use crate::support::{self, TABLE};

const MARKS: [&str; 4] = ["marker-id", "Marker of the text", "Marker Author", "Marker Place"];

async fn store() -> (Client, DynamoStore) {
    let client = Client::from_conf(support::settings().build());
    let store = support::open(&client).await;
    prepare(&store).await;
    (client, store)
}

async fn post(store: &DynamoStore) {
    let content = Content {
        stars: vigie_domain::Stars::from_hundredths(100),
        text: MARKS[1].to_owned(),
        author: Some(MARKS[2].to_owned()),
        location: Some(MARKS[3].to_owned()),
        ..Content::default()
    };
    let told = Told::Event(Box::new(ReviewEvent {
        kind: EventKind::Posted,
        external_id: key(MARKS[0]).external_id,
        version: Some(Version::Time(at(1))),
        content: Some(content),
        reply: None,
    }));
    store.record(vec![arrival(MARKS[0], told, at(1))]).await.unwrap();
}

/// An attribute in words; a body as what it packs.
fn shown(value: &AttributeValue) -> String {
    let bytes = value.as_b().ok().and_then(|bytes| body::unpack(bytes.as_ref()));
    bytes.map_or_else(|| format!("{value:?}"), Cow::into_owned)
}

/// The attributes of all items that hold one of the marks.
async fn holding(client: &Client) -> Vec<String> {
    let mut names = Vec::new();
    let all = client.scan().table_name(TABLE).consistent_read(true).send().await.unwrap();
    for item in all.items() {
        for (name, value) in item {
            if MARKS.iter().any(|mark| shown(value).contains(mark)) {
                names.push(name.clone());
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

async fn erase(store: &DynamoStore, when: i64) -> Erasure {
    let erasing = Erasing { key: key(MARKS[0]), fresh: [5; 32], at: at(when), dry: false };
    store.erase(erasing).await.unwrap()
}

/// No id and no text stands outside bodies: in no key, and so in no index. After the erasure none
/// is left in any item: of the notices, of trouble, of what the operator was told neither.
#[tokio::test]
async fn nothing_is_left_in_any_item() {
    let (client, store) = store().await;
    post(&store).await;
    let notices = vec![support::notice("n", MARKS[0], 10), support::notice("m", MARKS[0], 10)];
    let verdict = support::verdict(&store, MARKS[0], notices).await;
    store.decide(verdict).await.unwrap();
    store.claim(&NoticeId::of(["n"]), "t", at(10), at(100)).await.unwrap().unwrap();
    store.settle(&NoticeId::of(["n"]), "t", support::sent(), at(11)).await.unwrap();
    let place = Trouble::with(Matter::Location, "lumen-site", MARKS[3]);
    let troubles = vec![(place, 1, at(1), at(1))];
    store.note(Noted { troubles, sources: Vec::new() }).await.unwrap();
    assert_eq!(store.tell(at(12)).await.unwrap().len(), 1);
    assert_eq!(holding(&client).await, ["body"]);
    let Erasure::Done(gone) = erase(&store, 200).await else { unreachable!() };
    assert_eq!((gone.sent, gone.unsent), (1, 1));
    assert_eq!(holding(&client).await, Vec::<String>::new());
}

/// A report that is being sent may show the review: it is waited for.
#[tokio::test]
async fn nothing_is_erased_while_a_report_of_its_brand_is_under_way() {
    let (_, store) = store().await;
    post(&store).await;
    let stored = store.brands().await.unwrap().remove(0);
    let mut report = support::notice("report", "r-1", 50);
    report.kind = Kind::Report;
    report.subject = Subject::Praise { since: at(0), until: at(1) };
    let id = report.id.clone();
    let made = ReportMade {
        brand: stored.brand.id,
        was_due_at: stored.report_at,
        next_at: at(100_000),
        at: at(50),
        praised: false,
        notices: vec![report],
    };
    assert_eq!(store.report_made(made).await.unwrap(), Written::Done);
    store.claim(&id, "t", at(50), at(140)).await.unwrap().unwrap();
    assert_eq!(erase(&store, 60).await, Erasure::Busy(at(140)));
    store.settle(&id, "t", support::sent(), at(61)).await.unwrap();
    assert!(matches!(erase(&store, 62).await, Erasure::Done(_)));
}

/// What a person or an erasure does to a review found by the key it has now is done to that one.
#[tokio::test]
async fn an_erased_review_answers_to_the_key_it_has() {
    let (_, store) = store().await;
    post(&store).await;
    erase(&store, 50).await;
    let erased = store.review(&key(MARKS[0])).await.unwrap().unwrap();
    let by_its_key = store.review(&erased.review.key).await.unwrap().unwrap();
    assert_eq!(by_its_key, erased);
    let mut arrival = arrival("x", Told::Answered { at: at(60), by: None }, at(60));
    arrival.key = erased.review.key.clone();
    let recorded = store.record(vec![arrival]).await.unwrap().remove(0);
    assert_eq!(recorded.number, erased.number);
    assert_eq!(store.review(&erased.review.key).await.unwrap().unwrap(), erased);
}

/// A review that more notices are about than a transaction holds is erased too.
#[tokio::test]
async fn a_review_with_very_many_notices_is_erased() {
    let (client, store) = store().await;
    post(&store).await;
    let notices = (0..210).map(|n| support::notice(&n.to_string(), MARKS[0], 10)).collect();
    let verdict = support::verdict(&store, MARKS[0], notices).await;
    store.decide(verdict).await.unwrap();
    let Erasure::Done(gone) = erase(&store, 50).await else { unreachable!() };
    assert_eq!(gone.unsent, 210);
    assert_eq!(holding(&client).await, Vec::<String>::new());
}

/// A webhook may be larger than an item.
#[tokio::test]
async fn an_event_larger_than_an_item_is_kept_whole() {
    let (_, store) = store().await;
    let event = Rejected {
        id: "a".to_owned(),
        source: "lumen-site".parse().unwrap(),
        at: at(0),
        reason: "no id".to_owned(),
        event: format!("{{\"text\":\"{}\"}}", "é".repeat(500_000)),
        headers: Vec::new(),
    };
    for _ in 0..2 {
        store.reject(vec![event.clone()]).await.unwrap();
    }
    assert_eq!(store.rejected(at(1)).await.unwrap(), [event]);
    assert_eq!(store.troubles().await.unwrap()[0].count, 2);
    store.unreject("a").await.unwrap();
    assert!(store.rejected(at(1)).await.unwrap().is_empty());
}

//! What things cost, in DynamoDB's units, and how many calls they take.
//!
//! A write unit is a write of up to 1 KB, a read unit a consistent read of up to 4 KB; a write in a
//! transaction is two. The figures are those of reviews with a kilobyte of text at most.

use aws_sdk_dynamodb::Client;
use vigie_domain::{EventKind, Outcome, Told};
use vigie_ports::{Arrival, Store, Written};
use vigie_store_dynamodb::DynamoStore;
use vigie_testkit::build::{answered, arrival, at, key, written};
use vigie_testkit::open_suite::open_at;
use vigie_testkit::store_suite::prepare;

use crate::meter::{Meter, Spent};
use crate::support;

/// A store whose block of numbers is taken, and its meter, which has nothing yet.
async fn metered() -> (DynamoStore, Meter) {
    let meter = Meter::default();
    let settings = support::settings().interceptor(meter.clone());
    let store = support::open(&Client::from_conf(settings.build())).await;
    prepare(&store).await;
    record(&store, post("first", 500, 0)).await;
    meter.take();
    (store, meter)
}

fn post(id: &str, hundredths: u16, when: i64) -> Arrival {
    arrival(id, written(EventKind::Posted, id, hundredths, at(when)), at(when))
}

async fn record(store: &DynamoStore, arrival: Arrival) -> Outcome {
    store.record(vec![arrival]).await.unwrap().remove(0).outcome
}

/// One conditional write: 1 unit, and 1 for each index that it stands in. A good one stands in
/// three (open, period, lookup); one to be decided in a fourth (due).
#[tokio::test]
async fn a_new_review_is_one_write() {
    let (store, meter) = metered().await;
    for (id, hundredths, indexes) in [("good", 500, 3.0), ("bad", 200, 4.0)] {
        assert_eq!(record(&store, post(id, hundredths, 1)).await, Outcome::Accepted);
        let wanted = Spent { puts: 1, table: 1.0, indexes, ..Spent::default() };
        assert_eq!(meter.take(), wanted, "{id}");
    }
}

/// So is one whose text has a kilobyte, because bodies are packed.
#[tokio::test]
async fn a_review_of_a_kilobyte_is_one_unit() {
    let (store, meter) = metered().await;
    let mut arrival = post("long", 500, 1);
    let Told::Event(event) = &mut arrival.told else { unreachable!("it was posted") };
    event.content.as_mut().unwrap().text = vigie_testkit::prose(1000).to_owned();
    assert_eq!(record(&store, arrival).await, Outcome::Accepted);
    assert_eq!(meter.take(), Spent { puts: 1, table: 1.0, indexes: 3.0, ..Spent::default() });
}

/// One refused write, which gives the known item, and no read. DynamoDB bills it as a write of the
/// item that it met; it says nothing of that in its refusal.
#[tokio::test]
async fn a_duplicate_and_a_stale_event_are_one_refused_write() {
    let (store, meter) = metered().await;
    record(&store, post("r-1", 200, 5)).await;
    meter.take();
    let refused = Spent { puts: 1, ..Spent::default() };
    assert_eq!(record(&store, post("r-1", 200, 5)).await, Outcome::Duplicate);
    assert_eq!(meter.take(), refused);
    let older = arrival("r-1", written(EventKind::Edited, "r-1", 100, at(1)), at(6));
    assert_eq!(record(&store, older).await, Outcome::Stale);
    assert_eq!(meter.take(), refused);
}

/// The refused write that finds the review, and one that changes it; 2 units for the index `open`,
/// where it moves from what is open to what was settled, and 1 each for `due` and `period`.
#[tokio::test]
async fn an_answer_is_a_refused_write_and_a_write() {
    let (store, meter) = metered().await;
    record(&store, post("r-1", 500, 5)).await;
    meter.take();
    let answer = arrival("r-1", answered("r-1", at(9)), at(9));
    assert_eq!(record(&store, answer).await, Outcome::Accepted);
    let wanted = Spent { puts: 1, updates: 1, table: 1.0, indexes: 4.0, ..Spent::default() };
    assert_eq!(meter.take(), wanted);
}

/// Sixteen queries of half a unit each, and a unit for each open review: 11 units in all, and
/// nothing of the others is read.
#[tokio::test]
async fn a_report_reads_what_is_open_and_nothing_else() {
    let (store, meter) = metered().await;
    record(&store, arrival("first", answered("first", at(1)), at(1))).await;
    for n in 0..50 {
        let id = format!("r-{n}");
        record(&store, post(&id, 500, 2)).await;
        if n >= 3 {
            record(&store, arrival(&id, answered(&id, at(3)), at(3))).await;
        }
    }
    meter.take();
    let open = open_at(&store, 100).await;
    assert_eq!(open.len(), 3);
    let wanted = Spent { queries: 16, batches: 1, items: 3, indexes: 8.0, ..Spent::default() };
    assert_eq!(meter.take(), wanted);
}

/// What came back lately: eight queries, and a read of each of the latest that are looked at.
#[tokio::test]
async fn what_comes_back_is_read_of_the_latest_only() {
    let (store, meter) = metered().await;
    for n in 0..30 {
        record(&store, post(&format!("r-{n}"), if n < 20 { 200 } else { 500 }, 2 + n)).await;
    }
    meter.take();
    let brand = vigie_domain::Brand::sample().id;
    let (found, count) = store.poor_between(&brand, at(1), at(100), 5).await.unwrap();
    assert_eq!((found.len(), count), (5, 20));
    let spent = meter.take();
    assert_eq!((spent.queries, spent.batches, spent.items), (8, 1, 5), "{spent:?}");
}

/// Nobody's minute: sixteen queries that find nothing.
#[tokio::test]
async fn a_look_at_what_is_due_is_sixteen_queries() {
    let (store, meter) = metered().await;
    assert!(store.due(at(10), 1000).await.unwrap().is_empty());
    assert_eq!(meter.take(), Spent { queries: 16, indexes: 8.0, ..Spent::default() });
}

/// A read of the review and a transaction: 2 units each for review and notice, and their indexes.
/// A claim and a settlement are one write each.
#[tokio::test]
async fn a_notice_is_made_claimed_and_settled_in_three_writes() {
    let (store, meter) = metered().await;
    record(&store, post("r-1", 200, 1)).await;
    let verdict = support::verdict(&store, "r-1", vec![support::notice("n", "r-1", 10)]).await;
    let id = verdict.notices[0].id.clone();
    meter.take();
    assert_eq!(store.decide(verdict).await.unwrap(), Written::Done);
    let wanted = Spent { gets: 1, transactions: 1, table: 5.0, indexes: 3.0, ..Spent::default() };
    assert_eq!(meter.take(), wanted);
    store.claim(&id, "t", at(10), at(100)).await.unwrap().unwrap();
    let claimed = Spent { updates: 1, table: 1.0, indexes: 2.0, ..Spent::default() };
    assert_eq!(meter.take(), claimed);
    store.settle(&id, "t", support::sent(), at(11)).await.unwrap();
    let settled = Spent { updates: 1, table: 1.0, indexes: 1.0, ..Spent::default() };
    assert_eq!(meter.take(), settled);
    assert_eq!(store.review(&key("r-1")).await.unwrap().unwrap().writes, 2);
}

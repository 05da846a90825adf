//! The laws of what reports read of the [`Store`] port: what is open, and what was settled when.

use std::ops::ControlFlow;

use vigie_domain::{Brand, EventKind};
use vigie_ports::{Store, StoredReview};

use crate::build::{answered, arrival, at, key, written};
use crate::store_suite::post;

/// All that [`Store::open_at`] shows, oldest publication first.
pub async fn open_at(store: &impl Store, when: i64) -> Vec<StoredReview> {
    let mut open = Vec::new();
    let all = |stored| {
        open.push(stored);
        ControlFlow::Continue(())
    };
    store.open_at(&Brand::sample().id, at(when), all).await.unwrap();
    open.sort_by_key(|stored| (stored.review.published(), stored.number));
    open
}

async fn open_ids(store: &impl Store, when: i64) -> Vec<String> {
    let open = open_at(store, when).await;
    open.into_iter().map(|stored| stored.review.key.external_id.to_string()).collect()
}

/// Whatever a store reads at a time, each is shown once, and none after `visit` broke.
pub async fn every_open_review_is_shown_however_many(store: impl Store) {
    const MANY: usize = 520;
    // Published in pairs at one moment: a page may end between two of a pair.
    let arrivals = (0..MANY).map(|n| {
        let (id, posted) = (format!("r-{n}"), at(n as i64 / 2));
        arrival(&id, written(EventKind::Posted, &id, 500, posted), at(1000))
    });
    let arrivals: Vec<_> = arrivals.collect();
    store.record(arrivals).await.unwrap();
    let later = ["r-5", "r-77"];
    for id in later {
        store.record(vec![arrival(id, answered(id, at(1001)), at(1001))]).await.unwrap();
    }
    let mut ids = open_ids(&store, 1000).await;
    assert_eq!(ids.len(), MANY);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), MANY);
    assert_eq!(open_ids(&store, 1001).await.len(), MANY - later.len());
    let mut seen = 0;
    let three = |_| {
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    store.open_at(&Brand::sample().id, at(1000), three).await.unwrap();
    assert_eq!(seen, 3);
}

/// Good or bad, what has no answer is open; an answer that came first has no content to show.
pub async fn open_reviews_are_those_without_an_answer(store: impl Store) {
    post(&store, "good", 500, 2).await;
    post(&store, "bad", 100, 1).await;
    post(&store, "done", 100, 1).await;
    store.record(vec![arrival("done", answered("done", at(3)), at(3))]).await.unwrap();
    store.record(vec![arrival("unseen", answered("unseen", at(3)), at(3))]).await.unwrap();
    assert_eq!(open_ids(&store, 10).await, ["bad", "good"]);
    let settled = store.settled_between(&Brand::sample().id, at(2), at(3)).await.unwrap();
    assert!(settled.iter().any(|stored| stored.review.key == key("done")));
    let none = store.settled_between(&Brand::sample().id, at(3), at(9)).await.unwrap();
    assert!(none.is_empty());
}

/// A report of the past sees what was open then.
pub async fn an_answered_review_is_still_open_as_of_before(store: impl Store) {
    post(&store, "r-1", 100, 1).await;
    store.record(vec![arrival("r-1", answered("r-1", at(50)), at(50))]).await.unwrap();
    assert_eq!(open_ids(&store, 49).await, ["r-1"]);
    assert_eq!(open_ids(&store, 50).await, Vec::<String>::new());
    assert_eq!(open_ids(&store, 0).await, Vec::<String>::new(), "not yet seen");
}

/// A platform that tells of an answer an hour later tells the next report, and the report of the
/// past knows when it was given.
pub async fn an_answer_told_late_counts_from_when_it_was_told(store: impl Store) {
    post(&store, "r-1", 100, 1).await;
    store.record(vec![arrival("r-1", answered("r-1", at(5)), at(50))]).await.unwrap();
    let brand = Brand::sample().id;
    assert_eq!(store.settled_between(&brand, at(40), at(60)).await.unwrap().len(), 1);
    assert_eq!(store.settled_between(&brand, at(0), at(40)).await.unwrap().len(), 0);
    let stored = open_at(&store, 30).await.remove(0);
    assert_eq!(stored.review.state_at(at(30)), Some(vigie_domain::State::Answered));
    assert_eq!(stored.review.state_at(at(4)), Some(vigie_domain::State::Open));
}

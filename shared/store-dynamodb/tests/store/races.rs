//! What goes on at once: one of many wins, and nothing is made twice.

use std::sync::Arc;

use vigie_domain::notice::{NoticeState, Subject};
use vigie_domain::{EventKind, Outcome};
use vigie_ports::{Erasing, Erasure, NoticeFilter, Store, Written};
use vigie_store_dynamodb::DynamoStore;
use vigie_testkit::build::{arrival, at, key, written};
use vigie_testkit::store_suite::prepare;

use crate::support;

const TASKS: usize = 40;

async fn shared() -> Arc<DynamoStore> {
    let store = support::store().await;
    prepare(&store).await;
    Arc::new(store)
}

/// Of many who bring the same new review, one brings news; it has one number.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_review_that_many_bring_is_accepted_once() {
    let store = shared().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let told = written(EventKind::Posted, "r-1", 200, at(1));
            store.record(vec![arrival("r-1", told, at(1))]).await.unwrap().remove(0)
        });
    }
    let all = tasks.join_all().await;
    let accepted = all.iter().filter(|one| one.outcome == Outcome::Accepted).count();
    assert_eq!(accepted, 1);
    assert!(all.iter().all(|one| one.number == all[0].number && one.undecided));
    assert_eq!(store.review(&key("r-1")).await.unwrap().unwrap().writes, 1);
}

/// Numbers are never given twice, by several processes neither.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_unique_over_processes() {
    let client = aws_sdk_dynamodb::Client::from_conf(support::settings().build());
    let one = Arc::new(support::open(&client).await);
    let other = DynamoStore::open(client, support::TABLE, [1; 32]).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for (n, store) in [one, Arc::new(other)].into_iter().cycle().take(150).enumerate() {
        tasks.spawn(async move {
            let id = format!("r-{n}");
            let told = written(EventKind::Posted, &id, 200, at(1));
            store.record(vec![arrival(&id, told, at(1))]).await.unwrap().remove(0).number
        });
    }
    let mut numbers = tasks.join_all().await;
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 150);
    assert!(numbers.last().unwrap().0 <= 64 * 4, "{numbers:?}");
}

/// An edit and a decision on what was there before: the decision is refused or the edit is marked,
/// and whatever came first, the edit is decided in the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_beside_an_edit_never_hides_it() {
    let store = shared().await;
    for n in 0..12 {
        let id = format!("r-{n}");
        support::post(&store, &id, 200).await;
        let new = support::notice(&id, &id, 10);
        let verdict = support::verdict(&store, &id, vec![new]).await;
        let edit = arrival(&id, written(EventKind::Edited, &id, 100, at(9)), at(9));
        let (decided, recorded) = tokio::join!(store.decide(verdict), store.record(vec![edit]));
        assert_eq!(recorded.unwrap()[0].outcome, Outcome::Accepted);
        let stored = store.review(&key(&id)).await.unwrap().unwrap();
        assert!(!stored.review.is_decided(), "the edit waits for its decision");
        let decided = decided.unwrap() == Written::Done;
        assert_eq!(stored.review.decided.is_some(), decided);
        assert_eq!(stored.writes, 2 + u64::from(decided));
    }
}

/// Of many who claim a notice one has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_many_claim_is_claimed_by_one() {
    let store = shared().await;
    support::post(&store, "r-1", 200).await;
    let new = support::notice("n", "r-1", 10);
    let id = new.id.clone();
    let verdict = support::verdict(&store, "r-1", vec![new]).await;
    store.decide(verdict).await.unwrap();
    for (now, lease, twice) in [(10, 100, 0), (100, 200, 1)] {
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..TASKS {
            let (store, id) = (Arc::clone(&store), id.clone());
            let token = format!("{now}-{n}");
            tasks.spawn(async move { store.claim(&id, &token, at(now), at(lease)).await.unwrap() });
        }
        let claims: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
        assert_eq!(claims.len(), 1);
        assert_eq!(claims[0].perhaps_twice, twice);
    }
}

/// Many who decide the same make its notices once.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_many_make_is_made_once() {
    let store = shared().await;
    support::post(&store, "r-1", 200).await;
    let verdict = support::verdict(&store, "r-1", vec![support::notice("n", "r-1", 10)]).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let (store, verdict) = (Arc::clone(&store), verdict.clone());
        tasks.spawn(async move { store.decide(verdict).await.unwrap() });
    }
    let all = tasks.join_all().await;
    assert_eq!(all.iter().filter(|written| **written == Written::Done).count(), 1);
    assert_eq!(store.notices(NoticeFilter::default()).await.unwrap().len(), 1);
}

/// A call whose answer was lost is made again by the SDK: it finds itself, and says the same.
#[tokio::test]
async fn what_is_asked_twice_is_done_once() {
    let store = shared().await;
    support::post(&store, "r-1", 200).await;
    let new = support::notice("n", "r-1", 10);
    let id = new.id.clone();
    store.decide(support::verdict(&store, "r-1", vec![new]).await).await.unwrap();
    for _ in 0..2 {
        let claimed = store.claim(&id, "t", at(10), at(100)).await.unwrap().unwrap();
        assert_eq!((claimed.attempts, claimed.perhaps_twice), (1, 0));
    }
    for _ in 0..2 {
        let settled = store.settle(&id, "t", support::sent(), at(11)).await.unwrap();
        assert_eq!(settled, Written::Done);
    }
    let filter = NoticeFilter { state: Some(NoticeState::Sent), ..NoticeFilter::default() };
    assert_eq!(store.notices(filter).await.unwrap()[0].sent_at, Some(at(11)));
}

/// More notices than a transaction holds are made all the same, and each once.
#[tokio::test]
async fn a_decision_may_make_more_notices_than_a_transaction_holds() {
    let store = shared().await;
    support::post(&store, "r-1", 200).await;
    let many = |n: u32| (0..n).map(|n| support::notice(&n.to_string(), "r-1", 10)).collect();
    let verdict = support::verdict(&store, "r-1", many(130)).await;
    assert_eq!(store.decide(verdict.clone()).await.unwrap(), Written::Done);
    assert_eq!(store.decide(verdict).await.unwrap(), Written::Moved);
    let limited = NoticeFilter { limit: Some(7), ..NoticeFilter::default() };
    assert_eq!(store.notices(limited).await.unwrap().len(), 7);
    let about = NoticeFilter { review: Some(key("r-1")), ..NoticeFilter::default() };
    assert_eq!(store.notices(about).await.unwrap().len(), 130);
}

/// A message that names a review beside others, and the erasure of that review: whichever comes
/// first, no message is left that names it by its former key.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_made_beside_an_erasure_does_not_name_it() {
    let store = shared().await;
    for n in 0..12 {
        let (gone, other) = (format!("gone-{n}"), format!("other-{n}"));
        for id in [&gone, &other] {
            support::post(&store, id, 200).await;
        }
        let mut leader = support::notice(&other, &other, 10);
        if let Subject::Review { reviews, .. } = &mut leader.subject {
            reviews.push(key(&gone));
        }
        let id = leader.id.clone();
        let verdict = support::verdict(&store, &other, vec![leader]).await;
        let erasing = Erasing { key: key(&gone), fresh: [5; 32], at: at(20), dry: false };
        let (made, erased) = tokio::join!(store.decide(verdict), store.erase(erasing));
        assert!(matches!(erased.unwrap(), Erasure::Done(_)));
        let notice = store.notice(&id).await.unwrap();
        assert_eq!(notice.is_some(), made.unwrap() == Written::Done);
        assert!(!format!("{notice:?}").contains(&gone), "{notice:?}");
    }
}

//! The laws of what is held: messages that wait for the brand's hours, and the one that takes the
//! others along.

use jiff::Timestamp;
use vigie_domain::notice::{Kind, NewNotice, NoticeId, NoticeState};
use vigie_ports::{Due, Settlement, Store, Written};

use crate::build::{at, key};
use crate::store_suite::{notice, post, sent, state, verdict};

async fn make(store: &impl Store, review: &str, new: NewNotice, made: i64) -> NoticeId {
    post(store, review, 200, 1).await;
    let id = new.id.clone();
    let verdict = verdict(store, review, vec![new], made).await;
    assert_eq!(store.decide(verdict).await.unwrap(), Written::Done);
    id
}

fn held(until: Timestamp) -> Settlement {
    Settlement::Held { until, reason: "outside send_between".to_owned() }
}

/// Three notices of one recipient, held until second 500.
async fn three_held(store: &impl Store) -> Vec<NoticeId> {
    let mut ids = Vec::new();
    for (made, review) in [(5, "r-1"), (6, "r-2"), (7, "r-3")] {
        let id = make(store, review, notice(review, &key(review), at(10)), made).await;
        store.claim(&id, "early", at(10), at(100)).await.unwrap().unwrap();
        assert_eq!(store.settle(&id, "early", held(at(500)), at(11)).await.unwrap(), Written::Done);
        ids.push(id);
    }
    ids
}

/// Waiting for an opening is no attempt, and ends at its time.
pub async fn what_is_held_waits_and_counts_no_attempt(store: impl Store) {
    let ids = three_held(&store).await;
    let first = store.notice(&ids[0]).await.unwrap().unwrap();
    assert_eq!((first.state, first.attempts, first.due_at), (NoticeState::Held, 0, at(500)));
    assert_eq!(first.reason.as_deref(), Some("outside send_between"));
    let early = store.due(at(499), 10).await.unwrap();
    assert!(!early.contains(&Due::Notice(ids[0].clone())));
    assert_eq!(store.claim(&ids[0], "t", at(499), at(900)).await.unwrap(), None);
    assert!(store.due(at(500), 10).await.unwrap().contains(&Due::Notice(ids[0].clone())));
    assert!(store.claim(&ids[0], "t", at(500), at(900)).await.unwrap().is_some());
}

/// One claim takes along what waited with it, and nobody else can claim that.
pub async fn one_message_takes_along_what_waited_with_it(store: impl Store) {
    let ids = three_held(&store).await;
    let mut other = notice("other", &key("r-4"), at(10));
    other.to = "direction".parse().unwrap();
    let mut praise = notice("praise", &key("r-5"), at(10));
    praise.kind = Kind::Praise;
    for (review, new) in [("r-4", other), ("r-5", praise)] {
        let id = make(&store, review, new, 8).await;
        store.claim(&id, "early", at(10), at(100)).await.unwrap().unwrap();
        store.settle(&id, "early", held(at(500)), at(11)).await.unwrap();
    }
    store.claim(&ids[0], "t", at(500), at(900)).await.unwrap().unwrap();
    let along = store.take_along(&ids[0], "t", at(501), 10).await.unwrap();
    let taken: Vec<_> = along.iter().map(|notice| notice.what.id.clone()).collect();
    assert_eq!(taken, ids[1..], "the same recipient and kind only");
    assert_eq!(store.claim(&ids[1], "u", at(502), at(900)).await.unwrap(), None);
    assert_eq!(store.settle(&ids[0], "t", sent(), at(503)).await.unwrap(), Written::Done);
    for id in &ids {
        assert_eq!(state(&store, id).await, NoticeState::Sent);
        assert_eq!(store.claim(id, "u", at(9999), at(10_000)).await.unwrap(), None);
    }
    let with = store.notice(&ids[1]).await.unwrap().unwrap().reason.unwrap();
    assert_eq!(with, format!("its message went with {}", ids[0]));
}

/// What the message does not speak of after all is looked at again by itself.
pub async fn what_is_left_out_is_pending_again(store: impl Store) {
    let ids = three_held(&store).await;
    store.claim(&ids[0], "t", at(500), at(900)).await.unwrap().unwrap();
    store.take_along(&ids[0], "t", at(501), 10).await.unwrap();
    let left_out = vec![ids[2].clone()];
    let sent = Settlement::Sent { subject_line: "2 avis".to_owned(), left_out };
    store.settle(&ids[0], "t", sent, at(502)).await.unwrap();
    assert_eq!(state(&store, &ids[1]).await, NoticeState::Sent);
    let again = store.notice(&ids[2]).await.unwrap().unwrap();
    assert_eq!((again.state, again.attempts), (NoticeState::Pending, 0));
    assert!(store.claim(&ids[2], "u", at(503), at(900)).await.unwrap().is_some());
}

/// Where the message fails, all of it waits for the next attempt; where it dies, the others are
/// tried without the first, whose text or address may be what was refused.
pub async fn what_was_taken_along_waits_with_its_message_and_does_not_die_with_it(
    store: impl Store,
) {
    let ids = three_held(&store).await;
    store.claim(&ids[0], "t", at(500), at(900)).await.unwrap().unwrap();
    store.take_along(&ids[0], "t", at(501), 10).await.unwrap();
    let reason = "no answer".to_owned();
    let retry = Settlement::Retry { at: at(600), reason, unknown: true };
    store.settle(&ids[0], "t", retry, at(502)).await.unwrap();
    let along = store.notice(&ids[1]).await.unwrap().unwrap();
    assert_eq!((along.state, along.unknowns, along.due_at), (NoticeState::Held, 1, at(600)));
    store.claim(&ids[0], "u", at(600), at(900)).await.unwrap().unwrap();
    assert_eq!(store.take_along(&ids[0], "u", at(601), 1).await.unwrap().len(), 1, "the limit");
    let dead = Settlement::Dead { reason: "550".to_owned(), unknown: false };
    store.settle(&ids[0], "u", dead, at(602)).await.unwrap();
    assert_eq!(state(&store, &ids[0]).await, NoticeState::Dead);
    for id in &ids[1..] {
        assert_eq!(state(&store, id).await, NoticeState::Held);
        assert!(store.claim(id, "v", at(603), at(900)).await.unwrap().is_some(), "due at once");
    }
}

/// Who lost the claim takes nothing along; what was taken along ends with its lease.
pub async fn a_lost_claim_takes_nothing_along(store: impl Store) {
    let ids = three_held(&store).await;
    store.claim(&ids[0], "t", at(500), at(900)).await.unwrap().unwrap();
    assert_eq!(store.take_along(&ids[0], "wrong", at(501), 10).await.unwrap(), Vec::new());
    assert_eq!(store.take_along(&ids[0], "t", at(501), 10).await.unwrap().len(), 2);
    let taken_over = store.claim(&ids[1], "u", at(900), at(1200)).await.unwrap().unwrap();
    assert_eq!(taken_over.perhaps_twice, 1);
    store.claim(&ids[0], "v", at(900), at(1200)).await.unwrap().unwrap();
    assert_eq!(store.settle(&ids[0], "t", sent(), at(901)).await.unwrap(), Written::Moved);
    assert_eq!(state(&store, &ids[1]).await, NoticeState::Sending);
}

//! The laws of what a webhook left to be fetched: notices that belong to no decision, and of which
//! nothing stays but that they were carried out.

use vigie_domain::notice::{Fetching, Kind, NewNotice, NoticeState};
use vigie_domain::{Channel, ContactId, Subject};
use vigie_ports::{Due, Redriven, Settlement, Store, Written};

use crate::build::{at, key};
use crate::store_suite::{notice, state};

/// What is to be fetched for a review that nobody recorded.
fn fetch(id: &str) -> NewNotice {
    let fetching = Fetching {
        review: key("r-1"),
        told: "{\"of\":\"Camille P.\"}".to_owned(),
        request: Some("01J".to_owned()),
    };
    NewNotice {
        kind: Kind::Fetch,
        channel: Channel::Api,
        to: ContactId::try_from("lumen-site".to_owned()).unwrap(),
        subject: Subject::Fetch(fetching),
        ..notice(id, &key("r-1"), at(10))
    }
}

/// What is left of one that was carried out.
fn fetched(of: &NewNotice) -> NewNotice {
    NewNotice { subject: Subject::Fetched, ..of.clone() }
}

/// The same webhook, sent again, makes nothing: not while its fetch waits, and not afterwards.
pub async fn what_is_to_be_fetched_is_made_once(store: impl Store) {
    let (one, two) = (fetch("one"), fetch("two"));
    assert_eq!(store.make(vec![one.clone()], at(10)).await.unwrap(), [true]);
    assert_eq!(store.make(vec![one.clone(), two.clone()], at(11)).await.unwrap(), [false, true]);
    assert_eq!(store.make(Vec::new(), at(12)).await.unwrap(), [false; 0]);
    let due = store.due(at(12), 10).await.unwrap();
    assert!(due.contains(&Due::Notice(one.id.clone())) && due.contains(&Due::Notice(two.id)));
    let made = store.notice(&one.id).await.unwrap().unwrap();
    assert_eq!((made.made_at, made.what.clone()), (at(10), one.clone()));
    store.claim(&one.id, "t", at(13), at(100)).await.unwrap().unwrap();
    assert_eq!(store.done(fetched(&one), "t", at(14)).await.unwrap(), Written::Done);
    assert_eq!(store.make(vec![one.clone()], at(15)).await.unwrap(), [false]);
    assert_eq!(state(&store, &one.id).await, NoticeState::Sent);
}

/// Of one that was carried out nothing is left that it was told.
pub async fn of_what_was_fetched_nothing_is_kept(store: impl Store) {
    let one = fetch("one");
    store.make(vec![one.clone()], at(10)).await.unwrap();
    store.claim(&one.id, "t", at(11), at(100)).await.unwrap().unwrap();
    store.done(fetched(&one), "t", at(12)).await.unwrap();
    let left = store.notice(&one.id).await.unwrap().unwrap();
    assert_eq!((left.what, left.state), (fetched(&one), NoticeState::Sent));
    assert!(!store.due(at(9999), 10).await.unwrap().contains(&Due::Notice(one.id.clone())));
    assert_eq!(store.claim(&one.id, "u", at(9999), at(10_000)).await.unwrap(), None);
}

/// Who lost the claim settles nothing: whoever took it over fetches once more.
pub async fn a_fetch_is_done_by_whoever_holds_its_claim(store: impl Store) {
    let one = fetch("one");
    store.make(vec![one.clone()], at(10)).await.unwrap();
    store.claim(&one.id, "slow", at(11), at(20)).await.unwrap().unwrap();
    store.claim(&one.id, "next", at(21), at(100)).await.unwrap().unwrap();
    assert_eq!(store.done(fetched(&one), "slow", at(22)).await.unwrap(), Written::Moved);
    let kept = store.notice(&one.id).await.unwrap().unwrap();
    assert_eq!((&kept.what, kept.state), (&one, NoticeState::Sending));
    assert_eq!(store.done(fetched(&one), "next", at(23)).await.unwrap(), Written::Done);
}

/// One that failed waits for its time; one that died can be fetched after all.
pub async fn a_fetch_that_fails_waits_and_one_that_died_is_redriven(store: impl Store) {
    let one = fetch("one");
    store.make(vec![one.clone()], at(10)).await.unwrap();
    store.claim(&one.id, "t", at(11), at(100)).await.unwrap().unwrap();
    let reason = "the platform's API answered 503".to_owned();
    let retry = Settlement::Retry { at: at(60), reason: reason.clone(), unknown: false };
    assert_eq!(store.settle(&one.id, "t", retry, at(12)).await.unwrap(), Written::Done);
    assert_eq!(store.claim(&one.id, "u", at(59), at(100)).await.unwrap(), None);
    store.claim(&one.id, "u", at(60), at(100)).await.unwrap().unwrap();
    let dead = Settlement::Dead { reason, unknown: false };
    store.settle(&one.id, "u", dead, at(61)).await.unwrap();
    assert_eq!(state(&store, &one.id).await, NoticeState::Dead);
    assert_eq!(store.redrive(&one.id, at(70)).await.unwrap(), Redriven::Yes);
    let again = store.claim(&one.id, "v", at(70), at(100)).await.unwrap().unwrap();
    assert_eq!(again.what.subject, one.subject, "what it was told is still there");
}

//! The laws of erasing: the texts are gone, the numbers stay, and a redelivery changes nothing.

use vigie_domain::mentions::Mentions;
use vigie_domain::notice::{NewNotice, NoticeId, NoticeState, Subject};
use vigie_domain::{Content, EventKind, Outcome, ReviewEvent, State, Told, Version};
use vigie_ports::{
    Due, Erasing, Erasure, Expired, Expiring, Gone, NoticeFilter, Rejected, Settlement, Store,
    Verdict, Written,
};

use crate::build::{answered, arrival, at, key, written};
use crate::open_suite::open_at;
use crate::store_suite::{notice, post, sent, state, verdict};

async fn erase(store: &impl Store, id: &str, when: i64, dry: bool) -> Erasure {
    let erasing = Erasing { key: key(id), fresh: [5; 32], at: at(when), dry };
    store.erase(erasing).await.unwrap()
}

async fn erased(store: &impl Store, id: &str, when: i64) -> Gone {
    match erase(store, id, when, false).await {
        Erasure::Done(gone) => gone,
        other => unreachable!("{id}: {other:?}"),
    }
}

async fn signed(store: &impl Store, id: &str, author: &str) {
    let content = Content {
        author: Some(author.to_owned()),
        text: format!("text of {id}"),
        ..Content::default()
    };
    let told = Told::Event(Box::new(ReviewEvent {
        kind: EventKind::Posted,
        external_id: key(id).external_id,
        version: Some(Version::Time(at(1))),
        content: Some(content),
        reply: None,
    }));
    store.record(vec![arrival(id, told, at(1))]).await.unwrap();
}

async fn make(store: &impl Store, review: &str, notices: Vec<NewNotice>) {
    let verdict = verdict(store, review, notices, 5).await;
    assert_eq!(store.decide(verdict).await.unwrap(), Written::Done);
}

/// It is found by its number and by the key it had, and has no text.
pub async fn an_erased_review_keeps_its_numbers_and_its_number(store: impl Store) {
    let number = post(&store, "r-1", 200, 1).await.number;
    let before = store.review(&key("r-1")).await.unwrap().unwrap();
    assert_eq!(erased(&store, "r-1", 50).await, Gone::default());
    let by_key = store.review(&key("r-1")).await.unwrap().unwrap();
    let by_number = store.by_number(number).await.unwrap().unwrap();
    assert_eq!(by_key, by_number);
    let review = by_key.review;
    assert_eq!(review.erased.as_ref().unwrap().at, at(50));
    assert_eq!((review.stars(), review.published()), (before.review.stars(), at(1)));
    assert!(by_key.writes > before.writes, "a decision under way must see that it moved");
    let json = serde_json::to_string(&review).unwrap();
    assert!(!json.contains("r-1") && !json.contains("note"), "{json}");
    assert!(review.key.external_id.as_str().starts_with("erased-"));
}

/// Nothing that arrives wakes it, and nothing waits for it.
pub async fn what_arrives_of_an_erased_review_changes_nothing(store: impl Store) {
    post(&store, "r-1", 200, 1).await;
    erased(&store, "r-1", 50).await;
    let before = store.review(&key("r-1")).await.unwrap().unwrap();
    for told in [
        written(EventKind::Posted, "r-1", 200, at(1)),
        written(EventKind::Edited, "r-1", 100, at(60)),
        written(EventKind::Withdrawn, "r-1", 100, at(61)),
        answered("r-1", at(62)),
    ] {
        let recorded = store.record(vec![arrival("r-1", told, at(70))]).await.unwrap().remove(0);
        assert_eq!((recorded.outcome, recorded.undecided), (Outcome::Duplicate, false));
    }
    assert_eq!(store.review(&key("r-1")).await.unwrap().unwrap(), before);
    assert_eq!(post(&store, "r-2", 200, 1).await.outcome, Outcome::Accepted, "others are new");
    let due = store.due(at(100_000), 10).await.unwrap();
    let of_it = |due: &&Due| matches!(due, Due::Undecided(k) | Due::Step(k) if *k != key("r-2"));
    assert_eq!(due.iter().filter(of_it).count(), 0, "{due:?}");
    let open = open_at(&store, 100).await;
    assert!(open.iter().all(|one| one.review.state() != State::Erased), "{open:?}");
    let counted = store.received_between(&before.review.brand, at(0), at(100)).await.unwrap();
    assert_eq!(counted.received, 2, "it counts");
}

/// Erasing again says when it was, and one that never was is missing.
pub async fn an_erasure_is_made_once(store: impl Store) {
    assert_eq!(erase(&store, "r-1", 49, false).await, Erasure::Missing);
    post(&store, "r-1", 200, 1).await;
    let before = store.review(&key("r-1")).await.unwrap().unwrap();
    assert_eq!(erase(&store, "r-1", 49, true).await, Erasure::Done(Gone::default()));
    assert_eq!(
        store.review(&key("r-1")).await.unwrap().unwrap(),
        before,
        "looking changes nothing"
    );
    erased(&store, "r-1", 50).await;
    for dry in [false, true] {
        assert_eq!(erase(&store, "r-1", 60, dry).await, Erasure::Already(at(50)));
    }
}

/// What was not sent is cancelled; what was sent loses its subject line.
pub async fn notices_of_an_erased_review_lose_their_texts(store: impl Store) {
    post(&store, "r-1", 200, 1).await;
    let of = |id: &str| notice(id, &key("r-1"), at(10));
    let ids: Vec<NoticeId> = ["gone", "waits", "dead"].iter().map(|id| of(id).id).collect();
    make(&store, "r-1", vec![of("gone"), of("waits"), of("dead")]).await;
    store.claim(&ids[0], "t", at(10), at(100)).await.unwrap().unwrap();
    store.settle(&ids[0], "t", sent(), at(11)).await.unwrap();
    store.claim(&ids[2], "t", at(10), at(100)).await.unwrap().unwrap();
    let dead = Settlement::Dead { reason: "550 r-1".to_owned(), unknown: false };
    store.settle(&ids[2], "t", dead, at(11)).await.unwrap();
    let Erasure::Done(looked) = erase(&store, "r-1", 50, true).await else { unreachable!() };
    let gone = erased(&store, "r-1", 50).await;
    assert_eq!((gone.sent, gone.unsent, gone.notices.len()), (1, 2, 3));
    assert_eq!(gone, looked);
    let former = NoticeFilter { review: Some(key("r-1")), ..NoticeFilter::default() };
    assert_eq!(store.notices(former).await.unwrap(), Vec::new());
    let stored = store.review(&key("r-1")).await.unwrap().unwrap();
    let now = NoticeFilter { review: Some(stored.review.key.clone()), ..NoticeFilter::default() };
    let mut found = store.notices(now).await.unwrap();
    assert_eq!(found.len(), 3);
    found.sort_by_key(|notice| notice.state == NoticeState::Sent);
    for notice in &found[..2] {
        assert_eq!(notice.state, NoticeState::Cancelled);
        assert_eq!(notice.reason.as_deref(), Some("the review was erased"));
        assert_eq!(store.claim(&notice.what.id, "u", at(999), at(9999)).await.unwrap(), None);
    }
    assert_eq!((&found[2].subject_line, found[2].sent_at), (&None, Some(at(11))));
    assert!(found.iter().all(|notice| !format!("{notice:?}").contains("r-1")), "{found:#?}");
    let first = store.first_subject(&stored.review.key, &"service".parse().unwrap()).await.unwrap();
    assert_eq!(first, None);
}

/// While a message is under way nothing is erased: it could not be called back.
pub async fn nothing_is_erased_while_a_message_is_under_way(store: impl Store) {
    post(&store, "r-1", 200, 1).await;
    let new = notice("n", &key("r-1"), at(10));
    let id = new.id.clone();
    make(&store, "r-1", vec![new]).await;
    store.claim(&id, "t", at(10), at(100)).await.unwrap().unwrap();
    assert_eq!(erase(&store, "r-1", 99, false).await, Erasure::Busy(at(100)));
    assert!(!store.review(&key("r-1")).await.unwrap().unwrap().review.is_erased());
    // The lease ended, and nobody settled.
    assert_eq!(erased(&store, "r-1", 100).await.unsent, 1);
    assert_eq!(store.settle(&id, "t", sent(), at(101)).await.unwrap(), Written::Moved);
    assert_eq!(state(&store, &id).await, NoticeState::Cancelled);
}

/// A message about several reviews is sent without the erased one.
pub async fn a_message_about_others_too_stays(store: impl Store) {
    for review in ["r-1", "r-2"] {
        post(&store, review, 200, 1).await;
    }
    let mut leader = notice("leads", &key("r-2"), at(10));
    if let Subject::Review { reviews, .. } = &mut leader.subject {
        reviews.push(key("r-1"));
    }
    let leads = leader.id.clone();
    let mut along = notice("along", &key("r-1"), at(10));
    along.with = Some(leads.clone());
    make(&store, "r-2", vec![leader, along]).await;
    let gone = erased(&store, "r-1", 50).await;
    assert_eq!((gone.unsent, gone.sent, gone.notices.len()), (0, 0, 2));
    let leader = store.notice(&leads).await.unwrap().unwrap();
    assert_eq!(leader.state, NoticeState::Pending);
    let Subject::Review { reviews, .. } = &leader.what.subject else { unreachable!() };
    let erased_key = store.review(&key("r-1")).await.unwrap().unwrap().review.key;
    assert_eq!(*reviews, [key("r-2"), erased_key]);
    assert!(store.claim(&leads, "t", at(60), at(100)).await.unwrap().is_some());
    // The lease ended. Of what it speaks nothing is left then.
    assert_eq!(erased(&store, "r-2", 100).await.unsent, 1);
    assert_eq!(state(&store, &leads).await, NoticeState::Cancelled);
}

/// Whoever looked at a review before it was erased makes no message that names it.
pub async fn a_message_made_meanwhile_does_not_name_it(store: impl Store) {
    for review in ["r-1", "r-2"] {
        post(&store, review, 200, 1).await;
    }
    let mut leader = notice("leads", &key("r-2"), at(10));
    if let Subject::Review { reviews, .. } = &mut leader.subject {
        reviews.push(key("r-1"));
    }
    let alone = notice("alone", &key("r-2"), at(10));
    let verdict = verdict(&store, "r-2", vec![leader], 20).await;
    erased(&store, "r-1", 15).await;
    assert_eq!(store.decide(verdict.clone()).await.unwrap(), Written::Moved);
    let again = Verdict { notices: vec![alone], ..verdict };
    assert_eq!(store.decide(again).await.unwrap(), Written::Done);
}

/// An author's reviews are those of the source by that name, whatever the case.
pub async fn an_author_is_found_by_name_and_source(store: impl Store) {
    for (id, author) in [("r-1", "Claire D."), ("r-2", " CLAIRE d. "), ("r-3", "Claire E.")] {
        signed(&store, id, author).await;
    }
    let source = key("r-1").source;
    let found = store.written_by(&source, "claire D.").await.unwrap();
    let mut keys: Vec<_> = found.into_iter().map(|stored| stored.review.key).collect();
    keys.sort();
    assert_eq!(keys, [key("r-1"), key("r-2")]);
    let other = "another".parse().unwrap();
    assert_eq!(store.written_by(&other, "Claire D.").await.unwrap(), Vec::new());
    erased(&store, "r-1", 50).await;
    assert_eq!(store.written_by(&source, "Claire D.").await.unwrap().len(), 1);
}

/// Rejected events that mention it go, those of others and of other sources stay.
pub async fn rejected_events_that_mention_it_go(store: impl Store) {
    let event = |id: &str, source: &str, event: &str| Rejected {
        id: id.to_owned(),
        source: source.parse().unwrap(),
        at: at(0),
        reason: "no rating".to_owned(),
        event: event.to_owned(),
        headers: vec![("x-topic".to_owned(), "reviews".to_owned())],
    };
    let rejected = vec![
        event("a", "lumen-site", r#"{"review":{"id":"r-1001"}}"#),
        event("b", "lumen-site", r#"{"review":{"id":"r-1002"}}"#),
        event("c", "other", r#"{"review":{"id":"r-1001"}}"#),
    ];
    store.reject(rejected).await.unwrap();
    let mentions = Mentions::of_id(&key("r-1001").external_id);
    let source = key("r-1").source;
    assert_eq!(store.forget_rejected(&source, &mentions, true).await.unwrap(), 1);
    assert_eq!(store.rejected(at(1)).await.unwrap().len(), 3, "looking changes nothing");
    assert_eq!(store.forget_rejected(&source, &mentions, false).await.unwrap(), 1);
    let left = store.rejected(at(1)).await.unwrap();
    let mut left: Vec<_> = left.into_iter().map(|event| event.id).collect();
    left.sort();
    assert_eq!(left, ["b", "c"]);
    assert_eq!(store.forget_rejected(&source, &mentions, false).await.unwrap(), 0);
}

async fn expire(store: &impl Store, reviewer: Option<i64>, review: Option<i64>) -> Expired {
    let (reviewer_before, review_before) = (reviewer.map(at), review.map(at));
    let mut all = Expired::default();
    loop {
        let (fresh, now) = ([5; 32], at(9000));
        let expiring = Expiring { reviewer_before, review_before, fresh, at: now, limit: 2 };
        let some = store.expire(expiring).await.unwrap();
        all.reviewers += some.reviewers;
        all.reviews += some.reviews;
        all.notices += some.notices;
        if !some.more {
            return all;
        }
    }
}

/// Who wrote what was last told of before a moment is removed, the rest stays.
pub async fn reviewers_are_removed_after_their_time(store: impl Store) {
    for n in 0..7 {
        signed(&store, &format!("r-{n}"), "Claire D.").await;
    }
    let edit = written(EventKind::Edited, "r-3", 200, at(500));
    store.record(vec![arrival("r-3", edit, at(500))]).await.unwrap();
    assert_eq!(expire(&store, Some(1), None).await, Expired::default(), "none is old yet");
    let removed = expire(&store, Some(100), None).await;
    assert_eq!((removed.reviewers, removed.reviews), (6, 0));
    let review = store.review(&key("r-1")).await.unwrap().unwrap().review;
    let content = review.written().unwrap();
    assert_eq!((content.author.as_deref(), content.text.as_str()), (None, "text of r-1"));
    assert_eq!(review.reviewer_removed_at, Some(at(9000)));
    assert_eq!(expire(&store, Some(100), None).await, Expired::default(), "once");
    signed(&store, "r-8", "Claire E.").await;
    assert_eq!(expire(&store, Some(100), None).await.reviewers, 1, "it goes on from there");
}

/// The texts of what was last told of before a moment go, and stay gone; one that was edited later
/// is kept from then on, and goes in its turn.
pub async fn reviews_are_erased_after_their_time(store: impl Store) {
    for n in 0..5 {
        post(&store, &format!("r-{n}"), 200, 1).await;
    }
    let late = answered("r-0", at(400));
    store.record(vec![arrival("r-0", late, at(401))]).await.unwrap();
    let kept = notice("kept", &key("r-1"), at(10));
    let id = kept.id.clone();
    make(&store, "r-1", vec![kept]).await;
    store.claim(&id, "t", at(8950), at(9100)).await.unwrap().unwrap();
    let gone = expire(&store, None, Some(100)).await;
    assert_eq!(gone.reviews, 3, "one was told of later, of one a message is under way");
    for (n, erased) in [(0, false), (1, false), (2, true), (3, true), (4, true)] {
        let stored = store.review(&key(&format!("r-{n}"))).await.unwrap().unwrap();
        assert_eq!(stored.review.is_erased(), erased, "r-{n}");
    }
    assert_eq!(post(&store, "r-2", 200, 1).await.outcome, Outcome::Duplicate);
    store.settle(&id, "t", sent(), at(8960)).await.unwrap();
    let next = expire(&store, None, Some(100)).await;
    assert_eq!((next.reviews, next.notices), (1, 1), "its message has gone, and is old itself");
    assert_eq!(store.notice(&id).await.unwrap(), None);
    let event = Rejected {
        id: "a".to_owned(),
        source: key("x").source,
        at: at(1),
        reason: "no rating".to_owned(),
        event: "{}".to_owned(),
        headers: Vec::new(),
    };
    store.reject(vec![event]).await.unwrap();
    assert_eq!(expire(&store, None, Some(402)).await.reviews, 1, "the other is old now");
    assert_eq!(store.rejected(at(2)).await.unwrap(), Vec::new(), "and so is an event");
    assert_eq!(expire(&store, None, Some(402)).await, Expired::default(), "once");
}

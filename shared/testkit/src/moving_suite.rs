//! The laws of moving: everything is a piece, and what was put in is as if it had been made here.

use std::collections::BTreeMap;

use vigie_domain::notice::{NoticeId, NoticeState};
use vigie_domain::{Brand, Matter, SecretRef, Trouble};
use vigie_ports::{
    Brought, Erasing, Erasure, Mark, Moving, Noted, NoticeFilter, Page, Piece, Redriven, Rejected,
    Settlement, Standing, Store, Written,
};

use crate::build::{answered, arrival, at, key};
use crate::open_suite::open_at;
use crate::store_suite::{notice, post, sent, verdict};

/// Every piece of a store, by its name.
pub async fn all(store: &impl Moving) -> BTreeMap<String, Piece> {
    let mut all = BTreeMap::new();
    let mut after: Option<Mark> = None;
    loop {
        let Page { pieces, next } = store.pieces(after).await.unwrap();
        for piece in pieces {
            let name = piece.name();
            assert!(all.insert(name.clone(), piece).is_none(), "{name} came twice");
        }
        match next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

/// A store with something of every sort in it: notices in every state, an erased review, an
/// answered one, one that waits for a decision.
pub async fn furnish(store: &impl Store) {
    for (n, id) in ["r-sent", "r-held", "r-dead", "r-sending", "r-erased"].iter().enumerate() {
        post(store, id, 200, 1 + n as i64).await;
        let mut verdict = verdict(store, id, vec![notice(id, &key(id), at(10))], 20).await;
        verdict.step_at = Some(at(5000 + n as i64));
        assert_eq!(store.decide(verdict).await.unwrap(), Written::Done);
    }
    post(store, "r-undecided", 100, 3).await;
    post(store, "r-good", 500, 4).await;
    let told = answered("r-held", at(60));
    store.record(vec![arrival("r-held", told, at(61))]).await.unwrap();
    let retry = |reason: &str| reason.to_owned();
    let ends = [
        ("r-sent", Some(sent())),
        ("r-held", Some(Settlement::Held { until: at(9000), reason: retry("it is night") })),
        ("r-dead", Some(Settlement::Dead { reason: retry("no such mailbox"), unknown: false })),
        ("r-sending", None),
    ];
    for (id, settlement) in ends {
        let id = NoticeId::of([id]);
        store.claim(&id, "t", at(30), at(120)).await.unwrap().unwrap();
        if let Some(settlement) = settlement {
            let settled = store.settle(&id, "t", settlement, at(31)).await.unwrap();
            assert_eq!(settled, Written::Done);
        }
    }
    let erasing = Erasing { key: key("r-erased"), fresh: [5; 32], at: at(40), dry: false };
    assert!(matches!(store.erase(erasing).await.unwrap(), Erasure::Done(_)));
    let rejected = Rejected {
        id: "e-1".to_owned(),
        source: key("x").source,
        at: at(50),
        reason: "no rating".to_owned(),
        event: r#"{"id":"x"}"#.to_owned(),
        headers: vec![("x-topic".to_owned(), "review".to_owned())],
    };
    store.reject(vec![rejected]).await.unwrap();
    let trouble = Trouble::with(Matter::Refused, "lumen-site", "signature-mismatch");
    let brought = Brought {
        accepted: 7,
        refused: 1,
        accepted_at: Some(at(70)),
        refused_last: Some((at(71), "signature-mismatch".to_owned())),
    };
    let sources = vec![(key("x").source, brought)];
    store.note(Noted { troubles: vec![(trouble, 2, at(70), at(71))], sources }).await.unwrap();
    store.desk_key([9; 32]).await.unwrap();
}

/// What is taken out and put back is the same, and is found in every way as before.
pub async fn what_is_put_in_is_as_if_made_here(store: impl Store + Moving) {
    furnish(&store).await;
    let before = all(&store).await;
    let sorts: std::collections::BTreeSet<_> = before.values().map(Piece::sort).collect();
    assert_eq!(sorts.len(), 7, "{sorts:?}");
    let seen = seen(&store).await;
    store.drop_pieces(before.values().cloned().collect()).await.unwrap();
    assert_eq!(store.notices(NoticeFilter::default()).await.unwrap(), []);
    assert_eq!(store.review(&key("r-sent")).await.unwrap(), None);
    let kept: Vec<_> = all(&store).await.into_keys().collect();
    assert_eq!(kept, ["keys/"], "keys stay");
    put(&store, before.values().cloned().collect()).await;
    assert_eq!(all(&store).await, before);
    // Where secrets are is each home's own.
    store.apply(vec![Brand::sample()], at(200)).await.unwrap();
    assert_eq!(self::seen(&store).await, seen);
}

/// Puts pieces in until none has to come again.
pub async fn put(store: &impl Moving, pieces: Vec<Piece>) {
    let later = store.put_pieces(pieces.clone()).await.unwrap();
    let again = pieces.into_iter().filter(|piece| later.contains(&piece.name())).collect();
    assert_eq!(store.put_pieces(again).await.unwrap(), Vec::<String>::new());
}

/// What other methods of the port see, as text.
async fn seen(store: &impl Store) -> String {
    let mut seen = Vec::new();
    for id in ["r-sent", "r-held", "r-dead", "r-sending", "r-erased", "r-undecided", "r-good"] {
        let review = store.review(&key(id)).await.unwrap();
        let number = review.as_ref().unwrap().number;
        seen.push(format!("{review:?} {:?}", store.by_number(number).await.unwrap() == review));
        let filter = NoticeFilter { review: Some(key(id)), ..NoticeFilter::default() };
        seen.push(format!("{:?}", store.notices(filter).await.unwrap()));
        let to = "service".parse().unwrap();
        seen.push(format!("{:?}", store.first_subject(&key(id), &to).await.unwrap()));
    }
    for state in NoticeState::ALL {
        let filter = NoticeFilter { state: Some(state), ..NoticeFilter::default() };
        seen.push(format!("{state:?} {:?}", store.notices(filter).await.unwrap()));
    }
    let brand = &crate::build::brand().brand.id;
    let mut due = store.due(at(10_000), 100).await.unwrap();
    due.sort_by_key(|due| format!("{due:?}"));
    seen.push(format!("{due:?}"));
    seen.push(format!("{:?}", store.brands().await.unwrap()));
    seen.push(format!("{:?}", store.brand_of(&key("x").source).await.unwrap()));
    seen.push(format!("{:?}", open_at(store, 10_000).await));
    seen.push(format!("{:?}", store.settled_between(brand, at(0), at(10_000)).await.unwrap()));
    seen.push(format!("{:?}", store.received_between(brand, at(0), at(10_000)).await.unwrap()));
    seen.push(format!("{:?}", store.steps_until(brand, at(10_000)).await.unwrap()));
    seen.push(format!("{:?}", store.troubles().await.unwrap()));
    seen.push(format!("{:?}", store.rhythms().await.unwrap()));
    seen.push(format!("{:?}", store.rejected(at(100)).await.unwrap()));
    seen.join("\n")
}

/// The same pieces again change nothing; other ones take the place of the former.
pub async fn pieces_put_again_are_there_once(store: impl Store + Moving) {
    furnish(&store).await;
    let before = all(&store).await;
    put(&store, before.values().cloned().collect()).await;
    assert_eq!(all(&store).await, before);
    let id = NoticeId::of(["r-dead"]);
    let former = before[&format!("notices/{id}")].clone();
    assert_eq!(store.redrive(&id, at(80)).await.unwrap(), Redriven::Yes);
    assert_ne!(all(&store).await, before);
    put(&store, vec![former]).await;
    assert_eq!(all(&store).await, before);
}

/// A piece of an erased review takes the place of the review as it was.
pub async fn an_erased_piece_leaves_nothing_of_the_former(store: impl Store + Moving) {
    post(&store, "r-1", 200, 1).await;
    let before = all(&store).await;
    let erasing = Erasing { key: key("r-1"), fresh: [5; 32], at: at(40), dry: false };
    store.erase(erasing).await.unwrap();
    let erased = all(&store).await;
    // The keys come too: what hides the erased key is made with them.
    let former = before.into_values().filter(|piece| piece.sort() == "reviews").collect();
    put(&store, former).await;
    put(&store, erased.values().cloned().collect()).await;
    assert_eq!(all(&store).await, erased);
    assert!(store.review(&key("r-1")).await.unwrap().unwrap().review.is_erased());
    let again = post(&store, "r-1", 200, 1).await;
    assert_eq!(again.outcome, vigie_domain::Outcome::Duplicate);
}

/// New reviews have numbers that none of those has that came.
pub async fn numbers_go_on_behind_those_that_came(store: impl Store + Moving) {
    let first = post(&store, "r-1", 200, 1).await.number;
    let mut pieces = all(&store).await;
    let Some(Piece::Review(moved)) = pieces.remove(&format!("reviews/{}", first.0)) else {
        unreachable!("it is a piece");
    };
    let mut far = *moved;
    far.stored.number.0 = 10_000;
    far.stored.review.key = key("r-far");
    put(&store, vec![Piece::Review(Box::new(far))]).await;
    // A process that began before has some numbers left.
    let mut numbers = std::collections::BTreeSet::from([first.0, 10_000]);
    for n in 0..200 {
        let number = post(&store, &format!("r-new-{n}"), 500, 2).await.number;
        assert!(numbers.insert(number.0), "{number:?} was given twice");
    }
    assert!(numbers.last().is_some_and(|last| *last > 10_000), "{numbers:?}");
}

/// A home stands elsewhere on condition that it stood as it was seen.
pub async fn a_home_stands_elsewhere_only_as_it_was_seen(store: impl Store + Moving) {
    assert_eq!(store.standing().await.unwrap(), Standing::Open);
    let filling = Standing::Filling { from: "a store".to_owned(), is_whole: false };
    let left = Standing::Left { to: "https://there.example".to_owned() };
    assert_eq!(store.stand(&filling, &left).await.unwrap(), Written::Moved);
    assert_eq!(store.stand(&Standing::Open, &filling).await.unwrap(), Written::Done);
    assert_eq!(store.standing().await.unwrap(), filling);
    assert_eq!(store.stand(&Standing::Open, &left).await.unwrap(), Written::Moved);
    let leaving = Standing::Leaving { to: "https://there.example".to_owned(), until: at(60) };
    assert_eq!(store.stand(&filling, &leaving).await.unwrap(), Written::Done);
    let later = Standing::Leaving { to: "https://there.example".to_owned(), until: at(90) };
    assert_eq!(store.stand(&later, &Standing::Open).await.unwrap(), Written::Moved);
    assert_eq!(store.stand(&leaving, &Standing::Open).await.unwrap(), Written::Done);
    assert_eq!(store.standing().await.unwrap(), Standing::Open);
}

/// A store is new until it has had a review, and has a name that goes with its key.
pub async fn a_store_is_new_until_its_first_review(store: impl Store + Moving) {
    assert!(store.is_new().await.unwrap());
    store.desk_key([9; 32]).await.unwrap();
    let name = store.name().await.unwrap();
    assert_eq!(store.name().await.unwrap(), name);
    assert!(!name.contains("0909"), "{name} shows the key");
    post(&store, "r-1", 200, 1).await;
    assert!(!store.is_new().await.unwrap());
}

/// A brand that moves keeps the secrets that were applied in its new home, and brings none.
pub async fn a_brand_has_the_secrets_that_its_home_applied(store: impl Store + Moving) {
    let other = |secret: &str| {
        let mut brand = Brand::sample();
        brand.sources[0].secrets = vec![SecretRef::Ssm(secret.to_owned())];
        brand
    };
    store.apply(vec![other("/vigie/there/1")], at(1)).await.unwrap();
    let pieces = all(&store).await;
    assert!(!format!("{pieces:?}").contains("/vigie/there"), "{pieces:?}");
    store.apply(vec![other("/vigie/here/1")], at(2)).await.unwrap();
    put(&store, pieces.values().cloned().collect()).await;
    let here = store.brand(&Brand::sample().id).await.unwrap().unwrap();
    assert_eq!(here.brand, other("/vigie/here/1"));
}

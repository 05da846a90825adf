//! The laws of who said something first: what tells a review from its copy.

use vigie_domain::copies::words;
use vigie_domain::{Content, Digest, EventKind, ReviewEvent, Stars, Told, Version};
use vigie_ports::{Erasing, Erasure, Store};

use crate::build::{arrival, at, key};

/// Whoever says it first stays the first, also when it says it again; nobody else becomes it.
pub async fn the_first_to_say_something_is_remembered(store: impl Store) {
    let (one, other) = (Digest::of_bytes(b"one"), Digest::of_bytes(b"other"));
    let (r1, r2) = (key("r-1"), key("r-2"));
    for by in [&r1, &r2, &r1] {
        assert_eq!(store.first_to_say(&one, by, at(1), at(9)).await.unwrap(), r1);
    }
    assert_eq!(store.first_to_say(&other, &r2, at(1), at(9)).await.unwrap(), r2);
}

/// What was said too long ago is said first by whoever says it next.
pub async fn what_was_said_long_ago_is_forgotten(store: impl Store) {
    let words = Digest::of_bytes(b"one");
    let (r1, r2) = (key("r-1"), key("r-2"));
    assert_eq!(store.first_to_say(&words, &r1, at(1), at(9)).await.unwrap(), r1);
    assert_eq!(store.first_to_say(&words, &r2, at(8), at(16)).await.unwrap(), r1);
    assert_eq!(store.first_to_say(&words, &r2, at(9), at(17)).await.unwrap(), r2);
    assert_eq!(store.first_to_say(&words, &r1, at(10), at(18)).await.unwrap(), r2);
}

/// Of two that say it at once, one is the first.
pub async fn of_two_at_once_one_is_the_first(store: impl Store) {
    let words = Digest::of_bytes(b"one");
    let (r1, r2) = (key("r-1"), key("r-2"));
    let both = futures_util::future::join(
        store.first_to_say(&words, &r1, at(1), at(9)),
        store.first_to_say(&words, &r2, at(1), at(9)),
    );
    let (one, other) = both.await;
    assert_eq!(one.unwrap(), other.unwrap());
}

/// Of an erased review not even the digest of what it said is kept.
pub async fn what_an_erased_review_said_first_is_forgotten(store: impl Store) {
    let content = Content {
        author: Some("Claire D.".to_owned()),
        text: "La lampe est comme sur la photo.".to_owned(),
        stars: Some(Stars::FIVE),
        ..Content::default()
    };
    let (r1, r2) = (key("r-1"), key("r-2"));
    let told = Told::Event(Box::new(ReviewEvent {
        kind: EventKind::Posted,
        external_id: r1.external_id.clone(),
        version: Some(Version::Time(at(1))),
        content: Some(content.clone()),
        reply: None,
    }));
    let arrival = arrival("r-1", told, at(1));
    let said = words(&arrival.brand.brand.id, &content).unwrap();
    store.record(vec![arrival]).await.unwrap();
    assert_eq!(store.first_to_say(&said, &r1, at(1), at(99)).await.unwrap(), r1);
    let erasing = Erasing { key: r1, fresh: [5; 32], at: at(2), dry: false };
    assert!(matches!(store.erase(erasing).await.unwrap(), Erasure::Done(_)));
    assert_eq!(store.first_to_say(&said, &r2, at(3), at(99)).await.unwrap(), r2);
}

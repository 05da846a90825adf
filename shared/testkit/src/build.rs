//! Short ways to make what tests speak of.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use vigie_domain::{
    Brand, Content, EventKind, ExternalId, Reply, ReviewEvent, ReviewKey, Stars, Told, Version,
};
use vigie_ports::{Arrival, BrandInForce};

/// Noon of 20 November 2026, UTC, plus seconds.
pub fn at(seconds: i64) -> Timestamp {
    let noon: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    noon + SignedDuration::from_secs(seconds)
}

/// The sample brand, in force.
pub fn brand() -> Arc<BrandInForce> {
    Arc::new(BrandInForce::new(Brand::sample()))
}

/// A review's key on the sample brand's source.
pub fn key(id: &str) -> ReviewKey {
    let (external_id, _) = ExternalId::from_platform(id).unwrap();
    ReviewKey { source: "lumen-site".parse().unwrap(), external_id }
}

/// An event with content of so many hundredths of stars, changed and published at `when`.
pub fn written(kind: EventKind, id: &str, hundredths: u16, when: Timestamp) -> Told {
    let content = Content {
        stars: Stars::from_hundredths(hundredths),
        text: format!("note {hundredths}"),
        published_at: Some(when),
        ..Content::default()
    };
    Told::Event(Box::new(ReviewEvent {
        kind,
        external_id: key(id).external_id,
        version: Some(Version::Time(when)),
        content: Some(content),
        reply: None,
    }))
}

/// An answer made at `when`.
pub fn answered(id: &str, when: Timestamp) -> Told {
    Told::Event(Box::new(ReviewEvent {
        kind: EventKind::Answered,
        external_id: key(id).external_id,
        version: None,
        content: None,
        reply: Some(Reply { text: "Merci".to_owned(), at: Some(when) }),
    }))
}

/// Something told of a review of the sample brand.
pub fn arrival(id: &str, told: Told, when: Timestamp) -> Arrival {
    Arrival { key: key(id), brand: brand(), told, at: when, request: None }
}

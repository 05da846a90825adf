//! What makes no message: what is imported, and copies.

use vigie_domain::brand::Praise;
use vigie_domain::decide::WhyNot;
use vigie_domain::{
    Content, EventKind, ExternalId, Outcome, ReviewEvent, ReviewKey, State, Told, Version,
    decide_plain,
};

use crate::{Life, at, stars};

/// A row of an import: stars, published at an hour.
fn row(n: u16, published: f64, quiet: bool, close: Option<&str>) -> Told {
    let content = Content {
        stars: stars(n),
        text: format!("{n}"),
        published_at: Some(at(published)),
        ..Content::default()
    };
    let event = ReviewEvent {
        kind: EventKind::Posted,
        external_id: ExternalId::from_platform("r-1").unwrap().0,
        version: Some(Version::Time(at(published))),
        content: Some(content),
        reply: None,
    };
    Told::Imported { event: Box::new(event), quiet, close: close.map(str::to_owned) }
}

#[test]
fn what_is_imported_alerts_nobody_unless_asked_to() {
    let mut life = Life::new();
    life.brand.praise = Praise::Each;
    life.tell(&row(100, -1.0, true, None), at(0.0));
    let plain = decide_plain(life.review(), &life.brand, "v1", at(0.0)).unwrap();
    assert_eq!(plain.not_made.last().unwrap().why, WhyNot::Imported);
    assert!(life.alerts(0.0).is_empty());
    assert_eq!(life.why_not(), WhyNot::Imported);
    assert_eq!(life.review().promise(&life.brand).due_at, at(24.0), "due from when it was seen");
    assert_eq!(life.tell(&row(100, -1.0, true, None), at(1.0)), Outcome::Duplicate);
    life.tell(&row(500, 1.0, true, None), at(1.0));
    assert!(life.decide(1.0).notices.is_empty(), "nor is anybody praised");
    life.edited(200, 2.0);
    assert_eq!(life.alerts(2.0), ["service"], "what its webhook says later is news");
    let mut asked = Life::new();
    asked.tell(&row(100, -1.0, false, None), at(0.0));
    assert_eq!(asked.alerts(0.0), ["service"]);
}

#[test]
fn an_import_closes_what_is_long_past_once() {
    let mut life = Life::new();
    let told = row(100, -900.0, true, Some("before Vigie"));
    assert_eq!(life.tell(&told, at(0.0)), Outcome::Accepted);
    assert_eq!(life.review().state(), State::Closed);
    assert_eq!(life.tell(&told, at(1.0)), Outcome::Duplicate);
    let mut known = Life::new();
    known.tell(&row(100, -900.0, true, None), at(0.0));
    assert_eq!(known.tell(&told, at(1.0)), Outcome::Accepted, "it was open");
    assert_eq!(known.review().state(), State::Closed);
}

#[test]
fn a_copy_makes_no_message_until_it_is_split_off() {
    let first: ReviewKey = "lumen-google/g-1".parse().unwrap();
    let mut life = Life::new();
    life.brand.praise = Praise::Each;
    life.copy_of = Some(first.clone());
    life.posted(100, 0.0);
    assert!(life.decide(0.0).notices.is_empty());
    assert_eq!((life.why_not(), life.review().copy_of()), (WhyNot::Copy, Some(&first)));
    assert_eq!(life.review().step_at(&life.brand), None, "nor is anybody reminded");
    life.copy_of = None;
    life.edited(500, 1.0);
    assert!(life.decide(1.0).notices.is_empty(), "it stays one");
    life.edited(100, 2.0);
    assert!(life.decide(2.0).notices.is_empty());
    assert_eq!(life.tell(&Told::Split { from: first.clone() }, at(3.0)), Outcome::Accepted);
    assert_eq!(life.tell(&Told::Split { from: first.clone() }, at(3.0)), Outcome::Duplicate);
    life.copy_of = Some(first);
    assert_eq!(life.alerts(3.0), ["service"], "now it is a review of its own, for good");
    assert_eq!(life.review().copy_of(), None);
    assert!(life.review().step_at(&life.brand).is_some());
}

#[test]
fn a_review_knows_its_copies() {
    let copy: ReviewKey = "lumen-yext/y-1".parse().unwrap();
    let mut life = Life::new();
    life.posted(100, 0.0);
    life.alerts(0.0);
    assert_eq!(life.tell(&Told::Copied { by: copy.clone() }, at(1.0)), Outcome::Accepted);
    assert_eq!(life.tell(&Told::Copied { by: copy.clone() }, at(1.0)), Outcome::Duplicate);
    assert!(life.alerts(1.0).is_empty());
    assert_eq!(life.review().copies, std::slice::from_ref(&copy));
    assert_eq!(life.tell(&Told::Split { from: copy }, at(2.0)), Outcome::Accepted);
    assert_eq!(life.review().copies, []);
}

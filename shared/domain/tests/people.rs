//! Who hears: shops, trials, brands that are switched off, and their ladders.

#![expect(clippy::unwrap_used, reason = "a test stops where it finds a fault")]

use jiff::{SignedDuration, Timestamp};
use vigie_domain::brand::{Contact, Gets, Praise, Route, Shop};
use vigie_domain::climb::StepDue;
use vigie_domain::decide::WhyNot;
use vigie_domain::notice::{Kind, NewNotice, Why};
use vigie_domain::{
    Assessment, Brand, Channel, Content, Deliver, EventKind, ExternalId, Review, ReviewEvent,
    Severity, Stars, Subject, Told, Version, climb, decide, record,
};

fn at(hours: i64) -> Timestamp {
    "2026-11-20T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

fn contact(id: &str) -> Contact {
    let email = format!("{id}@lumen.example");
    Contact { id: id.parse().unwrap(), name: id.to_owned(), email, gets: Vec::new() }
}

/// The sample brand with two shops: Lyon has people, Nantes has none of its own.
fn with_shops() -> Brand {
    let mut brand = Brand::sample();
    brand.contacts.extend([contact("lyon-chief"), contact("lyon-second")]);
    let shop = |id: &str, name: &str, says: &[&str], people: &[&str]| Shop {
        id: id.parse().unwrap(),
        name: name.to_owned(),
        says: says.iter().map(|&says| says.to_owned()).collect(),
        contacts: people.iter().map(|id| id.parse().unwrap()).collect(),
    };
    brand.shops = vec![
        shop("lyon", "Lyon Part-Dieu", &["locations/2", "LYON-01"], &["lyon-chief", "lyon-second"]),
        shop("nantes", "Nantes", &[], &[]),
    ];
    brand
}

/// A review of these stars at a place, heard of at hour 0.
fn review(brand: &Brand, hundredths: u16, location: Option<&str>) -> Review {
    tell(None, brand, EventKind::Posted, hundredths, location, 0)
}

fn tell(
    known: Option<Review>,
    brand: &Brand,
    kind: EventKind,
    hundredths: u16,
    location: Option<&str>,
    hour: i64,
) -> Review {
    let content = Content {
        stars: Stars::from_hundredths(hundredths),
        location: location.map(str::to_owned),
        text: hour.to_string(),
        published_at: Some(at(0)),
        ..Content::default()
    };
    let event = ReviewEvent {
        kind,
        external_id: ExternalId::from_platform("r-1").unwrap().0,
        version: Some(Version::Time(at(hour))),
        content: Some(content),
        reply: None,
    };
    let key = "lumen-site/r-1".parse().unwrap();
    record(known, &key, &brand.id, &Told::Event(Box::new(event)), at(hour)).0
}

/// Decides a review at an hour and stores the decision with it; gives the notices.
fn decided(review: &mut Review, brand: &Brand, severity: Severity, hour: i64) -> Vec<NewNotice> {
    decided_telling(review, brand, severity, hour, &[])
}

/// Decides a change where the alerts of some were cancelled before they were sent.
fn decided_telling(
    review: &mut Review,
    brand: &Brand,
    severity: Severity,
    hour: i64,
    untold: &[&str],
) -> Vec<NewNotice> {
    let assessment = Assessment { severity, ..Assessment::default() };
    let untold: Vec<_> = untold.iter().map(|id| id.parse().unwrap()).collect();
    let decision = decide(review, brand, "v1", at(hour), |_| assessment, &untold, None);
    review.apply_decision(decision.decided, at(hour));
    decision.notices
}

fn to(notices: &[NewNotice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.to.as_str()).collect()
}

fn alerted(brand: &Brand, location: Option<&str>) -> Vec<String> {
    let mut review = review(brand, 200, location);
    let notices = decided(&mut review, brand, Severity::Low, 0);
    to(&notices).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_shops_people_get_its_alerts_instead_of_the_brands() {
    let brand = with_shops();
    for place in ["locations/2", "LYON-01", "lyon-01 ", "lyon", "Lyon Part-Dieu", "LYON PART-DIEU"]
    {
        assert_eq!(alerted(&brand, Some(place)), ["lyon-chief", "lyon-second"], "{place}");
    }
    for place in [None, Some("nantes"), Some("Lille"), Some("locations/20"), Some("")] {
        assert_eq!(alerted(&brand, place), ["service"], "{place:?}");
    }
}

#[test]
fn a_source_of_one_shop_brings_that_shops_reviews_whatever_the_place_says() {
    let mut brand = with_shops();
    brand.sources[0].shop = Some("lyon".parse().unwrap());
    assert_eq!(alerted(&brand, None), ["lyon-chief", "lyon-second"]);
    assert_eq!(alerted(&brand, Some("nantes")), ["lyon-chief", "lyon-second"]);
}

#[test]
fn why_a_shops_contact_hears_and_the_others_do_not() {
    let brand = with_shops();
    let mut review = review(&brand, 200, Some("lyon"));
    let notices = decided(&mut review, &brand, Severity::Low, 0);
    for notice in &notices {
        assert!(matches!(&notice.subject, Subject::Review { why: Why::Shop, .. }));
    }
    let not_made = &review.decided.as_ref().unwrap().not_made;
    assert!(not_made.iter().any(|one| one.why == WhyNot::OfAShop && one.to.is_none()));
}

#[test]
fn a_route_may_ask_for_the_shop_and_wins_over_its_people() {
    let mut brand = with_shops();
    brand.routes = vec![Route {
        shops: vec!["lyon".parse().unwrap()],
        to: vec![(Channel::Email, "direction".parse().unwrap())],
        ..Route::default()
    }];
    assert_eq!(alerted(&brand, Some("lyon")), ["direction"]);
    assert_eq!(alerted(&brand, Some("nantes")), ["service"]);
    assert_eq!(alerted(&brand, None), ["service"], "no shop is not that shop");
}

#[test]
fn a_critical_review_of_a_shop_goes_to_management_too() {
    let brand = with_shops();
    let mut review = review(&brand, 100, Some("lyon"));
    let notices = decided(&mut review, &brand, Severity::Critical, 0);
    assert_eq!(to(&notices), ["lyon-chief", "lyon-second", "direction"]);
}

#[test]
fn praise_of_a_shop_goes_to_its_people() {
    let mut brand = with_shops();
    brand.praise = Praise::Each;
    let mut good = review(&brand, 500, Some("lyon"));
    assert_eq!(to(&decided(&mut good, &brand, Severity::Low, 0)), ["lyon-chief", "lyon-second"]);
    assert_eq!(brand.who_gets_of(Gets::Report, &good), brand.who_gets(Gets::Report));
}

#[test]
fn a_step_to_the_shop_reaches_the_people_of_the_reviews_shop() {
    let mut brand = with_shops();
    brand.escalate[0].to_shop = true;
    let climbed = |place: Option<&str>| {
        let mut review = review(&brand, 200, place);
        decided(&mut review, &brand, Severity::Low, 0);
        let (steps, _) = climb(&review, &brand, at(20)).unwrap();
        steps.iter().map(|step| step.notice.to.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(climbed(Some("lyon")), ["lyon-chief", "lyon-second", "service"]);
    assert_eq!(climbed(None), ["service"], "where it is of none, those who got the alert");
}

#[test]
fn on_trial_the_operator_gets_one_message_for_all_and_the_steps_too() {
    let mut brand = with_shops();
    brand.deliver = Deliver::Trial;
    let mut review = review(&brand, 200, Some("lyon"));
    let notices = decided(&mut review, &brand, Severity::Low, 0);
    assert_eq!(to(&notices), ["operator"]);
    let meant: Vec<_> = notices[0].meant_for.iter().map(ToString::to_string).collect();
    assert_eq!(meant, ["lyon-chief", "lyon-second"]);
    let (steps, _) = climb(&review, &brand, at(24)).unwrap();
    let shown = |step: &StepDue| (step.notice.to.to_string(), step.notice.meant_for[0].to_string());
    let shown: Vec<_> = steps.iter().map(shown).collect();
    let operator = |meant: &str| ("operator".to_owned(), meant.to_owned());
    assert_eq!(shown, [operator("service"), operator("direction")]);
}

#[test]
fn turning_live_sends_nothing_for_what_is_past_and_all_for_what_comes() {
    let mut brand = Brand::sample();
    brand.deliver = Deliver::Trial;
    let mut review = review(&brand, 300, None);
    decided(&mut review, &brand, Severity::Low, 0);
    brand.deliver = Deliver::Live;
    let (steps, _) = climb(&review, &brand, at(24)).unwrap();
    assert!(steps.is_empty(), "whoever never had the alert hears of no step");
    let edited = tell(Some(review), &brand, EventKind::Edited, 100, None, 2);
    let mut review = edited;
    assert_eq!(to(&decided(&mut review, &brand, Severity::Low, 2)), ["service"]);
    let (steps, _) = climb(&review, &brand, at(24)).unwrap();
    assert_eq!(steps.len(), 2, "from then on it is theirs");
}

#[test]
fn a_brand_that_is_off_only_records_and_says_why() {
    let mut brand = Brand::sample();
    (brand.deliver, brand.praise) = (Deliver::Off, Praise::Each);
    for hundredths in [100, 500] {
        let mut review = review(&brand, hundredths, None);
        assert!(decided(&mut review, &brand, Severity::Critical, 0).is_empty());
        let stored = review.decided.as_ref().unwrap();
        assert!(stored.not_made.iter().any(|one| one.why == WhyNot::DeliverOff));
        assert_eq!((stored.ladder, stored.good_at), (None, None));
        brand.deliver = Deliver::Live;
        let known = tell(Some(review), &brand, EventKind::Edited, hundredths, None, 1);
        let mut review = known;
        let after = decided(&mut review, &brand, Severity::Low, 1);
        let alerts = after.iter().filter(|notice| notice.kind == Kind::Alert);
        assert_eq!(alerts.count(), 0, "turning live sends nothing for what is past");
        brand.deliver = Deliver::Off;
    }
}

#[test]
fn an_alert_that_only_the_operator_missed_tells_nobody_once_live() {
    let mut brand = Brand::sample();
    brand.deliver = Deliver::Trial;
    let mut review = review(&brand, 200, None);
    decided(&mut review, &brand, Severity::Low, 0);
    // Withdrawn before the operator's alert went, and back after the brand went live.
    let mut gone = tell(Some(review), &brand, EventKind::Withdrawn, 200, None, 1);
    decided(&mut gone, &brand, Severity::Low, 1);
    brand.deliver = Deliver::Live;
    let mut back = tell(Some(gone), &brand, EventKind::Edited, 250, None, 2);
    let again = decided_telling(&mut back, &brand, Severity::Low, 2, &["operator"]);
    assert_eq!(to(&again), [""; 0]);
    let (steps, _) = climb(&back, &brand, at(24)).unwrap();
    assert!(steps.is_empty(), "whoever never had the alert hears of no step");
}

#[test]
fn an_alert_that_somebody_missed_goes_to_the_operator_on_trial() {
    let mut brand = Brand::sample();
    let mut review = review(&brand, 200, None);
    decided(&mut review, &brand, Severity::Low, 0);
    brand.deliver = Deliver::Trial;
    let mut edited = tell(Some(review), &brand, EventKind::Edited, 150, None, 1);
    let untold = decided_telling(&mut edited, &brand, Severity::Low, 1, &["service"]);
    assert_eq!(to(&untold), ["operator"]);
    assert!(edited.decided.unwrap().trial);
}

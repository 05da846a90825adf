//! "What makes what" of the contract, rule by rule, on the pure functions.

#![expect(clippy::unwrap_used, reason = "a test stops where it finds a fault")]

mod quiet;

use jiff::{SignedDuration, Timestamp};
use vigie_domain::brand::{Contact, Gets, Praise, Route};
use vigie_domain::decide::WhyNot;
use vigie_domain::notice::Kind;
use vigie_domain::{Assessment, Cause, CauseFound, Severity};
use vigie_domain::{
    Brand, Channel, Content, Decision, EventKind, ExternalId, Outcome, Reply, Review, ReviewEvent,
    ReviewKey, Stars, State, Told, Version, decide, record,
};

/// 2026-11-20T12:00:00Z, plus hours.
fn at(hours: f64) -> Timestamp {
    let noon: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
    noon + SignedDuration::from_secs_f64(hours * 3600.0)
}

fn stars(n: u16) -> Option<Stars> {
    Stars::from_hundredths(n)
}

/// A review's life, told step by step.
struct Life {
    brand: Brand,
    review: Option<Review>,
    severity: Severity,
    causes: Vec<Cause>,
    copy_of: Option<ReviewKey>,
}

impl Life {
    fn new() -> Self {
        let (severity, causes, copy_of) = (Severity::Low, Vec::new(), None);
        Self { brand: Brand::sample(), review: None, severity, causes, copy_of }
    }

    fn tell(&mut self, told: &Told, now: Timestamp) -> Outcome {
        let key = "lumen-site/r-1".parse().unwrap();
        let (review, outcome) = record(self.review.take(), &key, &self.brand.id, told, now);
        self.review = Some(review);
        outcome
    }

    fn event(&mut self, kind: EventKind, edit: impl FnOnce(&mut ReviewEvent), now: f64) -> Outcome {
        let mut event = ReviewEvent {
            kind,
            external_id: ExternalId::from_platform("r-1").unwrap().0,
            version: None,
            content: None,
            reply: None,
        };
        edit(&mut event);
        self.tell(&Told::Event(Box::new(event)), at(now))
    }

    /// Content with these stars, published at an hour and changed at another.
    fn written(
        &mut self,
        kind: EventKind,
        n: u16,
        published: f64,
        changed: f64,
        now: f64,
    ) -> Outcome {
        let content = Content {
            stars: stars(n),
            text: format!("{n}"),
            published_at: Some(at(published)),
            ..Content::default()
        };
        let version = Some(Version::Time(at(changed)));
        self.event(kind, |e| (e.content, e.version) = (Some(content), version), now)
    }

    fn posted(&mut self, n: u16, now: f64) -> Outcome {
        self.written(EventKind::Posted, n, now, now, now)
    }

    fn edited(&mut self, n: u16, now: f64) -> Outcome {
        let published = self.review().published();
        let hours = published.duration_since(at(0.0)).as_secs_f64() / 3600.0;
        self.written(EventKind::Edited, n, hours, now, now)
    }

    fn answered(&mut self, of: f64, now: f64) -> Outcome {
        let reply = Reply { text: "Merci".to_owned(), at: Some(at(of)) };
        self.event(EventKind::Answered, |e| e.reply = Some(reply), now)
    }

    fn withdrawn(&mut self, now: f64) -> Outcome {
        let version = Some(Version::Time(at(now)));
        self.event(EventKind::Withdrawn, |e| e.version = version, now)
    }

    fn review(&self) -> &Review {
        self.review.as_ref().unwrap()
    }

    fn decide_telling(&mut self, now: f64, untold: &[&str]) -> Decision {
        let untold: Vec<_> = untold.iter().map(|id| id.parse().unwrap()).collect();
        let assessment = Assessment {
            severity: self.severity,
            causes: self
                .causes
                .iter()
                .map(|id| CauseFound { id: *id, score: 1.0, evidence: Vec::new() })
                .collect(),
            ..Assessment::default()
        };
        let first = self.copy_of.as_ref();
        let decision =
            decide(self.review(), &self.brand, "v1", at(now), |_| assessment, &untold, first);
        let review = self.review.as_mut().unwrap();
        review.apply_decision(decision.decided.clone(), at(now));
        decision
    }

    fn decide(&mut self, now: f64) -> Decision {
        self.decide_telling(now, &[])
    }

    /// Who gets an alert for what was told until now.
    fn alerts(&mut self, now: f64) -> Vec<String> {
        let decision = self.decide(now);
        recipients(&decision, Kind::Alert)
    }

    fn why_not(&self) -> WhyNot {
        self.review().decided.as_ref().unwrap().not_made.last().unwrap().why
    }
}

fn recipients(decision: &Decision, kind: Kind) -> Vec<String> {
    let of_kind = decision.notices.iter().filter(|new| new.kind == kind);
    of_kind.map(|new| new.to.to_string()).collect()
}

#[test]
fn a_review_first_known_under_the_threshold_makes_an_alert() {
    for (n, alerted) in [(0, true), (200, true), (399, true), (400, false), (500, false)] {
        let mut life = Life::new();
        life.posted(n, 0.0);
        assert_eq!(!life.alerts(0.0).is_empty(), alerted, "{n}");
    }
}

#[test]
fn an_edit_that_crosses_the_threshold_makes_one_alert() {
    let mut life = Life::new();
    life.posted(400, 0.0);
    assert!(life.alerts(0.0).is_empty());
    life.edited(399, 1.0);
    assert_eq!(life.alerts(1.0), ["service"]);
    life.edited(399, 2.0);
    assert!(life.alerts(2.0).is_empty());
    assert_eq!(life.why_not(), WhyNot::AlreadyTold);
}

#[test]
fn an_edit_of_one_already_under_alerts_when_it_falls_by_a_star() {
    for (to, alerted) in [(251, false), (250, true), (100, true), (350, false)] {
        let mut life = Life::new();
        life.posted(350, 0.0);
        life.alerts(0.0);
        life.edited(to, 1.0);
        assert_eq!(!life.alerts(1.0).is_empty(), alerted, "3.5 to {to}");
    }
}

#[test]
fn falls_add_up_from_the_last_edit_not_from_the_first() {
    let mut life = Life::new();
    life.posted(350, 0.0);
    life.alerts(0.0);
    for (hour, n) in [(1.0, 300), (2.0, 250)] {
        life.edited(n, hour);
        assert!(life.alerts(hour).is_empty(), "each edit is compared with what it changed");
    }
}

#[test]
fn a_review_without_a_readable_rating_makes_no_alert_and_climbs_no_ladder() {
    let mut life = Life::new();
    life.event(EventKind::Posted, |e| e.content = Some(Content::default()), 0.0);
    let decision = life.decide(0.0);
    assert!(decision.notices.is_empty() && decision.step_at.is_none());
    assert_eq!(life.why_not(), WhyNot::NoRating);
}

#[test]
fn a_review_found_late_makes_no_alert_and_is_due_from_when_it_was_seen() {
    let mut life = Life::new();
    life.written(EventKind::Posted, 100, -7.0 * 24.0 - 0.1, -170.0, 0.0);
    assert!(life.alerts(0.0).is_empty());
    assert_eq!(life.why_not(), WhyNot::FoundLate);
    assert_eq!(life.review().promise(&life.brand).due_at, at(24.0));
    assert_eq!(life.review().step_at(&life.brand), None);
    let mut young = Life::new();
    young.written(EventKind::Posted, 100, -7.0 * 24.0, -168.0, 0.0);
    assert_eq!(young.alerts(0.0), ["service"], "exactly alert_within is not late");
}

#[test]
fn the_promise_counts_from_publication_and_never_later_than_receipt() {
    let mut life = Life::new();
    life.written(EventKind::Posted, 100, -3.0, -3.0, 0.0);
    life.decide(0.0);
    assert_eq!(life.review().promise(&life.brand).due_at, at(21.0));
    let mut ahead = Life::new();
    ahead.written(EventKind::Posted, 100, 5.0, 5.0, 0.0);
    ahead.decide(0.0);
    assert_eq!(ahead.review().promise(&ahead.brand).due_at, at(24.0));
}

#[test]
fn an_answer_ends_the_promise_and_only_an_alerting_edit_after_it_reopens() {
    let mut life = Life::new();
    life.posted(500, 0.0);
    life.decide(0.0);
    life.answered(1.0, 1.0);
    life.decide(1.0);
    assert_eq!(life.review().state(), State::Answered);
    life.edited(450, 2.0);
    assert!(life.alerts(2.0).is_empty());
    assert_eq!(life.review().state(), State::Answered, "still good: nothing to reopen for");
    life.edited(200, 3.0);
    assert_eq!(life.alerts(3.0), ["service"]);
    assert_eq!(life.review().state(), State::Open);
    assert_eq!(life.review().promise(&life.brand).due_at, at(27.0), "it counts from the edit");
    life.answered(4.0, 4.0);
    assert_eq!(life.review().state(), State::Answered);
}

#[test]
fn an_answer_that_arrives_after_the_edit_but_is_older_does_not_settle_it() {
    let mut life = Life::new();
    life.posted(500, 0.0);
    life.decide(0.0);
    life.answered(1.0, 1.0);
    life.decide(1.0);
    life.edited(200, 3.0);
    life.decide(3.0);
    life.answered(2.0, 4.0);
    assert_eq!(life.review().state(), State::Open);
}

#[test]
fn an_answer_that_comes_first_is_accepted_and_the_review_is_answered() {
    let mut life = Life::new();
    assert_eq!(life.answered(1.0, 1.0), Outcome::Accepted);
    life.decide(1.0);
    assert_eq!(life.written(EventKind::Posted, 100, 0.0, 0.0, 2.0), Outcome::Accepted);
    assert!(life.alerts(2.0).is_empty());
    assert_eq!(life.review().state(), State::Answered);
}

#[test]
fn a_withdrawal_closes_and_a_newer_post_reopens_with_the_first_publication_time() {
    let mut life = Life::new();
    life.posted(100, 0.0);
    assert_eq!(life.alerts(0.0), ["service"]);
    life.withdrawn(1.0);
    life.decide(1.0);
    assert_eq!(life.review().state(), State::Withdrawn);
    assert_eq!(life.review().step_at(&life.brand), None);
    life.written(EventKind::Posted, 100, 2.0, 2.0, 2.0);
    let decision = life.decide(2.0);
    assert!(decision.notices.is_empty(), "no alert is repeated that was sent");
    assert_eq!(life.review().state(), State::Open);
    assert_eq!(life.review().promise(&life.brand).due_at, at(24.0));
    assert_eq!(decision.step_at, Some(at(20.0)), "and the ladder goes on");
}

#[test]
fn an_alert_that_a_withdrawal_cancelled_is_made_when_the_review_returns() {
    let mut life = Life::new();
    life.posted(100, 0.0);
    life.decide(0.0);
    life.withdrawn(1.0);
    life.decide(1.0);
    life.written(EventKind::Posted, 100, 0.0, 2.0, 2.0);
    let decision = life.decide_telling(2.0, &["service"]);
    assert_eq!(recipients(&decision, Kind::Alert), ["service"]);
}

#[test]
fn a_second_withdrawal_holds_back_a_post_between_the_two() {
    let mut life = Life::new();
    life.posted(100, 0.0);
    assert_eq!(life.withdrawn(1.0), Outcome::Accepted);
    assert_eq!(life.withdrawn(3.0), Outcome::Accepted, "it is newer, and must be kept");
    life.written(EventKind::Posted, 200, 0.0, 2.0, 4.0);
    assert_eq!(life.review().state(), State::Withdrawn);
}

#[test]
fn a_stale_and_a_repeated_event_change_nothing() {
    let mut life = Life::new();
    assert_eq!(life.written(EventKind::Edited, 300, 0.0, 5.0, 5.0), Outcome::Accepted);
    assert_eq!(life.written(EventKind::Posted, 500, 0.0, 1.0, 6.0), Outcome::Stale);
    assert_eq!(life.written(EventKind::Edited, 300, 0.0, 5.0, 7.0), Outcome::Duplicate);
    assert_eq!((life.review().stars(), life.review().revision), (stars(300), 1));
}

#[test]
fn without_a_platform_version_what_the_review_has_had_is_a_duplicate() {
    let mut life = Life::new();
    let mut say = |n: u16, now: f64| {
        let content = Content { stars: stars(n), ..Content::default() };
        life.event(EventKind::Edited, |e| e.content = Some(content), now)
    };
    assert_eq!(say(500, 0.0), Outcome::Accepted);
    assert_eq!(say(200, 1.0), Outcome::Accepted);
    assert_eq!(say(500, 2.0), Outcome::Duplicate, "a late copy of the first");
    assert_eq!(life.review().stars(), stars(200));
}

#[test]
fn any_order_of_arrival_ends_in_the_same_review() {
    type Tell = fn(&mut Life, f64) -> Outcome;
    let tellings: [Tell; 4] = [
        |life, now| life.written(EventKind::Posted, 500, 0.0, 0.0, now),
        |life, now| life.written(EventKind::Edited, 200, 0.0, 3.0, now),
        |life, now| life.written(EventKind::Edited, 300, 0.0, 2.0, now),
        |life, now| life.answered(4.0, now),
    ];
    let orders = [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]];
    let ends = orders.map(|order| {
        let mut life = Life::new();
        for (i, which) in order.into_iter().enumerate() {
            tellings[which](&mut life, 10.0 + i as f64);
            life.decide(10.0 + i as f64);
        }
        (life.review().stars(), life.review().state(), life.review().published())
    });
    assert!(ends.iter().all(|end| *end == (stars(200), State::Answered, at(0.0))), "{ends:?}");
}

#[test]
fn a_critical_review_goes_to_management_whatever_the_route_says() {
    let mut life = Life::new();
    life.severity = Severity::Critical;
    life.posted(100, 0.0);
    assert_eq!(life.alerts(0.0), ["service", "direction"]);
}

#[test]
fn the_first_route_that_matches_wins_unless_it_goes_on() {
    let route = |below: u16, to: &str, goes_on| Route {
        stars_below: stars(below),
        to: vec![(Channel::Email, to.parse().unwrap())],
        goes_on,
        ..Route::default()
    };
    let alerts = |routes: Vec<Route>, n| {
        let mut life = Life::new();
        life.brand.routes = routes;
        life.posted(n, 0.0);
        life.alerts(0.0)
    };
    let both = |goes_on| vec![route(300, "direction", goes_on), route(500, "service", false)];
    assert_eq!(alerts(both(false), 200), ["direction"]);
    assert_eq!(alerts(both(true), 200), ["direction", "service"]);
    assert_eq!(alerts(both(false), 350), ["service"]);
    assert_eq!(alerts(vec![route(100, "direction", false)], 350), ["service"], "none: who gets");
    assert!(alerts(both(true), 400).is_empty(), "a route never gates");
}

#[test]
fn every_condition_of_a_route_must_hold_and_any_value_of_a_list_is_enough() {
    let alerts = |causes: &[Cause]| {
        let mut life = Life::new();
        life.brand.routes = vec![Route {
            stars_below: stars(300),
            causes: vec![Cause::SafetyHealth, Cause::PrivacyData],
            to: vec![(Channel::Email, "direction".parse().unwrap())],
            ..Route::default()
        }];
        life.causes = causes.to_vec();
        life.posted(200, 0.0);
        life.alerts(0.0)
    };
    assert_eq!(alerts(&[Cause::PrivacyData, Cause::Delivery]), ["direction"]);
    assert_eq!(alerts(&[Cause::Delivery]), ["service"]);
}

#[test]
fn two_contacts_with_one_address_are_one_recipient_the_first_in_the_file() {
    let mut life = Life::new();
    let twin = Contact {
        id: "twin".parse().unwrap(),
        name: "Twin".to_owned(),
        email: "SERVICE@lumen.example".to_owned(),
        gets: vec![Gets::Alert],
    };
    life.brand.contacts.push(twin);
    life.posted(100, 0.0);
    assert_eq!(life.alerts(0.0), ["service"]);
}

#[test]
fn praise_each_makes_one_message_a_good_review_and_never_another() {
    let mut life = Life::new();
    life.brand.praise = Praise::Each;
    life.posted(400, 0.0);
    let decision = life.decide(0.0);
    assert_eq!(recipients(&decision, Kind::Praise), ["service"]);
    life.edited(500, 1.0);
    assert!(life.decide(1.0).notices.is_empty());
}

#[test]
fn a_second_decision_of_the_same_change_makes_the_same_notices() {
    let mut life = Life::new();
    life.posted(100, 0.0);
    let review = life.review().clone();
    let ids = |decision: &Decision| -> Vec<_> {
        decision.notices.iter().map(|new| new.id.clone()).collect()
    };
    let first = ids(&life.decide(0.0));
    life.review = Some(review);
    assert_eq!(ids(&life.decide(5.0)), first);
}

#[test]
fn what_a_person_says_again_is_a_duplicate() {
    let mut life = Life::new();
    life.posted(100, 0.0);
    let told = Told::Answered { at: at(1.0), by: Some("service".to_owned()) };
    assert_eq!(life.tell(&told, at(1.0)), Outcome::Accepted);
    assert_eq!(life.tell(&told, at(2.0)), Outcome::Duplicate);
    assert_eq!(life.review().state(), State::Answered);
    assert_eq!(life.review().state_at(at(0.5)), Some(State::Open), "as of then it was open");
}

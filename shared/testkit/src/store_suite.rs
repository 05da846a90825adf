//! The laws of the [`Store`] port, declared in `laws.rs`.

use jiff::Timestamp;
use vigie_domain::notice::{Kind, NewNotice, NoticeId, NoticeState, Subject, Why};
use vigie_domain::{Brand, Channel, Decided, EventKind, Outcome, ReviewKey};
use vigie_ports::{
    Due, NoticeFilter, Redriven, Rejected, ReportMade, Settlement, Store, Verdict, Written,
};

use crate::build::{answered, arrival, at, key, written};

/// Applies the sample brand at second 0.
pub async fn prepare(store: &impl Store) {
    store.apply(vec![Brand::sample()], at(0)).await.unwrap();
}

/// Records a review of so many hundredths of stars, posted at a second.
pub async fn post(
    store: &impl Store,
    id: &str,
    hundredths: u16,
    when: i64,
) -> vigie_ports::Recorded {
    let told = written(EventKind::Posted, id, hundredths, at(when));
    store.record(vec![arrival(id, told, at(when))]).await.unwrap().remove(0)
}

/// An alert on a review.
pub fn notice(id: &str, review: &ReviewKey, due: Timestamp) -> NewNotice {
    let subject = Subject::Review { reviews: vec![review.clone()], step: None, why: Why::Contact };
    NewNotice {
        id: NoticeId::of([id]),
        brand: Brand::sample().id,
        kind: Kind::Alert,
        channel: Channel::Email,
        to: "service".parse().unwrap(),
        subject,
        due_at: due,
        with: None,
        meant_for: Vec::new(),
    }
}

/// A decision on a review as it is now.
pub async fn verdict(
    store: &impl Store,
    review: &str,
    notices: Vec<NewNotice>,
    when: i64,
) -> Verdict {
    let stored = store.review(&key(review)).await.unwrap().unwrap();
    Verdict {
        key: key(review),
        writes: stored.writes,
        decided: Decided { revision: stored.review.revision, ..Decided::default() },
        step_at: None,
        notices,
        all_new: false,
        at: at(when),
    }
}

/// A review with one notice, due at second 10.
pub(crate) async fn with_notice(store: &impl Store) -> NoticeId {
    post(store, "r-1", 200, 1).await;
    let new = notice("n", &key("r-1"), at(10));
    let id = new.id.clone();
    let verdict = verdict(store, "r-1", vec![new], 5).await;
    assert_eq!(store.decide(verdict).await.unwrap(), Written::Done);
    id
}

pub(crate) async fn state(store: &impl Store, id: &NoticeId) -> NoticeState {
    store.notice(id).await.unwrap().unwrap().state
}

/// It was taken.
pub fn sent() -> Settlement {
    Settlement::Sent { subject_line: "Avis 2★".to_owned(), left_out: Vec::new() }
}

/// The same event again is a duplicate and writes nothing.
pub async fn a_new_review_is_recorded_once(store: impl Store) {
    assert_eq!(post(&store, "r-1", 200, 1).await.outcome, Outcome::Accepted);
    let before = store.review(&key("r-1")).await.unwrap().unwrap();
    assert_eq!(post(&store, "r-1", 200, 1).await.outcome, Outcome::Duplicate);
    assert_eq!(store.review(&key("r-1")).await.unwrap().unwrap(), before);
}

/// Recording decides where nothing is to be made; other stores may leave a mark instead.
pub async fn a_good_review_needs_no_second_write(store: impl Store) {
    let recorded = post(&store, "r-1", 500, 1).await;
    let review = store.review(&key("r-1")).await.unwrap().unwrap().review;
    assert_eq!(recorded.undecided, !review.is_decided());
}

/// What may make a notice waits for a decision.
pub async fn a_review_under_the_threshold_is_marked_undecided(store: impl Store) {
    assert!(post(&store, "r-1", 399, 1).await.undecided);
    assert!(!store.review(&key("r-1")).await.unwrap().unwrap().review.is_decided());
}

/// One bad or known event does not disturb the others, and the answers keep their order.
pub async fn a_batch_is_answered_in_order(store: impl Store) {
    let one = |id: &str, n| arrival(id, written(EventKind::Posted, id, n, at(1)), at(1));
    let batch = vec![one("a", 100), one("b", 200), one("a", 100), one("c", 300)];
    let outcomes: Vec<_> =
        store.record(batch).await.unwrap().into_iter().map(|one| one.outcome).collect();
    let (news, known) = (Outcome::Accepted, Outcome::Duplicate);
    assert_eq!(outcomes, [news, news, known, news]);
}

/// A replay of what was decided asks for no decision.
pub async fn a_duplicate_does_not_wake_what_was_decided(store: impl Store) {
    with_notice(&store).await;
    let again = post(&store, "r-1", 200, 1).await;
    assert_eq!((again.outcome, again.undecided), (Outcome::Duplicate, false));
}

/// A decision made on an older reading is not stored, nor its notices.
pub async fn a_decision_is_refused_once_the_review_has_moved(store: impl Store) {
    post(&store, "r-1", 200, 1).await;
    let late = verdict(&store, "r-1", vec![notice("n", &key("r-1"), at(1))], 2).await;
    let told = written(EventKind::Edited, "r-1", 100, at(3));
    store.record(vec![arrival("r-1", told, at(3))]).await.unwrap();
    assert_eq!(store.decide(late).await.unwrap(), Written::Moved);
    assert_eq!(store.notices(NoticeFilter::default()).await.unwrap(), []);
    assert!(!store.review(&key("r-1")).await.unwrap().unwrap().review.is_decided());
}

/// A notice that exists is left as it is, whatever became of it.
pub async fn a_decision_makes_each_notice_once(store: impl Store) {
    let id = with_notice(&store).await;
    store.claim(&id, "t", at(10), at(100)).await.unwrap().unwrap();
    store.settle(&id, "t", sent(), at(11)).await.unwrap();
    let again = verdict(&store, "r-1", vec![notice("n", &key("r-1"), at(20))], 20).await;
    assert_eq!(store.decide(again).await.unwrap(), Written::Done);
    assert_eq!(state(&store, &id).await, NoticeState::Sent);
}

/// A message that takes others along is made only if all of them are free to be taken.
pub async fn a_decision_whose_notices_must_be_new_is_refused_if_one_is_not(store: impl Store) {
    let id = with_notice(&store).await;
    let known = notice("n", &key("r-1"), at(20));
    let other = notice("other", &key("r-1"), at(20));
    let other_id = other.id.clone();
    let mut strict = verdict(&store, "r-1", vec![other, known], 20).await;
    strict.all_new = true;
    strict.step_at = Some(at(600));
    assert_eq!(store.decide(strict.clone()).await.unwrap(), Written::Moved);
    assert_eq!(store.notice(&other_id).await.unwrap(), None);
    assert!(!store.due(at(600), 10).await.unwrap().contains(&Due::Step(key("r-1"))));
    strict.notices.retain(|new| new.id != id);
    assert_eq!(store.decide(strict).await.unwrap(), Written::Done);
    assert_eq!(state(&store, &other_id).await, NoticeState::Pending);
}

/// A lost nudge costs two minutes; a start looks at once; a decision clears the mark.
pub async fn marks_are_due_after_two_minutes_or_at_once_after_a_start(store: impl Store) {
    let undecided = Due::Undecided(key("r-1"));
    post(&store, "r-1", 200, 1).await;
    assert!(!store.due(at(120), 10).await.unwrap().contains(&undecided));
    assert!(store.due(at(121), 10).await.unwrap().contains(&undecided));
    store.take_up(at(5)).await.unwrap();
    assert!(store.due(at(5), 10).await.unwrap().contains(&undecided));
    let decision = verdict(&store, "r-1", Vec::new(), 6).await;
    store.decide(decision).await.unwrap();
    assert!(!store.due(at(999), 10).await.unwrap().contains(&undecided));
}

/// A decision on an older revision, such as a climbed step's, leaves the change undecided.
pub async fn a_step_does_not_clear_the_mark_of_a_change(store: impl Store) {
    with_notice(&store).await;
    let told = written(EventKind::Edited, "r-1", 100, at(20));
    store.record(vec![arrival("r-1", told, at(20))]).await.unwrap();
    let mut step = verdict(&store, "r-1", Vec::new(), 30).await;
    step.decided.revision -= 1;
    assert_eq!(store.decide(step).await.unwrap(), Written::Done);
    let undecided = Due::Undecided(key("r-1"));
    assert!(store.due(at(999), 10).await.unwrap().contains(&undecided));
}

/// Of two claims one wins, and none comes before its time.
pub async fn a_notice_is_claimed_by_one(store: impl Store) {
    let id = with_notice(&store).await;
    assert_eq!(store.claim(&id, "early", at(9), at(99)).await.unwrap(), None);
    let claimed = store.claim(&id, "first", at(10), at(100)).await.unwrap().unwrap();
    assert_eq!((claimed.state, claimed.attempts), (NoticeState::Sending, 1));
    assert_eq!(store.claim(&id, "second", at(11), at(101)).await.unwrap(), None);
}

/// A claim that was never settled is anybody's when its lease ends, and may mean a second message.
pub async fn a_claim_whose_lease_ended_is_taken_over_and_counted(store: impl Store) {
    let id = with_notice(&store).await;
    store.claim(&id, "first", at(10), at(100)).await.unwrap().unwrap();
    assert!(!store.due(at(99), 10).await.unwrap().contains(&Due::Notice(id.clone())));
    assert!(store.due(at(100), 10).await.unwrap().contains(&Due::Notice(id.clone())));
    let second = store.claim(&id, "second", at(100), at(200)).await.unwrap().unwrap();
    assert_eq!((second.attempts, second.perhaps_twice), (2, 1));
    store.take_up(at(110)).await.unwrap();
    assert!(store.claim(&id, "third", at(110), at(300)).await.unwrap().is_some());
}

/// Who lost the claim cannot say what became of it.
pub async fn a_settlement_without_the_current_token_is_refused(store: impl Store) {
    let id = with_notice(&store).await;
    store.claim(&id, "first", at(10), at(100)).await.unwrap().unwrap();
    store.claim(&id, "second", at(100), at(200)).await.unwrap().unwrap();
    assert_eq!(store.settle(&id, "first", sent(), at(101)).await.unwrap(), Written::Moved);
    assert_eq!(state(&store, &id).await, NoticeState::Sending);
    assert_eq!(store.settle(&id, "second", sent(), at(102)).await.unwrap(), Written::Done);
    assert_eq!(store.settle(&id, "second", sent(), at(103)).await.unwrap(), Written::Moved);
}

/// Sent is the end.
pub async fn a_sent_notice_is_never_claimed_again(store: impl Store) {
    let id = with_notice(&store).await;
    store.claim(&id, "t", at(10), at(100)).await.unwrap().unwrap();
    store.settle(&id, "t", sent(), at(11)).await.unwrap();
    store.take_up(at(500)).await.unwrap();
    assert_eq!(store.claim(&id, "u", at(9999), at(10000)).await.unwrap(), None);
    let kept = store.notice(&id).await.unwrap().unwrap();
    assert_eq!((kept.sent_at, kept.subject_line.as_deref()), (Some(at(11)), Some("Avis 2★")));
}

/// What was judged unneeded on an older reading is looked at again.
pub async fn a_cancellation_is_refused_when_the_review_moved(store: impl Store) {
    let id = with_notice(&store).await;
    let seen = store.review(&key("r-1")).await.unwrap().unwrap().writes;
    store.claim(&id, "t", at(10), at(100)).await.unwrap().unwrap();
    let told = answered("r-1", at(11));
    store.record(vec![arrival("r-1", told, at(11))]).await.unwrap();
    let cancel = |writes| Settlement::Cancelled {
        reason: "answered".to_owned(),
        unless_moved: vec![(key("r-1"), writes)],
    };
    assert_eq!(store.settle(&id, "t", cancel(seen), at(12)).await.unwrap(), Written::Moved);
    assert_eq!(state(&store, &id).await, NoticeState::Pending);
    store.claim(&id, "u", at(12), at(100)).await.unwrap().unwrap();
    let now = store.review(&key("r-1")).await.unwrap().unwrap().writes;
    assert_eq!(store.settle(&id, "u", cancel(now), at(13)).await.unwrap(), Written::Done);
    assert_eq!(state(&store, &id).await, NoticeState::Cancelled);
}

/// A retry is due at its time, with its reason, and an unknown end is counted.
pub async fn a_retry_waits_for_its_time(store: impl Store) {
    let id = with_notice(&store).await;
    store.claim(&id, "t", at(10), at(100)).await.unwrap().unwrap();
    let reason = "no answer".to_owned();
    let retry = Settlement::Retry { at: at(50), reason, unknown: true };
    store.settle(&id, "t", retry, at(20)).await.unwrap();
    assert_eq!(store.claim(&id, "u", at(49), at(200)).await.unwrap(), None);
    let claimed = store.claim(&id, "u", at(50), at(200)).await.unwrap().unwrap();
    assert_eq!((claimed.unknowns, claimed.perhaps_twice, claimed.attempts), (1, 1, 2));
    assert_eq!(claimed.reason.as_deref(), Some("no answer"));
}

/// The operator sends again what is dead, and nothing else.
pub async fn only_a_dead_notice_is_redriven(store: impl Store) {
    let id = with_notice(&store).await;
    assert_eq!(store.redrive(&id, at(10)).await.unwrap(), Redriven::NotDead);
    store.claim(&id, "t", at(10), at(100)).await.unwrap().unwrap();
    let dead = Settlement::Dead { reason: "550".to_owned(), unknown: false };
    store.settle(&id, "t", dead, at(11)).await.unwrap();
    let filter = NoticeFilter { state: Some(NoticeState::Dead), ..NoticeFilter::default() };
    assert_eq!(store.notices(filter).await.unwrap().len(), 1);
    assert!(!store.due(at(9999), 10).await.unwrap().contains(&Due::Notice(id.clone())));
    assert_eq!(store.redrive(&id, at(20)).await.unwrap(), Redriven::Yes);
    assert!(store.claim(&id, "u", at(20), at(100)).await.unwrap().is_some());
    assert_eq!(store.redrive(&NoticeId::of(["none"]), at(20)).await.unwrap(), Redriven::Missing);
}

/// A notice that goes with another sends nothing, and blocks its own making.
pub async fn a_notice_taken_along_is_never_due(store: impl Store) {
    post(&store, "r-1", 200, 1).await;
    let leader = notice("leader", &key("r-1"), at(10));
    let mut along = notice("along", &key("r-1"), at(20));
    along.with = Some(leader.id.clone());
    let id = along.id.clone();
    let both = verdict(&store, "r-1", vec![leader, along], 5).await;
    store.decide(both).await.unwrap();
    let again = verdict(&store, "r-1", vec![notice("along", &key("r-1"), at(20))], 20).await;
    store.decide(again).await.unwrap();
    assert_eq!(state(&store, &id).await, NoticeState::Cancelled);
    assert!(!store.due(at(999), 10).await.unwrap().contains(&Due::Notice(id)));
}

/// Numbers are short names for reviews.
pub async fn a_review_is_found_by_its_number(store: impl Store) {
    let first = post(&store, "r-1", 200, 1).await.number;
    let second = post(&store, "r-2", 200, 1).await.number;
    assert_ne!(first, second);
    assert_eq!(store.by_number(second).await.unwrap().unwrap().review.key, key("r-2"));
    assert_eq!(store.by_number(vigie_domain::ReviewNumber(9_999_999)).await.unwrap(), None);
}

/// Nothing is deleted by leaving it out.
pub async fn brands_not_given_are_retired_and_come_back(store: impl Store) {
    let generation = store.generation().await.unwrap();
    store.apply(Vec::new(), at(10)).await.unwrap();
    assert!(store.generation().await.unwrap() > generation);
    let brands = store.brands().await.unwrap();
    assert!(brands[0].retired && brands[0].applied_at == at(0));
    assert!(!store.due(at(999_999), 10).await.unwrap().iter().any(|d| matches!(d, Due::Report(_))));
    store.apply(vec![Brand::sample()], at(20)).await.unwrap();
    assert!(!store.brands().await.unwrap()[0].retired);
}

/// One brand is what it is among all, retired or not; one that never was is nothing.
pub async fn a_brand_is_found_by_its_id(store: impl Store) {
    let other = Brand { id: "orso".parse().unwrap(), sources: Vec::new(), ..Brand::sample() };
    store.apply(vec![Brand::sample(), other], at(10)).await.unwrap();
    store.apply(vec![Brand::sample()], at(20)).await.unwrap();
    let all = store.brands().await.unwrap();
    assert_eq!(all.iter().map(|stored| stored.retired).collect::<Vec<_>>(), [false, true]);
    for stored in all {
        let found = store.brand(&stored.brand.id).await.unwrap();
        assert_eq!(found, Some(stored));
    }
    assert_eq!(store.brand(&"nobody".parse().unwrap()).await.unwrap(), None);
}

/// A source is one brand's; after a move, the other's.
pub async fn a_brand_is_found_by_its_source(store: impl Store) {
    let source = Brand::sample().sources.remove(0);
    let found = async || store.brand_of(&source.id).await.unwrap();
    assert_eq!(found().await, store.brand(&Brand::sample().id).await.unwrap());
    let without = Brand { sources: Vec::new(), ..Brand::sample() };
    store.apply(vec![without.clone()], at(20)).await.unwrap();
    assert_eq!(found().await, None, "nobody has it");
    let sources = vec![source.clone()];
    let other = Brand { id: "orso".parse().unwrap(), sources, ..Brand::sample() };
    store.apply(vec![other.clone(), without], at(30)).await.unwrap();
    assert_eq!(found().await.map(|stored| stored.brand), Some(other));
    store.apply(Vec::new(), at(40)).await.unwrap();
    assert!(found().await.is_some_and(|stored| stored.retired), "a retired brand's is known");
}

fn report(was_due_at: Timestamp, when: i64) -> ReportMade {
    ReportMade {
        brand: Brand::sample().id,
        was_due_at,
        next_at: at(when + 86_400),
        at: at(when),
        praised: true,
        notices: vec![notice("report", &key("r-1"), at(when))],
    }
}

/// Of two who make the report of one date, one does.
pub async fn a_report_is_made_once(store: impl Store) {
    let due_at = store.brands().await.unwrap()[0].report_at;
    let due = Due::Report(Brand::sample().id);
    assert!(store.due(due_at, 10).await.unwrap().contains(&due));
    assert_eq!(store.report_made(report(due_at, 90_000)).await.unwrap(), Written::Done);
    assert_eq!(store.report_made(report(due_at, 90_001)).await.unwrap(), Written::Moved);
    assert!(!store.due(due_at, 10).await.unwrap().contains(&due));
    let stored = store.brands().await.unwrap().remove(0);
    assert_eq!((stored.reported_at, stored.praised_at), (Some(at(90_000)), Some(at(90_000))));
}

/// A restart at five past eight does not lose the report of eight.
pub async fn a_due_report_survives_an_application(store: impl Store) {
    let due_at = store.brands().await.unwrap()[0].report_at;
    let mut renamed = Brand::sample();
    renamed.name.push_str(" & fils");
    store.apply(vec![renamed.clone()], at(200_000)).await.unwrap();
    assert_eq!(store.brands().await.unwrap()[0].report_at, due_at);
    renamed.report_at = jiff::civil::time(18, 0, 0, 0);
    store.apply(vec![renamed], at(200_000)).await.unwrap();
    assert!(store.brands().await.unwrap()[0].report_at > at(200_000));
}

/// A step waits in the due index until it is climbed.
pub async fn steps_are_due_and_found_by_brand(store: impl Store) {
    post(&store, "r-1", 100, 1).await;
    let mut decision = verdict(&store, "r-1", Vec::new(), 5).await;
    decision.step_at = Some(at(600));
    store.decide(decision).await.unwrap();
    let step = Due::Step(key("r-1"));
    assert!(!store.due(at(599), 10).await.unwrap().contains(&step));
    assert!(store.due(at(600), 10).await.unwrap().contains(&step));
    let brand = Brand::sample().id;
    assert_eq!(store.steps_until(&brand, at(599)).await.unwrap().len(), 0);
    assert_eq!(store.steps_until(&brand, at(600)).await.unwrap().len(), 1);
    let other = "other".parse().unwrap();
    assert_eq!(store.steps_until(&other, at(600)).await.unwrap().len(), 0);
}

/// Thirty days to mend a preset.
pub async fn rejected_events_are_kept_thirty_days(store: impl Store) {
    let event = |id: &str, when: i64| Rejected {
        id: id.to_owned(),
        source: "lumen-site".parse().unwrap(),
        at: at(when),
        reason: "no id".to_owned(),
        event: "{}".to_owned(),
        headers: vec![("x-topic".to_owned(), "t".to_owned())],
    };
    store.reject(vec![event("a", 0), event("b", 10)]).await.unwrap();
    let ids = |kept: Vec<Rejected>| kept.into_iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(ids(store.rejected(at(20)).await.unwrap()), ["b", "a"]);
    let thirty_days = 30 * 24 * 3600;
    assert_eq!(ids(store.rejected(at(thirty_days + 5)).await.unwrap()), ["b"]);
    store.unreject("b").await.unwrap();
    assert_eq!(ids(store.rejected(at(20)).await.unwrap()), ["a"]);
}

/// Links signed yesterday still work.
pub async fn the_desk_key_is_made_once(store: impl Store) {
    assert_eq!(store.desk_key([1; 32]).await.unwrap(), [1; 32]);
    assert_eq!(store.desk_key([2; 32]).await.unwrap(), [1; 32]);
}

/// A later message answers to the first one somebody had.
pub async fn the_first_subject_is_the_first_one_sent(store: impl Store) {
    let to = "service".parse().unwrap();
    let id = with_notice(&store).await;
    assert_eq!(store.first_subject(&key("r-1"), &to).await.unwrap(), None);
    store.claim(&id, "t", at(10), at(100)).await.unwrap().unwrap();
    store.settle(&id, "t", sent(), at(11)).await.unwrap();
    let found = store.first_subject(&key("r-1"), &to).await.unwrap();
    assert_eq!(found.as_deref(), Some("Avis 2★"));
    let other = "direction".parse().unwrap();
    assert_eq!(store.first_subject(&key("r-1"), &other).await.unwrap(), None);
}

/// Praise shows some and says how many.
pub async fn good_reviews_of_a_period_are_counted_and_limited(store: impl Store) {
    for (id, n, when) in [("a", 500, 1), ("b", 450, 2), ("c", 100, 3), ("d", 500, 9)] {
        post(&store, id, n, when).await;
    }
    let brand = Brand::sample().id;
    let (some, count) = store.good_between(&brand, at(0), at(5), 1).await.unwrap();
    assert_eq!((some.len(), count), (1, 2));
    assert_eq!(store.received_between(&brand, at(0), at(5)).await.unwrap().received, 3);
    let (some, count) = store.poor_between(&brand, at(0), at(5), 9).await.unwrap();
    assert_eq!((some.len(), count), (1, 1));
    assert_eq!(some[0].review.key, key("c"));
}

/// What came back lately is told of the latest.
pub async fn poor_reviews_of_a_period_are_counted_latest_first(store: impl Store) {
    for (id, n, when) in [("a", 100, 1), ("b", 200, 2), ("c", 500, 3), ("d", 300, 9)] {
        post(&store, id, n, when).await;
    }
    let gone = written(EventKind::Withdrawn, "e", 100, at(5));
    post(&store, "e", 100, 4).await;
    store.record(vec![arrival("e", gone, at(5))]).await.unwrap();
    let brand = Brand::sample().id;
    let (some, count) = store.poor_between(&brand, at(0), at(8), 1).await.unwrap();
    assert_eq!((some.len(), count), (1, 2));
    assert_eq!(some[0].review.key, key("b"));
}

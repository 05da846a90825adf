//! The laws of the [`Store`] port on trouble and rhythms. Every adapter's tests run them:
//!
//! ```ignore
//! vigie_testkit::operator_laws!(async || a_fresh_store().await);
//! ```

use jiff::Timestamp;
use vigie_domain::notice::NoticeState;
use vigie_domain::{Matter, Subject, Trouble};
use vigie_ports::{Brought, Noted, NoticeFilter, Redriven, Rejected, Settlement, Store, Written};

use crate::build::at;

const HOUR: i64 = 3600;

async fn note(store: &impl Store, trouble: Trouble, count: u64, when: Timestamp) {
    let troubles = vec![(trouble, count, when, when)];
    store.note(Noted { troubles, sources: Vec::new() }).await.unwrap();
}

async fn told(store: &impl Store, now: Timestamp) -> Vec<u64> {
    let mut counts = Vec::new();
    for id in store.tell(now).await.unwrap() {
        let notice = store.notice(&id).await.unwrap().unwrap();
        assert!(matches!(notice.what.subject, Subject::Operator(_)), "{notice:?}");
        if let Subject::Operator(told) = notice.what.subject {
            counts.push(told.count);
        }
    }
    counts
}

/// One message, then none for six hours, then how many came.
pub async fn a_matter_is_told_once_and_then_counted_for_six_hours(store: impl Store) {
    let trouble = || Trouble::new(Matter::Undated, "lumen-site");
    note(&store, trouble(), 1, at(0)).await;
    assert_eq!(told(&store, at(1)).await, [1]);
    for second in 0..10 {
        note(&store, trouble(), 1, at(10 + second)).await;
        assert!(told(&store, at(10 + second)).await.is_empty());
    }
    assert!(told(&store, at(6 * HOUR)).await.is_empty());
    assert_eq!(told(&store, at(6 * HOUR + 1)).await, [10]);
    assert!(told(&store, at(20 * HOUR)).await.is_empty(), "nothing new");
}

/// A location that no shop matches is told once, a new one in the next message.
pub async fn what_is_told_once_is_never_told_again(store: impl Store) {
    let location = |name: &str| Trouble::with(Matter::Location, "lumen-site", name);
    note(&store, location("Nice"), 2, at(0)).await;
    assert_eq!(told(&store, at(0)).await, [2]);
    note(&store, location("Nice"), 5, at(1)).await;
    assert!(told(&store, at(7 * HOUR)).await.is_empty());
    note(&store, location("Lille"), 1, at(7 * HOUR)).await;
    assert_eq!(told(&store, at(7 * HOUR)).await, [1]);
}

/// It is noted with the event, in one write.
pub async fn a_rejected_event_is_trouble_of_its_source(store: impl Store) {
    let event = Rejected {
        id: "a".to_owned(),
        source: "lumen-site".parse().unwrap(),
        at: at(0),
        reason: "no id".to_owned(),
        event: "{}".to_owned(),
        headers: Vec::new(),
    };
    store.reject(vec![event]).await.unwrap();
    let troubles = store.troubles().await.unwrap();
    assert_eq!(troubles[0].what, Trouble::new(Matter::Rejected, "lumen-site"));
    assert_eq!(troubles[0].count, 1);
}

/// Trouble with telling trouble stays in the store.
pub async fn a_dead_notice_of_the_operator_breeds_no_other(store: impl Store) {
    note(&store, Trouble::new(Matter::Disk, "data"), 1, at(0)).await;
    let id = store.tell(at(0)).await.unwrap().remove(0);
    store.claim(&id, "t", at(1), at(90)).await.unwrap().unwrap();
    let dead = Settlement::Dead { reason: "550".to_owned(), unknown: false };
    store.settle(&id, "t", dead, at(2)).await.unwrap();
    let filter = NoticeFilter { state: Some(NoticeState::Dead), ..NoticeFilter::default() };
    assert_eq!(store.notices(filter).await.unwrap().len(), 1);
    assert!(store.tell(at(100 * HOUR)).await.unwrap().is_empty());
}

/// What was accepted does not hide why something was refused, nor the other way round.
pub async fn a_source_keeps_its_days_and_its_last_refusal(store: impl Store) {
    let source = || "lumen-site".parse().unwrap();
    let taken = |when| Brought { accepted: 2, accepted_at: Some(when), ..Brought::default() };
    let refused = Brought {
        refused: 1,
        refused_last: Some((at(5), "signature-mismatch".to_owned())),
        ..Brought::default()
    };
    for brought in [taken(at(0)), refused, taken(at(24 * HOUR))] {
        let sources = vec![(source(), brought)];
        store.note(Noted { troubles: Vec::new(), sources }).await.unwrap();
    }
    let (id, rhythm) = store.rhythms().await.unwrap().remove(0);
    assert_eq!((id, rhythm.accepted_at), (source(), Some(at(24 * HOUR))));
    assert_eq!(
        (rhythm.refused_at, rhythm.refused_why.as_deref()),
        (Some(at(5)), Some("signature-mismatch"))
    );
    let days: Vec<_> = rhythm.days.iter().map(|day| (day.accepted, day.refused)).collect();
    assert_eq!(days, [(2, 1), (2, 0)]);
    // Days beyond the sixty go with the next webhook.
    let sources = vec![(source(), taken(at(24 * HOUR * 90)))];
    store.note(Noted { troubles: Vec::new(), sources }).await.unwrap();
    assert_eq!(store.rhythms().await.unwrap()[0].1.days.len(), 1);
}

/// A message that bounces was sent, and reached nobody: it is dead, told, and can be sent again.
pub async fn a_message_that_comes_back_is_dead_and_told(store: impl Store) {
    let id = crate::store_suite::with_notice(&store).await;
    let back = || store.come_back(&id, "no such mailbox", at(120));
    assert_eq!(back().await.unwrap(), Written::Moved, "it was not sent");
    store.claim(&id, "token", at(60), at(90)).await.unwrap().unwrap();
    let sent = Settlement::Sent { subject_line: "Avis".to_owned(), left_out: Vec::new() };
    store.settle(&id, "token", sent, at(61)).await.unwrap();
    assert_eq!(back().await.unwrap(), Written::Done);
    assert_eq!(back().await.unwrap(), Written::Moved, "told twice, it comes back once");
    let dead = NoticeFilter { state: Some(NoticeState::Dead), ..NoticeFilter::default() };
    let dead = store.notices(dead).await.unwrap();
    assert_eq!((dead.len(), dead[0].reason.as_deref()), (1, Some("no such mailbox")));
    assert_eq!(dead[0].sent_at, Some(at(61)), "it had gone out");
    let troubles = store.troubles().await.unwrap();
    assert_eq!((troubles.len(), troubles[0].what.matter, troubles[0].count), (1, Matter::Dead, 1));
    assert_eq!(store.redrive(&id, at(200)).await.unwrap(), Redriven::Yes);
    assert!(store.claim(&id, "again", at(200), at(230)).await.unwrap().is_some());
}

/// Those asked for, and no others.
pub async fn rhythms_of_some_sources_are_found(store: impl Store) {
    let brought = |accepted| Brought { accepted, accepted_at: Some(at(0)), ..Brought::default() };
    let id = |name: &str| name.parse::<vigie_domain::SourceId>().unwrap();
    let sources = vec![(id("lumen-site"), brought(3)), (id("orso-site"), brought(4))];
    store.note(Noted { troubles: Vec::new(), sources }).await.unwrap();
    let found = store.rhythms_of(&[id("orso-site"), id("nobody")]).await.unwrap();
    assert_eq!(
        (found.len(), found[0].0.as_str(), found[0].1.days[0].accepted),
        (1, "orso-site", 4)
    );
    assert!(store.rhythms_of(&[]).await.unwrap().is_empty());
}

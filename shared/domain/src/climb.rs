//! Steps of the ladder that come due.

use jiff::Timestamp;

use crate::brand::{Brand, Channel, Deliver, Step};
use crate::decide::Decided;
use crate::ids::ContactId;
use crate::notice::{Kind, NewNotice, NoticeId, Subject, Why};
use crate::promise::Start;
use crate::review::{Review, State};

/// A step of the ladder that one recipient is to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepDue {
    /// The notice it makes.
    pub notice: NewNotice,
    /// When it is due.
    pub at: Timestamp,
}

/// The steps of a review that come due until `until`, one notice a step and recipient, and what is
/// decided then. `None` if the review is not on the ladder.
pub fn climb(review: &Review, brand: &Brand, until: Timestamp) -> Option<(Vec<StepDue>, Decided)> {
    let decided = review.decided.as_ref()?;
    let ladder = decided.ladder.filter(|_| review.state() == State::Open && decided.under)?;
    let start = review.start(brand);
    let (steps, after) = ladder.climb(brand, start, until);
    let due = steps.iter().flat_map(|(step, at)| step_notices(review, brand, start, step, *at));
    Some((due.collect(), Decided { ladder: Some(after), ..decided.clone() }))
}

fn step_notices(
    review: &Review,
    brand: &Brand,
    start: Start,
    step: &Step,
    at: Timestamp,
) -> Vec<StepDue> {
    let kind = if brand.escalates(step) { Kind::Escalation } else { Kind::Reminder };
    let (of, began) = (review.key.to_string(), start.from.to_string());
    let after = step.after.as_secs().to_string();
    let make = |(to, meant): (ContactId, Vec<ContactId>)| {
        let id = NoticeId::of(["step", &of, &began, &after, Channel::Email.id(), to.as_str()]);
        let reviews = vec![review.key.clone()];
        let subject = Subject::Review { reviews, step: Some(step.after), why: Why::Step };
        let channel = Channel::Email;
        let brand = brand.id.clone();
        let due_at = at;
        let notice = NewNotice {
            id,
            brand,
            kind,
            channel,
            to,
            meant_for: meant,
            subject,
            due_at,
            with: None,
        };
        StepDue { notice, at }
    };
    // Of a review whose alert only the operator saw, nobody else hears.
    let from_trial = review.decided.as_ref().is_some_and(|decided| decided.trial);
    if from_trial && brand.deliver == Deliver::Live {
        return Vec::new();
    }
    brand.written_to(brand.who_climbs(step, review)).into_iter().map(make).collect()
}

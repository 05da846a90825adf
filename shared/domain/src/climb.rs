//! Steps of the ladder that come due.

use jiff::Timestamp;

use crate::brand::{Brand, Channel, Step};
use crate::decide::Decided;
use crate::ids::ContactId;
use crate::notice::{Kind, NewNotice, NoticeId, Subject, Why};
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
    let from = review.promise(brand).from;
    let (steps, after) = ladder.climb(brand, from, until);
    let due = steps.iter().flat_map(|(step, at)| step_notices(review, brand, from, step, *at));
    Some((due.collect(), Decided { ladder: Some(after), ..decided.clone() }))
}

fn step_notices(
    review: &Review,
    brand: &Brand,
    from: Timestamp,
    step: &Step,
    at: Timestamp,
) -> Vec<StepDue> {
    let kind = if brand.escalates(step) { Kind::Escalation } else { Kind::Reminder };
    let (of, began) = (review.key.to_string(), from.to_string());
    let after = step.after.as_secs().to_string();
    let make = |to: ContactId| {
        let id = NoticeId::of(["step", &of, &began, &after, Channel::Email.id(), to.as_str()]);
        let reviews = vec![review.key.clone()];
        let subject = Subject::Review { reviews, step: Some(step.after), why: Why::Step };
        let channel = Channel::Email;
        let brand = brand.id.clone();
        StepDue {
            notice: NewNotice { id, brand, kind, channel, to, subject, due_at: at, with: None },
            at,
        }
    };
    brand.recipients(&step.to).into_iter().map(make).collect()
}

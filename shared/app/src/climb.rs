//! A step of the ladder comes due: who is named hears again, in one message for all that comes due
//! soon.

use jiff::Timestamp;
use vigie_domain::climb::StepDue;
use vigie_domain::notice::{NewNotice, NoticeId, Subject};
use vigie_domain::promise::{TAKE_ALONG, later};
use vigie_domain::{Brand, Decided, Review, ReviewKey, climb as steps_of};
use vigie_ports::{Store as _, StoreError, Verdict, World, Written};

use crate::App;
use crate::raise::TRIES;

/// Makes the notices of a review's steps that are due. Gives the ids of those to deliver.
///
/// Steps of the same person that come due in the next quarter of an hour, on this review or
/// others, are made at the same time as taken along: when their own moment comes they are there
/// already, and send nothing.
///
/// # Errors
/// The store does not answer; the step stays due.
pub async fn climb<W: World>(app: &App<W>, key: &ReviewKey) -> Result<Vec<NoticeId>, StoreError> {
    for _ in 0..TRIES {
        let now = app.now();
        let Some(stored) = app.store().review(key).await? else { break };
        let in_force = app.brand(&stored.review.brand).await?;
        let retired = app.registry().is_retired(&in_force.brand.id);
        let brand = &in_force.brand;
        let (own, decided) = match steps_of(&stored.review, brand, now) {
            Some(found) if !retired => found,
            _ => (Vec::new(), stored.review.decided.clone().unwrap_or_default()),
        };
        // What another message took along already is there, and sends nothing here.
        let mut notices = first_of_each(not_made_yet(app, own).await?);
        if !notices.is_empty() {
            let soon = steps_soon(app, brand, now).await?;
            take_along(&mut notices, not_made_yet(app, soon).await?);
        }
        let alone = notices.iter().filter(|new| new.with.is_none());
        let ids = alone.map(|new| new.id.clone()).collect();
        let step_at = if retired { None } else { next_step(&stored.review, brand, &decided) };
        let (key, writes) = (key.clone(), stored.writes);
        let verdict = Verdict { key, writes, decided, step_at, notices, all_new: true, at: now };
        if app.store().decide(verdict).await? == Written::Done {
            return Ok(ids);
        }
    }
    Ok(Vec::new())
}

async fn not_made_yet<W: World>(
    app: &App<W>,
    steps: Vec<StepDue>,
) -> Result<Vec<StepDue>, StoreError> {
    let mut new = Vec::new();
    for step in steps {
        if app.store().notice(&step.notice.id).await?.is_none() {
            new.push(step);
        }
    }
    Ok(new)
}

fn next_step(review: &Review, brand: &Brand, decided: &Decided) -> Option<Timestamp> {
    let mut after = review.clone();
    after.decided = Some(decided.clone());
    after.step_at(brand)
}

/// One notice a recipient: later steps of the same review go with the first.
fn first_of_each(steps: Vec<StepDue>) -> Vec<NewNotice> {
    let mut notices: Vec<NewNotice> = Vec::new();
    for StepDue { mut notice, .. } in steps {
        let first = notices.iter().find(|known| known.to == notice.to && known.with.is_none());
        notice.with = first.map(|first| first.id.clone());
        notices.push(notice);
    }
    notices
}

/// The steps of a brand's reviews that come due soon, soonest first.
async fn steps_soon<W: World>(
    app: &App<W>,
    brand: &Brand,
    now: Timestamp,
) -> Result<Vec<StepDue>, StoreError> {
    let until = later(now, TAKE_ALONG);
    let reviews = app.store().steps_until(&brand.id, until).await?;
    let climbing = reviews.iter().filter_map(|stored| steps_of(&stored.review, brand, until));
    let mut steps: Vec<StepDue> = climbing.flat_map(|(steps, _)| steps).collect();
    steps.sort_by_key(|step| step.at);
    Ok(steps)
}

fn take_along(notices: &mut Vec<NewNotice>, soon: Vec<StepDue>) {
    for StepDue { mut notice, .. } in soon {
        if notices.iter().any(|known| known.id == notice.id) {
            continue;
        }
        let to = notice.to.clone();
        let leader = notices.iter_mut().find(|known| known.to == to && known.with.is_none());
        let Some(leader) = leader else { continue };
        notice.with = Some(leader.id.clone());
        if let (Subject::Review { reviews, .. }, Some(key)) =
            (&mut leader.subject, notice.subject.review())
            && !reviews.contains(key)
        {
            reviews.push(key.clone());
        }
        notices.push(notice);
    }
}

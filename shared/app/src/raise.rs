//! A change is decided: what it makes is stored with the decision, in one transaction.

use vigie_advice::House;
use vigie_domain::notice::{Kind, NoticeId, NoticeState};
use vigie_domain::{ContactId, Content, Decision, ReviewKey, decide};
use vigie_ports::{NoticeFilter, Store as _, StoreError, StoredReview, Verdict, World, Written};

use crate::{App, copies};

/// How often a decision is tried while the review moves under it. Each move nudges anew, so giving
/// up loses nothing: the mark stays.
pub(crate) const TRIES: u32 = 5;

/// Decides a review's last change and makes its notices. Gives the ids of those made: nudge
/// [`crate::deliver`].
///
/// # Errors
/// The store does not answer; the mark stays, and [`crate::watch`] finds it.
pub async fn raise<W: World>(app: &App<W>, key: &ReviewKey) -> Result<Vec<NoticeId>, StoreError> {
    let mut ids = Vec::new();
    let mut moved = vec![key.clone()];
    while let Some(key) = moved.pop() {
        ids.extend(raise_one(app, &key, &mut moved).await?);
    }
    Ok(ids)
}

/// Decides one, and gives to `moved` those that are one review with it and have a change now.
async fn raise_one<W: World>(
    app: &App<W>,
    key: &ReviewKey,
    moved: &mut Vec<ReviewKey>,
) -> Result<Vec<NoticeId>, StoreError> {
    for _ in 0..TRIES {
        let Some(stored) = app.store().review(key).await? else { return Ok(Vec::new()) };
        if stored.review.is_decided() {
            return Ok(Vec::new());
        }
        // Before the mark goes: cut short here, it is found and done again.
        moved.extend(copies::settle_others(app, &stored.review).await?);
        let decision = decided(app, &stored).await?;
        moved.extend(decision.decided.copy_of.clone());
        let ids: Vec<NoticeId> = decision.notices.iter().map(|new| new.id.clone()).collect();
        let verdict = Verdict {
            key: key.clone(),
            writes: stored.writes,
            decided: decision.decided,
            step_at: decision.step_at,
            notices: decision.notices,
            all_new: false,
            at: app.now(),
        };
        if app.store().decide(verdict).await? == Written::Done {
            return Ok(ids);
        }
    }
    Ok(Vec::new())
}

async fn decided<W: World>(app: &App<W>, stored: &StoredReview) -> Result<Decision, StoreError> {
    let review = &stored.review;
    let brand = app.brand(&review.brand).await?;
    let was_under = review.decided.as_ref().is_some_and(|decided| decided.under);
    let untold = if was_under { untold(app, &review.key).await? } else { Vec::new() };
    let first = copies::first_of(app, review, &brand).await?;
    let (brand, version, first) = (&brand.brand, &brand.version, first.as_ref());
    let understand = |content: &Content| crate::understand(&House::of(brand), content);
    Ok(decide(review, brand, version, app.now(), understand, &untold, first))
}

/// The recipients whose alerts on a review were all cancelled before they were sent.
async fn untold<W: World>(app: &App<W>, key: &ReviewKey) -> Result<Vec<ContactId>, StoreError> {
    let filter = NoticeFilter { review: Some(key.clone()), ..NoticeFilter::default() };
    let mut alerts = app.store().notices(filter).await?;
    alerts.retain(|notice| notice.what.kind == Kind::Alert);
    let (cancelled, live): (Vec<_>, Vec<_>) =
        alerts.into_iter().partition(|notice| notice.state == NoticeState::Cancelled);
    let mut untold: Vec<ContactId> = cancelled.into_iter().map(|notice| notice.what.to).collect();
    untold.retain(|to| !live.iter().any(|notice| notice.what.to == *to));
    Ok(untold)
}

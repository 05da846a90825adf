//! One review that comes twice: found when it is decided, told as one, answered as one, and split
//! by a person who knows better ([`vigie_domain::copies`]).

use vigie_domain::copies::{REMEMBERED, words};
use vigie_domain::promise::later;
use vigie_domain::{Review, ReviewKey, State, Told};
use vigie_ports::{Arrival, BrandInForce, Store as _, StoreError, StoredReview, World};

use crate::App;
use crate::answer::find;

/// The review that another is a copy of, if it is one: it learns of its copy.
pub(crate) async fn first_of<W: World>(
    app: &App<W>,
    review: &Review,
    brand: &BrandInForce,
) -> Result<Option<ReviewKey>, StoreError> {
    let known = review.decided.as_ref().is_some_and(|decided| decided.stars.is_some());
    if known || review.apart || review.is_imported() || brand.brand.sources.len() < 2 {
        return Ok(None);
    }
    let Some(words) = review.written().and_then(|said| words(&review.brand, said)) else {
        return Ok(None);
    };
    let (now, key) = (app.now(), &review.key);
    let first = app.store().first_to_say(&words, key, now, later(now, REMEMBERED)).await?;
    if first == *key {
        return Ok(None);
    }
    let Some(stored) = app.store().review(&first).await? else { return Ok(None) };
    let original = stored.review;
    // Each source has one copy at most: whoever repeats itself there wrote several reviews.
    let has_one = |copy: &ReviewKey| copy.source == key.source && copy != key;
    let is_taken = original.copy_of().is_some() || original.copies.iter().any(has_one);
    if is_taken || !original.may_be_copied_by(review) {
        return Ok(None);
    }
    tell(app, &original.key, Told::Copied { by: key.clone() }).await?;
    Ok(Some(original.key))
}

/// What the brand did with one of them, it did with all.
pub(crate) async fn settle_others<W: World>(
    app: &App<W>,
    review: &Review,
) -> Result<Vec<ReviewKey>, StoreError> {
    let others: Vec<&ReviewKey> = review.copies.iter().chain(review.copy_of()).collect();
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let told = match (review.state(), &review.answer, &review.closed) {
        (State::Answered, Some(answer), _) => {
            Told::Answered { at: answer.at, by: answer.value.by.clone() }
        }
        (State::Closed, _, Some(closed)) => {
            let (by, reason) = (closed.by.clone(), closed.reason.clone());
            Told::Closed { at: closed.at, by, reason }
        }
        _ => return Ok(Vec::new()),
    };
    let mut moved = Vec::new();
    for other in others {
        if tell(app, other, told.clone()).await? {
            moved.push(other.clone());
        }
    }
    Ok(moved)
}

/// Records something of another review. Gives whether a decision waits on it.
async fn tell<W: World>(app: &App<W>, key: &ReviewKey, told: Told) -> Result<bool, StoreError> {
    let Some(stored) = app.store().review(key).await? else { return Ok(false) };
    if stored.review.is_erased() {
        return Ok(false);
    }
    let brand = app.brand(&stored.review.brand).await?;
    let request = stored.review.request.clone();
    let arrival = Arrival { key: key.clone(), brand, told, at: app.now(), request };
    let recorded = app.store().record(vec![arrival]).await?;
    Ok(recorded.iter().any(|recorded| recorded.undecided))
}

/// The reviews that are one with another: its copies, or what it is a copy of.
///
/// # Errors
/// The store does not answer.
pub async fn others_of<W: World>(
    app: &App<W>,
    review: &Review,
) -> Result<Vec<StoredReview>, StoreError> {
    let mut others = Vec::new();
    for key in review.copies.iter().chain(review.copy_of()) {
        others.extend(app.store().review(key).await?);
    }
    Ok(others)
}

/// What splitting did.
#[derive(Debug, Clone, PartialEq)]
pub enum Split {
    /// The two are told apart from now on: nudge [`crate::raise`] for both.
    Done {
        /// The copy, which is a review of its own now.
        copy: ReviewKey,
        /// What it was a copy of.
        from: ReviewKey,
    },
    /// It is no copy, and has none.
    Alone,
    /// It has several copies: one of them is to be named.
    Several(Vec<ReviewKey>),
    /// No such review.
    Missing,
}

/// Takes a review and its copy apart, by the name of either.
///
/// # Errors
/// The store does not answer: say it again.
pub async fn split<W: World>(app: &App<W>, named: &str) -> Result<Split, StoreError> {
    let Some(stored) = find(app, named).await? else { return Ok(Split::Missing) };
    let review = stored.review;
    let (copy, from) = match (review.copy_of(), &review.copies[..]) {
        (Some(first), _) => (review.key.clone(), first.clone()),
        (None, []) => return Ok(Split::Alone),
        (None, [copy]) => (copy.clone(), review.key.clone()),
        (None, several) => return Ok(Split::Several(several.to_vec())),
    };
    tell(app, &from, Told::Split { from: copy.clone() }).await?;
    tell(app, &copy, Told::Split { from: from.clone() }).await?;
    Ok(Split::Done { copy, from })
}

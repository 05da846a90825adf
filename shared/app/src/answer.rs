//! Somebody at the brand, or its operator, says that a review is answered or closed.

use jiff::Timestamp;
use vigie_domain::{Outcome, ReviewKey, ReviewNumber, State, Told};
use vigie_ports::{Arrival, Store as _, StoreError, StoredReview, World};

use crate::App;

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It was answered.
    Answered,
    /// It is closed without an answer.
    Closed {
        /// Why.
        reason: String,
    },
}

/// What saying it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Which review.
    pub key: ReviewKey,
    /// Where it stood before.
    pub before: State,
    /// Where it stands now.
    pub after: State,
    /// Whether it was news.
    pub news: bool,
    /// Whether a decision waits: nudge [`crate::raise`].
    pub undecided: bool,
}

/// Why it was not noted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotNoted {
    /// No such review.
    #[error("no such review")]
    NoReview,
    /// The time is before the review was published, or ahead of now.
    #[error("{0}")]
    BadTime(String),
    /// The store does not answer.
    #[error("not recorded")]
    Store(#[from] StoreError),
}

/// Finds a review by its key, `SOURCE/EXTERNAL_ID`, or its short number, `LUM-4821`.
///
/// # Errors
/// The store does not answer.
pub async fn find<W: World>(app: &App<W>, named: &str) -> Result<Option<StoredReview>, StoreError> {
    if let Some(number) = ReviewNumber::from_shown(named) {
        let found = app.store().by_number(number).await?;
        return Ok(found.filter(|stored| number.shown(&stored.review.brand) == named));
    }
    match named.parse::<ReviewKey>() {
        Ok(key) => app.store().review(&key).await,
        Err(_) => Ok(None),
    }
}

/// Notes what is said of a review. Saying it again changes nothing.
///
/// # Errors
/// [`NotNoted`].
pub async fn note<W: World>(
    app: &App<W>,
    stored: &StoredReview,
    said: Said,
    at: Option<Timestamp>,
    by: Option<String>,
) -> Result<Noted, NotNoted> {
    let now = app.now();
    let review = &stored.review;
    let at = at.unwrap_or(now);
    if at > now {
        return Err(NotNoted::BadTime(format!("{at} is ahead of now, {now}")));
    }
    if at < review.published() {
        let published = review.published();
        return Err(NotNoted::BadTime(format!("{at} is before its publication, {published}")));
    }
    let told = match said {
        Said::Answered => Told::Answered { at, by },
        Said::Closed { reason } => Told::Closed { at, by, reason },
    };
    let brand = app.brand(&review.brand).await?;
    let arrival = Arrival { key: review.key.clone(), brand, told, at: now, request: None };
    let recorded = app.store().record(vec![arrival]).await?;
    let after = app.store().review(&review.key).await?.ok_or(NotNoted::NoReview)?;
    Ok(Noted {
        key: review.key.clone(),
        before: review.state(),
        after: after.review.state(),
        news: recorded.first().is_some_and(|one| one.outcome == Outcome::Accepted),
        undecided: recorded.first().is_some_and(|one| one.undecided),
    })
}

//! Why did I get this, and why did I not?

use jiff::Timestamp;
use vigie_domain::decide::NotMade;
use vigie_domain::review::TrailEntry;
use vigie_domain::{BrandId, ReviewNumber, Stars, State};
use vigie_domain::{Notice, ReviewKey};
use vigie_ports::{NoticeFilter, Store as _, StoreError, World};

use crate::App;
use crate::answer::find;
use crate::copies::others_of;

/// A review's story.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// Which review.
    pub key: ReviewKey,
    /// Whose.
    pub brand: BrandId,
    /// Its short number.
    pub number: ReviewNumber,
    /// Its stars.
    pub stars: Option<Stars>,
    /// Where it stands.
    pub state: State,
    /// Whether its last change waits for a decision.
    pub undecided: bool,
    /// When it was published.
    pub published_at: Timestamp,
    /// When its first answer is due.
    pub due_at: Timestamp,
    /// When its reviewer was removed, after the time that they are kept.
    pub reviewer_removed_at: Option<Timestamp>,
    /// When its texts were erased.
    pub erased_at: Option<Timestamp>,
    /// The review that it is a copy of, by its number.
    pub copy_of: Option<(ReviewKey, ReviewNumber)>,
    /// Its copies, by their numbers.
    pub copies: Vec<(ReviewKey, ReviewNumber)>,
    /// What happened.
    pub trail: Vec<TrailEntry>,
    /// What was made.
    pub notices: Vec<Notice>,
    /// What was not, and why.
    pub not_made: Vec<NotMade>,
}

/// Tells a review's story; `None` if there is no such review.
///
/// # Errors
/// The store does not answer.
pub async fn explain<W: World>(app: &App<W>, named: &str) -> Result<Option<Explained>, StoreError> {
    let Some(stored) = find(app, named).await? else { return Ok(None) };
    let review = stored.review;
    let brand = app.brand(&review.brand).await?;
    let filter = NoticeFilter { review: Some(review.key.clone()), ..NoticeFilter::default() };
    let mut notices = app.store().notices(filter).await?;
    notices.sort_by_key(|notice| (notice.made_at, notice.what.id.clone()));
    let others = others_of(app, &review).await?;
    let named = others.into_iter().map(|other| (other.review.key, other.number));
    let (copy_of, copies): (Vec<_>, Vec<_>) =
        named.partition(|(key, _)| review.copy_of() == Some(key));
    Ok(Some(Explained {
        copy_of: copy_of.into_iter().next(),
        copies,
        brand: review.brand.clone(),
        number: stored.number,
        stars: review.stars(),
        state: review.state(),
        undecided: !review.is_decided(),
        published_at: review.published(),
        due_at: review.promise(&brand.brand).due_at,
        not_made: review.decided.as_ref().map(|d| d.not_made.clone()).unwrap_or_default(),
        reviewer_removed_at: review.reviewer_removed_at,
        erased_at: review.erased.as_ref().map(|erased| erased.at),
        trail: review.trail.clone(),
        key: review.key,
        notices,
    }))
}

//! Somebody asks to be forgotten: a review, or all that an author wrote on a source, is erased.
//!
//! The store alone is erased here. Files that hold the same words (kept requests, mails in a
//! folder) are the root's, which knows where they are; [`Found::mentions`] recognises them there.

use vigie_domain::erase::{Retention, Salt, months_before};
use vigie_domain::{Mentions, ReviewKey, SourceId};
use vigie_ports::{
    Erasing, Erasure, Expired, Expiring, Ids as _, Store as _, StoreError, StoredReview, World,
};

use crate::App;
use crate::answer::find;
use crate::copies::others_of;

/// Reviews that one transaction of [`expire`] looks at: others wait some milliseconds for it.
const EXPIRED_AT_ONCE: u32 = 300;

/// Who or what is to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// A review, by its key or its short number.
    Review(String),
    /// Whatever an author wrote on a source.
    Author {
        /// The name, as the platform tells it.
        name: String,
        /// The source.
        source: SourceId,
    },
}

/// What an erasure is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The reviews.
    pub reviews: Vec<StoredReview>,
    /// The source that what mentions them came in by, where it is known.
    pub source: Option<SourceId>,
    /// What recognises them, or the author, in what came in.
    pub mentions: Mentions,
}

/// Finds what is to be erased. An erased review is found too.
///
/// # Errors
/// The store does not answer.
pub async fn look<W: World>(app: &App<W>, whom: &Whom) -> Result<Found, StoreError> {
    let (reviews, mut mentions, source) = match whom {
        Whom::Review(named) => {
            let found = find(app, named).await?;
            let key = named.parse::<ReviewKey>().ok();
            // The id as it was named: an erased review does not know it any more.
            let by_id = key.as_ref().map(|key| Mentions::of_id(&key.external_id));
            let source = found.as_ref().map(|one| one.review.key.source.clone());
            let source = source.or_else(|| key.map(|key| key.source));
            let mut reviews = Vec::new();
            if let Some(found) = found {
                // What is one with it says the same.
                reviews.extend(others_of(app, &found.review).await?);
                reviews.insert(0, found);
            }
            (reviews, by_id.unwrap_or_default(), source)
        }
        Whom::Author { name, source } => {
            let found = app.store().written_by(source, name).await?;
            (found, Mentions::of_author(name), Some(source.clone()))
        }
    };
    let reviews: Vec<StoredReview> = reviews;
    for stored in reviews.iter().filter(|stored| !stored.review.is_erased()) {
        mentions = mentions.and(Mentions::of(&stored.review));
    }
    Ok(Found { reviews, source, mentions })
}

/// Erases a review, or says what would go.
///
/// # Errors
/// The store does not answer; nothing of this review was erased.
pub async fn erase<W: World>(
    app: &App<W>,
    stored: &StoredReview,
    dry: bool,
) -> Result<Erasure, StoreError> {
    let key = stored.review.key.clone();
    let erasing = Erasing { key, fresh: fresh(app), at: app.now(), dry };
    let erasure = app.store().erase(erasing).await?;
    if matches!(erasure, Erasure::Done(_)) && !dry {
        tracing::info!(source.id = %stored.review.key.source, "a review was erased");
    }
    Ok(erasure)
}

/// Forgets what could not be mapped and mentions it; or counts it only.
///
/// # Errors
/// The store does not answer.
pub async fn forget_rejected<W: World>(
    app: &App<W>,
    found: &Found,
    dry: bool,
) -> Result<u64, StoreError> {
    match &found.source {
        Some(source) => app.store().forget_rejected(source, &found.mentions, dry).await,
        None => Ok(0),
    }
}

/// Forgets some of what is older than it is to be kept: ask again while there is more.
///
/// # Errors
/// The store does not answer: the next time goes on from there.
pub async fn expire<W: World>(app: &App<W>, kept: Retention) -> Result<Expired, StoreError> {
    let at = app.now();
    let before = |months: Option<u16>| months.map(|months| months_before(months, at));
    let (reviewer_before, review_before) = (before(kept.reviewer), before(kept.review));
    if reviewer_before.is_none() && review_before.is_none() {
        return Ok(Expired::default());
    }
    let (fresh, limit) = (fresh(app), EXPIRED_AT_ONCE);
    let expiring = Expiring { reviewer_before, review_before, fresh, at, limit };
    app.store().expire(expiring).await
}

fn fresh<W: World>(app: &App<W>) -> Salt {
    let ids = app.world().ids();
    let mut fresh = [0; 32];
    let (first, second) = fresh.split_at_mut(16);
    first.copy_from_slice(&ids.random());
    second.copy_from_slice(&ids.random());
    fresh
}

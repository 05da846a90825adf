//! What is known beside a review: where it happened, and how often the same was complained of
//! lately.

use jiff::{SignedDuration, Timestamp};
use vigie_advice::{HISTORY_DAYS, History, House, Place, RECURS_FROM, Situation, leading};
use vigie_domain::{Brand, Cause, Content, Review};
use vigie_ports::{Store as _, StoreError, StoredReview, World};

use crate::{App, view};

/// The most reviews that are looked at: of more, "at least" is said.
const LOOKED_AT: u32 = 100;

/// The situation of a review under the threshold, as of now.
pub(crate) async fn situation<W: World>(
    app: &App<W>,
    review: &Review,
    brand: &Brand,
    house: &House,
) -> Result<Situation, StoreError> {
    let content = review.written();
    let is_of_shop = brand.shop_of(review).is_some();
    let place = content.and_then(|content| Place::of(content, is_of_shop));
    let Some(content) = content else { return Ok(Situation { place, history: None }) };
    let cause = main_cause(house, review, content);
    let history = match cause {
        // What says nothing of a cause, or is none of the brand's, does not come back.
        Some(Cause::General | Cause::OffTopic | Cause::BadFaith) | None => None,
        Some(cause) => Some(history(app, review, brand, house, cause).await?),
    };
    Ok(Situation { place, history })
}

/// What a review is advised on first: as it was decided, else as it reads.
pub(crate) fn main_cause(house: &House, review: &Review, content: &Content) -> Option<Cause> {
    let decided = review.decided.as_ref().map(|decided| decided.causes.clone());
    let causes = decided.filter(|causes| !causes.is_empty()).unwrap_or_else(|| {
        let assessment = crate::understand(house, content);
        assessment.causes.into_iter().map(|found| found.id).collect()
    });
    leading(&causes).into_iter().next()
}

async fn history<W: World>(
    app: &App<W>,
    review: &Review,
    brand: &Brand,
    house: &House,
    cause: Cause,
) -> Result<History, StoreError> {
    let now = app.now();
    let since = now.saturating_sub(SignedDuration::from_hours(24 * i64::from(HISTORY_DAYS)));
    let since = since.unwrap_or(Timestamp::MIN);
    let (poor, total) = app.store().poor_between(&brand.id, since, now, LOOKED_AT).await?;
    let is_same = |other: &&StoredReview| {
        let other = &other.review;
        let content = other.written().filter(|_| other.key != review.key);
        // What was imported lately may be old.
        let counts = other.published() > since
            && other.copy_of().is_none()
            && other.stars().is_none_or(|s| s < brand.alert_below);
        counts && content.is_some_and(|content| main_cause(house, other, content) == Some(cause))
    };
    let same: Vec<&StoredReview> = poor.iter().filter(is_same).collect();
    let shop = brand.shop_of(review);
    let here = same.iter().filter(|other| brand.shop_of(&other.review) == shop).count();
    let of_shop = shop.is_some() && here > 0;
    let count = 1 + if of_shop { here } else { same.len() };
    let good_share = if count >= RECURS_FROM {
        let received = app.store().received_between(&brand.id, since, now).await?.received;
        let good = received.saturating_sub(total);
        good.saturating_mul(100).checked_div(received).and_then(|share| u8::try_from(share).ok())
    } else {
        None
    };
    let name = view::shop(brand, review).filter(|_| of_shop);
    Ok(History { count, at_least: total > u64::from(LOOKED_AT), shop: name, good_share })
}

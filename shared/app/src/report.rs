//! The unanswered report: what is open, what is late, and what was done since the last one.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jiff::Timestamp;
use vigie_advice::House;
use vigie_domain::promise::Punctuality;
use vigie_domain::review::Happened;
use vigie_domain::{
    Brand, BrandId, Cause, ContactId, Review, ShopId, Silence, SourceId, Stars, State,
};
use vigie_ports::{Store as _, StoreError, StoredBrand, StoredReview, World};

use crate::{App, operator, view};

/// An open review in a report.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenReview {
    /// The review, with its number.
    pub stored: StoredReview,
    /// Its stars then.
    pub stars: Option<Stars>,
    /// What it complains of.
    pub causes: Vec<Cause>,
    /// When its first answer is due.
    pub due_at: Timestamp,
    /// Where it stands on its promise.
    pub state: Punctuality,
    /// Who was told last.
    pub with: Option<ContactId>,
    /// Whether it was found late.
    pub found_late: bool,
}

/// The open reviews that are not under the threshold: counted, since a brand may leave a million
/// of them unanswered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GoodOpen {
    /// All of them.
    pub count: usize,
    /// Those of each shop that the brand's file knows.
    pub by_shop: BTreeMap<ShopId, usize>,
    /// All of them by where they were written, as people call it; nowhere is an empty name.
    pub by_name: BTreeMap<String, usize>,
}

impl GoodOpen {
    fn add(&mut self, review: &Review, brand: &Brand) {
        self.count += 1;
        if let Some(shop) = brand.shop_of(review) {
            *self.by_shop.entry(shop.id.clone()).or_default() += 1;
        }
        *self.by_name.entry(view::shop(brand, review).unwrap_or_default()).or_default() += 1;
    }
}

/// A brand's report at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Whose.
    pub brand: Brand,
    /// The moment.
    pub at: Timestamp,
    /// Since when things are new.
    pub since: Timestamp,
    /// Open reviews under the threshold or without a readable rating, oldest due first.
    pub open: Vec<OpenReview>,
    /// Other open reviews.
    pub good_open: GoodOpen,
    /// Reviews answered since.
    pub answered: Vec<StoredReview>,
    /// Of these, how many within the promise.
    pub answered_in_time: u64,
    /// Reviews first seen since.
    pub received: u64,
    /// Sources of the brand that are silent for unusually long.
    pub silent: Vec<(SourceId, Silence)>,
}

impl Report {
    /// The good open reviews of each shop, most first; those of no shop are under an empty name.
    pub fn good_by_shop(&self) -> Vec<(String, usize)> {
        most_first(self.good_open.by_name.clone())
    }

    /// The open reviews under the threshold of each shop, likewise.
    pub fn open_by_shop(&self) -> Vec<(String, usize)> {
        let mut shops = BTreeMap::<_, usize>::new();
        for one in &self.open {
            let name = view::shop(&self.brand, &one.stored.review).unwrap_or_default();
            *shops.entry(name).or_default() += 1;
        }
        most_first(shops)
    }
}

fn most_first(shops: BTreeMap<String, usize>) -> Vec<(String, usize)> {
    let mut shops: Vec<_> = shops.into_iter().collect();
    shops.sort_by(|(a, many), (b, few)| few.cmp(many).then_with(|| a.cmp(b)));
    shops
}

/// The report of a brand as of `at`, judged by what was recorded and answered by then.
///
/// # Errors
/// The store does not answer.
pub async fn unanswered<W: World>(
    app: &App<W>,
    stored: &StoredBrand,
    since: Timestamp,
    at: Timestamp,
) -> Result<Report, StoreError> {
    let brand = &stored.brand;
    let (mut open, mut good_open) = (Vec::new(), GoodOpen::default());
    let house = House::of(brand);
    let visit = |candidate: StoredReview| {
        let review = &candidate.review;
        if review.copy_of().is_some() || review.state_at(at) != Some(State::Open) {
            return ControlFlow::Continue(());
        }
        let stars = stars_at(review, at);
        if stars.is_none_or(|stars| stars < brand.alert_below) {
            open.push(open_review(candidate, stars, brand, &house, at));
        } else {
            good_open.add(review, brand);
        }
        ControlFlow::Continue(())
    };
    app.store().open_at(&brand.id, at, visit).await?;
    open.sort_by_key(|open| (open.due_at, open.stored.number));
    open.dedup_by_key(|open| open.stored.number);
    let mut answered = app.store().settled_between(&brand.id, since, at).await?;
    answered.retain(|one| {
        one.review.copy_of().is_none() && one.review.state_at(at) == Some(State::Answered)
    });
    let in_time = answered.iter().filter(|one| is_in_time(&one.review, brand));
    let silent = operator::silent_of(app, brand, at).await?;
    Ok(Report {
        silent,
        brand: brand.clone(),
        at,
        since,
        answered_in_time: in_time.count() as u64,
        answered,
        received: app.store().received_between(&brand.id, since, at).await?.received,
        open,
        good_open,
    })
}

/// Whether a review was settled within its promise.
pub fn is_in_time(review: &Review, brand: &Brand) -> bool {
    review.settled_at().is_some_and(|done| done < review.promise(brand).due_at)
}

/// The reports of every brand that is not retired, or of one.
///
/// # Errors
/// The store does not answer.
pub async fn all<W: World>(
    app: &App<W>,
    only: Option<&str>,
    at: Timestamp,
) -> Result<Vec<Report>, StoreError> {
    let brands = match only.map(str::parse::<BrandId>) {
        None => app.store().brands().await?,
        Some(Ok(id)) => app.store().brand(&id).await?.into_iter().collect(),
        // What cannot be an id is no brand's.
        Some(Err(_)) => Vec::new(),
    };
    let mut reports = Vec::new();
    for stored in brands.into_iter().filter(|stored| !stored.retired) {
        let since = stored.reported_at.unwrap_or(stored.applied_at).min(at);
        reports.push(unanswered(app, &stored, since, at).await?);
    }
    Ok(reports)
}

fn stars_at(review: &Review, at: Timestamp) -> Option<Stars> {
    let written = |what| matches!(what, Happened::Posted | Happened::Edited);
    let last = review.trail.iter().rev().find(|entry| entry.at <= at && written(entry.what));
    last.map_or_else(|| review.stars(), |entry| entry.stars)
}

fn open_review(
    stored: StoredReview,
    stars: Option<Stars>,
    brand: &Brand,
    house: &House,
    at: Timestamp,
) -> OpenReview {
    let review = &stored.review;
    let promise = review.promise(brand);
    let assessment = review.written().map(|content| crate::understand(house, content));
    let causes = assessment.iter().flat_map(|found| found.causes.iter().map(|one| one.id));
    OpenReview {
        stars,
        causes: causes.collect(),
        due_at: promise.due_at,
        state: promise.at(at),
        with: with_whom(review, brand, at),
        found_late: review.is_found_late(brand),
        stored,
    }
}

/// Who was told last: the last step climbed, else the first who gets alerts.
fn with_whom(review: &Review, brand: &Brand, at: Timestamp) -> Option<ContactId> {
    let start = review.start(brand);
    let climbed = brand.escalate.iter().rev().find(|step| {
        let done = review.decided.as_ref().and_then(|d| d.ladder).and_then(|ladder| ladder.done);
        done.is_some_and(|done| step.after <= done) && start.due(brand, step) <= at
    });
    let step = climbed.and_then(|step| brand.who_climbs(step, review).into_iter().next());
    step.or_else(|| brand.who_gets_of(vigie_domain::Gets::Alert, review).into_iter().next())
}

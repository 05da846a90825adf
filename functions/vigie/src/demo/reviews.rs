//! The reviews that the store has, counted.

use std::collections::BTreeMap;

use serde::Serialize;
use vigie_domain::{Deliver, Matter, Stars, State};

use super::mails::Stored;

/// How many there are of each.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Reviews {
    pub(crate) stored: usize,
    pub(crate) under: usize,
    pub(crate) edited_under: usize,
    pub(crate) exactly_four: usize,
    pub(crate) unreadable: usize,
    pub(crate) answered: usize,
    pub(crate) withdrawn: usize,
    /// Of the brand with shops: how many each has, by its name.
    pub(crate) by_shop: BTreeMap<String, usize>,
    /// Those that name no place.
    pub(crate) nowhere: usize,
    /// Those that name a place that is no shop's, as it came.
    pub(crate) elsewhere: BTreeMap<String, usize>,
    /// How often the operator was told of such places.
    pub(crate) elsewhere_told: usize,
    /// Those of the brand on trial.
    pub(crate) on_trial: usize,
}

impl Reviews {
    pub(crate) fn count(stored: &Stored<'_>) -> Self {
        let elsewhere_told = stored.told(Matter::Location);
        let mut counts = Self { stored: stored.reviews.len(), elsewhere_told, ..Self::default() };
        for review in stored.reviews.values() {
            let edited = review.content.as_ref().is_some_and(|content| content.value.edited);
            match review.stars() {
                Some(stars) if stars < Stars::FOUR => {
                    counts.under += 1;
                    counts.edited_under += usize::from(edited);
                }
                Some(stars) => counts.exactly_four += usize::from(stars == Stars::FOUR),
                None => counts.unreadable += usize::from(review.content.is_some()),
            }
            counts.answered += usize::from(review.state() == State::Answered);
            counts.withdrawn += usize::from(review.state() == State::Withdrawn);
            counts.place(stored, review);
        }
        counts
    }

    fn place(&mut self, stored: &Stored<'_>, review: &vigie_domain::Review) {
        let Some(brand) = stored.brand_of(review) else { return };
        let says = review.written().and_then(|content| content.location.as_deref());
        if brand.deliver == Deliver::Trial {
            self.on_trial += 1;
        } else if let Some(shop) = brand.shop_of(review) {
            *self.by_shop.entry(shop.name.clone()).or_default() += 1;
        } else if let Some(place) = says.filter(|place| !place.is_empty()) {
            *self.elsewhere.entry(place.to_owned()).or_default() += 1;
        } else {
            self.nowhere += 1;
        }
    }
}

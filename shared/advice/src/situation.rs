//! What is known beside the review: where it happened, and whether it comes back.

use vigie_domain::{Cause, Content, Guarantee, Locale, PromiseKind};

use crate::format::Again;
use crate::house::House;
use crate::library::Library;
use crate::types::Case;

/// How far back a history looks, in days.
pub const HISTORY_DAYS: u16 = 30;
/// From this complaint on, its cause is to be looked for.
pub const RECURS_FROM: usize = 3;
/// From this one on, an audit may be worth its price (facts A46).
const AUDIT_FROM: usize = 8;
/// The share of good reviews from which a guarantee adds nothing (E29), and under which it would
/// promise what is not kept (E30), in percent: the founding document says "top" and "minimum", the
/// figures are ours.
const SHARE_TOP: u8 = 95;
const SHARE_MINIMUM: u8 = 60;

/// What is known beside the review.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Situation {
    /// Where the customer met the brand.
    pub place: Option<Place>,
    /// How often the same was complained of lately.
    pub history: Option<History>,
}

/// Where a customer met the brand (facts A31).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a shop.
    Shop,
    /// Online.
    Online,
}

impl Place {
    /// The place of a review, as far as it tells: what names a location or is of a shop happened
    /// there, what names an order was bought online.
    ///
    /// ```
    /// use vigie_advice::Place;
    /// use vigie_domain::Content;
    /// let content = Content { order: Some("A-1".into()), ..Content::default() };
    /// assert_eq!(Place::of(&content, false), Some(Place::Online));
    /// assert_eq!(Place::of(&content, true), Some(Place::Shop));
    /// assert_eq!(Place::of(&Content::default(), false), None);
    /// ```
    pub const fn of(content: &Content, is_of_shop: bool) -> Option<Self> {
        match (is_of_shop || content.location.is_some(), content.order.is_some()) {
            (true, _) => Some(Self::Shop),
            (_, true) => Some(Self::Online),
            _ => None,
        }
    }
}

/// Complaints of the same cause in the last [`HISTORY_DAYS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// How many there were, with this one.
    pub count: usize,
    /// Whether there may be more: not all were looked at.
    pub at_least: bool,
    /// The shop that they are all of; `None`: of the whole brand.
    pub shop: Option<String>,
    /// How many of a hundred reviews of the time were good.
    pub good_share: Option<u8>,
}

impl History {
    /// In one sentence; `None` of the first.
    pub(crate) fn told(&self, again: &Again, label: &str, locale: Locale) -> Option<String> {
        if self.count < 2 {
            return None;
        }
        let text = match (self.at_least, &self.shop) {
            (false, None) => &again.told,
            (false, Some(_)) => &again.told_at,
            (true, None) => &again.told_many,
            (true, Some(_)) => &again.told_many_at,
        };
        let count = self.count.to_string();
        let places = [
            ("{nth}", ordinal(self.count, locale)),
            ("{count}", count),
            ("{label}", label.to_owned()),
            ("{days}", HISTORY_DAYS.to_string()),
            ("{shop}", self.shop.clone().unwrap_or_default()),
        ];
        let filled =
            places.iter().fold(text.clone(), |text, (slot, with)| text.replace(slot, with));
        Some(filled)
    }
}

/// What to do where the same complaint comes back.
pub(crate) fn recurring(case: &Case<'_>, library: &Library, cause: Cause) -> Vec<String> {
    let Some(history) = &case.situation.history else { return Vec::new() };
    if history.count < RECURS_FROM {
        return Vec::new();
    }
    let again = &library.voice.again;
    let people = match cause.promise() {
        Some(PromiseKind::Relation) => &again.training,
        _ => &again.means,
    };
    let mut found = vec![again.root.clone(), people.clone()];
    if cause != Cause::SafetyHealth && wants_guarantee(case.house, history.good_share) {
        found.push(again.guarantee.clone());
    }
    if history.count >= AUDIT_FROM {
        found.push(again.audit.clone());
    }
    found
}

/// The four cases of the founding document: none where the brand does very well, none where it does
/// badly, none for what is cheap, one where the trade gives one as a rule.
fn wants_guarantee(house: &House, good_share: Option<u8>) -> bool {
    match house.guarantee {
        Guarantee::Never => false,
        Guarantee::Usual => true,
        Guarantee::Auto => {
            good_share.is_some_and(|share| (SHARE_MINIMUM..SHARE_TOP).contains(&share))
        }
    }
}

/// "3e", "3rd".
fn ordinal(number: usize, locale: Locale) -> String {
    let ending = match (locale, number % 100, number % 10) {
        (Locale::Fr, _, _) if number == 1 => "re",
        (Locale::Fr, _, _) => "e",
        (Locale::En, 11..=13, _) => "th",
        (Locale::En, _, 1) => "st",
        (Locale::En, _, 2) => "nd",
        (Locale::En, _, 3) => "rd",
        (Locale::En, _, _) => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_as_each_language_does() {
        let told = |locale| [2, 3, 11, 12, 21, 22, 103, 111].map(|n| ordinal(n, locale)).join(" ");
        assert_eq!(told(Locale::Fr), "2e 3e 11e 12e 21e 22e 103e 111e");
        assert_eq!(told(Locale::En), "2nd 3rd 11th 12th 21st 22nd 103rd 111th");
    }

    #[test]
    fn a_guarantee_is_worth_it_in_the_middle_or_where_the_trade_gives_one() {
        let house = |guarantee| House { guarantee, ..House::default() };
        let auto = house(Guarantee::Auto);
        for (share, wanted) in
            [(None, false), (Some(98), false), (Some(80), true), (Some(40), false)]
        {
            assert_eq!(wants_guarantee(&auto, share), wanted, "{share:?}");
        }
        assert!(wants_guarantee(&house(Guarantee::Usual), Some(98)));
        assert!(!wants_guarantee(&house(Guarantee::Never), Some(80)));
    }
}

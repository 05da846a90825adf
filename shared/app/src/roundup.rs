//! How a week or a month went: who was thanked by name, where customers were let down most.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use vigie_advice::House;
use vigie_domain::promise::{report_instant, roundup_on};
use vigie_domain::{
    Brand, Cause, Channel, ContactId, Gets, Kind, NewNotice, NoticeId, PromiseKind, Stars, Subject,
    Touchpoint,
};
use vigie_ports::{Store as _, StoreError, StoredBrand, StoredReview, World};
use vigie_render::{Message, Praised, RoundupView, Weakest};

use crate::words::To;
use crate::{App, view};

/// The most reviews of each sort that are read: of more, the rest is counted only.
const LOOKED_AT: u32 = 500;

/// The notices of a brand's round-up, on its day and if there was any review.
pub(crate) async fn notices<W: World>(
    app: &App<W>,
    stored: &StoredBrand,
    date: Date,
) -> Result<Vec<NewNotice>, StoreError> {
    let brand = &stored.brand;
    let Some((first, past)) = roundup_on(brand.roundup, date) else { return Ok(Vec::new()) };
    let (since, until) = (midnight(brand, first), midnight(brand, past));
    if app.store().received_between(&brand.id, since, until).await?.received == 0 {
        return Ok(Vec::new());
    }
    let of = first.to_string();
    let make = |(to, meant_for): (ContactId, Vec<ContactId>)| NewNotice {
        id: NoticeId::of(["roundup", brand.id.as_str(), &of, Channel::Email.id(), to.as_str()]),
        brand: brand.id.clone(),
        kind: Kind::Praise,
        channel: Channel::Email,
        to,
        meant_for,
        subject: Subject::Roundup { first, past },
        due_at: report_instant(brand, date),
        with: None,
    };
    Ok(brand.written_to(brand.who_gets(Gets::Praise)).into_iter().map(make).collect())
}

/// The words of a round-up; `None` if nothing is left to tell.
pub(crate) async fn words<W: World>(
    app: &App<W>,
    to: To<'_>,
    (first, past): (Date, Date),
) -> Result<Option<Message>, StoreError> {
    let (brand, house) = (to.brand, House::of(to.brand));
    let (since, until) = (midnight(brand, first), midnight(brand, past));
    let store = app.store();
    let (good, good_count) = store.good_between(&brand.id, since, until, LOOKED_AT).await?;
    let (poor, poor_count) = store.poor_between(&brand.id, since, until, LOOKED_AT).await?;
    if good_count + poor_count == 0 {
        return Ok(None);
    }
    let complaints = complaints(&house, brand, &poor);
    let reviews = praised(app, brand, &good);
    // Of its own days: the brand may have changed its mind since.
    let weekly = first.checked_add(Span::new().weeks(1)).is_ok_and(|week| week == past);
    Ok(Some(vigie_render::roundup(&RoundupView {
        brand: to.brand_view(),
        recipient: to.reader(),
        first,
        weekly,
        good: good_count as usize,
        poor: poor_count as usize,
        before: before(app, brand, first, weekly).await?,
        people: people(&reviews),
        weakest: weakest(&complaints),
        promises: promises(&complaints),
        at_least: poor_count > u64::from(LOOKED_AT),
        reviews,
    })))
}

/// Good reviews and others of the period before, if there were any.
async fn before<W: World>(
    app: &App<W>,
    brand: &Brand,
    first: Date,
    weekly: bool,
) -> Result<Option<(usize, usize)>, StoreError> {
    let back = if weekly { Span::new().weeks(1) } else { Span::new().months(1) };
    let Ok(earlier) = first.checked_sub(back) else { return Ok(None) };
    let (since, until) = (midnight(brand, earlier), midnight(brand, first));
    let (_, good) = app.store().good_between(&brand.id, since, until, 1).await?;
    let (_, poor) = app.store().poor_between(&brand.id, since, until, 1).await?;
    Ok((good + poor > 0).then_some((good as usize, poor as usize)))
}

/// Good reviews as messages show them, each with whom it thanks.
pub(crate) fn praised<W: World>(
    app: &App<W>,
    brand: &Brand,
    good: &[StoredReview],
) -> Vec<Praised> {
    let house = House::of(brand);
    let each = |stored: &StoredReview| {
        let content = stored.review.written();
        let found = content.map(|content| crate::understand(&house, content)).unwrap_or_default();
        let (people, suggests) = (found.praised, found.suggestion);
        Praised { review: view::review(app, stored, brand), people, suggests }
    };
    good.iter().map(each).collect()
}

/// First names, and in how many reviews each is thanked: most first, then by name.
fn people(reviews: &[Praised]) -> Vec<(String, usize)> {
    let mut times: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for name in reviews.iter().flat_map(|praised| &praised.people) {
        times.entry(name.to_lowercase()).or_insert_with(|| (name.clone(), 0)).1 += 1;
    }
    let mut people: Vec<(String, usize)> = times.into_values().collect();
    people.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    people
}

/// What each review complains of first, with its rating.
fn complaints(house: &House, brand: &Brand, poor: &[StoredReview]) -> Vec<(Cause, Option<Stars>)> {
    let under = poor.iter().filter(|stored| {
        let review = &stored.review;
        review.copy_of().is_none() && review.stars().is_none_or(|s| s < brand.alert_below)
    });
    let first = |stored: &StoredReview| {
        let content = stored.review.written()?;
        let cause = crate::history::main_cause(house, &stored.review, content)?;
        Some((cause, content.stars))
    };
    under.filter_map(first).collect()
}

/// Where most complaints are; of equals, where ratings are lowest.
fn weakest(complaints: &[(Cause, Option<Stars>)]) -> Option<Weakest> {
    let of = |place| {
        let here = complaints.iter().filter(move |(cause, _)| cause.touchpoint() == Some(place));
        here.copied().collect::<Vec<_>>()
    };
    let lowest = |here: &[(Cause, Option<Stars>)]| {
        let rated: Vec<u32> = here
            .iter()
            .filter_map(|(_, stars)| *stars)
            .map(|s| u32::from(s.hundredths()))
            .collect();
        rated.iter().sum::<u32>().checked_div(rated.len() as u32).unwrap_or(u32::MAX)
    };
    let places = Touchpoint::ALL.into_iter().map(|place| (place, of(place)));
    let (touchpoint, here) = places
        .filter(|(_, here)| !here.is_empty())
        .max_by_key(|(_, here)| (here.len(), std::cmp::Reverse(lowest(here))))?;
    let times = |cause: Cause| here.iter().filter(|(other, _)| *other == cause).count();
    let cause = here.iter().map(|(cause, _)| *cause).max_by_key(|cause| times(*cause))?;
    Some(Weakest { touchpoint, times: here.len(), cause })
}

/// Complaints of what is sold, and of how people are treated.
fn promises(complaints: &[(Cause, Option<Stars>)]) -> (usize, usize) {
    let of = |kind| complaints.iter().filter(|(cause, _)| cause.promise() == Some(kind)).count();
    (of(PromiseKind::Product), of(PromiseKind::Relation))
}

/// When a local date begins. A moment that the clocks skip: the first one after.
fn midnight(brand: &Brand, date: Date) -> Timestamp {
    let zoned = date.to_zoned(brand.zone());
    zoned.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weakest_link_is_where_most_are_let_down() {
        let stars = Stars::from_hundredths;
        let found = weakest(&[
            (Cause::Delivery, stars(200)),
            (Cause::OrderAccuracy, stars(300)),
            (Cause::StaffAttitude, stars(100)),
            (Cause::General, stars(100)),
        ]);
        let found = found.expect("there are complaints");
        assert_eq!((found.touchpoint, found.times), (Touchpoint::Delivery, 2));
        let equals = [(Cause::Delivery, stars(300)), (Cause::StaffAttitude, stars(100))];
        assert_eq!(weakest(&equals).map(|found| found.touchpoint), Some(Touchpoint::Place));
        assert_eq!(weakest(&[(Cause::General, stars(100))]), None);
    }

    #[test]
    fn both_promises_are_counted() {
        let one = |cause| (cause, None);
        let all = [Cause::Delivery, Cause::ProductQuality, Cause::WaitingTime, Cause::General];
        assert_eq!(promises(&all.map(one)), (2, 1));
    }
}

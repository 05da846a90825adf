//! What is stored, as messages and pages show it: raw values for `vigie-render`, which words them.

use vigie_advice::{Advice, Case, House, Situation, advise};
use vigie_domain::{Assessment, Brand, ContactId, Content, Locale, Review, SourceId};
use vigie_platforms::preset::{Answers, Push};
use vigie_ports::{StoreError, StoredReview, World};
use vigie_render::{Also, BrandView, Links, NextKind, NextStep, Purpose, ReviewView};

use crate::App;
use crate::copies::others_of;

/// A brand as messages show it.
pub fn brand(brand: &Brand) -> BrandView {
    meant_for(brand, &[])
}

/// A brand as a message shows it that the operator gets for others.
pub(crate) fn meant_for(brand: &Brand, meant: &[ContactId]) -> BrandView {
    BrandView {
        meant_for: names(brand, meant),
        name: brand.name.clone(),
        locale: brand.locale,
        zone: brand.zone(),
        alert_below: brand.alert_below,
        answer_within: brand.answer_within,
    }
}

/// A review as messages show it.
pub fn review<W: World>(app: &App<W>, stored: &StoredReview, brand: &Brand) -> ReviewView {
    let review = &stored.review;
    let nothing = Content::default();
    let content = review.written().unwrap_or(&nothing);
    ReviewView {
        number: stored.number.shown(&brand.id),
        key: review.key.to_string(),
        stars: content.stars,
        author: author(review, brand.locale),
        platform: platform(app, &review.key.source),
        shop: shop(brand, review),
        title: content.title.clone(),
        text: content.text.clone(),
        published_at: review.published(),
        due_at: review.promise(brand).due_at,
        url: content.url.clone(),
        answer_url: content.answer_url.clone(),
        language: content.language.clone(),
        product: content.product.clone(),
        flags: content.flags.clone(),
        answers_by_hand: answers_by_hand(app, &review.key.source),
        unsigned: is_unsigned(app, brand, &review.key.source),
        also: Vec::new(),
    }
}

/// A review as messages show it, with where its copies are.
pub(crate) async fn review_and_copies<W: World>(
    app: &App<W>,
    stored: &StoredReview,
    brand: &Brand,
) -> Result<ReviewView, StoreError> {
    let also = |copy: StoredReview| {
        let content = copy.review.written();
        let url = content.and_then(|content| content.answer_url.clone().or(content.url.clone()));
        Also { platform: platform(app, &copy.review.key.source), url }
    };
    let copies = others_of(app, &stored.review).await?;
    let also = copies.into_iter().map(also).collect();
    Ok(ReviewView { also, ..review(app, stored, brand) })
}

/// Whether nothing proves that the platform sent what a source tells: it is not signed, and not
/// read from the platform's API either.
fn is_unsigned<W: World>(app: &App<W>, brand: &Brand, source: &SourceId) -> bool {
    let Some(preset) = app.registry().platform(source) else { return false };
    let of_brand = brand.sources.iter().find(|one| one.id == *source);
    let states_api = of_brand.is_some_and(|source| source.access.api.is_some());
    let is_read = preset.push() == Push::Thin || (states_api && preset.fetch().is_some());
    !preset.signed() && !is_read
}

/// Who wrote it, or that it is no longer known.
fn author(review: &Review, locale: Locale) -> Option<String> {
    let removed = match locale {
        Locale::Fr => "(nom retiré)",
        Locale::En => "(name removed)",
    };
    let known = review.written().and_then(|content| content.author.clone());
    known.or_else(|| review.reviewer_removed_at.map(|_| removed.to_owned()))
}

/// Where a review was written: its shop's name, else the place as the platform calls it.
pub(crate) fn shop(brand: &Brand, review: &Review) -> Option<String> {
    let known = brand.shop_of(review).map(|shop| shop.name.clone());
    known.or_else(|| review.written()?.location.clone())
}

/// The name of a source's platform.
pub(crate) fn platform<W: World>(app: &App<W>, source: &SourceId) -> String {
    let found = app.registry().platform(source);
    found.map_or_else(|| source.to_string(), |preset| preset.name().to_owned())
}

/// Whether the platform tells nothing of answers, so that the brand has to.
pub(crate) fn answers_by_hand<W: World>(app: &App<W>, source: &SourceId) -> bool {
    let found = app.registry().platform(source);
    found.is_none_or(|preset| preset.answers() != Answers::Event)
}

/// A recipient's links for a review.
pub(crate) fn links<W: World>(app: &App<W>, stored: &StoredReview, to: &ContactId) -> Links {
    let now = app.now();
    let link = |purpose| app.link(purpose, stored.number, to, now);
    Links { answered: link(Purpose::Answered), close: link(Purpose::Close) }
}

/// The steps of the ladder still ahead of a review.
pub(crate) fn next_steps(review: &Review, brand: &Brand) -> Vec<NextStep> {
    let Some(mut ladder) = review.decided.as_ref().and_then(|decided| decided.ladder) else {
        return Vec::new();
    };
    let start = review.start(brand);
    let mut steps = Vec::new();
    while let Some((step, at)) = ladder.next(brand, start) {
        let kind = if brand.escalates(step) { NextKind::Escalation } else { NextKind::Reminder };
        steps.push(NextStep { kind, at, names: names(brand, &brand.who_climbs(step, review)) });
        ladder = ladder.climb(brand, start, at).1;
    }
    steps
}

/// The names of some contacts.
pub(crate) fn names(brand: &Brand, ids: &[ContactId]) -> Vec<String> {
    let contacts = ids.iter().filter_map(|id| brand.contact(id));
    contacts.map(|contact| contact.name.clone()).collect()
}

/// What is understood of a review, and what to do about it.
pub(crate) fn advice(
    review: &Review,
    brand: &Brand,
    house: &House,
    situation: &Situation,
) -> (Assessment, Advice) {
    let nothing = Content::default();
    let content = review.written().unwrap_or(&nothing);
    let assessment = crate::understand(house, content);
    let case = Case::new(&assessment, content, &brand.name, brand.locale);
    let advice = advise(&Case { situation, house, ..case });
    if advice.draft.replaced {
        tracing::warn!(review = %review.key.source, "a draft was replaced by the safe one");
    }
    (assessment, advice)
}

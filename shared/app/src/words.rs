//! Which words a notice has: what is stored, looked at as it is now.

use jiff::Timestamp;
use vigie_advice::{House, Situation};
use vigie_domain::notice::{Kind, Notice, Subject};
use vigie_domain::promise::{Punctuality, TAKE_ALONG, later, next_report};
use vigie_domain::review::Happened;
use vigie_domain::{
    Brand, Contact, ContactId, Gets, Matter, Review, Silence, SourceId, Stars, Trouble,
};
use vigie_ports::{Store as _, StoreError, StoredReview, World};
use vigie_render::{
    Again, AlertView, AnsweredLine, BrandView, LadderItem, LadderKind, LadderView, Message, News,
    NextKind, PraiseView, ReportLine, ReportView, Unknown, Why,
};

use crate::deliver::Needed;
use crate::report::{OpenReview, Report};
use crate::watch::GOOD_LOOKED_AT;
use crate::{App, history, operator, report, roundup, view};

/// Reviews that one message shows at most (contract): the rest is counted.
pub const SHOWN_MAX: usize = 100;

/// Who is written to, for whom.
#[derive(Clone, Copy)]
pub(crate) struct To<'a> {
    pub(crate) brand: &'a Brand,
    pub(crate) contact: &'a Contact,
    /// For whom it is meant, where the operator gets it in their stead.
    pub(crate) meant_for: &'a [ContactId],
}

impl To<'_> {
    pub(crate) fn brand_view(&self) -> BrandView {
        view::meant_for(self.brand, self.meant_for)
    }

    /// Who reads it, by name; on trial, those for whom it is meant.
    pub(crate) fn reader(&self) -> String {
        match self.meant_for {
            [] => self.contact.name.clone(),
            meant => view::names(self.brand, meant).join(", "),
        }
    }

    /// Whether a review's praise is for this recipient.
    fn is_praised_for(&self, review: &Review) -> bool {
        let who = self.brand.who_gets_of(Gets::Praise, review);
        who.iter().any(|id| *id == self.contact.id || self.meant_for.contains(id))
    }
}

/// The words of a notice; `None` if there is nothing left to show.
pub(crate) async fn words<W: World>(
    app: &App<W>,
    notice: &Notice,
    to: To<'_>,
    needed: Needed,
    now: Timestamp,
) -> Result<Option<Message>, StoreError> {
    match (&notice.what.subject, notice.what.kind) {
        (Subject::Review { .. }, Kind::Praise) => Ok(Some(praise(app, to, &needed, 0, now))),
        (Subject::Review { .. }, Kind::Reminder) => {
            ladder(app, to, LadderKind::Reminder, needed, notice.made_at).await.map(Some)
        }
        (Subject::Review { .. }, Kind::Escalation) => {
            ladder(app, to, LadderKind::Escalation, needed, notice.made_at).await.map(Some)
        }
        (Subject::Review { why, .. }, _) => {
            let mut views = Vec::new();
            for stored in needed {
                views.push(alert(app, to, stored, Why::from(why)).await?);
            }
            Ok(vigie_render::waited(&views))
        }
        (Subject::Praise { since, until }, _) => {
            let id = &to.brand.id;
            let limit = if to.brand.shops.is_empty() { SHOWN_MAX as u32 } else { GOOD_LOOKED_AT };
            let (mut good, count) = app.store().good_between(id, *since, *until, limit).await?;
            let beyond = (count as usize).saturating_sub(good.len());
            good.retain(|stored| to.is_praised_for(&stored.review));
            let more = beyond + good.len().saturating_sub(SHOWN_MAX);
            good.truncate(SHOWN_MAX);
            Ok((!good.is_empty()).then(|| praise(app, to, &good, more, now)))
        }
        (Subject::Roundup { first, past }, _) => roundup::words(app, to, (*first, *past)).await,
        // Composed without a brand: `compose::operator`.
        (Subject::Operator(_) | Subject::Fetch(_) | Subject::List { .. } | Subject::Fetched, _) => {
            Ok(None)
        }
        (Subject::Report { since, .. }, _) => {
            let Some(stored) = app.store().brand(&to.brand.id).await? else { return Ok(None) };
            let report = report::unanswered(app, &stored, *since, now).await?;
            let mut view = report_view(app, &report, Some(to.contact));
            (view.brand, view.recipient) = (to.brand_view(), Some(to.reader()));
            Ok(Some(vigie_render::report(&view)))
        }
    }
}

async fn alert<W: World>(
    app: &App<W>,
    to: To<'_>,
    stored: StoredReview,
    why: Why,
) -> Result<AlertView, StoreError> {
    let review = &stored.review;
    let house = House::of(to.brand);
    let situation = history::situation(app, review, to.brand, &house).await?;
    let (assessment, advice) = view::advice(review, to.brand, &house, &situation);
    if advice.draft.replaced {
        operator::trouble(app, Trouble::new(Matter::Draft, review.key.source.as_str()));
    }
    let first = app.store().first_subject(&review.key, &to.contact.id).await?;
    Ok(AlertView {
        brand: to.brand_view(),
        recipient: to.reader(),
        review: view::review_and_copies(app, &stored, to.brand).await?,
        links: view::links(app, &stored, &to.contact.id),
        assessment,
        advice,
        why,
        next: view::next_steps(review, to.brand),
        again: first.map(|first_subject| Again { first_subject, new: news(review) }),
    })
}

/// What is new since somebody heard of a review: its stars, or that it is open again.
fn news(review: &Review) -> News {
    if review.trail.last().is_some_and(|last| last.what == Happened::Reopened) {
        return News::Reopened;
    }
    let written = |what| matches!(what, Happened::Posted | Happened::Edited);
    let mut stars = review.trail.iter().rev().filter(|entry| written(entry.what));
    let to: Option<Stars> = stars.next().and_then(|entry| entry.stars);
    News::Edited { from: stars.next().and_then(|entry| entry.stars), to }
}

fn praise<W: World>(
    app: &App<W>,
    to: To<'_>,
    good: &[StoredReview],
    more: usize,
    at: Timestamp,
) -> Message {
    vigie_render::praise(&PraiseView {
        brand: to.brand_view(),
        recipient: to.reader(),
        reviews: roundup::praised(app, to.brand, good),
        more,
        at,
    })
}

async fn ladder<W: World>(
    app: &App<W>,
    to: To<'_>,
    kind: LadderKind,
    needed: Needed,
    made_at: Timestamp,
) -> Result<Message, StoreError> {
    // What this message takes along from this person's steps does not come next.
    let taken_until = later(made_at, TAKE_ALONG);
    let next = |review: &Review| {
        let mut steps = view::next_steps(review, to.brand);
        for step in steps.iter_mut().filter(|step| step.at <= taken_until) {
            step.names.retain(|name| *name != to.contact.name);
        }
        steps.retain(|step| !step.names.is_empty());
        steps
    };
    let mut first_subject = None;
    if let Some(first) = needed.first() {
        first_subject = app.store().first_subject(&first.review.key, &to.contact.id).await?;
    }
    let (house, nothing) = (House::of(to.brand), Situation::default());
    let mut items = Vec::new();
    for stored in &needed {
        items.push(LadderItem {
            review: view::review_and_copies(app, stored, to.brand).await?,
            links: view::links(app, stored, &to.contact.id),
            summary: view::advice(&stored.review, to.brand, &house, &nothing).1.summary,
            had_it: view::names(to.brand, &to.brand.who_gets_of(Gets::Alert, &stored.review)),
            next: next(&stored.review),
        });
    }
    Ok(vigie_render::ladder(&LadderView {
        brand: to.brand_view(),
        recipient: to.reader(),
        kind,
        items,
        first_subject,
    }))
}

/// The report as people read it: for a contact, with links, or for a terminal.
pub fn report_view<W: World>(app: &App<W>, report: &Report, to: Option<&Contact>) -> ReportView {
    let Report { brand, at, open, .. } = report;
    let zone = brand.zone();
    let today = at.to_zoned(zone.clone()).date();
    let mut view = ReportView {
        brand: view::brand(brand),
        recipient: to.map(|contact| contact.name.clone()),
        at: *at,
        late: Vec::new(),
        today: Vec::new(),
        later: Vec::new(),
        found_late: Vec::new(),
        unreadable: Vec::new(),
        open_by_shop: report.open_by_shop(),
        good_by_shop: report.good_by_shop(),
        answered_since: report.answered.iter().map(|done| answered(done, brand)).collect(),
        unknown: unknown(app, brand, &report.silent),
        received: report.received as usize,
        answered: report.answered.len(),
        answered_in_time: report.answered_in_time as usize,
        more: 0,
        next: Vec::new(),
        next_report: Some(next_report(brand, *at).1),
    };
    for review in open {
        let due_on = review.due_at.to_zoned(zone.clone()).date();
        let list = match review.state {
            _ if review.found_late => &mut view.found_late,
            _ if review.stars.is_none() => &mut view.unreadable,
            Punctuality::Late => &mut view.late,
            _ if due_on == today => &mut view.today,
            _ => &mut view.later,
        };
        list.push(line(app, review, brand, to));
        view.next.extend(view::next_steps(&review.stored.review, brand));
    }
    view.next.sort_by_key(|step| step.at);
    // The soonest of each: who hears next, not every message to come.
    let mut told: Vec<(NextKind, Vec<String>)> = Vec::new();
    view.next.retain(|step| {
        let of = (step.kind, step.names.clone());
        let new = !told.contains(&of);
        told.push(of);
        new
    });
    view
}

fn line<W: World>(
    app: &App<W>,
    open: &OpenReview,
    brand: &Brand,
    to: Option<&Contact>,
) -> ReportLine {
    let with = open.with.as_ref().and_then(|id| brand.contact(id));
    ReportLine {
        review: view::review(app, &open.stored, brand),
        links: to.map(|contact| view::links(app, &open.stored, &contact.id)),
        causes: open.causes.clone(),
        with: with.map(|contact| contact.name.clone()),
    }
}

fn answered(stored: &StoredReview, brand: &Brand) -> AnsweredLine {
    let review = &stored.review;
    AnsweredLine {
        number: stored.number.shown(&brand.id),
        stars: review.stars(),
        shop: view::shop(brand, review),
        in_time: report::is_in_time(review, brand),
    }
}

/// The platforms that do not tell of answers, and the sources gone silent.
fn unknown<W: World>(app: &App<W>, brand: &Brand, silent: &[(SourceId, Silence)]) -> Vec<Unknown> {
    let by_hand = brand.sources.iter().filter(|source| view::answers_by_hand(app, &source.id));
    let mut platforms: Vec<String> =
        by_hand.map(|source| view::platform(app, &source.id)).collect();
    platforms.sort();
    platforms.dedup();
    let by_hand = (!platforms.is_empty()).then_some(Unknown::Answers { platforms });
    let silent = silent.iter().map(|(source, silence)| Unknown::Silent {
        source: format!("{} ({source})", view::platform(app, source)),
        days: silence.days,
        longest: silence.longest,
    });
    by_hand.into_iter().chain(silent).collect()
}

//! Every minute, or every second: what waits for this moment?

use std::ops::ControlFlow;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use vigie_domain::notice::NoticeId;
use vigie_domain::promise::{is_praise_day, next_report, report_instant};
use vigie_domain::{BrandId, Channel, ContactId, Gets, Kind, NewNotice, Praise, Subject};
use vigie_ports::{Due, ReportMade, Store as _, StoreError, StoredBrand, World, Written};

use crate::{App, climb, fetch, raise, roundup};

/// Good reviews that are looked at to learn whose they are. Beyond it a brand with shops would read
/// its day's reviews twice; a message shows a hundred anyway.
pub(crate) const GOOD_LOOKED_AT: u32 = 5_000;

/// A report this late is still made for the day it was due: a restart near midnight loses none.
const A_LITTLE_LATE: SignedDuration = SignedDuration::from_hours(1);

/// What waits, at most `limit` of each sort, soonest first.
///
/// # Errors
/// The store does not answer: ask again.
pub async fn due<W: World>(app: &App<W>, limit: u32) -> Result<Vec<Due>, StoreError> {
    app.store().due(app.now(), limit).await
}

/// Does what waits, save for notices: gives the ids of those to deliver.
///
/// # Errors
/// The store does not answer; what waited still waits.
pub async fn handle<W: World>(app: &App<W>, due: &Due) -> Result<Vec<NoticeId>, StoreError> {
    match due {
        Due::Undecided(key) => raise::raise(app, key).await,
        Due::Step(key) => climb::climb(app, key).await,
        Due::Report(brand) => make_report(app, brand).await,
        Due::Notice(id) => Ok(vec![id.clone()]),
    }
}

/// Makes a brand's report, gathered praise and round-up, and looks into its platforms' lists, once
/// per local date. After downtime today's is made late; earlier days' are not.
async fn make_report<W: World>(app: &App<W>, id: &BrandId) -> Result<Vec<NoticeId>, StoreError> {
    let now = app.now();
    let Some(stored) = app.store().brand(id).await? else { return Ok(Vec::new()) };
    if stored.report_at > now {
        return Ok(Vec::new());
    }
    let brand = &stored.brand;
    let mut notices = Vec::new();
    let date = date_to_report(&stored, now);
    let praise = date.is_some_and(|date| gathers_praise(brand.praise, date));
    if let Some(date) = date {
        if brand.report_when_empty || has_open(app, &stored, now).await? {
            notices.extend(report_notices(&stored, date));
        }
        if praise {
            notices.extend(praise_notices(app, &stored, now).await?);
        }
        notices.extend(roundup::notices(app, &stored, date).await?);
        // Learns what the brand's platforms are, where that is not known yet.
        app.brand(id).await?;
        notices.extend(fetch::to_look_into(app, brand, date));
    }
    let ids = notices.iter().map(|new| new.id.clone()).collect();
    let made = ReportMade {
        brand: id.clone(),
        was_due_at: stored.report_at,
        next_at: next_report(brand, now).1,
        at: now,
        praised: praise,
        notices,
    };
    let written = app.store().report_made(made).await?;
    Ok(if written == Written::Done { ids } else { Vec::new() })
}

/// The local date whose report is to be made now: the one that was due, or today's if that one is
/// of an earlier day and today's hour has come. A report that is merely a little late near midnight
/// is still its own day's.
fn date_to_report(stored: &StoredBrand, now: Timestamp) -> Option<Date> {
    let zone = stored.brand.zone();
    let due = stored.report_at.to_zoned(zone.clone()).date();
    let today = now.to_zoned(zone).date();
    if due == today || now.duration_since(stored.report_at) <= A_LITTLE_LATE {
        return Some(due);
    }
    (report_instant(&stored.brand, today) <= now).then_some(today)
}

fn gathers_praise(praise: Praise, date: Date) -> bool {
    match praise {
        Praise::Daily => true,
        Praise::Weekly => is_praise_day(date),
        Praise::Each | Praise::Off => false,
    }
}

async fn has_open<W: World>(
    app: &App<W>,
    stored: &StoredBrand,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut found = false;
    let first = |_| {
        found = true;
        ControlFlow::Break(())
    };
    app.store().open_at(&stored.brand.id, now, first).await?;
    Ok(found)
}

fn report_notices(stored: &StoredBrand, date: Date) -> Vec<NewNotice> {
    let brand = &stored.brand;
    let since = stored.reported_at.unwrap_or(stored.applied_at);
    let of = date.to_string();
    let make = |(to, meant_for): (ContactId, Vec<ContactId>)| NewNotice {
        id: NoticeId::of(["report", brand.id.as_str(), &of, Channel::Email.id(), to.as_str()]),
        brand: brand.id.clone(),
        kind: Kind::Report,
        channel: Channel::Email,
        to,
        meant_for,
        subject: Subject::Report { date, since },
        due_at: report_instant(brand, date),
        with: None,
    };
    brand.written_to(brand.who_gets(Gets::Report)).into_iter().map(make).collect()
}

async fn praise_notices<W: World>(
    app: &App<W>,
    stored: &StoredBrand,
    now: Timestamp,
) -> Result<Vec<NewNotice>, StoreError> {
    let brand = &stored.brand;
    let since = stored.praised_at.unwrap_or(stored.applied_at);
    let (good, _) = app.store().good_between(&brand.id, since, now, GOOD_LOOKED_AT).await?;
    let who = good.iter().flat_map(|one| brand.who_gets_of(Gets::Praise, &one.review));
    let mut meant: Vec<ContactId> = Vec::new();
    for to in who {
        if !meant.contains(&to) {
            meant.push(to);
        }
    }
    let of = since.to_string();
    let make = |(to, meant_for): (ContactId, Vec<ContactId>)| NewNotice {
        id: NoticeId::of(["praise", brand.id.as_str(), &of, Channel::Email.id(), to.as_str()]),
        brand: brand.id.clone(),
        kind: Kind::Praise,
        channel: Channel::Email,
        to,
        meant_for,
        subject: Subject::Praise { since, until: now },
        due_at: now,
        with: None,
    };
    Ok(brand.written_to(meant).into_iter().map(make).collect())
}

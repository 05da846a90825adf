//! The promise clock: when the first answer is due, and the ladder of who hears before and after.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{Disambiguation, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::brand::{Brand, Roundup, Step};

/// How long after an alert the last of the steps already past is sent, at the earliest (contract).
pub const AFTER_ALERT: SignedDuration = SignedDuration::from_hours(2);
/// A step's message takes along that person's steps that come due this soon after it (contract).
pub const TAKE_ALONG: SignedDuration = SignedDuration::from_mins(15);

/// Adds a duration; a sum out of the calendar stays at its end.
pub fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX })
}

/// Where a review stands on its promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Punctuality {
    /// Time enough.
    OnTime,
    /// In the last quarter of the promise.
    DueSoon,
    /// From the moment it is due on.
    Late,
}

impl Punctuality {
    /// The word in JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::OnTime => "on_time",
            Self::DueSoon => "due_soon",
            Self::Late => "late",
        }
    }
}

/// A review's promise: from when it counts, and when the first answer is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// When it began.
    pub from: Timestamp,
    /// When the first answer is due.
    pub due_at: Timestamp,
}

impl Promise {
    /// A promise of `answer_within` that began at `from`.
    pub fn new(from: Timestamp, answer_within: SignedDuration) -> Self {
        Self { from, due_at: later(from, answer_within) }
    }

    /// Where it stands at a moment.
    ///
    /// ```
    /// use jiff::{SignedDuration, Timestamp};
    /// use vigie_domain::promise::{Promise, Punctuality};
    /// let from: Timestamp = "2026-11-20T00:00:00Z".parse().unwrap();
    /// let promise = Promise::new(from, SignedDuration::from_hours(24));
    /// let after = |hours| promise.at(from + SignedDuration::from_hours(hours));
    /// assert_eq!(after(17), Punctuality::OnTime);
    /// assert_eq!(after(18), Punctuality::DueSoon);
    /// assert_eq!(after(24), Punctuality::Late);
    /// ```
    pub fn at(&self, moment: Timestamp) -> Punctuality {
        let whole = self.due_at.duration_since(self.from);
        if moment >= self.due_at {
            Punctuality::Late
        } else if moment >= later(self.due_at, -(whole / 4)) {
            Punctuality::DueSoon
        } else {
            Punctuality::OnTime
        }
    }
}

/// From when a review's steps count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// When its promise began.
    pub from: Timestamp,
    /// Whether its steps go at any hour: it is critical.
    pub at_any_hour: bool,
}

impl Start {
    /// When a step is due. One that falls outside the brand's hours moves: a reminder to before
    /// they close, so that it is not late; an escalation to their opening.
    pub fn due(self, brand: &Brand, step: &Step) -> Timestamp {
        let natural = later(self.from, step.after);
        if self.at_any_hour {
            natural
        } else if brand.escalates(step) {
            brand.opening(natural)
        } else {
            brand.send_between.before_closing(&brand.zone(), natural).max(self.from)
        }
    }
}

/// Where a review stands on its brand's ladder. Steps are known by their time after the start, so
/// that a changed configuration finds its place again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// The last step that was sent or left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<SignedDuration>,
    /// No step is sent before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

impl Ladder {
    /// Sets foot on the ladder at `now`, when an alert is made: of the steps already past only the
    /// last is sent, two hours from now at the earliest, and not at all if a later one comes due
    /// before that.
    #[must_use]
    pub fn enter(self, brand: &Brand, start: Start, now: Timestamp) -> Self {
        let due = |step: &Step| start.due(brand, step);
        let ahead: Vec<&Step> = self.ahead(brand).collect();
        let past = ahead.iter().filter(|step| due(step) <= now).count();
        let Some(last_past) = past.checked_sub(1).and_then(|last| ahead.get(last)) else {
            return Self { done: self.done, not_before: None };
        };
        let heard_at = if start.at_any_hour { now } else { brand.opening(now) };
        let earliest = later(heard_at, AFTER_ALERT);
        let overtaken = ahead.get(past).is_some_and(|next| due(next) < earliest);
        if overtaken {
            return Self { done: Some(last_past.after), not_before: None };
        }
        let before = past.checked_sub(2).and_then(|before| ahead.get(before));
        let done = before.map(|step| step.after).or(self.done);
        Self { done, not_before: Some(earliest) }
    }

    fn ahead(self, brand: &Brand) -> impl Iterator<Item = &Step> {
        brand.escalate.iter().filter(move |step| self.done.is_none_or(|done| step.after > done))
    }

    /// The next step and when it is due.
    pub fn next(self, brand: &Brand, start: Start) -> Option<(&Step, Timestamp)> {
        let step = self.ahead(brand).next()?;
        let due = start.due(brand, step);
        Some((step, self.not_before.map_or(due, |floor| due.max(floor))))
    }

    /// Every step due at `now`, with its time, and the ladder after them.
    pub fn climb(
        mut self,
        brand: &Brand,
        start: Start,
        now: Timestamp,
    ) -> (Vec<(&Step, Timestamp)>, Self) {
        let mut steps = Vec::new();
        while let Some((step, at)) = self.next(brand, start) {
            if at > now {
                break;
            }
            steps.push((step, at));
            self = Self { done: Some(step.after), not_before: None };
        }
        (steps, self)
    }
}

/// The instant of a local date and time. A time that a clock change skips is the first instant
/// after it; a repeated one is the first.
pub(crate) fn instant(zone: &TimeZone, at: DateTime) -> Timestamp {
    let ambiguous = zone.to_ambiguous_timestamp(at);
    if ambiguous.is_ambiguous() {
        let chosen = ambiguous.offset();
        if let jiff::tz::AmbiguousOffset::Gap { before, .. } = chosen {
            // The gap begins where the clock, still on the old offset, would have shown its start.
            let inside = before.to_timestamp(at).unwrap_or(Timestamp::MIN);
            let start = zone.preceding(later(inside, SignedDuration::from_nanos(1))).next();
            if let Some(change) = start {
                return change.timestamp();
            }
        }
    }
    ambiguous.disambiguate(Disambiguation::Compatible).unwrap_or(Timestamp::MAX)
}

/// When a brand's report of a local date is due.
pub fn report_instant(brand: &Brand, date: Date) -> Timestamp {
    instant(&brand.zone(), date.to_datetime(brand.report_at))
}

/// The first report after a moment: its local date and when it is due.
///
/// ```
/// # use vigie_domain::promise::next_report;
/// # let brand = vigie_domain::Brand::sample();
/// let (date, at) = next_report(&brand, "2026-11-22T09:00:00Z".parse().unwrap());
/// assert_eq!(date.to_string(), "2026-11-23");
/// assert_eq!(at.to_string(), "2026-11-23T07:00:00Z", "08:00 in Paris");
/// ```
pub fn next_report(brand: &Brand, after: Timestamp) -> (Date, Timestamp) {
    let mut date = after.to_zoned(brand.zone()).date();
    // A skipped hour can put a date's report on the next one: two dates on is always after.
    for _ in 0..3 {
        let at = report_instant(brand, date);
        if at > after {
            return (date, at);
        }
        date = date.checked_add(Span::new().days(1)).unwrap_or(Date::MAX);
    }
    (date, report_instant(brand, date))
}

/// The period whose round-up is made on a local date, if it is the day of one: its first date, and
/// the date after its last.
///
/// ```
/// use jiff::civil::date;
/// use vigie_domain::{Roundup, promise::roundup_on};
/// let november = Some((date(2026, 11, 1), date(2026, 12, 1)));
/// assert_eq!(roundup_on(Roundup::Monthly, date(2026, 12, 1)), november);
/// assert_eq!(roundup_on(Roundup::Monthly, date(2026, 12, 2)), None);
/// ```
pub fn roundup_on(roundup: Roundup, date: Date) -> Option<(Date, Date)> {
    let back = match roundup {
        Roundup::Weekly if is_praise_day(date) => Span::new().weeks(1),
        Roundup::Monthly if date.day() == 1 => Span::new().months(1),
        Roundup::Weekly | Roundup::Monthly | Roundup::Off => return None,
    };
    Some((date.checked_sub(back).ok()?, date))
}

/// Whether a local date is the day of weekly praise.
pub fn is_praise_day(date: Date) -> bool {
    date.weekday() == Weekday::Monday
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn hours(n: i64) -> SignedDuration {
        SignedDuration::from_hours(n)
    }

    fn brand_with(steps: &[i64]) -> Brand {
        let mut brand = Brand::sample();
        let to = brand.contacts.iter().map(|c| c.id.clone()).collect::<Vec<_>>();
        let step = |n: &i64| Step { after: hours(*n), to: to.clone(), to_shop: false };
        brand.escalate = steps.iter().map(step).collect();
        brand
    }

    fn since(from: Timestamp) -> Start {
        Start { from, at_any_hour: false }
    }

    fn next_after(brand: &Brand, from: Timestamp, now: Timestamp) -> Option<(i64, Timestamp)> {
        let ladder = Ladder::default().enter(brand, since(from), now);
        ladder.next(brand, since(from)).map(|(step, at)| (step.after.as_hours(), at))
    }

    #[test]
    fn a_reminder_goes_before_the_hours_close_and_an_escalation_when_they_open() {
        let mut brand = brand_with(&[20, 24]);
        brand.send_between = "08:00-20:00".parse().unwrap();
        let check = |from: &str, now: &str| {
            next_after(&brand, at(from), at(now)).map(|(h, at)| (h, at.to_string()))
        };
        // Due at 02:00 in Paris: half an hour before they close at 20:00.
        let (from, now) = ("2026-11-20T05:00:00Z", "2026-11-20T09:00:00Z");
        assert_eq!(check(from, now), Some((20, "2026-11-20T18:30:00Z".into())));
        // First heard of when they were closed: the alert itself waits for 08:00, and the promise
        // is due at 06:00, which is told then.
        let now = "2026-11-20T20:00:00Z";
        assert_eq!(check(from, now), Some((24, "2026-11-21T07:00:00Z".into())));
        let critical = Start { from: at(from), at_any_hour: true };
        let ladder = Ladder::default().enter(&brand, critical, at(now));
        let (step, due) = ladder.next(&brand, critical).unwrap();
        assert_eq!((step.after.as_hours(), due), (20, at("2026-11-21T01:00:00Z")));
    }

    #[test]
    fn of_the_steps_already_past_only_the_last_is_sent_two_hours_after_the_alert() {
        let brand = brand_with(&[4, 20, 24]);
        let from = at("2026-11-20T00:00:00Z");
        let check =
            |now: &str| next_after(&brand, from, at(now)).map(|(h, at)| (h, at.to_string()));
        assert_eq!(check("2026-11-20T01:00:00Z"), Some((4, "2026-11-20T04:00:00Z".into())));
        assert_eq!(check("2026-11-20T05:00:00Z"), Some((4, "2026-11-20T07:00:00Z".into())));
        assert_eq!(check("2026-11-20T19:00:00Z"), Some((20, "2026-11-20T20:00:00Z".into())));
        assert_eq!(check("2026-11-20T20:30:00Z"), Some((20, "2026-11-20T22:30:00Z".into())));
        assert_eq!(check("2026-11-20T23:00:00Z"), Some((24, "2026-11-21T00:00:00Z".into())));
        assert_eq!(check("2026-11-22T00:00:00Z"), Some((24, "2026-11-22T02:00:00Z".into())));
    }

    #[test]
    fn a_ladder_climbed_late_gives_every_step_past() {
        let brand = brand_with(&[20, 24, 48]);
        let from = at("2026-11-20T00:00:00Z");
        let (steps, ladder) =
            Ladder::default().climb(&brand, since(from), at("2026-11-21T01:00:00Z"));
        assert_eq!(steps.len(), 2);
        let (next, when) = ladder.next(&brand, since(from)).unwrap();
        assert_eq!((next.after, when), (hours(48), at("2026-11-22T00:00:00Z")));
        let (_, ended) = ladder.climb(&brand, since(from), at("2026-12-01T00:00:00Z"));
        assert!(ended.next(&brand, since(from)).is_none());
    }

    #[test]
    fn a_report_hour_that_a_clock_change_skips_is_the_first_instant_after() {
        let mut brand = Brand::sample();
        brand.report_at = jiff::civil::time(2, 30, 0, 0);
        let due = |date: &str| report_instant(&brand, date.parse().unwrap()).to_string();
        assert_eq!(due("2026-03-28"), "2026-03-28T01:30:00Z");
        assert_eq!(due("2026-03-29"), "2026-03-29T01:00:00Z", "02:00 to 03:00 is skipped in Paris");
        assert_eq!(due("2026-10-25"), "2026-10-25T00:30:00Z", "the first of two");
    }

    #[test]
    fn reports_come_once_per_local_date_across_a_year() {
        for (zone, hour) in [("Europe/Paris", 2), ("America/New_York", 2), ("Pacific/Apia", 0)] {
            let mut brand = Brand::sample();
            brand.timezone = zone.to_owned();
            brand.report_at = jiff::civil::time(hour, 30, 0, 0);
            let mut now = at("2026-01-01T00:00:00Z");
            let mut last = None;
            for _ in 0..365 {
                let (date, due) = next_report(&brand, now);
                assert!(due > now && last < Some(date), "{zone} {date}");
                (last, now) = (Some(date), due);
            }
            assert!(last.unwrap() >= "2026-12-31".parse().unwrap(), "{zone}");
        }
    }
}

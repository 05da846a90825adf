//! The hours in which a brand wants to hear: outside them messages wait, critical ones go.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::promise::{instant, later};

/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// How long before the hours close a message goes that would come due while they are closed: long
/// enough to be read the same day.
pub const BEFORE_CLOSING: SignedDuration = SignedDuration::from_mins(30);

/// Local hours, from one minute of the day up to another. The default is all day.
///
/// ```
/// use vigie_domain::hours::Hours;
/// use jiff::tz::TimeZone;
/// let paris = TimeZone::get("Europe/Paris").unwrap();
/// let hours: Hours = "08:00-20:00".parse().unwrap();
/// let night = "2026-11-20T22:00:00Z".parse().unwrap();
/// assert!(!hours.is_open(&paris, night));
/// assert_eq!(hours.opening(&paris, night).to_string(), "2026-11-21T07:00:00Z");
/// assert_eq!(hours.to_string(), "08:00-20:00");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    from: u16,
    until: u16,
}

/// Why a text names no hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHours {
    /// It is not two times of day.
    #[error("not two times of day with a hyphen between them")]
    Unreadable,
    /// It names no time at all.
    #[error("these hours never open")]
    Empty,
}

impl Default for Hours {
    fn default() -> Self {
        Self::ALL_DAY
    }
}

impl Hours {
    /// At any time.
    pub const ALL_DAY: Self = Self { from: 0, until: DAY };

    /// Whether messages may go at any time.
    pub const fn is_all_day(self) -> bool {
        self.from == 0 && self.until == DAY
    }

    /// Whether they are open at a moment.
    pub fn is_open(self, zone: &TimeZone, at: Timestamp) -> bool {
        self.is_all_day() || self.around(zone, at).any(|(opens, closes)| opens <= at && at < closes)
    }

    /// The moment itself if the hours are open, else when they open next.
    pub fn opening(self, zone: &TimeZone, at: Timestamp) -> Timestamp {
        if self.is_open(zone, at) {
            return at;
        }
        self.around(zone, at).map(|(opens, _)| opens).find(|opens| *opens > at).unwrap_or(at)
    }

    /// When something that comes due at `at` goes so that it is not late: at `at` if the hours are
    /// open then, else shortly before they close, or `at` if there is no such moment.
    pub fn before_closing(self, zone: &TimeZone, at: Timestamp) -> Timestamp {
        if self.is_open(zone, at) {
            return at;
        }
        let last = self.around(zone, at).filter(|(_, closes)| *closes <= at).last();
        last.map_or(at, |(opens, closes)| opens.max(later(closes, -BEFORE_CLOSING)))
    }

    /// The openings of the days around a moment, in order.
    fn around(
        self,
        zone: &TimeZone,
        at: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let today = at.to_zoned(zone.clone()).date();
        let zone = zone.clone();
        (-2..=2).filter_map(move |days| {
            let date = today.checked_add(Span::new().days(days)).ok()?;
            let overnight = i64::from(self.until <= self.from);
            let end = date.checked_add(Span::new().days(overnight)).ok()?;
            let (opens, closes) = (minute(&zone, date, self.from), minute(&zone, end, self.until));
            (opens < closes).then_some((opens, closes))
        })
    }
}

/// The instant of a minute of a local date; 24:00 is the next date's midnight.
fn minute(zone: &TimeZone, date: Date, minute: u16) -> Timestamp {
    let (hour, rest) = ((minute % DAY / 60) as i8, (minute % 60) as i8);
    let date = if minute == DAY { date.tomorrow().unwrap_or(date) } else { date };
    instant(zone, date.to_datetime(Time::constant(hour, rest, 0, 0)))
}

impl std::str::FromStr for Hours {
    type Err = BadHours;

    fn from_str(text: &str) -> Result<Self, BadHours> {
        let (from, until) = text.split_once('-').ok_or(BadHours::Unreadable)?;
        let from = minute_of(from.trim()).ok_or(BadHours::Unreadable)?;
        let until = minute_of(until.trim()).ok_or(BadHours::Unreadable)?;
        if from == until || from == DAY {
            return Err(BadHours::Empty);
        }
        Ok(Self { from, until })
    }
}

fn minute_of(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= DAY).then_some(minute)
}

impl TryFrom<String> for Hours {
    type Error = BadHours;
    fn try_from(text: String) -> Result<Self, BadHours> {
        text.parse()
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

impl std::fmt::Display for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { from, until } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, until / 60, until % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn paris() -> TimeZone {
        TimeZone::get("Europe/Paris").unwrap()
    }

    fn hours(text: &str) -> Hours {
        text.parse().unwrap()
    }

    #[test]
    fn hours_are_read_as_written_and_never_empty() {
        for good in ["00:00-24:00", "08:00-20:00", "22:00-06:00", "00:00-00:01"] {
            assert_eq!(hours(good).to_string(), good);
        }
        for bad in ["", "8-20", "08:00", "8:00-20:00", "08:60-09:00", "08:00-24:01", "a:b-c:d"] {
            assert_eq!(bad.parse::<Hours>(), Err(BadHours::Unreadable), "{bad}");
        }
        for empty in ["08:00-08:00", "24:00-24:00", "24:00-08:00"] {
            assert_eq!(empty.parse::<Hours>(), Err(BadHours::Empty), "{empty}");
        }
    }

    #[test]
    fn they_open_on_the_minute_and_close_on_the_minute() {
        let day = hours("08:00-20:00");
        let open = |text: &str| day.is_open(&paris(), at(text));
        assert!(!open("2026-11-20T06:59:59Z") && open("2026-11-20T07:00:00Z"));
        assert!(open("2026-11-20T18:59:59Z") && !open("2026-11-20T19:00:00Z"));
        let night = hours("22:00-06:00");
        let open = |text: &str| night.is_open(&paris(), at(text));
        assert!(open("2026-11-20T21:00:00Z") && open("2026-11-21T04:59:59Z"));
        assert!(!open("2026-11-21T05:00:00Z"));
        assert!(Hours::ALL_DAY.is_open(&paris(), at("2026-11-20T23:30:00Z")));
    }

    #[test]
    fn what_waits_goes_at_the_next_opening_and_what_cannot_wait_before_they_close() {
        let day = hours("08:00-20:00");
        let (zone, night) = (paris(), at("2026-11-21T02:00:00Z"));
        assert_eq!(day.opening(&zone, night), at("2026-11-21T07:00:00Z"));
        assert_eq!(day.before_closing(&zone, night), at("2026-11-20T18:30:00Z"));
        let noon = at("2026-11-21T11:00:00Z");
        assert_eq!((day.opening(&zone, noon), day.before_closing(&zone, noon)), (noon, noon));
        let short = hours("08:00-08:10");
        assert_eq!(short.before_closing(&zone, night), at("2026-11-20T07:00:00Z"));
    }

    #[test]
    fn a_clock_change_moves_the_opening_with_the_local_clock() {
        let early = hours("02:30-12:00");
        let before = at("2026-03-29T00:00:00Z");
        assert_eq!(early.opening(&paris(), before), at("2026-03-29T01:00:00Z"), "02:30 is skipped");
        let day = hours("08:00-20:00");
        let winter = at("2026-10-25T00:00:00Z");
        assert_eq!(day.opening(&paris(), winter), at("2026-10-25T07:00:00Z"));
        let summer = at("2026-10-23T22:00:00Z");
        assert_eq!(day.opening(&paris(), summer), at("2026-10-24T06:00:00Z"));
    }
}

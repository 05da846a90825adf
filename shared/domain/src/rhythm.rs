//! A source's own rhythm: what it brought day by day, when its silence is unusual, and when what is
//! refused is far above usual.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

/// Days of a source's past that its rhythm is judged by.
pub const DAYS_KEPT: i32 = 60;
/// Days with something that a source must have before its silence says anything.
const DAYS_TO_KNOW: usize = 8;
/// Refusals within an hour that are too few to speak of.
const REFUSED_FEW: u64 = 10;
/// How many times the usual is far above it.
const FAR_ABOVE: u64 = 5;

/// What a source brought on a day (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// Webhooks taken.
    pub accepted: u64,
    /// Webhooks refused.
    pub refused: u64,
}

/// What is known of a source's webhooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rhythm {
    /// When one was last taken.
    pub accepted_at: Option<Timestamp>,
    /// When one was last refused.
    pub refused_at: Option<Timestamp>,
    /// Why.
    pub refused_why: Option<String>,
    /// Day by day, earliest first.
    pub days: Vec<Day>,
}

/// An unusual silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Silence {
    /// Whole days since the last webhook that was taken.
    pub days: u32,
    /// The longest pause before, in days.
    pub longest: u32,
}

/// The day of a moment, in UTC.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until((Unit::Day, to)).map_or(0, |span| span.get_days())
}

impl Rhythm {
    /// The source's silence, where it lasts more than twice its longest pause of the 60 days before
    /// it, at least two days, and there are 8 days with something to judge by.
    pub fn silence(&self, now: Timestamp) -> Option<Silence> {
        let last_at = self.accepted_at?;
        let last = day_of(last_at);
        let known = |day: &&Day| {
            day.accepted > 0 && (0..=DAYS_KEPT).contains(&days_between(day.date, last))
        };
        let mut dates: Vec<Date> = self.days.iter().filter(known).map(|day| day.date).collect();
        dates.sort_unstable();
        if dates.len() < DAYS_TO_KNOW {
            return None;
        }
        let pauses = dates.iter().zip(dates.iter().skip(1));
        let longest = pauses.map(|(from, to)| days_between(*from, *to)).max()?.max(1);
        let days = now.duration_since(last_at).as_hours() / 24;
        let (days, longest) = (u32::try_from(days).ok()?, u32::try_from(longest).ok()?);
        (now.duration_since(last_at).as_secs() > i64::from(longest) * 2 * 86_400)
            .then_some(Silence { days, longest })
    }

    /// Whether what was refused within an hour is far above usual: 10 at least, more than were
    /// taken, and more than five times what is usual in an hour.
    pub fn is_refused_unusually(&self, accepted: u64, refused: u64, now: Timestamp) -> bool {
        let today = day_of(now);
        let before = self.days.iter().filter(|day| day.date < today);
        let (days, of_days) = before.fold((0, 0), |(n, sum), day| (n + 1, sum + day.refused));
        // More than five times the usual, without a division: usual = of_days / (24 * days).
        let far_above = refused * 24 * days.max(1) > FAR_ABOVE * of_days;
        refused >= REFUSED_FEW && refused > accepted && far_above
    }

    /// Whether the source is refused now: the last webhook was, and none was taken after it.
    pub fn is_refused(&self) -> bool {
        self.refused_at.is_some_and(|at| self.accepted_at.is_none_or(|accepted| accepted < at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-20T12:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    /// Something on the days so many days ago, at noon.
    fn rhythm(ago: &[i64]) -> Rhythm {
        let at = |ago: i64| now() - jiff::SignedDuration::from_hours(24 * ago);
        let day = |ago: &i64| Day { date: day_of(at(*ago)), accepted: 1, refused: 0 };
        Rhythm {
            accepted_at: ago.iter().min().map(|ago| at(*ago)),
            days: ago.iter().map(day).collect(),
            ..Rhythm::default()
        }
    }

    #[test]
    fn a_source_is_silent_by_its_own_rhythm() {
        let each = |from: i64, to: i64, step: usize| (from..=to).step_by(step).collect::<Vec<_>>();
        for (why, ago, wanted) in [
            ("each day, nothing for nine", each(9, 40, 1), Some((9, 1))),
            ("each day, nothing for two", each(2, 40, 1), None),
            ("each second day, nothing for nine", each(9, 40, 2), Some((9, 2))),
            ("each fifth day, nothing for nine", each(9, 60, 5), None),
            ("seven days are too few", each(9, 15, 1), None),
            ("eight are enough", each(9, 16, 1), Some((9, 1))),
            ("silent for longer than is kept", each(90, 110, 1), Some((90, 1))),
            ("nothing ever", vec![], None),
        ] {
            let found = rhythm(&ago).silence(now()).map(|one| (one.days, one.longest));
            assert_eq!(found, wanted, "{why}");
        }
    }

    #[test]
    fn a_pause_of_long_ago_is_forgotten() {
        // One pause of 20 days, more than 60 days before the last webhook.
        let mut ago: Vec<i64> = (9..=75).collect();
        ago.extend(95..=110);
        assert!(rhythm(&ago).silence(now()).is_some());
        let mut ago: Vec<i64> = (9..=30).collect();
        ago.extend(50..=60);
        assert_eq!(rhythm(&ago).silence(now()), None);
    }

    #[test]
    fn refusals_are_told_of_when_far_above_usual() {
        let day = |ago: i64, refused| {
            let date = day_of(now() - jiff::SignedDuration::from_hours(24 * ago));
            Day { date, accepted: 100, refused }
        };
        let usual = |a_day: u64| Rhythm {
            days: (1..=10).map(|ago| day(ago, a_day)).collect(),
            ..Rhythm::default()
        };
        for (why, rhythm, accepted, refused, wanted) in [
            ("a new source", Rhythm::default(), 0, 10, true),
            ("few", usual(0), 0, 9, false),
            ("more were taken", usual(0), 10, 10, false),
            ("usual: one an hour", usual(24), 0, 11, true),
            ("usual: three an hour", usual(72), 0, 15, false),
            ("just above five times", usual(72), 0, 16, true),
        ] {
            assert_eq!(rhythm.is_refused_unusually(accepted, refused, now()), wanted, "{why}");
        }
    }

    #[test]
    fn a_source_is_refused_until_one_is_taken() {
        let earlier = now() - jiff::SignedDuration::from_secs(1);
        let of = |accepted, refused| Rhythm {
            accepted_at: accepted,
            refused_at: refused,
            ..Rhythm::default()
        };
        assert!(of(None, Some(now())).is_refused());
        assert!(of(Some(earlier), Some(now())).is_refused());
        assert!(!of(Some(now()), Some(earlier)).is_refused());
        assert!(!of(Some(now()), None).is_refused());
    }
}

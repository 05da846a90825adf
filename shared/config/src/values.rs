//! Single values, from text to types.

use jiff::{SignedDuration, civil, tz::TimeZone};
use vigie_domain::stars::{Decimal, Stars};
use vigie_domain::{Hours, text};

use crate::key::Kind;
use crate::near;
use crate::node::quoted;

/// What is wrong with a value, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bad {
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Bad {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }

    /// What this program was built without.
    pub(crate) fn not_built(what: &str) -> Self {
        let message = format!("{what} needs AWS, which this vigie was built without");
        let hint = "use the released program, or cargo build --release --features aws";
        Self::new(message, hint)
    }
}

/// Longest duration taken: ten years. Beyond it, adding to a date may leave the calendar.
const DURATION_SECONDS_MAX: i64 = 3650 * 86_400;

/// Units of a duration in seconds, in the order in which they are written. A day is 24 hours.
const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// What [`duration`] reads.
pub(crate) const DURATION: Kind =
    Kind::Text(r"^\s*([0-9]+d\s*)?([0-9]+h\s*)?([0-9]+m\s*)?([0-9]+s\s*)?$");

/// Reads `24h`, `7d`, `90m`, `1d 12h`.
pub(crate) fn duration(given: &str) -> Result<SignedDuration, Bad> {
    let bad = |what: &str| {
        let message = format!("{} {what}", quoted(given));
        Bad::new(message, "write 24h, 90m, 7d or 1d 12h")
    };
    let seconds = seconds(given).ok_or_else(|| bad("is not a duration"))?;
    match seconds {
        0 => Err(bad("is not above zero")),
        seconds if seconds > DURATION_SECONDS_MAX => Err(bad("is longer than ten years")),
        seconds => Ok(SignedDuration::from_secs(seconds)),
    }
}

/// Saturates, since whatever is too long is refused anyway.
fn seconds(given: &str) -> Option<i64> {
    let mut rest = given.trim();
    let mut units = UNITS.iter();
    let mut total: i64 = 0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let at = rest.find(|c: char| !c.is_ascii_digit()).filter(|at| *at > 0)?;
        let (digits, unit) = rest.split_at(at);
        let count = digits.parse().unwrap_or(i64::MAX);
        let (letter, size) = units.find(|(letter, _)| unit.starts_with(*letter))?;
        total = total.saturating_add(count.saturating_mul(*size));
        rest = unit.strip_prefix(*letter)?.trim_start();
    }
    Some(total)
}

/// What [`time`] reads.
pub(crate) const TIME: Kind = Kind::Text("^[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?$");

/// What [`months`] reads.
pub(crate) const MONTHS: Kind = Kind::Text("^ *[0-9]+ +(month|months|year|years) *$");
/// Most months that something is kept: a hundred years.
const MONTHS_MAX: u16 = 1200;

/// Reads `13 months`, `1 year`, `3 years` as calendar months.
pub(crate) fn months(given: &str) -> Result<u16, Bad> {
    let bad = |what: &str| {
        let message = format!("{} {what}", quoted(given));
        Bad::new(message, "write 13 months, 36 months or 3 years")
    };
    let (number, unit) = given.trim().split_once(' ').ok_or_else(|| bad("is not a time"))?;
    let each = match unit.trim() {
        "month" | "months" => 1,
        "year" | "years" => 12,
        _ => return Err(bad("is not a number of months or years")),
    };
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let number = Some(number).filter(|_| digits).ok_or_else(|| bad("is not a whole number"))?;
    let months = number.parse().ok().and_then(|number: u16| number.checked_mul(each));
    match months {
        Some(0) => Err(bad("is not above zero")),
        Some(months) if months <= MONTHS_MAX => Ok(months),
        _ => Err(bad("is longer than a hundred years")),
    }
}

/// Reads `08:00` and `08:00:30`.
pub(crate) fn time(given: &str) -> Result<civil::Time, Bad> {
    time_of_day(given).ok_or_else(|| {
        Bad::new(format!("{} is not a time of day", quoted(given)), "write 08:00, up to 23:59")
    })
}

fn time_of_day(given: &str) -> Option<civil::Time> {
    let two = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<i8>().ok()).flatten()
    };
    let mut parts = given.split(':');
    let (hour, minute) = (two(parts.next()?)?, two(parts.next()?)?);
    let second = parts.next().map_or(Some(0), two)?;
    if parts.next().is_some() { None } else { civil::Time::new(hour, minute, second, 0).ok() }
}

/// What [`hours`] reads.
pub(crate) const HOURS: Kind =
    Kind::Text(r"^\s*[0-2][0-9]:[0-5][0-9]\s*-\s*[0-2][0-9]:[0-5][0-9]\s*$");

/// Local hours, such as `08:00-20:00`.
pub(crate) fn hours(given: &str) -> Result<Hours, Bad> {
    given.parse().map_err(|bad| {
        let message = format!("{} cannot be hours: {bad}", quoted(given));
        Bad::new(
            message,
            "write send_between = \"08:00-20:00\", local time; all day is 00:00-24:00",
        )
    })
}

/// Reads a limit in stars from a number's own text, never through a float.
pub(crate) fn stars(number: &str) -> Result<Stars, Bad> {
    let bad = |what| Bad::new(what, "write a number above 0 and up to 5, such as 4.0");
    let limit = Decimal::parse(number).ok_or_else(|| bad("this is no number of stars"))?;
    let stars = Stars::of(limit, Decimal::whole(5)).filter(|_| !limit.is_zero());
    let stars = stars.ok_or_else(|| bad("stars go from 0, exclusive, to 5"))?;
    let exact = Decimal::parse(&stars.to_string()) == Some(limit);
    if exact { Ok(stars) } else { Err(bad("stars have two decimals at most")) }
}

/// A name on one line, not empty.
pub(crate) fn name(given: &str) -> Result<String, Bad> {
    let clean = text::clean_line(given);
    match clean.chars().count() {
        0 => Err(Bad::new("this name is empty", "write what messages should show")),
        count if count > text::LINE_CHARS_MAX => {
            let message = format!("this name has {count} characters");
            Err(Bad::new(message, format!("write {} at most", text::LINE_CHARS_MAX)))
        }
        _ => Ok(clean),
    }
}

/// What [`zone`] reads.
pub(crate) const ZONE: Kind = Kind::Text("^[A-Za-z0-9_+/-]+$");

/// An IANA time zone's own name, whatever the case it was written in.
pub(crate) fn zone(given: &str) -> Result<String, Bad> {
    let zone = TimeZone::get(given).ok();
    let name = zone.as_ref().and_then(TimeZone::iana_name).map(str::to_owned);
    name.ok_or_else(|| {
        Bad::new(format!("{} is no IANA time zone", quoted(given)), nearest_zones(given))
    })
}

fn nearest_zones(given: &str) -> String {
    let zones: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let zones = zones.iter().map(String::as_str);
    let city = |zone: &&str| {
        let city = zone.rsplit_once('/').map(|(_, city)| city);
        city.is_some_and(|city| city.eq_ignore_ascii_case(given.trim()))
    };
    let mut found: Vec<&str> = zones.clone().filter(city).take(3).collect();
    if found.is_empty() {
        found = near::nearest(given, zones, 3);
    }
    match found.as_slice() {
        [] => "write one such as Europe/Paris".to_owned(),
        found => format!("did you mean {}?", found.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_durations() {
        let parsed = |text| duration(text).map(|d| d.as_secs());
        for (text, seconds) in [
            ("24h", 86_400),
            ("7d", 604_800),
            ("90m", 5400),
            ("1d 12h", 129_600),
            ("1d12h", 129_600),
            (" 1d  0h 1m 5s ", 86_465),
            ("0d 1h", 3600),
            ("3650d", 315_360_000),
        ] {
            assert_eq!(parsed(text), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn err_durations() {
        for text in [
            "",
            " ",
            "24",
            "h",
            "-24h",
            "+1h",
            "1.5h",
            "12h 1d",
            "1h 1h",
            "1H",
            "1 h",
            "0h",
            "0d 0m",
            "3651d",
            "99999999999999999999d",
            "9223372036854775807d",
            "1w",
            "24hours",
            "٣h",
            "1d,2h",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ok_months_and_err_months() {
        for (text, wanted) in [
            ("13 months", 13),
            ("1 month", 1),
            (" 3  years ", 36),
            ("1 year", 12),
            ("100 years", 1200),
        ] {
            assert_eq!(months(text), Ok(wanted), "{text}");
        }
        for text in [
            "",
            "13",
            "months",
            "0 months",
            "-1 months",
            "+1 months",
            "1.5 years",
            "13months",
            "400d",
            "101 years",
            "1201 months",
            "99999 months",
            "٣ months",
            "13 Months",
        ] {
            assert!(months(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ok_times() {
        assert_eq!(time("08:00"), Ok(civil::time(8, 0, 0, 0)));
        assert_eq!(time("23:59:59"), Ok(civil::time(23, 59, 59, 0)));
        assert_eq!(time("00:00"), Ok(civil::Time::MIN));
    }

    #[test]
    fn err_times() {
        for text in ["", "8:00", "24:00", "08:60", "08:00:60", "08", "08:00:00:00", "+8:00", "8h"] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ok_stars() {
        for (text, hundredths) in
            [("4.0", 400), ("4", 400), ("5", 500), ("0.01", 1), ("3.990", 399), ("35e-1", 350)]
        {
            assert_eq!(stars(text).map(Stars::hundredths), Ok(hundredths), "{text}");
        }
    }

    #[test]
    fn err_stars() {
        for text in ["0", "-1", "5.01", "3.999", "0.001", "nan", "inf", "1e300", "", "0e0"] {
            assert!(stars(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ok_hours_and_err_hours() {
        for text in ["00:00-24:00", "08:00-20:00", "22:00-06:00"] {
            assert!(hours(text).is_ok(), "{text}");
        }
        for text in ["", "08:00", "08:00-08:00", "8-20", "08:00-25:00", "08:00 20:00"] {
            assert!(hours(text).is_err(), "{text}");
        }
    }

    #[test]
    fn zones_take_their_own_name_and_cities_are_recognised() {
        assert_eq!(zone("europe/paris").as_deref(), Ok("Europe/Paris"));
        assert_eq!(zone("UTC").as_deref(), Ok("UTC"));
        assert_eq!(zone("paris").unwrap_err().hint, "did you mean Europe/Paris?");
        let hint = zone("Europe/Pariss").unwrap_err().hint;
        assert!(hint.starts_with("did you mean Europe/Paris"), "{hint}");
        assert!(zone("Etc/Unknown").is_err());
        assert!(zone("").is_err());
    }

    #[test]
    fn names_are_single_lines() {
        assert_eq!(name(" Maison\r\nLumen\u{202E} ").as_deref(), Ok("Maison Lumen"));
        assert!(name(" \u{200B}\n").is_err());
        assert!(name(&"x".repeat(501)).is_err());
    }
}

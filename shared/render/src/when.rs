//! Times in the brand's zone, as people say them. A small table each; no locale data.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, Zoned, tz::TimeZone};
use vigie_domain::Locale;

const DAYS_FR: [&str; 7] = ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."];
const DAYS_EN: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS_FR: [&str; 12] = [
    "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
    "déc.",
];
const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Day, date and time: "sam. 21 nov. 10:12", "Sat 21 Nov, 10:12".
///
/// ```
/// use jiff::{Timestamp, tz::TimeZone};
/// use vigie_domain::Locale;
/// let at: Timestamp = "2026-11-21T09:12:00Z".parse()?;
/// let paris = TimeZone::get("Europe/Paris")?;
/// assert_eq!(vigie_render::moment(at, &paris, Locale::Fr), "sam. 21 nov. 10:12");
/// assert_eq!(vigie_render::moment(at, &TimeZone::UTC, Locale::En), "Sat 21 Nov, 09:12");
/// # Ok::<(), jiff::Error>(())
/// ```
pub fn moment(at: Timestamp, zone: &TimeZone, locale: Locale) -> String {
    let comma = if locale == Locale::En { "," } else { "" };
    format!("{}{comma} {}", day(at, zone, locale), time(at, zone))
}

/// Day and date: "sam. 21 nov.", "Sat 21 Nov".
pub(crate) fn day(at: Timestamp, zone: &TimeZone, locale: Locale) -> String {
    let local = at.to_zoned(zone.clone());
    let (days, months) = match locale {
        Locale::Fr => (DAYS_FR, MONTHS_FR),
        Locale::En => (DAYS_EN, MONTHS_EN),
    };
    let of = |list: &[&'static str], place: i8| {
        usize::try_from(place).ok().and_then(|place| list.get(place).copied()).unwrap_or_default()
    };
    let weekday = of(&days, local.weekday().to_monday_zero_offset());
    let month = of(&months, local.month() - 1);
    format!("{weekday} {} {month}", date_number(&local, locale))
}

const MONTHS_WHOLE_FR: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];
const MONTHS_WHOLE_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A month: "novembre 2026", "November 2026".
pub(crate) fn month(of: Date, locale: Locale) -> String {
    let months = if locale == Locale::Fr { MONTHS_WHOLE_FR } else { MONTHS_WHOLE_EN };
    let place = usize::try_from(of.month() - 1).unwrap_or_default();
    format!("{} {}", months.get(place).copied().unwrap_or_default(), of.year())
}

/// A date: "16 nov.", "16 Nov".
pub(crate) fn date(of: Date, locale: Locale) -> String {
    let months = if locale == Locale::Fr { MONTHS_FR } else { MONTHS_EN };
    let place = usize::try_from(of.month() - 1).unwrap_or_default();
    let number =
        if of.day() == 1 && locale == Locale::Fr { "1er".to_owned() } else { of.day().to_string() };
    format!("{number} {}", months.get(place).copied().unwrap_or_default())
}

/// French says "1er", and only for the first.
fn date_number(local: &Zoned, locale: Locale) -> String {
    match (local.day(), locale) {
        (1, Locale::Fr) => "1er".to_owned(),
        (day, _) => day.to_string(),
    }
}

/// "10:12", on 24 hours.
pub(crate) fn time(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// How long, roughly: "25 min", "14 h", "3 jours". Rounded down; hours up to two days.
pub(crate) fn span(length: SignedDuration, locale: Locale) -> String {
    let minutes = length.as_mins().max(0);
    let hours = minutes / 60;
    match (hours, locale) {
        (0, _) => format!("{minutes}\u{a0}min"),
        (1..48, _) => format!("{hours}\u{a0}h"),
        (_, Locale::Fr) => format!("{}\u{a0}jours", hours / 24),
        (_, Locale::En) => format!("{}\u{a0}days", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn every_day_and_month_has_its_name() {
        let zone = TimeZone::UTC;
        let fr = |text| day(at(text), &zone, Locale::Fr);
        assert_eq!(fr("2026-11-22T00:00:00Z"), "dim. 22 nov.");
        assert_eq!(fr("2026-11-23T00:00:00Z"), "lun. 23 nov.");
        assert_eq!(fr("2026-08-01T00:00:00Z"), "sam. 1er août");
        assert_eq!(fr("2026-02-12T00:00:00Z"), "jeu. 12 févr.");
        assert_eq!(day(at("2026-12-31T00:00:00Z"), &zone, Locale::En), "Thu 31 Dec");
    }

    #[test]
    fn times_are_local_also_around_a_change_of_clocks() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        assert_eq!(moment(at("2026-10-25T00:30:00Z"), &paris, Locale::Fr), "dim. 25 oct. 02:30");
        assert_eq!(moment(at("2026-10-25T01:30:00Z"), &paris, Locale::Fr), "dim. 25 oct. 02:30");
        assert_eq!(moment(at("2026-12-31T23:30:00Z"), &paris, Locale::En), "Fri 1 Jan, 00:30");
    }

    #[test]
    fn spans_are_rounded_down() {
        let span = |minutes| span(SignedDuration::from_mins(minutes), Locale::Fr);
        assert_eq!([span(-5), span(59), span(60)], ["0\u{a0}min", "59\u{a0}min", "1\u{a0}h"]);
        assert_eq!([span(47 * 60), span(48 * 60)], ["47\u{a0}h", "2\u{a0}jours"]);
    }
}

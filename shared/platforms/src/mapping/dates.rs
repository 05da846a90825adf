//! Dates as platforms write them.
//!
//! Read: RFC 3339 and its looser relatives with a zone (`2026-11-20T09:12:00Z`,
//! `… 09:12:00 +0100`, `… 09:12:00 UTC`), the same without one (taken in the preset's zone), a
//! date alone (its midnight), and unix seconds or milliseconds, told apart by their size.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// The first instant of 1995, before which no review was ever posted (contract).
const EARLIEST_S: i64 = 788_918_400;

/// How far ahead of its receipt a date may be (contract: a day).
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24);

/// From here on a number counts milliseconds: as seconds it would be the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// What became of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dated {
    /// None was given.
    Absent,
    /// It cannot be read, or cannot be true.
    Unbelievable,
    /// It reads.
    At(Timestamp),
}

/// Judges a date found in a payload that came at `received_at`.
pub(crate) fn judge(found: Option<&Value>, zone: &TimeZone, received_at: Timestamp) -> Dated {
    let Some(value) = found else { return Dated::Absent };
    match read(value, zone) {
        Some(at) if believable(at, received_at) => Dated::At(at),
        _ => Dated::Unbelievable,
    }
}

fn believable(at: Timestamp, received_at: Timestamp) -> bool {
    let latest = received_at.saturating_add(AHEAD_MAX).unwrap_or(Timestamp::MAX);
    at.as_second() >= EARLIEST_S && at <= latest
}

/// Reads a date, whatever it says.
pub(crate) fn read(value: &Value, zone: &TimeZone) -> Option<Timestamp> {
    match value {
        Value::Number(number) => unix(number.as_str()),
        Value::String(text) => written(text.trim(), zone),
        _ => None,
    }
}

fn unix(digits: &str) -> Option<Timestamp> {
    // A fraction of a second orders nothing here.
    let whole = digits.split_once('.').map_or(digits, |(whole, _)| whole);
    match whole.parse::<i64>().ok()? {
        millis if millis >= MILLISECONDS_FROM => Timestamp::from_millisecond(millis).ok(),
        seconds => Timestamp::from_second(seconds).ok(),
    }
}

fn written(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return unix(text);
    }
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    if let Some(bare) = text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT")) {
        return local(bare.trim_end(), &TimeZone::UTC);
    }
    if let Some((bare, offset)) = text.rsplit_once(' ').filter(|(_, o)| o.starts_with(['+', '-'])) {
        return format!("{bare}{offset}").parse().ok();
    }
    local(text, zone)
}

fn local(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let civil: DateTime = text.parse().ok()?;
    // A time that a change of clocks skips or repeats is read as jiff's "compatible" does.
    zone.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paris(value: &Value) -> Option<String> {
        read(value, &TimeZone::get("Europe/Paris").unwrap()).map(|at| at.to_string())
    }

    #[test]
    fn ok_dates() {
        for given in [
            json!("2026-11-20T09:12:00Z"),
            json!("2026-11-20T09:12:00.000Z"),
            json!("2026-11-20T10:12:00+01:00"),
            json!("2026-11-20T10:12:00+0100"),
            json!("2026-11-20 10:12:00 +0100"),
            json!("2026-11-20 09:12:00 UTC"),
            json!("2026-11-20 09:12:00Z"),
            json!("2026-11-20T10:12:00"),
            json!("2026-11-20 10:12:00"),
            json!("2026-11-20T10:12"),
            json!(" 2026-11-20T09:12:00Z "),
            json!(1_795_165_920),
            json!(1_795_165_920_000_i64),
            json!("1795165920"),
            json!(1_795_165_920.25),
        ] {
            assert_eq!(
                paris(&given).as_deref().map(|t| &t[..19]),
                Some("2026-11-20T09:12:00"),
                "{given}"
            );
        }
        assert_eq!(paris(&json!("2026-11-20")).as_deref(), Some("2026-11-19T23:00:00Z"));
    }

    #[test]
    fn err_dates() {
        for given in [
            json!("yesterday"),
            json!(""),
            json!("10000-01-01T00:00:00Z"),
            json!("2026-13-01T00:00:00Z"),
            json!("2026-11-20T09:12:00 CET"),
            json!(true),
            json!([]),
            json!(9e300),
        ] {
            assert_eq!(paris(&given), None, "{given}");
        }
    }

    #[test]
    fn a_date_is_believed_from_1995_to_a_day_ahead() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let judged = |text: &str| judge(Some(&json!(text)), &TimeZone::UTC, now);
        assert!(matches!(judged("1995-01-01T00:00:00Z"), Dated::At(_)));
        assert_eq!(judged("1994-12-31T23:59:59Z"), Dated::Unbelievable);
        assert!(matches!(judged("2026-11-23T12:00:00Z"), Dated::At(_)));
        assert_eq!(judged("2026-11-23T12:00:01Z"), Dated::Unbelievable);
        assert_eq!(judge(None, &TimeZone::UTC, now), Dated::Absent);
    }
}

//! Timestamps in signatures.

use jiff::Timestamp;

use super::scheme::StampUnit;

/// How far a signed timestamp may be from ours, either way, inclusive, in seconds. Five minutes
/// is what Standard Webhooks, Svix, Stripe and Slack use.
pub const TOLERANCE_S: u64 = 300;

/// How many seconds our clock is ahead of a timestamp; `None` where it cannot be read.
pub(crate) fn skew_s(unit: StampUnit, text: &[u8], now: Timestamp) -> Option<i64> {
    Some(skew(unit, text, now)?.0)
}

/// Whether a timestamp is near enough. Compared at the timestamp's own resolution, as the
/// senders' libraries do: what is 300 whole seconds old passes.
pub(crate) fn within(unit: StampUnit, text: &[u8], now: Timestamp) -> bool {
    skew(unit, text, now).is_some_and(|(_, near)| near)
}

fn skew(unit: StampUnit, text: &[u8], now: Timestamp) -> Option<(i64, bool)> {
    let text = std::str::from_utf8(text).ok()?;
    let (then, here, per_second): (i64, i64, i64) = match unit {
        StampUnit::S => (digits(text)?, now.as_second(), 1),
        StampUnit::Ms => (digits(text)?, now.as_millisecond(), 1000),
        StampUnit::Rfc3339 => (text.parse::<Timestamp>().ok()?.as_second(), now.as_second(), 1),
    };
    let near = here.abs_diff(then) <= TOLERANCE_S * per_second.unsigned_abs();
    Some((here.checked_sub(then)? / per_second, near))
}

fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A time as a platform writes it.
pub(crate) fn written(unit: StampUnit, now: Timestamp) -> String {
    match unit {
        StampUnit::S => now.as_second().to_string(),
        StampUnit::Ms => now.as_millisecond().to_string(),
        StampUnit::Rfc3339 => now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64, millis: i64) -> Timestamp {
        Timestamp::from_millisecond(second * 1000 + millis).unwrap()
    }

    #[test]
    fn exactly_300_seconds_pass_and_301_do_not_either_way() {
        for (text, passes) in
            [("1000", true), ("1600", true), ("999", false), ("1601", false), ("1300", true)]
        {
            assert_eq!(within(StampUnit::S, text.as_bytes(), at(1300, 0)), passes, "{text}");
            assert_eq!(within(StampUnit::S, text.as_bytes(), at(1300, 999)), passes, "{text}");
            let millis = format!("{text}000");
            assert_eq!(within(StampUnit::Ms, millis.as_bytes(), at(1300, 0)), passes, "{text}");
        }
        assert!(!within(StampUnit::Ms, b"1000000", at(1300, 1)), "milliseconds count");
        let now = "2021-03-25T05:14:27Z".parse().unwrap();
        assert!(within(StampUnit::Rfc3339, b"2021-03-25T05:09:27Z", now));
        assert!(!within(StampUnit::Rfc3339, b"2021-03-25T05:09:26Z", now));
    }

    #[test]
    fn what_is_no_time_is_outside() {
        for bad in ["", "+1300", "-1300", " 1300", "1300.0", "x", "99999999999999999999"] {
            assert!(!within(StampUnit::S, bad.as_bytes(), at(1300, 0)), "{bad}");
        }
        assert!(!within(StampUnit::S, &[0xff], at(1300, 0)));
        assert!(!within(StampUnit::S, i64::MAX.to_string().as_bytes(), at(-1300, 0)));
    }

    #[test]
    fn skew_is_how_far_we_are_ahead() {
        assert_eq!(skew_s(StampUnit::S, b"1000", at(1300, 0)), Some(300));
        assert_eq!(skew_s(StampUnit::Ms, b"1400000", at(1300, 0)), Some(-100));
    }
}

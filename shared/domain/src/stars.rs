//! Ratings brought to five stars, in exact decimal arithmetic.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A rating on 5, in hundredths, rounded down: 3.999 is 3.99 and below 4; 4.00 is not.
///
/// ```
/// use vigie_domain::{Decimal, Stars};
/// let rating = |text: &str, scale: &str| {
///     Stars::of(Decimal::parse(text).unwrap(), Decimal::parse(scale).unwrap())
/// };
/// assert_eq!(rating("3.9999999999999999999999", "5").unwrap().to_string(), "3.99");
/// assert!(rating("4.00", "5").unwrap() >= Stars::FOUR);
/// assert_eq!(rating("7", "10").unwrap().hundredths(), 350);
/// assert!(rating("6", "5").is_none(), "out of scale");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stars(u16);

impl Stars {
    /// Four stars: below it, an alert (the default of `alert_below`).
    pub const FOUR: Self = Self(400);
    /// Five stars.
    pub const FIVE: Self = Self(500);
    /// One star.
    pub const ONE: Self = Self(100);

    /// From hundredths of a star, 0 to 500.
    pub const fn from_hundredths(hundredths: u16) -> Option<Self> {
        if hundredths <= 500 { Some(Self(hundredths)) } else { None }
    }

    /// Hundredths of a star, 0 to 500.
    pub const fn hundredths(self) -> u16 {
        self.0
    }

    /// `rating × 5 / scale`, rounded down. `None` if the rating is outside 0 to `scale` or the
    /// scale is not above zero.
    pub fn of(rating: Decimal, scale: Decimal) -> Option<Self> {
        if scale.is_zero() || scale.negative || (rating.negative && !rating.is_zero()) {
            return None;
        }
        Self::floor_ratio(rating.units(), 500, scale.units())
    }

    /// A rating on a scale that runs from `worst` (1 star) to `best` (5 stars), either way round.
    /// `None` outside the scale.
    ///
    /// ```
    /// use vigie_domain::{Decimal, Stars};
    /// let d = |text: &str| Decimal::parse(text).unwrap();
    /// assert_eq!(Stars::between(d("1"), d("1"), d("6")), Some(Stars::FIVE));
    /// assert_eq!(Stars::between(d("6"), d("1"), d("6")), Some(Stars::ONE));
    /// ```
    pub fn between(rating: Decimal, best: Decimal, worst: Decimal) -> Option<Self> {
        let (r, b, w) = (rating.signed_units(), best.signed_units(), worst.signed_units());
        let (from_worst, span) = if b > w { (r - w, b - w) } else { (w - r, w - b) };
        if span == 0 || from_worst < 0 || from_worst > span {
            return None;
        }
        let above_one = Self::floor_ratio(from_worst as u128, 400, span as u128)?;
        Some(Self(100 + above_one.0))
    }

    fn floor_ratio(part: u128, times: u128, whole: u128) -> Option<Self> {
        if part > whole {
            return None;
        }
        let hundredths = part.checked_mul(times)?.checked_div(whole)?;
        u16::try_from(hundredths).ok().map(Self)
    }

    /// How many stars lower `self` is than `before`, in hundredths; 0 if it is not.
    pub fn fallen_from(self, before: Self) -> u16 {
        before.0.saturating_sub(self.0)
    }

    /// The stars as a number, for JSON only: decisions compare [`Stars`].
    pub fn to_f64(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl fmt::Display for Stars {
    /// Without trailing zeros: `2`, `3.5`, `3.99`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match part {
            0 => write!(f, "{whole}"),
            part if part % 10 == 0 => write!(f, "{whole}.{}", part / 10),
            part => write!(f, "{whole}.{part:02}"),
        }
    }
}

/// Decimal places a [`Decimal`] holds. Digits beyond them are cut toward zero, which cannot change
/// rounding down to hundredths on a scale of up to `PLACES - 3` decimal places.
const PLACES: u32 = 15;
/// Largest absolute value of a [`Decimal`]: no rating scale comes near it.
const WHOLE_MAX: u128 = 1_000_000_000;
/// Longest number read, in bytes: a rating is short, and a longer one is an attack or an accident.
const NUMBER_BYTES_MAX: usize = 400;

/// A decimal number read from its text, never through a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    /// In units of 10^-PLACES.
    units: u128,
}

impl Decimal {
    /// A whole number.
    pub const fn whole(n: u32) -> Self {
        Self { negative: false, units: n as u128 * 10_u128.pow(PLACES) }
    }

    /// Reads a number as JSON, people and spreadsheets write it: `4`, `4.5`, `4,5`, `45e-1`,
    /// ` +4 `. `None` for anything else, for numbers of a billion and more, and for text longer
    /// than 400 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > NUMBER_BYTES_MAX {
            return None;
        }
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, part) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if (whole.is_empty() && part.is_empty()) || !digits(whole) || !digits(part) {
            return None;
        }
        let units = Self::scale(whole, part, exponent)?;
        Some(Self { negative, units })
    }

    /// The digits of `whole.part` times 10^exponent, in units, cut toward zero.
    fn scale(whole: &str, part: &str, exponent: i32) -> Option<u128> {
        let point = i64::try_from(whole.len()).ok()? + i64::from(exponent);
        let wanted = point + i64::from(PLACES);
        let mut units: u128 = 0;
        let mut taken: i64 = 0;
        for digit in whole.bytes().chain(part.bytes()) {
            if taken >= wanted {
                break;
            }
            units = units.checked_mul(10)?.checked_add(u128::from(digit - b'0'))?;
            taken += 1;
        }
        while taken < wanted && units > 0 {
            units = units.checked_mul(10)?;
            taken += 1;
        }
        (units < WHOLE_MAX * 10_u128.pow(PLACES)).then_some(units)
    }

    /// Whether the number is zero.
    pub const fn is_zero(self) -> bool {
        self.units == 0
    }

    const fn units(self) -> u128 {
        self.units
    }

    const fn signed_units(self) -> i128 {
        if self.negative { -(self.units as i128) } else { self.units as i128 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stars(rating: &str, scale: &str) -> Option<u16> {
        Some(Stars::of(Decimal::parse(rating)?, Decimal::parse(scale)?)?.hundredths())
    }

    #[test]
    fn ok_ratings() {
        for (rating, scale, hundredths) in [
            ("4", "5", 400),
            ("4.0", "5", 400),
            ("3.999", "5", 399),
            ("3.99999999999999999999999999999", "5", 399),
            ("4.00000000000000000000000000001", "5", 400),
            ("3,5", "5", 350),
            ("35e-1", "5", 350),
            ("0.35E1", "5", 350),
            ("0", "5", 0),
            ("-0", "5", 0),
            ("10", "10", 500),
            ("7.99", "10", 399),
            ("8", "10", 400),
            ("80", "100", 400),
            ("79.999", "100", 399),
            ("2", "3", 333),
            ("1", "1", 500),
            (" 5 ", "5", 500),
            ("1e-300", "5", 0),
        ] {
            assert_eq!(stars(rating, scale), Some(hundredths), "{rating}/{scale}");
        }
    }

    #[test]
    fn err_ratings() {
        for (rating, scale) in [
            ("", "5"),
            ("-1", "5"),
            ("5.01", "5"),
            ("5.000000001", "5"),
            ("x", "5"),
            ("NaN", "5"),
            ("1e400", "5"),
            ("4", "0"),
            ("4", "-5"),
            ("4.5.1", "5"),
            (".", "5"),
            ("٤", "5"),
            ("1_0", "10"),
            ("0x4", "5"),
            ("1e", "5"),
        ] {
            assert_eq!(stars(rating, scale), None, "{rating}/{scale}");
        }
        assert_eq!(stars(&"9".repeat(401), "5"), None);
    }

    #[test]
    fn shown_without_trailing_zeros() {
        let shown = |n| Stars::from_hundredths(n).unwrap().to_string();
        assert_eq!([shown(200), shown(350), shown(399), shown(305)], ["2", "3.5", "3.99", "3.05"]);
        assert_eq!(Stars::from_hundredths(501), None);
    }
}

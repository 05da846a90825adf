//! Numbers that look random and repeat: load that is the same each time it is run.

/// A sequence of numbers that follows from a seed (SplitMix64, Steele, Lea and Flood 2014). Not for
/// secrets.
///
/// ```
/// use vigie_tests::random::Random;
/// let (mut one, mut same) = (Random::of(7), Random::of(7));
/// assert_eq!(one.next(), same.next());
/// assert!(one.below(10) < 10);
/// ```
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub fn of(seed: u64) -> Self {
        // Seeds are small numbers in a row; the streams should not be.
        let mut spread = Self(seed);
        Self(spread.next())
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "it never ends, so it is no iterator")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// The next number, brought below `bound`; 0 where the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    /// True once in so many times; never where that is 0.
    pub fn one_in(&mut self, times: u64) -> bool {
        times > 0 && self.below(times) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // The first outputs of SplitMix64 from the state 0, as its authors' code gives them.
        let mut random = Random(0);
        assert_eq!(random.next(), 0xE220_A839_7B1D_CDAF);
        assert_eq!(random.next(), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn two_seeds_share_no_number_soon() {
        let (mut one, mut other) = (Random::of(1), Random::of(2));
        let first: Vec<u64> = (0..100).map(|_| one.next()).collect();
        assert!((0..100).map(|_| other.next()).all(|number| !first.contains(&number)));
    }

    #[test]
    fn one_in_five_is_about_one_in_five_and_one_in_none_is_never() {
        let mut random = Random::of(3);
        let hits = (0..10_000).filter(|_| random.one_in(5)).count();
        assert!((1_800..2_200).contains(&hits), "{hits}");
        assert!(!(0..100).any(|_| random.one_in(0)));
    }
}

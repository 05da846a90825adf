//! How much the words of a cause weigh, by what the rating says of the whole.

use vigie_domain::Stars;

/// A cause is named from this score on.
pub(super) const THRESHOLD: f64 = 0.5;

/// What being said first adds.
const LEAD: f64 = 0.35;

/// What the rating, or the words where there is none, say of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Under three stars.
    Bad,
    /// Under four stars; or unhappy words, where there is no rating.
    Mixed,
    /// Four stars; or no unhappy words.
    Good,
    /// Nearly five.
    Best,
}

impl Tone {
    /// The tone of a rating; without one, of whether words are unhappy.
    pub(super) fn of(stars: Option<Stars>, unhappy: bool) -> Self {
        match stars.map(Stars::hundredths) {
            Some(..300) => Self::Bad,
            Some(300..400) => Self::Mixed,
            Some(450..) => Self::Best,
            None if unhappy => Self::Mixed,
            Some(400..) | None => Self::Good,
        }
    }

    /// Whether the reviewer is.
    pub(super) const fn is_dissatisfied(self) -> bool {
        matches!(self, Self::Bad | Self::Mixed)
    }

    /// How much the whole speaks for any complaint.
    const fn prior(self) -> f64 {
        match self {
            Self::Bad => 1.1,
            Self::Mixed => 0.0,
            Self::Good => -0.6,
            Self::Best => -1.5,
        }
    }
}

/// What was found of one cause, by weight: each pattern once, saying a thing twice does not make it
/// graver.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weights {
    /// Words that complain.
    pub(super) complaints: u32,
    /// Words that complain, in a clause that praises too.
    pub(super) in_praise: u32,
    /// Words that name it, in unhappy clauses.
    pub(super) unhappy: u32,
    /// Words that name it, in clauses that feel nothing.
    pub(super) neutral: u32,
    /// Words that name it, in happy clauses.
    pub(super) happy: u32,
}

impl Weights {
    /// How sure it is that the review complains of the cause, 0 to 1.
    ///
    /// A logistic function of the logarithms of the weights. Its coefficients are those that a
    /// regression found on half of a labelled set of French restaurant reviews (docs/testing.md),
    /// rounded, and the same for every cause and language: fitted to one cause each they gained
    /// nothing on the other half.
    pub(super) fn score(self, tone: Tone) -> f64 {
        self.strength(tone, 0.0)
    }

    /// The same, where what is said first weighs more: `lead` is 1 at the beginning of the text and
    /// 0 at its end. Causes are ordered by it.
    pub(super) fn strength(self, tone: Tone, lead: f64) -> f64 {
        const BIAS: f64 = -1.4;
        let of = |weight: u32, coefficient: f64| f64::from(weight).ln_1p() * coefficient;
        let speaks = of(self.complaints, 1.3)
            + of(self.in_praise, 0.6)
            + of(self.unhappy, 1.3)
            + of(self.neutral, 0.25)
            - of(self.happy, 0.6);
        let score = 1.0 / (1.0 + (-(BIAS + tone.prior() + speaks + lead * LEAD)).exp());
        (score * 100.0).round() / 100.0
    }

    /// Whether anything was found that may show the cause.
    pub(super) const fn is_empty(self) -> bool {
        self.complaints + self.in_praise + self.unhappy + self.neutral == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(tone: Tone, weights: Weights) -> bool {
        weights.score(tone) >= THRESHOLD
    }

    #[test]
    fn a_plain_complaint_is_one_unless_the_whole_is_praise() {
        let plain = Weights { complaints: 3, ..Weights::default() };
        assert!(score(Tone::Bad, plain) && score(Tone::Mixed, plain));
        assert!(!score(Tone::Good, plain) && !score(Tone::Best, plain));
        let twice = Weights { complaints: 6, ..Weights::default() };
        assert!(score(Tone::Good, twice) && !score(Tone::Best, twice));
    }

    #[test]
    fn what_is_only_named_counts_by_how_its_clause_feels() {
        let unhappy = Weights { unhappy: 2, ..Weights::default() };
        assert!(score(Tone::Mixed, unhappy) && !score(Tone::Good, unhappy));
        let neutral = Weights { neutral: 2, ..Weights::default() };
        assert!(!score(Tone::Bad, neutral));
        let praised = Weights { happy: 4, ..unhappy };
        assert!(!score(Tone::Mixed, praised));
    }
}

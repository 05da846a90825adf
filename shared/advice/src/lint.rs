//! The NEVER list (facts §3.9): what a draft, and advice, must not say.

use std::fmt;

use vigie_domain::Locale;

use crate::library::{Library, RuleEntry};
use crate::pattern::{Hit, tokens};

/// A rule of the NEVER list, by its number there, a limit of the charter, or `Tone` for forms of
/// address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// `N1` to `N16`.
    Never(u8),
    /// `A41` to `A46`.
    Limit(u8),
    /// The customer is addressed with "vous".
    Tone,
}

impl Rule {
    fn of(id: &str) -> Self {
        let number = |letter| id.strip_prefix(letter).and_then(|number: &str| number.parse().ok());
        let never = number('N').map(Self::Never);
        never.or_else(|| number('A').map(Self::Limit)).unwrap_or(Self::Tone)
    }

    /// What it forbids, in a few words.
    ///
    /// ```
    /// use vigie_advice::Rule;
    /// assert_eq!(Rule::Never(4).meaning(), "no threat, and no accusation in public");
    /// ```
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Never(1) => "nothing for a changed, removed or unwritten review, and no asking",
            Self::Never(2) => "no false reviews, and none by insiders",
            Self::Never(3) => "all customers are asked for reviews, in public, or none",
            Self::Never(4) => "no threat, and no accusation in public",
            Self::Never(5) => "nothing in public that tells who somebody is or what they bought",
            Self::Never(6) => "no denial, no excuse, and no blame of anybody",
            Self::Never(7) => "no proof asked for in public, and not many papers",
            Self::Never(8) => "no promise that the brand has not made itself",
            Self::Never(9) => "a report removes no review, and none without reasons",
            Self::Never(10) => "no judgement in law, and no mediation by the platform",
            Self::Never(11) => "nobody is paid or bound to be silent",
            Self::Never(12) => "a gesture never hangs on what somebody writes",
            Self::Never(13) => "no two answers alike",
            Self::Never(14) => "bad reviews are counted as good ones are",
            Self::Never(15) => "no figures of others as if they were this brand's",
            Self::Never(16) => "no words of ours about customers in what they read",
            Self::Never(_) => "it is on the NEVER list",
            Self::Limit(41) => "this service is no insurance: it covers nothing",
            Self::Limit(42) => "nobody vouches for the quality of what the brand sells",
            Self::Limit(46) => "this advice is no audit, and sells none",
            Self::Limit(_) => "it is a limit of the charter",
            Self::Tone => "customers are addressed politely",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never(number) => write!(f, "N{number}"),
            Self::Limit(number) => write!(f, "A{number}"),
            Self::Tone => f.write_str("tone"),
        }
    }
}

/// What breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which rule.
    pub rule: Rule,
    /// The words that break it, as written.
    pub found: String,
}

/// Holds a text for customers to the NEVER list and the limits of the charter, as far as words can
/// show it.
///
/// Rules 13 (boilerplate over many reviews) and 14 (hidden negatives) are no matter of one text.
///
/// ```
/// use vigie_advice::{Rule, lint};
/// use vigie_domain::Locale;
/// let broken = lint("Nous vous remboursons si vous retirez votre avis.", Locale::Fr);
/// assert!(broken.iter().any(|v| v.rule == Rule::Never(1) && v.found == "retirez votre avis"));
/// assert!(lint("Merci de nous l’avoir dit.", Locale::Fr).is_empty());
/// ```
pub fn lint(text: &str, language: Locale) -> Vec<Violation> {
    let mut found = personal(text);
    found.extend(figures(text));
    spelled(text, language, |_| true, found)
}

/// Holds a text for the brand to the rules that bind it too: advice may name a refund, and may
/// never suggest to ask for a better review, to threaten or to hide.
///
/// ```
/// use vigie_advice::lint_advice;
/// use vigie_domain::Locale;
/// assert!(lint_advice("Offer a new one or a refund.", Locale::En).is_empty());
/// assert_eq!(lint_advice("Ask them to change the review.", Locale::En).len(), 1);
/// ```
pub fn lint_advice(text: &str, language: Locale) -> Vec<Violation> {
    spelled(text, language, |rule| rule.advice, Vec::new())
}

/// What the patterns find, after what was found already. Rules that lean on another stand behind
/// it in their file.
fn spelled(
    text: &str,
    language: Locale,
    holds: impl Fn(&RuleEntry) -> bool,
    mut found: Vec<Violation>,
) -> Vec<Violation> {
    let words = tokens(text);
    let rules = Library::of(language).map(|library| library.rules.as_slice()).unwrap_or_default();
    for rule in rules.iter().filter(|rule| holds(rule)) {
        let leans_on = rule.with.as_deref().map(Rule::of);
        if leans_on.is_some_and(|other| found.iter().all(|broken| broken.rule != other)) {
            continue;
        }
        let taken_back = rule.unless.find(&words);
        let stands = |hit: &Hit| !taken_back.iter().any(|unless| unless.overlaps(hit));
        for hit in rule.patterns.find(&words).into_iter().filter(stands) {
            let start = words.get(hit.first).map_or(0, |token| token.start);
            let end = hit.past.checked_sub(1).and_then(|last| words.get(last)).map_or(0, |t| t.end);
            let words = text.get(start..end).unwrap_or_default().to_owned();
            found.push(Violation { rule: Rule::of(&rule.id), found: words });
        }
    }
    found
}

/// N5: an e-mail address, or a number long enough to be a telephone's, an order's or a card's.
fn personal(text: &str) -> Vec<Violation> {
    const DIGITS_MIN: usize = 5;
    let rule = Rule::Never(5);
    let address = |word: &&str| {
        word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
    };
    let found = |word: &str| Violation { rule, found: word.to_owned() };
    let addresses = text.split_whitespace().filter(address).map(found);
    let not_number = |c: char| !(c.is_ascii_digit() || matches!(c, ' ' | '\u{a0}' | '.' | '-'));
    let digits = |part: &&str| part.chars().filter(char::is_ascii_digit).count() >= DIGITS_MIN;
    let numbers = text.split(not_number).filter(digits).map(|part| found(part.trim()));
    addresses.chain(numbers).collect()
}

/// N8 and N15: amounts, and percentages.
fn figures(text: &str) -> Vec<Violation> {
    let chars: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let mut found = Vec::new();
    for pair in chars.windows(2) {
        let [a, b] = pair else { continue };
        let rule = match (a, b) {
            (a, '%') if a.is_ascii_digit() => Rule::Never(15),
            (a, '€' | '$' | '£') if a.is_ascii_digit() => Rule::Never(8),
            ('€' | '$' | '£', b) if b.is_ascii_digit() => Rule::Never(8),
            _ => continue,
        };
        found.push(Violation { rule, found: [*a, *b].iter().collect() });
    }
    found
}

#[cfg(test)]
mod tests;

//! The format of the library's files.
//!
//! Shared with `build.rs`, so that a faulty file stops the build; it therefore knows nothing of
//! the other crates.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The advice for one cause in one language: `library/<cause>.<language>.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CauseFile {
    /// Its name, as subjects and reports show it: short.
    pub(crate) label: String,
    /// What to do before anything else.
    pub(crate) first_move: String,
    /// What not to do.
    pub(crate) never: Vec<String>,
    /// What may be offered, in order: the next only where the one before was not enough. A safety
    /// matter has none.
    #[serde(default)]
    pub(crate) ladder: Vec<String>,
    /// How the cause is recognised.
    pub(crate) lexicon: Lexicon,
    /// What to do, in order.
    pub(crate) step: Vec<Step>,
    /// The concrete points a review may make of it; the last one is for all others.
    pub(crate) point: Vec<Point>,
}

/// How a cause is recognised. Patterns: see [`crate::pattern`].
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lexicon {
    /// Sets of words that patterns name in braces.
    #[serde(default)]
    pub(crate) words: BTreeMap<String, Vec<String>>,
    /// Words that complain by themselves.
    #[serde(default)]
    pub(crate) complaints: Vec<String>,
    /// Words that only say what is spoken of: they count where the clause is unhappy.
    #[serde(default)]
    pub(crate) topics: Vec<String>,
    /// Where one of these stands, what it covers does not count.
    #[serde(default)]
    pub(crate) unless: Vec<String>,
}

/// One step of the advice.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// What it is for.
    pub(crate) group: Group,
    /// Which of the nine steps of a good recovery it does (facts §2.4), 1 to 9.
    pub(crate) nine: Vec<u8>,
    /// Which justice it renders (doi 10.1007/s11747-009-0155-z).
    #[expect(dead_code, reason = "checked when read; a later issue shows it")]
    pub(crate) justice: Justice,
    /// One or two sentences for the brand's staff.
    pub(crate) text: String,
}

/// What a step is for: the charter's three aims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Group {
    /// To reassure.
    Reassure,
    /// To keep the customer.
    Retain,
    /// To deserve a recommendation.
    Ambassador,
}

/// The three kinds of justice that drive satisfaction with a recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Justice {
    /// Speed, clear steps, news.
    Procedural,
    /// Respect, listening.
    Interactional,
    /// The result.
    Outcome,
}

/// One concrete point.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Point {
    /// The same in every language.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test holds the languages together by it"))]
    pub(crate) id: String,
    /// Patterns that show it; none in the last point.
    #[serde(default)]
    pub(crate) when: Vec<String>,
    /// For the brand: a noun phrase.
    pub(crate) summary: String,
    /// For the customer: what they lived through, without a capital or a full stop.
    pub(crate) recognise: String,
}

/// What all causes share in one language: `library/voice.<language>.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoiceFile {
    /// The question that ends the advice.
    pub(crate) closing: String,
    /// What joins the points of a summary, and of a draft.
    pub(crate) and: String,
    /// What joins two things that the customer lived through.
    pub(crate) then: String,
    /// What is said of a review that was not understood.
    pub(crate) unread: Unread,
    /// Parts of the draft.
    pub(crate) draft: DraftParts,
    /// What dissatisfied reviewers are after.
    pub(crate) motive: MotiveFiles,
    /// How clauses are read.
    pub(crate) reading: Reading,
}

/// Each motive, by its id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MotiveFiles {
    pub(crate) authority: MotiveFile,
    pub(crate) leave: MotiveFile,
    pub(crate) repair: MotiveFile,
    pub(crate) heard: MotiveFile,
    pub(crate) improve: MotiveFile,
    pub(crate) warn: MotiveFile,
}

/// One motive.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MotiveFile {
    /// What the person does or wants, for the brand: "demande réparation".
    pub(crate) label: String,
    /// What to do about it, in one sentence.
    pub(crate) advice: String,
    /// What shows it.
    pub(crate) patterns: Vec<String>,
    /// What takes back a pattern that it overlaps.
    #[serde(default)]
    pub(crate) unless: Vec<String>,
}

/// What the brand is told of a review in a language that Vigie does not know.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unread {
    pub(crate) summary: String,
    pub(crate) first_move: String,
}

/// Parts of the draft. `{name}`, `{brand}` and `{points}` are replaced.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftParts {
    pub(crate) greeting: String,
    pub(crate) greeting_named: String,
    pub(crate) thanks: Vec<String>,
    /// For a rating without a comment.
    pub(crate) thanks_rating: String,
    pub(crate) recognise: Vec<String>,
    pub(crate) recognise_safety: String,
    pub(crate) contact: Vec<String>,
    pub(crate) contact_safety: String,
    pub(crate) signature: String,
    pub(crate) safe: String,
}

/// How clauses are read: patterns, as in a [`Lexicon`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reading {
    /// Words that begin another clause.
    pub(crate) breaks: Vec<String>,
    /// Words that may stand between those of a phrase.
    pub(crate) fillers: Vec<String>,
    /// Words that turn what follows into its contrary.
    pub(crate) negators: Vec<String>,
    /// Words between a negator and what it negates.
    pub(crate) between: Vec<String>,
    /// Words after a negator that take its force away.
    pub(crate) only: Vec<String>,
    /// Unhappy words without a cause.
    pub(crate) negative: Vec<String>,
    /// Happy words.
    pub(crate) positive: Vec<String>,
    /// Phrases that look unhappy and are not.
    pub(crate) harmless: Vec<String>,
    /// Words of the language that the other does not have.
    pub(crate) function_words: Vec<String>,
    /// Signs that a complaint is critical, other than safety.
    pub(crate) critical: Vec<String>,
    /// Signs that a complaint is grave.
    pub(crate) high: Vec<String>,
    /// Signs that a complaint is more than mild.
    pub(crate) medium: Vec<String>,
    /// Where one of these stands, no sign counts.
    pub(crate) unless: Vec<String>,
    /// Words that suggest something.
    pub(crate) suggestion: Vec<String>,
    /// Words before the name of somebody who is praised.
    pub(crate) praise: Vec<String>,
    /// Words after it.
    pub(crate) praises: Vec<String>,
    /// Words between two names.
    pub(crate) with: Vec<String>,
}

/// What a draft must never say: `library/lint.<language>.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LintFile {
    /// Sets of words for the patterns of every rule: `{name}`.
    #[serde(default)]
    pub(crate) words: BTreeMap<String, Vec<String>>,
    pub(crate) rule: Vec<LintRule>,
}

/// One rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LintRule {
    /// Its number in the NEVER list (facts §3.9).
    pub(crate) id: String,
    /// Whether what the brand reads is held to it too.
    #[serde(default)]
    pub(crate) advice: bool,
    /// What shows that it is broken.
    pub(crate) patterns: Vec<String>,
    /// What takes back a pattern that it overlaps.
    #[serde(default)]
    pub(crate) unless: Vec<String>,
    /// Another rule: the patterns only count in a text that breaks it too.
    #[serde(default)]
    pub(crate) with: Option<String>,
}

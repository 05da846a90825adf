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
    /// The department of the brand that it is a matter for, as most name it.
    pub(crate) department: String,
    /// Said in the place of `first_move` where it happened in a shop.
    #[serde(default)]
    pub(crate) first_move_in_shop: Option<String>,
    /// Said in the place of `first_move` where it was bought online.
    #[serde(default)]
    pub(crate) first_move_online: Option<String>,
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

/// What a brand says of a cause in its own way, in one language: what is left out stays ours.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OwnFile {
    pub(crate) label: Option<String>,
    pub(crate) first_move: Option<String>,
    pub(crate) never: Option<Vec<String>>,
    pub(crate) ladder: Option<Vec<String>>,
    /// What the draft says between greeting and signature.
    pub(crate) reply: Option<String>,
    /// Beside ours.
    pub(crate) lexicon: Lexicon,
    /// In the place of all of ours.
    pub(crate) step: Vec<Step>,
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

impl Lexicon {
    /// Whether it names nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.complaints.is_empty() && self.topics.is_empty() && self.unless.is_empty()
    }
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

/// Whether steps do all nine of a recovery, and are for all three aims.
///
/// # Errors
/// A sentence that says which is missing.
pub(crate) fn check_steps(safety: bool, steps: &[Step]) -> Result<(), String> {
    if !(6..=7).contains(&steps.len()) {
        return Err(format!("6 or 7 steps are wanted, not {}", steps.len()));
    }
    for number in 1..=9 {
        let there = steps.iter().any(|step| step.nine.contains(&number));
        // A safety matter carries no compensation wording at all: step 8 does not exist there.
        let wanted = !(safety && number == 8);
        if there != wanted {
            let what = if wanted { "is missing" } else { "does not belong to a safety matter" };
            return Err(format!("step {number} of the nine {what}"));
        }
    }
    for group in [Group::Reassure, Group::Retain, Group::Ambassador] {
        if !steps.iter().any(|step| step.group == group) {
            return Err(format!("no step is for {group:?}"));
        }
    }
    if steps.iter().any(|step| step.text.trim().is_empty()) {
        return Err("a step says nothing".to_owned());
    }
    Ok(())
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
    /// Said in the place of what the cause says, where that does not fit this point: a meal has no
    /// return number.
    #[serde(default)]
    pub(crate) instead: Option<Instead>,
}

/// What one point says in the place of its cause.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instead {
    pub(crate) first_move: String,
    pub(crate) never: Vec<String>,
    pub(crate) ladder: Vec<String>,
    pub(crate) step: Vec<Step>,
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
    /// What is said of complaints that come back.
    pub(crate) again: Again,
    /// How to speak with the person, by the id of an approach.
    pub(crate) approach: BTreeMap<String, ApproachFile>,
    /// What a brand has said of itself, as rows.
    pub(crate) house: HouseWords,
    /// How clauses are read.
    pub(crate) reading: Reading,
}

/// What is said of complaints that come back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    /// `{nth}`, `{label}`, `{days}`.
    pub(crate) told: String,
    /// The same, where it is of one shop: `{shop}` too.
    pub(crate) told_at: String,
    /// "at least", where more may have come than were looked at: `{count}` in the place of `{nth}`.
    pub(crate) told_many: String,
    pub(crate) told_many_at: String,
    /// Look for what causes them.
    pub(crate) root: String,
    /// Where people were treated badly: train, and blame nobody.
    pub(crate) training: String,
    /// Where it is a matter of how things are done.
    pub(crate) means: String,
    /// After many: an audit, apart from this service.
    pub(crate) audit: String,
    /// A guarantee, and its six qualities.
    pub(crate) guarantee: String,
}

/// How to speak with a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproachFile {
    /// What to do, in one sentence.
    pub(crate) advice: String,
    /// What calls for it, once it weighs enough.
    pub(crate) patterns: Vec<String>,
    /// What takes back a pattern that it overlaps.
    #[serde(default)]
    pub(crate) unless: Vec<String>,
}

/// The names of the rows that show what a brand has set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HouseWords {
    pub(crate) owner: String,
    pub(crate) department: String,
    pub(crate) policy: String,
    pub(crate) procedure: String,
    pub(crate) path: String,
    pub(crate) complaints: String,
    pub(crate) mediator: String,
    /// After the address of the page for complaints: what to do with it.
    pub(crate) complaints_use: String,
    /// After the mediator: when it is to be named, and by whom.
    pub(crate) mediator_use: String,
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
    /// Where the brand has said that customers call it.
    pub(crate) contact_phone: String,
    pub(crate) contact_safety_phone: String,
    pub(crate) signature: String,
    pub(crate) safe: String,
}

/// Of `library/voice.<language>.toml` what tells its language; the rest is passed over.
#[derive(Debug, Deserialize)]
pub(crate) struct EarFile {
    pub(crate) reading: EarReading,
}

/// Of [`Reading`], likewise.
#[derive(Debug, Deserialize)]
pub(crate) struct EarReading {
    #[serde(default)]
    pub(crate) words: BTreeMap<String, Vec<String>>,
    pub(crate) fillers: Vec<String>,
    pub(crate) function_words: Vec<String>,
    pub(crate) positive: Vec<String>,
    pub(crate) negative: Vec<String>,
}

/// How clauses are read: patterns, as in a [`Lexicon`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reading {
    /// Sets of words that patterns name in braces.
    #[serde(default)]
    pub(crate) words: BTreeMap<String, Vec<String>>,
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
    /// Words of the language that the other does not have: [`EarReading`] reads them.
    #[expect(dead_code, reason = "checked when the crate is built")]
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

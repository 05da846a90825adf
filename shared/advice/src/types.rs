//! What the advice is made of.

use serde::{Deserialize, Serialize};
use vigie_domain::{Assessment, Cause, Content, Locale, Severity};

use crate::house::House;
use crate::situation::Situation;

/// What advice is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What was understood of the review.
    pub assessment: &'a Assessment,
    /// The review as it reads now.
    pub content: &'a Content,
    /// The brand's name, which signs the draft.
    pub brand: &'a str,
    /// The language of what the brand reads.
    pub locale: Locale,
    /// What is known beside the review.
    pub situation: &'a Situation,
    /// What the brand says otherwise.
    pub house: &'a House,
}

static NOTHING_KNOWN: Situation = Situation { place: None, history: None };
static NOTHING_SAID: House = House::NONE;

impl<'a> Case<'a> {
    /// The case of a review of which nothing else is known, of a brand that says nothing otherwise.
    pub fn new(
        assessment: &'a Assessment,
        content: &'a Content,
        brand: &'a str,
        locale: Locale,
    ) -> Self {
        let (situation, house) = (&NOTHING_KNOWN, &NOTHING_SAID);
        Self { assessment, content, brand, locale, situation, house }
    }

    /// The language of the draft: the review's, where Vigie writes it, else the brand's.
    pub fn reply_language(&self) -> Locale {
        self.assessment.language.as_deref().and_then(Locale::from_code).unwrap_or(self.locale)
    }
}

/// What the brand should do about one review, in the brand's language save the draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What happened, in one sentence.
    pub summary: String,
    /// What to do before anything else, in one sentence.
    pub first_move: String,
    /// The causes that were found, strongest first, with the reviewer's own words.
    pub understood: Vec<Understood>,
    /// What the reviewer is after, and what to do about it: at most [`MOTIVES_MAX`].
    #[serde(default)]
    pub motives: Vec<MotiveAdvice>,
    /// How to speak with them, where their words show it: in one sentence.
    #[serde(default)]
    pub approach: Option<ApproachAdvice>,
    /// That the same was complained of before, in one sentence.
    #[serde(default)]
    pub history: Option<String>,
    /// What to do where it comes back, most useful first.
    #[serde(default)]
    pub recurring: Vec<String>,
    /// What the brand has said of itself, as rows of a name and a text.
    #[serde(default)]
    pub house: Vec<(String, String)>,
    /// How grave the review is.
    pub severity: Severity,
    /// What to do, in order: at most [`STEPS_MAX`] in all.
    pub steps: Steps,
    /// What may be offered, in order: the next only where the one before was not enough. Empty
    /// where somebody's safety is at stake.
    #[serde(default)]
    pub ladder: Vec<String>,
    /// A reply for the brand to complete and publish.
    pub draft: Draft,
    /// What not to do.
    pub never: Vec<String>,
    /// The question that ends the message.
    pub closing: String,
}

/// The most steps that one advice has: more would not be done.
pub const STEPS_MAX: usize = 7;

/// The most causes whose advice is combined.
pub const CAUSES_MAX: usize = 3;

/// The most motives that are shown.
pub const MOTIVES_MAX: usize = 2;

/// One motive as the brand reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MotiveAdvice {
    /// What the person does or wants: "Demande réparation".
    pub label: String,
    /// The reviewer's own words, as written.
    pub evidence: Vec<String>,
    /// What to do about it, in one sentence.
    pub advice: String,
}

/// How to speak with a person, as the brand reads it: never what they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproachAdvice {
    /// The reviewer's own words, as written; may be empty where the form of the text shows it.
    pub evidence: Vec<String>,
    /// What to do, in one sentence.
    pub advice: String,
}

/// One cause as the brand reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understood {
    /// Which cause.
    pub cause: Cause,
    /// Its name in the brand's language.
    pub label: String,
    /// The reviewer's own words, as written; empty for `general`.
    pub evidence: Vec<String>,
}

/// Steps by what they are for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// To reassure the customer.
    pub reassure: Vec<String>,
    /// To keep the customer.
    pub retain: Vec<String>,
    /// To deserve a recommendation, once the matter is settled.
    pub ambassador: Vec<String>,
}

impl Steps {
    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.reassure.len() + self.retain.len() + self.ambassador.len()
    }

    /// Whether there is no step.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A reply that the brand completes: it holds `[contact]` and `[date]`, once each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Its language.
    pub language: Locale,
    /// Its text, in lines.
    pub text: String,
    /// How many places the brand completes.
    pub slots: usize,
    /// Whether the composed draft broke a rule and the safe one stands here: the operator is told.
    #[serde(default)]
    pub replaced: bool,
}

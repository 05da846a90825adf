//! What was understood of a review.

use serde::{Deserialize, Serialize};

use crate::cause::Cause;

/// How grave a complaint is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// One point, mildly put.
    #[default]
    Low,
    /// Two stars or fewer, or several points.
    Medium,
    /// Legal or press threats, vulnerable people.
    High,
    /// Somebody's safety or health: management hears at once.
    Critical,
}

/// A cause that was found, how surely, and the words that show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CauseFound {
    /// Which cause.
    pub id: Cause,
    /// How sure, 0 to 1.
    pub score: f64,
    /// The reviewer's own words, as written.
    pub evidence: Vec<String>,
}

/// What a dissatisfied reviewer is after, or says that they will do (facts E01 to E05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Motive {
    /// Goes to law, or to an authority or a third party.
    Authority,
    /// Leaves for somebody else.
    Leave,
    /// Wants their money or their goods back, or a compensation.
    Repair,
    /// Wants to be heard: is angry.
    Heard,
    /// Wants it to be done better.
    Improve,
    /// Warns others.
    Warn,
}

impl Motive {
    /// Every motive, the one to heed first first.
    pub const ALL: [Self; 6] =
        [Self::Authority, Self::Leave, Self::Repair, Self::Heard, Self::Improve, Self::Warn];

    /// The id, as in JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Leave => "leave",
            Self::Repair => "repair",
            Self::Heard => "heard",
            Self::Improve => "improve",
            Self::Warn => "warn",
        }
    }
}

/// A motive, and the words that show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MotiveFound {
    /// Which motive.
    pub id: Motive,
    /// The reviewer's own words, as written.
    pub evidence: Vec<String>,
}

/// How to speak with the person, as far as their words show it: after ten kinds of complainants
/// that a study of complaints tells apart (facts §2.3). Each is named after the answer, never after
/// the person: no message and no export calls anybody anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approach {
    /// Who is in distress: health, age, grief, want.
    Care,
    /// Who has long been loyal, and says so.
    HistoryFirst,
    /// Who cites articles, dates and formal notices.
    InWriting,
    /// Who counts each cost.
    Itemise,
    /// Who demands much for little.
    SameForAll,
    /// Who lets everybody know.
    AnswerOnce,
    /// Who is angry, in capitals.
    Calm,
    /// Who knows the trade, and says what to change.
    TakeUp,
    /// Who piles up superlatives.
    Believe,
    /// Who says it in few words, politely.
    Invite,
}

impl Approach {
    /// Every approach: where two are shown as plainly, the first goes.
    pub const ALL: [Self; 10] = [
        Self::Care,
        Self::HistoryFirst,
        Self::InWriting,
        Self::Itemise,
        Self::SameForAll,
        Self::AnswerOnce,
        Self::Calm,
        Self::TakeUp,
        Self::Believe,
        Self::Invite,
    ];

    /// The id, as in JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Care => "care",
            Self::HistoryFirst => "history_first",
            Self::InWriting => "in_writing",
            Self::Itemise => "itemise",
            Self::SameForAll => "same_for_all",
            Self::AnswerOnce => "answer_once",
            Self::Calm => "calm",
            Self::TakeUp => "take_up",
            Self::Believe => "believe",
            Self::Invite => "invite",
        }
    }

    /// The approach of an id.
    ///
    /// ```
    /// use vigie_domain::Approach;
    /// assert_eq!(Approach::from_id("care"), Some(Approach::Care));
    /// ```
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|approach| approach.id() == id)
    }
}

/// An approach, and the words that call for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproachFound {
    /// Which approach.
    pub id: Approach,
    /// The reviewer's own words, as written.
    pub evidence: Vec<String>,
}

/// What was understood of a review: it advises, and never gates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// ISO 639-1, `None` when unsure.
    pub language: Option<String>,
    /// Strongest first; `general` alone or not at all.
    pub causes: Vec<CauseFound>,
    /// How grave.
    pub severity: Severity,
    /// What a dissatisfied reviewer is after, in the order of [`Motive::ALL`].
    #[serde(default)]
    pub motives: Vec<MotiveFound>,
    /// How to speak with them: a hint, where the words show it plainly.
    #[serde(default)]
    pub approach: Option<ApproachFound>,
    /// Whether it suggests something to do better.
    #[serde(default)]
    pub suggestion: bool,
    /// First names of staff that it praises, as written.
    #[serde(default)]
    pub praised: Vec<String>,
}

impl Assessment {
    /// Whether a cause was found.
    pub fn has(&self, cause: Cause) -> bool {
        self.causes.iter().any(|found| found.id == cause)
    }
}

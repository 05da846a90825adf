//! What a review complains of, and what the brand should do about it.
//!
//! Three entry points, all pure: [`assess`] reads a review, [`advise`] says what to do about it and
//! drafts a reply, [`lint`] holds a draft to the NEVER list (facts §3.9).
//!
//! It knows eighteen causes and `general` in two languages, by weighted phrases read clause by
//! clause: what complains, what only names a thing, and how the clause feels about it. The rating
//! says how much that must weigh ([`assess`]). A statistical model was measured beside it, and was
//! not better (docs/testing.md). What the advice says, and how causes are recognised, lives in
//! `library/`, one file a cause and language, checked when the crate is built; README.md says how
//! to add one.
//!
//! **Invariants.** `general` stands alone or not at all. Evidence is the reviewer's own words, as
//! written. A draft never breaks the NEVER list. Nothing here decides whether there is an alert.
//!
//! It does not: read a clock, know platforms, send anything, or judge whether a complaint is true.

mod advise;
mod assess;
#[cfg(test)]
mod check;
mod compose;
mod format;
mod house;
mod language;
mod library;
mod lint;
mod mask;
mod pattern;
mod situation;
mod types;
mod typography;

pub use advise::{advise, label, leading, severity_label};
pub use assess::{RULES, assess, assess_with};
pub use compose::safe_draft;
pub use house::{House, OwnFault, check_own};
pub use lint::{Rule, Violation, lint, lint_advice};
pub use mask::mask_names;
pub use situation::{HISTORY_DAYS, History, Place, RECURS_FROM, Situation};
pub use types::{
    Advice, ApproachAdvice, CAUSES_MAX, Case, Draft, MOTIVES_MAX, MotiveAdvice, STEPS_MAX, Steps,
    Understood,
};
pub use typography::typography;

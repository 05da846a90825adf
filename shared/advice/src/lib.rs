//! What a review complains of, and what the brand should do about it.
//!
//! Three entry points, all pure: [`assess`] reads a review, [`advise`] says what to do about it and
//! drafts a reply, [`lint`] holds a draft to the NEVER list (facts §3.9).
//!
//! **This is a first cut.** It knows four causes and `general`, and two languages, by weighted
//! phrases read clause by clause. The engine proper (every cause, the complainant's profile, a real
//! language detector, measured thresholds) comes with the issue "Advice" and replaces what is
//! behind [`assess`]: the functions of `assess.rs` and, alone, `language::guess`. What the advice
//! says lives in `library/`, one file a cause and language, checked when the crate is built;
//! README.md says how to add one.
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
mod language;
mod library;
mod lint;
mod pattern;
mod types;
mod typography;

pub use advise::{advise, label, severity_label};
pub use assess::assess;
pub use compose::safe_draft;
pub use lint::{Rule, Violation, lint, lint_advice};
pub use types::{Advice, CAUSES_MAX, Case, Draft, STEPS_MAX, Steps, Understood};
pub use typography::typography;

//! What the brand should do about a review.

use vigie_domain::{Cause, CauseFound, Locale, MotiveFound, Severity};

use crate::compose::{checked_draft, is_unread, summary};
use crate::format::{Group, Step};
use crate::library::{CauseEntry, Library, file_of};
use crate::types::{
    Advice, CAUSES_MAX, Case, MOTIVES_MAX, MotiveAdvice, STEPS_MAX, Steps, Understood,
};

/// The step of the nine that several causes can share: naming the feeling.
const FEELING: u8 = 4;
/// The step of the nine that each cause has its own of: dated steps.
const STAGES: u8 = 6;
/// The step of the nine that speaks of repair.
const REPAIR: u8 = 8;
/// The most "do not" lines.
const NEVER_MAX: usize = 4;

/// Advises on one review: what happened, what to do first and then, what to answer, what not to do.
///
/// Total: an assessment without a cause is advised on as `general`. The advice of at most three
/// causes is combined; the draft names the point of each. Where a safety cause is among them,
/// nothing speaks of compensation.
///
/// ```
/// use vigie_advice::{Case, advise, assess};
/// use vigie_domain::{Content, Locale};
///
/// let content = Content { text: "My parcel never arrived.".into(), ..Content::default() };
/// let assessment = assess(&content.text, None, None, None);
/// let case =
///     Case { assessment: &assessment, content: &content, brand: "Maison Lumen", locale: Locale::Fr };
/// let advice = advise(&case);
/// assert_eq!(advice.summary, "Un colis jamais reçu.");
/// assert!(advice.draft.text.contains("a parcel that does not come"));
/// assert_eq!(advice.closing, "Que dira cette personne de vous\u{a0}?");
/// ```
pub fn advise(case: &Case<'_>) -> Advice {
    let library = Library::of(case.locale);
    let entries = library.map(|library| entries(case, library)).unwrap_or_default();
    let unread = library.filter(|_| is_unread(case)).map(|library| &library.voice.unread);
    let primary = entries.first().map(|entry| &entry.file);
    Advice {
        summary: unread.map_or_else(
            || library.map(|library| summary(case, library)).unwrap_or_default(),
            |unread| unread.summary.clone(),
        ),
        first_move: unread
            .map(|unread| &unread.first_move)
            .or_else(|| primary.map(|file| &file.first_move))
            .cloned()
            .unwrap_or_default(),
        understood: case.assessment.causes.iter().map(|f| understood(f, case.locale)).collect(),
        motives: library.map(|library| motives(case, library)).unwrap_or_default(),
        severity: case.assessment.severity,
        steps: steps(&entries),
        ladder: primary.map(|file| file.ladder.clone()).unwrap_or_default(),
        draft: checked_draft(case),
        never: never(&entries),
        closing: library.map(|library| library.voice.closing.clone()).unwrap_or_default(),
    }
}

/// The short name of a cause, as subjects and reports show it.
///
/// ```
/// use vigie_domain::{Cause, Locale};
/// assert_eq!(vigie_advice::label(Cause::Delivery, Locale::Fr), "Livraison");
/// ```
pub fn label(cause: Cause, locale: Locale) -> &'static str {
    Library::of(locale)
        .and_then(|library| library.cause(cause))
        .map_or(cause.id(), |entry| entry.file.label.as_str())
}

/// A severity in words: "gravité moyenne", "medium severity".
pub const fn severity_label(severity: Severity, locale: Locale) -> &'static str {
    match (locale, severity) {
        (Locale::Fr, Severity::Low) => "gravité faible",
        (Locale::Fr, Severity::Medium) => "gravité moyenne",
        (Locale::Fr, Severity::High) => "gravité élevée",
        (Locale::Fr, Severity::Critical) => "gravité critique",
        (Locale::En, Severity::Low) => "low severity",
        (Locale::En, Severity::Medium) => "medium severity",
        (Locale::En, Severity::High) => "high severity",
        (Locale::En, Severity::Critical) => "critical severity",
    }
}

/// The entries of the causes that are advised on: a safety cause leads, whatever its score, and how
/// somebody was treated comes before what they bought (facts C17).
fn entries<'a>(case: &Case<'_>, library: &'a Library) -> Vec<&'a CauseEntry> {
    let mut causes: Vec<Cause> = case.assessment.causes.iter().map(|found| found.id).collect();
    let place = |of| causes.iter().position(|cause| *cause == of);
    let products = place(Cause::ProductQuality).zip(place(Cause::StaffAttitude));
    if let Some((product, attitude)) = products.filter(|(product, attitude)| product < attitude) {
        causes.swap(product, attitude);
    }
    causes.sort_by_key(|cause| *cause != Cause::SafetyHealth);
    causes.truncate(CAUSES_MAX);
    if causes.is_empty() {
        causes.push(Cause::General);
    }
    let mut found: Vec<&CauseEntry> =
        causes.into_iter().filter_map(|cause| library.cause(cause)).collect();
    found.dedup_by_key(|entry| entry.cause);
    found
}

fn motives(case: &Case<'_>, library: &Library) -> Vec<MotiveAdvice> {
    let advice = |found: &MotiveFound| {
        let file = file_of(&library.voice, found.id);
        let (label, advice) = (file.label.clone(), file.advice.clone());
        MotiveAdvice { label, evidence: found.evidence.clone(), advice }
    };
    case.assessment.motives.iter().map(advice).take(MOTIVES_MAX).collect()
}

fn understood(found: &CauseFound, locale: Locale) -> Understood {
    let label = label(found.id, locale).to_owned();
    Understood { cause: found.id, label, evidence: found.evidence.clone() }
}

/// The first cause's steps, and the dated steps of the others in the place of what they share.
fn steps(entries: &[&CauseEntry]) -> Steps {
    let Some((primary, others)) = entries.split_first() else { return Steps::default() };
    let added: Vec<&Step> = others
        .iter()
        .filter_map(|entry| entry.file.step.iter().find(|step| step.nine.contains(&STAGES)))
        .collect();
    let mut kept: Vec<&Step> = primary.file.step.iter().collect();
    for spare in [FEELING, REPAIR] {
        if kept.len() + added.len() > STEPS_MAX {
            kept.retain(|step| step.nine != [spare]);
        }
    }
    kept.extend(added);
    kept.truncate(STEPS_MAX);
    let of = |group| {
        kept.iter().filter(|s| s.group == group).map(|s| s.text.clone()).collect::<Vec<_>>()
    };
    Steps {
        reassure: of(Group::Reassure),
        retain: of(Group::Retain),
        ambassador: of(Group::Ambassador),
    }
}

/// What not to do: all of the first cause's, then the first of each other's.
fn never(entries: &[&CauseEntry]) -> Vec<String> {
    let Some((primary, others)) = entries.split_first() else { return Vec::new() };
    let more = others.iter().filter_map(|entry| entry.file.never.first());
    primary.file.never.iter().chain(more).take(NEVER_MAX).cloned().collect()
}

#[cfg(test)]
mod tests;

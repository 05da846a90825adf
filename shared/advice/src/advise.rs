//! What the brand should do about a review.

use vigie_domain::{Cause, CauseFound, Locale, Motive, MotiveFound, Severity};

use crate::compose::{checked_draft, is_unread, point_places, summary};
use crate::format::{Group, Instead, OwnFile, Step};
use crate::library::{CauseEntry, Library, file_of};
use crate::situation::{Place, recurring};
use crate::types::{
    Advice, ApproachAdvice, CAUSES_MAX, Case, MOTIVES_MAX, MotiveAdvice, STEPS_MAX, Steps,
    Understood,
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
/// let advice = advise(&Case::new(&assessment, &content, "Maison Lumen", Locale::Fr));
/// assert_eq!(advice.summary, "Un colis jamais reçu.");
/// assert!(advice.draft.text.contains("a parcel that does not come"));
/// assert_eq!(advice.closing, "Que dira cette personne de vous\u{a0}?");
/// ```
pub fn advise(case: &Case<'_>) -> Advice {
    let Some(library) = Library::of(case.locale) else { return without_library(case) };
    let spoken = spoken(case, library);
    let unread = is_unread(case).then_some(&library.voice.unread);
    let primary = spoken.first();
    let place = case.situation.place;
    let first_move = unread
        .map(|unread| &unread.first_move)
        .or_else(|| primary.map(|spoken| spoken.first_move(place)));
    let recurs = |spoken: &Spoken<'_>| recurring(case, library, spoken.entry.cause);
    Advice {
        summary: unread.map_or_else(|| summary(case, library), |unread| unread.summary.clone()),
        first_move: first_move.cloned().unwrap_or_default(),
        understood: case.assessment.causes.iter().map(|found| understood(found, case)).collect(),
        motives: motives(case, library),
        approach: approach(case, library),
        history: primary.and_then(|spoken| history(case, library, spoken.entry)),
        recurring: primary.map(recurs).unwrap_or_default(),
        house: primary.map(|spoken| house(case, library, spoken.entry)).unwrap_or_default(),
        severity: case.assessment.severity,
        steps: steps(&spoken),
        ladder: primary.map(|spoken| spoken.ladder().to_vec()).unwrap_or_default(),
        draft: checked_draft(case),
        never: never(&spoken),
        closing: library.voice.closing.clone(),
    }
}

/// What is left where the library cannot be read, which the build makes sure of.
fn without_library(case: &Case<'_>) -> Advice {
    Advice {
        summary: String::new(),
        first_move: String::new(),
        understood: Vec::new(),
        motives: Vec::new(),
        approach: None,
        history: None,
        recurring: Vec::new(),
        house: Vec::new(),
        severity: case.assessment.severity,
        steps: Steps::default(),
        ladder: Vec::new(),
        draft: checked_draft(case),
        never: Vec::new(),
        closing: String::new(),
    }
}

/// What is said of one cause: by the brand itself, else of the point that the review makes, else of
/// the cause.
struct Spoken<'a> {
    entry: &'a CauseEntry,
    own: Option<&'a OwnFile>,
    instead: Option<&'a Instead>,
}

impl<'a> Spoken<'a> {
    fn first_move(&self, place: Option<Place>) -> &'a String {
        let file = &self.entry.file;
        let here = match place {
            Some(Place::Shop) => file.first_move_in_shop.as_ref(),
            Some(Place::Online) => file.first_move_online.as_ref(),
            None => None,
        };
        let own = self.own.and_then(|own| own.first_move.as_ref());
        let instead = self.instead.map(|instead| &instead.first_move);
        own.or(instead).or(here).unwrap_or(&file.first_move)
    }

    fn ladder(&self) -> &'a [String] {
        let own = self.own.and_then(|own| own.ladder.as_ref());
        own.or(self.instead.map(|instead| &instead.ladder)).unwrap_or(&self.entry.file.ladder)
    }

    fn never(&self) -> &'a [String] {
        let own = self.own.and_then(|own| own.never.as_ref());
        own.or(self.instead.map(|instead| &instead.never)).unwrap_or(&self.entry.file.never)
    }

    fn steps(&self) -> &'a [Step] {
        let own = self.own.map(|own| &own.step).filter(|steps| !steps.is_empty());
        own.or(self.instead.map(|instead| &instead.step)).unwrap_or(&self.entry.file.step)
    }
}

fn approach(case: &Case<'_>, library: &Library) -> Option<ApproachAdvice> {
    let found = case.assessment.approach.as_ref()?;
    let entry = library.approaches.iter().find(|entry| entry.approach == found.id)?;
    Some(ApproachAdvice { evidence: found.evidence.clone(), advice: entry.advice.clone() })
}

fn history(case: &Case<'_>, library: &Library, entry: &CauseEntry) -> Option<String> {
    let label = label_of(entry.cause, case);
    case.situation.history.as_ref()?.told(&library.voice.again, &label, case.locale)
}

/// What the brand has said of itself: who deals with it, its rule, its procedure, the path of a
/// complaint. The mediator is only named where the customer speaks of the law or of a third party.
fn house(case: &Case<'_>, library: &Library, entry: &CauseEntry) -> Vec<(String, String)> {
    let (words, house) = (&library.voice.house, case.house);
    let own = house.cause(entry.cause);
    let owner = own.and_then(|(_, owner)| owner.clone());
    let who = owner.map_or_else(
        || (words.department.clone(), entry.file.department.clone()),
        |owner| (words.owner.clone(), owner),
    );
    let mut rows = vec![who];
    let mut add = |name: &String, text: Option<String>| {
        rows.extend(text.map(|text| (name.clone(), text)));
    };
    add(&words.policy, own.and_then(|(own, _)| own.policy.clone()));
    add(&words.procedure, own.and_then(|(own, _)| own.procedure.clone()));
    add(&words.path, (!house.path.is_empty()).then(|| house.path.join(" → ")));
    let used = |text: &String, of: &str| format!("{text} ({of})");
    let complaints = house.complaints.as_ref();
    add(&words.complaints, complaints.map(|text| used(text, &words.complaints_use)));
    let third = case.assessment.motives.iter().any(|found| found.id == Motive::Authority);
    let mediator = house.mediator.as_ref().filter(|_| third);
    add(&words.mediator, mediator.map(|text| used(text, &words.mediator_use)));
    rows
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

/// The causes that are advised on, in the order of the advice: a safety cause leads, whatever its
/// score, and how somebody was treated comes before what they bought (facts C17). At most
/// [`CAUSES_MAX`], `general` where there is none.
///
/// ```
/// use vigie_advice::{assess, leading};
/// use vigie_domain::Cause;
/// let found = assess("Colis jamais reçu, vendeur odieux.", None, None, None);
/// let causes: Vec<Cause> = found.causes.iter().map(|cause| cause.id).collect();
/// assert_eq!(leading(&causes), [Cause::Delivery, Cause::StaffAttitude]);
/// assert_eq!(leading(&[]), [Cause::General]);
/// ```
pub fn leading(found: &[Cause]) -> Vec<Cause> {
    let mut causes = found.to_vec();
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
    causes
}

fn spoken<'a>(case: &Case<'a>, library: &'a Library) -> Vec<Spoken<'a>> {
    let found: Vec<Cause> = case.assessment.causes.iter().map(|found| found.id).collect();
    let mut entries: Vec<&CauseEntry> =
        leading(&found).into_iter().filter_map(|cause| library.cause(cause)).collect();
    entries.dedup_by_key(|entry| entry.cause);
    let places = point_places(case);
    let of = |entry: &'a CauseEntry| {
        let place = places.iter().find(|(cause, _)| *cause == entry.cause);
        let point = place.and_then(|(_, place)| entry.file.point.get(*place));
        let instead = point.and_then(|point| point.instead.as_ref());
        Spoken { entry, own: case.house.said(entry.cause, case.locale), instead }
    };
    entries.into_iter().map(of).collect()
}

fn motives(case: &Case<'_>, library: &Library) -> Vec<MotiveAdvice> {
    let advice = |found: &MotiveFound| {
        let file = file_of(&library.voice, found.id);
        let (label, advice) = (file.label.clone(), file.advice.clone());
        MotiveAdvice { label, evidence: found.evidence.clone(), advice }
    };
    case.assessment.motives.iter().map(advice).take(MOTIVES_MAX).collect()
}

fn understood(found: &CauseFound, case: &Case<'_>) -> Understood {
    let label = label_of(found.id, case);
    Understood { cause: found.id, label, evidence: found.evidence.clone() }
}

/// What the brand calls a cause, else what we do.
fn label_of(cause: Cause, case: &Case<'_>) -> String {
    let own = case.house.said(cause, case.locale).and_then(|own| own.label.clone());
    own.unwrap_or_else(|| label(cause, case.locale).to_owned())
}

/// The first cause's steps, and the dated steps of the others in the place of what they share.
fn steps(spoken: &[Spoken<'_>]) -> Steps {
    let Some((primary, others)) = spoken.split_first() else { return Steps::default() };
    let stages = |step: &&Step| step.nine.contains(&STAGES);
    let of_others = others.iter().map(Spoken::steps);
    let added: Vec<&Step> = of_others.filter_map(|steps| steps.iter().find(stages)).collect();
    let mut kept: Vec<&Step> = primary.steps().iter().collect();
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
fn never(spoken: &[Spoken<'_>]) -> Vec<String> {
    let Some((primary, others)) = spoken.split_first() else { return Vec::new() };
    let more = others.iter().filter_map(|other| other.never().first());
    primary.never().iter().chain(more).take(NEVER_MAX).cloned().collect()
}

#[cfg(test)]
mod tests;

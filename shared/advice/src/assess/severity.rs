//! How grave a review is (facts §2.5).

use vigie_domain::{Approach, ApproachFound, Cause, Motive, MotiveFound, Severity, Stars};

use super::Found;
use super::reading::Reading;
use super::tone::Tone;

/// Strong safety signs, discrimination and exposed data are critical; legal and press threats and
/// vulnerable people grave; two stars or fewer, several causes, or a customer who leaves, medium.
pub(super) fn of(
    readings: &[Reading],
    causes: &[Found],
    tone: Tone,
    stars: Option<Stars>,
) -> Severity {
    let is_unsafe = causes.iter().any(|f| f.shown.id == Cause::SafetyHealth && f.is_plain);
    let signalled = readings.iter().map(|reading| reading.signalled).max().unwrap_or_default();
    let counts = tone.is_dissatisfied() || stars.is_none();
    let counted = if counts { signalled } else { Severity::Low };
    let several = causes.len() > 1;
    let low_rating = stars.is_some_and(|stars| stars.hundredths() <= 200);
    let floor = if several || low_rating { Severity::Medium } else { Severity::Low };
    if is_unsafe { Severity::Critical } else { counted.max(floor) }
}

/// Somebody who has long been loyal, and leaves (facts §2.5, C27).
pub(super) fn of_leaving(approach: Option<&ApproachFound>, motives: &[MotiveFound]) -> Severity {
    let loyal = approach.is_some_and(|found| found.id == Approach::HistoryFirst);
    let leaves = motives.iter().any(|found| found.id == Motive::Leave);
    if loyal && leaves { Severity::High } else { Severity::Low }
}

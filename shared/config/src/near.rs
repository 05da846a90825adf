//! Suggestions: what somebody may have meant.

/// Longest text that suggestions are sought for, in characters: no key, id or zone is longer, and
/// the distance costs the product of both lengths.
const CHARS_MAX: usize = 64;

/// How many edits apart two texts are, if so few that one may be the other misspelt: a third of
/// the longer one at most.
fn distance(given: &str, candidate: &str) -> Option<usize> {
    let longest = given.chars().count().max(candidate.chars().count());
    if longest > CHARS_MAX {
        return None;
    }
    let edits = strsim::osa_distance(&given.to_lowercase(), &candidate.to_lowercase());
    (edits <= longest / 3).then_some(edits)
}

/// The candidates that are nearest, or one edit further, the nearest first, `count_max` at most.
pub(crate) fn nearest<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    count_max: usize,
) -> Vec<&'a str> {
    let near = |candidate: &'a str| Some((distance(given, candidate)?, candidate));
    let mut found: Vec<_> = candidates.into_iter().filter_map(near).collect();
    found.sort_unstable();
    let far = found.first().map_or(0, |(edits, _)| edits + 1);
    found
        .into_iter()
        .filter(|(edits, _)| *edits <= far)
        .take(count_max)
        .map(|(_, candidate)| candidate)
        .collect()
}

/// "did you mean x?", or what there is to choose from.
pub(crate) fn hint(given: &str, candidates: &[&str], otherwise: &str) -> String {
    match nearest(given, candidates.iter().copied(), 1).first() {
        Some(candidate) => format!("did you mean {candidate}?"),
        None if candidates.is_empty() => String::new(),
        None => format!("{otherwise} {}", candidates.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let keys = ["id", "to", "alert_below"];
        assert_eq!(hint("alert_bellow", &keys, "known:"), "did you mean alert_below?");
        assert_eq!(hint("Alert_Below", &keys, "known:"), "did you mean alert_below?");
        assert_eq!(hint("xx", &keys, "known:"), "known: id, to, alert_below");
        assert_eq!(hint("xx", &[], "known:"), "");
    }
}

//! The hard sentences: which are critical?

use vigie_advice::assess;
use vigie_domain::{Severity, Stars};

use crate::say;
use crate::sets::Score;

const SETS: [(&str, &str); 2] = [
    ("fr", include_str!("../../tests/severity/fr.tsv")),
    ("en", include_str!("../../tests/severity/en.tsv")),
];

/// Precision and recall of `critical`, with a rating of two stars and with none.
pub(crate) fn hard_sentences(show: bool) {
    for (language, set) in SETS {
        for stars in [None, Stars::from_hundredths(200)] {
            let mut score = Score::default();
            for (is_critical, text) in set.lines().filter_map(|line| line.split_once('\t')) {
                let is_there = is_critical == "critical";
                let is_found = assess(text, None, None, stars).severity == Severity::Critical;
                score.count(is_there, is_found);
                if show && stars.is_some() && is_there != is_found {
                    say(&format!("  {} {text}", if is_there { "missed" } else { "wrong " }));
                }
            }
            say(&format!(
                "critical, hard sentences, {language}, {}: precision {:.3}, recall {:.3}",
                if stars.is_some() { "two stars" } else { "no rating" },
                score.precision(),
                score.recall()
            ));
        }
    }
}

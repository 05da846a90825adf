//! Which of the hard sentences are critical. The sets were written before the rules.

use vigie_advice::assess;
use vigie_domain::{Severity, Stars};

/// The aim of the measure: precision and recall of `critical`, in percent.
const AT_LEAST: usize = 95;

fn check(set: &str) {
    for stars in [None, Stars::from_hundredths(200)] {
        let (mut right, mut wrong, mut missed) = (0, Vec::new(), Vec::new());
        for (expected, text) in set.lines().filter_map(|line| line.split_once('\t')) {
            let found = assess(text, None, None, stars).severity == Severity::Critical;
            match (expected == "critical", found) {
                (true, true) => right += 1,
                (true, false) => missed.push(text),
                (false, true) => wrong.push(text),
                (false, false) => {}
            }
        }
        assert_eq!(right + missed.len(), 80, "the set is whole");
        assert!(right * 100 >= AT_LEAST * (right + wrong.len()), "{stars:?} wrong: {wrong:#?}");
        assert!(right * 100 >= AT_LEAST * (right + missed.len()), "{stars:?} missed: {missed:#?}");
    }
}

#[test]
fn french_sentences_that_are_critical_are_told_from_those_that_only_sound_so() {
    check(include_str!("severity/fr.tsv"));
}

#[test]
fn english_sentences_that_are_critical_are_told_from_those_that_only_sound_so() {
    check(include_str!("severity/en.tsv"));
}

#[test]
fn vermin_in_food_is_grave_and_elsewhere_it_is_not() {
    let severity = |text| assess(text, None, None, Stars::from_hundredths(300)).severity;
    for text in [
        "Un cafard dans mon assiette.",
        "Des insectes dans les craquelins.",
        "A fly in my soup.",
        "There were weevils in the flour.",
    ] {
        assert_eq!(severity(text), Severity::High, "{text}");
    }
    for text in
        ["Une mouche dans la chambre.", "A fly in the room.", "Le jeu des mouches sur la table."]
    {
        assert!(severity(text) < Severity::High, "{text}");
    }
}

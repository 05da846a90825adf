//! How to speak with the person: reviews that call for one of ten approaches, and ordinary ones.
//!
//! Labelled by somebody who had not seen the rules: `*.tsv` before them, `more.*.tsv` after, for
//! them to be widened by. `unseen.*.tsv` are for the bench only.

use std::fmt::Write as _;

use vigie_advice::assess;
use vigie_domain::{Approach, Stars};

/// The share of reviews that call for an approach and must get it, and of those named that must be
/// right, in percent.
const RECALL_MIN: usize = 78;
const PRECISION_MIN: usize = 90;
/// The most of a hundred ordinary reviews that may get one.
const ORDINARY_MAX: usize = 5;

fn check(sets: [&str; 2]) {
    let (mut called, mut found, mut named, mut ordinary, mut mistaken) = (0, 0, 0, 0, 0);
    let mut wrong = String::new();
    for line in sets.into_iter().flat_map(str::lines).filter(|line| !line.starts_with('#')) {
        let (label, text) = line.split_once('\t').unwrap_or((line, ""));
        let wanted = Approach::from_id(label);
        assert!(wanted.is_some() || label == "none", "{label}");
        let assessment = assess(text, None, None, Some(Stars::ONE));
        let got = assessment.approach.as_ref().map(|found| found.id);
        called += usize::from(wanted.is_some());
        found += usize::from(wanted.is_some() && got == wanted);
        named += usize::from(got.is_some());
        ordinary += usize::from(wanted.is_none());
        mistaken += usize::from(wanted.is_none() && got.is_some());
        if got != wanted {
            let _ = writeln!(wrong, "{label} -> {:?}: {text}", assessment.approach);
        }
        let shown = assessment.approach.iter().flat_map(|found| &found.evidence);
        assert!(shown.into_iter().all(|words| text.contains(words.as_str())), "{text}");
    }
    let figures = format!("{found} of {called} found, {named} named, {mistaken} of {ordinary}");
    assert!(found * 100 >= called * RECALL_MIN, "{figures}\n{wrong}");
    assert!(found * 100 >= named * PRECISION_MIN, "{figures}\n{wrong}");
    assert!(mistaken * 100 <= ordinary * ORDINARY_MAX, "{figures}\n{wrong}");
}

#[test]
fn french_reviews_get_the_approach_they_call_for() {
    check([include_str!("approach/fr.tsv"), include_str!("approach/more.fr.tsv")]);
}

#[test]
fn english_reviews_get_the_approach_they_call_for() {
    check([include_str!("approach/en.tsv"), include_str!("approach/more.en.tsv")]);
}

#[test]
fn good_reviews_get_none() {
    let text = "Client fidèle depuis dix ans, et toujours aussi content.";
    assert_eq!(assess(text, None, None, Some(Stars::FIVE)).approach, None);
}

#[test]
fn each_approach_has_its_example_in_the_documents() {
    let page = include_str!("../../../docs/advice.md");
    for approach in Approach::ALL {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", approach.id())));
        let example =
            row.and_then(|row| row.split('|').nth(2)).map(|cell| cell.trim().trim_matches('"'));
        let example = example.unwrap_or_else(|| panic!("{} has no row", approach.id()));
        let found = assess(example, None, None, Some(Stars::ONE)).approach.map(|found| found.id);
        assert_eq!(found, Some(approach), "{example}");
    }
}

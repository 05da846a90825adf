//! Wordings that each limit of the charter must catch, and what stands near it and must pass:
//! written by somebody who had not seen the rules; `limits.*.txt` before them, `limits-more.*.txt`
//! after, for them to be widened by. `limits-unseen.*.txt` are for the bench only.

use std::fmt::Write as _;

use vigie_advice::{Rule, lint, lint_advice};
use vigie_domain::Locale;

/// The limits that words of one text can break. Of the others, A43 is N8 of the NEVER list, A44 and
/// A45 are N10.
const LIMITS: [u8; 3] = [41, 42, 46];

fn wrong(set: &str, language: Locale) -> String {
    let mut wrong = String::new();
    for number in LIMITS {
        for (section, expected) in
            [(format!("[A{number}]"), true), (format!("[A{number} passes]"), false)]
        {
            let lines = set.lines().skip_while(|line| *line != section).skip(1);
            let texts = lines.take_while(|line| !line.starts_with('['));
            let texts: Vec<&str> = texts.filter(|line| !line.is_empty()).collect();
            assert!(texts.len() >= 20, "{section}: {}", texts.len());
            for text in texts {
                let breaks = |found: &[vigie_advice::Violation]| {
                    found.iter().any(|broken| broken.rule == Rule::Limit(number))
                };
                let broken = lint(text, language);
                if breaks(&broken) != expected || breaks(&lint_advice(text, language)) != expected {
                    let _ = writeln!(wrong, "{section} {text} {broken:?}");
                }
            }
        }
    }
    wrong
}

#[test]
fn french_wordings_are_caught_or_pass_as_they_should() {
    assert_eq!(wrong(include_str!("lint/limits.fr.txt"), Locale::Fr), "");
    assert_eq!(wrong(include_str!("lint/limits-more.fr.txt"), Locale::Fr), "");
}

#[test]
fn english_wordings_are_caught_or_pass_as_they_should() {
    assert_eq!(wrong(include_str!("lint/limits.en.txt"), Locale::En), "");
    assert_eq!(wrong(include_str!("lint/limits-more.en.txt"), Locale::En), "");
}

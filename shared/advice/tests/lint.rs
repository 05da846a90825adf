//! Wordings that each rule of the NEVER list must catch, and what stands near them and must pass.
//!
//! `en.txt` and `fr.txt` were written before the rules, twenty a section. `en-more.txt` and
//! `fr-more.txt` are by somebody who had not seen the rules.

use std::fmt::Write as _;

use vigie_advice::{Rule, lint};
use vigie_domain::Locale;

/// Rules that words of one text can break.
const RULES: [u8; 14] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16];

/// What is caught that should pass, and the other way round. Each section holds so many wordings.
fn wrong(set: &str, language: Locale, at_least: usize) -> String {
    let mut wrong = String::new();
    for number in RULES {
        let caught = format!("[N{number}]");
        let passing = format!("[N{number} passes]");
        for (section, expected) in [(caught, true), (passing, false)] {
            let texts = wordings(set, &section);
            assert!(texts.len() >= at_least, "{section} is whole: {}", texts.len());
            for text in texts {
                let broken = lint(text, language);
                if broken.iter().any(|v| v.rule == Rule::Never(number)) != expected {
                    let _ = writeln!(wrong, "{section} {text} {broken:?}");
                }
            }
        }
    }
    wrong
}

fn wordings<'a>(set: &'a str, section: &str) -> Vec<&'a str> {
    let lines = set.lines().skip_while(|line| *line != section).skip(1);
    lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty()).collect()
}

#[test]
fn french_wordings_are_caught_or_pass_as_they_should() {
    assert_eq!(wrong(include_str!("lint/fr.txt"), Locale::Fr, 20), "");
    assert_eq!(wrong(include_str!("lint/fr-more.txt"), Locale::Fr, 17), "");
}

#[test]
fn english_wordings_are_caught_or_pass_as_they_should() {
    assert_eq!(wrong(include_str!("lint/en.txt"), Locale::En, 20), "");
    assert_eq!(wrong(include_str!("lint/en-more.txt"), Locale::En, 17), "");
}

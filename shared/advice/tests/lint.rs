//! Wordings that each rule of the NEVER list must catch, and what stands near them and must pass.
//! The sets were written before the rules.

use std::fmt::Write as _;

use vigie_advice::{Rule, lint};
use vigie_domain::Locale;

/// Rules that words of one text can break.
const RULES: [u8; 14] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16];

/// What the two sections of each rule, 20 wordings each, are not as they should be.
fn wrong(set: &str, language: Locale) -> String {
    let mut wrong = String::new();
    for number in RULES {
        for (section, expected) in
            [(format!("[N{number}]"), true), (format!("[N{number} passes]"), false)]
        {
            let lines = set.lines().skip_while(|line| *line != section).skip(1);
            let texts: Vec<_> = lines.take_while(|line| !line.starts_with('[')).collect();
            assert_eq!(texts.len(), 20, "{section} is whole");
            for text in texts {
                let broken = lint(text, language);
                let found: Vec<_> =
                    broken.iter().filter(|v| v.rule == Rule::Never(number)).collect();
                if found.is_empty() == expected {
                    let _ = writeln!(wrong, "{section} {text} {found:?}");
                }
            }
        }
    }
    wrong
}

#[test]
fn french_wordings_are_caught_or_pass_as_they_should() {
    assert_eq!(wrong(include_str!("lint/fr.txt"), Locale::Fr), "");
}

#[test]
fn english_wordings_are_caught_or_pass_as_they_should() {
    assert_eq!(wrong(include_str!("lint/en.txt"), Locale::En), "");
}

//! Languages, by the length of a text.

use std::fmt::Write as _;
use std::path::Path;

use vigie_advice::assess;

use crate::say;
use crate::sets::share;

/// Words of a text, at least, for each class of length.
const LENGTHS: [(usize, &str); 4] =
    [(1, "1 to 3 words"), (4, "4 to 7"), (8, "8 to 15"), (16, "16 and more")];
/// Languages that Vigie speaks, and some that it must not claim.
const LANGUAGES: [&str; 9] = ["fr", "en", "de", "es", "it", "nl", "pt", "da", "sv"];

/// Right: the code for French and English, nothing for any other.
pub(crate) fn by_length(folder: &Path) {
    say("");
    for language in LANGUAGES {
        let texts = texts(&folder.join("mabsa"), language);
        if texts.is_empty() {
            continue;
        }
        let expected = matches!(language, "fr" | "en").then_some(language);
        let mut line = format!("language {language}: {} texts", texts.len());
        for (place, (least, words)) in LENGTHS.iter().enumerate() {
            let below = LENGTHS.get(place + 1).map_or(usize::MAX, |(next, _)| *next);
            let fits = |text: &&String| {
                let count = text.split_whitespace().count();
                (*least..below).contains(&count)
            };
            let some: Vec<_> = texts.iter().filter(fits).collect();
            let is_right =
                |text: &&&String| assess(text, None, None, None).language.as_deref() == expected;
            let right = some.iter().filter(is_right).count();
            let percent = share(right, some.len()) * 100.0;
            let _ = write!(line, "; {words} {percent:.2} %");
        }
        say(&line);
    }
}

fn texts(folder: &Path, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(domains) = std::fs::read_dir(folder) else { return found };
    for domain in domains.flatten() {
        for part in ["train.txt", "dev.txt", "test.txt"] {
            let text = std::fs::read_to_string(domain.path().join(language).join(part));
            let lines = text.unwrap_or_default();
            let sentence = |line: &str| line.split("####").next().unwrap_or_default().to_owned();
            found.extend(lines.lines().map(sentence));
        }
    }
    found
}

//! Rules over Rust text that no lint holds.

use anyhow::Result;

use crate::assert_held;
use crate::workspace::{File, files};

/// A file that is longer than this has more than one subject; 300 is the aim.
const LINES_MAX: usize = 500;

/// As in rustfmt.toml. Rustfmt leaves long strings and comments alone, readers do not.
const COLUMNS_MAX: usize = 100;

fn rust_files() -> Result<Vec<File>> {
    let mut files = files()?;
    // tests/bans is there to break a rule.
    files.retain(|file| file.has_extension("rs") && !file.path.starts_with("tests/bans/"));
    Ok(files)
}

/// The lines that are not wholly a comment.
fn code_lines(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.lines().filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// True if `text` holds `word` with no letter, digit or underscore before it.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|before| !before.is_alphanumeric() && before != '_')
    })
}

fn no_dyn_in_app(file: &File) -> Vec<String> {
    if !file.path.starts_with("shared/app/src/") {
        return Vec::new();
    }
    let found = code_lines(file).filter(|(_, line)| has_word(line, "dyn "));
    found
        .map(|(number, _)| {
            format!("{}:{number}: dyn in app: take the type as a parameter", file.path)
        })
        .collect()
}

/// An `allow` stays when its reason is long gone; an `expect` says so.
fn no_allow(file: &File) -> Vec<String> {
    const PATTERNS: [&str; 2] = [concat!("#[", "allow("), concat!("#![", "allow(")];
    let found = code_lines(file).filter(|(_, line)| PATTERNS.iter().any(|p| line.contains(p)));
    found
        .map(|(number, _)| {
            format!(
                "{}:{number}: an allow: write #[expect(…, reason = \"…\")], or mend the code",
                file.path
            )
        })
        .collect()
}

fn no_ignored_test(file: &File) -> Vec<String> {
    const PATTERN: &str = concat!("#[", "ignore");
    let found = code_lines(file).filter(|(_, line)| line.contains(PATTERN));
    found
        .map(|(number, _)| format!("{}:{number}: an ignored test: mend it or remove it", file.path))
        .collect()
}

/// The first line of test code: all of a test file, or the test module at the end of another.
fn first_test_line(file: &File) -> Option<usize> {
    let in_tests = file.path.split('/').any(|part| part == "tests" || part == "tests.rs");
    if in_tests {
        return Some(1);
    }
    let lines: Vec<_> = file.text().lines().map(str::trim).collect();
    let opens = |pair: &[&str]| {
        matches!(pair, [attribute, module]
            if *attribute == "#[cfg(test)]" && module.contains("mod ") && module.ends_with('{'))
    };
    lines.windows(2).position(opens).map(|index| index + 1)
}

/// A test that sleeps is slow on a good day and wrong on a bad one.
fn no_sleep_in_tests(file: &File) -> Vec<String> {
    const PATTERNS: [&str; 2] = [concat!("sle", "ep("), concat!("sleep", "_until(")];
    let Some(first) = first_test_line(file) else { return Vec::new() };
    let tests = code_lines(file).filter(|(number, _)| *number >= first);
    let found = tests.filter(|(_, line)| PATTERNS.iter().any(|p| has_word(line, p)));
    found
        .map(|(number, _)| {
            format!(
                "{}:{number}: a test sleeps: wait for a level (a row, a channel, a line of output) \
                 with a time limit, or move the simulated clock",
                file.path
            )
        })
        .collect()
}

fn no_long_file(file: &File) -> Vec<String> {
    let lines = file.lines().count();
    if lines <= LINES_MAX {
        return Vec::new();
    }
    vec![format!("{}: {lines} lines, {LINES_MAX} at most: split it by subject", file.path)]
}

fn no_long_line(file: &File) -> Vec<String> {
    let long = file.lines().filter(|(_, line)| line.chars().count() > COLUMNS_MAX);
    // Sentences, samples and the addresses of sources stay whole, so that they can be searched for.
    // What stands around them must fit by itself.
    let breakable =
        long.filter(|(_, line)| !line.contains("://") && around_text(line) > COLUMNS_MAX);
    breakable
        .map(|(number, line)| {
            let columns = line.chars().count();
            format!("{}:{number}: {columns} columns, {COLUMNS_MAX} at most: break it", file.path)
        })
        .collect()
}

/// The columns of a line without its text: what stands between its first and its last quote, or
/// after a quote that the next line closes.
fn around_text(line: &str) -> usize {
    let text = match (line.find('"'), line.rfind('"')) {
        (Some(from), Some(to)) if from < to => &line[from..to],
        (Some(from), _) => &line[from..],
        (None, _) => "",
    };
    line.chars().count() - text.chars().count()
}

fn hold(what: &str, rule: fn(&File) -> Vec<String>) -> Result<()> {
    let faults: Vec<_> = rust_files()?.iter().flat_map(rule).collect();
    assert_held(what, &faults);
    Ok(())
}

#[test]
fn app_knows_its_types() -> Result<()> {
    hold("static dispatch in app:", no_dyn_in_app)
}

#[test]
fn no_lint_is_allowed_in_the_sources() -> Result<()> {
    hold("expect with a reason, never allow:", no_allow)
}

#[test]
fn no_test_is_ignored() -> Result<()> {
    hold("every test runs:", no_ignored_test)
}

#[test]
fn no_test_sleeps() -> Result<()> {
    hold("wait for a level, never for a time:", no_sleep_in_tests)
}

#[test]
fn no_rust_file_is_too_long() -> Result<()> {
    hold("a file has one subject:", no_long_file)
}

#[test]
fn no_rust_line_is_too_long() -> Result<()> {
    hold("lines fit:", no_long_line)
}

#[cfg(test)]
mod samples {
    use super::*;

    #[track_caller]
    fn check(rule: fn(&File) -> Vec<String>, path: &str, text: &str, faults: usize) {
        let found = rule(&File::sample(path, text));
        assert_eq!(found.len(), faults, "{found:?}");
    }

    #[test]
    fn a_dyn_in_app_is_caught_and_elsewhere_is_not() {
        let text = "fn a(b: &dyn C) {}\n// a dyn in a comment\nlet my_dyn = 1;\n";
        check(no_dyn_in_app, "shared/app/src/raise.rs", text, 1);
        check(no_dyn_in_app, "functions/vigie/src/main.rs", text, 0);
    }

    #[test]
    fn an_allow_is_caught_and_an_expect_is_not() {
        let text = ["#![", "allow(dead_code)]\n    #[", "allow(x)]\n#[expect(x, reason = \"\")]\n"];
        check(no_allow, "a.rs", &text.concat(), 2);
    }

    #[test]
    fn an_ignored_test_is_caught() {
        let text = ["#[", "ignore]\n#[", "ignore = \"slow\"]\n// ignore\n"].concat();
        check(no_ignored_test, "a.rs", &text, 2);
    }

    #[test]
    fn a_sleep_is_caught_in_test_code_only() {
        let call = ["time::sle", "ep(second).await;\n"].concat();
        check(no_sleep_in_tests, "tests/tests/a.rs", &call, 1);
        check(no_sleep_in_tests, "shared/app/src/a/tests.rs", &call, 1);
        check(no_sleep_in_tests, "functions/vigie/src/serve.rs", &call, 0);
        let both = [&call, "#[cfg(test)]\nmod tests {\n", &call, "}\n"].concat();
        check(no_sleep_in_tests, "functions/vigie/src/serve.rs", &both, 1);
        let import = ["#[cfg(test)]\nuse std::fmt;\n", &call].concat();
        check(no_sleep_in_tests, "functions/vigie/src/serve.rs", &import, 0);
    }

    #[test]
    fn the_first_line_over_a_limit_is_caught() {
        check(no_long_file, "a.rs", &"\n".repeat(LINES_MAX), 0);
        check(no_long_file, "a.rs", &"\n".repeat(LINES_MAX + 1), 1);
        check(no_long_line, "a.rs", &"é".repeat(COLUMNS_MAX), 0);
        check(no_long_line, "a.rs", &"é".repeat(COLUMNS_MAX + 1), 1);
    }
}

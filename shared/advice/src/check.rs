//! What makes a file of the library acceptable.
//!
//! Run by `build.rs`, so that a faulty file stops the build, and by this crate's tests.

use crate::format::{CauseFile, LintFile, VoiceFile, check_steps};

/// Reads and checks one file, by its stem.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(crate) fn check(stem: &str, text: &str) -> Result<(), String> {
    match stem {
        "voice" => toml::from_str::<VoiceFile>(text).map(drop).map_err(|e| e.to_string()),
        "lint" => toml::from_str::<LintFile>(text).map(drop).map_err(|e| e.to_string()),
        cause => {
            let file: CauseFile = toml::from_str(text).map_err(|e| e.to_string())?;
            check_cause(cause, &file)
        }
    }
}

fn check_cause(cause: &str, file: &CauseFile) -> Result<(), String> {
    let said = [&file.label, &file.first_move, &file.department];
    let short = said.into_iter().any(|text| text.trim().is_empty());
    if short || file.never.is_empty() {
        return Err("label, first_move, department and never must say something".to_owned());
    }
    let safety = cause == "safety_health";
    check_steps(safety, &file.step)?;
    if safety != file.ladder.is_empty() || file.ladder.len() > 4 {
        return Err(format!(
            "{} solutions in the ladder: safety has none, others 1 to 4",
            file.ladder.len()
        ));
    }
    for instead in file.point.iter().filter_map(|point| point.instead.as_ref()) {
        check_steps(safety, &instead.step)?;
    }
    check_points(cause, file)
}

fn check_points(cause: &str, file: &CauseFile) -> Result<(), String> {
    let Some((last, others)) = file.point.split_last() else {
        return Err("no [[point]]".to_owned());
    };
    if !last.when.is_empty() || others.iter().any(|point| point.when.is_empty()) {
        return Err("the last point, and no other, is without `when`".to_owned());
    }
    let found = !(file.lexicon.complaints.is_empty() && file.lexicon.topics.is_empty());
    if found == (cause == "general") {
        return Err("a cause has a lexicon; general has none".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERAL: &str = include_str!("../library/general.en.toml");
    const SAFETY: &str = include_str!("../library/safety_health.en.toml");

    fn refused(stem: &str, text: &str) -> String {
        check(stem, text).expect_err("the file is faulty")
    }

    #[test]
    fn a_faulty_file_is_refused_with_what_is_wrong() {
        assert_eq!(check("general", GENERAL), Ok(()));
        assert!(refused("general", "label = 3").contains("label"));
        assert!(
            refused("general", &GENERAL.replace("first_move", "first_mov")).contains("first_mov")
        );
        let unrepaired = GENERAL.replace("nine = [8]", "nine = [7]");
        assert!(refused("general", &unrepaired).contains("step 8"));
        let unloved = GENERAL.replace("\"ambassador\"", "\"retain\"");
        assert!(refused("general", &unloved).contains("Ambassador"));
        assert!(refused("delivery", GENERAL).contains("lexicon"));
        let pointless = GENERAL.replace("[[point]]\nid", "[[point]]\nwhen = [\"x\"]\nid");
        assert!(refused("general", &pointless).contains("point"));
    }

    #[test]
    fn safety_has_no_compensation_step() {
        assert_eq!(check("safety_health", SAFETY), Ok(()));
        let compensating = SAFETY.replacen("nine = [6]", "nine = [6, 8]", 1);
        assert!(refused("safety_health", &compensating).contains("step 8"));
    }
}

//! What was tried, and how it ended.

use serde::Serialize;
use vigie_domain::text::clean_line;

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Ended {
    Ok,
    No,
    Untried,
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Tried {
    check: &'static str,
    result: Ended,
    pub(super) message: String,
    hint: Option<String>,
}

impl Tried {
    pub(crate) fn works(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, result: Ended::Ok, message: message.into(), hint: None }
    }

    pub(crate) fn no(
        check: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let hint = Some(hint.into());
        Self { check, result: Ended::No, message: message.into(), hint }
    }

    pub(crate) fn untried(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, result: Ended::Untried, message: message.into(), hint: None }
    }

    /// Adds what could be better.
    pub(crate) fn with(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }

    pub(crate) fn fails(&self) -> bool {
        self.result == Ended::No
    }
}

/// One line each, and what to do under it.
pub(crate) fn shown(tried: &[Tried]) -> String {
    let line = |one: &Tried| {
        let mark = match one.result {
            Ended::Ok => "ok",
            Ended::No => "no",
            Ended::Untried => "--",
        };
        let hint = one.hint.as_ref().map(|hint| format!("\n{:14}{hint}", "")).unwrap_or_default();
        format!("{mark}   {:9}{}{hint}", one.check, clean_line(&one.message))
    };
    tried.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_mark_and_its_hint() {
        let told = shown(&[
            Tried::works("mail", "a"),
            Tried::no("disk", "b\nc", "do d"),
            Tried::untried("clock", "e"),
        ]);
        let lines =
            ["ok   mail     a", "no   disk     b c", "              do d", "--   clock    e"];
        assert_eq!(told.lines().collect::<Vec<_>>(), lines);
    }
}

//! `docs/requirements.md` holds every requirement of the founding documents, each once, and says of
//! each where it is met, or why not. That the paths and tests it names exist is held by `docs`.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use vigie_tests::workspace_root;

/// The founding documents, and how many rows each has.
const DOCUMENTS: [(char, usize); 5] = [('A', 48), ('B', 63), ('C', 27), ('D', 18), ('E', 36)];

fn rows(text: &str) -> Vec<Vec<&str>> {
    let is_id = |cell: &str| {
        let mut chars = cell.chars();
        chars.next().is_some_and(|c| ('A'..='E').contains(&c))
            && cell.len() == 3
            && chars.all(|c| c.is_ascii_digit())
    };
    let lines = text.lines().filter(|line| line.starts_with("| "));
    let cells = lines.map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect());
    cells.filter(|row: &Vec<&str>| row.first().is_some_and(|cell| is_id(cell))).collect()
}

#[test]
fn every_requirement_is_listed_once_and_in_order() -> Result<()> {
    let text = fs::read_to_string(workspace_root().join("docs/requirements.md"))?;
    let listed: Vec<String> =
        rows(&text).iter().filter_map(|row| row.first()).map(|id| (*id).to_owned()).collect();
    let wanted: Vec<String> = DOCUMENTS
        .into_iter()
        .flat_map(|(letter, count)| (1..=count).map(move |n| format!("{letter}{n:02}")))
        .collect();
    assert_eq!(listed, wanted);
    Ok(())
}

#[test]
fn each_is_met_by_code_and_a_test_or_says_why_not() -> Result<()> {
    let text = fs::read_to_string(workspace_root().join("docs/requirements.md"))?;
    for row in rows(&text) {
        let [id, asked, met] = row.as_slice() else { anyhow::bail!("three cells: {row:?}") };
        ensure!(!asked.is_empty(), "{id} says nothing");
        let said = |word: &str| met.split_once(word).map(|(_, why)| why.trim());
        let excused = ["Not Vigie's:", "Waits:"].into_iter().find_map(said);
        ensure!(excused.is_none_or(|why| why.len() > 10), "{id} says no reason: {met}");
        ensure!(!met.contains("TODO"), "{id}: {met}");
        if excused.is_none() || met.starts_with('`') {
            let spans: Vec<&str> = met.split('`').skip(1).step_by(2).collect();
            let tested = spans.iter().any(|span| span.contains(".rs::"));
            let coded = spans.iter().any(|span| span.contains('/') && !span.contains("::"));
            ensure!(tested && coded, "{id} names code and a test: {met}");
        }
    }
    Ok(())
}

#[test]
fn the_page_of_advice_tells_what_each_cause_touches() -> Result<()> {
    let text = fs::read_to_string(workspace_root().join("docs/advice.md"))?;
    for cause in vigie_domain::Cause::ALL {
        let row = text.lines().find(|line| line.starts_with(&format!("| `{}` |", cause.id())));
        let row = row.with_context(|| format!("{} has no row", cause.id()))?;
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let commandments: Vec<String> = cause.commandments().iter().map(u8::to_string).collect();
        let named = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let promise = named(serde_json::to_value(cause.promise())?);
        let touchpoint = named(serde_json::to_value(cause.touchpoint())?);
        assert_eq!(cells[1..], [commandments.join(", "), promise, touchpoint], "{}", cause.id());
    }
    Ok(())
}

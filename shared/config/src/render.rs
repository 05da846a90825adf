//! Faults, for people.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use vigie_domain::text::is_deceptive;

use crate::fault::Fault;

/// Most characters of a line that are shown around a fault: what a terminal holds.
const WINDOW_CHARS: usize = 100;
/// How many characters of a long line are shown before the fault.
const BEFORE_CHARS: usize = 30;

const RED: &str = "\u{1b}[31m";
const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

/// Writes faults as `vigie check` prints them: how many, then for each its place, the line, carets
/// under what is wrong, the message, the key with the code, and what to do. Empty without faults.
/// What may be a secret is never shown.
///
/// ```
/// # use vigie_config::{Environment, PresetInfo};
/// # struct Nothing;
/// # impl Environment for Nothing {
/// #     fn variable_is_set(&self, _: &str) -> bool { false }
/// #     fn file_is_readable(&self, _: &str) -> Result<(), String> { Err("gone".to_owned()) }
/// #     fn preset(&self, _: &str) -> Result<PresetInfo, String> { Err("none".to_owned()) }
/// #     fn preset_ids(&self) -> Vec<String> { Vec::new() }
/// # }
/// let outcome = vigie_config::parse("vigie.toml", "[servr]\n", &Nothing);
/// let shown = vigie_config::render_faults(&outcome.faults, false);
/// assert!(shown.contains("vigie.toml:1:2"));
/// assert!(shown.contains("did you mean server?"));
/// ```
pub fn render_faults(faults: &[Fault], colour: bool) -> String {
    let mut out = String::new();
    let Some(first) = faults.first() else { return out };
    let files: BTreeSet<&str> = faults.iter().map(|fault| fault.file.as_str()).collect();
    let count =
        if faults.len() == 1 { "1 fault".to_owned() } else { format!("{} faults", faults.len()) };
    let place = if files.len() == 1 { safe(&first.file) } else { format!("{} files", files.len()) };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{count} in {place}.");
    for fault in faults {
        let _ = writeln!(out);
        write_fault(&mut out, fault, colour);
    }
    out
}

fn write_fault(out: &mut String, fault: &Fault, colour: bool) {
    let place = format!("{}:{}:{}", safe(&fault.file), fault.line, fault.column);
    let paint = |code: &str, text: &str| {
        if colour { format!("{code}{text}{PLAIN}") } else { text.to_owned() }
    };
    let (line, before) = window(fault);
    let carets = "^".repeat(fault.length.min(line.chars().count().saturating_sub(before)).max(1));
    let wrong = format!("{carets} {}", safe(&fault.message));
    let _ = writeln!(out, "{}", paint(BOLD, &place));
    let _ = writeln!(out, "    {}", line.trim_end());
    let _ = writeln!(out, "    {}{}", " ".repeat(before), paint(RED, &wrong));
    let key = if fault.key.is_empty() { String::new() } else { format!("{} ", safe(&fault.key)) };
    let _ = writeln!(out, "    {key}[{}]", fault.code.id());
    if !fault.hint.is_empty() {
        let _ = writeln!(out, "    {}", safe(&fault.hint));
    }
}

/// The part of the line that is shown, and how many characters of it stand before the fault.
fn window(fault: &Fault) -> (String, usize) {
    let before = fault.column.saturating_sub(1);
    let shown = safe(&fault.shown);
    let indent = shown.chars().take_while(|c| *c == ' ').count().min(before);
    let fits = shown.chars().count() - indent <= WINDOW_CHARS;
    let skipped = if fits { indent } else { before.saturating_sub(BEFORE_CHARS).max(indent) };
    let end = skipped + WINDOW_CHARS;
    let cut = |at: usize| (at == skipped && skipped > indent) || at + 1 == end;
    let show = |(at, c)| if !fits && cut(at) { '…' } else { c };
    let line = shown.chars().enumerate().skip(skipped).take(WINDOW_CHARS).map(show).collect();
    (line, before - skipped)
}

/// A text without what could turn a terminal's line around, one character for one.
fn safe(text: &str) -> String {
    let show = |c: char| {
        if c == '\t' {
            ' '
        } else if is_deceptive(c) {
            '\u{FFFD}'
        } else {
            c
        }
    };
    text.chars().map(show).collect()
}

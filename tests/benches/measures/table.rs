//! The table of figures, with the aim beside each.

use std::io::Write as _;

/// Writes a line to standard output. A reader that has gone away is no fault of ours.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Begins a section.
pub(crate) fn section(title: &str) {
    say(&format!("\n{title}"));
}

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// It is only stated.
    Stated,
    /// Less than this.
    Below(f64),
    /// At least this.
    AtLeast(f64),
}

impl Aim {
    fn is_met(self, figure: f64) -> Option<bool> {
        match self {
            Self::Stated => None,
            Self::Below(limit) => Some(figure < limit),
            Self::AtLeast(limit) => Some(figure >= limit),
        }
    }

    fn words(self, unit: &str) -> String {
        match self {
            Self::Stated => String::new(),
            Self::Below(limit) => format!("< {} {unit}", shown(limit)),
            Self::AtLeast(limit) => format!(">= {} {unit}", shown(limit)),
        }
    }
}

/// The figures so far.
#[derive(Default)]
pub(crate) struct Table {
    missed: usize,
}

impl Table {
    /// Prints a figure at once: a bench that is interrupted has still said what it knew.
    pub(crate) fn row(&mut self, name: &str, figure: f64, unit: &str, aim: Aim) {
        let verdict = match aim.is_met(figure) {
            None => "",
            Some(true) => "met",
            Some(false) => "MISSED",
        };
        self.missed += usize::from(verdict == "MISSED");
        let (figure, aim) = (format!("{} {unit}", shown(figure)), aim.words(unit));
        say(format!("  {name:<52}{figure:>18}   {aim:<14}{verdict}").trim_end());
    }

    /// How many aims were missed.
    pub(crate) fn missed(&self) -> usize {
        self.missed
    }
}

/// A number as people read it: no more digits than it is worth.
fn shown(number: f64) -> String {
    let digits = if number.abs() >= 100.0 || number.fract() == 0.0 { 0 } else { 2 };
    format!("{number:.digits$}")
}

//! Reading the sets.

use std::path::Path;

/// The rows of a file of tab-separated values, by the names in its first line.
pub(crate) fn rows(path: &Path) -> Option<Vec<Vec<(String, String)>>> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next()?.split('\t').collect();
    let row = |line: &str| {
        let values = line.split('\t').map(|value| value.trim_matches('"').trim().to_owned());
        names.iter().map(|name| (*name).to_owned()).zip(values).collect()
    };
    Some(lines.map(row).collect())
}

/// A value of a row.
pub(crate) fn value<'a>(row: &'a [(String, String)], name: &str) -> &'a str {
    row.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// What was found beside what is there.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Score {
    pub(crate) right: usize,
    pub(crate) wrong: usize,
    pub(crate) missed: usize,
}

impl Score {
    pub(crate) fn count(&mut self, is_there: bool, is_found: bool) {
        self.right += usize::from(is_there && is_found);
        self.wrong += usize::from(!is_there && is_found);
        self.missed += usize::from(is_there && !is_found);
    }

    pub(crate) fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    pub(crate) fn recall(&self) -> f64 {
        share(self.right, self.right + self.missed)
    }

    pub(crate) fn f1(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) }
    }
}

pub(crate) fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

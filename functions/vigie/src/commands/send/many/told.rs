//! What became of many webhooks.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::StatusCode;
use serde::Serialize;
use tokio::task::JoinError;

use super::Sort;
use crate::cli::Send;
use crate::commands::shown::table;
use crate::output::{Exit, complain, say, say_json};

/// What became of one sort.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Became {
    sent: u64,
    /// Answered 2xx.
    accepted: u64,
    /// Answered 4xx.
    refused: u64,
    /// Answered otherwise, or not at all.
    failed: u64,
}

/// What became of all.
#[derive(Debug, Default)]
pub(super) struct Told {
    by_sort: BTreeMap<Sort, Became>,
    statuses: BTreeMap<u16, u64>,
    latencies: Vec<Duration>,
    first_error: Option<String>,
}

#[derive(Serialize)]
struct Answer<'a> {
    sent: u64,
    seconds: f64,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    statuses: &'a BTreeMap<u16, u64>,
    #[serde(flatten)]
    sorts: BTreeMap<&'static str, Became>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl Sort {
    const fn word(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::Repeated => "repeated",
            Self::Late => "late",
            Self::Forged => "forged",
        }
    }
}

impl Told {
    pub(super) fn count(
        &mut self,
        done: Result<(Sort, Result<StatusCode, String>, Duration), JoinError>,
    ) {
        let Ok((sort, answer, took)) = done else { return };
        let became = self.by_sort.entry(sort).or_default();
        became.sent += 1;
        match answer {
            Ok(status) => {
                *self.statuses.entry(status.as_u16()).or_default() += 1;
                self.latencies.push(took);
                match status.as_u16() {
                    200..=299 => became.accepted += 1,
                    400..=499 => became.refused += 1,
                    _ => became.failed += 1,
                }
            }
            Err(why) => {
                became.failed += 1;
                self.first_error.get_or_insert(why);
            }
        }
    }

    fn percentile(&mut self, percent: usize) -> f64 {
        self.latencies.sort_unstable();
        let rank = (self.latencies.len() * percent).div_ceil(100);
        let found = self.latencies.get(rank.saturating_sub(1)).copied().unwrap_or_default();
        found.as_secs_f64() * 1000.0
    }

    /// Whether all went as it has to: the honest were taken, and no impostor was.
    fn is_right(&self) -> bool {
        self.by_sort.iter().all(|(sort, became)| match sort {
            Sort::Honest | Sort::Repeated => became.accepted == became.sent,
            Sort::Late => became.failed == 0,
            Sort::Forged => became.refused == became.sent,
        })
    }
}

/// Says it.
pub(super) fn tell(arguments: &Send, mut told: Told, lasted: Duration) -> Exit {
    let sent: u64 = told.by_sort.values().map(|became| became.sent).sum();
    let seconds = lasted.as_secs_f64();
    let per_second = sent as f64 / seconds.max(f64::EPSILON);
    let (p50, p99) = (told.percentile(50), told.percentile(99));
    if arguments.json.json {
        say_json(&Answer {
            sent,
            seconds,
            per_second,
            p50_ms: p50,
            p99_ms: p99,
            statuses: &told.statuses,
            sorts: told.by_sort.iter().map(|(sort, became)| (sort.word(), *became)).collect(),
            error: told.first_error.as_deref(),
        });
    } else {
        let heads = ["", "sent", "taken", "refused", "failed"].map(str::to_owned);
        let mut rows = vec![heads.to_vec()];
        for (sort, became) in &told.by_sort {
            let counts = [became.sent, became.accepted, became.refused, became.failed];
            let mut row = vec![sort.word().to_owned()];
            row.extend(counts.map(|count| count.to_string()));
            rows.push(row);
        }
        say(table(&rows, 0));
        say(format!(
            "{seconds:.1} s, {per_second:.0} a second; half answered in {p50:.1} ms, 99 in 100 in \
             {p99:.1} ms"
        ));
        if let Some(why) = &told.first_error {
            complain(format!("vigie: no answer: {why}"));
        }
    }
    if told.is_right() { Exit::Done } else { Exit::NotSo }
}

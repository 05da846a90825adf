//! Counts in CloudWatch's embedded metric format: lines of the log that CloudWatch makes metrics
//! of, so that counting is no call ("Specification: Embedded metric format", user guide of
//! CloudWatch). docs/metrics.md lists them.

use std::time::SystemTime;

use metrique::DefaultSink;
use metrique::emf::Emf;
use metrique::unit_of_work::metrics;
use metrique::writer::sink::FlushImmediately;
use metrique::writer::{Entry, EntryIoStreamExt as _, FormatExt as _};
use vigie_app::deliver::{Attempt, Delivered};
use vigie_app::receive::Tally;
use vigie_machine::{now, variable};
use vigie_store_dynamodb::Waiting;

/// Where CloudWatch keeps them.
const NAMESPACE: &str = "Vigie";
/// The dimension that every metric has, so that two houses in one account are not added up.
const STACK: &str = "Stack";

/// What became of the events of a webhook that was taken.
#[metrics(rename_all = "PascalCase")]
struct Taken {
    #[metrics(timestamp)]
    timestamp: SystemTime,
    accepted: u32,
    duplicates: u32,
    stale: u32,
    ignored: u32,
    rejected: u32,
}

/// A webhook that was not.
#[metrics(rename_all = "PascalCase", emf::dimension_sets = [[], ["Code"]])]
struct NotTaken {
    #[metrics(timestamp)]
    timestamp: SystemTime,
    code: &'static str,
    refused: u32,
}

/// A try at sending.
#[metrics(
    rename_all = "PascalCase",
    emf::dimension_sets = [[], ["Kind", "Outcome"]]
)]
struct Tried {
    #[metrics(timestamp)]
    timestamp: SystemTime,
    kind: &'static str,
    outcome: &'static str,
    notices: u32,
    delivery_seconds: Option<u64>,
}

/// What a look found.
#[metrics(rename_all = "PascalCase")]
struct Looked {
    #[metrics(timestamp)]
    timestamp: SystemTime,
    due: u64,
    oldest_waiting_seconds: u64,
    promise_at_risk: u64,
}

#[derive(Entry)]
#[entry(rename_all = "PascalCase")]
struct Everywhere {
    stack: String,
}

/// A function's counts.
pub struct Metrics {
    sink: DefaultSink,
}

impl Default for Metrics {
    /// Written to standard output, of the stack that `VIGIE_STACK` names.
    fn default() -> Self {
        let stack = variable("VIGIE_STACK").unwrap_or_else(|| "vigie".to_owned());
        Self::written_to(std::io::stdout, stack)
    }
}

impl Metrics {
    fn written_to<W: std::io::Write + 'static>(
        out: impl Fn() -> W + Send + Sync + 'static,
        stack: String,
    ) -> Self {
        let format = Emf::builder(NAMESPACE.to_owned(), vec![vec![STACK.to_owned()]])
            // A count of a field that is none is not written.
            .skip_all_validations(true)
            .build();
        let lines = format.output_to_makewriter(out).merge_globals(Everywhere { stack });
        Self { sink: FlushImmediately::new_boxed(lines) }
    }

    /// Counts a webhook that was taken.
    pub fn taken(&self, tally: Tally) {
        let Tally { accepted, duplicates, stale, ignored, rejected } = tally;
        let timestamp = now().into();
        let counted = Taken { timestamp, accepted, duplicates, stale, ignored, rejected };
        drop(counted.append_on_drop(self.sink.clone()));
    }

    /// Counts a webhook that was not proven to come from its platform, by the code of its answer.
    pub fn refused(&self, code: &'static str) {
        let counted = NotTaken { timestamp: now().into(), code, refused: 1 };
        drop(counted.append_on_drop(self.sink.clone()));
    }

    /// Counts a try at sending. One that another made is none.
    pub fn tried(&self, attempt: &Attempt) {
        let Some(kind) = attempt.kind else { return };
        let delivery_seconds = attempt.delay.map(|delay| delay.as_secs().max(0).cast_unsigned());
        let outcome = outcome(&attempt.outcome);
        let timestamp = now().into();
        let counted = Tried { timestamp, kind: kind.id(), outcome, notices: 1, delivery_seconds };
        drop(counted.append_on_drop(self.sink.clone()));
    }

    /// Counts what a minute's look found.
    pub fn looked(&self, waiting: &Waiting) {
        let counted = Looked {
            timestamp: now().into(),
            due: waiting.due.len() as u64,
            oldest_waiting_seconds: waiting.oldest.as_secs().max(0).cast_unsigned(),
            promise_at_risk: waiting.late,
        };
        drop(counted.append_on_drop(self.sink.clone()));
    }
}

fn outcome(of: &Delivered) -> &'static str {
    match of {
        Delivered::NotClaimed => "not_claimed",
        Delivered::Sent => "sent",
        Delivered::Later(_) => "later",
        Delivered::Dead => "dead",
        Delivered::Cancelled => "cancelled",
        Delivered::Refused => "refused",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use jiff::SignedDuration;
    use serde_json::{Value, json};
    use vigie_domain::Kind;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// The one line that something writes.
    fn line(count: impl Fn(&Metrics)) -> Value {
        let kept = Kept::default();
        let out = kept.clone();
        count(&Metrics::written_to(move || out.clone(), "vigie-test".to_owned()));
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    fn of(line: &Value) -> (&Value, Vec<&str>) {
        let told = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(told["Namespace"], "Vigie");
        let metrics = told["Metrics"].as_array().unwrap().iter();
        (&told["Dimensions"], metrics.map(|one| one["Name"].as_str().unwrap()).collect())
    }

    #[test]
    fn a_webhook_that_was_taken_counts_its_events() {
        let tally = Tally { accepted: 2, duplicates: 1, ..Tally::default() };
        let line = line(|metrics| metrics.taken(tally));
        let (dimensions, names) = of(&line);
        assert_eq!(dimensions, &json!([["Stack"]]));
        assert_eq!(names, ["Accepted", "Duplicates", "Stale", "Ignored", "Rejected"]);
        assert_eq!((&line["Accepted"], &line["Stack"]), (&json!(2), &json!("vigie-test")));
    }

    #[test]
    fn a_refusal_is_counted_in_all_and_by_its_code() {
        let line = line(|metrics| metrics.refused("signature-mismatch"));
        assert_eq!(of(&line), (&json!([["Stack"], ["Stack", "Code"]]), vec!["Refused"]));
        assert_eq!(line["Code"], "signature-mismatch");
    }

    #[test]
    fn an_alert_that_was_sent_says_how_long_it_took() {
        let (kind, delay) = (Some(Kind::Alert), Some(SignedDuration::from_secs(90)));
        let undecided = Vec::new();
        let sent = Attempt { outcome: Delivered::Sent, kind, delay, undecided };
        let told = line(|metrics| metrics.tried(&sent));
        let (dimensions, names) = of(&told);
        assert_eq!(dimensions, &json!([["Stack"], ["Stack", "Kind", "Outcome"]]));
        assert_eq!(names, ["Notices", "DeliverySeconds"]);
        assert_eq!((&told["Kind"], &told["Outcome"]), (&json!("alert"), &json!("sent")));
        assert_eq!(told["DeliverySeconds"], 90);
        let undecided = Vec::new();
        let other = Attempt { outcome: Delivered::Dead, kind, delay: None, undecided };
        assert_eq!(of(&line(|metrics| metrics.tried(&other))).1, ["Notices"]);
    }

    #[test]
    fn a_look_says_what_an_operator_is_woken_for() {
        let oldest = SignedDuration::from_mins(16);
        let waiting = Waiting { due: Vec::new(), oldest, late: 3 };
        let told = line(|metrics| metrics.looked(&waiting));
        assert_eq!(of(&told).1, ["Due", "OldestWaitingSeconds", "PromiseAtRisk"]);
        assert_eq!(
            (&told["OldestWaitingSeconds"], &told["PromiseAtRisk"]),
            (&json!(960), &json!(3))
        );
    }
}

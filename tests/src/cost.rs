//! What a month on AWS costs: what the benches measured, times the list prices.
//!
//! `docs/cost.md` is written from this; a test holds that it still says the same.

mod page;

use serde::{Deserialize, Serialize};

pub use page::page;

/// Memory of each function, as the template has it.
const MEMORY_MB: f64 = 256.0;
/// Memory at which Lambda gives one whole processor ("Configure Lambda function memory", developer
/// guide of Lambda).
const WHOLE_PROCESSOR_MB: f64 = 1769.0;
/// What a call of a service is taken to last, in milliseconds: nothing here can measure it.
const CALL_MS: f64 = 6.0;
/// What Lambda writes to the log about an invocation, and the HTTP API about a request, in bytes.
const LAMBDA_LINES: f64 = 300.0;
const ACCESS_LINE: f64 = 250.0;
/// An event source asks its queue with five pollers, each for twenty seconds, when it is empty
/// ("Using Lambda with Amazon SQS"): so many requests in a month of thirty days.
const POLLS: f64 = 5.0 * 3.0 * 60.0 * 24.0 * 30.0;
/// What is kept of a review, with its index entries and what it caused, in bytes.
const KEPT: f64 = 6.0 * 1024.0;
const GB: f64 = 1e9;
/// Minutes, so looks, in a month of thirty days.
const LOOKS: f64 = 60.0 * 24.0 * 30.0;
/// Alarms of the template.
pub const ALARMS: u32 = 9;
/// Metrics that a house in use writes, each with its dimensions (docs/metrics.md).
pub const METRICS: u32 = 30;

/// What a call of a function took, on average.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invocation {
    /// Which function.
    pub function: String,
    /// Processor time on the measuring machine, in microseconds.
    pub processor_us: f64,
    /// Calls of services, one after the other.
    pub calls: f64,
    /// Read units.
    pub reads: f64,
    /// Write units, those of indexes with them.
    pub writes: f64,
    /// Of these, those of indexes.
    pub indexes: f64,
    /// Messages put into queues.
    pub queued: f64,
    /// Mails.
    pub mails: f64,
    /// Bytes of the log.
    pub logged: f64,
}

/// One thing that happens, and the functions that it calls in turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What happens.
    pub what: String,
    /// Its functions.
    pub invocations: Vec<Invocation>,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// When, as a date.
    pub on: String,
    /// A new review of four or five stars.
    pub good: Step,
    /// A new review below: with its alert.
    pub low: Step,
    /// An event that was there before.
    pub duplicate: Step,
    /// The brand's answer.
    pub answer: Step,
    /// A brand's report of the day.
    pub report: Step,
    /// A minute in which nothing is due.
    pub look: Step,
}

/// List prices, in dollars.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "each name says what it is the price of")]
pub struct Prices {
    pub region: String,
    pub read: String,
    pub http_api_request: f64,
    pub lambda_request: f64,
    pub lambda_arm_gb_second: f64,
    pub dynamodb_write_unit: f64,
    pub dynamodb_read_unit: f64,
    pub dynamodb_gb_month: f64,
    pub dynamodb_recovery_gb_month: f64,
    pub sqs_request: f64,
    pub ses_message: f64,
    pub scheduler_call: f64,
    pub logs_gb: f64,
    pub metric_month: f64,
    pub alarm_month: f64,
}

/// What happens in a month.
#[derive(Debug, Clone, Copy)]
pub struct Month {
    /// Webhooks: of a hundred, 75 new good reviews, 10 new low ones, 10 answers, 5 duplicates.
    pub webhooks: f64,
    /// Brands, each with a report a day.
    pub brands: f64,
}

/// What a month costs, by service, in dollars.
#[derive(Debug, Clone, PartialEq)]
pub struct Bill(pub Vec<(&'static str, f64)>);

impl Bill {
    /// All of it.
    pub fn total(&self) -> f64 {
        self.0.iter().map(|(_, dollars)| dollars).sum()
    }
}

impl Invocation {
    /// What Lambda bills, in milliseconds: the processor time at the share of a processor that the
    /// memory gives, and what calls last.
    pub fn billed_ms(&self) -> f64 {
        let working = self.processor_us / 1e3 * WHOLE_PROCESSOR_MB / MEMORY_MB;
        (working + self.calls * CALL_MS).ceil()
    }
}

impl Step {
    /// Adds up a figure of its functions.
    pub fn sum(&self, figure: impl Fn(&Invocation) -> f64) -> f64 {
        self.invocations.iter().map(figure).sum()
    }
}

/// Reckons a month.
pub fn bill(measured: &Measured, prices: &Prices, month: Month) -> Bill {
    let Month { webhooks, brands } = month;
    let happens = [
        (&measured.good, webhooks * 0.75),
        (&measured.low, webhooks * 0.10),
        (&measured.answer, webhooks * 0.10),
        (&measured.duplicate, webhooks * 0.05),
        (&measured.report, brands * 30.0),
        (&measured.look, LOOKS),
    ];
    let all = |figure: fn(&Invocation) -> f64| {
        happens.iter().map(|(step, times)| step.sum(figure) * times).sum::<f64>()
    };
    let seconds = all(Invocation::billed_ms) / 1e3;
    // A message is put, taken and removed.
    let queue_requests = all(|one| one.queued) * 3.0 + 2.0 * POLLS;
    let logged = all(|one| one.logged + LAMBDA_LINES) + webhooks * ACCESS_LINE;
    let kept = webhooks * 0.85 * KEPT / GB;
    let per_gb = prices.dynamodb_gb_month + prices.dynamodb_recovery_gb_month;
    Bill(vec![
        ("HTTP API", webhooks * prices.http_api_request),
        ("Lambda, calls", all(|_| 1.0) * prices.lambda_request),
        ("Lambda, time", seconds * MEMORY_MB / 1024.0 * prices.lambda_arm_gb_second),
        ("DynamoDB, writes", all(|one| one.writes) * prices.dynamodb_write_unit),
        ("DynamoDB, reads", all(|one| one.reads) * prices.dynamodb_read_unit),
        ("DynamoDB, the month's reviews kept for a month", kept * per_gb),
        ("SQS", queue_requests * prices.sqs_request),
        ("SES", all(|one| one.mails) * prices.ses_message),
        ("Scheduler", LOOKS * prices.scheduler_call),
        ("CloudWatch, logs", logged / GB * prices.logs_gb),
        ("CloudWatch, metrics", f64::from(METRICS) * prices.metric_month),
        ("CloudWatch, alarms", f64::from(ALARMS) * prices.alarm_month),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(function: &str, writes: f64) -> Step {
        let invocation = Invocation {
            function: function.to_owned(),
            processor_us: 100.0,
            calls: 1.0,
            reads: 2.0,
            writes,
            indexes: 0.0,
            queued: 0.0,
            mails: 0.0,
            logged: 0.0,
        };
        Step { what: String::new(), invocations: vec![invocation] }
    }

    #[test]
    fn time_is_billed_by_the_share_of_a_processor_and_the_calls() {
        // 0.1 ms of a whole processor are 0.69 ms at 256 MB; a call lasts 6 ms.
        let billed = step("receive", 1.0).sum(Invocation::billed_ms);
        assert!((billed - 7.0).abs() < 1e-9, "{billed}");
    }

    #[test]
    fn a_month_adds_up_what_happens_in_it() {
        let one = |writes| step("receive", writes);
        let measured = Measured {
            on: "2026-11-27".to_owned(),
            good: one(4.0),
            low: one(10.0),
            duplicate: one(1.0),
            answer: one(7.0),
            report: one(0.0),
            look: one(0.0),
        };
        let prices: Prices =
            serde_json::from_str(include_str!("../benches/cost/prices.json")).unwrap();
        let month = Month { webhooks: 1e6, brands: 0.0 };
        let bill = bill(&measured, &prices, month);
        let of = |what: &str| bill.0.iter().find(|(name, _)| *name == what).unwrap().1;
        assert!((of("HTTP API") - 1.0).abs() < 1e-9, "{bill:?}");
        // 750,000 of 4, 100,000 of 10, 100,000 of 7 and 50,000 of 1 are 4.75 million units.
        assert!((of("DynamoDB, writes") - 4.75 * 0.625).abs() < 1e-9, "{bill:?}");
        assert!((of("Lambda, calls") - 1.0432 * 0.2).abs() < 1e-9, "{bill:?}");
        assert!(bill.total() > of("HTTP API"));
    }
}

//! What is counted, as OpenMetrics (docs/metrics.md). Served on `metrics_listen` only.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use vigie_app::deliver::Delivered;
use vigie_app::receive::Tally;
use vigie_domain::{Matter, Troubled};

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByRoute {
    route: &'static str,
    status: u16,
}

/// Sources are those of the configuration: a mistaken address adds no label.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct BySource {
    source: String,
    code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByMatter {
    matter: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByOutcome {
    outcome: &'static str,
}

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<ByRoute, Counter>,
    seconds: Histogram,
    events: [Counter; 5],
    notices: Family<ByOutcome, Counter>,
    refused: Family<BySource, Counter>,
    troubles: Family<ByMatter, Gauge>,
    pub(crate) waiting: Gauge<i64, std::sync::atomic::AtomicI64>,
    pub(crate) store_faults: Counter<u64, AtomicU64>,
}

const OUTCOMES: [&str; 5] = ["accepted", "duplicate", "stale", "ignored", "rejected"];

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("vigie");
        let events = Family::<ByOutcome, Counter>::default();
        let by_outcome =
            OUTCOMES.map(|outcome| events.get_or_create(&ByOutcome { outcome }).clone());
        let metrics = Self {
            requests: Family::default(),
            // 0.1 ms to 3 s: a webhook is answered in a few milliseconds.
            seconds: Histogram::new(exponential_buckets(0.0001, 2.0, 16)),
            events: by_outcome,
            notices: Family::default(),
            refused: Family::default(),
            troubles: Family::default(),
            waiting: Gauge::default(),
            store_faults: Counter::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests answered", metrics.requests.clone());
        let seconds = metrics.seconds.clone();
        registry.register_with_unit("request", "Time to answer", Unit::Seconds, seconds);
        registry.register("events", "Review events received, by outcome", events);
        registry.register("notices", "Attempts to deliver, by outcome", metrics.notices.clone());
        let refused = metrics.refused.clone();
        registry.register("refused", "Webhooks refused, by source and why", refused);
        let troubles = metrics.troubles.clone();
        registry.register("trouble", "Trouble since the operator was last told", troubles);
        let waiting = metrics.waiting.clone();
        registry.register("notices_waiting", "Notices taken up and not settled", waiting);
        let faults = metrics.store_faults.clone();
        registry.register("store_faults", "Times the store did not answer", faults);
        Self { registry, ..metrics }
    }

    pub(crate) fn answered(&self, route: &'static str, status: u16, took: Duration) {
        self.requests.get_or_create(&ByRoute { route, status }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn received(&self, tally: &Tally) {
        let counts = [tally.accepted, tally.duplicates, tally.stale, tally.ignored, tally.rejected];
        for (counter, count) in self.events.iter().zip(counts) {
            counter.inc_by(u64::from(count));
        }
    }

    pub(crate) fn refused(&self, source: &str, code: &'static str) {
        self.refused.get_or_create(&BySource { source: source.to_owned(), code }).inc();
    }

    pub(crate) fn troubles(&self, known: &[Troubled]) {
        for matter in Matter::ALL {
            let of = known.iter().filter(|one| one.what.matter == matter);
            let count: u64 = of.map(|one| one.count).sum();
            self.troubles.get_or_create(&ByMatter { matter: matter.id() }).set(count as i64);
        }
    }

    pub(crate) fn delivered(&self, outcome: &Delivered) {
        let outcome = match outcome {
            Delivered::NotClaimed => "not_claimed",
            Delivered::Sent => "sent",
            Delivered::Later(_) => "later",
            Delivered::Dead => "dead",
            Delivered::Cancelled => "cancelled",
            Delivered::Refused => "refused",
        };
        self.notices.get_or_create(&ByOutcome { outcome }).inc();
    }

    /// Everything, as OpenMetrics text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(error) => format!("# cannot encode: {error}\n# EOF\n"),
        }
    }
}

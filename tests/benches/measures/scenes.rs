//! The measures, one method each.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout};
use vigie_smtp_sink::Received;
use vigie_tests::load::{Latencies, Plan};
use vigie_tests::random::Random;
use vigie_tests::vigie_bin;
use vigie_tests::webhook::{Connection, SOURCE, Sender};

use crate::fill::Past;
use crate::server::{BareServer, Cost, VigieServer, cost_of};
use crate::table::Aim::{AtLeast, Below, Stated};
use crate::table::{Table, say, section};

/// Reviews that are stored when a load begins.
const STORED: u64 = 10_000;
const CONNECTIONS: u32 = 64;
/// How long alerts may take to arrive once their load has ended: longer is a failure, not a figure.
const MAIL_WITHIN: Duration = Duration::from_mins(2);

pub(crate) const MIB: f64 = 1024.0;

pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// What every measure needs.
pub(crate) struct Bench {
    pub(crate) program: PathBuf,
    sender: Sender,
    now: Timestamp,
    pub(crate) lasting: Duration,
    quick: bool,
}

impl Bench {
    #[expect(clippy::disallowed_methods, reason = "the program that is measured reads this clock")]
    pub(crate) fn new(lasting: Duration, quick: bool) -> Result<Self> {
        let now = Timestamp::now();
        let sender = Sender::new(&now.to_string())?;
        Ok(Self { program: vigie_bin()?.to_owned(), sender, now, lasting, quick })
    }

    pub(crate) fn rounds(&self, many: usize) -> usize {
        if self.quick { many.div_ceil(5) } else { many }
    }

    fn past(&self, answered: u64, open: u64) -> Past {
        Past { answered, open, now: self.now }
    }

    fn plan(&self, addr: std::net::SocketAddr, low_one_in: u64) -> Plan {
        let sender = self.sender.clone();
        let (connections, lasting) = (CONNECTIONS, self.lasting);
        Plan { addr, sender, connections, lasting, pace: None, low_one_in, seed: 1 }
    }

    async fn start(&self, past: Past) -> Result<VigieServer> {
        VigieServer::start(&self.program, past).await
    }

    /// From the start of the process to the first 200 of `/healthz`; and the program's size.
    pub(crate) async fn ready(&self, table: &mut Table) -> Result<()> {
        section("ready: from exec to /healthz 200, an empty store");
        let mut latencies = Latencies::default();
        for _ in 0..self.rounds(20) {
            latencies.add(self.start(self.past(0, 0)).await?.ready_after);
        }
        table.row("median", ms(latencies.percentile(50.0)), "ms", Stated);
        table.row("slowest", ms(latencies.percentile(100.0)), "ms", Below(100.0));
        table.row("size of the program", size_mib(&self.program)?, "MiB", Stated);
        Ok(())
    }

    /// One alert at a time: from the webhook's 200 to the mail server's.
    pub(crate) async fn idle(&self, table: &mut Table) -> Result<()> {
        section("idle: from the webhook's 200 to the mail server's 250, one at a time");
        let server = self.start(self.past(STORED, 0)).await?;
        let mut mails = server.sink.subscribe();
        let mut connection = Connection::open(server.home.addr()).await?;
        let (mut random, mut request) = (Random::of(2), Vec::new());
        let mut latencies = Latencies::default();
        for _ in 0..self.rounds(300) {
            let id = format!("{:016x}", random.next());
            self.sender.write(&mut request, &id, 2)?;
            ensure!(connection.ask(&request).await?.status == 200, "refused while idle");
            let accepted = Instant::now();
            let (about, at) = next_mail(&mut mails).await?;
            ensure!(about == id, "a mail about {about}, not {id}");
            latencies.add(at.saturating_duration_since(accepted));
        }
        table.row("median", ms(latencies.percentile(50.0)), "ms", Stated);
        table.row("p99", ms(latencies.percentile(99.0)), "ms", Below(100.0));
        Ok(())
    }

    /// 64 connections of new reviews, beside the bare path.
    pub(crate) async fn load(&self, table: &mut Table) -> Result<()> {
        section("load: 64 connections, all new reviews, one alert in a thousand");
        let (mut bare, mut vigie) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds(3) {
            let server = BareServer::start(STORED, &self.sender).await?;
            bare.push(cost_of(&server.running, &self.plan(server.addr, 0)).await?);
            drop(server);
            let server = self.start(self.past(STORED, 0)).await?;
            vigie.push(cost_of(&server.running, &self.plan(server.home.addr(), 1000)).await?);
        }
        let mut bare = Summary::of(bare);
        let mut vigie = Summary::of(vigie);
        table.row("the bare path: rate", bare.rate, "/s", Stated);
        table.row("the bare path: p99", ms(bare.latencies.percentile(99.0)), "ms", Stated);
        table.row("the bare path: peak memory", bare.peak_mib, "MiB", Stated);
        table.row("the bare path: processor for each", bare.processor_us, "us", Stated);
        table.row("Vigie: rate", vigie.rate, "/s", Stated);
        table.row("Vigie: of the bare path", vigie.rate / bare.rate * 100.0, "%", AtLeast(60.0));
        table.row("Vigie: p50", ms(vigie.latencies.percentile(50.0)), "ms", Stated);
        table.row("Vigie: p99", ms(vigie.latencies.percentile(99.0)), "ms", Below(15.0));
        table.row("Vigie: peak memory", vigie.peak_mib, "MiB", Below(64.0));
        table.row("Vigie: processor for each", vigie.processor_us, "us", Stated);
        table.row("Vigie: not answered with 200", vigie.refused as f64, "", Stated);
        Ok(())
    }

    /// 10,000 a second offered, one alert in twenty, into a mail server.
    pub(crate) async fn alerts(&self, table: &mut Table) -> Result<()> {
        section("alerts: 10,000/s offered, one alert in twenty, to the mail server's 250");
        let server = self.start(self.past(STORED, 0)).await?;
        let mut mails = server.sink.subscribe();
        let plan = Plan { pace: Some(10_000), ..self.plan(server.home.addr(), 20) };
        let mut cost = cost_of(&server.running, &plan).await?;
        let mut arrived = HashMap::new();
        while arrived.len() < cost.figures.low.len() {
            let (about, at) = next_mail(&mut mails).await.with_context(|| {
                format!("{} of {} alerts arrived", arrived.len(), cost.figures.low.len())
            })?;
            ensure!(arrived.insert(about, at).is_none(), "an alert arrived twice");
        }
        let mut latencies = Latencies::default();
        let mut waiting = Vec::new();
        for (id, accepted) in &cost.figures.low {
            let at = arrived.get(id).with_context(|| format!("no mail about {id}"))?;
            latencies.add(at.saturating_duration_since(*accepted));
            waiting.extend([(*accepted, 1), (*at, -1)]);
        }
        table.row("accepted", cost.figures.rate(), "/s", Stated);
        table.row("webhooks: p99", ms(cost.figures.latencies.percentile(99.0)), "ms", Stated);
        table.row("alerts", latencies.count() as f64, "", Stated);
        table.row("alert: p50", ms(latencies.percentile(50.0)), "ms", Stated);
        table.row("alert: p99", ms(latencies.percentile(99.0)), "ms", Below(2000.0));
        table.row("alerts waiting at most", most_waiting(waiting), "", Stated);
        table.row(
            "peak memory",
            server.running.peak_memory_kib()? as f64 / MIB,
            "MiB",
            Below(64.0),
        );
        Ok(())
    }

    /// A million stored reviews beside ten thousand.
    pub(crate) async fn million(&self, table: &mut Table) -> Result<()> {
        let many = if self.quick { 50_000 } else { 1_000_000 };
        section(&format!("million: {many} stored reviews, 200 open, ids random"));
        let server = self.start(self.past(many - 200, 200)).await?;
        table.row("ready after", ms(server.ready_after), "ms", Below(100.0));
        let alerts = server.sink.wait_for(100, MAIL_WITHIN);
        alerts.await.ok().context("the alerts of the open reviews never came")?;
        let (median_ms, slowest_ms) = self.reports(&server)?;
        table.row("report unanswered: median", median_ms, "ms", Below(50.0));
        table.row("report unanswered: slowest", slowest_ms, "ms", Stated);
        let (mut few_rates, mut rates) = (Vec::new(), Vec::new());
        let mut few_peak = 0.0_f64;
        // In turns: a disk that has just taken a million rows is slower for both.
        for round in 0..self.rounds(5) {
            let few = self.start(self.past(STORED, 0)).await?;
            let cost = cost_of(&few.running, &self.plan(few.home.addr(), 1000)).await?;
            few_rates.push(cost.figures.rate());
            few_peak = few_peak.max(cost.peak_kib as f64 / MIB);
            drop(few);
            let seed = 100 + round as u64;
            let plan = Plan { seed, ..self.plan(server.home.addr(), 1000) };
            rates.push(cost_of(&server.running, &plan).await?.figures.rate());
        }
        let shown = |rates: &[f64]| {
            rates.iter().map(|rate| format!("{rate:.0}")).collect::<Vec<_>>().join(", ")
        };
        say(&format!("  each, in turns: {} and {}", shown(&few_rates), shown(&rates)));
        // Of each pair: the disk's own pace drifts from one turn to the next.
        let of_each = few_rates.iter().zip(&rates).map(|(few, full)| full / few * 100.0);
        let ratio = median(of_each.collect());
        let (few, full) = (median(few_rates), median(rates));
        let peak = server.running.peak_memory_kib()? as f64 / MIB;
        table.row("rate at ten thousand", few, "/s", Stated);
        table.row("rate now", full, "/s", Stated);
        table.row("rate now, of that at ten thousand", ratio, "%", AtLeast(80.0));
        table.row("peak memory at ten thousand", few_peak, "MiB", Stated);
        table.row("peak memory now", peak, "MiB", Below(64.0));
        Ok(())
    }

    /// The time of `vigie report unanswered`, from exec to exit: median and slowest.
    fn reports(&self, server: &VigieServer) -> Result<(f64, f64)> {
        let mut took = Vec::new();
        for _ in 0..self.rounds(20) {
            let begin = Instant::now();
            let output = server.home.command(&["report", "unanswered", "--json"]).output()?;
            took.push(ms(begin.elapsed()));
            let report: serde_json::Value = serde_json::from_slice(&output.stdout)
                .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
            let listed = report.pointer("/brands/0/open").and_then(|open| open.as_array());
            let good =
                report.pointer("/brands/0/good_open/count").and_then(serde_json::Value::as_u64);
            let found = listed.map_or(0, Vec::len) as u64 + good.unwrap_or_default();
            ensure!(found == 200, "the report has {found} open reviews");
        }
        let slowest = took.iter().copied().fold(0.0, f64::max);
        Ok((median(took), slowest))
    }
}

/// Several rounds of one load: the median of each figure, and every latency.
struct Summary {
    rate: f64,
    latencies: Latencies,
    peak_mib: f64,
    processor_us: f64,
    refused: u64,
}

impl Summary {
    fn of(rounds: Vec<Cost>) -> Self {
        let each = |figure: fn(&Cost) -> f64| median(rounds.iter().map(figure).collect());
        let rate = each(|cost| cost.figures.rate());
        let processor_us = each(Cost::processor_us);
        let peak_mib = rounds.iter().map(|cost| cost.peak_kib).max().unwrap_or(0) as f64 / MIB;
        let refused = rounds.iter().map(|cost| cost.figures.refused).sum();
        let latencies = Latencies::of_all(rounds.into_iter().map(|cost| cost.figures.latencies));
        Self { rate, latencies, peak_mib, processor_us, refused }
    }
}

/// The next mail: which review it is about, and when its last byte was read.
async fn next_mail(mails: &mut UnboundedReceiver<Arc<Received>>) -> Result<(String, Instant)> {
    let mail = timeout(MAIL_WITHIN, mails.recv()).await.context("no mail came")?;
    let mail = mail.context("the mail server is gone")?;
    let about = mail.header("X-Vigie-Review").context("a mail about no review")?;
    let id = about.strip_prefix(SOURCE).and_then(|rest| rest.strip_prefix('/'));
    Ok((id.context("another source")?.to_owned(), mail.at))
}

/// The most alerts that were accepted and not yet delivered at one moment.
fn most_waiting(mut moves: Vec<(Instant, i64)>) -> f64 {
    moves.sort();
    let mut now = 0;
    let waiting = moves.into_iter().map(|(_, by)| {
        now += by;
        now
    });
    waiting.max().unwrap_or_default() as f64
}

fn size_mib(program: &Path) -> Result<f64> {
    Ok(std::fs::metadata(program)?.len() as f64 / MIB / MIB)
}

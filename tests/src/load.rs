//! A load of signed webhooks from many connections, and what it measured.
//!
//! Every review is new: its id is a random number. Without a pace each connection asks again as
//! soon as it is answered; with one, requests fall due at fixed moments and their latency counts
//! from then, so that a server that stalls is charged for those that had to wait.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::{Instant, Interval, interval_at};

use crate::random::Random;
use crate::webhook::{Connection, Sender};

/// What is sent.
#[derive(Clone)]
pub struct Plan {
    /// To whom.
    pub addr: SocketAddr,
    /// Who signs.
    pub sender: Sender,
    /// Connections, all kept.
    pub connections: u32,
    /// For how long.
    pub lasting: Duration,
    /// Requests a second over all connections; `None`: as fast as they are answered.
    pub pace: Option<u32>,
    /// One review in so many has 2 stars, the others 5; 0: none.
    pub low_one_in: u64,
    /// The ids follow from it: another seed, other reviews.
    pub seed: u64,
}

/// What a load measured.
#[derive(Debug, Default)]
pub struct Figures {
    /// Answers of 200.
    pub accepted: u64,
    /// Other answers.
    pub refused: u64,
    /// How long it ran.
    pub lasted: Duration,
    /// Answers' latencies.
    pub latencies: Latencies,
    /// The reviews with 2 stars that were accepted, and when their answer came.
    pub low: Vec<(String, Instant)>,
}

impl Figures {
    /// Answers of 200 a second.
    pub fn rate(&self) -> f64 {
        self.accepted as f64 / self.lasted.as_secs_f64().max(f64::EPSILON)
    }

    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.lasted = self.lasted.max(other.lasted);
        self.latencies.0.extend(other.latencies.0);
        self.low.extend(other.low);
    }
}

/// Latencies, in microseconds.
#[derive(Debug, Clone, Default)]
pub struct Latencies(Vec<u32>);

impl Latencies {
    /// Adds one.
    pub fn add(&mut self, latency: Duration) {
        self.0.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    /// All of several.
    pub fn of_all(several: impl IntoIterator<Item = Self>) -> Self {
        Self(several.into_iter().flat_map(|one| one.0).collect())
    }

    /// The latency that so many percent did not exceed (nearest rank); zero where there is none.
    ///
    /// ```
    /// use std::time::Duration;
    /// let mut latencies = vigie_tests::load::Latencies::default();
    /// (1..=200).for_each(|ms| latencies.add(Duration::from_millis(ms)));
    /// assert_eq!(latencies.percentile(99.0), Duration::from_millis(198));
    /// assert_eq!(latencies.percentile(100.0), Duration::from_millis(200));
    /// ```
    pub fn percentile(&mut self, percent: f64) -> Duration {
        self.0.sort_unstable();
        let rank = (self.0.len() as f64 * percent / 100.0).ceil() as usize;
        let found = self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default();
        Duration::from_micros(u64::from(found))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// Sends a load until its time is over.
///
/// # Errors
/// A connection cannot be opened, or breaks.
pub async fn run(plan: &Plan) -> Result<Figures> {
    let mut connections = JoinSet::new();
    let begin = Instant::now();
    for number in 0..plan.connections {
        let connection = Connection::open(plan.addr).await?;
        connections.spawn(send(plan.clone(), number, connection, begin));
    }
    let mut figures = Figures::default();
    while let Some(done) = connections.join_next().await {
        figures.add(done.context("a connection's task")??);
    }
    Ok(figures)
}

async fn send(
    plan: Plan,
    number: u32,
    mut connection: Connection,
    begin: Instant,
) -> Result<Figures> {
    let mut random = Random::of(plan.seed << 16 | u64::from(number));
    let mut ticks = plan.pace.map(|pace| ticks(&plan, pace, number, begin));
    let mut figures = Figures::default();
    let mut request = Vec::with_capacity(2048);
    while begin.elapsed() < plan.lasting {
        let is_low = random.one_in(plan.low_one_in);
        let id = format!("{:016x}", random.next());
        plan.sender.write(&mut request, &id, if is_low { 2 } else { 5 })?;
        let due = match &mut ticks {
            Some(ticks) => ticks.tick().await,
            None => Instant::now(),
        };
        let answer = connection.ask(&request).await?;
        let now = Instant::now();
        figures.latencies.add(now.duration_since(due));
        if answer.status != 200 {
            figures.refused += 1;
            continue;
        }
        figures.accepted += 1;
        if is_low {
            figures.low.push((id, now));
        }
    }
    figures.lasted = begin.elapsed();
    Ok(figures)
}

/// The moments of one connection: all have the same period and each its own start in it.
fn ticks(plan: &Plan, pace: u32, number: u32, begin: Instant) -> Interval {
    let period = Duration::from_secs(1) * plan.connections / pace.max(1);
    interval_at(begin + period * number / plan.connections.max(1), period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// Answers each request with the status that its rating earns.
    async fn server() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut buffer = [0; 4096];
                    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                        let status = if text.contains("\"rating\":2") { 200 } else { 429 };
                        let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n");
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        addr
    }

    fn plan(addr: SocketAddr) -> Plan {
        let sender = Sender::new("2026-11-20T09:12:00Z").unwrap();
        let lasting = Duration::from_millis(300);
        Plan { addr, sender, connections: 4, lasting, pace: None, low_one_in: 2, seed: 1 }
    }

    #[tokio::test]
    async fn accepted_and_refused_are_told_apart_and_each_low_review_is_named_once() {
        let figures = run(&plan(server().await)).await.unwrap();
        assert!(figures.accepted > 0 && figures.refused > 0, "{figures:?}");
        assert_eq!(figures.accepted as usize, figures.low.len());
        assert_eq!(figures.latencies.count() as u64, figures.accepted + figures.refused);
        let ids: std::collections::BTreeSet<_> = figures.low.iter().map(|(id, _)| id).collect();
        assert_eq!(ids.len(), figures.low.len());
    }

    #[tokio::test]
    async fn a_pace_bounds_what_is_sent() {
        let plan = Plan { pace: Some(200), ..plan(server().await) };
        let figures = run(&plan).await.unwrap();
        // 300 ms at 200 a second, and one more that each connection may have begun.
        let sent = figures.accepted + figures.refused;
        assert!((1..=64).contains(&sent), "{sent}");
    }

    #[tokio::test]
    async fn a_server_that_nobody_started_is_an_error() {
        let addr = crate::home::free_addr().unwrap();
        assert!(run(&plan(addr)).await.is_err());
    }
}

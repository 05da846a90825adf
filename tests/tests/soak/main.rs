//! The guarantee under fire: `vigie serve` is killed with signal 9 every second or so while
//! webhooks come in, and nothing that it acknowledged may be missing in the end.
//!
//! The mail server is ours and stands in this process, so it outlives the kills. Each connection
//! does what a platform does: a webhook without its 200 is sent again until it has one.
//!
//! `VIGIE_SOAK_SECONDS` says for how long (default 10); `./test full` asks for more.

// A test's helper may stop the test: that is how it fails.
#![expect(clippy::expect_used, reason = "helpers of tests stop the test")]

mod judge;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use rusqlite::OpenFlags;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use vigie_smtp_sink::Sink;
use vigie_store_sqlite::FILE_NAME;
use vigie_tests::home::{Home, Running};
use vigie_tests::random::Random;
use vigie_tests::vigie_bin;
use vigie_tests::webhook::{Connection, Sender};

use judge::{judge, mails_by_notice, read_store};

/// Who gets alerts: each review under 4 stars makes one notice for each of them.
const CONTACTS: [&str; 2] = ["service", "direction"];
const CONNECTIONS: u64 = 8;
/// How often each connection sends: 400 webhooks a second in all, 80 of them under 4 stars.
const SEND_EVERY: Duration = Duration::from_millis(20);
const LOW_ONE_IN: u64 = 5;
/// One webhook in so many is sent twice though it was acknowledged.
const TWICE_ONE_IN: u64 = 10;
/// Between one kill and the next, at least and at most, in milliseconds.
const KILL_AFTER_MS: std::ops::Range<u64> = 700..2300;
/// Fewer kills are no soak, however short it is and however slow the machine.
const KILLS_MIN: u64 = 3;
/// How long a process may take to be ready, and one answer to come, on a machine that does much
/// else.
const READY_WITHIN: Duration = Duration::from_mins(1);
/// How long everything may take to be sent once the load has ended.
const QUIET_WITHIN: Duration = Duration::from_mins(3);

fn soak_seconds() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a test's own knob, not configuration")]
    let given = std::env::var("VIGIE_SOAK_SECONDS");
    given.ok().and_then(|text| text.parse().ok()).unwrap_or(10)
}

/// What the platform side remembers.
#[derive(Debug, Default)]
struct Sent {
    /// Acknowledged reviews, and whether each is under 4 stars.
    acknowledged: BTreeMap<String, bool>,
    /// Webhooks that got no 200 and were sent again.
    repeats: u64,
}

/// Tells every connection which start of the server is up; zero while none is.
type Up = watch::Receiver<u64>;

/// One connection's load, until it is told that the soak is over.
async fn send(
    home: Arc<Home>,
    sender: Sender,
    mut up: Up,
    lane: u64,
    over: watch::Receiver<bool>,
) -> Sent {
    let mut sent = Sent::default();
    let mut random = Random::of(lane);
    let mut pace = interval(SEND_EVERY);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut request = Vec::new();
    let mut connection = None;
    while !*over.borrow() {
        pace.tick().await;
        let is_low = random.one_in(LOW_ONE_IN);
        let id = format!("{:016x}", random.next());
        let rating = if is_low { 1 + random.below(3) as u8 } else { 5 };
        sender.write(&mut request, &id, rating).expect("it writes to memory");
        let times = if random.one_in(TWICE_ONE_IN) { 2 } else { 1 };
        for _ in 0..times {
            while !try_once(&home, &mut connection, &mut up, &request).await {
                sent.repeats += 1;
            }
        }
        sent.acknowledged.insert(id, is_low);
    }
    sent
}

/// Sends a request once, when a server is up. True if it was answered with 200.
async fn try_once(
    home: &Home,
    kept: &mut Option<(u64, Connection)>,
    up: &mut Up,
    request: &[u8],
) -> bool {
    let start = *up.wait_for(|start| *start > 0).await.expect("the soak outlives its load");
    // A connection to a process that was killed is of no use.
    let mut connection = match kept.take() {
        Some((of, connection)) if of == start => connection,
        _ => match Connection::open(home.addr()).await {
            Ok(connection) => connection,
            Err(_) => return wait_for_another(up, start).await,
        },
    };
    match timeout(READY_WITHIN, connection.ask(request)).await {
        Ok(Ok(answer)) => {
            *kept = Some((start, connection));
            answer.status == 200
        }
        Ok(Err(_)) | Err(_) => wait_for_another(up, start).await,
    }
}

/// Waits until the process of `start` is gone: no use in knocking before. Should it be there still
/// after a long while, the webhook is tried there again.
async fn wait_for_another(up: &mut Up, start: u64) -> bool {
    let _ = timeout(READY_WITHIN, up.wait_for(|now| *now != start)).await;
    false
}

/// Kills and restarts the server until `until`, a few times at least; gives the last process, which
/// lives, and the number of kills.
async fn kill_again_and_again(
    home: &Home,
    up: &watch::Sender<u64>,
    until: Instant,
) -> Result<(Running, u64)> {
    let mut random = Random::of(9);
    let mut kills = 0;
    loop {
        let mut running = home.serve()?;
        running.ready(READY_WITHIN).await?;
        up.send_replace(kills + 1);
        let span = KILL_AFTER_MS.end - KILL_AFTER_MS.start;
        let life = Duration::from_millis(KILL_AFTER_MS.start + random.below(span));
        let mut end_of_life = interval(life);
        end_of_life.tick().await; // The first tick is at once.
        end_of_life.tick().await;
        if Instant::now() >= until && kills >= KILLS_MIN {
            return Ok((running, kills));
        }
        up.send_replace(0);
        running.kill()?;
        kills += 1;
    }
}

/// The store's file as another program sees it.
fn store_of(home: &Home) -> Result<rusqlite::Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let store = rusqlite::Connection::open_with_flags(home.data().join(FILE_NAME), flags)?;
    store.busy_timeout(Duration::from_secs(5))?;
    Ok(store)
}

/// Waits until nothing is left to decide or to send.
async fn quiet(home: &Home) -> Result<()> {
    let store = store_of(home)?;
    let mut looks = interval(Duration::from_millis(50));
    let begin = Instant::now();
    loop {
        looks.tick().await;
        let left: [i64; 2] = store.query_row(
            "SELECT (SELECT count(*) FROM review WHERE undecided_at IS NOT NULL), \
             (SELECT count(*) FROM notice WHERE state IN ('pending', 'sending'))",
            [],
            |row| Ok([row.get(0)?, row.get(1)?]),
        )?;
        if left == [0, 0] {
            return Ok(());
        }
        let waited = begin.elapsed();
        ensure!(waited < QUIET_WITHIN, "after {waited:?}: {left:?} undecided and unsent");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_review_is_lost_and_no_alert_is_missing_whatever_is_killed() -> Result<()> {
    let sink = Sink::start("127.0.0.1:0".parse()?)?;
    let home = Arc::new(Home::new(vigie_bin()?, sink.addr(), &CONTACTS)?);
    let sender = Sender::new(&now())?;
    let until = Instant::now() + Duration::from_secs(soak_seconds());
    let (up, told) = watch::channel(0);
    let (end, over) = watch::channel(false);
    let mut lanes = JoinSet::new();
    for lane in 0..CONNECTIONS {
        lanes.spawn(send(home.clone(), sender.clone(), told.clone(), lane, over.clone()));
    }
    let (_running, kills) = kill_again_and_again(&home, &up, until).await?;
    end.send_replace(true);
    let mut sent = Sent::default();
    for lane in lanes.join_all().await {
        sent.acknowledged.extend(lane.acknowledged);
        sent.repeats += lane.repeats;
    }
    quiet(&home).await?;
    let (stored, mails) = (read_store(&home)?, mails_by_notice(&sink)?);
    let too_many = judge(&sent, &stored, &mails)?;
    let perhaps: u32 = stored.alerts.iter().map(|alert| alert.perhaps_twice).sum();
    println!(
        "{kills} kills, {} reviews acknowledged, {} webhooks repeated; lost 0; {} alerts sent, \
         missing 0, sent twice {too_many}, counted as perhaps twice {perhaps}",
        sent.acknowledged.len(),
        sent.repeats,
        stored.alerts.len()
    );
    ensure!(stored.alerts.len() > 20, "there was hardly an alert: {}", stored.alerts.len());
    Ok(())
}

/// The machine's time: what is published now is due in a day, and no ladder is climbed meanwhile.
#[expect(clippy::disallowed_methods, reason = "the program that is tested reads the same clock")]
fn now() -> String {
    jiff::Timestamp::now().to_string()
}

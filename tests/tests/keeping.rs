//! A restored backup beside its original, commands beside a loaded server, a clock set back, and
//! the six hours between two messages of one matter.

// A test's helper may stop the test: that is how it fails.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use vigie_app::{App, deliver, operator, raise, watch};
use vigie_domain::notice::{NoticeId, NoticeState};
use vigie_domain::{Matter, Subject, Trouble};
use vigie_ports::{
    Accepted, Clock as _, Due, Email, FailureClass, Mail, NoticeFilter, SendError, Store as _,
    World,
};
use vigie_smtp_sink::Sink;
use vigie_store_sqlite::{FILE_NAME, SqliteStore};
use vigie_testkit::build::key;
use vigie_tests::app::{Still, app, brand, post, sign};
use vigie_tests::home::Home;
use vigie_tests::load::{self, Plan};
use vigie_tests::stage::{LUMEN, SERVER, Stage, WITHIN};
use vigie_tests::vigie_bin;
use vigie_tests::webhook::Sender;

fn low(id: &str) -> Value {
    json!({"type": "review.posted", "review": {"id": id, "rating": 1, "text": "Cassé"}})
}

fn held(stage: &Stage) -> Result<usize> {
    let listed = stage.json(&["notices", "--state", "held"])?;
    Ok(listed.get("notices").and_then(Value::as_array).context("no list")?.len())
}

/// A mail server that does not answer yet leaves the alert pending in the backup; the original then
/// sends it, and the restored one, which runs beside it, does not.
#[tokio::test]
async fn a_restored_backup_beside_the_original_sends_only_what_came_after() -> Result<()> {
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let to_nobody = SERVER.replace("{mail}", &format!("smtp://{}", silent.local_addr()?));
    let original = Stage::open(&[to_nobody.as_str(), LUMEN].concat()).await?;
    original.tell("lumen-site", &low("before")).await?;
    original
        .until("the alert is made", || Ok(original.count("SELECT count(*) FROM notice")? > 0))
        .await?;
    let made = original.json(&["backup", "copy.sqlite"])?;
    ensure!(made["reviews"] == 1, "{made}");

    let mut restored = Stage::set(&[SERVER, LUMEN].concat())?;
    let copy = original.home.path().join("copy.sqlite");
    std::fs::copy(copy, restored.home.data().join(FILE_NAME))?;
    restored.start().await?;
    let alerts = held(&restored)?;
    ensure!(alerts > 0, "nothing is held");
    let log = restored.log()?;
    ensure!(log.contains("restored from a backup") && log.contains("redrive --held"), "{log}");

    restored.tell("lumen-site", &low("after")).await?;
    let mails = restored.mails(alerts).await?;
    let text = |id: &str| {
        mails.iter().filter(|m| m.header("X-Vigie-Review").is_some_and(|r| r.contains(id))).count()
    };
    ensure!(text("after") == alerts && text("before") == 0, "{mails:?}");

    // The hold outlives a restart, and ends when the operator says so.
    restored.stop().await?;
    restored.start().await?;
    ensure!(held(&restored)? == alerts);
    restored.json(&["redrive", "--held"])?;
    restored.mails(2 * alerts).await?;
    ensure!(held(&restored)? == 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_beside_a_loaded_server_stall_no_webhook() -> Result<()> {
    let sink = Sink::start((std::net::Ipv4Addr::LOCALHOST, 0).into())?;
    let home = Home::new(vigie_bin()?, sink.addr(), &["service"])?;
    let mut server = home.serve()?;
    server.ready(WITHIN).await?;
    let plan = Plan {
        addr: home.addr(),
        sender: Sender::new("2026-11-20T09:12:00Z")?,
        connections: 4,
        lasting: Duration::from_secs(4),
        pace: Some(200),
        low_one_in: 20,
        seed: 7,
    };
    let loading = tokio::spawn(async move { load::run(&plan).await });
    let mut rounds = 0;
    while !loading.is_finished() {
        let copy = format!("copy-{rounds}.sqlite");
        for line in [
            &["report", "unanswered", "--json"][..],
            &["explain", "LUM-1"],
            &["notices"],
            &["backup", &copy],
        ] {
            let mut command = home.command(line);
            let ran = tokio::task::spawn_blocking(move || command.output()).await??;
            // The first look may come before the first review.
            let is_first = rounds == 0 && line[0] == "explain";
            ensure!(ran.status.success() || is_first, "{line:?}: {ran:?}");
        }
        rounds += 1;
    }
    let mut figures = loading.await??;
    ensure!(rounds > 0 && figures.accepted > 0 && figures.refused == 0, "{figures:?}");
    let slowest = figures.latencies.percentile(100.0);
    ensure!(slowest < Duration::from_secs(4), "a webhook waited {slowest:?}");
    Ok(())
}

/// Mail that fails as often as it is told, and remembers what it took.
#[derive(Default)]
struct Counting {
    fails: Mutex<u32>,
    taken: Mutex<Vec<String>>,
}

impl Mail for Counting {
    async fn send(&self, email: &Email, _: Duration) -> Result<Accepted, SendError> {
        let mut fails = self.fails.lock().unwrap();
        if *fails > 0 {
            *fails -= 1;
            let reason = "scripted".to_owned();
            return Err(SendError { class: FailureClass::Backoff, reason });
        }
        let id = email.headers.iter().find(|(name, _)| *name == "X-Vigie-Notice");
        self.taken.lock().unwrap().push(id.map(|(_, id)| id.clone()).unwrap());
        Ok(Accepted::default())
    }
}

type Manual = App<Still<Counting>>;

async fn manual(operator: &[&str]) -> Result<Manual> {
    app(SqliteStore::in_memory()?, Counting::default(), brand(), operator).await
}

/// Receives a webhook signed now, and decides what it changes.
async fn hear(app: &Manual, webhook: Value) -> Result<Vec<NoticeId>> {
    let body = webhook.to_string();
    let headers = sign(app, &body)?;
    let received = post(app, &headers, body.as_bytes()).await?;
    ensure!(received.tally.accepted == 1, "{received:?}");
    let mut made = Vec::new();
    for key in received.undecided {
        made.extend(raise::raise(app, &key).await?);
    }
    Ok(made)
}

/// Does what is due now, as the loops of a server do.
async fn look(app: &Manual) -> Result<()> {
    for due in watch::due(app, 100).await? {
        match due {
            Due::Notice(id) => {
                let _ = deliver::deliver(app, &id).await?;
            }
            Due::Undecided(key) => drop(raise::raise(app, &key).await?),
            Due::Step(_) | Due::Report(_) => drop(watch::handle(app, &due).await?),
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_clock_set_back_an_hour_loses_nothing_and_sends_nothing_twice() -> Result<()> {
    let app = manual(&[]).await?;
    let hour = SignedDuration::from_hours(1);
    let sent = hear(&app, low("sent")).await?;
    look(&app).await?;
    // One waits for its next try when the clock jumps.
    let waiting = hear(&app, low("waiting")).await?;
    ensure!(!sent.is_empty() && !waiting.is_empty());
    *app.world().mail().fails.lock().unwrap() = u32::try_from(waiting.len())?;
    look(&app).await?;
    // One is claimed, and settled after the jump.
    let claimed = hear(&app, low("claimed")).await?;
    let first = claimed.first().context("no alert")?;
    let (now, store) = (app.world().clock().now(), app.world().store());
    let lease = now + SignedDuration::from_secs(90);
    ensure!(store.claim(first, "token", now, lease).await?.is_some());

    app.world().clock().advance(-hour);
    look(&app).await?;
    let during = hear(&app, low("during")).await?;
    look(&app).await?;
    ensure!(!during.is_empty());
    let answer = json!({"type": "review.answered", "review": {"id": "sent"}});
    hear(&app, answer).await?;
    let answered = store.review(&key("sent")).await?.context("the review is gone")?;
    ensure!(answered.review.state().id() == "answered", "{answered:?}");

    app.world().clock().advance(hour + SignedDuration::from_mins(10));
    look(&app).await?;
    let mut wanted: Vec<String> =
        [sent, waiting, claimed, during].concat().iter().map(ToString::to_string).collect();
    wanted.sort();
    let mut taken = app.world().mail().taken.lock().unwrap().clone();
    taken.sort();
    ensure!(taken == wanted, "sent {taken:?}, wanted {wanted:?}");
    let pending = NoticeFilter { state: Some(NoticeState::Pending), ..NoticeFilter::default() };
    ensure!(store.notices(pending).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_operator_hears_of_one_matter_every_six_hours_and_of_another_at_once() -> Result<()> {
    let app = manual(&["ops@agency.example"]).await?;
    let every = SignedDuration::from_mins(10);
    let (mut told, mut counts) = (Vec::new(), Vec::new());
    for minute in (0..=13 * 60).step_by(10) {
        // Every look finds the file faulty still; once, something else is wrong too.
        operator::faulty_file(&app, "vigie.toml");
        if minute == 60 {
            operator::trouble(&app, Trouble::new(Matter::Disk, "data"));
        }
        operator::flush(&app).await?;
        for id in operator::tell(&app).await? {
            let notice = app.world().store().notice(&id).await?.context("no notice")?;
            deliver::deliver(&app, &id).await?;
            let Subject::Operator(of) = notice.what.subject else { bail!("{notice:?}") };
            told.push((minute, of.matter.id()));
            counts.push(of.count);
        }
        app.world().clock().advance(every);
    }
    assert_eq!(told, [(0, "file"), (60, "disk"), (360, "file"), (720, "file")]);
    assert_eq!(counts, [1, 1, 36, 36]);
    assert_eq!(app.world().mail().taken.lock().unwrap().len(), 4);
    Ok(())
}

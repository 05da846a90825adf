//! Three hundred brands with three sources each, every brand in a file of its own.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::time::{Instant, interval};
use vigie_tests::home::{Home, Running, free_addr};
use vigie_tests::webhook::{Connection, SECRET};

use crate::scenes::{Bench, MIB, median, ms};
use crate::server::READY_WITHIN;
use crate::table::Aim::{Below, Stated};
use crate::table::{Table, section};

const BRANDS: usize = 300;
/// How long a change may take: longer is a failure, not a figure.
const APPLIED_WITHIN: Duration = Duration::from_secs(20);
/// How long the server is left alone to see what that costs: times are counted in hundredths of a
/// second.
const LEFT_ALONE: Duration = Duration::from_secs(20);

/// A brand's file; `round` changes the id of its last source.
fn brand(at: usize, round: usize) -> String {
    let mut text = format!(
        r#"[[brand]]
id = "b{at:03}"
name = "Brand {at}"
locale = "fr"
timezone = "Europe/Paris"
contacts = [
  {{ id = "service", name = "Service client", email = "service@b{at:03}.example" }},
  {{ id = "direction", name = "Direction", email = "direction@b{at:03}.example", gets = [] }},
]
[[brand.shop]]
id = "lyon"
name = "Lyon Part-Dieu"
match = ["LYON-01"]
contacts = ["service"]
"#
    );
    let sources = [format!("b{at:03}-site"), format!("b{at:03}-shop"), changing(at, round)];
    text.extend(sources.iter().map(|id| {
        let file = id.split("-r").next().unwrap_or_default();
        format!(
            "[[brand.source]]\nid = \"{id}\"\nplatform = \"generic-hmac\"\n\
             secrets = [\"file:../secrets/{file}\"]\n"
        )
    }));
    text
}

fn changing(at: usize, round: usize) -> String {
    format!("b{at:03}-app-r{round}")
}

fn write_all(home: &Home) -> Result<()> {
    for folder in ["brands", "secrets"] {
        fs::create_dir(home.path().join(folder))?;
    }
    for at in 0..BRANDS {
        write(home.path(), at, 0)?;
        for source in ["site", "shop", "app"] {
            fs::write(home.path().join(format!("secrets/b{at:03}-{source}")), SECRET)?;
        }
    }
    Ok(())
}

fn write(folder: &Path, at: usize, round: usize) -> Result<()> {
    Ok(fs::write(folder.join(format!("brands/b{at:03}.toml")), brand(at, round))?)
}

/// Asks an address until it is a source's: its webhook is refused then, and not unknown.
async fn until_in_force(connection: &mut Connection, source: &str) -> Result<Instant> {
    let begin = Instant::now();
    let request = format!(
        "POST /hooks/{source} HTTP/1.1\r\nHost: vigie.example\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    let mut ticks = interval(Duration::from_millis(1));
    while begin.elapsed() < APPLIED_WITHIN {
        match connection.ask(request.as_bytes()).await?.status {
            401 => return Ok(Instant::now()),
            404 => drop(ticks.tick().await),
            status => anyhow::bail!("{source} answers {status}"),
        }
    }
    anyhow::bail!("{source} is not in force after {APPLIED_WITHIN:?}")
}

impl Bench {
    /// `check`, a start, and one file of them all changed.
    pub(crate) async fn brands(&self, table: &mut Table) -> Result<()> {
        section("brands: 300 of them, each in a file, 900 sources with a secret file each");
        let addr = free_addr()?;
        let configuration = format!(
            "include = [\"brands/*.toml\"]\n[server]\nlisten = \"{addr}\"\ndata = \"data\"\n\
             [mail]\nfrom = \"sara@vigie.example\"\ntransport = \"file:outbox\"\n"
        );
        let home = Home::with(&self.program, addr, &configuration)?;
        write_all(&home)?;
        let mut checks = Vec::new();
        for _ in 0..self.rounds(10) {
            let begin = Instant::now();
            let checked = home.command(&["check"]).output()?;
            checks.push(ms(begin.elapsed()));
            let said = String::from_utf8_lossy(&checked.stdout).into_owned();
            ensure!(said.contains("300 brands, 900 sources"), "check says {said}");
        }
        table.row("check: median", median(checks.clone()), "ms", Below(200.0));
        table.row("check: slowest", checks.iter().copied().fold(0.0, f64::max), "ms", Stated);
        let mut running = home.serve()?;
        let first = running.ready(READY_WITHIN).await?;
        table.row("serve: ready, nothing applied yet", ms(first), "ms", Below(500.0));
        running.kill()?;
        let mut running = home.serve()?;
        table.row("serve: ready again", ms(running.ready(READY_WITHIN).await?), "ms", Below(500.0));
        self.change_files(&home, &running, table).await?;
        let peak = running.peak_memory_kib()? as f64 / MIB;
        table.row("peak memory", peak, "MiB", Below(64.0));
        let mut alone = interval(LEFT_ALONE);
        alone.tick().await;
        let before = running.processor_time()?;
        alone.tick().await;
        let used = running.processor_time()?.saturating_sub(before);
        let share = used.as_secs_f64() / LEFT_ALONE.as_secs_f64() * 100.0;
        table.row("idle: of one processor", share, "%", Stated);
        Ok(())
    }

    /// From the moment it is asked for to the first answer by the new file.
    async fn change_files(&self, home: &Home, running: &Running, table: &mut Table) -> Result<()> {
        let mut connection = Connection::open(home.addr()).await?;
        let (mut applied, mut hung_up) = (Vec::new(), Vec::new());
        for round in 1..=self.rounds(10) {
            for by_apply in [true, false] {
                let at = (round * 29 + usize::from(by_apply)) % BRANDS;
                write(home.path(), at, round)?;
                let begin = Instant::now();
                let mut command = None;
                if by_apply {
                    let quiet = std::process::Stdio::null();
                    command = Some(home.command(&["apply"]).stdout(quiet).spawn()?);
                } else {
                    running.signal("HUP")?;
                }
                let done = until_in_force(&mut connection, &changing(at, round)).await;
                let took = ms(done.context("a changed file")?.duration_since(begin));
                if let Some(mut command) = command {
                    ensure!(command.wait()?.success(), "apply failed");
                }
                if by_apply { applied.push(took) } else { hung_up.push(took) }
            }
        }
        let slowest = |figures: &[f64]| figures.iter().copied().fold(0.0, f64::max);
        let (by_apply, by_signal) = (slowest(&applied), slowest(&hung_up));
        table.row("one file, vigie apply: median", median(applied), "ms", Below(100.0));
        table.row("one file, vigie apply: slowest", by_apply, "ms", Below(100.0));
        table.row("one file, SIGHUP: median", median(hung_up), "ms", Below(100.0));
        table.row("one file, SIGHUP: slowest", by_signal, "ms", Below(100.0));
        Ok(())
    }
}

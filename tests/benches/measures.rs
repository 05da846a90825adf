//! Measures of the whole of Vigie: `cargo bench -p vigie-tests -- [WHAT…] [--seconds N] [--quick]`.
//!
//! WHAT is any of `ready`, `brands`, `idle`, `load`, `alerts`, `platforms`, `million` for the one
//! process, and of `functions`, `webhook`, `units`, `watch`, `cost` for AWS; without it all run.
//! Each prints its figures with the aim beside them. The release build of `vigie`, and the
//! functions as they are shipped, are measured as child processes, so that their memory and
//! processor time are their own; the load comes from this process, or from `vigie send`, on the
//! same machine. `--strict` ends in failure where an aim was missed. `--write` keeps what `cost`
//! measured, and writes `docs/cost.md` from it.
//!
//! "At ten thousand" is where a load begins: it adds what it sends.
//!
//! Times in a table come from this machine and this moment: compare what one run prints.

#[path = "measures/bare.rs"]
mod bare;
#[path = "measures/brands.rs"]
mod brands;
#[path = "measures/fill.rs"]
mod fill;
#[path = "measures/functions.rs"]
mod functions;
#[path = "measures/platforms.rs"]
mod platforms;
#[path = "measures/scenes.rs"]
mod scenes;
#[path = "measures/server.rs"]
mod server;
#[path = "measures/steps.rs"]
mod steps;
#[path = "measures/table.rs"]
mod table;
#[path = "measures/units.rs"]
mod units;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use functions::Functions;
use scenes::Bench;
use table::{Table, say};

/// The text of the reviews that fill a store: as long as those of the load.
const TEXT: &str = "Commande reçue en trois jours, emballage soigné. La lampe éclaire bien, la \
                    notice est claire et le vendeur a répondu vite à ma question sur l'ampoule. \
                    Je recommande, même si le câble est un peu court.";

/// Of the one process.
const PROCESS: [&str; 7] = ["ready", "brands", "idle", "load", "alerts", "platforms", "million"];
/// Of the functions on AWS.
const AWS: [&str; 5] = ["functions", "webhook", "units", "watch", "cost"];

/// What the command line asks for.
struct Asked {
    what: Vec<String>,
    lasting: Duration,
    quick: bool,
    strict: bool,
    write: bool,
}

impl Asked {
    fn of(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let lasting = Duration::from_secs(5);
        let mut asked =
            Self { what: Vec::new(), lasting, quick: false, strict: false, write: false };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--seconds" => {
                    let seconds = arguments.next().context("--seconds of what?")?;
                    asked.lasting = Duration::from_secs(seconds.parse()?);
                }
                "--quick" => {
                    asked.quick = true;
                    asked.lasting = Duration::from_secs(1);
                }
                "--strict" => asked.strict = true,
                "--write" => asked.write = true,
                "--bench" | "all" => {} // Cargo adds the first.
                what if PROCESS.contains(&what) || AWS.contains(&what) => asked.what.push(argument),
                other => bail!(
                    "{other}? One of {PROCESS:?}, {AWS:?}, --seconds N, --quick, --strict, --write"
                ),
            }
        }
        Ok(asked)
    }

    fn wants(&self, what: &str) -> bool {
        self.what.is_empty() || self.what.iter().any(|wanted| wanted == what)
    }
}

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1).peekable();
    // The load is many small steps of one kind: a second thread would only pass them to and fro.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if arguments.next_if(|argument| argument == "bare").is_some() {
        let addr = arguments.next().context("no address")?.parse()?;
        let folder = arguments.next().context("no folder")?;
        let served = runtime.enable_all().build()?.block_on(bare::serve(addr, folder.as_ref()));
        return served.map(|()| ExitCode::SUCCESS);
    }
    let asked = Asked::of(arguments)?;
    let runtime = runtime.worker_threads(1).enable_all().build()?;
    let missed = runtime.block_on(measure(&asked))?;
    say(&format!("\n{missed} aims missed"));
    Ok(if asked.strict && missed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn measure(asked: &Asked) -> Result<usize> {
    let mut table = Table::default();
    let process: Vec<_> = PROCESS.into_iter().filter(|what| asked.wants(what)).collect();
    if !process.is_empty() {
        let bench = Bench::new(asked.lasting, asked.quick)?;
        for what in process {
            match what {
                "ready" => bench.ready(&mut table).await?,
                "brands" => bench.brands(&mut table).await?,
                "idle" => bench.idle(&mut table).await?,
                "load" => bench.load(&mut table).await?,
                "alerts" => bench.alerts(&mut table).await?,
                "platforms" => bench.platforms(&mut table).await?,
                _ => bench.million(&mut table).await?,
            }
        }
    }
    let aws: Vec<_> = AWS.into_iter().filter(|what| asked.wants(what)).collect();
    if !aws.is_empty() {
        let functions = Functions::build(asked.quick)?;
        for what in aws {
            match what {
                "functions" => functions.starts(&mut table).await?,
                "webhook" => functions.webhook(&mut table).await?,
                "units" => functions.units(&mut table).await?,
                "watch" => functions.watch(&mut table).await?,
                _ => functions.cost(&mut table, asked.write).await?,
            }
        }
    }
    Ok(table.missed())
}

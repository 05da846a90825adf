//! The two servers that are loaded, and what a load cost them.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use vigie_smtp_sink::{Options, Sink};
use vigie_tests::home::{Home, Running, free_addr};
use vigie_tests::load::{self, Figures, Plan};
use vigie_tests::webhook::Sender;

use crate::bare;
use crate::fill::{self, Past};

/// How long a server may take to be ready with what is stored.
pub(crate) const READY_WITHIN: Duration = Duration::from_mins(1);

/// A load's figures, and what it cost the server.
pub(crate) struct Cost {
    pub(crate) figures: Figures,
    pub(crate) peak_kib: u64,
    pub(crate) processor: Duration,
}

impl Cost {
    /// Processor time for one webhook, in microseconds.
    pub(crate) fn processor_us(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.figures.accepted.max(1) as f64
    }
}

/// Loads a server and reads what that cost it.
pub(crate) async fn cost_of(running: &Running, plan: &Plan) -> Result<Cost> {
    let before = running.processor_time()?;
    let figures = load::run(plan).await?;
    let processor = running.processor_time()?.saturating_sub(before);
    Ok(Cost { figures, peak_kib: running.peak_memory_kib()?, processor })
}

/// The bare path with its folder: this program, in a process of its own.
pub(crate) struct BareServer {
    pub(crate) running: Running,
    pub(crate) addr: SocketAddr,
    _folder: TempDir,
}

impl BareServer {
    /// Starts one with so many reviews stored.
    pub(crate) async fn start(stored: u64, sender: &Sender) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        bare::fill(folder.path(), stored, &sender.body("0123456789abcdef", 5))?;
        let addr = free_addr()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").arg(addr.to_string()).arg(folder.path());
        let mut running = Running::start(command, addr, folder.path().join("log"))?;
        running.ready(READY_WITHIN).await.context("the bare path")?;
        Ok(Self { running, addr, _folder: folder })
    }
}

/// Vigie with its folder, and the mail server that it sends to.
pub(crate) struct VigieServer {
    pub(crate) running: Running,
    pub(crate) ready_after: Duration,
    pub(crate) sink: Sink,
    pub(crate) home: Home,
}

impl VigieServer {
    /// Starts one on a past.
    pub(crate) async fn start(program: &Path, past: Past) -> Result<Self> {
        let options = Options { keep: false, ..Options::default() };
        let sink = Sink::start_with("127.0.0.1:0".parse()?, options)?;
        let home = Home::new(program, sink.addr(), &["service"])?;
        if past.answered + past.open > 0 {
            fill::fill(&home.data(), past).await?;
        }
        let mut running = home.serve()?;
        let ready_after = running.ready(READY_WITHIN).await?;
        Ok(Self { running, ready_after, sink, home })
    }
}

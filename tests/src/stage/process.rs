//! Vigie as one process: `vigie serve` on the folder.
//!
//! The server picks its port itself and the log tells it, so no test takes another's.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rusqlite::OpenFlags;
use vigie_smtp_sink::Sink;
use vigie_store_sqlite::FILE_NAME;

use super::{Place, StageIn, WITHIN};
use crate::home::{Home, Running};

/// A server's process, once it was started.
pub struct Process {
    running: Option<Running>,
    addr: SocketAddr,
}

impl Place for Process {
    const KEEPS_MESSAGE_ID: bool = true;
    const REPORT_AHEAD_S: i64 = 6;

    fn prepare(_: &Sink) -> Result<Self> {
        Ok(Self { running: None, addr: SocketAddr::from(([127, 0, 0, 1], 0)) })
    }

    fn configuration(&self, text: &str, sink: &Sink) -> String {
        text.replace("{mail}", &format!("smtp://{}", sink.addr()))
    }

    async fn start(&mut self, home: &Home) -> Result<()> {
        self.running = None;
        let mut running = home.serve()?;
        self.addr = running.found(WITHIN).await?;
        self.running = Some(running);
        Ok(())
    }

    fn url(&self) -> (String, Option<(String, SocketAddr)>) {
        (format!("http://{}", self.addr), None)
    }

    fn equip(&self, _: &mut Command, _: &[&str]) {}

    fn log(&self, home: &Home) -> Result<String> {
        Ok(fs::read_to_string(home.path().join("serve.log"))?)
    }

    async fn waiting(&self, home: &Home) -> Result<u64> {
        let sql = "SELECT (SELECT count(*) FROM review WHERE undecided_at IS NOT NULL) + \
                   (SELECT count(*) FROM notice WHERE state IN ('pending', 'sending'))";
        Ok(count(home, sql)? as u64)
    }

    /// The server keeps its own time.
    async fn tick(&self) -> Result<()> {
        Ok(())
    }
}

fn count(home: &Home, sql: &str) -> Result<i64> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let store = rusqlite::Connection::open_with_flags(home.data().join(FILE_NAME), flags)?;
    store.busy_timeout(Duration::from_secs(5))?;
    Ok(store.query_row(sql, [], |row| row.get(0))?)
}

impl StageIn<Process> {
    /// The server.
    ///
    /// # Errors
    /// It was not started, or was stopped.
    pub fn running(&mut self) -> Result<&mut Running> {
        self.place.running.as_mut().context("no server runs")
    }

    /// Takes a server that the test started in its own way as this stage's.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn take(&mut self, mut running: Running) -> Result<()> {
        self.place.addr = running.found(WITHIN).await?;
        self.place.running = Some(running);
        Ok(())
    }

    /// Asks the server to stop, as an init system does, and waits until it has.
    ///
    /// # Errors
    /// It ends with another code than 0, or not in time.
    pub async fn stop(&mut self) -> Result<()> {
        let mut running = self.place.running.take().context("no server runs")?;
        running.signal("TERM")?;
        let status = running.ended(WITHIN).await?;
        ensure!(status.code() == Some(0), "SIGTERM ended it with {status}:\n{}", self.log()?);
        Ok(())
    }

    /// Where the server listens.
    pub fn addr(&self) -> SocketAddr {
        self.place.addr
    }

    /// A number that the store's file gives to a query.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn count(&self, sql: &str) -> Result<i64> {
        count(&self.home, sql)
    }
}

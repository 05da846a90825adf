//! From the log line that says where a server listens to its end on a signal.

use std::fs;
use std::net::SocketAddr;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde_json::Value;
use tokio::time::{Instant, interval};

use super::{ASK_EVERY_MS, Running};
use crate::output_of;

impl Running {
    /// Reads in its log (JSON) which address it listens at, which port 0 leaves to the system, and
    /// waits until it is ready there.
    ///
    /// # Errors
    /// It ended, or was not ready within the time; the end of its log is in the message.
    pub async fn found(&mut self, within: Duration) -> Result<SocketAddr> {
        let mut ticks = interval(Duration::from_millis(ASK_EVERY_MS));
        loop {
            ticks.tick().await;
            if let Some(addr) = self.announced() {
                self.addr = addr;
                self.ready(within).await?;
                return Ok(addr);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}:\n{}", self.log_end());
            }
            ensure!(self.started.elapsed() < within, "not ready:\n{}", self.log_end());
        }
    }

    fn announced(&self) -> Option<SocketAddr> {
        let log = fs::read_to_string(&self.log).ok()?;
        let lines = log.get(self.log_from..)?.lines();
        let mut told = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ready = told.find(|line| line.get("message").is_some_and(|told| told == "ready"))?;
        ready.get("listen")?.as_str()?.parse().ok()
    }

    /// Sends it a signal, named as kill(1) does: `TERM`, `HUP`.
    ///
    /// # Errors
    /// There is no `kill`, or it could not.
    pub fn signal(&self, name: &str) -> Result<()> {
        let id = self.id().to_string();
        output_of(Command::new("kill").args(["-s", name, &id])).map(drop)
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// It still runs after the time.
    pub async fn ended(&mut self, within: Duration) -> Result<ExitStatus> {
        let begin = Instant::now();
        let mut ticks = interval(Duration::from_millis(ASK_EVERY_MS));
        loop {
            ticks.tick().await;
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(
                begin.elapsed() < within,
                "it still runs after {within:?}:\n{}",
                self.log_end()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::free_addr;

    const WITHIN: Duration = Duration::from_secs(20);

    fn shell(script: &str, log: &std::path::Path) -> Running {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Running::start(command, free_addr().unwrap(), log.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn the_address_is_that_of_this_start_and_not_of_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        fs::write(&log, "{\"message\":\"ready\",\"listen\":\"127.0.0.1:1\"}\n").unwrap();
        let line = "{\\\"message\\\":\\\"ready\\\",\\\"listen\\\":\\\"127.0.0.1:2\\\"}";
        let mut running = shell(&format!("echo \"{line}\" >&2; exit 3"), &log);
        assert_eq!(running.ended(WITHIN).await.unwrap().code(), Some(3));
        assert_eq!(running.announced(), Some(SocketAddr::from(([127, 0, 0, 1], 2))));
    }

    #[tokio::test]
    async fn a_signal_arrives() {
        let folder = tempfile::tempdir().unwrap();
        let script = "trap 'exit 7' TERM; echo up >&2; while :; do :; done";
        let mut running = shell(script, &folder.path().join("log"));
        let mut ticks = interval(Duration::from_millis(5));
        while !fs::read_to_string(folder.path().join("log")).unwrap().contains("up") {
            ticks.tick().await;
        }
        running.signal("TERM").unwrap();
        assert_eq!(running.ended(WITHIN).await.unwrap().code(), Some(7));
    }
}

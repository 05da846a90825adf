//! `vigie serve` as a child process, on a folder of its own.
//!
//! The child is killed when its guard is dropped, and the folder goes with the [`Home`]. What the
//! child logs is kept in the folder, and shown when it does not come up.

mod life;

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::time::{Instant, interval, timeout};

use crate::webhook::{Connection, SECRET, SOURCE};

/// How often a process is asked whether it is ready, in milliseconds.
const ASK_EVERY_MS: u64 = 1;
/// Lines of the log shown when a process does not come up.
const LOG_SHOWN: usize = 20;
/// Clock ticks a second in `/proc/<pid>/stat` (proc_pid_stat(5)): 100 on every Linux we run on.
const TICKS: u64 = 100;

/// A folder with a configuration: one brand, `lumen`, with one source of the preset
/// `generic-hmac`.
pub struct Home {
    folder: TempDir,
    program: PathBuf,
    addr: SocketAddr,
}

/// Picks a free port of the loopback. Another process may take it before it is used, which the
/// system makes unlikely: it hands out such ports in turn.
///
/// # Errors
/// There is none.
pub fn free_addr() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

impl Home {
    /// Writes the configuration: mail goes to `mail`, alerts to `contacts`.
    ///
    /// ```
    /// use vigie_tests::home::Home;
    /// let sink = "127.0.0.1:2525".parse()?;
    /// let home = Home::new("vigie".as_ref(), sink, &["service"])?;
    /// let written = std::fs::read_to_string(home.path().join("vigie.toml"))?;
    /// assert!(written.contains("smtp://127.0.0.1:2525"));
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    ///
    /// # Errors
    /// The temporary folder cannot be written, or there is no free port.
    pub fn new(program: &Path, mail: SocketAddr, contacts: &[&str]) -> Result<Self> {
        let addr = free_addr()?;
        let home = Self::with(program, addr, &configuration(addr, free_addr()?, mail, contacts))?;
        fs::write(home.path().join("secret"), SECRET)?;
        Ok(home)
    }

    /// Writes a configuration of one's own, whose `listen` is `addr` and whose `data` is `data`.
    ///
    /// # Errors
    /// The temporary folder cannot be written.
    pub fn with(program: &Path, addr: SocketAddr, configuration: &str) -> Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder")?;
        fs::write(folder.path().join("vigie.toml"), configuration)?;
        fs::create_dir(folder.path().join("data"))?;
        Ok(Self { folder, program: program.to_owned(), addr })
    }

    /// The folder of the configuration.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The data folder, where the store is.
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Where the server listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A command of the program, in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.path());
        command
    }

    /// Starts the server; see [`Running::ready`].
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn serve(&self) -> Result<Running> {
        let log = self.path().join("serve.log");
        let command = self.command(&["serve", "--log", "json"]);
        Running::start(command, self.addr, log)
    }
}

fn configuration(
    addr: SocketAddr,
    metrics: SocketAddr,
    mail: SocketAddr,
    contacts: &[&str],
) -> String {
    let contact = |id: &&str| {
        format!("  {{ id = \"{id}\", name = \"Contact {id}\", email = \"{id}@lumen.example\" }},\n")
    };
    let contacts: String = contacts.iter().map(contact).collect();
    format!(
        r#"[server]
listen = "{addr}"
data = "data"
public_url = "http://{addr}"
metrics_listen = "{metrics}"

[mail]
from = "Sara <sara@vigie.example>"
transport = "smtp://{mail}"

[[brand]]
id = "lumen"
name = "Maison Lumen"
locale = "fr"
timezone = "Europe/Paris"
praise = "daily"
contacts = [
{contacts}]

[[brand.source]]
id = "{SOURCE}"
platform = "generic-hmac"
secrets = ["file:secret"]
"#
    )
}

/// A server that runs as a child process. Dropped, it is killed.
pub struct Running {
    child: Child,
    addr: SocketAddr,
    log: PathBuf,
    /// Where its part of the log begins.
    log_from: usize,
    started: Instant,
}

impl Running {
    /// Starts a command that will listen at `addr`; its standard error is added to `log`.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(mut command: Command, addr: SocketAddr, log: PathBuf) -> Result<Self> {
        let stderr = File::options().create(true).append(true).open(&log)?;
        let log_from = stderr.metadata()?.len() as usize;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        let started = Instant::now();
        let child = command.spawn().with_context(|| format!("starting {command:?}"))?;
        Ok(Self { child, addr, log, log_from, started })
    }

    /// Waits until `GET /healthz` answers 200, and says how long that took from the start.
    ///
    /// # Errors
    /// It ended, or did not answer within the time; the end of its log is in the message.
    pub async fn ready(&mut self, within: Duration) -> Result<Duration> {
        let request = b"GET /healthz HTTP/1.1\r\nHost: vigie.example\r\n\r\n";
        let mut ticks = interval(Duration::from_millis(ASK_EVERY_MS));
        while self.started.elapsed() < within {
            ticks.tick().await;
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}:\n{}", self.log_end());
            }
            let Ok(mut connection) = Connection::open(self.addr).await else { continue };
            let answer = timeout(within, connection.ask(request)).await;
            if matches!(answer, Ok(Ok(answer)) if answer.status == 200) {
                return Ok(self.started.elapsed());
            }
        }
        bail!("the server is not ready after {within:?}:\n{}", self.log_end());
    }

    fn log_end(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(LOG_SHOWN);
        lines.get(from..).unwrap_or_default().join("\n")
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    ///
    /// # Errors
    /// It was gone already, which nobody expected.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the server had ended by itself with {status}:\n{}", self.log_end());
        }
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    /// The most memory it has had resident so far, in KiB (`VmHWM`, proc_pid_status(5)).
    ///
    /// # Errors
    /// It is gone, or this is no Linux.
    pub fn peak_memory_kib(&self) -> Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let value = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let digits = value.and_then(|value| value.split_whitespace().next());
        digits.context("no VmHWM")?.parse().context("an odd VmHWM")
    }

    /// The processor time it has used so far, in user mode and in the kernel, to a hundredth of a
    /// second.
    ///
    /// # Errors
    /// It is gone, or this is no Linux.
    pub fn processor_time(&self) -> Result<Duration> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, in brackets, may hold spaces. After it: field 3 is first, 14 and 15 the times.
        let (_, after) = text.rsplit_once(") ").context("an odd stat")?;
        let times: Vec<u64> =
            after.split(' ').skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
        ensure!(times.len() == 2, "an odd stat: {text:?}");
        Ok(Duration::from_millis(times.iter().sum::<u64>() * 1000 / TICKS))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already, or going: either way there is nothing more to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, log: &Path) -> Running {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Running::start(command, free_addr().unwrap(), log.to_owned()).unwrap()
    }

    #[tokio::test]
    async fn a_server_that_ends_is_told_with_what_it_logged() {
        let folder = tempfile::tempdir().unwrap();
        let mut running = shell("echo no such brand >&2; exit 2", &folder.path().join("log"));
        let error = running.ready(Duration::from_secs(20)).await.unwrap_err().to_string();
        assert!(error.contains("no such brand") && error.contains('2'), "{error}");
    }

    #[tokio::test]
    async fn a_killed_child_died_of_signal_9_and_cannot_be_killed_twice() {
        use std::os::unix::process::ExitStatusExt as _;
        let folder = tempfile::tempdir().unwrap();
        let mut running = shell("while :; do kill -STOP $$; done", &folder.path().join("log"));
        assert_eq!(running.kill().unwrap().signal(), Some(9));
        assert!(running.kill().is_err());
    }

    #[tokio::test]
    async fn memory_and_processor_time_of_a_child_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let busy = shell("while :; do :; done", &folder.path().join("log"));
        let mut ticks = interval(Duration::from_millis(5));
        let used = async {
            while busy.processor_time().unwrap().is_zero() {
                ticks.tick().await;
            }
        };
        timeout(Duration::from_secs(30), used).await.expect("it uses the processor");
        assert!((100..1_000_000).contains(&busy.peak_memory_kib().unwrap()));
    }
}

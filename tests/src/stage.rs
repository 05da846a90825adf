//! A stage for whole scenarios: `vigie serve` on a configuration of the test's own, a platform
//! that signs, and a mail server that keeps what it is given.
//!
//! The server picks its port itself and the log tells it, so no test takes another's. Links in
//! messages begin with [`PUBLIC_URL`], which nobody serves: a test follows their path. The hour of
//! reports lies half a day away unless a scenario says otherwise.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use http::{HeaderMap, Method};
use rusqlite::OpenFlags;
use serde_json::Value;
use tokio::time::{Instant, interval};
use vigie_smtp_sink::{Received, Sink};
use vigie_store_sqlite::FILE_NAME;

pub use crate::brands::{LUMEN, ORSO, SERVER};
use crate::home::{Home, Running};
use crate::platform::{Reply, clock_in, now, secret_of, signed};
use crate::vigie_bin;

/// How long anything may take that should happen at once, on a machine that does much else.
pub const WITHIN: Duration = Duration::from_secs(30);
/// What links in messages begin with.
pub const PUBLIC_URL: &str = "http://vigie.example";
/// How often the store is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Ran {
    /// The one document on standard output.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.out).with_context(|| format!("no document: {self:?}"))
    }
}

/// A home, its mail server and a platform.
pub struct Stage {
    /// The folder and its commands.
    pub home: Home,
    /// The mail server.
    pub sink: Sink,
    running: Option<Running>,
    addr: SocketAddr,
    client: reqwest::Client,
}

impl Stage {
    /// Sets up a configuration without starting the server. Its places `{mail}` and `{report}` are
    /// filled in, and each `file:` secret it names is written.
    ///
    /// # Errors
    /// `vigie` does not compile, or there is no temporary folder.
    pub fn set(configuration: &str) -> Result<Self> {
        let sink = Sink::start((std::net::Ipv4Addr::LOCALHOST, 0).into())?;
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let home = Home::with(vigie_bin()?, nowhere, "")?;
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(WITHIN)
            .build()?;
        let stage = Self { home, sink, running: None, addr: nowhere, client };
        stage.configure(configuration)?;
        Ok(stage)
    }

    /// Sets up a configuration and starts the server.
    ///
    /// # Errors
    /// As [`Stage::set`] and [`Stage::start`].
    pub async fn open(configuration: &str) -> Result<Self> {
        let mut stage = Self::set(configuration)?;
        stage.start().await?;
        Ok(stage)
    }

    /// Writes the configuration anew, as [`Stage::set`] does. A server that runs is not told.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn configure(&self, configuration: &str) -> Result<()> {
        let mail = format!("smtp://{}", self.sink.addr());
        let report = clock_in(12 * 3600, "Europe/Paris")?;
        let text = configuration.replace("{mail}", &mail).replace("{report}", &report);
        for secret in text.split("file:").skip(1).filter_map(|rest| rest.split('"').next()) {
            if let Some(source) = secret.strip_suffix(".secret") {
                self.write(secret, secret_of(source)?)?;
            }
        }
        self.write("vigie.toml", text)
    }

    /// Writes a file in the folder.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> Result<()> {
        fs::write(self.home.path().join(name), text).with_context(|| format!("writing {name}"))
    }

    /// Starts the server and waits until it is ready.
    ///
    /// # Errors
    /// It does not come up; the end of its log is in the message.
    pub async fn start(&mut self) -> Result<()> {
        self.running = None;
        let mut running = self.home.serve()?;
        self.addr = running.found(WITHIN).await?;
        self.running = Some(running);
        Ok(())
    }

    /// The server.
    ///
    /// # Errors
    /// It was not started, or was stopped.
    pub fn running(&mut self) -> Result<&mut Running> {
        self.running.as_mut().context("no server runs")
    }

    /// Takes a server that the test started in its own way as this stage's.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn take(&mut self, mut running: Running) -> Result<()> {
        self.addr = running.found(WITHIN).await?;
        self.running = Some(running);
        Ok(())
    }

    /// Asks the server to stop, as an init system does, and waits until it has.
    ///
    /// # Errors
    /// It ends with another code than 0, or not in time.
    pub async fn stop(&mut self) -> Result<()> {
        let mut running = self.running.take().context("no server runs")?;
        running.signal("TERM")?;
        let status = running.ended(WITHIN).await?;
        ensure!(status.code() == Some(0), "SIGTERM ended it with {status}:\n{}", self.log()?);
        Ok(())
    }

    /// Where the server listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Reply> {
        let url = format!("http://{}{path}", self.addr);
        let asked = self.client.request(method, url).headers(headers).body(body).send().await?;
        let (status, headers) = (asked.status().as_u16(), asked.headers().clone());
        Ok(Reply { status, headers, text: asked.text().await? })
    }

    /// Gets a path.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn get(&self, path: &str) -> Result<Reply> {
        self.ask(Method::GET, path, HeaderMap::new(), Vec::new()).await
    }

    /// Plays the platform of a source: signs a body now, and posts it.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn post(&self, source: &str, body: impl ToString) -> Result<Reply> {
        let body = body.to_string().into_bytes();
        let (path, headers) = signed(source, &secret_of(source)?, &body, now())?;
        self.ask(Method::POST, &path, headers, body).await
    }

    /// Posts an event that is news, and is taken.
    ///
    /// # Errors
    /// It is not taken, or is no news.
    pub async fn tell(&self, source: &str, webhook: &Value) -> Result<()> {
        let reply = self.post(source, webhook).await?;
        ensure!(reply.tally()? == [1, 0, 0, 0, 0], "{webhook} gave {reply:?}");
        Ok(())
    }

    /// Runs a command in the folder.
    ///
    /// # Errors
    /// It cannot be started, was killed, or prints what is not UTF-8.
    pub fn run(&self, arguments: &[&str]) -> Result<Ran> {
        let output = self.home.command(arguments).output()?;
        Ok(Ran {
            code: output.status.code().with_context(|| format!("{arguments:?} was killed"))?,
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }

    /// The document that a command prints; it ends with 0.
    ///
    /// # Errors
    /// It does not, or prints none.
    pub fn json(&self, arguments: &[&str]) -> Result<Value> {
        let ran = self.run(&[arguments, &["--json"]].concat())?;
        ensure!(ran.code == 0, "{arguments:?}: {ran:?}");
        ran.json()
    }

    /// What the server has logged so far.
    ///
    /// # Errors
    /// There is no log.
    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.home.path().join("serve.log"))?)
    }

    /// Waits until the server has nothing left to decide and nothing to send that is due.
    ///
    /// # Errors
    /// It still has after [`WITHIN`].
    pub async fn settled(&self) -> Result<()> {
        let sql = "SELECT (SELECT count(*) FROM review WHERE undecided_at IS NOT NULL) + \
                   (SELECT count(*) FROM notice WHERE state IN ('pending', 'sending'))";
        self.until("nothing waits", || Ok(self.count(sql)? == 0)).await
    }

    /// A number that the store's file gives to a query.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn count(&self, sql: &str) -> Result<i64> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let path = self.home.data().join(FILE_NAME);
        let store = rusqlite::Connection::open_with_flags(path, flags)?;
        store.busy_timeout(Duration::from_secs(5))?;
        Ok(store.query_row(sql, [], |row| row.get(0))?)
    }

    /// Waits until something is so.
    ///
    /// # Errors
    /// It is not after [`WITHIN`], or cannot be found out.
    pub async fn until(&self, what: &str, is_so: impl Fn() -> Result<bool>) -> Result<()> {
        let begin = Instant::now();
        let mut looks = interval(LOOK_EVERY);
        while begin.elapsed() < WITHIN {
            looks.tick().await;
            if is_so()? {
                return Ok(());
            }
        }
        bail!("not so after {WITHIN:?}: {what}\n{}", self.log()?)
    }

    /// Every mail, once all that is due was sent: exactly so many.
    ///
    /// # Errors
    /// There are more or fewer.
    pub async fn mails(&self, count: usize) -> Result<Vec<Arc<Received>>> {
        let waited = self.sink.wait_for(count, WITHIN).await;
        waited.map_err(|few| anyhow::anyhow!("{few:?}: {}", self.log().unwrap_or_default()))?;
        self.settled().await?;
        let mails = self.sink.messages();
        let told: Vec<_> = mails.iter().map(|mail| (&mail.to, mail.header("Subject"))).collect();
        ensure!(mails.len() == count, "{count} mails are due, and these came: {told:#?}");
        Ok(mails)
    }
}

//! A stage for whole scenarios: Vigie in one of its homes, a platform that signs, and a mail server
//! that keeps what it is given.
//!
//! The home is a [`Place`]: a process of its own, or functions on what stands in for AWS. What a
//! scenario does is the same in both. Links in messages begin with [`PUBLIC_URL`], which nobody
//! serves: a test follows their path. The hour of reports lies half a day away unless a scenario
//! says otherwise.

pub mod cloud;
pub mod process;

use std::fs;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use http::{HeaderMap, Method};
use serde_json::Value;
use tokio::time::{Instant, interval};
use vigie_smtp_sink::{Received, Sink};

pub use crate::brands::{LUMEN, ORSO, SERVER};
use crate::home::Home;
use crate::platform::{Reply, clock_in, now, secret_of, signed};
use crate::vigie_bin;

/// How long anything may take that should happen at once, on a machine that does much else.
pub const WITHIN: Duration = Duration::from_secs(30);
/// What links in messages begin with.
pub const PUBLIC_URL: &str = "http://vigie.example";
/// How often the store is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Vigie as one process.
pub type Stage = StageIn<process::Process>;
/// Vigie as functions on AWS.
pub type CloudStage = StageIn<cloud::Cloud>;

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

/// Where Vigie runs.
pub trait Place: Sized {
    /// How far ahead of its start a report must be, in seconds, so that a scenario has posted by
    /// then what the report is to show.
    const REPORT_AHEAD_S: i64;

    /// Whether a message arrives with the `Message-ID` that Vigie gave it. SES writes its own.
    const KEEPS_MESSAGE_ID: bool;

    /// Prepares it for a folder whose configuration is not there yet.
    ///
    /// # Errors
    /// It cannot be prepared.
    fn prepare(sink: &Sink) -> Result<Self>;

    /// A configuration as this place wants it: `{mail}` filled in, and more where need be.
    fn configuration(&self, text: &str, sink: &Sink) -> String;

    /// Brings Vigie up as the folder's configuration says, and waits until it answers.
    ///
    /// # Errors
    /// It does not come up.
    fn start(&mut self, home: &Home) -> impl Future<Output = Result<()>>;

    /// What addresses begin with, and where that name is found.
    fn url(&self) -> (String, Option<(String, SocketAddr)>);

    /// Adds to a command what it needs here.
    fn equip(&self, command: &mut Command, arguments: &[&str]);

    /// What Vigie has logged so far.
    ///
    /// # Errors
    /// There is no log.
    fn log(&self, home: &Home) -> Result<String>;

    /// How many reviews and notices wait to be worked on.
    ///
    /// # Errors
    /// The store cannot be read.
    fn waiting(&self, home: &Home) -> impl Future<Output = Result<u64>>;

    /// Lets time do what it does in this place by a schedule; called while a test waits.
    ///
    /// # Errors
    /// It could not.
    fn tick(&self) -> impl Future<Output = Result<()>>;
}

/// A home, its mail server and a platform.
pub struct StageIn<P> {
    /// The folder and its commands.
    pub home: Home,
    /// The mail server.
    pub sink: Sink,
    /// Where Vigie runs.
    pub place: P,
    client: reqwest::Client,
}

impl<P: Place> StageIn<P> {
    /// Sets up a configuration without starting Vigie. Its places `{mail}` and `{report}` are
    /// filled in, and each `file:` secret it names is written.
    ///
    /// # Errors
    /// `vigie` does not compile, there is no temporary folder, or the place cannot be prepared.
    pub fn set(configuration: &str) -> Result<Self> {
        let sink = Sink::start((std::net::Ipv4Addr::LOCALHOST, 0).into())?;
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let home = Home::with(vigie_bin()?, nowhere, "")?;
        let place = P::prepare(&sink)?;
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(WITHIN);
        let client = match place.url().1 {
            Some((name, addr)) => client.resolve(&name, addr),
            None => client,
        };
        let stage = Self { home, sink, place, client: client.build()? };
        stage.configure(configuration)?;
        Ok(stage)
    }

    /// Sets up a configuration and starts Vigie.
    ///
    /// # Errors
    /// As [`StageIn::set`] and [`StageIn::start`].
    pub async fn open(configuration: &str) -> Result<Self> {
        let mut stage = Self::set(configuration)?;
        stage.start().await?;
        Ok(stage)
    }

    /// Writes the configuration anew, as [`StageIn::set`] does. Nothing that runs is told.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn configure(&self, configuration: &str) -> Result<()> {
        let report = clock_in(12 * 3600, "Europe/Paris")?;
        let text = configuration.replace("{report}", &report);
        let text = self.place.configuration(&text, &self.sink);
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

    /// Starts Vigie and waits until it is ready.
    ///
    /// # Errors
    /// It does not come up.
    pub async fn start(&mut self) -> Result<()> {
        self.place.start(&self.home).await
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
        let url = format!("{}{path}", self.place.url().0);
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
        let is_news = reply.tally().is_ok_and(|tally| tally == [1, 0, 0, 0, 0]);
        ensure!(is_news, "{webhook} gave {reply:?}:\n{}", self.log().unwrap_or_default());
        Ok(())
    }

    /// Runs a command in the folder.
    ///
    /// # Errors
    /// It cannot be started, was killed, or prints what is not UTF-8.
    pub fn run(&self, arguments: &[&str]) -> Result<Ran> {
        let mut command = self.home.command(arguments);
        self.place.equip(&mut command, arguments);
        let output = command.output()?;
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

    /// What Vigie has logged so far.
    ///
    /// # Errors
    /// There is no log.
    pub fn log(&self) -> Result<String> {
        self.place.log(&self.home)
    }

    /// Waits until there is nothing left to decide and nothing to send that is due.
    ///
    /// # Errors
    /// There still is after [`WITHIN`].
    pub async fn settled(&self) -> Result<()> {
        let begin = Instant::now();
        let mut looks = interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            let waiting = self.place.waiting(&self.home).await?;
            if waiting == 0 {
                return Ok(());
            }
            ensure!(begin.elapsed() < WITHIN, "{waiting} still wait:\n{}", self.log()?);
            self.place.tick().await?;
        }
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
            self.place.tick().await?;
        }
        bail!("not so after {WITHIN:?}: {what}\n{}", self.log()?)
    }

    /// Every mail, once all that is due was sent: exactly so many.
    ///
    /// # Errors
    /// There are more or fewer.
    pub async fn mails(&self, count: usize) -> Result<Vec<Arc<Received>>> {
        let what = format!("{count} mails have come");
        self.until(&what, || Ok(self.sink.count() >= count)).await?;
        self.settled().await?;
        let mails = self.sink.messages();
        let told: Vec<_> = mails.iter().map(|mail| (&mail.to, mail.header("Subject"))).collect();
        ensure!(mails.len() == count, "{count} mails are due, and these came: {told:#?}");
        Ok(mails)
    }
}

//! A server, a stack, webhooks that do not end, and a move that is killed where a test says.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::{Value, json};
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;
use tokio::time::interval;
use vigie_smtp_sink::Received;
use vigie_testkit::cloud::{House, Programs};
use vigie_tests::platform::{now, secret_of, signed};
use vigie_tests::programs;
use vigie_tests::stage::{LUMEN, Ran, Stage, WITHIN};

/// How often a webhook comes, beside those that are posted again.
const POST_EVERY: Duration = Duration::from_millis(60);
/// How many may wait for an answer at once: what stands in for AWS has one thread.
const IN_FLIGHT: usize = 8;
/// The pause of a platform before it posts again what was not taken.
const AGAIN_AFTER: Duration = Duration::from_millis(300);
/// The schedule of a stack, faster than a minute.
const LOOK_EVERY: Duration = Duration::from_millis(500);

const SERVER: &str = r#"
[server]
listen = "{listen}"
data = "data"
public_url = "http://vigie.example"
[mail]
from = "Sara <sara@vigie.example>"
transport = "{mail}"
[aws]
stack = "{stack}"
region = "{region}"
"#;

/// A review that calls for one message.
pub(crate) fn low(id: &str) -> Value {
    json!({"type": "review.posted", "review": {"id": id, "rating": 1, "text": "Cassé"}})
}

/// What stands in for AWS has one thread, and this machine few: one move after another.
static TURN: LazyLock<Arc<tokio::sync::Mutex<()>>> = LazyLock::new(Arc::default);

/// Both homes.
pub(crate) struct Homes {
    pub(crate) stage: Stage,
    pub(crate) house: Arc<House>,
    _turn: OwnedMutexGuard<()>,
}

impl Homes {
    /// Neither runs yet; both are empty.
    pub(crate) async fn set() -> Result<Self> {
        let turn = TURN.clone().lock_owned().await;
        let stage = Stage::set("")?;
        let programs = Programs::Folder(programs()?.to_owned());
        let house = Arc::new(House::build(stage.sink.addr(), &programs, &[]));
        let listen = vigie_tests::home::free_addr()?.to_string();
        let server = SERVER
            .replace("{listen}", &listen)
            .replace("{stack}", house.stack)
            .replace("{region}", house.region);
        stage.configure(&[server.as_str(), LUMEN].concat())?;
        Ok(Self { stage, house, _turn: turn })
    }

    /// The address of the server.
    pub(crate) fn here(&self) -> String {
        format!("http://{}", self.stage.addr())
    }

    /// The address of the functions, by which this machine finds them.
    pub(crate) fn functions(&self) -> String {
        let House { account, .. } = &*self.house;
        format!("{}/_aws/execute-api/{}/$default", account.endpoint, self.house.output("ApiId"))
    }

    /// Runs a command with the rights of an operator of the account.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Ran> {
        let mut command = self.stage.home.command(arguments);
        let output = command.envs(self.house.variables()).output()?;
        Ok(Ran {
            code: output.status.code().with_context(|| format!("{arguments:?} was killed"))?,
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }

    /// Runs a command that ends with 0, and gives what it printed.
    pub(crate) fn done(&self, arguments: &[&str]) -> Result<String> {
        let ran = self.run(arguments)?;
        ensure!(ran.code == 0, "{arguments:?}: {ran:?}");
        Ok(ran.out)
    }

    /// Begins a move and kills it when it has said that it is at a step; gives what it printed.
    pub(crate) async fn killed_at(&self, arguments: &[&str], step: &str) -> Result<String> {
        let mut command = self.stage.home.command(arguments);
        command.envs(self.house.variables()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let step = step.to_owned();
        let running = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn()?;
            let out = child.stdout.take().context("no output")?;
            let mut told = String::new();
            for line in BufReader::new(out).lines() {
                let line = line?;
                let is_there = line.starts_with(&step);
                told += &(line + "\n");
                if is_there {
                    child.kill()?;
                    break;
                }
            }
            let ended = child.wait_with_output()?;
            let err = String::from_utf8_lossy(&ended.stderr).into_owned();
            ensure!(told.contains(&step), "it never came to {step}:\n{told}{err}");
            Ok(told)
        });
        running.await?
    }

    /// Posts a review and waits until its message has come: some home delivers.
    pub(crate) async fn delivers(&self, load: &Load, id: &str) -> Result<()> {
        load.post_now(id).await?;
        let what = format!("the message about {id} has come");
        self.stage.until(&what, || Ok(about(&self.stage.sink.messages(), id) > 0)).await
    }
}

/// How many messages are about a review.
pub(crate) fn about(mails: &[Arc<Received>], id: &str) -> usize {
    let is_about = |mail: &&Arc<Received>| {
        mail.header("X-Vigie-Review").is_some_and(|review| review.ends_with(&format!("/{id}")))
    };
    mails.iter().filter(is_about).count()
}

/// Notices that came more than once.
pub(crate) fn twice(mails: &[Arc<Received>]) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for mail in mails {
        if let Some(id) = mail.header("X-Vigie-Notice") {
            *counts.entry(id.clone()).or_default() += 1;
        }
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(id, _)| id).collect()
}

/// Reviews that come all the time, each posted until it is taken.
#[derive(Clone)]
pub(crate) struct Load {
    client: reqwest::Client,
    address: String,
    taken: Arc<Mutex<Vec<String>>>,
    again: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Load {
    /// To the address of a home.
    pub(crate) fn to(address: String) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(WITHIN).build()?;
        let (taken, again, over) = Default::default();
        Ok(Self { client, address, taken, again, over })
    }

    /// Begins, and ends when it is told to; gives the reviews that were taken.
    pub(crate) fn begin(&self) -> JoinHandle<Result<Vec<String>>> {
        let load = self.clone();
        tokio::spawn(async move {
            let mut pace = interval(POST_EVERY);
            let mut posting = tokio::task::JoinSet::new();
            for n in 0.. {
                pace.tick().await;
                if load.over.load(Ordering::Relaxed) {
                    break;
                }
                if posting.len() == IN_FLIGHT {
                    posting.join_next().await.context("none")???;
                }
                let load = load.clone();
                posting.spawn(async move { load.post_now(&format!("r-{n}")).await });
            }
            while let Some(posted) = posting.join_next().await {
                posted??;
            }
            Ok(load.taken.lock().unwrap().clone())
        })
    }

    /// Begins no more.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// How often something had to be posted again.
    pub(crate) fn posted_again(&self) -> u64 {
        self.again.load(Ordering::Relaxed)
    }

    /// Posts a review until it is taken, as a platform does that hears 503 or nothing.
    pub(crate) async fn post_now(&self, id: &str) -> Result<()> {
        let body = low(id).to_string().into_bytes();
        let mut again = interval(AGAIN_AFTER);
        let until = tokio::time::Instant::now() + 4 * WITHIN;
        loop {
            again.tick().await;
            let (path, headers) = signed("lumen-site", &secret_of("lumen-site")?, &body, now())?;
            let url = format!("{}{path}", self.address);
            let told = self.client.post(url).headers(headers).body(body.clone()).send().await;
            match told.map(|told| told.status().as_u16()) {
                Ok(200) => break,
                Ok(503) | Err(_) => self.again.fetch_add(1, Ordering::Relaxed),
                Ok(status) => bail!("{id} was answered {status}"),
            };
            ensure!(tokio::time::Instant::now() < until, "{id} is never taken");
        }
        self.taken.lock().unwrap().push(id.to_owned());
        Ok(())
    }
}

/// Has the stack look at what waits, over and over, until it is dropped.
pub(crate) struct Schedule(Arc<AtomicBool>);

impl Schedule {
    pub(crate) fn of(house: Arc<House>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let told = over.clone();
        tokio::spawn(async move {
            let mut look = interval(LOOK_EVERY);
            while !told.load(Ordering::Relaxed) {
                look.tick().await;
                let house = house.clone();
                let look = move || house.invoke("watch", &json!({"look": "minute"}));
                let looked = tokio::task::spawn_blocking(look).await;
                looked?.map_err(|error| anyhow!("watch: {error}"))?;
            }
            Ok::<_, anyhow::Error>(())
        });
        Self(over)
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

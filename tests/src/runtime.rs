//! Lambda's Runtime API for one function, as small as it can be: a real process asks it for events
//! and posts what it answers ("Using the Lambda runtime API for custom runtimes", developer guide
//! of Lambda).
//!
//! It limits nothing and freezes nothing, so times are those of the process alone.

use std::collections::HashMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path as Segment, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, interval, timeout};

use crate::platform::now;

/// How long a function may take for anything, on a machine that does much else.
const WITHIN: Duration = Duration::from_secs(30);
/// What a function is told of its time.
const DEADLINE_MS: i64 = 60_000;
/// How often it is looked whether the process still runs.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What a function made of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It answered.
    Done(Value),
    /// It said that it failed, and lives on.
    Failed(Value),
}

impl Answer {
    /// What it answered.
    ///
    /// # Errors
    /// It failed.
    pub fn done(self) -> Result<Value> {
        match self {
            Self::Done(value) => Ok(value),
            Self::Failed(error) => bail!("the function failed: {error}"),
        }
    }
}

type Asked = (Bytes, oneshot::Sender<Answer>);

/// What the server and its owner share.
struct Shared {
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<Asked>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    count: std::sync::atomic::AtomicU64,
    asks: Notify,
    init_error: Mutex<Option<String>>,
}

/// A function's process, and the API that it talks to.
pub struct Function {
    child: Child,
    events: mpsc::UnboundedSender<Asked>,
    folder: TempDir,
    server: tokio::task::JoinHandle<()>,
    /// From the start of the process to its first question for an event.
    pub ready_in: Duration,
}

impl Function {
    /// Starts a program as Lambda does, with these variables and no others, and waits until it asks
    /// for its first event.
    ///
    /// # Errors
    /// It ends before, or reports an error of its start: what it said is in the message.
    pub async fn start(program: &Path, variables: &[(&str, &str)]) -> Result<Self> {
        let mut command = Command::new(program);
        command.env_clear().envs(variables.iter().copied());
        Self::run(command, program).await
    }

    /// The same of any command: an interpreter with its script, say.
    ///
    /// # Errors
    /// As [`Function::start`].
    pub async fn run(mut command: Command, program: &Path) -> Result<Self> {
        let (events, taken) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            events: taken.into(),
            waiting: Mutex::default(),
            count: 0.into(),
            asks: Notify::new(),
            init_error: Mutex::default(),
        });
        let (addr, server) = serve(shared.clone()).await?;
        let folder = tempfile::tempdir()?;
        let log = fs::File::create(folder.path().join("log"))?;
        let name = program.file_stem().unwrap_or_default();
        command
            .env("AWS_LAMBDA_RUNTIME_API", addr.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/function")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let begin = Instant::now();
        let asks = shared.asks.notified();
        let child = command.spawn().with_context(|| format!("starting {}", program.display()))?;
        let mut function = Self { child, events, folder, server, ready_in: Duration::ZERO };
        tokio::select! {
            asks = timeout(WITHIN, asks) => {
                asks.with_context(|| format!("no question: {:?}", function.log()))?;
                function.ready_in = begin.elapsed();
            }
            ended = ended(&mut function.child) => {
                let said = shared.init_error.lock().unwrap_or_else(PoisonError::into_inner).take();
                bail!("it ended with {}: {}\n{}", ended?, said.unwrap_or_default(), function.log()?);
            }
        }
        Ok(function)
    }

    /// Gives it an event and waits for what it makes of it.
    ///
    /// # Errors
    /// It ends, or says nothing in time.
    pub async fn invoke(&mut self, event: &Value) -> Result<Answer> {
        self.invoke_bytes(serde_json::to_vec(event)?.into()).await
    }

    /// The same, of bytes that need not be JSON.
    ///
    /// # Errors
    /// As [`Function::invoke`].
    pub async fn invoke_bytes(&mut self, event: Bytes) -> Result<Answer> {
        let answer = self.begin(event)?;
        tokio::select! {
            answer = timeout(WITHIN, answer) => {
                let late = || format!("no answer: {}", self.log().unwrap_or_default());
                Ok(answer.with_context(late)??)
            }
            ended = ended(&mut self.child) => bail!("it ended with {}:\n{}", ended?, self.log()?),
        }
    }

    /// Gives it an event; what it makes of it comes later.
    ///
    /// # Errors
    /// The API has stopped.
    pub fn begin(&self, event: Bytes) -> Result<oneshot::Receiver<Answer>> {
        let (tell, answer) = oneshot::channel();
        ensure!(self.events.send((event, tell)).is_ok(), "the API has stopped");
        Ok(answer)
    }

    /// Everything it wrote so far.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(self.folder.path().join("log"))?)
    }

    /// Ends it as Lambda does when time is up, or a machine when it loses power.
    ///
    /// # Errors
    /// It cannot be ended.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    /// A line of `/proc/<pid>/status`, in KiB: `VmRSS`, `VmHWM`.
    ///
    /// # Errors
    /// It is gone, or this is no Linux.
    pub fn memory_kib(&self, line: &str) -> Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let value = text.lines().find_map(|one| one.strip_prefix(line)?.strip_prefix(':'));
        let digits = value.and_then(|value| value.split_whitespace().next());
        digits.context("no such line")?.parse().context("an odd line")
    }

    /// The processor time that it has used, in nanoseconds of the scheduler's own count.
    ///
    /// # Errors
    /// It is gone, or this is no Linux.
    pub fn processor_time(&self) -> Result<Duration> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            let first = text.split_whitespace().next().context("an odd schedstat")?;
            total += first.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(total))
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // Gone already, or going: either way there is nothing more to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.server.abort();
    }
}

async fn ended(child: &mut Child) -> Result<ExitStatus> {
    let mut ticks = interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
    }
}

async fn serve(shared: Arc<Shared>) -> Result<(SocketAddr, tokio::task::JoinHandle<()>)> {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let addr = listener.local_addr()?;
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
        .route("/2018-06-01/runtime/init/error", post(init_error))
        .with_state(shared);
    let serve = async move {
        // It ends with its owner; an error of accepting shows as no answer.
        let _ = axum::serve(listener, router).await;
    };
    Ok((addr, tokio::spawn(serve)))
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    shared.asks.notify_waiters();
    let Some((event, tell)) = shared.events.lock().await.recv().await else {
        return Response::new(Body::empty());
    };
    let number = shared.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let mut waiting = shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.insert(id.clone(), tell);
    let deadline = now().as_millisecond() + DEADLINE_MS;
    let answer = Response::builder()
        .header("Content-Type", "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", &id)
        .header("Lambda-Runtime-Deadline-Ms", deadline)
        .header("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0")
        .header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-3:1:function:f")
        .body(Body::from(event));
    answer.unwrap_or_default()
}

fn answered(shared: &Shared, id: &str, answer: Answer) -> http::StatusCode {
    let mut waiting = shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
    // Whoever asked may have given up.
    waiting.remove(id).map(|tell| tell.send(answer));
    http::StatusCode::ACCEPTED
}

fn value(body: &Bytes) -> Value {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Segment(id): Segment<String>,
    body: Bytes,
) -> http::StatusCode {
    answered(&shared, &id, Answer::Done(value(&body)))
}

async fn error(
    State(shared): State<Arc<Shared>>,
    Segment(id): Segment<String>,
    body: Bytes,
) -> http::StatusCode {
    answered(&shared, &id, Answer::Failed(value(&body)))
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> http::StatusCode {
    let said = String::from_utf8_lossy(&body).into_owned();
    *shared.init_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
    http::StatusCode::ACCEPTED
}

/// The program of a function, beside `vigie`.
///
/// # Errors
/// Something does not compile.
pub fn program(name: &str) -> Result<PathBuf> {
    Ok(crate::programs()?.join(name))
}

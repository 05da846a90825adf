//! Logging to standard error without a system call a line.
//!
//! Lines are gathered and written together a few times a second, at once when there are many or one
//! is an error, and at the end. A process that is killed loses what it logged in its last moments,
//! and nothing else: the store is the record.

use std::io::{IsTerminal as _, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::cli::LogFormat;
use crate::load::CannotBegin;

/// How long a line may wait.
const WRITE_EVERY: Duration = Duration::from_millis(50);
/// Bytes that are written at once without waiting.
const WRITE_AT: usize = 64 * 1024;

#[derive(Default)]
struct Shared {
    lines: Mutex<Gathered>,
    work: Condvar,
}

#[derive(Default)]
struct Gathered {
    bytes: Vec<u8>,
    stop: bool,
}

/// Writes what is left when it goes.
pub(crate) struct Log {
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shared.lines.lock().unwrap_or_else(PoisonError::into_inner).stop = true;
        self.shared.work.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Where one line goes.
struct Line {
    shared: Arc<Shared>,
    urgent: bool,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut lines = self.shared.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.bytes.extend_from_slice(bytes);
        if self.urgent || lines.bytes.len() >= WRITE_AT {
            self.shared.work.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Lines(Arc<Shared>);

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { shared: self.0.clone(), urgent: false }
    }

    fn make_writer_for(&'a self, meta: &tracing::Metadata<'_>) -> Line {
        Line { shared: self.0.clone(), urgent: *meta.level() <= tracing::Level::WARN }
    }
}

fn write_out(shared: &Shared) {
    let mut out = Vec::new();
    loop {
        let lines = shared.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = shared.work.wait_timeout(lines, WRITE_EVERY);
        let (mut lines, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut out, &mut lines.bytes);
        let stop = lines.stop;
        drop(lines);
        // Nobody hears of a log that cannot be written.
        let _ = std::io::stderr().lock().write_all(&out);
        out.clear();
        if stop {
            return;
        }
    }
}

/// Logs to standard error, for people on a terminal and as JSON elsewhere, until the guard goes.
pub(crate) fn start(format: LogFormat, level: &str) -> Result<Log, CannotBegin> {
    let filter = tracing_subscriber::EnvFilter::try_new(level)
        .map_err(|error| CannotBegin::Other(format!("--log-level {level}: {error}")))?;
    let terminal = std::io::stderr().is_terminal();
    let human = match format {
        LogFormat::Auto => terminal,
        LogFormat::Json => false,
        LogFormat::Human => true,
    };
    let shared = Arc::new(Shared::default());
    let writer = Lines(shared.clone());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    let set = if human {
        lines.with_ansi(terminal).with_target(false).try_init()
    } else {
        lines.json().flatten_event(true).with_current_span(false).with_target(false).try_init()
    };
    set.map_err(|error| CannotBegin::Other(format!("cannot log: {error}")))?;
    let work = shared.clone();
    let thread = std::thread::Builder::new().name("vigie-log".to_owned());
    let thread = thread.spawn(move || write_out(&work));
    let thread = thread.map_err(|error| CannotBegin::Other(format!("cannot log: {error}")))?;
    Ok(Log { shared, thread: Some(thread) })
}

//! What somebody at a terminal sees while a command takes longer than a second.

use std::io::{IsTerminal as _, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is done sooner needs no word.
const SOON: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// Shows on a terminal's standard error that something goes on, until it is dropped.
pub(crate) struct Waiting {
    over: Option<Sender<()>>,
    shown: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Begins to wait for something: "copying the store". Where nobody watches, nothing is shown.
    pub(crate) fn for_(what: &'static str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { over: None, shown: None };
        }
        Self::on(ProgressDrawTarget::stderr(), what, SOON)
    }

    fn on(target: ProgressDrawTarget, what: &'static str, soon: Duration) -> Self {
        let (over, end) = channel();
        let show = move || show(target, what, soon, &end);
        let shown = std::thread::Builder::new().name("waiting".to_owned()).spawn(show).ok();
        Self { over: Some(over), shown }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.over.take());
        // The line is gone before anything else is printed.
        let _ = self.shown.take().map(JoinHandle::join);
    }
}

fn show(target: ProgressDrawTarget, what: &'static str, soon: Duration, end: &Receiver<()>) {
    let goes_on = |within| end.recv_timeout(within) == Err(RecvTimeoutError::Timeout);
    if !goes_on(soon) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, target).with_message(what).with_elapsed(soon);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
        bar.set_style(style);
    }
    bar.tick();
    while goes_on(TICK) {
        bar.tick();
    }
    bar.finish_and_clear();
}

/// Shows on a terminal how far a file is read, once that takes longer than a second.
pub(crate) struct Progress {
    bar: ProgressBar,
    shown: bool,
}

impl Progress {
    /// Begins, with as many bytes as there are to read, where that is known.
    pub(crate) fn of(bytes: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::hidden());
        let form = match bytes {
            Some(_) => "{wide_bar} {percent} %, {msg}, {eta} left",
            None => "{spinner} {msg}, {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        Self { bar, shown: !std::io::stderr().is_terminal() }
    }

    /// The file, counted as it is read.
    pub(crate) fn reading(&self, file: impl Read + 'static) -> impl Read + 'static {
        self.bar.wrap_read(file)
    }

    /// Says how much was done.
    pub(crate) fn say(&mut self, done: String) {
        self.bar.set_message(done);
        if !self.shown && self.bar.elapsed() > SOON {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.shown = true;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, TermLike};

    use super::*;

    fn watched(soon: Duration) -> (Waiting, InMemoryTerm) {
        let term = InMemoryTerm::new(4, 60);
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()) as Box<dyn TermLike>);
        (Waiting::on(target, "copying the store", soon), term)
    }

    #[test]
    fn what_takes_long_is_shown_until_it_is_over() {
        let (waiting, term) = watched(Duration::ZERO);
        while !term.contents().contains("copying the store, ") {
            std::thread::yield_now();
        }
        drop(waiting);
        assert_eq!(term.contents(), "", "nothing is left of it");
    }

    #[test]
    fn what_is_soon_done_shows_nothing_and_is_not_waited_for() {
        let (waiting, term) = watched(Duration::from_hours(1));
        drop(waiting);
        assert_eq!(term.contents(), "");
        assert_eq!(term.moves_since_last_check(), "");
    }
}

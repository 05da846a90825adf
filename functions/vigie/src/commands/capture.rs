//! `vigie capture`: asks the running server to keep a source's next refused requests.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use vigie_domain::SourceId;

use super::signer::{known_source, wrong};
use crate::captures::file::Capture as Kept;
use crate::captures::{Folder, KEPT_MAX, Wanted};
use crate::cli::Capture;
use crate::load::{CannotBegin, read_config};
use crate::lock;
use crate::open::only_here;
use crate::output::{Exit, say, say_json};
use vigie_machine::now;

/// How long the server has to see what was asked; it looks each second.
const SEEN_WITHIN: Duration = Duration::from_secs(4);
/// How often we look whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[derive(Serialize)]
struct Answer<'a> {
    source: &'a SourceId,
    until: Timestamp,
    at_most: usize,
    /// Whether a server has seen it.
    taken: bool,
    /// What is kept of the source already.
    kept: Vec<KeptAlready>,
}

#[derive(Serialize)]
struct KeptAlready {
    request: String,
    at: Timestamp,
    /// Null where the file is damaged.
    reason: Option<String>,
    body_bytes: Option<usize>,
}

/// Asks, and waits for the server to see it.
pub(crate) async fn run(arguments: &Capture) -> Result<Exit, CannotBegin> {
    let why = "only vigie serve keeps requests; vigie doctor --headers FILE --body FILE judges one";
    only_here(arguments.stored.store, "capture", why)?;
    let (config, machine) = read_config(&arguments.stored.config.config)?;
    let source = known_source(&arguments.source, &config)?.id.clone();
    let data = machine.path(&config.server.data);
    let folder = Folder::in_data(&data);
    let since = now();
    let until = since.saturating_add(arguments.lasts).unwrap_or(since);
    let cannot = |error: std::io::Error| {
        let shown = folder.path().display();
        wrong(&format!(
            "cannot ask in {shown}: {error}\n  hint: run this as the user that runs vigie serve, on \
             a disk that has room"
        ))
    };
    let taken = ask(&data, source.as_str(), Wanted { since, until }).await.map_err(cannot)?;
    let kept = kept(&folder, source.as_str(), since).map_err(cannot)?;
    let answer = Answer { source: &source, until, at_most: KEPT_MAX, taken, kept };
    if arguments.json.json {
        say_json(&answer);
    } else {
        say(human(&answer, arguments.lasts).trim_end());
    }
    Ok(Exit::Done)
}

/// Asks the server of a data folder. Gives whether it has seen it.
pub(crate) async fn ask(data: &Path, source: &str, wanted: Wanted) -> std::io::Result<bool> {
    let folder = Folder::in_data(data);
    folder.want(source, wanted)?;
    Ok(lock::holder(data).is_some() && seen(&folder, source).await)
}

async fn seen(folder: &Folder, source: &str) -> bool {
    let looking = async {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        while folder.waits(source) {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(SEEN_WITHIN, looking).await.is_ok()
}

fn kept(folder: &Folder, source: &str, now: Timestamp) -> std::io::Result<Vec<KeptAlready>> {
    let entries = folder.look(now)?.entries;
    let ours = entries.into_iter().filter(|entry| entry.source == source);
    let read = ours.map(|entry| {
        let capture = Kept::read(&entry.path).ok().map(|(capture, _)| capture);
        KeptAlready {
            request: entry.request,
            at: entry.at,
            body_bytes: capture.as_ref().map(Kept::body_bytes),
            reason: capture.map(|capture| capture.reason),
        }
    });
    Ok(read.collect())
}

fn human(answer: &Answer<'_>, lasts: SignedDuration) -> String {
    let Answer { source, until, at_most, taken, kept } = answer;
    let until = until.strftime("%-d %b %Y %H:%M:%S UTC");
    let mut out = if *taken {
        format!(
            "The server keeps the next {at_most} refused requests of {source}, for {lasts:#}, until \
             {until}.\n\
             Do      have the platform send again\n"
        )
    } else {
        format!(
            "Asked to keep the next {at_most} refused requests of {source}, until {until}, but no \
             server has seen it:\n\
             none runs on this data folder, or it is not of this version.\n\
             Do      start vigie serve before then, and have the platform send again\n"
        )
    };
    let _ = writeln!(out, "Then    vigie doctor --source {source} --captured last");
    out += "What is kept holds reviews and perhaps secrets: its owner alone can read it, and it is \
            gone after 24 h.\n";
    if !kept.is_empty() {
        out += "\nKept already:\n";
    }
    for one in kept {
        let at = one.at.strftime("%-d %b %Y %H:%M:%S UTC");
        let reason = one.reason.as_deref().unwrap_or("damaged");
        let _ = writeln!(out, "  {}  {at}  {reason}", one.request);
    }
    out
}

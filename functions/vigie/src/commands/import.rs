//! `vigie import`: reviews of the past, or of a platform without webhooks, out of a file.
//!
//! Rows are recorded as they are read, some at a time, and each only once: an import that was
//! stopped is run again, from the line where it stopped or from the first.

mod told;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::tz::TimeZone;
use vigie_app::App;
use vigie_app::import::{Importing, import};
use vigie_app::registry::SourceInForce;
use vigie_domain::{Flag, ReviewEvent};
use vigie_rows::{CannotRead, Options, Rows};

use self::told::{Refusal, Told, tell};
use crate::cli::Import;
use crate::load::{CannotBegin, store_trouble};
use crate::open::{Place, with_app};
use crate::output::{Exit, complain};
use crate::waiting::Progress;
use vigie_machine::now;

/// Rows recorded in one write.
const AT_ONCE: usize = 200;
/// Refused rows that are told one by one.
const REFUSALS_MAX: usize = 100;
/// Unknown locations that are named.
const LOCATIONS_MAX: usize = 20;

/// Reads a file, and records what it says.
pub(crate) async fn run(arguments: &Import) -> Result<Exit, CannotBegin> {
    with_app!(&arguments.stored, app => import_in(&app, arguments).await)
}

async fn import_in<P: Place>(app: &App<P>, arguments: &Import) -> Result<Exit, CannotBegin> {
    let source = known_source(app, &arguments.source)?;
    let (file, bytes) = open(&arguments.file)?;
    let mut progress = Progress::of(bytes);
    let options = options(arguments, source.brand.brand.zone());
    let rows = Rows::open(progress.reading(file), &options)
        .map_err(|fault| CannotBegin::Other(format!("{}: {fault}", shown(&arguments.file))))?;
    let mut told = Told::new(arguments, &rows);
    let how = Importing { alert: arguments.alert, close_before: close_before(arguments) };
    let mut importer = Importer { app, source: &source, how, some: Vec::new(), told: &mut told };
    let stopped = importer.all(rows, &mut progress, arguments.dry_run).await;
    drop(progress);
    told.stopped = stopped.is_err();
    if let Err(why) = stopped {
        complain(format!("vigie: {}: {why}", shown(&arguments.file)));
    }
    Ok(tell(arguments, &told))
}

/// A source of the store, as last applied.
pub(super) fn known_source<P: Place>(
    app: &App<P>,
    named: &str,
) -> Result<Arc<SourceInForce>, CannotBegin> {
    let registry = app.registry();
    registry.source(named).ok_or_else(|| {
        let ids: Vec<_> = registry.sources().iter().map(|source| source.id.to_string()).collect();
        CannotBegin::Other(format!(
            "no source in force is called {named}\n  hint: there are: {}; vigie apply puts the \
             file's in force",
            if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
        ))
    })
}

fn open(file: &Path) -> Result<(Box<dyn Read>, Option<u64>), CannotBegin> {
    if file == Path::new("-") {
        return Ok((Box::new(std::io::stdin()), None));
    }
    let opened = File::open(file).and_then(|opened| Ok((opened.metadata()?, opened)));
    let (about, opened) = opened
        .map_err(|error| CannotBegin::Other(format!("cannot read {}: {error}", file.display())))?;
    if about.is_dir() {
        return Err(CannotBegin::Other(format!("{} is a folder, not a file", file.display())));
    }
    Ok((Box::new(opened), about.is_file().then_some(about.len())))
}

pub(super) fn shown(file: &Path) -> String {
    if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() }
}

fn options(arguments: &Import, zone: TimeZone) -> Options {
    Options {
        columns: arguments.column.clone(),
        scale: arguments.scale.clone(),
        encoding: arguments.encoding.clone(),
        delimiter: arguments.delimiter,
        dates: arguments.dates.clone(),
        zone,
        from_line: arguments.from_line,
    }
}

fn close_before(arguments: &Import) -> Option<(jiff::Timestamp, String)> {
    let before = arguments.close_before?;
    Some((before, format!("imported, and published before {before}")))
}

/// Why an import ends before its file does.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Unreadable(#[from] CannotRead),
    #[error("{0}")]
    NotRecorded(CannotBegin),
    #[error("stopped, as was asked")]
    Asked,
}

/// An import under way.
struct Importer<'a, P: Place> {
    app: &'a App<P>,
    source: &'a SourceInForce,
    how: Importing,
    /// Read and not yet recorded.
    some: Vec<ReviewEvent>,
    told: &'a mut Told,
}

impl<P: Place> Importer<'_, P> {
    async fn all(
        &mut self,
        rows: Rows,
        progress: &mut Progress,
        only_look: bool,
    ) -> Result<(), Stopped> {
        let asked_to_stop = when_interrupted();
        for row in rows.at(now()) {
            let row = match row {
                Ok(row) => row,
                Err(fault) => {
                    self.record(only_look).await?;
                    return Err(fault.into());
                }
            };
            self.told.rows += 1;
            self.told.read_to = row.line;
            match row.read {
                Ok(event) => {
                    self.look_at(&event);
                    self.some.push(*event);
                }
                Err(reason) => self.refuse(row.line, reason),
            }
            if self.some.len() == AT_ONCE {
                self.record(only_look).await?;
                progress.say(format!("{} rows", self.told.rows));
                if asked_to_stop.load(Ordering::Relaxed) {
                    return Err(Stopped::Asked);
                }
            }
        }
        self.record(only_look).await
    }

    async fn record(&mut self, only_look: bool) -> Result<(), Stopped> {
        let some = std::mem::take(&mut self.some);
        if !only_look && !some.is_empty() {
            let recorded = import(self.app, self.source, some, &self.how).await;
            let (imported, notices) =
                recorded.map_err(|error| Stopped::NotRecorded(store_trouble(error)))?;
            self.told.imported.add(&imported);
            self.told.notices += notices.len() as u64;
            self.app.world().nudge(notices).await;
        }
        self.told.last_line = self.told.read_to;
        Ok(())
    }

    /// What the operator should know of a row that is taken.
    fn look_at(&mut self, event: &ReviewEvent) {
        let Some(content) = &event.content else { return };
        self.told.unrated += u64::from(content.flags.contains(&Flag::NoRating));
        let brand = &self.source.brand.brand;
        if let Some(location) = brand.unknown_location(&self.source.id, content) {
            let known: &mut BTreeSet<String> = &mut self.told.unknown_locations;
            if known.len() < LOCATIONS_MAX {
                known.insert(location.to_owned());
            }
        }
    }

    fn refuse(&mut self, line: u64, reason: String) {
        self.told.refused += 1;
        if self.told.refusals.len() < REFUSALS_MAX {
            self.told.refusals.push(Refusal { line, reason });
        }
    }
}

/// Becomes true when somebody asks this process to stop: what is under way is then finished.
fn when_interrupted() -> Arc<AtomicBool> {
    let asked = Arc::new(AtomicBool::new(false));
    let heard = asked.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            heard.store(true, Ordering::Relaxed);
        }
    });
    asked
}

//! `vigie backup`: a copy of the store, whole, while the server runs.

use jiff::Timestamp;
use serde::Serialize;
use vigie_store_sqlite::backup;

use super::shown::count;
use crate::cli::Backup;
use crate::load::{CannotBegin, read_config, store_trouble};
use crate::open::only_here;
use crate::output::{Exit, say, say_json};
use crate::waiting::Waiting;
use vigie_machine::now;

/// What `--json` says.
#[derive(Serialize)]
struct Answer {
    file: String,
    at: Timestamp,
    bytes: u64,
    reviews: u64,
}

/// Copies the store to the file named.
pub(crate) fn run(arguments: &Backup) -> Result<Exit, CannotBegin> {
    let why = "the table has point-in-time recovery: docs/backup.md";
    only_here(arguments.stored.store, "backup", why)?;
    let (config, machine) = read_config(&arguments.stored.config.config)?;
    let at = now();
    let waiting = Waiting::for_("copying the store");
    let made = backup(&machine.path(&config.server.data), &arguments.to, at);
    drop(waiting);
    let made = made.map_err(store_trouble)?;
    let file = arguments.to.display().to_string();
    if arguments.json.json {
        say_json(&Answer { file, at, bytes: made.bytes, reviews: made.reviews });
    } else {
        let reviews = count(usize::try_from(made.reviews).unwrap_or(usize::MAX), "review");
        say(format!(
            "{file}: {reviews}, {} bytes, checked.\n\
             It holds customers' words: keep it as you keep the store. To restore it, see \
             docs/backup.md.",
            made.bytes
        ));
    }
    Ok(Exit::Done)
}

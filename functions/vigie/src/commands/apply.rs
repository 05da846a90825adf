//! `vigie apply`: the store's brands and sources become those of the file.

use serde::Serialize;
use vigie_config::{Change, Config, diff};
use vigie_domain::Brand;
use vigie_ports::Store as _;
use vigie_store_sqlite::FILE_NAME;

use super::check::warn_of_troubles;
use crate::cli::{Apply, StoreKind};
use crate::environment::{Machine, now};
use crate::load::{CannotBegin, open_store, read_config, store_trouble};
use crate::output::{Exit, say, say_json};

#[derive(Serialize)]
struct Answer {
    applied: bool,
    changes: Vec<Change>,
}

/// Prints the difference, and applies it unless told not to.
pub(crate) async fn run(arguments: &Apply) -> Result<Exit, CannotBegin> {
    let (config, machine) = read_config(&arguments.stored.config.config)?;
    warn_of_troubles(&config, &machine);
    let changes = if arguments.dry_run {
        compare(arguments, &config, &machine).await?
    } else {
        apply(arguments, config, &machine).await?
    };
    let differs = !changes.is_empty();
    let answer = Answer { applied: !arguments.dry_run, changes };
    if arguments.json.json {
        say_json(&answer);
    } else {
        say(human(&answer));
    }
    Ok(if arguments.dry_run && differs { Exit::NotSo } else { Exit::Done })
}

async fn compare(
    arguments: &Apply,
    config: &Config,
    machine: &Machine,
) -> Result<Vec<Change>, CannotBegin> {
    let kind = arguments.stored.store;
    let file = machine.path(&config.server.data).join(FILE_NAME);
    // Looking must not make a store where there is none.
    if kind == StoreKind::Sqlite && !file.exists() {
        return Ok(diff(&[], &config.brands));
    }
    let store = open_store(kind, config, machine)?;
    Ok(diff(&in_force(&store).await?, &config.brands))
}

async fn apply(
    arguments: &Apply,
    config: Config,
    machine: &Machine,
) -> Result<Vec<Change>, CannotBegin> {
    let store = open_store(arguments.stored.store, &config, machine)?;
    let changes = diff(&in_force(&store).await?, &config.brands);
    // Also without a difference: a running server then reads preset and secret files again.
    store.apply(config.brands, now()).await.map_err(store_trouble)?;
    Ok(changes)
}

async fn in_force(store: &vigie_store_sqlite::SqliteStore) -> Result<Vec<Brand>, CannotBegin> {
    let brands = store.brands().await.map_err(store_trouble)?;
    Ok(brands.into_iter().filter(|stored| !stored.retired).map(|stored| stored.brand).collect())
}

fn human(answer: &Answer) -> String {
    if answer.changes.is_empty() {
        return "Nothing to change: the store says what the file says.".to_owned();
    }
    let mut lines: Vec<_> = answer.changes.iter().map(ToString::to_string).collect();
    lines.push(if answer.applied {
        "Applied. A running server takes it within a second.".to_owned()
    } else {
        "Not applied: --dry-run only looks.".to_owned()
    });
    lines.join("\n")
}

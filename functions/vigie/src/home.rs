//! The one-process home: a data folder, a way to send, the machine's clock and chance.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use rustix::io::Errno;
use vigie_api_http::HttpApi;
use vigie_config::Config;
use vigie_machine::{SystemClock, SystemIds};
use vigie_ports::World;
use vigie_store_sqlite::{FILE_NAME, Options, SqliteStore};

use crate::environment::Machine;
use crate::load::CannotBegin;
use crate::lock;
use crate::way::Way;

/// What an empty store and its log take, in bytes.
const STORE_BYTES_MIN: usize = 128 * 1024;

/// The world of one process: a file, SMTP, the machine's clock and chance.
pub(crate) struct Home {
    pub(crate) store: SqliteStore,
    pub(crate) mail: Way,
    pub(crate) api: HttpApi,
    pub(crate) clock: SystemClock,
    pub(crate) ids: SystemIds,
}

impl World for Home {
    type Store = SqliteStore;
    type Mail = Way;
    type Api = HttpApi;
    type Clock = SystemClock;
    type Ids = SystemIds;
    fn store(&self) -> &SqliteStore {
        &self.store
    }
    fn mail(&self) -> &Way {
        &self.mail
    }
    fn api(&self) -> &HttpApi {
        &self.api
    }
    fn clock(&self) -> &SystemClock {
        &self.clock
    }
    fn ids(&self) -> &SystemIds {
        &self.ids
    }
}

/// Opens the store that a configuration names, beside whoever serves it: a file of an older version
/// is upgraded only if nobody does.
pub(crate) fn open_store(config: &Config, machine: &Machine) -> Result<SqliteStore, CannotBegin> {
    let folder = data_folder(config, machine)?;
    let keep_version = lock::holder(&folder).is_some();
    open_in(&folder, Options { keep_version, ..Options::default() })
}

/// Opens the store that a configuration names for the process that serves it.
pub(crate) fn hold_store(
    config: &Config,
    machine: &Machine,
    listen: SocketAddr,
) -> Result<(SqliteStore, File), CannotBegin> {
    let folder = data_folder(config, machine)?;
    let lock = lock::take(&folder, listen)?;
    Ok((open_in(&folder, Options::default())?, lock))
}

/// The data folder, made if it is not there; refused if it cannot be written.
fn data_folder(config: &Config, machine: &Machine) -> Result<PathBuf, CannotBegin> {
    let folder = machine.path(&config.server.data);
    let shown = folder.display();
    make_private(&folder)
        .map_err(|e| CannotBegin::Other(format!("cannot make the data folder {shown}: {e}")))?;
    for place in [&folder, &folder.join(FILE_NAME)] {
        writable(place)?;
    }
    Ok(folder)
}

fn open_in(folder: &Path, options: Options) -> Result<SqliteStore, CannotBegin> {
    let shown = folder.display();
    let hint = || match room_for_a_store(folder) {
        Ok(()) => format!("the data folder is {shown}"),
        Err(e) => format!("cannot write in {shown}: {e}; make room, or name another [server] data"),
    };
    SqliteStore::open(folder, options)
        .map_err(|e| CannotBegin::Other(format!("{e}\n  hint: {}", hint())))
}

/// Refuses a folder or a file that is there and cannot be written: SQLite would name no reason.
fn writable(place: &Path) -> Result<(), CannotBegin> {
    match access(place, Access::WRITE_OK) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(CannotBegin::Other(format!(
            "cannot write in {}: {}\n  hint: the data folder and what is in it must belong to the \
             account that runs Vigie",
            place.display(),
            std::io::Error::from(error)
        ))),
    }
}

/// Whether as much as an empty store can be written: where it cannot, the disk is mostly full.
fn room_for_a_store(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join("vigie.probe");
    let written = std::fs::write(&probe, vec![1; STORE_BYTES_MIN]);
    let _ = std::fs::remove_file(&probe);
    written
}

/// Makes a folder that only its owner may enter: it will hold customers' words. One that is there
/// already is left as its owner wants it.
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

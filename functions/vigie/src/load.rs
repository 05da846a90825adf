//! Reading the configuration and opening what it names.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use rustix::io::Errno;
use vigie_app::{App, Registry, Settings};
use vigie_config::{Change, Config, Fault, Outcome, Refused, Tls, diff, in_force};
use vigie_domain::{Brand, BrandId, Matter, Trouble};
use vigie_mail_smtp::{FileMail, SmtpConfig, SmtpMail, Transport};
use vigie_ports::{Mailbox, Noted, Store as _, World};
use vigie_store_sqlite::{FILE_NAME, Options, SqliteStore};

use crate::cli::{StoreKind, Stored};
use crate::environment::Machine;
use crate::lock;
use vigie_machine::{SystemClock, SystemIds, now};

/// What an empty store and its log take, in bytes.
const STORE_BYTES_MIN: usize = 128 * 1024;

/// Why a command cannot begin. Exit 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CannotBegin {
    /// The file has faults: each is shown.
    #[error("the configuration has faults")]
    Faults(Vec<Fault>),
    /// Something else is wrong; the text says what and what to do.
    #[error("{0}")]
    Other(String),
}

/// The world of one process: a file, SMTP, the machine's clock and chance.
pub(crate) struct Home {
    pub(crate) store: SqliteStore,
    pub(crate) mail: Transport,
    pub(crate) clock: SystemClock,
    pub(crate) ids: SystemIds,
}

impl World for Home {
    type Store = SqliteStore;
    type Mail = Transport;
    type Clock = SystemClock;
    type Ids = SystemIds;
    fn store(&self) -> &SqliteStore {
        &self.store
    }
    fn mail(&self) -> &Transport {
        &self.mail
    }
    fn clock(&self) -> &SystemClock {
        &self.clock
    }
    fn ids(&self) -> &SystemIds {
        &self.ids
    }
}

/// What the files say, vigie.toml itself being in order.
pub(crate) struct Given {
    pub(crate) config: Config,
    pub(crate) machine: Machine,
    /// The included files that are faulty: their brands are not in `config`.
    pub(crate) refused: Vec<Refused>,
    /// Their faults.
    pub(crate) faults: Vec<Fault>,
}

impl Given {
    /// The faults of one file.
    pub(crate) fn faults_of(&self, file: &Refused) -> Vec<Fault> {
        self.faults.iter().filter(|fault| fault.file == file.file).cloned().collect()
    }
}

/// Reads a configuration file and those that it includes.
pub(crate) fn read_files(path: &Path) -> Result<(Outcome, Machine), CannotBegin> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let shown = path.display();
        CannotBegin::Other(format!(
            "cannot read {shown}: {error}\n  hint: --config names another file; docs/install.md \
             has one to begin with"
        ))
    })?;
    let machine = Machine::beside(path);
    Ok((vigie_config::parse(&path.display().to_string(), &text, &machine), machine))
}

/// Reads a configuration file, which must be in order, and those that it includes, which need not.
pub(crate) fn read_given(path: &Path) -> Result<Given, CannotBegin> {
    let (Outcome { config, faults, refused, .. }, machine) = read_files(path)?;
    match config {
        Some(config) => Ok(Given { config, machine, refused, faults }),
        None => Err(CannotBegin::Faults(faults)),
    }
}

/// Reads a configuration file, for a command whose brands are those of the store.
pub(crate) fn read_config(path: &Path) -> Result<(Config, Machine), CannotBegin> {
    read_given(path).map(|given| (given.config, given.machine))
}

/// Opens the store that a configuration names, beside whoever serves it: a file of an older version
/// is upgraded only if nobody does.
pub(crate) fn open_store(
    kind: StoreKind,
    config: &Config,
    machine: &Machine,
) -> Result<SqliteStore, CannotBegin> {
    in_a_file(kind)?;
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

/// Refuses a store that comes with a later version.
pub(crate) fn in_a_file(kind: StoreKind) -> Result<(), CannotBegin> {
    if kind == StoreKind::Aws {
        let later = "--store aws comes with a later version; this one keeps its store in a file";
        return Err(CannotBegin::Other(later.to_owned()));
    }
    Ok(())
}

/// Makes a folder that only its owner may enter: it will hold customers' words. One that is there
/// already is left as its owner wants it.
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The mail transport that a configuration names.
pub(crate) fn transport(config: &Config, machine: &Machine) -> Result<Transport, CannotBegin> {
    let Some(mail) = &config.mail else {
        return Ok(Transport::File(FileMail::new(machine.path("outbox"))));
    };
    let smtp = match &mail.transport {
        vigie_config::Transport::File(folder) => {
            return Ok(Transport::File(FileMail::new(machine.path(folder))));
        }
        vigie_config::Transport::Smtp(smtp) => smtp,
    };
    let credentials = match (&smtp.user, &smtp.password) {
        (Some(user), Some(reference)) => {
            let secret = machine.secret(reference).map_err(CannotBegin::Other)?;
            Some((user.clone(), secret))
        }
        _ => None,
    };
    let setup = SmtpConfig {
        host: smtp.host.clone(),
        port: smtp.port,
        tls: match smtp.tls {
            Tls::None => vigie_mail_smtp::Tls::None,
            Tls::Opportunistic => vigie_mail_smtp::Tls::Opportunistic,
            Tls::StartTls => vigie_mail_smtp::Tls::Required,
            Tls::Implicit => vigie_mail_smtp::Tls::Implicit,
        },
        credentials,
        hello_name: hello_name(&mail.from.email),
    };
    SmtpMail::new(setup)
        .map(Transport::Smtp)
        .map_err(|error| CannotBegin::Other(format!("mail.transport: {error}")))
}

/// What we call ourselves to mail servers: the domain we write from.
fn hello_name(from: &str) -> String {
    from.rsplit_once('@').map_or("localhost", |(_, domain)| domain).to_owned()
}

fn mailbox(given: &vigie_config::Mailbox) -> Mailbox {
    Mailbox { name: given.name.clone().unwrap_or_default(), address: given.email.clone() }
}

/// What messages and links begin with.
pub(crate) fn settings(config: &Config) -> Settings {
    let nobody = || Mailbox { name: "Sara".to_owned(), address: "sara@localhost".to_owned() };
    Settings {
        public_url: config.server.public_url.clone(),
        from: config.mail.as_ref().map_or_else(nobody, |mail| mailbox(&mail.from)),
        reply_to: config.mail.as_ref().and_then(|mail| mail.reply_to.as_ref()).map(mailbox),
        operator: config.operator.email.clone(),
    }
}

/// The application on the store of a configuration, for a command: brands as last applied, or as
/// the file says where nothing was applied yet.
pub(crate) async fn open_app(stored: &Stored) -> Result<App<Home>, CannotBegin> {
    let (config, machine) = read_config(&stored.config.config)?;
    let store = open_store(stored.store, &config, &machine)?;
    let mail = transport(&config, &machine)?;
    let registry = stored_registry(&store, &machine).await?;
    let home = Home { store, mail, clock: SystemClock, ids: SystemIds };
    App::start(home, settings(&config), registry).await.map_err(store_trouble)
}

/// What putting the files in force changed.
pub(crate) struct Applied {
    pub(crate) changes: Vec<Change>,
    /// For each refused file, the brands of it that stay as they were.
    pub(crate) kept: Vec<Vec<BrandId>>,
}

/// Compares the files with what is in force in a store. Gives what to apply too.
pub(crate) fn compare(given: &Given, now: &[Brand]) -> (Vec<Brand>, Applied) {
    let brands = in_force(given.config.brands.clone(), &given.refused, now);
    let stays = |file: &Refused| {
        let kept = brands.iter().skip(given.config.brands.len());
        let of_file = kept.filter(|brand| file.is_of(brand));
        of_file.map(|brand| brand.id.clone()).collect()
    };
    let kept = given.refused.iter().map(stays).collect();
    let changes = diff(now, &brands);
    (brands, Applied { changes, kept })
}

/// The brands in force in a store.
pub(crate) async fn live(store: &SqliteStore) -> Result<Vec<Brand>, CannotBegin> {
    let brands = store.brands().await.map_err(store_trouble)?;
    Ok(brands.into_iter().filter(|stored| !stored.retired).map(|stored| stored.brand).collect())
}

/// Makes the store's brands those of the files; what a faulty file would say stays as it was, and
/// the operator hears which files are faulty. Also without a difference: a running server then
/// reads preset and secret files again.
pub(crate) async fn apply(store: &SqliteStore, given: &Given) -> Result<Applied, CannotBegin> {
    let (brands, applied) = compare(given, &live(store).await?);
    let at = now();
    store.apply(brands, at).await.map_err(store_trouble)?;
    let own = given.machine.own().display().to_string();
    let faulty = |file: &Refused| (Trouble::with(Matter::File, &own, &file.file), 1, at, at);
    let troubles: Vec<_> = given.refused.iter().map(faulty).collect();
    if !troubles.is_empty() {
        let noted = Noted { troubles, sources: Vec::new() };
        store.note(noted).await.map_err(store_trouble)?;
    }
    Ok(applied)
}

/// The brands that the store holds, prepared.
pub(crate) async fn stored_registry(
    store: &SqliteStore,
    machine: &Machine,
) -> Result<Registry, CannotBegin> {
    let brands = store.brands().await.map_err(store_trouble)?;
    let machine = machine.clone();
    let prepare = move || {
        let brands = brands.into_iter().map(|stored| (stored.brand, stored.retired));
        Registry::prepare(brands, &machine)
    };
    let (registry, troubles) = beside(prepare).await?;
    for trouble in troubles {
        tracing::warn!(trouble, "a source is not in force");
    }
    Ok(registry)
}

/// Does what reads many files, beside the threads that answer webhooks.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CannotBegin> {
    let ended = |error| CannotBegin::Other(format!("reading files was broken off: {error}"));
    tokio::task::spawn_blocking(work).await.map_err(ended)
}

/// What a command says when the store does not answer.
#[expect(clippy::needless_pass_by_value, reason = "map_err hands its error over")]
pub(crate) fn store_trouble(error: vigie_ports::StoreError) -> CannotBegin {
    CannotBegin::Other(error.to_string())
}

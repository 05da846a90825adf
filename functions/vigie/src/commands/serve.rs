//! `vigie serve`: the one-process home.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use vigie_app::App;
use vigie_config::{Config, diff};
use vigie_domain::{Brand, SecretRef};
use vigie_ports::{Store as _, World as _};
use vigie_store_sqlite::SqliteStore;

use crate::cli::Serve;
use crate::environment::{Machine, SystemClock, SystemIds, now};
use crate::load::{
    CannotBegin, Home, open_store, read_config, settings, store_trouble, stored_registry, transport,
};
use crate::output::Exit;
use crate::server::loops::{self, Nudges, Stop, stopped};
use crate::server::{Serving, metrics_router, notes, router};

/// How often the store is asked whether `vigie apply` changed something, and files whether a
/// secret in them did.
const RELOAD_EVERY: Duration = Duration::from_secs(1);
/// How long open requests may take to end when the process stops.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);

/// Serves until it is told to stop.
pub(crate) async fn run(arguments: Serve) -> Result<Exit, CannotBegin> {
    let _log = crate::log::start(arguments.log, &arguments.log_level)?;
    let path = arguments.stored.config.config.clone();
    let (config, machine) = read_config(&path)?;
    let store = open_store(arguments.stored.store, &config, &machine)?;
    let _lock = lock(&machine.path(&config.server.data), config.server.listen)?;
    apply(&store, &config.brands).await?;
    let home = Running::start(store, config, machine, path).await?;
    home.serve().await
}

/// A home that is set up.
pub(crate) struct Running {
    pub(crate) serving: Arc<Serving>,
    pub(crate) inbox: loops::Inbox,
    config: Config,
    machine: Machine,
    path: PathBuf,
}

impl Running {
    /// Sets a home up on its store: takes up what a process before it left.
    pub(crate) async fn start(
        store: SqliteStore,
        config: Config,
        machine: Machine,
        path: PathBuf,
    ) -> Result<Self, CannotBegin> {
        let taken = store.take_up(now()).await.map_err(store_trouble)?;
        if taken > 0 {
            tracing::warn!(claims = taken, "took up what the process before left in the middle");
        }
        let registry = stored_registry(&store, &machine).await?;
        let mail = transport(&config, &machine)?;
        let home = Home { store, mail, clock: SystemClock, ids: SystemIds };
        let app = App::start(home, settings(&config), registry).await.map_err(store_trouble)?;
        let (nudges, inbox) = Nudges::new();
        let serving = Arc::new(Serving::new(app, nudges));
        Ok(Self { serving, inbox, config, machine, path })
    }

    async fn serve(self) -> Result<Exit, CannotBegin> {
        let Self { serving, inbox, config, machine, path } = self;
        let listener = bind(config.server.listen, "server.listen").await?;
        let metrics = match config.server.metrics_listen {
            Some(address) => Some(bind(address, "server.metrics_listen").await?),
            None => None,
        };
        let (stopping, stop) = tokio::sync::watch::channel(false);
        let counts = serving.app.registry();
        let (brands, sources) = (counts.brands().len(), counts.sources().len());
        let version = env!("CARGO_PKG_VERSION");
        let listen = listener.local_addr().map(|at| at.to_string()).unwrap_or_default();
        tracing::info!(version, listen, brands, sources, "ready");
        let looping = tokio::spawn(loops::run(serving.clone(), inbox, stop.clone()));
        let data = machine.path(&config.server.data);
        let noting = tokio::spawn(notes::run(serving.clone(), data, stop.clone()));
        let reload = Reload { serving: serving.clone(), machine, path };
        let reloading = tokio::spawn(reload.watch(stop.clone()));
        if let Some(listener) = metrics {
            let metrics = metrics_router(serving.clone());
            tokio::spawn(async move { axum::serve(listener, metrics).await });
        }
        let http = tokio::spawn(http(listener, router(&serving, Router::new()), stop));
        wait_for_a_signal().await?;
        tracing::info!("stopping: no new requests, what is under way ends");
        let _ = stopping.send(true);
        let _ = http.await;
        let _ = tokio::join!(looping, reloading, noting);
        if let Err(error) = vigie_app::operator::flush(&serving.app).await {
            tracing::warn!(%error, "the last counts were not noted");
        }
        tracing::info!("stopped");
        Ok(Exit::Done)
    }
}

pub(crate) async fn bind(address: SocketAddr, key: &str) -> Result<TcpListener, CannotBegin> {
    TcpListener::bind(address).await.map_err(|error| {
        CannotBegin::Other(format!("cannot listen on {address}: {error}\n  hint: {key} names it"))
    })
}

/// Serves HTTP until `stop`; then open requests end, and idle connections are closed.
pub(crate) async fn http(listener: TcpListener, router: Router, stop: Stop) {
    use axum::serve::ListenerExt as _;
    // Answers are one small write: waiting to fill a packet only delays them.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let (mut graceful, mut late) = (stop.clone(), stop);
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move {
        stopped(&mut graceful).await;
    });
    let overdue = async {
        stopped(&mut late).await;
        tokio::time::sleep(DRAIN_WITHIN).await;
    };
    tokio::select! {
        served = serving => {
            if let Err(error) = served {
                tracing::error!(%error, "the server ended");
            }
        }
        () = overdue => tracing::warn!("stopped with requests open"),
    }
}

pub(crate) async fn wait_for_a_signal() -> Result<(), CannotBegin> {
    let no_signals = |error: std::io::Error| CannotBegin::Other(format!("no signals: {error}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Takes the data folder for this process. The lock ends with the process, however it ends.
fn lock(folder: &Path, listen: SocketAddr) -> Result<File, CannotBegin> {
    let path = folder.join("vigie.lock");
    let shown = path.display();
    let cannot = |error: std::io::Error| CannotBegin::Other(format!("cannot use {shown}: {error}"));
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(cannot)?;
    if file.try_lock().is_err() {
        let mut holder = String::new();
        let _ = file.read_to_string(&mut holder);
        let holder = holder.trim();
        return Err(CannotBegin::Other(format!(
            "another vigie serve runs on this data folder: {holder}\n  hint: stop it first, or give \
             this one another [server] data folder"
        )));
    }
    let told = format!("process {}, listening on {listen}, since {}\n", std::process::id(), now());
    file.set_len(0).and_then(|()| file.rewind()).map_err(cannot)?;
    file.write_all(told.as_bytes()).map_err(cannot)?;
    Ok(file)
}

/// Makes the store's brands those of the file, and logs the difference.
pub(crate) async fn apply(store: &SqliteStore, brands: &[Brand]) -> Result<(), CannotBegin> {
    let stored = store.brands().await.map_err(store_trouble)?;
    let live: Vec<Brand> =
        stored.into_iter().filter(|stored| !stored.retired).map(|stored| stored.brand).collect();
    let changes = diff(&live, brands);
    if changes.is_empty() {
        return Ok(());
    }
    store.apply(brands.to_vec(), now()).await.map_err(store_trouble)?;
    for change in changes {
        tracing::info!(change = %change, "applied");
    }
    Ok(())
}

/// Keeps what is in force in step with the file (on SIGHUP), the store and the files of secrets.
struct Reload {
    serving: Arc<Serving>,
    machine: Machine,
    path: PathBuf,
}

impl Reload {
    async fn watch(self, mut stop: Stop) {
        let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
        let mut tick = tokio::time::interval(RELOAD_EVERY);
        let store = self.serving.app.world().store();
        let mut generation = store.generation().await.unwrap_or_default();
        let mut secrets = self.secrets_changed_at();
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                _ = hangup.recv() => self.read_again().await,
                _ = tick.tick() => {}
            }
            let (now_at, now_secrets) =
                (store.generation().await.unwrap_or(generation), self.secrets_changed_at());
            if now_at != generation || now_secrets != secrets {
                (generation, secrets) = (now_at, now_secrets);
                self.put_in_force().await;
            }
        }
    }

    /// Reads the file again; a faulty one changes nothing.
    async fn read_again(&self) {
        let store = self.serving.app.world().store();
        let applied = match read_config(&self.path) {
            Ok((config, _)) => apply(store, &config.brands).await,
            Err(error) => Err(error),
        };
        match applied {
            Ok(()) => tracing::info!("configuration read again"),
            Err(CannotBegin::Faults(faults)) => {
                let told = vigie_config::render_faults(&faults, false);
                tracing::error!(
                    faults = faults.len(),
                    told,
                    "the file is faulty: what was in force stays"
                );
                let file = self.path.display().to_string();
                vigie_app::operator::faulty_file(&self.serving.app, &file);
            }
            Err(CannotBegin::Other(told)) => {
                tracing::error!(told, "the file could not be applied: what was in force stays");
            }
        }
    }

    async fn put_in_force(&self) {
        let store = self.serving.app.world().store();
        match stored_registry(store, &self.machine).await {
            Ok(registry) => {
                self.serving.app.put_in_force(registry);
                tracing::info!("brands and sources put in force");
            }
            Err(error) => tracing::error!(%error, "what was in force stays"),
        }
    }

    /// When the files of secrets were last written.
    fn secrets_changed_at(&self) -> Vec<Option<std::time::SystemTime>> {
        let registry = self.serving.app.registry();
        let brands = registry.brands();
        let sources = brands.iter().flat_map(|brand| &brand.brand.sources);
        let files = sources.flat_map(|source| &source.secrets).filter_map(|secret| match secret {
            SecretRef::File(path) => Some(path),
            SecretRef::Env(_) => None,
        });
        let written = |path: &String| std::fs::metadata(self.machine.path(path))?.modified();
        files.map(|path| written(path).ok()).collect()
    }
}

//! `vigie serve`: the one-process home.

mod moving;
mod reload;

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};
use vigie_api_http::HttpApi;
use vigie_app::App;
use vigie_config::Config;
use vigie_domain::BrandId;
use vigie_ports::{Moving as _, Standing, Store as _};
use vigie_store_sqlite::SqliteStore;

use crate::cli::Serve;
use crate::environment::Machine;
use crate::home::{Home, hold_store};
use crate::load::{
    Applied, CannotBegin, Given, apply, read_given, serving_registry, settings, store_trouble,
};
use crate::open::only_here;
use crate::output::Exit;
use crate::server::connections::http;
use crate::server::loops::{self, Nudges};
use crate::server::{Serving, keeping, metrics_router, notes, router};
use crate::way::way;
use moving::Follow;
use reload::Reload;
use vigie_machine::{SystemClock, SystemIds, now};

/// Serves until it is told to stop.
pub(crate) async fn run(arguments: Serve) -> Result<Exit, CannotBegin> {
    let _log = crate::log::start(arguments.log, &arguments.log_level)?;
    let path = arguments.stored.config.config.clone();
    let given = read_given(&path)?;
    let why = "on AWS the functions serve: sam deploy, then vigie apply --store aws";
    only_here(arguments.stored.store, "serve", why)?;
    let (store, lock) = hold_store(&given.config, &given.machine, given.config.server.listen)?;
    if store.standing().await.map_err(store_trouble)?.is_open() {
        put(&store, &given).await?;
    }
    let Given { config, machine, .. } = given;
    let home = Running::start(store, config, machine, path).await?;
    home.serve(lock).await
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
        let standing = store.standing().await.map_err(store_trouble)?;
        let taken = match standing {
            Standing::Open => store.take_up(now()).await.map_err(store_trouble)?,
            _ => 0,
        };
        if taken > 0 {
            tracing::warn!(claims = taken, "took up what the process before left in the middle");
        }
        tell_restored(&store).await?;
        let registry = serving_registry(&store, &machine).await?;
        let mail = way(&config, &machine).await?;
        let home =
            Home { store, mail, api: HttpApi::default(), clock: SystemClock, ids: SystemIds };
        let app = App::start(home, settings(&config), registry).await.map_err(store_trouble)?;
        let (nudges, inbox) = Nudges::new();
        let trusted = config.server.trusted_proxies.clone();
        let serving = Serving::new(app, nudges, trusted).with_secrets_of(machine.clone());
        let serving = Arc::new(serving.capturing(&machine.path(&config.server.data)));
        serving.stand(standing);
        Ok(Self { serving, inbox, config, machine, path })
    }

    async fn serve(self, lock: File) -> Result<Exit, CannotBegin> {
        let Self { serving, inbox, config, machine, path } = self;
        let listener = bind(config.server.listen, "server.listen")?;
        let metrics = match config.server.metrics_listen {
            Some(address) => Some(bind(address, "server.metrics_listen")?),
            None => None,
        };
        let (stopping, stop) = tokio::sync::watch::channel(false);
        // From here on a SIGHUP reads the files again; before, it ends the process.
        let hangup = signal(SignalKind::hangup()).map_err(no_signals)?;
        let counts = serving.app.registry();
        let (brands, sources) = (counts.brands().len(), counts.sources().len());
        let version = env!("CARGO_PKG_VERSION");
        let listen = listener.local_addr().map(|at| at.to_string()).unwrap_or_default();
        tracing::info!(version, listen, brands, sources, "ready");
        let looping = tokio::spawn(loops::run(serving.clone(), inbox, stop.clone()));
        let data = machine.path(&config.server.data);
        let noting = tokio::spawn(notes::run(serving.clone(), data.clone(), stop.clone()));
        let keeping = tokio::spawn(keeping::run(serving.clone(), config.retention, stop.clone()));
        let reload = Arc::new(Reload { serving: serving.clone(), machine, path });
        let reloading = tokio::spawn(reload.clone().watch(hangup, stop.clone()));
        let listen = config.server.listen;
        let follow = Follow { serving: serving.clone(), reload, data, listen, lock: Some(lock) };
        let following = tokio::spawn(follow.watch(stop.clone()));
        if let Some(listener) = metrics {
            let metrics = metrics_router(serving.clone());
            tokio::spawn(http(listener, metrics, stop.clone()));
        }
        let http = tokio::spawn(http(listener, router(&serving, Router::new()), stop));
        wait_for_a_signal().await?;
        tracing::info!("stopping: no new requests, what is under way ends");
        let _ = stopping.send(true);
        let _ = http.await;
        let _ = tokio::join!(looping, reloading, noting, keeping, following);
        if serving.standing().is_open()
            && let Err(error) = vigie_app::operator::flush(&serving.app).await
        {
            tracing::warn!(%error, "the last counts were not noted");
        }
        tracing::info!("stopped");
        Ok(Exit::Done)
    }
}

/// Says loudly that the store was restored from a backup and what that holds.
async fn tell_restored(store: &SqliteStore) -> Result<(), CannotBegin> {
    let Some(restored) = store.restored().await.map_err(store_trouble)? else { return Ok(()) };
    let (from, held) = (restored.from, restored.held);
    tracing::warn!(
        from,
        held,
        hint = "vigie notices --state held lists them; vigie redrive --held sends them, \
                vigie redrive --held --drop cancels them",
        "restored from a backup: nothing is sent but about reviews that come now"
    );
    Ok(())
}

/// Connections that wait to be accepted. The usual 128 are soon full when a platform sends what it
/// held back, and who finds no place tries again a second later.
const WAITING_MAX: u32 = 1024;

pub(crate) fn bind(address: SocketAddr, key: &str) -> Result<TcpListener, CannotBegin> {
    listen(address).map_err(|error| {
        CannotBegin::Other(format!("cannot listen on {address}: {error}\n  hint: {key} names it"))
    })
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that was just stopped leaves its address taken for a minute.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING_MAX)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands its error over")]
fn no_signals(error: std::io::Error) -> CannotBegin {
    CannotBegin::Other(format!("no signals: {error}"))
}

pub(crate) async fn wait_for_a_signal() -> Result<(), CannotBegin> {
    let mut terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(no_signals)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Makes the store's brands those of the files, and logs the difference and what is refused.
pub(crate) async fn put(store: &SqliteStore, given: &Given) -> Result<(), CannotBegin> {
    let Applied { changes, kept } = apply(store, given).await?;
    for change in changes {
        tracing::info!(change = %change, "applied");
    }
    for (file, kept) in given.refused.iter().zip(kept) {
        let told = vigie_config::render_faults(&given.faults_of(file), false);
        let stays: Vec<_> = kept.iter().map(BrandId::as_str).collect();
        let missing = file.brands.iter().map(String::as_str).filter(|id| !stays.contains(id));
        let missing = missing.collect::<Vec<_>>().join(", ");
        let (faults, file, stays) = (file.faults, &file.file, stays.join(", "));
        tracing::error!(
            file,
            faults,
            stays,
            missing,
            told,
            "a file is faulty: what was in force of its brands stays"
        );
    }
    Ok(())
}

//! The bare path: what receiving a webhook durably costs at the least.
//!
//! axum, an HMAC check over the raw body, `serde_json`, two rows inserted by one thread that groups
//! what waits into one commit with `synchronous=FULL`; nothing else. It is what Vigie's rate is
//! held against, at the same number of stored rows and with ids as random.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rusqlite::{Connection, params};
use sha2::Sha256;
use tokio::sync::{mpsc, oneshot};
use vigie_tests::random::Random;
use vigie_tests::webhook::SECRET;

/// As in Vigie's own writer.
const QUEUE: usize = 2048;
const GROUP_MAX: usize = 512;
const CACHE_KIB: i64 = 8192;

/// One review to keep, and who waits for it.
struct Job {
    id: String,
    rating: i64,
    body: Bytes,
    stored: oneshot::Sender<bool>,
}

#[derive(Clone)]
struct Bare {
    keyed: Hmac<Sha256>,
    jobs: mpsc::Sender<Job>,
}

/// Serves on an address, with its file in a folder, until it is killed.
pub(crate) async fn serve(addr: SocketAddr, folder: &Path) -> Result<()> {
    let connection = open(folder)?;
    let (jobs, queue) = mpsc::channel(QUEUE);
    std::thread::spawn(move || write(&connection, queue));
    let keyed = Hmac::new_from_slice(SECRET.as_bytes())?;
    let router = Router::new()
        .route("/hooks/{source}", post(receive))
        .route("/healthz", get(|| async { "ok" }))
        .with_state(Bare { keyed, jobs });
    let listener = tokio::net::TcpListener::bind(addr).await?;
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, router).await?)
}

async fn receive(
    State(bare): State<Bare>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let given = headers.get("x-signature-256").and_then(|value| value.as_bytes().get(7..));
    let mut mac = bare.keyed.clone();
    mac.update(&body);
    if given.and_then(unhex).is_none_or(|given| mac.verify_slice(&given).is_err()) {
        return (StatusCode::UNAUTHORIZED, "");
    }
    match keep(&bare, body).await {
        Some(true) => (StatusCode::OK, r#"{"accepted":1}"#),
        Some(false) => (StatusCode::SERVICE_UNAVAILABLE, ""),
        None => (StatusCode::BAD_REQUEST, ""),
    }
}

async fn keep(bare: &Bare, body: Bytes) -> Option<bool> {
    let event: serde_json::Value = serde_json::from_slice(&body).ok()?;
    let id = event.pointer("/review/id")?.as_str()?.to_owned();
    let rating = event.pointer("/review/rating")?.as_i64()?;
    let (stored, answer) = oneshot::channel();
    bare.jobs.send(Job { id, rating, body, stored }).await.ok()?;
    Some(answer.await.unwrap_or(false))
}

fn unhex(hex: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
    hex.chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

fn open(folder: &Path) -> Result<Connection> {
    let connection = Connection::open(folder.join("bare.sqlite"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS review
         (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, rating INTEGER NOT NULL,
          body BLOB NOT NULL) STRICT;
         CREATE TABLE IF NOT EXISTS event
         (number INTEGER PRIMARY KEY, review TEXT NOT NULL, what TEXT NOT NULL) STRICT;",
    )?;
    Ok(connection)
}

fn insert(connection: &Connection, id: &str, rating: i64, body: &[u8]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO review (id, rating, body) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute(params![id, rating, body])?;
    let sql = "INSERT INTO event (review, what) VALUES (?1, 'posted')";
    connection.prepare_cached(sql)?.execute([id])?;
    Ok(())
}

fn write(connection: &Connection, mut queue: mpsc::Receiver<Job>) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while queue.blocking_recv_many(&mut group, GROUP_MAX) > 0 {
        let committed = commit(connection, &group).is_ok();
        for job in group.drain(..) {
            // Whoever has hung up needs no answer.
            let _ = job.stored.send(committed);
        }
    }
}

fn commit(connection: &Connection, group: &[Job]) -> rusqlite::Result<()> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for job in group {
        insert(connection, &job.id, job.rating, &job.body)?;
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

/// Puts so many reviews into the file of a folder.
pub(crate) fn fill(folder: &Path, reviews: u64, body: &str) -> Result<()> {
    let connection = open(folder)?;
    let mut random = Random::of(u64::MAX);
    connection.execute_batch("BEGIN")?;
    for _ in 0..reviews {
        let id = format!("{:016x}", random.next());
        insert(&connection, &id, 5, body.as_bytes())?;
    }
    connection.execute_batch("COMMIT")?;
    connection.close().map_err(|(_, error)| error).context("closing the bare path's file")
}

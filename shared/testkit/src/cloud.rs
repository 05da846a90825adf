//! What stands in for AWS: one ministack a test's process, on a free port of loopback.
//!
//! Each caller gets an account of its own, so tests beside each other do not meet. The server ends
//! with the process that started it, however that ends: it watches a pipe that closes then.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

mod house;

pub use house::{Deployed, House, Programs, template};

/// Runs the server until standard input ends.
const SERVE: &str = include_str!("cloud/serve.py");

/// What the server says once it listens.
const LISTENS: &str = "Running on http://";
/// A port that was free may be taken by another before the server has it.
const PORTS_TRIED: usize = 5;

/// An account of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Where the server listens: `http://127.0.0.1:4566`.
    pub endpoint: String,
    /// Twelve digits: the account's id, which ministack takes as an access key.
    pub access_key: String,
}

/// A new account. The first call of a process starts the server.
///
/// It stops the test if the server is not installed: a test that passes without it proves nothing.
pub fn account() -> Account {
    static SERVER: OnceLock<(String, Child)> = OnceLock::new();
    static ACCOUNTS: AtomicU64 = AtomicU64::new(1);
    let (endpoint, _) = SERVER.get_or_init(|| start(Start::default()));
    let n = ACCOUNTS.fetch_add(1, Ordering::Relaxed);
    Account { endpoint: endpoint.clone(), access_key: format!("{n:012}") }
}

/// A new account, on a server of its own that hands every message it takes over to a mail server.
pub fn relaying(to: SocketAddr) -> Account {
    static SERVERS: Mutex<Vec<Child>> = Mutex::new(Vec::new());
    let (endpoint, server) = start(Start { relay_to: Some(to), enforces: false });
    SERVERS.lock().unwrap().push(server);
    Account { endpoint, access_key: format!("{:012}", 1) }
}

/// How a server is started.
#[derive(Debug, Clone, Copy, Default)]
struct Start {
    /// Where it hands every message that it takes.
    relay_to: Option<SocketAddr>,
    /// Whether roles may do what their policies say, and no more.
    enforces: bool,
}

fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let python = root.join(".tools/ministack/bin/python");
    assert!(
        python.exists(),
        "ministack, which stands in for AWS in tests, is not installed: run ./test tools"
    );
    python
}

fn start(how: Start) -> (String, Child) {
    let mut said = String::new();
    for _ in 0..PORTS_TRIED {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        match start_on(free, how) {
            Ok(server) => return (format!("http://127.0.0.1:{free}"), server),
            Err(why) => said = why,
        }
    }
    unreachable!("ministack does not start: {said}");
}

/// Starts the server and reads what it says until it listens. If it ends before: what it said.
fn start_on(port: u16, how: Start) -> Result<Child, String> {
    let relay_to = how.relay_to.map(|address| ("SMTP_HOST", address.to_string()));
    let enforces = how.enforces.then_some(("AUTH", "true"));
    let mut server = Command::new(python())
        .args(["-u", "-c", SERVE])
        // Its environment would be that of the functions that it runs.
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/nonexistent")
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("IOT_MTLS_ENABLED", "0")
        // The functions that it runs find it by this.
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
        .envs(relay_to)
        .envs(enforces)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut says = BufReader::new(server.stderr.take().unwrap());
    let mut said = String::new();
    loop {
        let from = said.len();
        if says.read_line(&mut said).unwrap() == 0 {
            server.wait().unwrap();
            return Err(said);
        }
        if said[from..].contains(LISTENS) {
            break;
        }
    }
    // What it says later is read too: a full pipe would stop it.
    std::thread::spawn(move || std::io::copy(&mut says, &mut std::io::sink()));
    Ok(server)
}

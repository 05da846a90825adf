//! The server itself: a listener and its sessions.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

use crate::fault::Fault;
use crate::received::Received;
use crate::session;
use crate::shared::{Shared, TooFew};

/// A user and a password that the sink asks for. Test values: they are compared in variable time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password.
    pub password: String,
}

/// How a sink behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether messages are kept in memory; if not they are only counted, which is what a load
    /// bench wants. Subscribers get them all the same.
    pub keep: bool,
    /// Largest message, in bytes after the stuffed dots are gone.
    pub size_max: usize,
    /// Who must sign in before it may send; anybody may where there is none.
    pub credentials: Option<Credentials>,
    /// The AUTH mechanisms offered where there are credentials: any of `PLAIN` and `LOGIN`.
    pub mechanisms: &'static str,
}

impl Default for Options {
    /// Keeps everything, takes 10 MiB a message, and asks for no credentials.
    fn default() -> Self {
        Self { keep: true, size_max: 10 << 20, credentials: None, mechanisms: "PLAIN LOGIN" }
    }
}

/// An SMTP server that keeps what it is given, until it is dropped.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
/// use vigie_smtp_sink::Sink;
///
/// let sink = Sink::start("127.0.0.1:0".parse().unwrap()).unwrap();
/// let mut client = tokio::net::TcpStream::connect(sink.addr()).await.unwrap();
/// client
///     .write_all(
///         b"EHLO me.example\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\nDATA\r\n\
///           Subject: =?utf-8?Q?D=C3=A9j=C3=A0?=\r\n\r\nBonjour\r\n.\r\nQUIT\r\n",
///     )
///     .await
///     .unwrap();
/// let mut said = String::new();
/// client.read_to_string(&mut said).await.unwrap();
/// assert_eq!(sink.count(), 1);
/// assert_eq!(sink.messages()[0].header("subject").as_deref(), Some("Déjà"));
/// # });
/// ```
pub struct Sink {
    addr: SocketAddr,
    shared: Arc<Shared>,
    running: Mutex<Option<JoinHandle<()>>>,
}

impl Sink {
    /// Starts a sink with the default options. Port 0 takes a free one, which [`Sink::addr`] tells.
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    pub fn start(addr: SocketAddr) -> io::Result<Self> {
        Self::start_with(addr, Options::default())
    }

    /// Starts a sink with the given options, within a tokio runtime.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    pub fn start_with(addr: SocketAddr, options: Options) -> io::Result<Self> {
        let listener = listen(addr)?;
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared::new(options));
        let running = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { addr, shared, running: Mutex::new(Some(running)) })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The messages kept so far, in the order in which they were taken.
    pub fn messages(&self) -> Vec<Arc<Received>> {
        self.shared.messages()
    }

    /// How many messages were taken so far, kept or not.
    pub fn count(&self) -> usize {
        *self.shared.counter().borrow()
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Waits until at least `wanted` messages were taken.
    ///
    /// # Errors
    /// [`TooFew`] where they were not within `within`.
    pub async fn wait_for(&self, wanted: usize, within: Duration) -> Result<(), TooFew> {
        let mut counter = self.shared.counter();
        let reached = counter.wait_for(|count| *count >= wanted);
        match tokio::time::timeout(within, reached).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(TooFew { wanted, got: self.count() }),
        }
    }

    /// Every message taken from now on, as it comes.
    pub fn subscribe(&self) -> mpsc::UnboundedReceiver<Arc<Received>> {
        self.shared.subscribe()
    }

    /// Adds a misbehaviour to those in force.
    pub fn inject(&self, fault: Fault) {
        self.shared.inject(fault);
    }

    /// Ends every misbehaviour. Sessions that hang go on hanging.
    pub fn heal(&self) {
        self.shared.heal();
    }

    /// Stops listening and drops every connection; from then on connections are refused. What was
    /// kept stays. Returns when all of it is closed.
    pub async fn stop(&self) {
        let running = self.swap(None);
        if let Some(running) = running {
            running.abort();
            // The outcome is the cancellation that was just asked for.
            let _ = running.await;
        }
    }

    /// Listens again, on the same port; does nothing where it does already.
    ///
    /// # Errors
    /// Where the port was taken by somebody else meanwhile.
    pub fn restart(&self) -> io::Result<()> {
        let running = self.swap(None);
        let running = match running {
            Some(running) => running,
            None => tokio::spawn(accept(listen(self.addr)?, Arc::clone(&self.shared))),
        };
        self.swap(Some(running));
        Ok(())
    }

    fn swap(&self, new: Option<JoinHandle<()>>) -> Option<JoinHandle<()>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *running, new)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(running) = self.swap(None) {
            running.abort();
        }
    }
}

/// Binds at once, so that [`Sink::start`] needs no await; on Unix the standard library allows an
/// address whose last connections are still closing.
fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(addr)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Accepts until it is aborted, and its sessions with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut sessions = JoinSet::new();
    loop {
        let accepted = listener.accept().await;
        while sessions.try_join_next().is_some() {}
        if let Ok((stream, _)) = accepted {
            sessions.spawn(session::run(stream, Arc::clone(&shared)));
        } else {
            // Out of file descriptors, or gone before it was accepted: a session that ends helps.
            sessions.join_next().await;
            tokio::task::yield_now().await;
        }
    }
}

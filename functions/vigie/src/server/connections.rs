//! Connections: accepted, served, and not kept for ever.
//!
//! `axum::serve` has no time limit for a request's head: whoever opens connections and sends
//! nothing would hold them until there are none left.

use std::net::IpAddr;
use std::time::Duration;

use axum::Router;
use axum::serve::{Listener as _, ListenerExt as _};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use super::loops::{Stop, stopped};

/// How long a request's head may take to arrive, and how long a kept connection may be idle: as
/// long as a body may take.
pub(crate) const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long open requests may take to end when the process stops.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);

/// The other end of a connection: a proxy, or whoever asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Serves HTTP until `stop`; then open requests end, and idle connections are closed.
pub(crate) async fn http(listener: TcpListener, router: Router, stop: Stop) {
    serve(listener, router, stop, HEAD_WITHIN).await;
}

/// The same, with a patience of one's own.
async fn serve(listener: TcpListener, router: Router, mut stop: Stop, head_within: Duration) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head_within);
    // Answers are one small write: waiting to fill a packet only delays them.
    let mut listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let open = GracefulShutdown::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = stopped(&mut stop) => break,
            accepted = listener.accept() => accepted,
        };
        let (peer, router) = (Peer(peer.ip().to_canonical()), router.clone());
        let service = service_fn(move |mut request: http::Request<Incoming>| {
            request.extensions_mut().insert(peer);
            router.clone().oneshot(request)
        });
        let connection = open.watch(builder.serve_connection(TokioIo::new(stream), service));
        // An error here is a peer that broke off, sent what is no HTTP, or was too slow.
        tokio::spawn(async move { drop(connection.await) });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN_WITHIN, open.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests open");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::any;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::watch;
    use tokio::task::JoinHandle;
    use tokio::time::{Instant, timeout};

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(300);
    /// Much longer than the patience, on a machine that does much else.
    const SOON: Duration = Duration::from_secs(20);

    struct Served {
        address: std::net::SocketAddr,
        stop: watch::Sender<bool>,
        task: JoinHandle<()>,
    }

    async fn served(head_within: Duration) -> Served {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let router = Router::new().route(
            "/",
            any(|request: axum::extract::Request| async move {
                let peer = request.extensions().get::<Peer>().map(|peer| peer.0.to_string());
                let body = axum::body::to_bytes(request.into_body(), 99).await.unwrap();
                format!("{} {}", peer.unwrap_or_default(), body.len())
            }),
        );
        let task = tokio::spawn(serve(listener, router, stopped, head_within));
        Served { address, stop, task }
    }

    async fn connect(served: &Served, first: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(first).await.unwrap();
        stream
    }

    async fn rest(stream: &mut TcpStream) -> String {
        let mut told = Vec::new();
        timeout(SOON, stream.read_to_end(&mut told)).await.expect("it is closed").unwrap();
        String::from_utf8(told).unwrap()
    }

    #[tokio::test]
    async fn half_a_head_silence_and_an_idle_connection_are_closed_in_time() {
        let served = served(PATIENCE).await;
        let whole = b"GET / HTTP/1.1\r\nHost: vigie.example\r\n\r\n";
        for (first, answers) in [(&whole[..20], 0), (b"", 0), (whole, 1)] {
            let begin = Instant::now();
            let told = rest(&mut connect(&served, first).await).await;
            assert_eq!(told.matches("HTTP/1.1 200 OK").count(), answers, "{told}");
            assert!(begin.elapsed() >= PATIENCE, "{:?}: {first:?}", begin.elapsed());
        }
    }

    #[tokio::test]
    async fn a_head_that_comes_in_drops_buys_no_time() {
        let served = served(PATIENCE).await;
        let mut stream = connect(&served, b"GET / HTTP/1.1\r\n").await;
        let drip = async {
            let mut ticks = tokio::time::interval(PATIENCE / 10);
            loop {
                ticks.tick().await;
                if stream.write_all(b"a: b\r\n").await.is_err() {
                    break;
                }
            }
        };
        timeout(SOON, drip).await.expect("it is closed while it drips");
    }

    #[tokio::test]
    async fn the_limit_is_for_heads_and_not_for_bodies() {
        let served = served(PATIENCE).await;
        let head = b"POST / HTTP/1.1\r\nHost: vigie.example\r\nContent-Length: 2\r\nConnection: close\r\n\r\na";
        let mut stream = connect(&served, head).await;
        let more = timeout(PATIENCE * 3, stream.read_u8()).await;
        assert!(more.is_err(), "neither answered nor closed: {more:?}");
        stream.write_all(b"b").await.unwrap();
        let told = rest(&mut stream).await;
        assert!(told.ends_with("\r\n\r\n127.0.0.1 2"), "{told}");
    }

    #[tokio::test]
    async fn a_stop_ends_what_is_open_and_closes_what_is_idle() {
        let Served { address, stop, task } = served(SOON).await;
        let whole = b"GET / HTTP/1.1\r\nHost: vigie.example\r\n\r\n";
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(whole).await.unwrap();
        let mut start = [0; 15];
        idle.read_exact(&mut start).await.unwrap();
        let mut open = TcpStream::connect(address).await.unwrap();
        open.write_all(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n",
        )
        .await
        .unwrap();
        // Its handler runs: it asks for the body.
        let mut asked = [0; 12];
        open.read_exact(&mut asked).await.unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100");
        stop.send(true).unwrap();
        assert!(rest(&mut idle).await.ends_with("127.0.0.1 0"));
        open.write_all(b"x").await.unwrap();
        assert!(rest(&mut open).await.ends_with("127.0.0.1 1"));
        timeout(SOON, task).await.expect("it ends").unwrap();
    }
}

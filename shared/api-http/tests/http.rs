//! The way to APIs, against servers that behave as some do on a bad day.

#![expect(clippy::unwrap_used, reason = "a test stops where it finds a fault")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use vigie_api_http::HttpApi;
use vigie_ports::{Api as _, Call, CallError, FailureClass, Reply};

/// A server that answers each connection with these bytes, or with none; and what it is asked.
async fn server(
    answer: &'static [u8],
) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (tell, asked) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = vec![0; 4096];
            let read = stream.read(&mut bytes).await.unwrap_or(0);
            bytes.truncate(read);
            let _ = tell.send(String::from_utf8_lossy(&bytes).into_owned());
            let _ = stream.write_all(answer).await;
            // One that has nothing to say hangs.
            open.extend(answer.is_empty().then_some(stream));
        }
    });
    (addr, asked)
}

async fn ask(addr: SocketAddr, call: impl FnOnce(Call) -> Call) -> Result<Reply, CallError> {
    let authorization = Some("Bearer an-invented-secret".into());
    let call = call(Call { authorization, ..Call::get(format!("http://{addr}/reviews?of=lumen")) });
    HttpApi::default().ask(&call).await
}

#[tokio::test]
async fn an_answer_comes_with_what_it_says_of_time() {
    let (addr, mut asked) = server(
        b"HTTP/1.1 429 Slow\r\nretry-after: 30\r\ncache-control: max-age=7\r\n\
          content-length: 2\r\n\r\n{}",
    )
    .await;
    let reply = ask(addr, |call| call).await.unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (429, &b"{}"[..]));
    assert_eq!(reply.retry_after, Some(Duration::from_secs(30)));
    assert_eq!(reply.max_age, Some(Duration::from_secs(7)));
    let asked = asked.recv().await.unwrap().to_lowercase();
    assert!(asked.starts_with("get /reviews?of=lumen http/1.1"), "{asked}");
    assert!(asked.contains("authorization: bearer an-invented-secret"), "{asked}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (other, mut stolen) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let answer =
        format!("HTTP/1.1 302 Found\r\nlocation: http://{other}/\r\ncontent-length: 0\r\n\r\n");
    let (addr, _asked) = server(answer.leak().as_bytes()).await;
    assert_eq!(ask(addr, |call| call).await.unwrap().status, 302);
    assert!(stolen.try_recv().is_err(), "the secret went elsewhere");
}

#[tokio::test]
async fn who_hangs_is_left_alone_after_the_time_given() {
    let (addr, _asked) = server(b"").await;
    let within = Duration::from_millis(50);
    let error = ask(addr, |call| Call { within, ..call }).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Backoff);
    assert_eq!(error.reason, "127.0.0.1: no answer within 50ms");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_it() {
    let answer = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &[b'x'; 9000]].concat();
    let (addr, _asked) = server(answer.leak()).await;
    let error = ask(addr, |call| Call { bytes_max: 8192, ..call }).await.unwrap_err();
    assert_eq!(error.reason, "127.0.0.1: more than 8192 bytes");
}

#[tokio::test]
async fn what_is_told_of_a_failure_holds_no_address_beyond_the_host_and_no_secret() {
    let (addr, _asked) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{").await;
    let error = ask(addr, |call| call).await.unwrap_err();
    assert_eq!(error.reason, "127.0.0.1: the answer broke off");
    let unfit = Some("Bearer \n".into());
    let error = ask(addr, |call| Call { authorization: unfit, ..call }).await.unwrap_err();
    assert_eq!(error.class, FailureClass::DisableEndpoint);
    assert_eq!(error.reason, "the api secret holds what no header can");
}

//! What comes out at the other home is what came in.

// A test's helper may stop the test: that is how it fails.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use vigie_relay::Relay;
use vigie_web::RequestId;

type Seen = Arc<Mutex<Vec<(Request<()>, Bytes)>>>;

/// A home that says 503 so many times, and then yes.
async fn home(busy: usize) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let seen = Seen::default();
    let known = seen.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let seen = known.clone();
            let answer = service_fn(move |request: Request<Incoming>| {
                let seen = seen.clone();
                async move {
                    let (parts, body) = request.into_parts();
                    let body = body.collect().await.unwrap().to_bytes();
                    let mut seen = seen.lock().unwrap();
                    seen.push((Request::from_parts(parts, ()), body));
                    let is_busy = seen.len() <= busy;
                    let answer = Response::builder()
                        .status(if is_busy {
                            StatusCode::SERVICE_UNAVAILABLE
                        } else {
                            StatusCode::OK
                        })
                        .header("vigie-request", "theirs")
                        .body(Full::new(Bytes::from_static(br#"{"home":"open"}"#)));
                    Ok::<_, Infallible>(answer.unwrap())
                }
            });
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), answer),
            );
        }
    });
    (address, seen)
}

fn id() -> RequestId {
    RequestId("0a1b".to_owned())
}

#[tokio::test]
async fn path_query_headers_and_bytes_stay_as_they_came() {
    let (address, seen) = home(0).await;
    let body = Bytes::from_static(b" {\"a\" :\t1}\n\xff");
    let request = Request::post("/hooks/shop/tok%20en?a=1&b=%2F")
        .header("host", "reviews.example")
        .header("connection", "keep-alive")
        .header("content-length", "12")
        .header("webhook-signature", "v1,abc v1,def")
        .header("webhook-signature", "v1,second")
        .header("content-type", "application/json; charset=utf-8");
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let answer = Relay::default().hand(&address, &parts, body.clone(), &id()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.body().as_ref(), br#"{"home":"open"}"#);
    let seen = seen.lock().unwrap();
    let (there, bytes) = &seen[0];
    assert_eq!(there.uri().path_and_query().unwrap(), "/hooks/shop/tok%20en?a=1&b=%2F");
    assert_eq!(*bytes, body);
    let signatures: Vec<_> = there.headers().get_all("webhook-signature").iter().collect();
    assert_eq!(signatures, ["v1,abc v1,def", "v1,second"]);
    assert_eq!(there.headers()["content-type"], "application/json; charset=utf-8");
    assert_ne!(there.headers()["host"], "reviews.example");
    assert_eq!(there.headers()["vigie-relayed"], "1");
}

#[tokio::test]
async fn a_home_that_is_not_ready_yet_is_asked_again() {
    let (address, seen) = home(2).await;
    let (parts, ()) = Request::post("/hooks/shop").body(()).unwrap().into_parts();
    let answer = Relay::default().hand(&address, &parts, Bytes::new(), &id()).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(seen.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn what_was_handed_on_once_is_not_handed_on_again() {
    let (address, seen) = home(0).await;
    let request = Request::post("/hooks/shop").header("vigie-relayed", "1");
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let answer = Relay::default().hand(&address, &parts, Bytes::new(), &id()).await;
    assert_eq!(answer.status(), 503);
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_home_says_where_it_stands_and_nobody_says_nothing() {
    let (address, _) = home(0).await;
    assert_eq!(Relay::default().standing_of(&address).await.as_deref(), Some("open"));
    assert_eq!(Relay::default().standing_of("http://127.0.0.1:9").await, None);
}

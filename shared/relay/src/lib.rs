//! Hands requests on to the home that Vigie moved to, bytes and headers unchanged, until platforms
//! and links know that home's own address.
//!
//! A signature covers bytes, so a webhook verifies there as it would have here. While the move goes
//! on the other home answers 503 for a moment: what is asked then is asked again before its sender
//! hears of it.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use reqwest::redirect::Policy;
use serde::Deserialize;
use tokio::time::Instant;
use vigie_web::answer::problem;
use vigie_web::{Answer, Code, RequestId};

/// Says that a request was handed on once: no home hands it on again.
const RELAYED: HeaderName = HeaderName::from_static("vigie-relayed");
/// How long the other home may take to answer. Platforms wait for five seconds at least.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// How long it is asked again while it says that it is not ready.
const PATIENCE: Duration = Duration::from_secs(4);
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(200);
/// Headers that are about one connection (RFC 9110, 7.6.1), or that the next request makes anew.
const OF_A_CONNECTION: [HeaderName; 9] = [
    CONNECTION,
    HOST,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("te"),
    HeaderName::from_static("trailer"),
    HeaderName::from_static("upgrade"),
    HeaderName::from_static("proxy-connection"),
];

/// Hands requests on. Its connections are made when it is first needed.
#[derive(Debug, Default)]
pub struct Relay {
    client: OnceLock<reqwest::Client>,
}

#[derive(Deserialize)]
struct Health {
    home: Option<String>,
}

impl Relay {
    /// Hands a request on to the home at an address, and gives its answer. One that was handed on
    /// before, or that the other home has no answer for, is answered with 503: its sender tries
    /// again.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let (parts, ()) = http::Request::post("/hooks/shop").body(()).unwrap().into_parts();
    /// let id = vigie_web::RequestId("0a1b".to_owned());
    /// let nobody = "http://127.0.0.1:9"; // nothing listens there
    /// let answer = vigie_relay::Relay::default().hand(nobody, &parts, "{}".into(), &id).await;
    /// assert_eq!(answer.status(), 503);
    /// # });
    /// ```
    pub async fn hand(&self, to: &str, parts: &Parts, body: Bytes, id: &RequestId) -> Answer {
        if parts.headers.contains_key(RELAYED) {
            tracing::error!(
                request.id = %id.0,
                to,
                "a request comes back: each home hands on to the other; look at the addresses"
            );
            return problem(Code::StoreUnavailable, id, None);
        }
        let until = Instant::now() + PATIENCE;
        loop {
            match self.ask(to, parts, body.clone()).await {
                Ok(answer) if answer.status() != StatusCode::SERVICE_UNAVAILABLE => return answer,
                Ok(answer) if Instant::now() >= until => return answer,
                Ok(_) => tokio::time::sleep(PAUSE).await,
                Err(error) => {
                    let error = error.without_url();
                    tracing::error!(request.id = %id.0, to, %error, "the other home is not there");
                    return problem(Code::StoreUnavailable, id, None);
                }
            }
        }
    }

    async fn ask(&self, to: &str, parts: &Parts, body: Bytes) -> reqwest::Result<Answer> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("{}{path}", to.trim_end_matches('/'));
        let mut headers = of_the_message(&parts.headers);
        headers.insert(RELAYED, HeaderValue::from_static("1"));
        let asked = self.client().request(parts.method.clone(), url).headers(headers).body(body);
        let told = asked.send().await?;
        let (status, headers) = (told.status(), of_the_message(told.headers()));
        let mut answer = Answer::new(told.bytes().await?);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// Where the home at an address stands, as it says itself; `None`: it does not say.
    pub async fn standing_of(&self, address: &str) -> Option<String> {
        let url = format!("{}/healthz", address.trim_end_matches('/'));
        let told = self.client().get(url).send().await.ok()?.bytes().await.ok()?;
        serde_json::from_slice::<Health>(&told).ok()?.home
    }

    fn client(&self) -> &reqwest::Client {
        self.client.get_or_init(|| {
            let client = reqwest::Client::builder().timeout(ANSWER_WITHIN).redirect(Policy::none());
            // Only a machine without any trusted certificate refuses; it has a plain client then,
            // which says so with each request.
            client.build().unwrap_or_default()
        })
    }
}

fn of_the_message(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    for name in OF_A_CONNECTION {
        kept.remove(name);
    }
    kept
}

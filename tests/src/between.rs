//! A proxy between a function and AWS: it passes calls on, and does with some what a test says.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, Uri};

/// A call as it came.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is asked for: `PutItem`, `SendRawEmail`.
    pub operation: String,
    /// Its body.
    pub body: String,
}

/// What becomes of a call.
#[derive(Debug, Clone)]
pub enum Fate {
    /// It is passed on.
    Pass,
    /// It is refused and not passed on: with a status, a type and a body.
    Refuse(u16, &'static str, String),
    /// It is never answered, nor passed on.
    Silence,
    /// It is passed on, and never answered.
    LostAnswer,
}

impl Fate {
    /// As DynamoDB, SQS and Parameter Store refuse.
    pub fn json(code: &str, message: &str) -> Self {
        let body =
            serde_json::json!({"__type": format!("com.amazonaws#{code}"), "message": message});
        Self::Refuse(400, "application/x-amz-json-1.0", body.to_string())
    }

    /// As SES refuses.
    pub fn xml(code: &str, message: &str) -> Self {
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{message}</Message></Error></ErrorResponse>"
        );
        Self::Refuse(400, "text/xml", body)
    }
}

type Rule = Box<dyn FnMut(&Call) -> Fate + Send>;

/// The proxy. It ends with its runtime.
pub struct Between {
    /// Where it listens: `http://127.0.0.1:1`.
    pub endpoint: String,
    rule: Arc<Mutex<Rule>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Between {
    /// A proxy before an endpoint, which passes everything on.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start(endpoint: &str) -> Result<Self> {
        let rule: Arc<Mutex<Rule>> = Arc::new(Mutex::new(Box::new(|_| Fate::Pass)));
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let here = format!("http://{}", listener.local_addr()?);
        let client = reqwest::Client::builder().no_proxy().build()?;
        let to = Arc::new((endpoint.to_owned(), client, rule.clone(), seen.clone()));
        let pass = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let to = to.clone();
            async move {
                let (endpoint, client, rule, seen) = &*to;
                let call = Call {
                    operation: operation(&headers, &body),
                    body: String::from_utf8_lossy(&body).into_owned(),
                };
                locked(seen).push(call.operation.clone());
                let fate = (locked(rule))(&call);
                let url = format!("{endpoint}{uri}");
                let sent = client.request(method, url).headers(headers).body(body);
                answer(fate, sent).await
            }
        };
        let router = Router::new().fallback(pass);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { endpoint: here, rule, seen })
    }

    /// From now on, this says what becomes of each call.
    pub fn rule(&self, rule: impl FnMut(&Call) -> Fate + Send + 'static) {
        *locked(&self.rule) = Box::new(rule);
    }

    /// The operations of the calls so far, in order.
    pub fn seen(&self) -> Vec<String> {
        locked(&self.seen).clone()
    }
}

fn locked<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In a header, or for SES in the form.
fn operation(headers: &HeaderMap, body: &[u8]) -> String {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    if let Some((_, operation)) = target.and_then(|target| target.rsplit_once('.')) {
        return operation.to_owned();
    }
    let form = String::from_utf8_lossy(body);
    let action = form.split('&').find_map(|field| field.strip_prefix("Action="));
    action.unwrap_or_default().to_owned()
}

async fn answer(fate: Fate, sent: reqwest::RequestBuilder) -> Response {
    match fate {
        Fate::Pass => passed(sent).await.unwrap_or_else(|error| {
            let body = Body::from(format!("{error:#}"));
            plain(StatusCode::BAD_GATEWAY, "text/plain", body)
        }),
        Fate::Refuse(status, kind, body) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            plain(status, kind, Body::from(body))
        }
        Fate::Silence => std::future::pending().await,
        Fate::LostAnswer => {
            let _ = passed(sent).await;
            std::future::pending().await
        }
    }
}

fn plain(status: StatusCode, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        kind.parse().unwrap_or_else(|_| http::HeaderValue::from_static("text/plain")),
    );
    response
}

async fn passed(sent: reqwest::RequestBuilder) -> Result<Response> {
    let got = sent.send().await.context("the other side does not answer")?;
    let (status, headers) = (got.status(), got.headers().clone());
    let mut response = Response::new(Body::from(got.bytes().await?));
    *response.status_mut() = status;
    for (name, value) in &headers {
        if name != http::header::TRANSFER_ENCODING && name != http::header::CONTENT_LENGTH {
            response.headers_mut().append(name, value.clone());
        }
    }
    Ok(response)
}

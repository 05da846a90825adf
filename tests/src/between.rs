//! A proxy between a function and AWS: it passes calls on, does with some what a test says, and can
//! count what they cost.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::Value;

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

/// What a call cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Spent {
    /// What was asked for.
    pub operation: String,
    /// Bytes of the answer's body.
    pub got: usize,
    /// Read units of DynamoDB, the table's and its indexes' together.
    pub reads: f64,
    /// Write units, likewise.
    pub writes: f64,
    /// Of these units, those of indexes.
    pub indexes: f64,
}

/// What the proxy and its server share.
struct Shared {
    endpoint: String,
    client: reqwest::Client,
    rule: Mutex<Rule>,
    seen: Mutex<Vec<String>>,
    meters: AtomicBool,
    spent: Mutex<Vec<Spent>>,
}

/// The proxy. It ends with its runtime.
pub struct Between {
    /// Where it listens: `http://127.0.0.1:1`.
    pub endpoint: String,
    shared: Arc<Shared>,
}

impl Between {
    /// A proxy before an endpoint, which passes everything on.
    ///
    /// # Errors
    /// There is no port.
    pub async fn start(endpoint: &str) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let here = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            endpoint: endpoint.to_owned(),
            client: reqwest::Client::builder().no_proxy().build()?,
            rule: Mutex::new(Box::new(|_| Fate::Pass)),
            seen: Mutex::default(),
            meters: AtomicBool::new(false),
            spent: Mutex::default(),
        });
        let serving = shared.clone();
        let pass = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let shared = serving.clone();
            async move { shared.pass(method, &uri, headers, body).await }
        };
        let router = Router::new().fallback(pass);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { endpoint: here, shared })
    }

    /// From now on, this says what becomes of each call.
    pub fn rule(&self, rule: impl FnMut(&Call) -> Fate + Send + 'static) {
        *locked(&self.shared.rule) = Box::new(rule);
    }

    /// The operations of the calls so far, in order.
    pub fn seen(&self) -> Vec<String> {
        locked(&self.shared.seen).clone()
    }

    /// From now on, DynamoDB is asked with each call what it cost.
    pub fn meter(&self) {
        self.shared.meters.store(true, Ordering::Relaxed);
    }

    /// What calls cost since this was last asked.
    pub fn spent(&self) -> Vec<Spent> {
        std::mem::take(&mut *locked(&self.shared.spent))
    }
}

impl Shared {
    async fn pass(
        &self,
        method: Method,
        uri: &Uri,
        mut headers: HeaderMap,
        mut body: Bytes,
    ) -> Response {
        let operation = operation(&headers, &body);
        let text = String::from_utf8_lossy(&body).into_owned();
        let call = Call { operation: operation.clone(), body: text };
        locked(&self.seen).push(operation.clone());
        let fate = (locked(&self.rule))(&call);
        let meters = self.meters.load(Ordering::Relaxed);
        if meters && is_dynamodb(&headers) {
            body = asking_units(&body);
            headers.remove(http::header::CONTENT_LENGTH);
        }
        let url = format!("{}{uri}", self.endpoint);
        let sent = self.client.request(method, url).headers(headers).body(body);
        match fate {
            Fate::Pass => match passed(sent).await {
                Ok((response, got)) => {
                    if meters {
                        let refused = !response.status().is_success();
                        locked(&self.spent).push(spent(operation, refused, &got));
                    }
                    response
                }
                Err(error) => {
                    let body = Body::from(format!("{error:#}"));
                    plain(StatusCode::BAD_GATEWAY, "text/plain", body)
                }
            },
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
}

fn is_dynamodb(headers: &HeaderMap) -> bool {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    target.is_some_and(|target| target.starts_with("DynamoDB"))
}

/// The call, with the question what it cost. What stands in for AWS does not check signatures.
fn asking_units(body: &Bytes) -> Bytes {
    let mut call: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(call) = call.as_object_mut() {
        call.insert("ReturnConsumedCapacity".to_owned(), "INDEXES".into());
    }
    Bytes::from(call.to_string())
}

/// What an answer says of its cost. A refused write is billed as a write of the item that it met:
/// of one unit, for reviews of up to 1 KB. Of a batch the emulator says nothing: it is a unit an
/// item of up to 4 KB.
fn spent(operation: String, refused: bool, body: &Bytes) -> Spent {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let consumed: Vec<&Value> = match answer.get("ConsumedCapacity") {
        Some(Value::Array(several)) => several.iter().collect(),
        one => one.into_iter().collect(),
    };
    let units = |of: &Value| of.get("CapacityUnits").and_then(Value::as_f64).unwrap_or_default();
    let total: f64 = consumed.iter().copied().map(units).sum();
    let indexes = consumed.iter().filter_map(|one| one.get("GlobalSecondaryIndexes")?.as_object());
    let indexes: f64 = indexes.flat_map(|indexes| indexes.values()).map(units).sum();
    let items = answer.get("Responses").and_then(Value::as_object);
    let items = items.into_iter().flat_map(|tables| tables.values());
    let items: usize = items.filter_map(Value::as_array).map(Vec::len).sum();
    let is_read = ["GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"]
        .contains(&operation.as_str());
    let is_write = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];
    let mut spent = Spent { operation, got: body.len(), reads: 0.0, writes: 0.0, indexes };
    if is_read {
        spent.reads = if items > 0 { items as f64 } else { total };
    } else if is_write.contains(&spent.operation.as_str()) {
        spent.writes = if refused { 1.0 } else { total };
    }
    spent
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

fn plain(status: StatusCode, kind: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        kind.parse().unwrap_or_else(|_| http::HeaderValue::from_static("text/plain")),
    );
    response
}

/// Sends it on; gives the answer, and its body once more.
async fn passed(sent: reqwest::RequestBuilder) -> Result<(Response, Bytes)> {
    let got = sent.send().await.context("the other side does not answer")?;
    let (status, headers, body) = (got.status(), got.headers().clone(), got.bytes().await?);
    let mut response = Response::new(Body::from(body.clone()));
    *response.status_mut() = status;
    for (name, value) in &headers {
        if name != http::header::TRANSFER_ENCODING && name != http::header::CONTENT_LENGTH {
            response.headers_mut().append(name, value.clone());
        }
    }
    Ok((response, body))
}

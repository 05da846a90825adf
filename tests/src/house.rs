//! A house on AWS without a template: a table, two queues, a sender, a secret. Functions are
//! processes of their own in it, and what is sent to AWS goes through a proxy.

use crate::between::Between;
use crate::platform::{now, posted, secret_of, signed};
use crate::runtime::{Answer, Function, program};
use std::sync::Arc;

use anyhow::{Context, Result};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ssm::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_ssm::types::ParameterType;
use http::HeaderMap;
use serde_json::{Value, json};
use vigie_domain::notice::NoticeId;
use vigie_domain::{Brand, ReviewKey, SecretRef};
use vigie_ports::queue::{from_text, to_text};
use vigie_ports::{Due, Store as _};
use vigie_smtp_sink::Sink;
use vigie_store_dynamodb::{DynamoStore, FunctionSettings, Kept, Named, table};
use vigie_testkit::cloud::{self, Account};

/// The table's name.
pub const TABLE: &str = "vigie";
/// The source that webhooks come to.
pub const SOURCE: &str = "lumen-site";
/// Where the source's secret lies.
pub const SECRET: &str = "/vigie/lumen-site";
const REGION: &str = "eu-west-3";

/// A house, and what stands between it and AWS.
pub struct House {
    /// The account.
    pub account: Account,
    /// Where mail ends.
    pub sink: Sink,
    /// What functions take for AWS.
    pub between: Between,
    /// The table, without the proxy.
    pub store: Arc<DynamoStore>,
    /// The account for other clients, without the proxy.
    pub shared: SdkConfig,
    raise: String,
    deliver: String,
}

fn shared(account: &Account) -> SdkConfig {
    let key = Credentials::new(&account.access_key, "x", None, None, "tests");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(&account.endpoint)
        .credentials_provider(SharedCredentialsProvider::new(key))
        .build()
}

/// The sample brand, whose source has its secret in Parameter Store.
pub fn brand() -> Brand {
    let mut brand = Brand::sample();
    for source in &mut brand.sources {
        "generic-hmac".clone_into(&mut source.platform);
        source.secrets = vec![SecretRef::Ssm(SECRET.to_owned())];
    }
    brand
}

fn settings() -> FunctionSettings {
    FunctionSettings {
        public_url: "http://vigie.example".to_owned(),
        from: Named { name: "Sara".to_owned(), address: "sara@vigie.example".to_owned() },
        reply_to: None,
        operator: vec!["ops@agency.example".to_owned()],
        retention: Kept::default(),
    }
}

impl House {
    /// Builds one, with the sample brand in force.
    ///
    /// # Errors
    /// Something of it cannot be made.
    pub async fn new() -> Result<Self> {
        let sink = Sink::start((std::net::Ipv4Addr::LOCALHOST, 0).into())?;
        let account = cloud::relaying(sink.addr());
        let shared = shared(&account);
        let client = vigie_store_dynamodb::client(&shared);
        table::create(&client, TABLE).await?;
        let store = Arc::new(DynamoStore::open(client, TABLE, [9; 32]).await?);
        store.put_settings(&[(FunctionSettings::NAME.to_owned(), settings().to_text()?)]).await?;
        store.apply(vec![brand()], now()).await?;
        let sqs = aws_sdk_sqs::Client::new(&shared);
        let queue = async |name: &str| {
            let made = sqs.create_queue().queue_name(name).send().await?;
            made.queue_url.context("a queue without an address")
        };
        let (raise, deliver) = (queue("raise").await?, queue("deliver").await?);
        let ses = aws_sdk_ses::Client::new(&shared);
        ses.verify_email_identity().email_address("sara@vigie.example").send().await?;
        let between = Between::start(&account.endpoint).await?;
        let house = Self { account, sink, between, store, shared, raise, deliver };
        house.put_secret(&secret_of(SOURCE)?).await?;
        Ok(house)
    }

    /// Waits until so many mails have come, and holds that there are no more. SES takes a message
    /// and hands it on a little later.
    ///
    /// # Errors
    /// There are fewer, or more.
    pub async fn mails(&self, count: usize) -> Result<()> {
        self.sink.wait_for(count, std::time::Duration::from_secs(30)).await?;
        anyhow::ensure!(self.sink.count() == count, "{} mails", self.sink.count());
        Ok(())
    }

    /// Puts the source's secret.
    ///
    /// # Errors
    /// It is refused.
    pub async fn put_secret(&self, value: &str) -> Result<()> {
        let parameters = aws_sdk_ssm::Client::new(&self.shared);
        let asked = parameters.put_parameter().name(SECRET).value(value).overwrite(true);
        asked.r#type(ParameterType::SecureString).send().await?;
        Ok(())
    }

    /// The variables of a function that is deployed here.
    pub fn variables(&self) -> Vec<(&str, &str)> {
        vec![
            ("AWS_ENDPOINT_URL", &self.between.endpoint),
            ("AWS_ACCESS_KEY_ID", &self.account.access_key),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
            ("VIGIE_TABLE", TABLE),
            ("VIGIE_RAISE_QUEUE", &self.raise),
            ("VIGIE_DELIVER_QUEUE", &self.deliver),
        ]
    }

    /// Starts a function.
    ///
    /// # Errors
    /// It does not start.
    pub async fn function(&self, name: &str) -> Result<Function> {
        Function::start(&program(name)?, &self.variables()).await
    }

    /// The work that lies in the queue of a function, taken out.
    ///
    /// # Errors
    /// The queue does not answer, or holds what is no work.
    pub async fn queued(&self, worker: &str) -> Result<Vec<Due>> {
        let sqs = aws_sdk_sqs::Client::new(&self.shared);
        let url = if worker == "raise" { &self.raise } else { &self.deliver };
        let mut found = Vec::new();
        loop {
            let asked = sqs.receive_message().queue_url(url).max_number_of_messages(10);
            let messages = asked.send().await?.messages.unwrap_or_default();
            if messages.is_empty() {
                return Ok(found);
            }
            for message in messages {
                found.push(from_text(message.body().context("no body")?)?);
            }
        }
    }

    /// Records a low review through the port, and decides it by a nudge to `raise`.
    ///
    /// # Errors
    /// It becomes no alert, or more than one.
    pub async fn alerted(&self, id: &str) -> Result<NoticeId> {
        let mut receive = self.function("receive").await?;
        let (status, body) = answer_of(&receive.invoke(&webhook(id, 2)?).await?)?;
        anyhow::ensure!(status == 200, "{body}");
        let mut raise = self.function("raise").await?;
        let event = sqs_event(&[to_text(&Due::Undecided(review(id)))]);
        raise.invoke(&event).await?.done()?;
        let made = self.queued("deliver").await?;
        match made.as_slice() {
            [Due::Notice(id)] => Ok(id.clone()),
            other => anyhow::bail!("not one notice: {other:?}\n{}", raise.log()?),
        }
    }
}

/// The key of a review of the source.
pub fn review(id: &str) -> ReviewKey {
    vigie_testkit::build::key(id)
}

/// A request as the HTTP API hands it to a function (payload version 2.0).
pub fn request(method: &str, path: &str, headers: &HeaderMap, body: &str) -> Value {
    let named = headers.iter().map(|(name, value)| {
        (name.as_str().to_owned(), Value::from(value.to_str().unwrap_or_default()))
    });
    let headers: serde_json::Map<String, Value> = named.collect();
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": headers, "isBase64Encoded": false, "body": body,
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "a.example", "domainPrefix": "a",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1",
                     "sourceIp": "127.0.0.1", "userAgent": "t"},
            "requestId": "r", "routeKey": "$default", "stage": "$default",
            "time": "26/Nov/2026:08:00:00 +0000", "timeEpoch": 1_795_680_000_000_u64,
        },
    })
}

/// A webhook that is signed now.
///
/// # Errors
/// The secret is of no use.
pub fn webhook(id: &str, rating: u8) -> Result<Value> {
    let body = posted(id, rating).to_string();
    let (path, headers) = signed(SOURCE, &secret_of(SOURCE)?, body.as_bytes(), now())?;
    Ok(request("POST", &path, &headers, &body))
}

/// What the HTTP API would answer: status and body.
///
/// # Errors
/// It failed, or its answer has no status.
pub fn answer_of(answer: &Answer) -> Result<(u64, Value)> {
    let answer = answer.clone().done()?;
    let status = answer.get("statusCode").and_then(Value::as_u64);
    let status = status.with_context(|| format!("no status: {answer}"))?;
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    Ok((status, serde_json::from_str(body).unwrap_or_else(|_| Value::from(body))))
}

/// Messages as SQS hands them to a function, with ids `m-0`, `m-1`.
pub fn sqs_event(bodies: &[String]) -> Value {
    let records = bodies.iter().enumerate().map(|(n, body)| {
        json!({
            "messageId": format!("m-{n}"), "receiptHandle": "h", "body": body, "attributes": {},
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-3:1:deliver", "awsRegion": REGION,
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

/// The ids of the messages that the answer says are to come again.
///
/// # Errors
/// It failed, or says nothing of messages.
pub fn failed(answer: &Answer) -> Result<Vec<String>> {
    let answer = answer.clone().done()?;
    let failed = answer.get("batchItemFailures").and_then(Value::as_array).context("no list")?;
    let ids = failed.iter().filter_map(|one| one.get("itemIdentifier")?.as_str());
    Ok(ids.map(str::to_owned).collect())
}

/// Work as messages.
pub fn work(due: &[Due]) -> Value {
    sqs_event(&due.iter().map(to_text).collect::<Vec<_>>())
}

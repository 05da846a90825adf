//! What goes wrong, and whether the message says what to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Builder, ConfigBag, Intercept, Region, RuntimeComponents,
};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use vigie_ports::{Store, StoreError};
use vigie_store_dynamodb::{DynamoStore, limited};
use vigie_testkit::build::{at, key};

use crate::support::{self, TABLE};

/// A server that throttles everybody, and how many it has throttled.
async fn throttler() -> (String, Arc<AtomicUsize>) {
    const BODY: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException",
        "message":"slow down, marker-id"}"#;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut heard = [0; 16 * 1024];
            let _ = stream.read(&mut heard).await;
            let head = format!(
                "HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-amz-json-1.0\r\n\
                 connection: close\r\ncontent-length: {}\r\n\r\n{BODY}",
                BODY.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
        }
    });
    (format!("http://{address}/"), count)
}

/// Sends some attempts elsewhere.
#[derive(Debug)]
struct Astray {
    to: String,
    /// Attempts that go right before.
    after: AtomicUsize,
    left: AtomicUsize,
}

impl Intercept for Astray {
    fn name(&self) -> &'static str {
        "astray"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let less = |left: usize| left.checked_sub(1);
        let first = self.after.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
        if first.is_err()
            && self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok()
        {
            context.request_mut().set_uri(self.to.clone())?;
        }
        Ok(())
    }
}

/// This store's settings, without the pauses between attempts.
fn hurried(settings: Builder) -> Builder {
    let own = settings.clone().build().retry_config().cloned().unwrap();
    settings.retry_config(own.with_initial_backoff(Duration::from_millis(1)))
}

/// A store whose next calls are throttled so many times, and how many were.
async fn throttled(times: usize) -> (DynamoStore, Arc<AtomicUsize>) {
    let plain = support::settings();
    support::open(&Client::from_conf(plain.clone().build())).await;
    let (to, count) = throttler().await;
    // The store reads its salt as it is opened: that call goes right.
    let astray = Astray { to, after: AtomicUsize::new(1), left: AtomicUsize::new(times) };
    let client = Client::from_conf(hurried(plain).interceptor(astray).build());
    (DynamoStore::open(client, TABLE, [9; 32]).await.unwrap(), count)
}

fn unavailable<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Err(StoreError::Unavailable(why)) => why,
        other => unreachable!("{other:?}"),
    }
}

async fn opened(settings: Builder) -> String {
    let client = Client::from_conf(hurried(settings).build());
    unavailable(DynamoStore::open(client, TABLE, [9; 32]).await.map(|_| ()))
}

fn says(why: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| why.contains(part)), "{why}");
}

/// What is throttled for a moment is asked again, and nobody hears of it.
#[tokio::test]
async fn a_throttled_call_is_made_again() {
    let (store, count) = throttled(2).await;
    assert_eq!(store.desk_key([1; 32]).await.unwrap(), [1; 32]);
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

/// What stays throttled is said, after three attempts, and not what was asked for.
#[tokio::test]
async fn a_throttled_table_is_named() {
    let (store, count) = throttled(usize::MAX).await;
    let why = unavailable(store.review(&key("marker-id")).await);
    says(&why, &["throttled", "\"vigie\""]);
    assert!(!why.contains("marker-id"), "{why}");
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_missing_table_is_named() {
    let why = opened(support::settings()).await;
    says(&why, &["there is no table \"vigie\"", "deploy the template"]);
}

#[tokio::test]
async fn missing_credentials_are_named() {
    let nobody = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-3"))
        .endpoint_url("http://127.0.0.1:9");
    says(&opened(limited(nobody)).await, &["no AWS credentials"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nowhere = support::settings().endpoint_url(format!("http://{free}"));
    says(&opened(nowhere).await, &["cannot be reached"]);
}

/// A table that somebody made by hand, or an older template.
#[tokio::test]
async fn a_table_without_its_indexes_is_named() {
    let client = Client::from_conf(support::settings().build());
    let mut asked =
        client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    for (name, kind) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let text = AttributeDefinition::builder().attribute_name(name);
        let text = text.attribute_type(ScalarAttributeType::S).build().unwrap();
        let part = KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
        asked = asked.attribute_definitions(text).key_schema(part.unwrap());
    }
    asked.send().await.unwrap();
    let store = DynamoStore::open(client, TABLE, [9; 32]).await.unwrap();
    let why = unavailable(store.due(at(0), 10).await);
    says(&why, &["\"vigie\" lacks an index", "deploy its template"]);
}

/// Sets an attribute of the only review.
async fn set(client: &Client, name: &str, value: AttributeValue) {
    let all = client.scan().table_name(TABLE).send().await.unwrap();
    let review = all.items().iter().find(|item| item["sk"].as_s().unwrap() == "R").unwrap();
    let update = client.update_item().table_name(TABLE).update_expression("SET #name = :value");
    update
        .key("pk", review["pk"].clone())
        .key("sk", review["sk"].clone())
        .expression_attribute_names("#name", name)
        .expression_attribute_values(":value", value)
        .send()
        .await
        .unwrap();
}

/// What a newer version wrote, and what nobody can read, is said by its key and left alone; no
/// text of it is.
#[tokio::test]
async fn items_that_do_not_read_are_named_and_not_shown() {
    let client = Client::from_conf(support::settings().build());
    let store = support::open(&client).await;
    support::post(&store, "marker-id", 200).await;
    let told = || vigie_testkit::build::answered("marker-id", at(9));
    let body = r#"{"key":"marker-id","brand":"marker text"}"#;
    for (name, value, says_so) in [
        ("body", AttributeValue::S(body.to_owned()), "its body is not what it should be"),
        ("writes", AttributeValue::S("marker text".to_owned()), "an attribute is missing"),
        ("v", AttributeValue::N("2".to_owned()), "a newer version of Vigie wrote it (format 2)"),
    ] {
        set(&client, name, value).await;
        let arrival = vigie_testkit::build::arrival("marker-id", told(), at(9));
        for answer in [
            store.review(&key("marker-id")).await.map(|_| ()),
            store.record(vec![arrival]).await.map(|_| ()),
        ] {
            let Err(StoreError::Corrupt(why)) = answer else { unreachable!("{answer:?}") };
            says(&why, &["R#lumen-site#erased-", says_so]);
            assert!(!why.contains("marker"), "{why}");
        }
    }
}

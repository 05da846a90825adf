//! The job of `receive` as one would write it in Rust, and no more: verify, read, put on condition,
//! answer. It looks at no time, knows one source, maps nothing, logs nothing, counts nothing.

mod put;

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use hmac::{Hmac, KeyInit as _, Mac as _};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use sha2::Sha256;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let needed = |name| vigie_machine::variable(name).context(name);
    let (table, secret) = (needed("VIGIE_TABLE")?, needed("PEER_SECRET")?);
    let client = put::client().await;
    let take = async |event: LambdaEvent<Value>| {
        let (pk, body) = verified(&event.payload, secret.as_bytes())?;
        put::put(&client, &table, pk, body).await?;
        Ok::<_, Error>(json!({"statusCode": 200, "body": "{\"accepted\":1}"}))
    };
    lambda_runtime::run(service_fn(take)).await
}

/// The key and the body of a webhook whose signature is right.
fn verified<'a>(event: &'a Value, secret: &[u8]) -> Result<(String, &'a str)> {
    let body = event.get("body").and_then(Value::as_str).context("no body")?;
    let given = event.pointer("/headers/x-signature-256").and_then(Value::as_str);
    let given = given.and_then(|text| text.strip_prefix("sha256=")).context("no signature")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)?;
    mac.update(body.as_bytes());
    let expected = mac.finalize().into_bytes().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    ensure!(expected == given, "the signature is wrong");
    let posted: Value = serde_json::from_str(body)?;
    let id = posted.pointer("/review/id").and_then(Value::as_str).context("no id")?;
    Ok((format!("PEER#bare#{id}"), body))
}

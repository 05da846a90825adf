//! What these tests share.

use anyhow::{Context, Result};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use serde_json::Value;
use sha2::Digest as _;
use vigie_smtp_sink::Received;
use vigie_tests::platform::{Reply, secret_of, signed};
use vigie_tests::stage::{LUMEN, SERVER, Stage};

/// A stage with the French brand: `lumen-site` signs the body, `lumen-shop` signs a time too,
/// `lumen-trust` has a token in its address.
pub(crate) async fn lumen() -> Result<Stage> {
    Stage::open(&[SERVER, LUMEN].concat()).await
}

/// Posts to a path of the test's choice.
pub(crate) async fn post(
    stage: &Stage,
    path: &str,
    headers: HeaderMap,
    body: impl Into<Vec<u8>>,
) -> Result<Reply> {
    stage.ask(Method::POST, path, headers, body.into()).await
}

/// Posts a body of any bytes, signed at a time.
pub(crate) async fn post_at(
    stage: &Stage,
    source: &str,
    body: &[u8],
    at: Timestamp,
) -> Result<Reply> {
    let (path, headers) = signed(source, &secret_of(source)?, body, at)?;
    post(stage, &path, headers, body).await
}

/// A refusal's status and code.
pub(crate) fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// How many reviews the store holds.
pub(crate) fn reviews(stage: &Stage) -> Result<i64> {
    stage.count("SELECT count(*) FROM review")
}

/// What `vigie explain` says of a review.
pub(crate) fn explain(stage: &Stage, review: &str) -> Result<Value> {
    stage.json(&["explain", review])
}

/// The text part; a no-break space is a space.
pub(crate) fn text(mail: &Received) -> Result<String> {
    Ok(mail.text().context("no text part")?.replace('\u{a0}', " "))
}

/// The SHA-256 of some bytes, in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    sha2::Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes what it is given");
        hex
    })
}

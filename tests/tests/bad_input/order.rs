//! Checks run in the order size, source, signature, timestamp, body: the first that fails answers.

use anyhow::Result;
use http::HeaderMap;
use vigie_tests::platform::{ago, now, secret_of, signed};

use crate::support::{lumen, post, post_at, refusal};

const LARGE: usize = (1 << 20) + 1;

#[tokio::test]
async fn size_comes_before_source() -> Result<()> {
    let stage = lumen().await?;
    let reply = post(&stage, "/hooks/nobody", HeaderMap::new(), vec![b'{'; LARGE]).await?;
    assert_eq!(reply.problem(), refusal(413, "payload-too-large"));
    Ok(())
}

#[tokio::test]
async fn source_comes_before_signature() -> Result<()> {
    let stage = lumen().await?;
    let (_, headers) = signed("lumen-shop", &secret_of("lumen-shop")?, b"{", ago(9999))?;
    let reply = post(&stage, "/hooks/nobody", headers, "not what was signed").await?;
    assert_eq!(reply.problem(), refusal(404, "unknown-source"));
    Ok(())
}

#[tokio::test]
async fn signature_comes_before_timestamp() -> Result<()> {
    let stage = lumen().await?;
    let (path, headers) = signed("lumen-shop", &secret_of("lumen-shop")?, b"{}", ago(9999))?;
    let reply = post(&stage, &path, headers, "{ not JSON, not what was signed").await?;
    assert_eq!(reply.problem(), refusal(401, "signature-mismatch"));
    Ok(())
}

#[tokio::test]
async fn timestamp_comes_before_body_and_a_body_is_judged_only_when_it_is_verified() -> Result<()> {
    let stage = lumen().await?;
    let broken = b"{ not JSON";
    let old = post_at(&stage, "lumen-shop", broken, ago(9999)).await?;
    assert_eq!(old.problem(), refusal(401, "timestamp-outside-tolerance"));
    let fresh = post_at(&stage, "lumen-shop", broken, now()).await?;
    assert_eq!(fresh.problem(), refusal(400, "malformed-payload"));
    Ok(())
}

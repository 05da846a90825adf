//! Problem bodies (RFC 9457): the same fields for every refusal, a closed set of codes, and nothing
//! that an attacker could use.

use std::collections::BTreeSet;

use anyhow::Result;
use http::{HeaderMap, HeaderValue, Method};
use vigie_tests::platform::{Reply, ago, now, secret_of, signed};
use vigie_tests::workspace_root;

use crate::support::{assert_keys, lumen};

/// One refusal of each sort that a test can bring about.
async fn refusals() -> Result<Vec<(&'static str, u16, Reply)>> {
    let stage = lumen().await?;
    let post = async |path: &str, headers: HeaderMap, body: &[u8]| {
        stage.ask(Method::POST, path, headers, body.to_vec()).await
    };
    let none = HeaderMap::new;
    let sign = |at| signed("lumen-shop", &secret_of("lumen-shop")?, b"no JSON", at);
    let (path, right) = sign(now())?;
    let (_, old) = sign(ago(4000))?;
    let mut gzip = right.clone();
    gzip.insert("content-encoding", HeaderValue::from_static("gzip"));
    let large = vec![b'x'; (1 << 20) + 1];
    let put = stage.ask(Method::PUT, &path, none(), Vec::new()).await?;
    Ok(vec![
        ("malformed-payload", 400, post(&path, right.clone(), b"no JSON").await?),
        ("signature-missing", 401, post(&path, none(), b"no JSON").await?),
        ("signature-mismatch", 401, post(&path, right, b"other").await?),
        ("timestamp-outside-tolerance", 401, post(&path, old, b"no JSON").await?),
        ("unknown-source", 404, post("/hooks/nobody", none(), b"").await?),
        ("not-found", 404, stage.get("/nowhere").await?),
        ("method-not-allowed", 405, put),
        ("payload-too-large", 413, post(&path, none(), &large).await?),
        ("compressed-body", 415, post(&path, gzip, b"no JSON").await?),
    ])
}

#[tokio::test]
async fn every_refusal_has_the_same_fields_and_a_code_that_the_documents_know() -> Result<()> {
    let documented = std::fs::read_to_string(workspace_root().join("docs/errors.md"))?;
    for (code, status, reply) in refusals().await? {
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (status, "application/problem+json")
        );
        let body = reply.json();
        let arrived = if status == 401 { " body" } else { "" };
        assert_keys(&body, &format!("type title status code request_id{arrived}"));
        assert_eq!(body["type"], "about:blank");
        assert_eq!((&body["status"], &body["code"]), (&status.into(), &code.into()));
        assert_eq!(body["request_id"], reply.header("vigie-request"));
        assert!(body["title"].as_str().is_some_and(|title| !title.is_empty()), "{body}");
        assert!(documented.contains(&format!("| {status} | `{code}` |")), "{code}");
        if status == 401 {
            assert_keys(&body["body"], "bytes sha256");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_says_nothing_of_secrets_versions_or_the_machine() -> Result<()> {
    let secrets = [secret_of("lumen-shop")?, secret_of("lumen-site")?];
    let mut titles = BTreeSet::new();
    for (code, _, reply) in refusals().await? {
        let shown = format!("{:?} {}", reply.headers, reply.text);
        for secret in &secrets {
            assert!(!shown.contains(secret.trim_start_matches("whsec_")), "{code}: {shown}");
        }
        for word in ["panicked", ".rs:", "sqlite", "/tmp", "lumen", env!("CARGO_PKG_VERSION")] {
            assert!(!shown.contains(word), "{code} tells {word}: {shown}");
        }
        assert_eq!(reply.header("server"), "");
        titles.insert(reply.json()["title"].to_string());
    }
    assert!(titles.len() >= 8, "each code has its own title: {titles:?}");
    Ok(())
}

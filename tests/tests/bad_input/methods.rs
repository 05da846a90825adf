//! Other methods than POST.

use anyhow::Result;
use http::{HeaderMap, Method};

use crate::support::{lumen, refusal};

#[tokio::test]
async fn a_webhook_address_opened_in_a_browser_says_in_a_sentence_what_it_is() -> Result<()> {
    let stage = lumen().await?;
    let reply = stage.get("/hooks/lumen-site").await?;
    assert_eq!((reply.status, reply.header("allow")), (405, "POST"));
    assert!(reply.header("content-type").starts_with("text/plain"), "{reply:?}");
    assert_eq!(reply.text.lines().count(), 1, "{reply:?}");
    let ask = async |method: Method| {
        stage.ask(method, "/hooks/lumen-site", HeaderMap::new(), Vec::new()).await
    };
    let head = ask(Method::HEAD).await?;
    assert_eq!((head.status, head.text.as_str()), (405, ""));
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let reply = ask(method.clone()).await?;
        assert_eq!(reply.problem(), refusal(405, "method-not-allowed"), "{method}");
        assert_eq!(reply.header("allow"), "POST");
        assert_eq!(reply.header("content-type"), "application/problem+json");
    }
    Ok(())
}

#[tokio::test]
async fn other_addresses_are_404_and_health_takes_no_post() -> Result<()> {
    let stage = lumen().await?;
    for path in ["/", "/hooks", "/hooks/", "/hooks/a/b/c", "/metrics", "/admin", "/healthz/x"] {
        let reply = stage.get(path).await?;
        assert!(matches!(reply.status, 404 | 405), "{path}: {reply:?}");
        let reply = stage.ask(Method::POST, path, HeaderMap::new(), b"{}".to_vec()).await?;
        assert_eq!(reply.status, 404, "{path}: {reply:?}");
    }
    let post = stage.ask(Method::POST, "/healthz", HeaderMap::new(), Vec::new()).await?;
    assert_eq!(post.problem(), refusal(405, "method-not-allowed"));
    assert_eq!(stage.get("/healthz").await?.status, 200);
    Ok(())
}

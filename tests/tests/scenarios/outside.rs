//! What shows outside: metrics, request ids, logs.

use anyhow::{Context, Result};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use vigie_tests::home::{Running, free_addr};
use vigie_tests::platform::{Reply, posted, secret_of, told, with};
use vigie_tests::stage::{LUMEN, SERVER, Stage};

use crate::support::{both_links, lumen, press};

#[tokio::test]
async fn metrics_are_served_on_their_own_address_only() -> Result<()> {
    let metrics = free_addr()?;
    let line = format!("listen = \"127.0.0.1:0\"\nmetrics_listen = \"{metrics}\"");
    let server = SERVER.replace("listen = \"127.0.0.1:0\"", &line);
    let stage = Stage::open(&[&server, LUMEN].concat()).await?;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.mails(1).await?;
    let told = reqwest::Client::builder().no_proxy().build()?;
    let told = told.get(format!("http://{metrics}/metrics")).send().await?;
    assert_eq!(told.status().as_u16(), 200);
    let kind = told.headers().get("content-type").context("no type")?.to_str()?.to_owned();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let text = told.text().await?;
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(text.contains("vigie_events_total{outcome=\"accepted\"} 1\n"), "{text}");
    assert!(!text.contains("lumen.example"), "no address in a metric: {text}");
    let public = stage.get("/metrics").await?;
    assert_eq!(public.problem(), (404, "not-found".to_owned()));
    Ok(())
}

#[tokio::test]
async fn every_answer_carries_a_request_id_of_its_own_which_the_log_has_too() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    let (answered, _) = both_links(&stage.mails(1).await?[0])?;
    let empty = || (HeaderMap::new(), Vec::new());
    let ask = async |method: Method, path: &str| {
        let (headers, body) = empty();
        stage.ask(method, path, headers, body).await
    };
    let replies = [
        stage.post("lumen-site", posted("r-1", 2)).await?,
        stage.post("lumen-site", "no JSON").await?,
        ask(Method::POST, "/hooks/lumen-site").await?,
        ask(Method::POST, "/hooks/nobody").await?,
        ask(Method::PUT, "/hooks/lumen-site").await?,
        ask(Method::GET, "/hooks/lumen-site").await?,
        ask(Method::HEAD, "/hooks/lumen-site").await?,
        ask(Method::GET, "/healthz").await?,
        ask(Method::GET, "/nowhere").await?,
        ask(Method::GET, &answered).await?,
        ask(Method::POST, "/desk/answered/none").await?,
        stage.post("lumen-site", "x".repeat((1 << 20) + 1)).await?,
    ];
    let mut ids: Vec<&str> = replies.iter().map(|reply| reply.header("vigie-request")).collect();
    let logged = || {
        let log = stage.log()?;
        Ok(ids.iter().all(|id| log.contains(&format!("\"{id}\""))))
    };
    stage.until("each id is in the log", logged).await?;
    for (reply, id) in replies.iter().zip(&ids) {
        assert!(!id.is_empty(), "{reply:?}");
        let problem = reply.header("content-type") == "application/problem+json";
        assert!(
            !problem || reply.text.is_empty() || reply.json()["request_id"] == *id,
            "{reply:?}"
        );
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), replies.len(), "two answers share an id");
    Ok(())
}

/// Everything that must never be in a log, planted where it could slip in.
struct Planted {
    stage: Stage,
    secrets: Vec<String>,
}

/// Starts the server so that it logs everything it can.
async fn talkative() -> Result<Stage> {
    let mut stage = Stage::set(&[SERVER, LUMEN].concat())?;
    let command = stage.home.command(&["serve", "--log", "json", "--log-level", "trace"]);
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let running = Running::start(command, nowhere, stage.home.path().join("serve.log"))?;
    stage.take(running).await?;
    Ok(stage)
}

async fn planted() -> Result<Planted> {
    let stage = talkative().await?;
    let said = json!({
        "text": "Marker-of-the-text vendu cassé", "title": "Marker-of-the-title",
        "author": "Marker-of-the-author", "order": "Marker-of-the-order",
        "reply": null, "email": "marker@reviewer.example",
    });
    stage.tell("lumen-site", &with(posted("r-1", 2), &said)).await?;
    let (answered, close) = both_links(&stage.mails(1).await?[0])?;
    let mut secrets: Vec<String> =
        ["text", "title", "author", "order"].map(|name| format!("Marker-of-the-{name}")).into();
    for path in [&answered, &close] {
        secrets.extend(path.rsplit('.').next().map(str::to_owned));
        stage.get(path).await?;
    }
    press(&stage, &close, "reason=duplicate").await?;
    let token = secret_of("lumen-trust")?;
    for path in [format!("/hooks/lumen-trust/{token}"), "/hooks/lumen-trust/wrong-token".into()] {
        stage.ask(Method::POST, &path, HeaderMap::new(), b"{}".to_vec()).await?;
    }
    let forged = HeaderMap::from_iter([(
        http::HeaderName::from_static("x-signature-256"),
        HeaderValue::from_static("sha256=f0f1f2f3f4f5f6f7"),
    )]);
    let _: Reply = stage.ask(Method::POST, "/hooks/lumen-site?k=queried", forged, vec![]).await?;
    stage
        .post("lumen-site", told("unknown", "r-2", &json!({"text": "Marker-of-the-text"})))
        .await?;
    stage.post("lumen-site", "Marker-of-the-text is no JSON").await?;
    for source in ["lumen-site", "lumen-shop", "lumen-trust"] {
        secrets.push(secret_of(source)?);
    }
    let more = ["wrong-token", "f0f1f2f3", "queried", "reviewer.example", "@lumen.example"];
    secrets.extend(more.map(str::to_owned));
    Ok(Planted { stage, secrets })
}

#[tokio::test]
async fn no_log_line_holds_a_secret_a_token_an_address_or_a_review() -> Result<()> {
    let mut planted = planted().await?;
    planted.stage.stop().await?;
    let log = planted.stage.log()?;
    assert!(log.lines().count() > 15, "hardly anything was logged: {log}");
    for line in log.lines() {
        let read: Value = serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))?;
        assert!(read["message"].is_string(), "{line}");
        for secret in &planted.secrets {
            assert!(!line.contains(secret.as_str()), "{secret:?} is in the log: {line}");
        }
    }
    Ok(())
}

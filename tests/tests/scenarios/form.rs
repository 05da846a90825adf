//! The desk's form in a real browser, if there is one.
//!
//! A browser without hands cannot press a button, so a small proxy stands between it and Vigie,
//! adds a line of script that presses it, and passes everything else on untouched. What it posts,
//! and where, is the form's own doing.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::response::Html;
use http::{HeaderMap, Method, Uri};
use serde_json::json;
use vigie_tests::platform::posted;
use vigie_tests::stage::Stage;

use crate::support::{both_links, explain, lumen};

/// Where Debian puts it.
const BROWSER: &str = "/usr/bin/chromium";
/// Chooses the second reason, where there are some, and presses the button.
const PRESS: &str = "<script>addEventListener('load', () => { \
                     document.querySelectorAll('input[type=radio]')[1]?.click(); \
                     document.querySelector('button')?.click() })</script>";

/// What the browser posted: path and form.
type Posted = Arc<Mutex<Vec<(String, String)>>>;

async fn proxy(stage: Arc<Stage>, posted: Posted) -> Result<std::net::SocketAddr> {
    let pass = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let (stage, posted) = (stage.clone(), posted.clone());
        async move {
            let mut kept = HeaderMap::new();
            if let Some(kind) = headers.get(http::header::CONTENT_TYPE) {
                kept.insert(http::header::CONTENT_TYPE, kind.clone());
            }
            if method == Method::POST {
                let form = String::from_utf8_lossy(&body).into_owned();
                posted.lock().expect("nobody panics here").push((uri.path().to_owned(), form));
            }
            let reply = stage.ask(method, uri.path(), kept, body.to_vec()).await;
            let reply = reply.expect("the server answers");
            Html(reply.text.replace("</body>", &format!("{PRESS}</body>")))
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let router = Router::new().fallback(pass);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(addr)
}

/// The page that the browser ends on.
async fn browse(url: String) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let browse = move || {
        Command::new(BROWSER)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--no-proxy-server", "--virtual-time-budget=4000"])
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .args(["--dump-dom", &url])
            .output()
    };
    let output = tokio::task::spawn_blocking(browse).await??;
    String::from_utf8(output.stdout).context("a page that is not UTF-8")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_forms_work_in_a_browser() -> Result<()> {
    if !Path::new(BROWSER).exists() {
        println!("SKIPPED: there is no {BROWSER}, so no browser pressed the desk's button");
        return Ok(());
    }
    let stage = lumen().await?;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.tell("lumen-site", &posted("r-2", 2)).await?;
    let mails = stage.mails(2).await?;
    let (answered, _) = both_links(&mails[0])?;
    let (_, close) = both_links(&mails[1])?;
    let first = header_review(&mails[0])?;
    let second = header_review(&mails[1])?;
    let (stage, seen) = (Arc::new(stage), Posted::default());
    let addr = proxy(stage.clone(), seen.clone()).await?;
    let page = browse(format!("http://{addr}{answered}")).await?;
    assert!(!page.contains("<button"), "it ended on the page that says it is done: {page}");
    browse(format!("http://{addr}{close}")).await?;
    let seen = seen.lock().expect("as above").clone();
    assert_eq!(seen[0], (answered, String::new()));
    assert_eq!(seen[1], (close, "reason=duplicate".to_owned()));
    assert_eq!(seen.len(), 2);
    assert_eq!(explain(&stage, &first)?["state"], "answered");
    assert_eq!(explain(&stage, &second)?["state"], json!("closed"));
    Ok(())
}

fn header_review(mail: &vigie_smtp_sink::Received) -> Result<String> {
    crate::support::header(mail, "X-Vigie-Review")
}

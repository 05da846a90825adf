//! More requests at once than the server answers: it says so, and keeps no more of them.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::interval;
use vigie_tests::platform::{Reply, posted};
use vigie_tests::stage::Stage;

use crate::support::{lumen, refusal};

/// More than the 1024 requests that the server answers at once.
const HELD: usize = 1100;

/// Begins a request whose body does not come yet.
async fn begun(stage: &Stage) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(stage.addr()).await?;
    let head = "POST /hooks/lumen-site HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    Ok(stream)
}

/// Asks again until the answer has the status that is wanted. Before that, what is to be done each
/// time: a question that is answered takes a place, so another request may have been refused it.
async fn first_answer(
    stage: &Stage,
    wanted: u16,
    mut before: impl AsyncFnMut() -> Result<()>,
) -> Result<Reply> {
    let mut ticks = interval(Duration::from_millis(20));
    for _ in 0..500 {
        ticks.tick().await;
        before().await?;
        let reply = stage.get("/healthz").await?;
        if reply.status == wanted {
            return Ok(reply);
        }
    }
    bail!("never so in 500 requests: {}", stage.log()?.lines().last().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_what_it_answers_at_once_the_server_says_429_and_when_to_come_again() -> Result<()> {
    let stage = lumen().await?;
    let mut held = Vec::new();
    for number in 0..HELD {
        held.push(begun(&stage).await.with_context(|| format!("connection {number}"))?);
    }
    let one_more = async || {
        held.push(begun(&stage).await?);
        Ok(())
    };
    let refused = first_answer(&stage, 429, one_more).await?;
    assert_eq!(refused.problem(), refusal(429, "too-many-requests"));
    let seconds: u32 = refused.header("retry-after").parse()?;
    assert!((1..=60).contains(&seconds), "{seconds}");
    // Once they are gone there is room again.
    drop(held);
    first_answer(&stage, 200, async || Ok(())).await?;
    assert_eq!(stage.post("lumen-site", posted("r-3", 5)).await?.status, 200);
    Ok(())
}

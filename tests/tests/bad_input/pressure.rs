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

/// Asks again until the answer has a status that is wanted.
async fn first_answer(stage: &Stage, wanted: impl Fn(u16) -> bool) -> Result<Reply> {
    let mut ticks = interval(Duration::from_millis(20));
    for _ in 0..500 {
        ticks.tick().await;
        let reply = stage.get("/healthz").await?;
        if wanted(reply.status) {
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
        let open = TcpStream::connect(stage.addr()).await;
        let mut stream = open.with_context(|| format!("connection {number}"))?;
        // A body that does not come yet.
        let head =
            "POST /hooks/lumen-site HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
        held.push(stream);
    }
    // The last ones may still be on their way in.
    let refused = first_answer(&stage, |status| status == 429).await?;
    assert_eq!(refused.problem(), refusal(429, "too-many-requests"));
    let seconds: u32 = refused.header("retry-after").parse()?;
    assert!((1..=60).contains(&seconds), "{seconds}");
    // Once they are gone there is room again.
    drop(held);
    first_answer(&stage, |status| status == 200).await?;
    assert_eq!(stage.post("lumen-site", posted("r-3", 5)).await?.status, 200);
    Ok(())
}

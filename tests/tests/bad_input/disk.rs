//! A disk that is full: new reviews are turned away so that the platform sends them again, and
//! nothing that was acknowledged is lost.

use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::json;
use vigie_tests::home::Running;
use vigie_tests::platform::{Reply, posted, with};
use vigie_tests::stage::{LUMEN, SERVER, Stage};

use crate::support::{explain, refusal};

/// The largest file that the server may write, in blocks of 1024 bytes (ulimit(1p) as bash has
/// it). A new store and its log fit; some dozens of long reviews do not.
const BLOCKS: u32 = 600;

/// A server that cannot write a file beyond a size. The signal that says so is ignored, so that
/// the write itself fails, as on a full disk.
fn limited(stage: &Stage) -> Result<Running> {
    let vigie = vigie_tests::vigie_bin()?;
    let mut command = Command::new("bash");
    // The program's path is an argument, so that it may hold spaces.
    let limited = format!(
        "trap '' XFSZ; ulimit -f {BLOCKS}; \
         exec \"$0\" serve --log json --log-level error,vigie=info"
    );
    command.current_dir(stage.home.path()).arg("-c").arg(limited).arg(vigie);
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    Running::start(command, nowhere, stage.home.path().join("serve.log"))
}

/// Posts reviews of some length until one is turned away.
async fn fill(stage: &Stage, words: usize, acknowledged: &mut Vec<String>) -> Result<Reply> {
    loop {
        let id = format!("r-{}", acknowledged.len());
        let text = format!("{id} {}", "Très long. ".repeat(words));
        let reply = stage.post("lumen-site", with(posted(&id, 5), &json!({"text": text}))).await?;
        if reply.status != 200 {
            return Ok(reply);
        }
        acknowledged.push(id);
        ensure!(acknowledged.len() < 5000, "{BLOCKS} blocks hold five thousand reviews?");
    }
}

#[tokio::test]
async fn a_full_disk_turns_reviews_away_and_loses_none_that_was_acknowledged() -> Result<()> {
    let mut stage = Stage::set(&[SERVER, LUMEN].concat())?;
    let running = limited(&stage)?;
    stage.take(running).await?;
    let mut acknowledged = Vec::new();
    // Where a long one has no room, a short one may.
    for words in [1500, 1] {
        let refused = fill(&stage, words, &mut acknowledged).await?;
        assert!(acknowledged.len() > 5, "full after {}", acknowledged.len());
        assert_eq!(refused.problem(), refusal(503, "store-unavailable"));
        let seconds: u32 = refused.header("retry-after").parse()?;
        assert!((1..=120).contains(&seconds), "{seconds}");
        let health = stage.get("/healthz").await?.problem();
        assert_eq!(health, refusal(503, "store-unavailable"));
    }
    stage.stop().await?;

    stage.start().await?;
    assert_eq!(stage.get("/healthz").await?.status, 200);
    for id in &acknowledged {
        let sql = format!("SELECT count(*) FROM review WHERE external_id = '{id}'");
        assert_eq!(stage.count(&sql)?, 1, "{id} was acknowledged and is gone");
    }
    // What was turned away is sent again, as platforms do.
    let again = format!("r-{}", acknowledged.len());
    stage.tell("lumen-site", &posted(&again, 2)).await?;
    stage.mails(1).await?;
    assert_eq!(explain(&stage, &format!("lumen-site/{again}"))?["stars"], 2.0);
    Ok(())
}

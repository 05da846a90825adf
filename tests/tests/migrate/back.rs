//! From AWS to one process.

use anyhow::{Result, ensure};

use crate::support::{Homes, Load, Schedule};
use crate::there::everything_came_once;

#[tokio::test(flavor = "multi_thread")]
async fn a_move_back_killed_at_each_step_loses_nothing_and_sends_nothing_twice() -> Result<()> {
    let mut homes = Homes::set().await?;
    homes.done(&["apply", "--store", "aws", "--put-secrets"])?;
    let _schedule = Schedule::of(homes.house.clone());
    let load = Load::to(homes.functions())?;
    let loading = load.begin();
    homes.delivers(&load, "before").await?;

    // The new home runs, and waits: what is handed on to it is taken when it opens.
    homes.stage.start().await?;
    let to = homes.here();
    let migrate =
        ["migrate", "--from", "aws", "--to", "sqlite", "--relay-to", to.as_str(), "--wait", "6s"];
    for step in ["begun", "copied"] {
        homes.killed_at(&migrate, step).await?;
        homes.delivers(&load, &format!("after-{step}")).await?;
    }
    // Closed, the stack takes itself back ten minutes later; a person is faster.
    for step in ["closed", "compared"] {
        homes.killed_at(&migrate, step).await?;
    }
    homes.killed_at(&migrate, "opened").await?;
    homes.delivers(&load, "after-opened").await?;
    let told = homes.done(&migrate)?;
    ensure!(told.contains("over"), "{told}");
    homes.delivers(&load, "moved").await?;
    load.end();
    let taken = loading.await??;
    everything_came_once(&homes, &taken).await?;
    homes.done(&["explain", "LUM-1"])?;
    let refused = homes.run(&["answered", "LUM-2", "--by", "Claire", "--store", "aws"])?;
    ensure!(refused.code == 2 && refused.err.contains("was moved to"), "{refused:?}");
    println!("posted again: {}, reviews: {}", load.posted_again(), taken.len());
    Ok(())
}

//! Brands in files of their own, beside a running server.

use anyhow::Result;
use vigie_tests::platform::posted;
use vigie_tests::stage::{LUMEN, ORSO, SERVER, Stage};

use crate::support::{explain, until_status};

/// A stage whose two brands have a file each.
fn stage() -> Result<Stage> {
    let stage = Stage::set(&[SERVER, LUMEN, ORSO].concat())?;
    std::fs::create_dir(stage.home.path().join("brands"))?;
    let own = ["include = [\"brands/*.toml\"]", SERVER].concat();
    stage.configure(&own)?;
    put(&stage, "lumen", LUMEN)?;
    put(&stage, "orso", ORSO)?;
    Ok(stage)
}

fn put(stage: &Stage, id: &str, text: &str) -> Result<()> {
    let text = text.replace("file:", "file:../").replace("{report}", "03:00");
    stage.write(&format!("brands/{id}.toml"), text)
}

async fn reload(stage: &mut Stage, times: usize) -> Result<()> {
    stage.running()?.signal("HUP")?;
    let told = || Ok(stage.log()?.matches("configuration read again").count() == times);
    stage.until("the files are read again", told).await
}

#[tokio::test]
async fn a_faulty_file_stops_its_own_brands_only_and_they_stay_as_they_were() -> Result<()> {
    let mut stage = stage()?;
    stage.start().await?;
    stage.tell("orso-site", &posted("r-1", 2)).await?;
    // orso is no TOML at all; lumen has another source less. The latter is taken.
    put(&stage, "orso", "[[brand")?;
    put(&stage, "lumen", &LUMEN.replace("\"lumen-shop\"", "\"lumen-other\""))?;
    reload(&mut stage, 1).await?;
    until_status(&stage, "lumen-shop", 404).await?;
    until_status(&stage, "lumen-other", 401).await?;
    stage.tell("orso-site", &posted("r-2", 2)).await?;
    let log = stage.log()?;
    assert!(log.contains("a file is faulty") && log.contains("brands/orso.toml"), "{log}");
    // Gone: its address is 404, its reviews stay. Back: it is in force again, with them.
    std::fs::remove_file(stage.home.path().join("brands/orso.toml"))?;
    reload(&mut stage, 2).await?;
    until_status(&stage, "orso-site", 404).await?;
    assert_eq!(explain(&stage, "orso-site/r-1")?["state"], "open");
    put(&stage, "orso", ORSO)?;
    reload(&mut stage, 3).await?;
    until_status(&stage, "orso-site", 401).await?;
    stage.tell("orso-site", &posted("r-1", 5)).await?;
    assert_eq!(stage.count("SELECT count(*) FROM review")?, 2, "an edit of the review it had");
    stage.stop().await
}

#[tokio::test]
async fn a_server_starts_without_the_brands_of_a_faulty_file_and_says_so() -> Result<()> {
    let mut stage = stage()?;
    put(&stage, "orso", &ORSO.replace("locale", "lcale"))?;
    stage.start().await?;
    let log = stage.log()?;
    let line = log.lines().find(|line| line.contains("a file is faulty")).unwrap_or_default();
    assert!(line.contains("ERROR") && line.contains("\"missing\":\"orso\""), "{log}");
    until_status(&stage, "orso-site", 404).await?;
    stage.tell("lumen-site", &posted("r-1", 5)).await?;
    put(&stage, "orso", ORSO)?;
    assert_eq!(stage.run(&["apply"])?.code, 0);
    until_status(&stage, "orso-site", 401).await?;
    stage.stop().await
}

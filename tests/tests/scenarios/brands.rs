//! Brands in files of their own, beside a running server.

use anyhow::Result;
use vigie_tests::platform::posted;
use vigie_tests::stage::{LUMEN, ORSO, SERVER, Stage};

use crate::support::{explain, header, until_status, unwrapped};

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

const OPERATOR: &str = "\n[operator]\nemail = [\"ops@agency.example\"]\n";

/// Three hundred brands, each in a file of its own.
fn three_hundred() -> Result<Stage> {
    let stage = Stage::set(&[SERVER, ORSO].concat())?;
    std::fs::create_dir(stage.home.path().join("brands"))?;
    stage.configure(&["include = [\"brands/*.toml\"]", SERVER, OPERATOR].concat())?;
    for at in 0..300 {
        put(&stage, &format!("b{at:03}"), &one_of_them(at))?;
    }
    Ok(stage)
}

fn one_of_them(at: usize) -> String {
    let shared = ORSO.replace("file:orso-site", "file:SHARED");
    shared.replace("orso", &format!("b{at:03}")).replace("SHARED", "orso-site")
}

fn is_told(stage: &Stage) -> Result<Vec<String>> {
    let sent = stage.sink.messages();
    let names = sent.iter().map(|mail| {
        let text = unwrapped(mail)?;
        let named = text.split(' ').filter(|word| word.starts_with("brands/"));
        Ok(named.collect::<Vec<_>>().join(" "))
    });
    names.collect()
}

#[tokio::test]
async fn a_typo_in_brand_217_of_300_stops_that_brand_and_the_operator_hears_which() -> Result<()> {
    let mut stage = three_hundred()?;
    put(&stage, "b217", &one_of_them(217).replace("locale", "lcale"))?;
    put(&stage, "b099", "[[brand")?;
    stage.start().await?;
    for (source, status) in [("b000", 401), ("b216", 401), ("b217", 404), ("b218", 401)] {
        until_status(&stage, &format!("{source}-site"), status).await?;
    }
    let mail = stage.mails(1).await?.remove(0);
    assert_eq!(header(&mail, "Subject")?, "Vigie · file · vigie.toml · 2 times");
    assert_eq!(is_told(&stage)?, ["brands/b099.toml brands/b217.toml"]);
    let checked = stage.run(&["check", "--json"])?;
    let faults = &checked.json()?["faults"];
    let places = faults.as_array().into_iter().flatten().map(|fault| {
        let text = |key: &str| fault[key].as_str().unwrap_or_default();
        format!("{}:{} {} {}", text("file"), fault["line"], text("key"), text("hint"))
    });
    let places: Vec<_> = places.filter(|place| place.contains("lcale")).collect();
    assert_eq!((checked.code, places.len()), (2, 1), "{faults}");
    assert_eq!(places, ["brands/b217.toml:5 brand.b217.lcale did you mean locale?"]);

    // Mended by `apply`; at the next reload another is faulty, and stays in force as it was.
    put(&stage, "b217", &one_of_them(217))?;
    put(&stage, "b099", &one_of_them(99))?;
    assert_eq!(stage.run(&["apply"])?.code, 0);
    until_status(&stage, "b217-site", 401).await?;
    put(&stage, "b007", "")?;
    put(&stage, "b008", &one_of_them(8).replace("locale", "lcale"))?;
    reload(&mut stage, 1).await?;
    until_status(&stage, "b007-site", 404).await?;
    until_status(&stage, "b008-site", 401).await?;
    // Told within six hours: counted, by name, for the next message.
    let sql = "SELECT count(*) FROM trouble WHERE code = 'file' AND about = 'vigie.toml' \
               AND detail = 'brands/b008.toml' AND count = 1 AND told_at IS NULL";
    assert_eq!(stage.count(sql)?, 1);
    assert_eq!(stage.sink.count(), 1);
    stage.stop().await
}

#[tokio::test]
async fn files_that_are_faulty_at_a_reload_are_told_in_one_message_each_by_name() -> Result<()> {
    let mut stage = three_hundred()?;
    stage.start().await?;
    for at in [7, 8, 9] {
        put(&stage, &format!("b{at:03}"), &one_of_them(at).replace("locale", "lcale"))?;
    }
    reload(&mut stage, 1).await?;
    let mail = stage.mails(1).await?.remove(0);
    assert_eq!(header(&mail, "Subject")?, "Vigie · file · vigie.toml · 3 times");
    assert_eq!(is_told(&stage)?, ["brands/b007.toml brands/b008.toml brands/b009.toml"]);
    until_status(&stage, "b008-site", 401).await?;
    stage.stop().await
}

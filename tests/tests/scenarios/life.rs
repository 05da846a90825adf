//! Signals, changes of configuration, a second server, and an end under load.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use http::HeaderMap;
use vigie_tests::platform::{posted, secret_of};
use vigie_tests::stage::{LUMEN, SERVER, Stage};

use crate::support::{assert_each_once, explain, lumen, until_status};

const MORE: &str = r#"
[[brand.source]]
id = "lumen-more"
platform = "generic-hmac"
secrets = ["file:lumen-more.secret"]
"#;

/// What a change of configuration may take to be in force: contract says a second; a machine that
/// does much else is allowed more.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_faulty_file_at_sighup_changes_nothing_and_a_good_one_applies() -> Result<()> {
    let mut stage = lumen().await?;
    let good = [SERVER, LUMEN, MORE].concat();
    stage.configure(&good.replace("praise = \"daily\"", "praise = \"sometimes\""))?;
    stage.running()?.signal("HUP")?;
    stage.until("it tells", || Ok(stage.log()?.contains("what was in force stays"))).await?;
    assert_eq!(until_status(&stage, "lumen-more", 404).await?.as_secs(), 0);
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.configure(&good)?;
    stage.running()?.signal("HUP")?;
    assert!(until_status(&stage, "lumen-more", 401).await? < SOON);
    let told = || Ok(stage.log()?.contains("source lumen-more of lumen"));
    stage.until("it prints the difference", told).await?;
    stage.tell("lumen-more", &posted("r-2", 2)).await?;
    stage.mails(2).await?;
    stage.stop().await
}

#[tokio::test]
async fn apply_beside_the_server_is_in_force_within_a_second_or_so() -> Result<()> {
    let stage = lumen().await?;
    until_status(&stage, "lumen-more", 404).await?;
    stage.configure(&[SERVER, LUMEN, MORE].concat())?;
    let dry = stage.run(&["apply", "--dry-run"])?;
    assert_eq!(dry.code, 1, "there is a difference: {dry:?}");
    assert!(dry.out.contains("lumen-more"), "{dry:?}");
    assert_eq!(stage.run(&["apply"])?.code, 0);
    assert!(until_status(&stage, "lumen-more", 401).await? < SOON);
    assert_eq!(stage.run(&["apply", "--dry-run"])?.code, 0, "no difference is left");
    stage.tell("lumen-more", &posted("r-1", 2)).await?;
    stage.mails(1).await?;
    // Retired, not deleted: its address is gone, its review stays.
    stage.configure(&[SERVER, LUMEN].concat())?;
    assert_eq!(stage.run(&["apply"])?.code, 0);
    assert!(until_status(&stage, "lumen-more", 404).await? < SOON);
    assert_eq!(explain(&stage, "lumen-more/r-1")?["state"], "open");
    Ok(())
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_ends_with_2_and_names_the_first() -> Result<()> {
    let mut stage = lumen().await?;
    let first = stage.running()?.id();
    let second = stage.run(&["serve"])?;
    assert_eq!(second.code, 2, "{second:?}");
    assert!(second.err.contains(&format!("process {first}")), "{second:?}");
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.mails(1).await?;
    stage.stop().await?;
    // The lock goes with its holder.
    stage.start().await?;
    stage.stop().await
}

#[tokio::test]
async fn a_server_that_stops_lets_nobody_wait_for_an_idle_connection() -> Result<()> {
    let mut stage = lumen().await?;
    assert_eq!(stage.get("/healthz").await?.status, 200);
    let idle = tokio::net::TcpStream::connect(stage.addr()).await?;
    let begin = tokio::time::Instant::now();
    stage.stop().await?;
    assert!(begin.elapsed() < SOON, "{:?}", begin.elapsed());
    drop(idle);
    Ok(())
}

/// Posts reviews until the server is gone; gives the ids that were acknowledged.
async fn post_until_gone(stage: Arc<Stage>, lane: usize) -> Result<BTreeSet<String>> {
    let mut acknowledged = BTreeSet::new();
    for number in 0.. {
        let id = format!("r-{lane}-{number}");
        let rating = if number % 10 == 0 { 2 } else { 5 };
        match stage.post("lumen-site", posted(&id, rating)).await {
            Ok(reply) if reply.status == 200 => drop(acknowledged.insert(id)),
            Ok(reply) => anyhow::bail!("under load: {reply:?}"),
            Err(_) => break,
        }
    }
    Ok(acknowledged)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_loses_no_acknowledged_review_and_doubles_no_alert() -> Result<()> {
    let mut stage = lumen().await?;
    let id = stage.running()?.id().to_string();
    let shared = Arc::new(stage);
    let lanes: Vec<_> =
        (0..8).map(|lane| tokio::spawn(post_until_gone(shared.clone(), lane))).collect();
    let many = || Ok(shared.count("SELECT count(*) FROM review")? > 300);
    shared.until("some hundred reviews are there", many).await?;
    vigie_tests::output_of(std::process::Command::new("kill").args(["-s", "TERM", &id]))?;
    let mut acknowledged = BTreeSet::new();
    for lane in lanes {
        acknowledged.extend(lane.await??);
    }
    let mut stage = Arc::into_inner(shared).context("every lane has ended")?;
    let ended = stage.running()?.ended(vigie_tests::stage::WITHIN).await?;
    assert_eq!(ended.code(), Some(0), "{ended}: {}", stage.log()?);
    assert!(acknowledged.len() > 300);
    stage.start().await?;
    stage.settled().await?;
    for id in &acknowledged {
        let sql = format!("SELECT count(*) FROM review WHERE external_id = '{id}'");
        assert_eq!(stage.count(&sql)?, 1, "{id} was acknowledged and is gone");
    }
    let mails = stage.sink.messages();
    assert_each_once(&mails);
    let told: BTreeSet<_> = mails.iter().filter_map(|mail| mail.header("X-Vigie-Review")).collect();
    let low = acknowledged.iter().filter(|id| id.ends_with('0'));
    let low = low.filter(|id| !told.contains(&format!("lumen-site/{id}")));
    assert_eq!(low.count(), 0, "an acknowledged low review has no alert");
    Ok(())
}

#[tokio::test]
async fn an_address_that_was_never_there_is_404_and_the_secret_of_another_source_401() -> Result<()>
{
    let stage = lumen().await?;
    let none = stage.ask(http::Method::POST, "/hooks/nobody", HeaderMap::new(), vec![]).await?;
    assert_eq!(none.problem(), (404, "unknown-source".to_owned()));
    let body = posted("r-1", 2).to_string().into_bytes();
    let now = vigie_tests::platform::now();
    let (_, headers) =
        vigie_tests::platform::signed("orso-site", &secret_of("orso-site")?, &body, now)?;
    let wrong = stage.ask(http::Method::POST, "/hooks/lumen-site", headers, body).await?;
    assert_eq!(wrong.problem(), (401, "signature-mismatch".to_owned()));
    Ok(())
}

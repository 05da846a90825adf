//! Too much at once: the same webhook ten thousand times, and a platform that replays its past.

use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use vigie_tests::platform::{ago, clock_in, now, posted, with};
use vigie_tests::stage::{LUMEN, ORSO, SERVER, Stage};
use vigie_tests::webhook::{Connection, SECRET, Sender};

use crate::support::reviews;

const DUPLICATES: usize = 10_000;
const CONNECTIONS: usize = 100;
const REPLAYED: usize = 5_000;
const IN_A_BATCH: usize = 250;
/// When the report of the replay is due: the replay takes a few seconds.
const REPORT_IN_S: i64 = 10;

/// One connection's share: how many were accepted, and how many duplicates.
async fn share(addr: std::net::SocketAddr, request: Arc<Vec<u8>>) -> Result<(u64, u64)> {
    let mut connection = Connection::open(addr).await?;
    let (mut accepted, mut duplicates) = (0, 0);
    for _ in 0..DUPLICATES / CONNECTIONS {
        let answer = connection.ask(&request).await?;
        anyhow::ensure!(answer.status == 200, "{answer:?}");
        let tally: Value = serde_json::from_slice(&answer.body)?;
        accepted += tally["accepted"].as_u64().context("no count")?;
        duplicates += tally["duplicates"].as_u64().context("no count")?;
    }
    Ok((accepted, duplicates))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_duplicates_at_once_make_one_review_and_one_alert_for_each_recipient()
-> Result<()> {
    let two = LUMEN.replace(", gets = []", "");
    let mut stage = Stage::set(&[SERVER, &two].concat())?;
    stage.write("lumen-site.secret", SECRET)?;
    stage.start().await?;
    let mut request = Vec::new();
    Sender::new(&now().to_string())?.write(&mut request, "r-1", 2)?;
    let request = Arc::new(request);
    let addr = stage.addr();
    let shares: Vec<_> =
        (0..CONNECTIONS).map(|_| tokio::spawn(share(addr, request.clone()))).collect();
    let mut sum = (0, 0);
    for one in shares {
        let (accepted, duplicates) = one.await??;
        sum = (sum.0 + accepted, sum.1 + duplicates);
    }
    assert_eq!(sum, (1, DUPLICATES as u64 - 1));
    let mails = stage.mails(2).await?;
    let mut to: Vec<_> = mails.iter().flat_map(|mail| mail.to.clone()).collect();
    to.sort();
    assert_eq!(to, ["direction@lumen.example", "service@lumen.example"]);
    assert_eq!(reviews(&stage)?, 1);
    Ok(())
}

async fn replay(stage: &Stage) -> Result<u64> {
    let mut accepted = 0;
    for batch in 0..REPLAYED / IN_A_BATCH {
        let event = |number: usize| {
            let number = batch * IN_A_BATCH + number;
            let at = ago((10 + number as i64 / 20) * 86_400).to_string();
            let dates = json!({"published_at": at, "updated_at": at});
            with(posted(&format!("old-{number}"), 1 + (number % 5) as u8), &dates)
        };
        let events: Vec<Value> = (0..IN_A_BATCH).map(event).collect();
        let reply = stage.post("lumen-site", json!({"events": events})).await?;
        accepted += reply.tally()?[0];
    }
    Ok(accepted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_that_replays_its_past_floods_nobody_and_fills_one_heading_of_the_report()
-> Result<()> {
    let mut stage = Stage::set("")?;
    let at = ago(-REPORT_IN_S);
    let soon = LUMEN.replace("{report}", &clock_in(REPORT_IN_S, "Europe/Paris")?);
    stage.configure(&[SERVER, &soon, ORSO].concat())?;
    stage.start().await?;
    assert_eq!(replay(&stage).await?, REPLAYED as u64);
    assert_eq!(reviews(&stage)?, REPLAYED as i64);
    stage.settled().await?;
    assert!(now() < at, "the machine is too slow for the {REPORT_IN_S} s of this test");
    assert_eq!(stage.sink.count(), 0, "somebody was told of an old review");
    let mails = stage.mails(1).await?;
    assert_eq!(mails[0].header("X-Vigie-Kind").as_deref(), Some("report"));
    let text = mails[0].text().context("no text")?.replace('\u{a0}', " ");
    assert_eq!(text.matches("TROUVÉS TARD, SANS ALERTE").count(), 1, "{text}");
    assert!(!text.contains("EN RETARD"), "due a day after they were seen: {text}");
    // 3 of 5 ratings are under 4; a report shows 100 reviews at most, and how many more.
    let links = text.lines().filter(|line| line.contains("/desk/answered/")).count();
    assert!((1..=100).contains(&links), "{links} reviews are shown");
    let more = REPLAYED * 3 / 5 - links;
    assert!(text.contains(&format!("Et {more} autres avis en attente")), "{more} more: {text}");
    assert!(text.contains("BONS AVIS À REMERCIER (2000)"), "{text}");
    Ok(())
}

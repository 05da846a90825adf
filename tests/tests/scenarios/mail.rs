//! A mail server that is down, one that refuses for good, and no mail server at all.

use anyhow::{Context, Result};
use vigie_smtp_sink::{Fault, Received};
use vigie_tests::platform::posted;
use vigie_tests::stage::{LUMEN, ORSO, SERVER, Stage};

use crate::support::{assert_each_once, header, lumen, notices, recipients};

#[tokio::test]
async fn a_mail_server_that_is_down_delays_and_loses_and_doubles_nothing() -> Result<()> {
    let stage = Stage::open(&[SERVER, LUMEN, ORSO].concat()).await?;
    stage.sink.stop().await;
    for number in 0..5 {
        stage.tell("orso-site", &posted(&format!("r-{number}"), 2)).await?;
    }
    let tried = || {
        let waiting = notices(&stage, "pending")?;
        Ok(waiting.len() == 10 && waiting.iter().all(|one| one["attempts"].as_u64() > Some(0)))
    };
    stage.until("all ten were tried", tried).await?;
    assert!(notices(&stage, "pending")?.iter().all(|one| one["reason"].is_string()));
    stage.sink.restart()?;
    let mails = stage.mails(10).await?;
    assert_each_once(&mails);
    assert_eq!(notices(&stage, "sent")?.len(), 10);
    assert_eq!(notices(&stage, "dead")?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn what_waited_when_the_server_stopped_is_sent_by_the_next_one() -> Result<()> {
    let mut stage = lumen().await?;
    stage.sink.stop().await;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.stop().await?;
    stage.sink.restart()?;
    stage.start().await?;
    assert_each_once(&stage.mails(1).await?);
    Ok(())
}

#[tokio::test]
async fn a_refusal_for_good_is_dead_until_the_operator_sends_it_again() -> Result<()> {
    let stage = Stage::open(&[SERVER, ORSO].concat()).await?;
    let refuses = Fault::reply(vigie_smtp_sink::Stage::Rcpt, 550, "5.1.1 no such user");
    stage.sink.inject(refuses.only_to("owner@orso.example"));
    stage.tell("orso-site", &posted("r-1", 2)).await?;
    let mails = stage.mails(1).await?;
    assert_eq!(recipients(&mails), ["desk@orso.example"], "the other one is not held up");
    let dead = notices(&stage, "dead")?;
    assert_eq!(dead.len(), 1);
    assert_eq!((&dead[0]["to"], &dead[0]["attempts"]), (&"email:owner".into(), &1.into()));
    assert!(dead[0]["reason"].as_str().unwrap_or_default().contains("550"), "{dead:?}");
    let id = dead[0]["id"].as_str().context("no id")?.to_owned();
    let sent = notices(&stage, "sent")?[0]["id"].as_str().context("no id")?.to_owned();
    assert_eq!(stage.run(&["redrive", &sent])?.code, 1, "what was sent is not sent again");
    assert_eq!(stage.run(&["redrive", "0123456789abcdef0123456789abcdef"])?.code, 1);
    stage.sink.heal();
    assert_eq!(stage.run(&["redrive", &id])?.code, 0);
    let mails = stage.mails(2).await?;
    assert_eq!(header(&mails[1], "X-Vigie-Notice")?, id);
    assert_eq!(stage.run(&["redrive", &id])?.code, 1, "it is not dead any more");
    Ok(())
}

#[tokio::test]
async fn a_busy_mail_server_is_asked_again() -> Result<()> {
    let stage = lumen().await?;
    let busy = Fault::reply(vigie_smtp_sink::Stage::DataEnd, 451, "4.3.0 try again");
    stage.sink.inject(busy.first(1));
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.mails(1).await?;
    assert_eq!(notices(&stage, "sent")?[0]["attempts"], 2);
    Ok(())
}

#[tokio::test]
async fn the_transport_file_writes_one_eml_a_message() -> Result<()> {
    let server = SERVER.replace("{mail}", "file:outbox");
    let stage = Stage::open(&[&server, LUMEN].concat()).await?;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.tell("lumen-site", &posted("r-2", 1)).await?;
    stage.settled().await?;
    let mut mails = Vec::new();
    for file in std::fs::read_dir(stage.home.path().join("outbox"))? {
        let path = file?.path();
        let mail = Received::from_data(std::fs::read(&path)?);
        let name = path.file_name().and_then(|name| name.to_str()).context("a name")?;
        assert_eq!(name, format!("{}.eml", header(&mail, "X-Vigie-Notice")?));
        assert!(mail.text().is_some() && mail.html().is_some());
        mails.push(header(&mail, "X-Vigie-Review")?);
    }
    mails.sort();
    assert_eq!(mails, ["lumen-site/r-1", "lumen-site/r-2"]);
    assert_eq!(stage.sink.count(), 0);
    Ok(())
}

#[tokio::test]
async fn at_most_sixteen_deliveries_are_in_flight() -> Result<()> {
    let stage = lumen().await?;
    let hangs = Fault::new(vigie_smtp_sink::Stage::Data, vigie_smtp_sink::Action::Hang);
    stage.sink.inject(hangs);
    let events: Vec<_> = (0..60).map(|number| posted(&format!("r-{number}"), 2)).collect();
    let reply = stage.post("lumen-site", serde_json::json!({"events": events})).await?;
    assert_eq!(reply.tally()?[0], 60);
    let sending = || stage.count("SELECT count(*) FROM notice WHERE state = 'sending'");
    let undecided = "SELECT count(*) FROM review WHERE undecided_at IS NOT NULL";
    stage.until("all alerts are made", || Ok(stage.count(undecided)? == 0)).await?;
    stage.until("sixteen hang", || Ok(sending()? >= 16)).await?;
    // The watch, which looks every second, takes up no more either.
    let mut ticks = tokio::time::interval(std::time::Duration::from_millis(100));
    for _ in 0..15 {
        ticks.tick().await;
        assert_eq!(sending()?, 16);
        assert!(stage.sink.connections() <= 16, "{}", stage.sink.connections());
    }
    Ok(())
}

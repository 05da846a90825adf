//! Whoever runs Vigie hears of trouble with Vigie itself.

use anyhow::Result;
use serde_json::json;
use vigie_smtp_sink::Fault;
use vigie_tests::platform::posted;
use vigie_tests::stage::{LUMEN, ORSO, SERVER, Stage};

use crate::support::{header, notices, unwrapped};

const TWO: &str = "\n[operator]\nemail = [\"ops@agency.example\", \"night@agency.example\"]\n";

#[tokio::test]
async fn a_rejected_event_makes_one_mail_to_both_addresses_and_ten_more_make_none() -> Result<()> {
    let stage = Stage::open(&[SERVER, TWO, LUMEN].concat()).await?;
    let no_id = || json!({"type": "review.posted", "review": {"rating": 2, "scale": 5}});
    stage.post("lumen-site", no_id()).await?;
    let mail = stage.mails(1).await?.remove(0);
    assert_eq!(header(&mail, "X-Vigie-Kind")?, "operator");
    assert_eq!(header(&mail, "Subject")?, "Vigie · rejected · lumen-site · 1 time");
    assert_eq!(mail.to, ["ops@agency.example", "night@agency.example"]);
    assert!(unwrapped(&mail)?.contains("vigie redrive ID"));
    for _ in 0..10 {
        stage.post("lumen-site", no_id()).await?;
    }
    let sql = "SELECT coalesce(sum(count), 0) FROM trouble WHERE code = 'rejected'";
    stage.until("ten are counted", || Ok(stage.count(sql)? == 10)).await?;
    assert_eq!(stage.sink.count(), 1);
    let state = stage.run(&["status", "--json"])?;
    assert_eq!((state.code, &state.json()?["matters"][0]["count"]), (0, &json!(10)), "{state:?}");
    Ok(())
}

#[tokio::test]
async fn a_dead_notice_is_told_and_status_asks_for_a_person() -> Result<()> {
    let stage = Stage::open(&[SERVER, TWO, ORSO].concat()).await?;
    let refuses = Fault::reply(vigie_smtp_sink::Stage::Rcpt, 550, "5.1.1 no such user");
    stage.sink.inject(refuses.only_to("owner@orso.example"));
    stage.tell("orso-site", &posted("r-1", 2)).await?;
    let mails = stage.mails(2).await?;
    let subjects: Vec<_> = mails.iter().filter_map(|mail| mail.header("Subject")).collect();
    assert!(subjects.iter().any(|one| one.contains("dead")), "{subjects:?}");
    let state = stage.run(&["status"])?;
    assert_eq!(state.code, 1);
    assert!(state.out.contains("! 1 dead notice: vigie notices --state dead"), "{state:?}");
    Ok(())
}

#[tokio::test]
async fn one_of_two_addresses_that_is_refused_does_not_hold_up_the_other() -> Result<()> {
    let stage = Stage::open(&[SERVER, TWO, LUMEN].concat()).await?;
    let refuses = Fault::reply(vigie_smtp_sink::Stage::Rcpt, 550, "5.1.1 no such user");
    stage.sink.inject(refuses.only_to("ops@agency.example"));
    stage.post("lumen-site", json!({"type": "review.posted", "review": {"rating": 2}})).await?;
    let mail = stage.mails(1).await?.remove(0);
    assert_eq!(mail.to, ["night@agency.example"]);
    assert_eq!(notices(&stage, "sent")?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn without_an_operator_the_status_says_it() -> Result<()> {
    let stage = Stage::open(&[SERVER, LUMEN].concat()).await?;
    assert_eq!(stage.run(&["status"])?.code, 0, "{:?}", stage.run(&["status"])?);
    stage.post("lumen-site", json!({"type": "review.posted", "review": {"rating": 2}})).await?;
    let state = stage.run(&["status"])?;
    assert_eq!(state.code, 1);
    assert!(state.out.contains("! 1 × rejected of lumen-site"), "{state:?}");
    assert_eq!(stage.sink.count(), 0);
    Ok(())
}

#[tokio::test]
async fn sources_show_their_address_and_what_was_last_refused() -> Result<()> {
    let mut stage = Stage::open(&[SERVER, LUMEN].concat()).await?;
    stage
        .ask(http::Method::POST, "/hooks/lumen-site", http::HeaderMap::new(), b"{}".to_vec())
        .await?;
    stage.tell("lumen-site", &posted("r-1", 5)).await?;
    // What is counted in memory is noted when the server stops.
    stage.stop().await?;
    let listed = stage.json(&["sources", "--brand", "lumen"])?;
    let one = &listed["sources"][0];
    assert_eq!(one["url"], "http://vigie.example/hooks/lumen-site");
    assert_eq!(one["refused_why"], "signature-missing");
    let steps = one["setup"].to_string();
    assert!(steps.contains("--source lumen-site --url http://vigie.example"), "{steps}");
    assert!(!steps.contains('{'), "nothing is left to fill in: {steps}");
    assert!(one["accepted_at"].is_string(), "{one}");
    assert_eq!(stage.run(&["sources", "--brand", "unheard-of"])?.code, 2);
    assert_eq!(stage.run(&["status"])?.code, 1, "no server runs");
    Ok(())
}

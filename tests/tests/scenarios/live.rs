//! `vigie check --live`: it tries what the file names, and says what does not work.

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use vigie_smtp_sink::{Fault, Stage as Moment};
use vigie_tests::home::free_addr;
use vigie_tests::stage::{LUMEN, SERVER, Stage};

/// A configuration whose public address is where the server listens.
fn at_home() -> Result<String> {
    let addr = free_addr()?.to_string();
    Ok(SERVER.replace("127.0.0.1:0", &addr).replace("vigie.example\"\n[", &format!("{addr}\"\n["))
        + LUMEN)
}

/// The outcome of each try, and the exit code.
fn check(stage: &Stage, more: &[&str]) -> Result<(i32, Vec<(String, String)>)> {
    let ran = stage.run(&[&["check", "--live", "--json"], more].concat())?;
    let document = ran.json()?;
    assert_eq!(document["ok"], Value::Bool(ran.code == 0), "{document}");
    assert_eq!(document["faults"], Value::Array(Vec::new()));
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let tried = document["live"].as_array().context("nothing was tried")?;
    for one in tried {
        let failed = text(one, "result") == "no";
        assert!(!failed || !text(one, "hint").is_empty(), "what to do: {one}");
        assert!(!text(one, "message").is_empty(), "{one}");
    }
    let outcome = |one| (text(one, "check"), text(one, "result"));
    Ok((ran.code, tried.iter().map(outcome).collect()))
}

fn fails(tried: &[(String, String)]) -> Vec<&str> {
    let failing = tried.iter().filter(|(_, result)| result == "no");
    failing.map(|(check, _)| check.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_server_that_is_well_everything_works_and_a_sample_goes_out_per_language()
-> Result<()> {
    let mut stage = Stage::open(&at_home()?).await?;
    let (code, tried) = check(&stage, &["--mail-to", "ops@agency.example"])?;
    assert_eq!((code, fails(&tried)), (0, vec![]), "{tried:?}");
    let names: Vec<_> = tried.iter().map(|(check, _)| check.as_str()).collect();
    assert_eq!(names, ["mail", "samples", "disk", "server", "address", "clock"]);
    let mails = stage.sink.messages();
    let subjects: Vec<_> = mails.iter().filter_map(|mail| mail.header("Subject")).collect();
    assert!(subjects[0].starts_with("[Exemple] Avis 2★"), "{subjects:?}");
    assert!(subjects[1].starts_with("[Sample] Review 2★"), "{subjects:?}");
    assert!(mails.iter().all(|mail| mail.to == ["ops@agency.example"]));
    assert!(mails.iter().all(|mail| mail.html().is_some()));
    // It leaves nothing behind, and tells nobody twice.
    let (code, tried) = check(&stage, &[])?;
    assert_eq!((code, tried.len(), stage.sink.count()), (0, 5, 2));
    assert_eq!(stage.count("SELECT count(*) FROM notice")?, 0);
    let left = std::fs::read_dir(stage.home.data())?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    assert!(left.into_iter().all(|name| !name.contains("check")));
    stage.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_server_it_says_so_and_tries_the_rest() -> Result<()> {
    let stage = Stage::set(&at_home()?)?;
    let (code, tried) = check(&stage, &[])?;
    assert_eq!((code, fails(&tried)), (1, vec!["server", "address"]), "{tried:?}");
    let ran = stage.run(&["check", "--live"])?;
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(ran.out.contains("start it: vigie serve"), "{ran:?}");
    assert!(
        ran.out.contains("\nok   disk     ") && ran.out.contains("\nok   mail     "),
        "{ran:?}"
    );
    assert!(ran.out.contains("\n--   clock    "), "{ran:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_refuses_is_told_of_and_gets_no_sample() -> Result<()> {
    let stage = Stage::open(&at_home()?).await?;
    stage.sink.inject(Fault::reply(Moment::Hello, 554, "5.7.1 not you"));
    let (code, tried) = check(&stage, &["--mail-to", "ops@agency.example"])?;
    assert_eq!((code, fails(&tried)), (1, vec!["mail"]), "{tried:?}");
    stage.sink.heal();
    stage.sink.inject(Fault::reply(Moment::Rcpt, 550, "5.1.1 nobody"));
    let (code, tried) = check(&stage, &["--mail-to", "ops@agency.example"])?;
    assert_eq!((code, fails(&tried)), (1, vec!["samples"]), "{tried:?}");
    assert_eq!(stage.sink.count(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_into_a_folder_is_tried_there() -> Result<()> {
    let stage = Stage::open(&at_home()?.replace("{mail}", "file:outbox")).await?;
    let (code, _) = check(&stage, &["--mail-to", "ops@agency.example"])?;
    assert_eq!(code, 0);
    assert_eq!(std::fs::read_dir(stage.home.path().join("outbox"))?.count(), 2);
    std::fs::remove_dir_all(stage.home.path().join("outbox"))?;
    stage.write("outbox", "a file")?;
    let (code, tried) = check(&stage, &[])?;
    assert_eq!((code, fails(&tried)), (1, vec!["mail"]), "{tried:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_folder_that_is_none_is_told_of() -> Result<()> {
    let stage = Stage::set(&at_home()?)?;
    std::fs::remove_dir(stage.home.data())?;
    stage.write("data", "a file")?;
    let (code, tried) = check(&stage, &[])?;
    assert_eq!((code, fails(&tried)), (1, vec!["disk", "server", "address"]), "{tried:?}");
    Ok(())
}

/// Answers every request alike.
async fn answering(answer: &'static str) -> Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let addr = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    Ok(addr.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_answers_at_the_public_address_must_be_vigie_on_the_right_time() -> Result<()> {
    const OURS: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 33\r\n\
                        Date: Fri, 20 Nov 2020 09:12:00 GMT\r\n\r\n\
                        {\"status\":\"ok\",\"version\":\"0.1.0\"}";
    const OTHER: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi";
    const AWAY: &str = "HTTP/1.1 301 Moved\r\nConnection: close\r\nLocation: http://a.example/\r\n\
                        Content-Length: 0\r\n\r\n";
    const GATEWAY: &str =
        "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    for (answer, failing) in
        [(OURS, "clock"), (OTHER, "address"), (AWAY, "address"), (GATEWAY, "address")]
    {
        let public = answering(answer).await?;
        let listen = SERVER.replace("vigie.example\"\n[", &format!("{public}\"\n["));
        let stage = Stage::open(&[&listen, LUMEN].concat()).await?;
        let (code, tried) = check(&stage, &[])?;
        assert_eq!((code, fails(&tried)), (1, vec![failing]), "{answer}: {tried:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_faulty_file_or_address_is_exit_2_and_nothing_is_tried() -> Result<()> {
    let stage = Stage::set(&at_home()?.replace("Europe/Paris", "Mars/Base"))?;
    let ran = stage.run(&["check", "--live", "--json"])?;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.json()?.get("live").is_none(), "{ran:?}");
    let stage = Stage::set(&at_home()?)?;
    for bad in [&["--live", "--mail-to", "nobody"][..], &["--mail-to", "ops@agency.example"]] {
        let ran = stage.run(&[&["check"], bad].concat())?;
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    }
    assert_eq!(stage.sink.connections(), 0);
    Ok(())
}

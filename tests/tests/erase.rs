//! Somebody asks to be forgotten: `vigie erase` beside a running server. Afterwards not a byte of
//! what they wrote is in the data folder, and nothing brings it back.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use vigie_tests::platform::{Reply, clock_in, now, posted, secret_of, signed, told, with};
use vigie_tests::stage::{LUMEN, ORSO, PUBLIC_URL, SERVER, Stage};

/// Stands in every field of what is erased, and nowhere else.
const MARKER: &str = "Zqxjmarque";

/// A review whose every text holds the marker.
fn marked(id: &str, rating: u8) -> Value {
    let fields = json!({
        "title": format!("{MARKER} : jamais reçu"),
        "text": format!("{MARKER}, colis jamais reçu. Le vendeur {MARKER} ne répond pas.\n")
            .repeat(40),
        "author": format!("{MARKER} D."),
        "product": format!("Lampe {MARKER}"),
        "order": format!("{MARKER}-4711"),
        "url": format!("https://reviews.example/{MARKER}/{id}"),
        "location": format!("{MARKER}-Ville"),
    });
    with(posted(&format!("{MARKER}-{id}"), rating), &fields)
}

fn key(id: &str) -> String {
    format!("lumen-site/{MARKER}-{id}")
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { all.extend(files(&path)?) } else { all.push(path) }
    }
    Ok(all)
}

/// The marker as files may write it: as it is, and in base64 wherever it may begin.
fn forms() -> Vec<Vec<u8>> {
    let mut forms = vec![MARKER.as_bytes().to_vec(), MARKER.to_lowercase().into_bytes()];
    for before in 0..3 {
        let padded = [&vec![b' '; before][..], MARKER.as_bytes()].concat();
        // What its neighbours share with it is left out.
        let encoded = STANDARD.encode(padded);
        let whole = encoded.get(4..encoded.len() - 4).unwrap_or_default();
        forms.push(whole.as_bytes().to_vec());
    }
    forms
}

/// The files of a folder that hold the marker in some form. A line that quoted-printable breaks is
/// put together again.
fn found(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for path in files(folder)? {
        let Ok(bytes) = fs::read(&path) else { continue };
        let joined = String::from_utf8_lossy(&bytes).replace("=\r\n", "").into_bytes();
        let holds = |bytes: &[u8], form: &Vec<u8>| {
            bytes.windows(form.len()).any(|window| window == form.as_slice())
        };
        if forms().iter().any(|form| holds(&bytes, form) || holds(&joined, form)) {
            found.push(path.display().to_string());
        }
    }
    Ok(found)
}

/// Both brands; Orso's messages wait for hours that begin in six.
fn configuration(transport: &str) -> Result<String> {
    let (from, to) = (clock_in(6 * 3600, "Europe/London")?, clock_in(8 * 3600, "Europe/London")?);
    let hours = format!("send_between = \"{}-{}\"", &from[..5], &to[..5]);
    let orso = ORSO.replace("locale = \"en\"", &format!("locale = \"en\"\n{hours}"));
    Ok([&SERVER.replace("{mail}", transport), LUMEN, &orso].concat())
}

async fn refused(stage: &Stage, body: &Value) -> Result<Reply> {
    let (path, headers) =
        signed("lumen-site", &secret_of("lumen-site")?, body.to_string().as_bytes(), now())?;
    stage.ask(Method::POST, &path, headers, serde_json::to_vec_pretty(body)?).await
}

fn link(text: &str) -> Result<String> {
    let line = text.lines().find(|line| line.contains("/desk/answered/")).context("no link")?;
    line.strip_prefix(PUBLIC_URL).map(str::to_owned).context("another address")
}

#[tokio::test]
async fn a_review_is_erased_beside_the_server_and_stays_erased() -> Result<()> {
    let stage = Stage::open(&configuration("{mail}")?).await?;
    stage.tell("lumen-site", &marked("1", 2)).await?;
    stage.tell("lumen-site", &posted("other", 2)).await?;
    let mails = stage.mails(2).await?;
    let of_it = |text: String| text.contains(MARKER);
    let mail = mails.iter().find(|mail| mail.text().is_some_and(of_it)).context("no alert")?;
    let path = link(&mail.text().context("no text")?)?;
    assert_eq!(stage.get(&path).await?.status, 200);
    // A rejected event and a kept request mention it.
    let unmapped = json!({"type": "review.posted", "review": {"author": format!("{MARKER} D.")}});
    assert_eq!(stage.post("lumen-site", &unmapped).await?.tally()?, [0, 0, 0, 0, 1]);
    stage.json(&["capture", "--source", "lumen-site"])?;
    assert_eq!(refused(&stage, &marked("1", 1)).await?.status, 401);
    let captures = stage.home.data().join("captures");
    let kept = || Ok(files(&captures)?.iter().any(|f| f.to_string_lossy().ends_with(".capture")));
    stage.until("it is kept", kept).await?;

    assert!(!found(&stage.home.data())?.is_empty(), "it is there, or this proves nothing");
    let dry = stage.json(&["erase", &key("1"), "--dry-run"])?;
    assert_eq!((&dry["erased"], &dry["swept"]), (&json!(false), &Value::Null));
    assert_eq!(stage.get(&path).await?.status, 200, "looking changes nothing");
    let done = stage.json(&["erase", &key("1")])?;
    for (name, count) in [
        ("reviews", 1),
        ("notices_sent", 1),
        ("notices_unsent", 0),
        ("rejected", 1),
        ("captures", 1),
        ("mails", 0),
    ] {
        assert_eq!((&dry[name], &done[name]), (&json!(count), &json!(count)), "{name}: {done}");
    }
    assert_eq!((&done["erased"], &done["swept"]), (&json!(true), &json!(true)));
    assert_eq!(found(&stage.home.data())?, [""; 0]);
    assert!(!stage.log()?.contains(MARKER), "nothing personal is in the log");

    for body in [marked("1", 2), with(marked("1", 1), &json!({"updated_at": now().to_string()}))] {
        let again = stage.post("lumen-site", &body).await?;
        assert_eq!(again.tally()?, [0, 1, 0, 0, 0], "a redelivery is known");
    }
    let withdrawn = told("withdrawn", &format!("{MARKER}-1"), &json!({}));
    assert_eq!(stage.post("lumen-site", &withdrawn).await?.tally()?, [0, 1, 0, 0, 0]);
    stage.mails(2).await?;
    for method in [Method::GET, Method::HEAD, Method::POST] {
        let page = stage.ask(method.clone(), &path, HeaderMap::new(), Vec::new()).await?;
        assert_eq!(page.status, 410, "{method}");
        let says = page.text.contains("Cet avis a été effacé.") && !page.text.contains("<button");
        assert!(says || method == Method::HEAD, "{page:?}");
    }
    let report = stage.json(&["report", "unanswered", "--brand", "lumen"])?;
    let open = report["brands"][0]["open"].as_array().context("no list")?;
    assert_eq!(open.iter().map(|one| &one["review"]).collect::<Vec<_>>(), ["lumen-site/other"]);
    assert_eq!(report["brands"][0]["received"], 2, "it counts still");
    for named in [&key("1"), "LUM-1"] {
        let story = stage.json(&["explain", named])?;
        assert_eq!((&story["stars"], &story["state"]), (&json!(2.0), &json!("erased")));
        assert!(story["erased_at"].is_string() && !story.to_string().contains(MARKER), "{story}");
    }
    let human = stage.run(&["explain", "LUM-1"])?.out;
    assert!(human.contains("erased on 20"), "{human}");
    assert_eq!(found(&stage.home.data())?, [""; 0], "nothing brought it back");
    Ok(())
}

#[tokio::test]
async fn an_author_is_erased_with_what_waits_and_the_mails_in_the_folder() -> Result<()> {
    // The folder of mails is in the data folder, so that every byte of them is looked at too.
    let mut stage = Stage::open(&configuration("file:data/outbox")?).await?;
    stage.tell("lumen-site", &marked("1", 2)).await?;
    stage.tell("lumen-site", &marked("2", 1)).await?;
    stage.tell("orso-site", &marked("3", 1)).await?;
    stage.tell("lumen-site", &posted("other", 2)).await?;
    let outbox = stage.home.data().join("outbox");
    let held = "SELECT count(*) FROM notice WHERE state = 'held'";
    let sent = || Ok(outbox.exists() && files(&outbox)?.len() >= 3 && stage.count(held)? == 2);
    stage.until("the mails are written", sent).await?;
    stage.settled().await?;
    let before = files(&outbox)?.len();
    stage.json(&["answered", &key("2"), "--by", &format!("{MARKER} au service")])?;

    let author = format!(" {} d.", MARKER.to_uppercase());
    let lumen = ["erase", "--author", &author, "--source", "lumen-site"];
    let dry = stage.json(&[&lumen[..], &["--dry-run"]].concat())?;
    let done = stage.json(&lumen)?;
    assert_eq!((&done["reviews"], &done["notices_sent"]), (&json!(2), &dry["notices_sent"]));
    assert_eq!((&done["mails"], &dry["mails"]), (&dry["mails"], &done["mails"]));
    let gone = done["mails"].as_u64().context("no count")?;
    assert!(gone >= 2, "{done}");
    assert_eq!(files(&outbox)?.len() as u64, before as u64 - gone);
    let again = stage.run(&lumen)?;
    assert_eq!(again.code, 1, "{again:?}");

    let orso = stage.json(&["erase", "ORS-3"])?;
    assert_eq!((&orso["reviews"], &orso["notices_unsent"]), (&json!(1), &json!(2)), "{orso}");
    assert_eq!(stage.count(held)?, 0);
    assert_eq!(found(&stage.home.data())?, [""; 0]);
    let twice = stage.run(&["erase", "ORS-3"])?;
    assert!(twice.code == 0 && twice.out.contains("had been erased on"), "{twice:?}");
    stage.stop().await?;
    assert_eq!(found(&stage.home.data())?, [""; 0], "nor once it has stopped");
    stage.start().await?;
    assert_eq!(stage.post("lumen-site", &marked("1", 2)).await?.tally()?, [0, 1, 0, 0, 0]);
    assert_eq!(files(&outbox)?.len() as u64, before as u64 - gone);
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_told_and_a_wrong_line_changes_nothing() -> Result<()> {
    let stage = Stage::open(&[SERVER, LUMEN].concat()).await?;
    stage.tell("lumen-site", &posted("r-1", 5)).await?;
    for (line, code) in [
        ("erase lumen-site/r-2", 1),
        ("erase LUM-9", 1),
        ("erase nonsense", 1),
        ("erase --author Nobody --source lumen-site", 1),
        ("erase --author Claire", 2),
        ("erase --source lumen-site", 2),
        ("erase lumen-site/r-1 --author Claire --source lumen-site", 2),
        ("erase", 2),
        ("erase --author Claire --source No_Slug!", 2),
    ] {
        let ran = stage.run(&line.split(' ').collect::<Vec<_>>())?;
        assert_eq!(ran.code, code, "{line}: {ran:?}");
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{line}: {ran:?}");
    }
    assert_eq!(stage.json(&["explain", "lumen-site/r-1"])?["state"], "open");
    // A copy that lies in the data folder is named.
    fs::write(stage.home.data().join("vigie.sqlite.before-v2"), "")?;
    let ran = stage.run(&["erase", "lumen-site/r-1"])?;
    ensure!(ran.code == 0, "{ran:?}");
    assert!(ran.out.contains("vigie.sqlite.before-v2") && ran.out.contains("Backups"), "{ran:?}");
    Ok(())
}

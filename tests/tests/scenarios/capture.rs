//! A webhook is refused: it is kept when somebody asks, and the doctor says why.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use anyhow::Result;
use http::{HeaderMap, HeaderValue, Method};
use serde_json::{Value, json};
use vigie_tests::platform::{Reply, ago, now, posted, secret_of, signed, with};
use vigie_tests::stage::Stage;

use crate::support::lumen;

const TEXT: &str = "Marker-of-the-text, vendeuse désagréable";

/// A review, as the platform signs it, sent by a proxy that writes the JSON anew.
async fn rewritten(stage: &Stage, source: &str, id: &str) -> Result<Reply> {
    let body = with(posted(id, 2), &json!({"text": TEXT})).to_string();
    let (path, headers) = signed(source, &secret_of(source)?, body.as_bytes(), now())?;
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&body)?)?;
    stage.ask(Method::POST, &path, headers, pretty.into()).await
}

fn files(stage: &Stage, ending: &str) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(stage.home.data().join("captures"))? {
        let path = entry?.path();
        all.extend(path.to_string_lossy().ends_with(ending).then_some(path));
    }
    all.sort();
    Ok(all)
}

async fn until_kept(stage: &Stage, count: usize) -> Result<Vec<PathBuf>> {
    stage.until("so many are kept", || Ok(files(stage, ".capture")?.len() == count)).await?;
    files(stage, ".capture")
}

fn ask_to_keep(stage: &Stage, source: &str) -> Result<()> {
    let told = stage.json(&["capture", "--source", source])?;
    assert_eq!((&told["taken"], &told["source"]), (&json!(true), &json!(source)));
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_a_proxy_rewrote_is_kept_and_the_doctor_names_the_cause() -> Result<()> {
    let stage = lumen().await?;
    assert_eq!(rewritten(&stage, "lumen-site", "r-0").await?.status, 401);
    ask_to_keep(&stage, "lumen-site")?;
    let refused = rewritten(&stage, "lumen-site", "r-1").await?;
    assert_eq!(refused.problem(), (401, "signature-mismatch".to_owned()));
    // Of other sources, and of what is taken, nothing is kept.
    assert_eq!(rewritten(&stage, "lumen-shop", "r-1").await?.status, 401);
    stage.tell("lumen-site", &posted("r-2", 5)).await?;
    let kept = until_kept(&stage, 1).await?;
    for (path, mode) in [(kept[0].clone(), 0o600), (stage.home.data().join("captures"), 0o700)] {
        assert_eq!(fs::metadata(&path)?.permissions().mode() & 0o777, mode, "{path:?}");
    }
    let request = refused.header("vigie-request");
    for named in ["last", request] {
        let doctor = ["doctor", "--source", "lumen-site", "--captured", named];
        let ran = stage.run(&doctor)?;
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.out.contains(&format!("Request {request} of ")), "{ran:?}");
        assert!(ran.out.contains("secret 1, over the same JSON written without spaces"), "{ran:?}");
        assert!(ran.out.contains("parses the JSON and writes it again"), "{ran:?}");
        let document = stage.run(&[&doctor[..], &["--json"]].concat())?.json()?;
        let near = json!({"secret": 1, "encoding": "hex",
                          "body": "the same JSON written without spaces"});
        assert_eq!((&document["verifies"], &document["would_verify"]), (&json!(false), &near));
        assert_eq!(document["reason"], "signature-mismatch");
        assert_eq!(document["captured"]["request"], request);
        let arrived: Value = refused.json();
        assert_eq!(document["body_sha256"], arrived["body"]["sha256"]);
        let signature = fs::read_to_string(&kept[0])?;
        let signature = signature.split("sha256=").nth(1).and_then(|rest| rest.get(..64));
        for hidden in [TEXT, "Marker", "désag", &secret_of("lumen-site")?, signature.unwrap_or("?")]
        {
            assert!(!ran.out.contains(hidden), "{hidden}: {}", ran.out);
            assert!(!document.to_string().contains(hidden), "{hidden}: {document}");
        }
    }
    let other = stage.run(&["doctor", "--source", "lumen-shop", "--captured", "last"])?;
    assert_eq!(other.code, 2, "{other:?}");
    assert!(!stage.log()?.contains("Marker"), "a review is in the log");
    Ok(())
}

#[tokio::test]
async fn the_first_five_are_kept_and_asking_again_keeps_the_next() -> Result<()> {
    let stage = lumen().await?;
    ask_to_keep(&stage, "lumen-site")?;
    let mut ids = Vec::new();
    for number in 0..8 {
        let refused = rewritten(&stage, "lumen-site", &format!("r-{number}")).await?;
        ids.push(refused.header("vigie-request").to_owned());
    }
    let of = |files: &[PathBuf]| -> Vec<String> {
        let ids = files.iter().filter_map(|path| path.to_str()?.rsplit('.').nth(1));
        ids.map(str::to_owned).collect()
    };
    assert_eq!(of(&until_kept(&stage, 5).await?), ids[..5]);
    ask_to_keep(&stage, "lumen-site")?;
    let refused = rewritten(&stage, "lumen-site", "r-9").await?;
    let last = refused.header("vigie-request");
    let newest = || Ok(of(&files(&stage, ".capture")?).last().is_some_and(|id| id == last));
    stage.until("the next one is kept", newest).await?;
    until_kept(&stage, 5).await?;
    Ok(())
}

#[tokio::test]
async fn a_token_is_not_kept_and_what_is_kept_is_gone_after_a_day() -> Result<()> {
    let stage = lumen().await?;
    ask_to_keep(&stage, "lumen-trust")?;
    let token = secret_of("lumen-trust")?;
    let wrong = "a-wrong-token-4711";
    for (token, body) in [(wrong, "{}"), (token.as_str(), "no JSON")] {
        let repeated = HeaderValue::from_str(&format!("/hooks/lumen-trust/{token}"))?;
        let headers =
            HeaderMap::from_iter([(http::HeaderName::from_static("x-original-uri"), repeated)]);
        let path = format!("/hooks/lumen-trust/{token}?k={token}");
        stage.ask(Method::POST, &path, headers, body.into()).await?;
    }
    let kept = until_kept(&stage, 2).await?;
    for path in &kept {
        let file = fs::read_to_string(path)?;
        assert!(!file.contains(wrong) && !file.contains(&token), "{file}");
    }
    let doctor = ["doctor", "--source", "lumen-trust", "--captured"];
    let of = |path: &PathBuf| path.to_string_lossy().rsplit('.').nth(1).map(str::to_owned);
    let first = of(&kept[0]).unwrap_or_default();
    let ran = stage.run(&[&doctor[..], &[&first, "--json"]].concat())?;
    assert_eq!((ran.code, &ran.json()?["reason"]), (1, &json!("signature-mismatch")));
    let ran = stage.run(&[&doctor[..], &["last"]].concat())?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("refused for its body") && !ran.out.contains(&token), "{ran:?}");
    // A day passes: the file's name says when it came.
    let old = ago(24 * 3600).as_microsecond();
    let folder = stage.home.data().join("captures");
    fs::rename(&kept[0], folder.join(format!("lumen-trust.{old}.{first}.capture")))?;
    until_kept(&stage, 1).await?;
    Ok(())
}

#[tokio::test]
async fn where_nothing_can_be_kept_webhooks_are_taken_and_refused_as_ever() -> Result<()> {
    let stage = lumen().await?;
    ask_to_keep(&stage, "lumen-site")?;
    // A folder in the file's place fails each write, as a full disk does, also for root.
    let folder = stage.home.data().join("captures");
    fs::rename(&folder, stage.home.data().join("elsewhere"))?;
    fs::write(&folder, "")?;
    assert_eq!(rewritten(&stage, "lumen-site", "r-1").await?.status, 401);
    stage.tell("lumen-site", &posted("r-2", 5)).await?;
    let told = || Ok(stage.log()?.contains("captures cannot be used"));
    stage.until("the log says so", told).await?;
    stage.tell("lumen-site", &posted("r-3", 5)).await?;
    assert_eq!(stage.get("/healthz").await?.status, 200);
    Ok(())
}

//! `vigie send` plays a platform's day: many webhooks, some twice, late or forged.

use anyhow::Result;
use serde_json::{Value, json};

use crate::Stage;
use crate::support::lumen;

fn send(stage: &Stage, source: &str, more: &[&str]) -> Result<(i32, Value)> {
    let url = format!("http://{}", stage.addr());
    let named = ["send", "--source", source, "--url", &url, "--json"];
    let ran = stage.run(&[&named[..], more].concat())?;
    Ok((ran.code, ran.json()?))
}

fn counts(of: &Value) -> [u64; 4] {
    ["sent", "accepted", "refused", "failed"].map(|name| of[name].as_u64().unwrap_or(u64::MAX))
}

#[tokio::test]
async fn what_is_honest_is_taken_and_what_is_not_is_refused_in_any_order() -> Result<()> {
    let stage = lumen().await?;
    let all = ["--count", "14", "--duplicates", "--shuffle", "--late", "--forged"];
    let (code, told) = send(&stage, "lumen-site", &all)?;
    assert_eq!(code, 0, "{told}");
    assert_eq!(counts(&told["honest"]), [14, 14, 0, 0], "{told}");
    assert_eq!(counts(&told["repeated"]), [14, 14, 0, 0], "{told}");
    assert_eq!(counts(&told["late"]), [14, 14, 0, 0], "no time is signed: {told}");
    assert_eq!(counts(&told["forged"]), [14, 0, 14, 0], "{told}");
    assert_eq!(told["statuses"], json!({"200": 42, "401": 14}));
    let (code, told) = send(&stage, "lumen-shop", &["--count", "3", "--late"])?;
    assert_eq!(code, 0, "{told}");
    assert_eq!(counts(&told["late"]), [3, 0, 3, 0], "a time is signed: {told}");
    let (_, told) = send(&stage, "lumen-trust", &["--count", "2", "--forged"])?;
    assert_eq!(counts(&told["forged"]), [2, 0, 2, 0], "another token: {told}");
    Ok(())
}

#[tokio::test]
async fn a_rate_is_kept_and_a_server_that_is_gone_is_told() -> Result<()> {
    let mut stage = lumen().await?;
    let (code, told) = send(&stage, "lumen-site", &["--count", "40", "--rate", "100"])?;
    assert_eq!((code, counts(&told["honest"])), (0, [40, 40, 0, 0]), "{told}");
    // The first is due at once, the last after 39 hundredths of a second.
    assert!(told["seconds"].as_f64().is_some_and(|seconds| seconds >= 0.38), "{told}");
    stage.stop().await?;
    let (code, told) = send(&stage, "lumen-site", &["--count", "2"])?;
    assert_eq!((code, counts(&told["honest"])), (1, [2, 0, 0, 2]), "{told}");
    assert!(told["error"].is_string(), "{told}");
    Ok(())
}

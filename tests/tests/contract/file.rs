//! The sample configuration, with and without what later versions bring.

use anyhow::Result;
use vigie_tests::stage::{Ran, Stage};

use crate::support::{assert_keys, list};

/// The sample as the public interface prints it.
const WHOLE: &str = include_str!("../../../shared/config/tests/it/sample.toml");

/// Without the parts that later versions bring.
fn today() -> String {
    let (start, rest) = WHOLE.split_once("[[brand.shop]]").expect("it has a shop");
    let (_, end) = rest.split_once("[[brand.source]]").expect("it has a source");
    let later = ["include =", "trusted_proxies =", "[operator]", "email = [\"ops@"];
    let text = format!("{start}[[brand.source]]{end}");
    let kept = text.lines().filter(|line| !later.iter().any(|part| line.starts_with(part)));
    kept.collect::<Vec<_>>().join("\n")
}

fn check(text: &str, with_secret: bool) -> Result<Ran> {
    let stage = Stage::set(text)?;
    let mut command = stage.home.command(&["check", "--json"]);
    if with_secret {
        command.env("LUMEN_SITE_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }
    let output = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().unwrap_or(-1);
    Ok(Ran { code, out: text(&output.stdout), err: text(&output.stderr) })
}

#[tokio::test]
async fn the_sample_of_today_has_no_fault() -> Result<()> {
    let checked = check(&today(), true)?;
    assert_eq!(checked.code, 0, "{checked:?}");
    let document = checked.json()?;
    assert_keys(&document, "ok faults");
    assert_eq!(document["ok"], true);
    assert!(list(&document, "faults")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_later_versions_bring_is_refused_with_a_message_that_says_so() -> Result<()> {
    let checked = check(WHOLE, true)?;
    assert_eq!(checked.code, 2, "{checked:?}");
    let document = checked.json()?;
    assert_eq!(document["ok"], false);
    let faults = list(&document, "faults")?;
    let keys: Vec<_> = faults.iter().map(|fault| fault["key"].as_str().unwrap_or("")).collect();
    assert_eq!(
        keys,
        ["include", "server.trusted_proxies", "operator.email", "brand.lumen.shop"],
        "{document}"
    );
    for fault in faults {
        assert_keys(fault, "file line column key code message hint");
        assert_eq!(
            (&fault["file"], &fault["code"]),
            (&"vigie.toml".into(), &"not-in-this-version".into())
        );
        assert!(fault["message"].as_str().unwrap_or("").contains("version"), "{fault}");
    }
    Ok(())
}

#[tokio::test]
async fn later_values_are_refused_and_say_so() -> Result<()> {
    for (now, later) in [
        ("deliver = \"live\"", "deliver = \"trial\""),
        ("deliver = \"live\"", "deliver = \"off\""),
        ("send_between = \"00:00-24:00\"", "send_between = \"08:00-20:00\""),
        ("\"smtp://127.0.0.1:1025\"", "\"ses\""),
        ("\"env:LUMEN_SITE_SECRET\"", "\"ssm:/vigie/lumen\""),
        ("\"env:LUMEN_SITE_SECRET\"", "\"secretsmanager:lumen\""),
        ("# shop = \"lyon\"", "shop = \"lyon\""),
    ] {
        assert!(today().contains(now), "{now}");
        let document = check(&today().replacen(now, later, 1), true)?.json()?;
        let faults = list(&document, "faults")?;
        let [fault] = faults.as_slice() else { anyhow::bail!("{later}: {document}") };
        assert_eq!(fault["code"], "not-in-this-version", "{later}: {fault}");
    }
    Ok(())
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_a_fault_and_every_fault_is_told_at_once() -> Result<()> {
    let document = check(&today(), false)?.json()?;
    let faults = list(&document, "faults")?;
    assert_eq!(faults.len(), 1, "{document}");
    assert!(
        faults[0]["key"].as_str().unwrap_or("").starts_with("brand.lumen.source"),
        "{document}"
    );
    let broken = today()
        .replace("Europe/Paris", "Europe/Pariss")
        .replace("alert_below", "alert_bellow")
        .replace("to = [\"direction\"]", "to = [\"directon\"]")
        .replace("service@lumen.example", "service lumen");
    let document = check(&broken, false)?.json()?;
    let faults = list(&document, "faults")?;
    assert_eq!(faults.len(), 5, "{document}");
    let hint = |key: &str| {
        let found = faults.iter().find(|fault| fault["key"].as_str() == Some(key));
        found.map(|fault| format!("{}{}", fault["message"], fault["hint"])).unwrap_or_default()
    };
    assert!(hint("brand.lumen.alert_bellow").contains("alert_below"), "{document}");
    let lines: Vec<_> = faults.iter().filter_map(|fault| fault["line"].as_u64()).collect();
    assert!(lines.is_sorted() && lines.len() == 5, "{lines:?}");
    Ok(())
}

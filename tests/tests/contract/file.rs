//! The sample configuration, whole, and with what AWS has in place of this machine.

use anyhow::Result;
use vigie_tests::stage::{Ran, Stage};

use crate::support::{assert_keys, list};

/// The sample as the public interface prints it.
const WHOLE: &str = include_str!("../../../shared/config/tests/it/sample.toml");

/// A file that the sample's `include` finds.
const INCLUDED: &str = r#"
[[brand]]
id = "orso"
name = "Orso Coffee"
locale = "en"
timezone = "Europe/London"
contacts = [ { id = "desk", name = "Front desk", email = "desk@orso.example" } ]
"#;

fn check(text: &str, with_secret: bool) -> Result<Ran> {
    let stage = Stage::set(text)?;
    std::fs::create_dir_all(stage.home.path().join("brands"))?;
    stage.write("brands/orso.toml", INCLUDED)?;
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
async fn the_sample_has_no_fault() -> Result<()> {
    let checked = check(WHOLE, true)?;
    assert_eq!(checked.code, 0, "{checked:?}");
    let document = checked.json()?;
    assert_keys(&document, "ok faults");
    assert_eq!(document["ok"], true);
    assert!(list(&document, "faults")?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_aws_has_may_stand_in_its_place() -> Result<()> {
    for (here, on_aws) in [
        ("\"smtp://127.0.0.1:1025\"", "\"ses\""),
        ("\"env:LUMEN_SITE_SECRET\"", "\"ssm:/vigie/lumen\""),
        ("\"env:LUMEN_SITE_SECRET\"", "\"secretsmanager:lumen\""),
    ] {
        assert!(WHOLE.contains(here), "{here}");
        let document = check(&WHOLE.replacen(here, on_aws, 1), true)?.json()?;
        assert!(list(&document, "faults")?.is_empty(), "{on_aws}: {document}");
    }
    Ok(())
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_a_fault_and_every_fault_is_told_at_once() -> Result<()> {
    let document = check(WHOLE, false)?.json()?;
    let faults = list(&document, "faults")?;
    assert_eq!(faults.len(), 1, "{document}");
    assert!(
        faults[0]["key"].as_str().unwrap_or("").starts_with("brand.lumen.source"),
        "{document}"
    );
    let broken = WHOLE
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

//! Reviews of the past come out of a file, in either home.

use anyhow::Result;
use serde_json::json;
use vigie_tests::platform::{ago, posted};

use crate::support::{explain, lumen, open_in_report, recipients};

#[tokio::test]
async fn history_is_imported_once_and_alerts_nobody() -> Result<()> {
    let stage = lumen().await?;
    let (old, day) = (ago(40 * 24 * 3600), ago(20 * 3600));
    let file = format!(
        "id;rating;date;text;reply\n\
         r-old;1;{old};Jamais reçue.;\n\
         r-day;2;{day};Fendue.;\n\
         r-good;5;{old};Parfaite.;Merci !\n"
    );
    stage.write("history.csv", file)?;
    let import = ["import", "history.csv", "--source", "lumen-site"];
    let told = stage.json(&import)?;
    assert_eq!((&told["accepted"], &told["notices"]), (&json!(3), &json!(0)), "{told}");
    assert_eq!(stage.json(&import)?["duplicates"], 3);
    let told =
        stage.json(&[&import[..], &["--close-before", &ago(3600 * 24).to_string()]].concat())?;
    assert_eq!(told["accepted"], 1, "one was open and old: {told}");
    stage.settled().await?;
    stage.mails(0).await?;
    assert_eq!(open_in_report(&stage, "lumen")?, ["lumen-site/r-day"]);
    assert_eq!(explain(&stage, "lumen-site/r-old")?["state"], "closed");
    assert_eq!(explain(&stage, "lumen-site/r-good")?["state"], "answered");
    // What comes by webhook is told as ever.
    stage.tell("lumen-site", &posted("r-new", 2)).await?;
    assert_eq!(recipients(&stage.mails(1).await?), ["service@lumen.example"]);
    Ok(())
}

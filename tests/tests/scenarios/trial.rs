//! A brand that goes from trial to live, beside the server.

use anyhow::Result;
use vigie_tests::stage::Stage;

use crate::people::{at_a_place, lumen_with};
use crate::support::{header, recipients, unwrapped};

#[tokio::test]
async fn on_trial_the_operator_gets_the_message_and_reads_for_whom_it_was() -> Result<()> {
    let mut stage = Stage::open(&lumen_with("deliver = \"trial\"")).await?;
    stage.tell("lumen-site", &at_a_place("r-1", 2, "Lyon")).await?;
    let mails = stage.mails(1).await?;
    assert_eq!(recipients(&mails), ["ops@agency.example"]);
    let subject = header(&mails[0], "Subject")?;
    assert!(subject.starts_with("[Essai] Avis 2★"), "{subject}");
    let text = unwrapped(&mails[0])?;
    let first = text.lines().next().unwrap_or_default();
    assert!(first.contains("aurait été envoyé à Service client"), "{first}");
    assert!(mails[0].html().is_some_and(|html| html.contains("envoyé à Service client")));
    // Live: nothing of what is past, all of what comes.
    stage.configure(&lumen_with("deliver = \"live\""))?;
    stage.running()?.signal("HUP")?;
    let live = || Ok(stage.log()?.contains("~ brand lumen: deliver"));
    stage.until("the brand is live", live).await?;
    stage.until("in force", || Ok(stage.log()?.contains("put in force"))).await?;
    stage.tell("lumen-site", &at_a_place("r-2", 1, "Lyon")).await?;
    let mails = stage.mails(2).await?;
    assert_eq!(recipients(&mails[1..]), ["service@lumen.example"]);
    assert_eq!(header(&mails[1], "X-Vigie-Review")?, "lumen-site/r-2");
    Ok(())
}

//! Safety first; and good news, to the team.

use anyhow::Result;
use serde_json::json;
use vigie_tests::platform::{posted, with};
use vigie_tests::stage::{LUMEN, ORSO, SERVER};

use crate::Stage;
use crate::support::{header, links, lumen, recipients, unwrapped};

const BURNT: &str =
    "La bouilloire a fui et je me suis brûlé la main. Nous avons fini aux urgences.";

#[tokio::test]
async fn a_critical_review_goes_to_management_too_whatever_their_gets() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &with(posted("r-1", 1), &json!({"text": BURNT}))).await?;
    let mails = stage.mails(2).await?;
    assert_eq!(recipients(&mails), ["direction@lumen.example", "service@lumen.example"]);
    for mail in &mails {
        let subject = header(mail, "Subject")?;
        assert!(subject.starts_with("[Critique] Avis 1★ · Santé, sécurité"), "{subject}");
        assert_eq!(header(mail, "X-Vigie-Kind")?, "alert");
    }
    Ok(())
}

#[tokio::test]
async fn a_route_does_not_keep_a_critical_review_from_management() -> Result<()> {
    let route = "[[brand.route]]\nwhen = { stars_below = 3.0 }\nto = [\"email:service\"]\n";
    let stage = Stage::open(&[SERVER, LUMEN, route].concat()).await?;
    stage.tell("lumen-site", &with(posted("r-1", 1), &json!({"text": BURNT}))).await?;
    let mails = stage.mails(2).await?;
    assert_eq!(recipients(&mails), ["direction@lumen.example", "service@lumen.example"]);
    Ok(())
}

#[tokio::test]
async fn a_critical_review_in_english_says_critical() -> Result<()> {
    let stage = Stage::open(&[SERVER, ORSO].concat()).await?;
    let text = "I found broken glass in my coffee and had to go to hospital.";
    let said = json!({"text": text, "language": "en"});
    stage.tell("orso-site", &with(posted("r-1", 1), &said)).await?;
    for mail in stage.mails(2).await? {
        let subject = header(&mail, "Subject")?;
        assert!(subject.starts_with("[Critical] Review 1★ · "), "{subject}");
    }
    Ok(())
}

#[tokio::test]
async fn a_good_review_is_told_at_once_where_the_brand_wants_each() -> Result<()> {
    let each = LUMEN.replace("praise = \"daily\"", "praise = \"each\"");
    let stage = Stage::open(&[SERVER, &each].concat()).await?;
    let said = json!({"text": "Accueil charmant, merci !"});
    stage.tell("lumen-site", &with(posted("r-1", 5), &said)).await?;
    let mails = stage.mails(1).await?;
    assert_eq!(recipients(&mails), ["service@lumen.example"]);
    assert_eq!(header(&mails[0], "X-Vigie-Kind")?, "praise");
    assert_eq!(header(&mails[0], "List-Id")?, "<praise.lumen.vigie>");
    assert!(header(&mails[0], "Subject")?.starts_with("Bravo · "));
    let text = unwrapped(&mails[0])?;
    assert!(text.contains("Accueil charmant, merci !"), "{text}");
    assert!(text.contains("Pourquoi ce message ?"), "{text}");
    assert_eq!(links(&mails[0])?, [""; 0], "nothing to act on");
    Ok(())
}

//! Who is told of a low review, and in which words.

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::json;
use vigie_smtp_sink::Received;
use vigie_tests::platform::{ago, posted, with};
use vigie_tests::stage::{LUMEN, ORSO, Place, SERVER};

use crate::Stage;
use crate::support::{
    both_links, explain, header, later, lumen, moment_en, moment_fr, recipients, unwrapped,
};

/// What happens in the reviews of this file.
const LATE_PARCEL: &str = "Colis jamais reçu, et en boutique on m'a envoyée promener.";

/// The headers that every message carries.
fn assert_headers(mail: &Received, list: &str, kind: &str, review: &str) -> Result<()> {
    let notice = header(mail, "X-Vigie-Notice")?;
    let kept = header(mail, "Message-ID")? == format!("<{notice}@vigie.example>");
    assert_eq!(kept, <crate::Here as Place>::KEEPS_MESSAGE_ID);
    assert_eq!(header(mail, "Auto-Submitted")?, "auto-generated");
    assert_eq!(header(mail, "Reply-To")?, "<support@agency.example>");
    assert_eq!(header(mail, "From")?, "Sara <sara@vigie.example>");
    assert_eq!(header(mail, "List-Id")?, list);
    assert_eq!(header(mail, "X-Vigie-Kind")?, kind);
    assert_eq!(header(mail, "X-Vigie-Review")?, review);
    let thread = header(mail, "References")?;
    assert!(thread.starts_with('<') && thread.ends_with("@vigie.example>"), "{thread}");
    assert!(header(mail, "Content-Type")?.starts_with("multipart/alternative"));
    assert!(mail.html().is_some_and(|html| html.contains("<html")), "an HTML part");
    Ok(())
}

#[tokio::test]
async fn a_message_is_traced_to_the_request_that_told_of_its_review() -> Result<()> {
    let stage = lumen().await?;
    let told = stage.post("lumen-site", posted("r-traced", 2)).await?;
    assert_eq!(told.status, 200, "{told:?}");
    let mails = stage.mails(1).await?;
    let request = header(&mails[0], "X-Vigie-Request")?;
    assert_eq!((request.as_str(), request.len()), (told.header("vigie-request"), 16));
    let id = format!("\"request.id\":\"{request}\"");
    let once = |log: &str, message: &str| {
        let word = format!("\"message\":\"{message}\"");
        log.lines().filter(|line| line.contains(&id) && line.contains(&word)).count() == 1
    };
    let logged = || stage.log().map(|log| once(&log, "request") && once(&log, "sent"));
    stage.until("both lines stand in the log", logged).await
}

#[tokio::test]
async fn a_review_under_four_stars_makes_a_mail_in_french_for_who_gets_alerts() -> Result<()> {
    let stage = lumen().await?;
    let at: Timestamp = ago(60);
    let said = json!({"text": LATE_PARCEL, "published_at": at.to_string()});
    stage.tell("lumen-site", &with(posted("r-1001", 2), &said)).await?;
    let mails = stage.mails(1).await?;
    assert_eq!(recipients(&mails), ["service@lumen.example"]);
    let mail = &mails[0];
    assert_headers(mail, "<alert.lumen.vigie>", "alert", "lumen-site/r-1001")?;
    let due = moment_fr(later(at, 24))?;
    let subject = format!("Avis 2★ · Livraison, Accueil · avant {due}");
    assert_eq!(header(mail, "Subject")?, subject);
    let text = unwrapped(mail)?;
    assert!(text.contains(LATE_PARCEL), "{text}");
    // How every message ends: why, and what comes next, with names and times.
    let end = text.split("LA SUITE").nth(1).context("no ending")?;
    for said in ["Service client", "Direction", "Pourquoi ce message ?", &moment_fr(later(at, 20))?]
    {
        assert!(end.contains(said), "{said:?} is not in {end}");
    }
    assert!(end.contains(&due), "{end}");
    both_links(mail).map(drop)
}

#[tokio::test]
async fn an_english_brand_reads_english_and_each_of_its_recipients_has_a_mail() -> Result<()> {
    let stage = Stage::open(&[SERVER, ORSO].concat()).await?;
    let at = ago(60);
    let said = json!({"text": LATE_PARCEL, "published_at": at.to_string()});
    stage.tell("orso-site", &with(posted("r-1", 3), &said)).await?;
    let mails = stage.mails(2).await?;
    assert_eq!(recipients(&mails), ["desk@orso.example", "owner@orso.example"]);
    for mail in &mails {
        assert_headers(mail, "<alert.orso.vigie>", "alert", "orso-site/r-1")?;
        assert_eq!(mail.to.len(), 1, "one message a recipient");
        let due = moment_en(later(at, 24))?;
        assert_eq!(header(mail, "Subject")?, format!("Review 3★ · Delivery, Staff · before {due}"));
        let text = unwrapped(mail)?;
        assert!(text.contains("Why this message?"), "{text}");
        // The draft speaks the reviewer's language.
        let draft = text.split("DRAFT REPLY").nth(1).context("no draft")?;
        assert!(draft.trim_start().starts_with("Bonjour Claire,"), "{draft}");
    }
    assert_eq!(header(&mails[0], "References")?, header(&mails[1], "References")?);
    assert_ne!(header(&mails[0], "Message-ID")?, header(&mails[1], "Message-ID")?);
    Ok(())
}

#[tokio::test]
async fn a_french_brand_gets_an_english_draft_for_an_english_review() -> Result<()> {
    let stage = lumen().await?;
    let said = json!({"text": "My parcel never arrived and nobody answers.", "language": "en"});
    stage.tell("lumen-site", &with(posted("r-1", 2), &said)).await?;
    let mails = stage.mails(1).await?;
    let text = mails[0].text().context("no text")?;
    let draft = text.split("BROUILLON DE RÉPONSE").nth(1).context("no draft")?;
    assert!(draft.trim_start().starts_with("Hello Claire,"), "{draft}");
    Ok(())
}

#[tokio::test]
async fn four_stars_exactly_make_no_alert_and_a_hundredth_less_does() -> Result<()> {
    let stage = lumen().await?;
    let rated = |id: &str, rating: &str, scale: u32| {
        let number: serde_json::Value = serde_json::from_str(rating).expect("a number");
        with(posted(id, 0), &json!({"rating": number, "scale": scale}))
    };
    stage.tell("lumen-site", &rated("four", "4.00", 5)).await?;
    stage.tell("lumen-site", &rated("eight-of-ten", "8", 10)).await?;
    stage.tell("lumen-site", &rated("nearly", "3.999", 5)).await?;
    let mails = stage.mails(1).await?;
    assert_eq!(header(&mails[0], "X-Vigie-Review")?, "lumen-site/nearly");
    let four = explain(&stage, "lumen-site/four")?;
    assert_eq!((&four["stars"], &four["notices"]), (&json!(4.0), &json!([])));
    let why = four["not_made"][0]["reason"].as_str().unwrap_or_default();
    assert!(why.contains("alert_below"), "{four}");
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_comes_again_changes_nothing_and_an_older_one_is_stale() -> Result<()> {
    let stage = lumen().await?;
    let first = posted("r-1", 2);
    stage.tell("lumen-site", &first).await?;
    for _ in 0..3 {
        assert_eq!(stage.post("lumen-site", &first).await?.tally()?, [0, 1, 0, 0, 0]);
    }
    let older = with(first, &json!({"rating": 1, "updated_at": ago(3600).to_string()}));
    assert_eq!(stage.post("lumen-site", &older).await?.tally()?, [0, 0, 1, 0, 0]);
    stage.mails(1).await?;
    assert_eq!(explain(&stage, "lumen-site/r-1")?["stars"], 2.0);
    Ok(())
}

#[tokio::test]
async fn one_external_id_on_two_sources_is_two_reviews() -> Result<()> {
    let stage = lumen().await?;
    stage.tell("lumen-site", &posted("r-1", 2)).await?;
    stage.tell("lumen-shop", &posted("r-1", 1)).await?;
    let mails = stage.mails(2).await?;
    let of = |review: &str| {
        mails.iter().find(|mail| mail.header("X-Vigie-Review").as_deref() == Some(review))
    };
    let (site, shop) = (of("lumen-site/r-1").context("one")?, of("lumen-shop/r-1").context("two")?);
    assert_ne!(header(site, "References")?, header(shop, "References")?);
    let (site, shop) = (explain(&stage, "lumen-site/r-1")?, explain(&stage, "lumen-shop/r-1")?);
    assert_ne!(site["number"], shop["number"]);
    assert_eq!((&site["stars"], &shop["stars"]), (&json!(2.0), &json!(1.0)));
    Ok(())
}

#[tokio::test]
async fn the_first_route_that_matches_chooses_who_hears() -> Result<()> {
    let routes = r#"
[[brand.route]]
when = { stars_below = 2.0, cause = ["delivery", "billing_payment"] }
to = ["email:direction"]
[[brand.route]]
when = { cause = ["delivery"] }
to = ["email:direction", "email:service"]
"#;
    let stage = Stage::open(&[SERVER, LUMEN, routes].concat()).await?;
    let said = json!({"text": "Colis jamais reçu."});
    stage.tell("lumen-site", &with(posted("r-1", 1), &said)).await?;
    assert_eq!(recipients(&stage.mails(1).await?), ["direction@lumen.example"]);
    stage.tell("lumen-site", &with(posted("r-2", 3), &said)).await?;
    stage.mails(3).await?;
    // No route matches: back to who gets alerts.
    stage.tell("lumen-site", &posted("r-3", 3)).await?;
    let mails = stage.mails(4).await?;
    assert_eq!(mails[3].to, ["service@lumen.example"]);
    let routed = explain(&stage, "lumen-site/r-1")?;
    assert_eq!(routed["not_made"][0]["to"], "email:service");
    Ok(())
}

#[tokio::test]
async fn two_contacts_with_one_address_are_one_recipient() -> Result<()> {
    let same = ORSO.replace("owner@orso.example", "Desk@orso.example");
    let stage = Stage::open(&[SERVER, &same].concat()).await?;
    stage.tell("orso-site", &posted("r-1", 2)).await?;
    assert_eq!(recipients(&stage.mails(1).await?), ["desk@orso.example"]);
    let told = explain(&stage, "orso-site/r-1")?;
    assert_eq!(told["not_made"][0]["to"], "email:owner");
    Ok(())
}

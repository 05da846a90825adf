//! Shops, trials, hours: who hears, and when, from file to mail.

use anyhow::Result;
use serde_json::json;
use vigie_tests::platform::{ago, clock_in, posted, with};
use vigie_tests::stage::{LUMEN, SERVER};

use crate::Stage;
use crate::support::{explain, header, notices, open_in_report, recipients, unwrapped};

const OPERATOR: &str = "[operator]\nemail = [\"ops@agency.example\"]\n";
const SHOPS: &str = r#"
[[brand.shop]]
id = "lyon"
name = "Lyon Part-Dieu"
match = ["locations/2", "LYON-01"]
contacts = ["direction"]
[[brand.shop]]
id = "nantes"
name = "Nantes"
"#;

/// The French brand with these keys, after an operator.
pub(crate) fn lumen_with(keys: &str) -> String {
    let brand = LUMEN.replace("praise = \"daily\"", &format!("praise = \"daily\"\n{keys}"));
    [OPERATOR, SERVER, &brand].concat()
}

pub(crate) fn at_a_place(id: &str, rating: u8, place: &str) -> serde_json::Value {
    with(posted(id, rating), &json!({"location": place, "published_at": ago(60).to_string()}))
}

#[tokio::test]
async fn a_shops_review_goes_to_its_people_and_is_told_by_its_name() -> Result<()> {
    let stage = Stage::open(&[SERVER, LUMEN, SHOPS].concat()).await?;
    stage.tell("lumen-site", &at_a_place("r-1", 2, "lyon-01")).await?;
    let mails = stage.mails(1).await?;
    assert_eq!(recipients(&mails), ["direction@lumen.example"]);
    let subject = header(&mails[0], "Subject")?;
    assert!(subject.starts_with("Avis 2★ · Lyon Part-Dieu · "), "{subject}");
    assert!(unwrapped(&mails[0])?.contains("avis sous 4★ de cette boutique"));
    stage.tell("lumen-site", &at_a_place("r-2", 2, "Lille Centre")).await?;
    let mails = stage.mails(2).await?;
    assert_eq!(recipients(&mails[1..]), ["service@lumen.example"], "of a place nobody knows");
    let subject = header(&mails[1], "Subject")?;
    assert!(subject.contains(" · Lille Centre · "), "the place as it came: {subject}");
    Ok(())
}

#[tokio::test]
async fn the_report_names_shops_by_their_ids_and_counts_good_ones() -> Result<()> {
    let stage = Stage::open(&[SERVER, LUMEN, SHOPS].concat()).await?;
    for (id, rating, place) in
        [("r-1", 2, "lyon"), ("g-1", 5, "LYON-01"), ("g-2", 5, "nantes"), ("g-3", 5, "Lille")]
    {
        stage.tell("lumen-site", &at_a_place(id, rating, place)).await?;
    }
    stage.settled().await?;
    let report = stage.json(&["report", "unanswered"])?;
    let brand = &report["brands"][0];
    assert_eq!(brand["open"][0]["shop"], "lyon");
    assert_eq!(brand["open"][0]["with"], "direction");
    let good = json!({"count": 3, "by_shop": {"lyon": 1, "nantes": 1}});
    assert_eq!(brand["good_open"], good);
    Ok(())
}

#[tokio::test]
async fn a_brand_that_is_off_is_recorded_and_explained() -> Result<()> {
    let stage = Stage::open(&lumen_with("deliver = \"off\"")).await?;
    stage.tell("lumen-site", &at_a_place("r-1", 2, "Lyon")).await?;
    stage.mails(0).await?;
    assert_eq!(open_in_report(&stage, "lumen")?, ["lumen-site/r-1"]);
    let not_made = explain(&stage, "lumen-site/r-1")?["not_made"].to_string();
    assert!(not_made.contains("the brand's `deliver` is off"), "{not_made}");
    Ok(())
}

/// Hours that open six hours from now, for one.
fn closed_hours() -> Result<String> {
    let minute = |hours: i64| {
        let clock = clock_in(hours * 3600, "Europe/Paris")?;
        Ok::<_, anyhow::Error>(clock.get(..5).unwrap_or_default().to_owned())
    };
    Ok(format!("send_between = \"{}-{}\"", minute(6)?, minute(7)?))
}

#[tokio::test]
async fn outside_the_hours_a_message_is_held_and_a_critical_one_goes() -> Result<()> {
    let stage = Stage::open(&lumen_with(&closed_hours()?)).await?;
    stage.tell("lumen-site", &at_a_place("r-1", 2, "Lyon")).await?;
    stage.mails(0).await?;
    stage.until("it is held", || Ok(notices(&stage, "held")?.len() == 1)).await?;
    let held = &notices(&stage, "held")?[0];
    assert_eq!(held["review"], "lumen-site/r-1");
    assert!(held["reason"].as_str().is_some_and(|why| why.starts_with("outside send_between")));
    let text = "Ma fille a fait une réaction allergique grave, nous sommes allés aux urgences.";
    let critical = with(at_a_place("r-2", 1, "Lyon"), &json!({"text": text}));
    stage.tell("lumen-site", &critical).await?;
    let mails = stage.mails(2).await?;
    assert_eq!(recipients(&mails), ["direction@lumen.example", "service@lumen.example"]);
    for mail in &mails {
        assert!(header(mail, "Subject")?.starts_with("[Critique] "));
    }
    Ok(())
}

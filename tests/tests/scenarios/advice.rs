//! What is known beside a review, and what a brand says of its own way, stands in its alerts.

use anyhow::{Context as _, Result};
use serde_json::json;
use vigie_tests::platform::{ago, posted, with};
use vigie_tests::stage::{LUMEN, SERVER};

use crate::Stage;
use crate::support::{lumen, unwrapped};

fn late_parcel(id: &str) -> serde_json::Value {
    let said = json!({"text": "Colis jamais reçu.", "published_at": ago(60).to_string()});
    with(posted(id, 2), &said)
}

#[tokio::test]
async fn a_third_complaint_of_the_same_is_told_with_what_to_do_about_it() -> Result<()> {
    let stage = lumen().await?;
    for (place, id) in ["r-1", "r-2", "r-3"].into_iter().enumerate() {
        stage.tell("lumen-site", &late_parcel(id)).await?;
        stage.mails(place + 1).await?;
    }
    let mails = stage.mails(3).await?;
    let texts: Vec<String> = mails.iter().map(|mail| unwrapped(mail)).collect::<Result<_>>()?;
    assert!(!texts[0].contains("Déjà vu"), "{}", texts[0]);
    assert!(texts[1].contains("Déjà vu : 2e plainte « Livraison » en 30 jours."), "{}", texts[1]);
    assert!(!texts[1].contains("PUISQUE CELA REVIENT"), "{}", texts[1]);
    assert!(texts[2].contains("Déjà vu : 3e plainte « Livraison » en 30 jours."), "{}", texts[2]);
    let told = texts[2].split("PUISQUE CELA REVIENT").nth(1).context("nothing to do")?;
    assert!(told.contains("Refaire vous-même le parcours du client"), "{told}");
    Ok(())
}

#[tokio::test]
async fn a_brand_names_its_people_its_rules_and_where_it_is_reached() -> Result<()> {
    let own = r#"
[brand.advice]
contact = "01 23 45 67 89"
path = ["service", "direction"]
complaints = "https://lumen.example/reclamations"

[[brand.cause]]
id = "delivery"
owner = "direction"
policy = "Un colis perdu est renvoyé sous 48 heures."
"#;
    let stage = Stage::open(&[SERVER, LUMEN, own].concat()).await?;
    stage.tell("lumen-site", &late_parcel("r-1")).await?;
    let text = unwrapped(&stage.mails(1).await?[0])?;
    let house = text.split("CHEZ VOUS").nth(1).context("nothing of the brand's")?;
    for said in [
        "Qui s’en occupe : Direction",
        "Votre règle : Un colis perdu est renvoyé sous 48 heures.",
        "Chemin de la plainte : Service client → Direction",
        "https://lumen.example/reclamations",
    ] {
        assert!(house.contains(said), "{said:?} is not in {house}");
    }
    let draft = text.split("BROUILLON DE RÉPONSE").nth(1).context("no draft")?;
    assert!(draft.contains("01 23 45 67 89") && draft.contains("[date]"), "{draft}");
    assert!(!draft.contains("[contact]"), "{draft}");
    Ok(())
}

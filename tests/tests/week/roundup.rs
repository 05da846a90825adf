//! How the week went, for the team: once, on Monday, and only if there was a week.

use jiff::SignedDuration;
use vigie_app::{App, raise};
use vigie_domain::{Brand, EventKind, Praise, Roundup, Told};
use vigie_ports::{Arrival, Clock as _, Store as _, World as _};

use crate::look;
use crate::world::{Mailed, Week, app};

const REVIEWS: [(u16, &str); 7] = [
    (500, "Merci à Karim pour ses conseils, parfait."),
    (500, "Un grand merci à Karim et à Inès !"),
    (400, "Très bien."),
    (200, "Colis jamais reçu."),
    (100, "Toujours pas livré, colis perdu."),
    (100, "Vendeur odieux."),
    (300, "Il manque un article dans la commande."),
];

fn weekly() -> Brand {
    let mut brand = Brand::sample();
    "judgeme".clone_into(&mut brand.sources[0].platform);
    (brand.roundup, brand.praise) = (Roundup::Weekly, Praise::Off);
    brand
}

async fn post(app: &App<Week>, reviews: &[(u16, &str)]) {
    let now = app.world().clock().now();
    let brand = app.registry().brand(&Brand::sample().id).unwrap();
    for (number, (stars, text)) in reviews.iter().enumerate() {
        let id = format!("w-{number}");
        let mut told = vigie_testkit::build::written(EventKind::Posted, &id, *stars, now);
        if let Told::Event(event) = &mut told {
            (*text).clone_into(&mut event.content.as_mut().unwrap().text);
        }
        let key = vigie_testkit::build::key(&id);
        let (brand, request) = (brand.clone(), None);
        let arrival = Arrival { key: key.clone(), brand, told, at: now, request };
        app.world().store().record(vec![arrival]).await.unwrap();
        raise::raise(app, &key).await.unwrap();
    }
}

/// Lets days go by, hour by hour; the round-ups of them.
async fn days(app: &App<Week>, days: u32) -> Vec<Mailed> {
    for _ in 0..days * 24 {
        look(app).await;
        app.world().clock().advance(SignedDuration::from_hours(1));
    }
    let mailed = app.world().mail().0.lock().unwrap().clone();
    mailed.into_iter().filter(|mail| mail.kind == "praise").collect()
}

#[tokio::test]
async fn the_team_hears_on_monday_how_the_week_went_and_whom_customers_thanked() {
    let app = app(weekly()).await;
    post(&app, &REVIEWS).await;
    // From Friday noon to the Friday after: one Monday.
    let told = days(&app, 7).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].subject, "Bravo · Maison Lumen · bilan de la semaine du 16 nov.");
    assert_eq!(told[0].to, "service@lumen.example");
    let text = told[0].text.replace(['\u{a0}', '\n'], " ");
    for said in [
        "3 bons avis pour 4 plaintes.",
        "Le prénom de la semaine : Karim.",
        "- Karim : 2 bons avis - Inès : 1 bon avis",
        "Le maillon faible : la livraison, 3 plaintes sur 4",
        "Promesses touchées : ce qui est vendu 3, la relation 1",
        "Bons avis pour une plainte : 0,8",
    ] {
        assert!(text.contains(said), "{said:?} is not in {text}");
    }
    assert!(!text.contains("odieux"), "no complaint is quoted to the team: {text}");
}

#[tokio::test]
async fn a_week_without_reviews_has_no_round_up() {
    let app = app(weekly()).await;
    assert_eq!(days(&app, 14).await.len(), 0);
}

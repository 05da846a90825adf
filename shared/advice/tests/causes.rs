//! Each cause in a sentence of each language, as a customer may say it: the cause that leads.

use vigie_advice::assess;
use vigie_domain::{Cause, Stars};

const SENTENCES: [(Cause, &str, &str); 18] = [
    (
        Cause::SafetyHealth,
        "J'ai été malade toute la nuit après le repas.",
        "I was sick all night after the meal.",
    ),
    (
        Cause::PrivacyData,
        "Vous avez revendu mes données personnelles.",
        "You sold my personal data.",
    ),
    (
        Cause::StaffAttitude,
        "La vendeuse a été méprisante et agressive.",
        "The cashier was rude and shouted at us.",
    ),
    (
        Cause::FraudSuspicion,
        "C'est un faux site, une escroquerie.",
        "It is a fake website, a scam.",
    ),
    (
        Cause::Delivery,
        "Toujours pas livré, le transporteur a perdu le colis.",
        "Never delivered, the courier lost the parcel.",
    ),
    (
        Cause::ProductQuality,
        "La poignée s'est cassée, c'est de mauvaise qualité.",
        "The handle broke, poor quality.",
    ),
    (Cause::Availability, "Toujours en rupture de stock.", "It is always out of stock."),
    (
        Cause::PriceValue,
        "Beaucoup trop cher pour ce que c'est.",
        "Far too expensive for what it is.",
    ),
    (
        Cause::OrderAccuracy,
        "Ils se sont trompés, il manque un article dans la commande.",
        "Wrong order, and two items were missing.",
    ),
    (
        Cause::CustomerSupport,
        "Le téléphone sonne dans le vide, personne ne répond.",
        "Nobody answers the phone at customer service.",
    ),
    (
        Cause::AftersalesRefund,
        "J'attends mon remboursement depuis deux mois.",
        "I have been waiting two months for my refund.",
    ),
    (Cause::BillingPayment, "J'ai été prélevée deux fois.", "I was charged twice on my card."),
    (
        Cause::WebsiteApp,
        "L'application plante à chaque connexion.",
        "The app crashes every time I log in.",
    ),
    (
        Cause::CleanlinessPlace,
        "Toilettes sales, ça sent mauvais.",
        "The toilets were filthy and smelly.",
    ),
    (Cause::WaitingTime, "Une heure d'attente à la caisse.", "We waited an hour in the queue."),
    (
        Cause::InformationPromise,
        "Les horaires affichés sont faux, c'était fermé.",
        "The opening hours online are wrong, it was closed.",
    ),
    (
        Cause::BadFaith,
        "Un geste commercial et je retire mon avis.",
        "Refund me or I will post this everywhere.",
    ),
    (
        Cause::OffTopic,
        "Je n'ai jamais été client de ce magasin.",
        "I have never been a customer here.",
    ),
];

#[test]
fn each_cause_is_told_in_both_languages() {
    let mut wrong = Vec::new();
    for (cause, french, english) in SENTENCES {
        for text in [french, english] {
            let found = assess(text, None, None, Some(Stars::ONE)).causes;
            if found.first().map(|found| found.id) != Some(cause) {
                wrong.push(format!("{text}: wanted {}, found {found:?}", cause.id()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_cause_has_a_sentence() {
    let told = |cause: &Cause| SENTENCES.iter().any(|(told, ..)| told == cause);
    assert!(Cause::ALL.iter().filter(|cause| **cause != Cause::General).all(told));
}

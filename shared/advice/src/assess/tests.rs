use vigie_domain::{Cause, Severity, Stars};

use super::*;

/// `safety delivery` are the causes, in any order; `-` is none.
fn check(rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expected) in rows {
        let stars = Stars::from_hundredths(if expected.starts_with('-') { 500 } else { 200 });
        for stars in [stars, None] {
            let found = assess(text, None, None, stars);
            let mut got: Vec<&str> = found.causes.iter().map(|cause| short(cause.id)).collect();
            let mut want: Vec<&str> = expected.split(' ').filter(|word| *word != "-").collect();
            got.sort_unstable();
            want.sort_unstable();
            if got != want {
                wrong
                    .push(format!("{text:?} {stars:?}: wanted {want:?}, found {:?}", found.causes));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn short(cause: Cause) -> &'static str {
    match cause {
        Cause::SafetyHealth => "safety",
        Cause::Delivery => "delivery",
        Cause::ProductQuality => "quality",
        Cause::StaffAttitude => "staff",
        other => other.id(),
    }
}

#[test]
fn french_complaints_are_understood() {
    check(&[
        ("Colis jamais reçu, et en boutique on m'a envoyée promener.", "delivery staff"),
        ("colis jamais recu", "delivery"),
        ("COLIS JAMAIS REÇU !!!", "delivery"),
        ("Ma commande n’est toujours pas arrivée après trois semaines.", "delivery"),
        ("Livré avec dix jours de retard, sans un mot.", "delivery"),
        ("J'attends mon colis depuis un mois", "delivery"),
        ("La livraison ? Une catastrophe.", "delivery"),
        ("Le livreur a jeté le colis par-dessus la clôture.", "delivery"),
        ("Problème de livraison.", "delivery"),
        ("Vendeuse très désagréable, pas un bonjour.", "staff"),
        ("On nous a ignorés pendant tout le repas.", "staff"),
        ("Personnel incompétent et malpoli", "staff"),
        ("Accueil glacial, on a l'impression de déranger.", "staff"),
        ("L'accueil laisse à désirer.", "staff"),
        ("On m'a parlé mal devant tout le monde.", "staff"),
        ("Lampe arrivée cassée.", "quality"),
        ("Au bout de deux jours, le produit ne fonctionne plus.", "quality"),
        ("Très mauvaise qualité, les coutures lâchent.", "quality"),
        ("Plat froid et sans goût.", "quality"),
        ("Article non conforme à la photo.", "quality"),
        ("Livraison en retard et produit abîmé.", "delivery quality"),
        ("Bof.", "general"),
        ("Très déçue, je ne reviendrai pas.", "general"),
        ("Je ne recommande pas.", "general"),
        ("Nul", "general"),
    ]);
}

#[test]
fn english_complaints_are_understood() {
    check(&[
        ("My parcel never arrived and nobody cares.", "delivery"),
        ("Still waiting for my order after three weeks", "delivery"),
        ("Delivery was two weeks late.", "delivery"),
        ("didnt receive anything", "delivery"),
        ("The courier left it outside in the rain.", "delivery"),
        ("Staff were rude and dismissive.", "staff"),
        ("The waiter ignored us all evening.", "staff"),
        ("Terrible attitude from the manager.", "staff"),
        ("It stopped working after a week.", "quality"),
        ("Poor quality, the zip fell apart.", "quality"),
        ("Not as described.", "quality"),
        ("The food was cold and bland", "quality"),
        ("Arrived late and broken.", "delivery quality"),
        ("Never again.", "general"),
        ("Really disappointed.", "general"),
        ("Meh", "general"),
    ]);
}

#[test]
fn praise_may_mention_anything() {
    check(&[
        ("Livraison rapide, produit parfait, personnel aux petits soins !", "-"),
        ("Pas de problème de livraison, tout est arrivé intact.", "-"),
        ("Aucun défaut, rien à dire.", "-"),
        ("Aucun retard, accueil chaleureux.", "-"),
        ("Rien de cassé, emballage soigné.", "-"),
        ("Livreur à l'heure et très aimable.", "-"),
        ("J'ai reçu mon colis hier, je suis ravie.", "-"),
        ("Je n'ai jamais été déçu. Qualité au rendez-vous.", "-"),
        ("Une explosion de saveurs, la crème brûlée est divine !", "-"),
        ("Pas cher et de bonne qualité.", "-"),
        ("Fast delivery, great quality, friendly staff.", "-"),
        ("No problem with the delivery, nothing was damaged.", "-"),
        ("The staff were not rude at all, lovely people.", "-"),
        ("Never had any issues. Always on time!", "-"),
        ("An explosion of flavour, dangerously good.", "-"),
        ("Love this shop, the staff always smile.", "-"),
        ("Couldn't be happier with my order", "-"),
    ]);
}

#[test]
fn safety_needs_a_person_or_an_aftermath() {
    let critical = [
        "Je me suis brûlé la main avec cette bouilloire.",
        "Ma fille s’est brulee au visage",
        "Toute la famille a été malade après le repas.",
        "Intoxication alimentaire, on a fini aux urgences.",
        "La batterie a explosé dans ma poche.",
        "Le chargeur a pris feu cette nuit !",
        "Mon fils a fait une réaction allergique.",
        "Un morceau de verre dans la soupe.",
        "J'ai reçu une décharge électrique en la branchant.",
        "Produit périmé depuis deux mois, j'ai vomi.",
        "I burnt my hand on the handle.",
        "We both got food poisoning.",
        "My daughter had an allergic reaction and ended up in hospital.",
        "The charger caught fire overnight.",
        "There was a piece of glass in my salad.",
        "It gave me an electric shock.",
        "My son was injured when it collapsed.",
        "We were both sick all night after the mussels.",
    ];
    for text in critical {
        let found = assess(text, None, None, Stars::from_hundredths(100));
        assert!(found.has(Cause::SafetyHealth), "{text}: {found:?}");
        assert_eq!(found.severity, Severity::Critical, "{text}");
    }
    let harmless = [
        "Une explosion de saveurs gâchée par le bruit.",
        "Crème brûlée trop sucrée, je suis déçu.",
        "Viande brûlée et frites froides.",
        "Avocat pas mûr dans la salade, dommage.",
        "Bande de malades, ces prix !",
        "Vous ne tomberez pas malades, mais c'est fade.",
        "Chaleur étouffante dans la salle.",
        "Nous avons poursuivi la soirée ailleurs.",
        "Le livreur a été malade, pas de livraison.",
        "Une relation toxique avec le service client.",
        "Un truc de malade, cette attente, quelle honte.",
        "I am sick of waiting for an answer.",
        "It burns a hole in your pocket, poor value.",
        "Burnt pizza, sadly.",
        "Expired voucher refused, what a shame.",
        "Fortunately nobody was injured, but the chair broke.",
        "To add insult to injury, it was late.",
        "Aucune réaction allergique, mais c'est trop cher et décevant.",
    ];
    for text in harmless {
        let found = assess(text, None, None, Stars::from_hundredths(200));
        assert!(!found.has(Cause::SafetyHealth), "{text}: {found:?}");
        assert_ne!(found.severity, Severity::Critical, "{text}");
    }
}

#[test]
fn severity_follows_threats_rating_and_number_of_causes() {
    let severity = |text: &str, stars: Option<u16>| {
        assess(text, None, None, stars.and_then(Stars::from_hundredths)).severity
    };
    for (text, stars, expected) in [
        ("Livraison en retard.", Some(300), Severity::Low),
        ("Livraison en retard.", Some(200), Severity::Medium),
        ("Livraison en retard.", Some(201), Severity::Low),
        ("Livraison en retard.", None, Severity::Low),
        ("Livraison en retard et vendeur impoli.", Some(300), Severity::Medium),
        ("Déçue, plus jamais.", Some(300), Severity::Medium),
        ("Scandaleux, je vais porter plainte.", Some(300), Severity::High),
        ("Honteux, mon avocat vous écrira.", None, Severity::High),
        ("I am furious, see you in court, awful.", Some(100), Severity::High),
        ("Propos racistes du vigile, une honte.", Some(100), Severity::Critical),
        ("Avocat crevette fade.", Some(300), Severity::Low),
        ("Je suis enceinte et ravie, merci !", Some(500), Severity::Low),
        ("", Some(100), Severity::Medium),
    ] {
        assert_eq!(severity(text, stars), expected, "{text} {stars:?}");
    }
}

#[test]
fn a_text_without_words_is_general_unless_the_rating_is_good() {
    for (text, stars, general) in [
        ("", None, true),
        ("👎👎", Some(100), true),
        ("", Some(399), true),
        ("", Some(400), false),
        ("", Some(500), false),
        ("Ok", Some(300), true),
        ("Vielen Dank, alles super", Some(500), false),
        ("Sehr schlecht", Some(100), true),
    ] {
        let found = assess(text, None, None, stars.and_then(Stars::from_hundredths));
        let causes: Vec<Cause> = found.causes.iter().map(|cause| cause.id).collect();
        assert_eq!(causes == [Cause::General], general, "{text} {stars:?}");
        assert!(general || causes.is_empty(), "{text} {stars:?}");
    }
}

#[test]
fn evidence_is_in_the_reviewers_own_words() {
    let found = assess("Le COLIS n’est JAMAIS arrivé.", Some("Déçue"), None, None);
    assert_eq!(found.causes[0].evidence, ["COLIS n’est JAMAIS arrivé"]);
    let found = assess("Vendeuse désagréable… DÉSAGRÉABLE, oui !", None, None, None);
    assert_eq!(found.causes[0].evidence, ["Vendeuse désagréable", "DÉSAGRÉABLE"]);
    let from_title = assess("", Some("Colis perdu"), None, None);
    assert_eq!(from_title.causes[0].evidence, ["Colis perdu"]);
}

#[test]
fn the_strongest_cause_comes_first_and_what_is_said_first_weighs_more() {
    let ids = |text| {
        let found = assess(text, None, None, None);
        found.causes.iter().map(|cause| cause.id).collect::<Vec<_>>()
    };
    assert_eq!(
        ids("Vendeur impoli. Colis jamais reçu, livraison en retard, aucune nouvelle du colis."),
        [Cause::Delivery, Cause::StaffAttitude]
    );
    let (staff, quality) = (Cause::StaffAttitude, Cause::ProductQuality);
    assert_eq!(ids("Défectueux. Malpolis."), [quality, staff]);
    assert_eq!(ids("Malpolis. Défectueux."), [staff, quality]);
}

#[test]
fn the_contracts_example_scores_as_it_says() {
    let found = assess("Colis jamais reçu", None, None, None);
    assert!((found.causes[0].score - 0.9).abs() < 0.001, "{found:?}");
    assert_eq!(found.severity, Severity::Low);
}

#[test]
fn a_long_hostile_text_is_read_without_harm() {
    for text in ["é".repeat(20_000), "pas ".repeat(5_000), "\u{202e}{{x}}<b>".repeat(2_000)] {
        let found = assess(&text, Some("{% if %}"), Some("zz"), Some(Stars::ONE));
        assert_eq!(found.language.as_deref(), Some("zz"));
        assert!(found.causes.iter().flat_map(|c| &c.evidence).all(|e| e.chars().count() <= 81));
    }
}

#[test]
fn those_who_are_praised_are_named_and_nobody_else() {
    for (text, names) in [
        ("Un grand merci à Julie et Thomas pour leur patience !", &["Julie", "Thomas"][..]),
        ("Accueillis par Rose, adorable.", &["Rose"]),
        ("Bruno a été aux petits soins.", &["Bruno"]),
        ("Thanks to Grace at the till, she was lovely.", &["Grace"]),
        ("Our server Mark was great, and so was the food.", &["Mark"]),
        ("Merci à toute l'équipe, vin rosé parfait.", &[]),
        ("Merci Paris, quelle ville !", &[]),
        ("Rose et bleu, la lampe est jolie.", &[]),
        ("The grace of this place, will come back in May.", &[]),
        ("Merci.", &[]),
    ] {
        let found = assess(text, None, None, Some(Stars::FIVE));
        assert_eq!(found.praised, names, "{text}");
    }
    let ironic = "Bravo à Julie, trois semaines pour un colis !";
    assert!(assess(ironic, None, None, Stars::from_hundredths(100)).praised.is_empty());
}

#[test]
fn suggestions_are_heard_in_good_reviews_too() {
    for (text, suggests) in [
        ("Très bien. Ce serait bien d'ouvrir le lundi.", true),
        ("Parfait ! Pourquoi ne pas proposer la livraison ?", true),
        ("Great shop, please add more sizes.", true),
        ("I wish there was a car park.", true),
        ("Très bien, rien à dire.", false),
        ("Great shop.", false),
        ("Colis jamais reçu.", false),
    ] {
        let found = assess(text, None, None, Some(Stars::FIVE));
        assert_eq!(found.suggestion, suggests, "{text}");
    }
}

//! A brand's own texts, people and rules in its advice.

use vigie_advice::{Advice, Case, House, advise, assess_with};
use vigie_domain::{Brand, Cause, Content, Locale, OwnCause, OwnText, Stars};

const OWN: &str = r#"
label = "Colis"
first_move = "D'abord : appeler Marc, à l'entrepôt."
never = ["Renvoyer le client vers le transporteur."]
ladder = ["Un nouveau colis le jour même."]
reply = "Votre colis s'est perdu, et vous l'avez attendu pour rien. Notre entrepôt vous rappelle : [contact], avant le [date]."

[lexicon]
complaints = ["lutin*|3"]
"#;

fn brand() -> Brand {
    let mut brand = Brand::sample();
    let own = &mut brand.advice;
    own.texts = vec![OwnText { cause: Cause::Delivery, locale: Locale::Fr, text: OWN.to_owned() }];
    own.causes = vec![OwnCause {
        cause: Cause::Delivery,
        owner: "service".parse().ok(),
        policy: Some("Un colis perdu est renvoyé sous 48 heures.".to_owned()),
        procedure: Some("https://intranet.lumen.example/colis".to_owned()),
    }];
    own.path = ["service", "direction"].iter().filter_map(|id| id.parse().ok()).collect();
    own.complaints = Some("https://lumen.example/reclamations".to_owned());
    own.mediator = Some("Médiation Exemple".to_owned());
    brand
}

fn advice_on(text: &str, brand: &Brand) -> Advice {
    let content = Content { text: text.to_owned(), stars: Some(Stars::ONE), ..Content::default() };
    let house = House::of(brand);
    let assessment = assess_with(&house, text, None, Some("fr"), content.stars);
    let case = Case::new(&assessment, &content, &brand.name, brand.locale);
    advise(&Case { house: &house, ..case })
}

#[test]
fn what_a_brand_says_stands_in_the_place_of_ours_and_the_rest_stays() {
    let advice = advice_on("Colis jamais reçu.", &brand());
    let ours = advice_on("Colis jamais reçu.", &Brand::sample());
    assert_eq!(advice.first_move, "D’abord\u{a0}: appeler Marc, à l’entrepôt.");
    assert_eq!(advice.understood[0].label, "Colis");
    assert_eq!(advice.ladder, ["Un nouveau colis le jour même."]);
    assert_eq!(advice.never, ["Renvoyer le client vers le transporteur."]);
    assert_eq!((advice.steps, advice.summary), (ours.steps, ours.summary));
}

#[test]
fn its_own_reply_is_drafted_between_greeting_and_signature() {
    let draft = advice_on("Colis jamais reçu.", &brand()).draft;
    let lines: Vec<&str> = draft.text.lines().collect();
    assert_eq!(lines[0], "Bonjour,");
    assert!(lines[1].starts_with("Votre colis s’est perdu"), "{lines:?}");
    assert_eq!((lines[2], draft.slots, draft.replaced), ("L’équipe Maison Lumen", 2, false));
}

#[test]
fn its_own_words_are_read_beside_ours() {
    let found = advice_on("Le lutin n'est pas passé.", &brand()).understood;
    assert_eq!(
        (found[0].cause, &found[0].evidence[..]),
        (Cause::Delivery, &["lutin".to_owned()][..])
    );
    assert_eq!(
        advice_on("Le lutin n'est pas passé.", &Brand::sample()).understood[0].cause,
        Cause::General
    );
}

#[test]
fn where_customers_reach_it_completes_the_draft() {
    let mut brand = brand();
    brand.advice.contact = Some("01 23 45 67 89".to_owned());
    let draft = advice_on("Produit cassé.", &brand).draft;
    assert!(
        draft.text.contains("01\u{a0}23\u{a0}45\u{a0}67\u{a0}89")
            && !draft.text.contains("[contact]"),
        "{draft:?}"
    );
    assert_eq!((draft.slots, draft.replaced), (1, false));
}

#[test]
fn who_deals_with_it_its_rule_and_the_path_of_a_complaint_are_shown() {
    let rows = advice_on("Colis jamais reçu.", &brand()).house;
    let rows: Vec<String> =
        rows.into_iter().map(|(name, text)| format!("{name}: {text}")).collect();
    assert_eq!(
        rows,
        [
            "Qui s’en occupe: Service client",
            "Votre règle: Un colis perdu est renvoyé sous 48 heures.",
            "Votre procédure: https://intranet.lumen.example/colis",
            "Chemin de la plainte: Service client → Direction",
            "Page des réclamations: https://lumen.example/reclamations (à donner dans la réponse)",
        ]
    );
}

#[test]
fn without_an_owner_the_department_is_named() {
    for (text, department) in
        [("Colis jamais reçu.", "Logistique"), ("Prélevée deux fois.", "Comptabilité")]
    {
        let rows = advice_on(text, &Brand::sample()).house;
        assert_eq!(rows, [("Service concerné".to_owned(), department.to_owned())]);
    }
}

#[test]
fn the_mediator_is_named_where_the_customer_speaks_of_a_third_party_only() {
    let named =
        |text| advice_on(text, &brand()).house.iter().any(|(name, _)| name == "Votre médiateur");
    assert!(named("Colis jamais reçu, je vais saisir le médiateur de la consommation."));
    assert!(!named("Colis jamais reçu."));
}

#[test]
fn steps_of_its_own_stand_in_the_place_of_all_of_ours() {
    let step = |group: &str, nine: &str| {
        format!(
            "[[step]]\ngroup = \"{group}\"\nnine = {nine}\njustice = \"outcome\"\ntext = \"Étape {nine}.\"\n"
        )
    };
    let steps = [
        step("reassure", "[1]"),
        step("reassure", "[2, 3]"),
        step("reassure", "[4, 5]"),
        step("retain", "[6, 7]"),
        step("retain", "[8]"),
        step("ambassador", "[9]"),
    ]
    .concat();
    assert_eq!(vigie_advice::check_own(Cause::Delivery, Locale::Fr, &steps), Ok(()));
    let mut brand = Brand::sample();
    brand.advice.texts = vec![OwnText { cause: Cause::Delivery, locale: Locale::Fr, text: steps }];
    let said = advice_on("Colis jamais reçu.", &brand).steps;
    assert_eq!((said.len(), said.ambassador), (6, vec!["Étape [9].".to_owned()]));
}

#[test]
fn a_defect_is_answered_with_a_return_number() {
    let advice = advice_on("Produit défectueux, la poignée est cassée.", &Brand::sample());
    let steps = [advice.steps.reassure, advice.steps.retain].concat().join(" ");
    assert!(steps.contains("numéro de retour") && steps.contains("garantie légale"), "{steps}");
}

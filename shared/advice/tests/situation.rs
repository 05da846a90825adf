//! What is known beside the review changes the advice: where it happened, whether it comes back.

use vigie_advice::{Advice, Case, History, House, Place, Situation, advise, assess, lint_advice};
use vigie_domain::{Brand, Content, Guarantee, Locale, Severity, Stars};

fn advice_on(text: &str, locale: Locale, situation: &Situation, house: &House) -> Advice {
    let content = Content { text: text.to_owned(), stars: Some(Stars::ONE), ..Content::default() };
    let assessment = assess(text, None, None, content.stars);
    let case = Case::new(&assessment, &content, "Maison Lumen", locale);
    advise(&Case { situation, house, ..case })
}

fn at(place: Place) -> Situation {
    Situation { place: Some(place), history: None }
}

fn again(count: usize, good_share: Option<u8>) -> Situation {
    let history = History { count, at_least: false, shop: None, good_share };
    Situation { place: None, history: Some(history) }
}

const PARCEL: &str = "Colis jamais reçu.";
const RUDE: &str = "Vendeur odieux, il nous a insultés.";

#[test]
fn a_shop_and_an_online_order_are_advised_on_differently() {
    for (text, locale) in [
        (RUDE, Locale::Fr),
        ("The zip broke on the first day.", Locale::En),
        ("Toujours en rupture de stock.", Locale::Fr),
        ("Attente interminable en caisse.", Locale::Fr),
    ] {
        let house = House::default();
        let moves = [Situation::default(), at(Place::Shop), at(Place::Online)]
            .map(|situation| advice_on(text, locale, &situation, &house).first_move);
        assert!(moves[0] != moves[1] && moves[1] != moves[2] && moves[0] != moves[2], "{moves:?}");
        assert!(moves.iter().all(|said| lint_advice(said, locale).is_empty()), "{moves:?}");
    }
}

#[test]
fn what_comes_back_is_told_from_the_second_time_on_and_looked_into_from_the_third() {
    let house = House::default();
    let on = |count| advice_on(PARCEL, Locale::Fr, &again(count, Some(97)), &house);
    assert_eq!((on(1).history, on(1).recurring.len()), (None, 0));
    assert_eq!(on(2).history.as_deref(), Some("2e plainte «\u{a0}Livraison\u{a0}» en 30 jours."));
    assert!(on(2).recurring.is_empty());
    let third = on(3).recurring;
    assert_eq!(third.len(), 2, "{third:?}");
    assert!(third[0].contains("parcours du client") && third[0].contains("pas le coupable"));
    let eighth = on(8).recurring;
    assert!(eighth.last().is_some_and(|last| last.contains("hors de ce service gratuit")));
}

#[test]
fn a_shop_is_named_and_what_was_not_all_looked_at_is_at_least() {
    let history =
        History { count: 12, at_least: true, shop: Some("Lyon".to_owned()), good_share: None };
    let situation = Situation { place: Some(Place::Shop), history: Some(history) };
    let told = advice_on(PARCEL, Locale::Fr, &situation, &House::default()).history;
    let wanted = "Au moins 12 plaintes «\u{a0}Livraison\u{a0}» en 30 jours\u{a0}: Lyon.";
    assert_eq!(told.as_deref(), Some(wanted));
    let told = advice_on("Parcel never arrived.", Locale::En, &situation, &House::default());
    assert_eq!(
        told.history.as_deref(),
        Some("At least 12 “Delivery” complaints in 30 days: Lyon.")
    );
}

#[test]
fn repeated_rudeness_asks_for_training_and_names_nobody() {
    let house = House::default();
    let rude = advice_on(RUDE, Locale::Fr, &again(3, None), &house).recurring;
    assert!(
        rude[1].contains("Former") && rude[1].contains("personne n’est à désigner"),
        "{rude:?}"
    );
    let late = advice_on(PARCEL, Locale::Fr, &again(3, None), &house).recurring;
    assert!(late[1].contains("donner de quoi réparer"), "{late:?}");
}

#[test]
fn a_guarantee_is_suggested_in_the_four_cases_of_the_founding_document() {
    let with = |guarantee, share| {
        let mut brand = Brand::sample();
        brand.advice.guarantee = guarantee;
        let house = House::of(&brand);
        let said = advice_on(PARCEL, Locale::Fr, &again(3, share), &house).recurring;
        said.iter().any(|line| line.contains("garantie sur ce point"))
    };
    assert!(!with(Guarantee::Auto, Some(98)), "it does very well");
    assert!(!with(Guarantee::Auto, Some(30)), "it does badly: mend first");
    assert!(!with(Guarantee::Never, Some(80)), "what it sells is cheap");
    assert!(with(Guarantee::Usual, Some(98)), "its trade gives one");
    assert!(with(Guarantee::Auto, Some(80)));
    let six = "sans condition, facile à comprendre, qui vaut la peine, facile à demander, facile à obtenir, crédible";
    let house = House::default();
    let said = advice_on(PARCEL, Locale::Fr, &again(3, Some(80)), &house).recurring;
    assert!(said.iter().any(|line| line.contains(six)), "{said:?}");
}

#[test]
fn nothing_of_a_guarantee_where_somebody_may_be_hurt() {
    let text = "La bouilloire a explosé, je me suis brûlé la main.";
    let said = advice_on(text, Locale::Fr, &again(9, Some(80)), &House::default()).recurring;
    assert!(!said.is_empty() && said.iter().all(|line| !line.contains("garantie")), "{said:?}");
}

#[test]
fn a_loyal_customer_who_leaves_is_grave_and_is_spoken_to_as_one() {
    let text = "Cliente depuis 17 ans, je suis déçue. Plus jamais je ne reviendrai.";
    let found = assess(text, None, None, Stars::from_hundredths(200));
    assert_eq!(found.severity, Severity::High);
    let advice = advice_on(text, Locale::Fr, &Situation::default(), &House::default());
    let approach = advice.approach.expect("it is plain");
    assert!(approach.advice.starts_with("Reconnaître d’abord les années"), "{approach:?}");
    let leaves = assess("Plus jamais je ne reviendrai.", None, None, Stars::from_hundredths(200));
    assert_eq!(leaves.severity, Severity::Medium);
}

#[test]
fn no_approach_is_told_as_a_label() {
    let labels = ["procédurier", "affabulat", "négociateur", "revendicat", "revanchard", "profil"];
    for (text, _) in include_str!("approach/fr.tsv").lines().filter_map(|line| {
        let (label, text) = line.split_once('\t')?;
        Some((text, label))
    }) {
        let advice = advice_on(text, Locale::Fr, &Situation::default(), &House::default());
        let said = serde_json::to_string(&advice).expect("it is plain data").to_lowercase();
        // The review's own words are evidence.
        let said = said.replace(&text.to_lowercase(), "");
        assert!(labels.iter().all(|label| !said.contains(label) || text.contains(label)), "{said}");
    }
}

#[test]
fn a_meal_is_not_answered_as_a_product_is() {
    let house = House::default();
    for (meal, product, locale, word) in [
        ("Les frites étaient froides.", "La poignée est cassée.", Locale::Fr, "numéro de retour"),
        ("The food was cold and bland.", "The handle broke.", Locale::En, "return number"),
    ] {
        let said = |text| {
            let advice = advice_on(text, locale, &Situation::default(), &house);
            [advice.steps.reassure, advice.steps.retain, advice.ladder, advice.never]
                .concat()
                .join(" ")
        };
        assert!(said(product).contains(word), "{}", said(product));
        assert!(!said(meal).contains(word), "{}", said(meal));
    }
}

#[test]
fn pressure_over_the_review_is_nothing_that_the_draft_regrets() {
    let text = "Les frites étaient tièdes. Un avoir, sinon je mets une étoile partout.";
    let advice = advice_on(text, Locale::Fr, &Situation::default(), &House::default());
    assert!(advice.understood.len() > 1, "{:?}", advice.understood);
    assert!(!advice.draft.text.contains("la réponse que vous attendiez"), "{}", advice.draft.text);
}

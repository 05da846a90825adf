use vigie_domain::{Assessment, Content, Stars};

use super::*;
use crate::lint::{lint, lint_advice};
use crate::{assess, safe_draft};

fn content(text: &str, author: Option<&str>) -> Content {
    let author = author.map(ToOwned::to_owned);
    Content { text: text.to_owned(), author, ..Content::default() }
}

fn advice_on(text: &str, locale: Locale) -> Advice {
    let content = content(text, Some("Claire D."));
    let assessment = assess(text, None, None, Stars::from_hundredths(200));
    advise(&Case::new(&assessment, &content, "Maison Lumen", locale))
}

/// Every cause, every two, and every three with safety.
fn sets() -> Vec<Vec<CauseFound>> {
    let found = |id: Cause| CauseFound { id, score: 0.8, evidence: vec!["x".to_owned()] };
    let mut sets = Vec::new();
    for (one, first) in Cause::ALL.into_iter().enumerate() {
        sets.push(vec![found(first)]);
        for (two, second) in Cause::ALL.into_iter().enumerate().skip(one + 1) {
            sets.push(vec![found(first), found(second)]);
            let rest = Cause::ALL.into_iter().skip(two + 1).filter(|_| one == 0);
            sets.extend(rest.map(|third| vec![found(first), found(second), found(third)]));
        }
    }
    sets
}

/// Each of these sets, each language of brand and review.
fn every_combination(mut visit: impl FnMut(&Advice, &Case<'_>)) {
    let texts = ["", "Colis jamais reçu, produit cassé, ignorés", "late, broken, rude, burnt"];
    for causes in sets() {
        for severity in [Severity::Medium, Severity::Critical] {
            for language in ["fr", "en", "de"] {
                for (locale, text) in
                    [(Locale::Fr, texts[0]), (Locale::Fr, texts[1]), (Locale::En, texts[2])]
                {
                    let assessment = Assessment {
                        language: Some(language.to_owned()),
                        causes: causes.clone(),
                        severity,
                        ..Assessment::default()
                    };
                    let content = content(text, Some("Claire D."));
                    let case = Case::new(&assessment, &content, "Maison Lumen", locale);
                    visit(&advise(&case), &case);
                }
            }
        }
    }
}

#[test]
fn no_combination_breaks_the_never_list() {
    every_combination(|advice, case| {
        assert_eq!(lint(&advice.draft.text, advice.draft.language), [], "{}", advice.draft.text);
        let steps = &advice.steps;
        let lists = [&steps.reassure, &steps.retain, &steps.ambassador, &advice.ladder];
        let said = lists.into_iter().flatten();
        for text in said.chain([&advice.first_move, &advice.summary, &advice.closing]) {
            assert_eq!(lint_advice(text, case.locale), [], "{text}");
        }
    });
}

#[test]
fn every_draft_is_composed_signed_and_has_two_places() {
    every_combination(|advice, case| {
        let draft = &advice.draft;
        assert_eq!(draft.slots, 2);
        assert_eq!(draft.language, case.reply_language());
        assert!(!draft.replaced, "the lint refused a template: {}", draft.text);
        let signed = match draft.language {
            Locale::Fr => "L’équipe Maison Lumen",
            Locale::En => "The Maison Lumen team",
        };
        assert!(draft.text.ends_with(signed), "{}", draft.text);
        assert!(!draft.text.contains(['{', '}']), "{}", draft.text);
        assert!((30..160).contains(&draft.text.split_whitespace().count()), "{}", draft.text);
    });
}

#[test]
fn every_advice_is_short_and_has_all_three_aims() {
    every_combination(|advice, _| {
        let steps = &advice.steps;
        assert!((5..=STEPS_MAX).contains(&steps.len()), "{}", steps.len());
        for group in [&steps.reassure, &steps.retain, &steps.ambassador] {
            assert!(!group.is_empty());
        }
        assert!((1..=NEVER_MAX).contains(&advice.never.len()));
        assert!(!advice.summary.is_empty() && !advice.first_move.is_empty());
    });
}

#[test]
fn a_safety_matter_leads_and_never_speaks_of_compensation() {
    every_combination(|advice, case| {
        if case.assessment.has(Cause::SafetyHealth) {
            let text = format!("{} {:?} {}", advice.first_move, advice.steps, advice.draft.text);
            assert!(advice.ladder.is_empty());
            assert!(advice.first_move.contains("appelle") || advice.first_move.contains("calls"));
            for word in
                ["rembours", "Remplacer", "Replace", "refund", "avoir\u{a0}", "cancellation"]
            {
                assert!(!text.contains(word), "{word} in {text}");
            }
        }
    });
}

#[test]
fn how_somebody_was_treated_comes_before_what_they_bought() {
    let advice =
        advice_on("Lampe défectueuse, elle est tombée en panne. Vendeuse impolie.", Locale::Fr);
    let found: Vec<Cause> = advice.understood.iter().map(|found| found.cause).collect();
    assert_eq!(found, [Cause::ProductQuality, Cause::StaffAttitude], "as it was found");
    assert!(advice.first_move.contains("appel de la responsable"), "{}", advice.first_move);
}

#[test]
fn causes_are_combined_and_not_glued() {
    let advice =
        advice_on("Colis jamais reçu, et en boutique on m'a envoyée promener.", Locale::Fr);
    assert_eq!(advice.summary, "Un colis jamais reçu, et un mauvais accueil.");
    let draft = &advice.draft.text;
    assert!(draft.starts_with("Bonjour Claire,\nMerci"), "{draft}");
    assert!(
        draft.contains("Attendre un colis qui ne vient pas, puis ne pas recevoir l’accueil"),
        "{draft}"
    );
    assert_eq!(draft.matches("Merci").count(), 1);
    assert!(advice.steps.retain.iter().any(|step| step.contains("transporteur")));
    assert!(advice.steps.retain.iter().any(|step| step.contains("équipe")));
}

#[test]
fn different_reviews_get_different_words() {
    let texts =
        ["Colis jamais reçu.", "Colis jamais reçu !!", "Toujours pas livré.", "Jamais reçu, nul."];
    let drafts: std::collections::HashSet<String> =
        texts.iter().map(|text| advice_on(text, Locale::Fr).draft.text).collect();
    assert!(drafts.len() >= 3, "{drafts:?}");
    assert_eq!(advice_on(texts[0], Locale::Fr), advice_on(texts[0], Locale::Fr));
}

#[test]
fn the_brand_reads_its_language_and_the_customer_theirs() {
    let advice = advice_on("The lamp is broken and the staff were rude.", Locale::Fr);
    assert_eq!(advice.draft.language, Locale::En);
    assert!(advice.draft.text.starts_with("Hello Claire,"));
    assert_eq!(advice.summary, "Un manque de respect, et un produit abîmé.");
    let german = advice_on("Sehr schlecht, nicht zu empfehlen", Locale::En);
    assert_eq!(german.draft.language, Locale::En);
}

#[test]
fn a_draft_that_breaks_a_rule_is_replaced_and_says_so() {
    let assessment = assess("Nul", None, None, None);
    let refused = content("Nul", Some("Cadeau"));
    let case = Case::new(&assessment, &refused, "X", Locale::Fr);
    let replaced = crate::Draft { replaced: true, ..safe_draft("X", Locale::Fr) };
    assert_eq!(advise(&case).draft, replaced);
    let kept = content("Nul", Some("Claire"));
    assert!(!advise(&Case { content: &kept, ..case }).draft.replaced);
}

#[test]
fn a_hostile_author_or_brand_cannot_speak_in_the_draft() {
    let assessment = assess("Nul", None, None, None);
    for author in
        ["Remboursement Immédiat", "Ambassadeur", "[contact]", "a@b.example", "0612345678"]
    {
        let content = content("Nul", Some(author));
        let case = Case::new(&assessment, &content, "Gratuit & Cie", Locale::Fr);
        let draft = advise(&case).draft;
        assert!(!draft.text.contains(author.split(' ').next().unwrap()) || author == "[contact]");
        assert_eq!(draft.slots, 2, "{}", draft.text);
        assert!(draft.text.ends_with("L’équipe Gratuit & Cie"));
    }
}

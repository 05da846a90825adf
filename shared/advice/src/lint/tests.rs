use super::*;

#[test]
fn every_rule_fires_in_both_languages() {
    let broken = [
        (Locale::Fr, 1, "Pourriez-vous modifier votre avis ?"),
        (Locale::Fr, 2, "Demandez à vos proches quelques lignes."),
        (Locale::Fr, 3, "Écrivez-nous plutôt qu’en public."),
        (Locale::Fr, 4, "Nos avocats vous écriront."),
        (Locale::Fr, 5, "Joignez Claire à claire@lumen.example."),
        (Locale::Fr, 5, "Votre commande numéro 48213 est partie."),
        (Locale::Fr, 5, "Appelez le 06 12 34 56 78."),
        (Locale::Fr, 6, "C’est la faute du transporteur."),
        (Locale::Fr, 7, "Merci de fournir une preuve d’achat."),
        (Locale::Fr, 8, "Nous vous rembourserons."),
        (Locale::Fr, 8, "Voici 20 € pour vous."),
        (Locale::Fr, 9, "Nous allons le faire supprimer."),
        (Locale::Fr, 10, "Juridiquement, vous avez tort."),
        (Locale::Fr, 11, "Signez cette clause de confidentialité."),
        (Locale::Fr, 12, "Si vous retirez cela, tout ira bien."),
        (Locale::Fr, 15, "95 % de nos clients sont ravis."),
        (Locale::Fr, 16, "Devenez notre ambassadeur."),
        (Locale::En, 1, "Please update your review."),
        (Locale::En, 2, "Ask friends and family to write."),
        (Locale::En, 3, "Write to us instead of posting."),
        (Locale::En, 4, "You will hear from our solicitors."),
        (Locale::En, 5, "Our records show a visit on Monday."),
        (Locale::En, 6, "Unfortunately our team was busy."),
        (Locale::En, 7, "Please send proof of purchase."),
        (Locale::En, 8, "We will give you a voucher."),
        (Locale::En, 8, "Here is £20."),
        (Locale::En, 9, "We will have it removed."),
        (Locale::En, 10, "Legally speaking, it is yours."),
        (Locale::En, 11, "Please sign this non-disparagement note."),
        (Locale::En, 12, "If you change this, all is well."),
        (Locale::En, 15, "70% of customers come back."),
        (Locale::En, 16, "Become an ambassador."),
    ];
    for (language, number, text) in broken {
        let rules: Vec<Rule> = lint(text, language).into_iter().map(|v| v.rule).collect();
        assert!(rules.contains(&Rule::Never(number)), "N{number} {text:?}: {rules:?}");
    }
    assert_eq!(lint("Dis-nous ce que tu veux.", Locale::Fr)[0].rule, Rule::Tone);
}

#[test]
fn plain_courtesy_breaks_nothing() {
    for (language, text) in [
        (Locale::Fr, "Merci de votre franchise. Écrivez-nous à [contact] avant le [date]."),
        (Locale::Fr, "Nous avons lu votre avis avec attention."),
        (Locale::En, "Thank you for your review. Please write to us at [contact]."),
        (Locale::En, "We are sorry. You will hear from us before [date]."),
    ] {
        assert_eq!(lint(text, language), [], "{text}");
    }
}

#[test]
fn rules_show_as_the_founding_documents_number_them() {
    assert_eq!([Rule::Never(5).to_string(), Rule::Tone.to_string()], ["N5", "tone"]);
}

//! What dissatisfied reviewers are after: sentences that say it, and some that only sound so.

use vigie_advice::{Case, MOTIVES_MAX, advise, assess, lint_advice};
use vigie_domain::{Content, Locale, Motive, Stars};

const NONE: &[Motive] = &[];

fn check(rows: &[(&str, &[Motive])]) {
    let mut wrong = Vec::new();
    for (text, expected) in rows {
        let found = assess(text, None, None, Some(Stars::ONE)).motives;
        let motives: Vec<Motive> = found.iter().map(|motive| motive.id).collect();
        if motives != *expected {
            wrong.push(format!("{text:?}: wanted {expected:?}, found {found:?}"));
        }
        assert!(found.iter().all(|m| m.evidence.iter().all(|words| text.contains(words.as_str()))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn french_motives_are_told_apart() {
    use Motive::{Authority, Heard, Improve, Leave, Repair, Warn};
    check(&[
        ("Je vais saisir le médiateur de la consommation.", &[Authority]),
        ("Sans réponse sous huit jours, mon avocat prendra le relais.", &[Authority]),
        ("J'ai fait un signalement sur Signal Conso.", &[Authority]),
        ("Salade fade et un avocat pas mûr.", NONE),
        ("Plus jamais je ne commanderai ici.", &[Leave]),
        ("Vous avez perdu une cliente, je résilie.", &[Leave]),
        ("Nous n'y retournerons pas.", &[Leave]),
        ("J'exige le remboursement de ma commande.", &[Repair]),
        ("J'attends toujours mon remboursement.", &[Repair]),
        ("Rendez-moi l'argent !", &[Repair]),
        ("C'est une honte, on se moque du monde.", &[Heard]),
        ("Je suis furieuse.", &[Heard]),
        ("Vous devriez former vos vendeurs.", &[Improve]),
        ("Il faudrait plus de caisses ouvertes.", &[Improve]),
        ("Fuyez, passez votre chemin.", &[Warn]),
        ("Je le déconseille à tous.", &[Warn]),
        ("Inadmissible. Je demande un remboursement, et plus jamais !", &[Leave, Repair, Heard]),
        ("Colis jamais reçu.", NONE),
        ("Le plat était froid.", NONE),
        ("Nul", NONE),
    ]);
}

#[test]
fn english_motives_are_told_apart() {
    use Motive::{Authority, Heard, Improve, Leave, Repair, Warn};
    check(&[
        ("I have reported this to trading standards.", &[Authority]),
        ("You will hear from my solicitor.", &[Authority]),
        ("I will do a chargeback.", &[Authority]),
        ("Sue at the desk was slow.", NONE),
        ("Never again, I won't be back.", &[Leave]),
        ("You have lost a customer.", &[Leave]),
        ("I cancelled my subscription.", &[Leave]),
        ("I want a refund.", &[Repair]),
        ("Give me my money back.", &[Repair]),
        ("Still waiting for my refund.", &[Repair]),
        ("This is disgraceful and I am furious.", &[Heard]),
        ("You should train your staff.", &[Improve]),
        ("Please fix the app.", &[Improve]),
        ("Avoid this place, stay away.", &[Warn]),
        ("Don't waste your money.", &[Warn]),
        ("We took the side door to avoid the queue.", NONE),
        ("They cancelled my order without warning.", NONE),
        ("Unacceptable. I want my money back and will never order again.", &[Leave, Repair, Heard]),
        ("My parcel never came.", NONE),
        ("Bad", NONE),
    ]);
}

#[test]
fn praise_has_no_motive_and_advice_shows_two_at_most() {
    let praise = assess("N'évitez pas ce lieu, fuyez les autres !", None, None, Some(Stars::FIVE));
    assert!(praise.motives.is_empty(), "{:?}", praise.motives);
    let text = "Une honte. Remboursez-moi, plus jamais, fuyez, mon avocat vous écrira.";
    let content = Content { text: text.to_owned(), ..Content::default() };
    let assessment = assess(text, None, None, Some(Stars::ONE));
    assert_eq!(assessment.motives.len(), 5, "{:?}", assessment.motives);
    for locale in [Locale::Fr, Locale::En] {
        let case = Case::new(&assessment, &content, "Lumen", locale);
        let advice = advise(&case);
        assert_eq!(advice.motives.len(), MOTIVES_MAX);
        assert_eq!(advice.motives[0].evidence, ["mon avocat"]);
    }
}

#[test]
fn what_is_advised_about_motives_keeps_the_never_list() {
    for (text, locale) in [
        ("Une honte. Remboursez-moi, plus jamais, fuyez, mon avocat. Vous devriez.", Locale::Fr),
        ("Disgraceful. I want a refund, never again, avoid. My lawyer. You should.", Locale::En),
    ] {
        let mut assessment = assess(text, None, None, Some(Stars::ONE));
        assert_eq!(assessment.motives.len(), Motive::ALL.len(), "{:?}", assessment.motives);
        let content = Content { text: text.to_owned(), ..Content::default() };
        while !assessment.motives.is_empty() {
            let case = Case::new(&assessment, &content, "Lumen", locale);
            for motive in advise(&case).motives {
                assert_eq!(lint_advice(&motive.advice, locale), [], "{}", motive.advice);
            }
            assessment.motives.remove(0);
        }
    }
}

//! A brand's own advice: what is taken, and what is refused, in the file where it stands.

use vigie_config::Outcome;
use vigie_domain::{Cause, Guarantee, Locale};

use crate::support::{World, harmed};

const ADVICE: &str = r#"[brand.advice]
contact = "01 23 45 67 89"
path = ["service", "direction"]
texts = ["advice/*.toml"]

[[brand.source]]"#;

fn read(texts: &[(&'static str, &'static str)]) -> Outcome {
    let text = harmed("[[brand.source]]", ADVICE);
    let world = World { texts: texts.to_vec(), ..World::default() };
    vigie_config::parse("vigie.toml", &text, &world)
}

/// The faults of one text under a name: place and message.
fn faults(name: &'static str, text: &'static str) -> Vec<String> {
    let outcome = read(&[(name, text)]);
    assert_eq!(outcome.config, None);
    let told = |fault: &vigie_config::Fault| {
        assert!(!fault.hint.is_empty(), "{fault:?}");
        format!(
            "{}:{}:{} {}: {}",
            fault.file,
            fault.line,
            fault.column,
            fault.code.id(),
            fault.message
        )
    };
    outcome.faults.iter().map(told).collect()
}

#[test]
fn a_brand_may_say_things_its_own_way() {
    let text = "first_move = \"D'abord : appeler Marc, à l'entrepôt.\"\n[lexicon]\ncomplaints = [\"lutin*|3\"]\n";
    let config = read(&[("advice/delivery.fr.toml", text)]).config.expect("it is in order");
    let own = &config.brands[0].advice;
    assert_eq!(own.contact.as_deref(), Some("01 23 45 67 89"));
    assert_eq!(own.guarantee, Guarantee::Auto);
    assert_eq!(own.path, ["service".parse().unwrap(), "direction".parse().unwrap()]);
    assert_eq!((own.texts[0].cause, own.texts[0].locale), (Cause::Delivery, Locale::Fr));
    assert_eq!(own.texts[0].text, text);
}

#[test]
fn a_missing_step_is_told_where_the_steps_begin() {
    let steps = r#"label = "Colis"

[[step]]
group = "reassure"
nine = [1]
justice = "procedural"
text = "Appeler."
"#;
    assert_eq!(
        faults("advice/delivery.fr.toml", steps),
        ["advice/delivery.fr.toml:3:1 bad-advice: 6 or 7 steps are wanted, not 1"]
    );
}

#[test]
fn an_unknown_cause_or_language_is_told_by_the_name_of_the_file() {
    let told = faults("advice/delivry.fr.toml", "label = \"Colis\"");
    assert_eq!(
        told,
        ["vigie.toml:21:9 unknown-cause: \"advice/delivry.fr.toml\" names no cause: \"delivry\""]
    );
    let told = faults("advice/delivery.de.toml", "label = \"Paket\"");
    assert!(told[0].contains("is not named after a cause and a language"), "{told:?}");
}

#[test]
fn a_forbidden_promise_is_told_with_the_rule_that_it_breaks() {
    let told = faults(
        "advice/delivery.fr.toml",
        "first_move = \"D'abord : offrir un avoir si le client retire son avis.\"\n",
    );
    assert!(told[0].starts_with("advice/delivery.fr.toml:1:15 bad-advice:"), "{told:?}");
    assert!(told.iter().any(|fault| fault.contains("breaks N1: ")), "{told:?}");
    let reply = "reply = \"Nous vous remboursons. [contact] [date]\"\n";
    let told = faults("advice/delivery.fr.toml", reply);
    assert!(told[0].contains("breaks N8: "), "{told:?}");
    let told = faults("advice/delivery.fr.toml", "reply = \"Merci de nous l'avoir dit. [date]\"\n");
    assert_eq!(told, ["advice/delivery.fr.toml:1:1 bad-advice: a reply has [contact] in it, once"]);
}

#[test]
fn safety_takes_no_word_of_compensation() {
    let told = faults(
        "advice/safety_health.en.toml",
        "first_move = \"First: call, and offer a voucher.\"\n",
    );
    assert!(told[0].contains("speaks of compensation"), "{told:?}");
}

#[test]
fn other_slips_are_told_where_they_stand() {
    for (name, text, expected) in [
        ("advice/delivery.fr.toml", "first_mov = \"x\"\n", "unknown field"),
        (
            "advice/delivery.fr.toml",
            "[lexicon]\ncomplaints = [\"{lieu} sale\"]\n",
            "no set of words is called {lieu}",
        ),
        (
            "advice/delivery.fr.toml",
            "[lexicon]\ntopics = [\"lutin|9\"]\n",
            "a pattern weighs 1, 2 or 3",
        ),
        (
            "advice/delivery.fr.toml",
            "[lexicon]\nunless = [\".. lutin\"]\n",
            "a pattern begins and ends with a word",
        ),
        ("advice/general.fr.toml", "[lexicon]\ntopics = [\"bof\"]\n", "it has no words"),
        ("advice/delivery.fr.toml", "never = [\"\"]\n", "says nothing"),
        (
            "advice/delivery.fr.toml",
            "ladder = [\"a\", \"b\", \"c\", \"d\", \"e\"]\n",
            "4 solutions at most",
        ),
    ] {
        let told = faults(name, text);
        assert!(told.iter().any(|fault| fault.contains(expected)), "{text}: {told:?}");
    }
    let twice = read(&[("a/delivery.fr.toml", ""), ("b/delivery.fr.toml", "")]);
    assert!(twice.faults[0].message.contains("delivery is there twice"), "{:?}", twice.faults);
}

//! What changed between two configurations.

use crate::support::{GOOD, harmed, read};
use vigie_config::diff;
use vigie_domain::Brand;

fn brands(text: &str) -> Vec<Brand> {
    let outcome = read(text);
    assert_eq!(outcome.faults, []);
    outcome.config.map(|config| config.brands).unwrap_or_default()
}

fn changes(old: &[Brand], new: &[Brand]) -> Vec<String> {
    diff(old, new).iter().map(ToString::to_string).collect()
}

#[test]
fn a_first_file_adds_and_an_emptied_one_retires() {
    let some = brands(GOOD);
    assert_eq!(changes(&[], &some), ["+ brand lumen", "+ source lumen-site of lumen"]);
    assert_eq!(
        changes(&some, &[]),
        [
            "- brand lumen: retired, its reviews stay",
            "- source lumen-site of lumen: retired, its address answers 404",
        ]
    );
    assert_eq!(changes(&some, &some), [""; 0]);
}

#[test]
fn each_key_of_a_brand_is_told_when_it_changes() {
    let old = brands(GOOD);
    for (from, to, keys) in [
        ("Maison Lumen", "Lumen", "name"),
        ("\"fr\"", "\"en\"", "locale"),
        ("Europe/Paris", "Europe/Rome", "timezone"),
        ("locale", "alert_below = 3\nlocale", "alert_below"),
        ("locale", "alert_within = \"8d\"\nlocale", "alert_within"),
        ("locale", "answer_within = \"8h\"\nlocale", "answer_within"),
        ("locale", "report_at = \"09:00\"\nlocale", "report_at"),
        ("locale", "report_when_empty = false\nlocale", "report_when_empty"),
        ("locale", "praise = \"each\"\nlocale", "praise"),
        ("service@", "team@", "contacts"),
        ("locale", "escalate = []\nlocale", "escalate"),
        ("2.0", "1.5", "route"),
    ] {
        let new = brands(&harmed(from, to));
        assert_eq!(changes(&old, &new), [format!("~ brand lumen: {keys}")], "{from} -> {to}");
    }
    let both = brands(&harmed("locale = \"fr\"", "praise = \"off\"\nlocale = \"en\""));
    assert_eq!(changes(&old, &both), ["~ brand lumen: locale, praise"]);
}

#[test]
fn sources_are_told_apart_from_their_brand() {
    let old = brands(GOOD);
    let other =
        brands(&harmed("standard-webhooks", "judgeme").replace("SITE_SECRET", "OLD_SECRET"));
    assert_eq!(changes(&old, &other), ["~ source lumen-site of lumen: platform, secrets"]);
    let renamed = brands(&harmed("lumen-site", "lumen-shop"));
    assert_eq!(
        changes(&old, &renamed),
        [
            "+ source lumen-shop of lumen",
            "- source lumen-site of lumen: retired, its address answers 404",
        ]
    );
    let (head, brand) = GOOD.split_at(GOOD.find("[[brand]]").unwrap());
    let orso = brand.replace("lumen", "orso");
    let moved = brands(&format!("{head}{orso}").replace("orso-site", "lumen-site"));
    assert_eq!(
        changes(&old, &moved),
        [
            "+ brand orso",
            "~ source lumen-site of orso: brand",
            "- brand lumen: retired, its reviews stay",
        ]
    );
}

#[test]
fn changes_have_a_json_form() {
    let json = serde_json::to_value(diff(&[], &brands(GOOD))).unwrap();
    assert_eq!(
        json,
        serde_json::json!([
            {"what": "brand-added", "brand": "lumen"},
            {"what": "source-added", "brand": "lumen", "source": "lumen-site"},
        ])
    );
}

//! What `vigie check` prints.

use crate::support::read;
use vigie_config::render_faults;

const FAULTY: &str = r#"include = ["none/*.toml"]

[server]
listen = "localhost:8787"   # a name is no address

[mail]
from = "Sara <sara@vigie.example>"
transport = "smtps://sara:hunter2@mail.example"

[[brand]]
id = "lumen"
name = "Maison Lumen"
locale = "fr"
timezone = "Europe/Pari"
alert_bellow = 4.0
contacts = [
  { id = "service", name = "Élodie", email = "service at lumen.example" },
  { id = "direction", name = "Direction", email = "direction@lumen.example", gets = [] },
]
escalate = [ { after = "20h", to = ["service"] }, { after = "24h", to = ["directon"] } ]

[[brand.source]]
id = "lumen-site"
platform = "standard-webhooks"
secrets = ["env:GONE", "sk_live_4242"]

[[brand.route]]
	when = { cause = ["safety_health", "privacy_data", "order_accuracy", "aftersales_refund", "billing_payment", "delivry"] }
to = ["slack:ops", "direction"]
"#;

#[test]
fn faults_are_shown_under_their_lines() {
    insta::assert_snapshot!(render_faults(&read(FAULTY).faults, false));
}

#[test]
fn colour_changes_no_character_but_its_own() {
    let faults = read(FAULTY).faults;
    let coloured = render_faults(&faults, true);
    assert!(coloured.contains("\u{1b}[31m"));
    let bare = ["\u{1b}[31m", "\u{1b}[1m", "\u{1b}[0m"]
        .iter()
        .fold(coloured, |text, code| text.replace(code, ""));
    assert_eq!(bare, render_faults(&faults, false));
}

#[test]
fn nothing_is_printed_without_faults() {
    assert_eq!(render_faults(&[], true), "");
}

#[test]
fn one_fault_is_one_fault() {
    let shown = render_faults(&read("[servr]").faults, false);
    assert!(shown.starts_with("1 fault in vigie.toml."), "{shown}");
}

#[test]
fn nothing_in_a_file_can_turn_the_terminal_round() {
    let shown = render_faults(&read("\t\"na\u{202E}me\u{9b}\" = 1 # \u{2066}x").faults, false);
    assert!(
        shown.lines().all(|line| !line.chars().any(vigie_domain::text::is_deceptive)),
        "{shown}"
    );
    assert!(shown.contains("\"na\u{FFFD}me"), "{shown}");
}

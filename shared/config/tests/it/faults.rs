//! Every fault, with its place and its code.

use std::collections::BTreeSet;

use crate::cases::{CASES, Case, FOR_AWS_CASES, INCLUDED_CASES, WITHOUT_AWS_CASES};
use crate::support::{GOOD, World, faults, harmed, read, short};
use vigie_config::{Code, Report};

fn assert_found(cases: &[Case], faults: impl Fn(&str) -> Vec<String>) {
    let mut wrong = Vec::new();
    for (from, to, expected) in cases {
        let found = faults(&harmed(from, to));
        if found != *expected {
            wrong
                .push(format!("{from:?} -> {to:?}\n  expected {expected:?}\n  found    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_fault_is_found_at_its_place_and_alone() {
    assert_found(CASES, faults);
}

#[test]
fn what_a_program_without_aws_cannot_do_is_a_fault_of_it() {
    let world = World { lacks_aws: true, ..World::default() };
    assert_found(WITHOUT_AWS_CASES, |text| faults_in(&world, text));
}

#[test]
fn each_secret_that_the_functions_cannot_read_is_named() {
    let world = World { is_for_aws: true, ..World::default() };
    assert_found(FOR_AWS_CASES, |text| faults_in(&world, text));
}

fn faults_in(world: &World, text: &str) -> Vec<String> {
    vigie_config::parse("vigie.toml", text, world).faults.iter().map(short).collect()
}

#[test]
fn each_code_has_a_case() {
    let shown: BTreeSet<&str> = CASES
        .iter()
        .chain(INCLUDED_CASES)
        .chain(WITHOUT_AWS_CASES)
        .chain(FOR_AWS_CASES)
        .flat_map(|(_, _, faults)| faults.iter().filter_map(|fault| fault.rsplit(' ').next()))
        .collect();
    let all: BTreeSet<&str> = Code::ALL.iter().map(|code| code.id()).collect();
    assert_eq!(shown, all);
}

#[test]
fn each_code_has_its_own_id_in_kebab_case_and_a_meaning() {
    let mut ids = BTreeSet::new();
    for code in Code::ALL {
        assert!(code.id().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code:?}");
        assert!(ids.insert(code.id()), "{code:?}");
        assert!(code.meaning().ends_with('.'), "{code:?}");
        assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{}\"", code.id()));
    }
}

#[test]
fn faults_of_one_brand_hide_none_of_another() {
    let (head, brand) = GOOD.split_at(GOOD.find("[[brand]]").unwrap());
    let second = brand.replace("lumen", "orso").replace("\"fr\"", "\"it\"");
    let text = format!("{head}{}\n{second}", brand.replace("Europe/Paris", "Europe/Pariss"));
    assert_eq!(
        faults(&text),
        ["12:12+15 brand.lumen.timezone unknown-zone", "30:10+4 brand.orso.locale unknown-value",]
    );
}

#[test]
fn ids_are_unique_over_brands_for_brands_and_sources_but_not_for_contacts() {
    let (head, brand) = GOOD.split_at(GOOD.find("[[brand]]").unwrap());
    assert_eq!(
        faults(&format!("{head}{brand}{brand}")),
        [
            "27:6+7 brand.lumen.id duplicate-id",
            "37:6+12 brand.lumen.source.lumen-site.id duplicate-id",
        ]
    );
    let orso = brand.replace("lumen", "orso");
    assert_eq!(faults(&format!("{head}{brand}{orso}")), [""; 0]);
}

#[test]
fn a_fault_makes_no_others_where_it_is_named() {
    let bad_id =
        harmed("\"direction\"", "\"Direction\"").replace("email:direction", "email:Direction");
    assert_eq!(faults(&bad_id), ["15:10+11 brand.lumen.contacts[1].id bad-id"]);
    let no_list = harmed("secrets =", "shop = 1\nsecrets =").replace("to = [", "to = [1, ");
    assert_eq!(
        faults(&no_list),
        [
            "21:8+1 brand.lumen.source.lumen-site.shop wrong-type",
            "26:7+1 brand.lumen.route[0].to[0] wrong-type",
        ]
    );
}

#[test]
fn a_faulty_operator_or_shop_makes_no_others() {
    let trial = harmed("locale", "deliver = \"trial\"\nlocale");
    let operator = trial.replace("[mail]", "[operator]\nemail = \"ops\"\n[mail]");
    assert_eq!(faults(&operator), ["5:9+5 operator.email bad-email"]);
    let shop = "[[brand.shop]]\nid = \"Lyon\"\nname = \"Lyon\"\n[[brand.route]]";
    let text = harmed("[[brand.route]]", shop)
        .replace("stars_below = 2.0", "shop = \"Lyon\"")
        .replace("secrets =", "shop = \"Lyon\"\nsecrets =");
    assert_eq!(faults(&text), ["25:6+6 brand.lumen.shop[0].id bad-id"]);
    let operator =
        harmed("\"direction\"", "\"operator\"").replace("email:direction", "email:operator");
    assert_eq!(faults(&operator), ["15:10+10 brand.lumen.contacts.operator.id bad-id"]);
}

#[test]
fn a_brand_needs_a_contact() {
    let start = GOOD.find("contacts = [").unwrap();
    let end = GOOD.find("\n]\n").unwrap() + 3;
    let contacts = &GOOD[start..end];
    let without = GOOD.replace("email:direction", "email:service");
    assert_eq!(
        faults(&without.replace(contacts, "contacts = []\n")),
        ["13:12+2 brand.lumen.contacts empty-list",]
    );
    assert_eq!(faults(&without.replace(contacts, "")), ["8:1+9 brand.lumen.contacts missing-key"]);
}

#[test]
fn alerts_praise_and_reports_must_each_reach_somebody() {
    let gets = |list: &str, more: &str, when: &str| {
        let email = "\"service@lumen.example\"";
        harmed(email, &format!("{email}, gets = [{list}]"))
            .replace("locale", &format!("{more}\nlocale"))
            .replace("{ stars_below = 2.0 }", when)
    };
    let messages = |text: &str| {
        let words = |message: &str| message.split('"').nth(1).unwrap_or_default().to_owned();
        read(text).faults.iter().map(|fault| words(&fault.message)).collect::<Vec<_>>()
    };
    let some = "{ stars_below = 2.0 }";
    assert_eq!(messages(&gets("", "", some)), ["alert", "praise", "report"]);
    assert_eq!(messages(&gets("\"alert\"", "praise = \"off\"", some)), ["report"]);
    assert_eq!(messages(&gets("\"praise\", \"report\"", "", some)), ["alert"]);
    for catch_all in ["{}", "{ stars_below = 4 }"] {
        assert_eq!(
            messages(&gets("\"praise\", \"report\"", "", catch_all)),
            [""; 0],
            "{catch_all}"
        );
    }
    let higher = gets("\"praise\", \"report\"", "alert_below = 4.5", "{ stars_below = 4 }");
    assert_eq!(messages(&higher), ["alert"]);
    let grave = gets("\"praise\", \"report\"", "", "{ severity = \"critical\" }");
    assert_eq!(messages(&grave), ["alert"]);
}

#[test]
fn the_json_of_a_fault_has_exactly_the_keys_of_the_contract() {
    let outcome = read(&harmed("Europe/Paris", "Europe/Pari"));
    let json = serde_json::to_value(Report::new(&outcome.faults)).unwrap();
    assert_eq!(
        json,
        serde_json::json!({"ok": false, "faults": [{
            "file": "vigie.toml", "line": 12, "column": 12, "key": "brand.lumen.timezone",
            "code": "unknown-zone", "message": "\"Europe/Pari\" is no IANA time zone",
            "hint": json["faults"][0]["hint"],
        }]})
    );
    assert!(json["faults"][0]["hint"].as_str().unwrap().contains("Europe/Paris"));
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_move_nothing() {
    let text = harmed("listen", "listn");
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(read(&windows).faults, read(&text).faults);
    assert_eq!(short(&read(&text).faults[0]), "2:1+5 server.listn unknown-key");
}

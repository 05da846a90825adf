//! `check`, `apply`, `platforms`, and what a later version brings.

use serde_json::json;

use crate::support::{CONFIG, Place, assert_narrow, keys};

#[test]
fn check_counts_what_is_in_order_and_names_what_was_not_tried() {
    let ran = Place::new().run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("vigie.toml is in order: 1 brand, 2 sources, 2 contacts."), "{ran:?}");
    let last = "Not tried: mail, disk, clock, address. `vigie check --live` tries them.\n";
    assert!(ran.out.ends_with(last), "{ran:?}");
    assert_eq!(Place::new().run(&["check", "--json"]).json(), json!({"ok": true, "faults": []}));
}

#[test]
fn check_shows_every_fault_with_its_place() {
    let place = Place::new();
    let faulty = CONFIG.replace("Europe/Paris", "Europe/Pariss").replace("locale", "lcale");
    place.write("vigie.toml", faulty);
    let ran = place.run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    assert!(ran.out.starts_with("vigie.toml: 3 faults\n\nvigie.toml:"), "{}", ran.out);
    assert!(ran.out.contains("^^^^^^"), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "colour only on a terminal");

    let ran = place.run(&["check", "--json"]);
    assert_eq!(ran.code, 2);
    let document = ran.json();
    assert_eq!(document["ok"], false);
    let faults = document["faults"].as_array().unwrap();
    assert_eq!(faults.len(), 3);
    for fault in faults {
        assert_eq!(keys(fault), ["code", "column", "file", "hint", "key", "line", "message"]);
    }
    let zone = faults.iter().find(|fault| fault["code"] == "unknown-zone").unwrap();
    assert_eq!(zone["key"], "brand.lumen.timezone");
    assert_eq!((&zone["file"], &zone["line"]), (&json!("vigie.toml"), &json!(11)));
}

#[test]
fn check_warns_of_a_secret_that_cannot_work_and_does_not_show_it() {
    let place = Place::new();
    place.write("secret", "whsec_n*t base64");
    place.write("vigie.toml", CONFIG.replace("env:LUMEN_SITE_SECRET", "file:secret"));
    let ran = place.run(&["check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.starts_with("warning: source lumen-site: "), "{ran:?}");
    assert!(!ran.err.contains("n*t"), "{ran:?}");
}

#[test]
fn a_file_that_is_not_there_is_named_on_standard_error() {
    for arguments in
        [&["check", "--config", "no.toml"][..], &["check", "--json", "--config", "no.toml"]]
    {
        let ran = Place::new().run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert!(ran.err.contains("cannot read no.toml"), "{ran:?}");
    }
}

#[test]
fn apply_prints_the_difference_once() {
    let place = Place::new();
    let ran = place.run(&["apply", "--dry-run"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("+ brand lumen\n+ source lumen-site of lumen\n"), "{ran:?}");
    assert!(!place.path().join("data").exists(), "looking makes no store");

    let ran = place.run(&["apply", "--json"]);
    assert_eq!(ran.code, 0);
    let document = ran.json();
    assert_eq!(keys(&document), ["applied", "changes"]);
    assert_eq!(document["applied"], true);
    assert_eq!(document["changes"][0], json!({"what": "brand-added", "brand": "lumen"}));

    assert!(place.run(&["apply"]).out.starts_with("Nothing to change"));
    let same = place.run(&["apply", "--dry-run", "--json"]);
    assert_eq!((same.code, same.json()), (0, json!({"applied": false, "changes": []})));
}

#[test]
fn apply_changes_and_retires_what_the_file_says() {
    let place = Place::applied();
    place.write("vigie.toml", CONFIG.replace("Maison Lumen", "Lumen"));
    let changed = json!([{"what": "brand-changed", "brand": "lumen", "keys": ["name"]}]);
    let dry = place.run(&["apply", "--dry-run", "--json"]);
    assert_eq!((dry.code, dry.json()), (1, json!({"applied": false, "changes": changed})));
    assert_eq!(place.run(&["apply", "--json"]).json()["changes"], changed);

    place.write("vigie.toml", "[server]\ndata = \"data\"\n");
    let ran = place.run(&["apply"]);
    assert!(ran.out.contains("- brand lumen: retired, its reviews stay"), "{ran:?}");
    place.write("vigie.toml", CONFIG);
    let back = place.run(&["apply", "--json"]).json();
    assert_eq!(back["changes"][0]["what"], "brand-added", "a retired brand comes back");
}

#[test]
fn a_faulty_file_changes_nothing() {
    let place = Place::applied();
    place.write("vigie.toml", CONFIG.replace("Maison Lumen\"", "Lumen\"\nlcale = 1"));
    let ran = place.run(&["apply"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("did you mean locale?"), "{ran:?}");
    place.write("vigie.toml", CONFIG);
    assert_eq!(place.run(&["apply", "--dry-run"]).code, 0);
}

#[test]
fn platforms_need_no_file() {
    let place = Place::new();
    std::fs::remove_file(place.path().join("vigie.toml")).unwrap();
    let ran = place.run(&["platforms"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("Judge.me"), "{ran:?}");
    assert_narrow(&ran);
    let document = place.run(&["platforms", "--json"]).json();
    let platforms = document["platforms"].as_array().unwrap();
    assert_eq!(platforms.len(), vigie_platforms::presets().len());
    for platform in platforms {
        let mut names = vec!["answers", "events", "evidence", "id"];
        names.extend((platform["push"] == "none").then_some("instead"));
        names.extend(["name", "push", "scheme", "signed"]);
        assert_eq!(keys(platform), names);
    }
    let judgeme = platforms.iter().find(|platform| platform["id"] == "judgeme").unwrap();
    assert_eq!(judgeme["scheme"], "hmac-sha256-hex");
    assert_eq!(judgeme["signed"], true);
}

#[test]
fn a_preset_is_printed_to_begin_with() {
    let place = Place::new();
    let ran = place.run(&["platforms", "--show", "generic-hmac"]);
    assert_eq!(ran.code, 0);
    assert!(vigie_platforms::Preset::parse(&ran.out, "ours.toml").is_ok(), "{ran:?}");
    let ran = place.run(&["platforms", "--show", "nobody"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(ran.err.contains("no preset is called \"nobody\": vigie platforms lists"), "{ran:?}");
}

/// Whether it was built with AWS or without: this file names no stack.
#[test]
fn a_file_without_a_stack_is_none_for_aws() {
    let place = Place::new();
    for arguments in [
        &["capture", "--source", "lumen-site"][..],
        &["erase", "lumen-site/r-1", "--dry-run"],
        &["report", "unanswered"],
        &["backup", "copy.sqlite"],
        &["apply", "--put-secrets"],
        &["apply", "--put-secrets", "--dry-run"],
    ] {
        let ran = place.run(&[arguments, &["--store", "aws"]].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.err.contains("hint: "), "{arguments:?}: {ran:?}");
    }
    let ran = place.run(&["apply", "--put-secrets"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
    assert!(ran.err.contains("--store aws"), "{ran:?}");
}

#[test]
fn a_command_line_that_cannot_be_followed_is_exit_2() {
    let place = Place::new();
    for arguments in [
        &["unheard-of"][..],
        &[],
        &["redrive"],
        &["close", "lumen-site/r-1"],
        &["send", "--url", "http://127.0.0.1:1"],
        &["send", "--preset", "judgeme", "--url", "http://127.0.0.1:1"],
        &["report", "unanswered", "--at", "yesterday"],
    ] {
        assert_eq!(place.run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn a_platform_that_passes_on_reviews_of_others_is_warned_of() {
    let place = Place::new();
    let zernio = "[[brand.source]]\nid = \"lumen-zernio\"\nplatform = \"zernio\"\n\
                  secrets = [\"env:LUMEN_TRUSTPILOT_TOKEN\"]\n";
    place.write("vigie.toml", [CONFIG, zernio].concat());
    let ran = place.run(&["check"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let warned = "warning: lumen-zernio: Zernio passes on reviews of other platforms";
    assert!(ran.err.contains(warned), "{ran:?}");
    assert_eq!(ran.err.matches("passes on").count(), 1, "{ran:?}");
}

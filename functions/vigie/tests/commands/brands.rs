//! Brands in files of their own: `check` and `apply`.

use serde_json::json;

use crate::support::{CONFIG, Place, Ran, keys};

/// vigie.toml with a brand of its own.
fn including(pattern: &str) -> String {
    format!("include = [\"{pattern}\"]\n[operator]\nemail = [\"ops@agency.example\"]\n{CONFIG}")
}

fn brand(id: &str) -> String {
    format!(
        r#"[[brand]]
id = "{id}"
name = "Brand {id}"
locale = "en"
timezone = "Europe/London"
contacts = [ {{ id = "desk", name = "Desk", email = "desk@{id}.example" }} ]
[[brand.source]]
id = "{id}-site"
platform = "generic-hmac"
secrets = ["file:../secrets/{id}"]
"#
    )
}

/// A folder with brands `a`, `b` and `c`, each in a file.
fn place() -> Place {
    let place = Place::new();
    place.write("vigie.toml", including("brands/*.toml"));
    for folder in ["brands", "secrets"] {
        std::fs::create_dir(place.path().join(folder)).unwrap();
    }
    for id in ["a", "b", "c"] {
        put(&place, id, &brand(id));
    }
    place
}

fn put(place: &Place, id: &str, text: &str) {
    place.write(&format!("secrets/{id}"), "a-secret-of-some-length");
    place.write(&format!("brands/{id}.toml"), text);
}

fn remove(place: &Place, name: &str) {
    std::fs::remove_file(place.path().join(name)).unwrap();
}

fn faults(place: &Place) -> Vec<(String, u64, String)> {
    let document = place.run(&["check", "--json"]).json();
    let fault = |fault: &serde_json::Value| {
        let text = |key: &str| fault[key].as_str().unwrap().to_owned();
        (text("file"), fault["line"].as_u64().unwrap(), text("code"))
    };
    document["faults"].as_array().unwrap().iter().map(fault).collect()
}

fn fault(file: &str, line: u64, code: &str) -> Vec<(String, u64, String)> {
    vec![(file.to_owned(), line, code.to_owned())]
}

fn changes(ran: &Ran) -> Vec<String> {
    let document = ran.json();
    let changes = document["changes"].as_array().unwrap().iter();
    let of = |change: &serde_json::Value| {
        let id = change.get("source").unwrap_or(&change["brand"]);
        format!("{} {}", change["what"].as_str().unwrap(), id.as_str().unwrap())
    };
    changes.map(of).collect()
}

#[test]
fn check_counts_files_and_brands() {
    let place = place();
    let ran = place.run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let told = "vigie.toml and 3 brand files are in order: 4 brands, 5 sources, 5 contacts.";
    assert!(ran.out.starts_with(told), "{ran:?}");

    put(&place, "b", &brand("b").replace("locale", "lcale"));
    put(&place, "c", &brand("c").replace("London", "Londn"));
    let ran = place.run(&["check"]);
    assert_eq!(ran.code, 2);
    let told = "vigie.toml and 3 brand files: 3 faults in 2 files. 2 brands are in order.\n";
    assert!(ran.out.starts_with(told), "{ran:?}");
    assert!(ran.out.contains("brands/b.toml:4:1"), "{ran:?}");

    place.write("vigie.toml", including("brands/*.toml").replace("data =", "dta ="));
    let told = "vigie.toml and 3 brand files: 4 faults in 3 files. 1 brand is in order.\n";
    assert!(place.run(&["check"]).out.starts_with(told));
}

#[test]
fn files_are_found_from_the_folder_of_vigie_toml_wherever_the_command_runs() {
    let place = place();
    put(&place, "b", "[[brand]");
    let file = place.path().join("vigie.toml");
    let ran = Place::new().run(&["check", "--json", "--config", file.to_str().unwrap()]);
    assert_eq!(ran.code, 2);
    let named = place.path().join("brands/b.toml");
    let document = ran.json();
    assert_eq!(document["faults"].as_array().unwrap().len(), 1, "{document}");
    assert_eq!(document["faults"][0]["file"], named.to_str().unwrap());
}

#[test]
fn an_include_that_brings_nothing_is_a_fault_of_vigie_toml() {
    let place = place();
    for (pattern, code) in [
        ("none/*.toml", "empty-include"),
        ("vigie.toml", "empty-include"),
        ("brands", "bad-include"),
        ("brands/", "bad-include"),
        ("b*", "bad-include"),
        ("brands/[", "bad-include"),
        ("", "bad-path"),
    ] {
        place.write("vigie.toml", including(pattern));
        assert_eq!(faults(&place), fault("vigie.toml", 1, code), "{pattern}");
        assert_eq!(place.run(&["apply"]).code, 2, "{pattern}");
    }
    assert!(!place.path().join("data").exists(), "a faulty vigie.toml applies nothing");
}

#[test]
fn a_file_that_cannot_be_read_or_holds_more_than_brands_is_told() {
    let place = place();
    let name = "brands/b.toml";
    remove(&place, name);
    std::os::unix::fs::symlink("gone", place.path().join(name)).unwrap();
    assert_eq!(faults(&place), fault(name, 1, "unreadable-file"));
    remove(&place, name);
    place.write(name, b"[[brand]]\nname = \"Caf\xe9\"\n");
    assert_eq!(faults(&place), fault(name, 2, "unreadable-file"));
    place.write(name, brand("b") + "[server]\nlisten = \"127.0.0.1:1\"\n");
    assert_eq!(faults(&place), fault(name, 11, "unknown-key"));
    place.write(name, brand("b").replace("desk", "operator"));
    assert_eq!(faults(&place), fault(name, 6, "bad-id"));
    place.write(name, brand("b").replace("b-site", "a-site"));
    assert_eq!(faults(&place), fault(name, 8, "duplicate-id"));
    place.write(name, brand("b").replace("b-site", "lumen-site"));
    assert_eq!(faults(&place), fault(name, 8, "duplicate-id"));
    place.write(name, brand("b").replace("locale", "deliver = \"trial\"\nlocale"));
    assert_eq!(faults(&place), []);
    let nobody =
        including("brands/*.toml").replace("[operator]\nemail = [\"ops@agency.example\"]", "");
    place.write("vigie.toml", nobody);
    assert_eq!(faults(&place), fault(name, 4, "no-operator"));
}

#[test]
fn apply_takes_the_other_files_and_keeps_what_was_in_force_of_a_faulty_one() {
    let place = place();
    assert_eq!(place.run(&["apply"]).code, 0);
    // b changes and has a typo, c is gone, d is new.
    put(&place, "b", &brand("b").replace("Brand b", "Other").replace("locale", "lcale"));
    remove(&place, "brands/c.toml");
    put(&place, "d", &brand("d"));
    let expected =
        ["brand-added d", "source-added d-site", "brand-retired c", "source-retired c-site"];
    let dry = place.run(&["apply", "--dry-run", "--json"]);
    assert_eq!((dry.code, changes(&dry)), (2, expected.map(str::to_owned).to_vec()), "{dry:?}");
    let ran = place.run(&["apply", "--json"]);
    assert_eq!((ran.code, changes(&ran)), (2, expected.map(str::to_owned).to_vec()));
    let document = ran.json();
    assert_eq!(keys(&document), ["applied", "changes", "refused"]);
    let refused = json!([{"file": "brands/b.toml", "brands": ["b"], "faults": 2, "stays": ["b"]}]);
    assert_eq!((&document["applied"], &document["refused"]), (&json!(true), &refused));
    assert!(ran.err.contains("did you mean locale?"), "{ran:?}");

    // Not even TOML: whose brands it had is remembered.
    put(&place, "b", "[[brand]");
    put(&place, "e", "[[brand]");
    let ran = place.run(&["apply"]);
    assert_eq!(ran.code, 2);
    let told = "! brands/b.toml: 1 fault, refused: b as before\n\
                ! brands/e.toml: 1 fault, refused: no brand of it is in force\n\
                Nothing to change in the other files.\n";
    assert_eq!(ran.out, told);
    remove(&place, "brands/e.toml");
    put(&place, "b", &brand("b"));
    let same = place.run(&["apply", "--dry-run", "--json"]);
    assert_eq!((same.code, same.json()), (0, json!({"applied": false, "changes": []})));
}

#[test]
fn a_brand_that_moves_between_files_is_no_change_and_is_remembered_where_it_is() {
    let place = place();
    assert_eq!(place.run(&["apply"]).code, 0);
    // From a folder below into vigie.toml, its path mended; and from one file to another.
    let own = including("brands/*.toml") + &brand("a").replace("../secrets", "secrets");
    place.write("vigie.toml", own);
    remove(&place, "brands/a.toml");
    put(&place, "c", &(brand("c") + &brand("b")));
    remove(&place, "brands/b.toml");
    let ran = place.run(&["apply", "--json"]);
    assert_eq!((ran.code, changes(&ran)), (0, vec![]), "{ran:?}");
    place.write("brands/c.toml", "[[brand]");
    let ran = place.run(&["apply", "--json"]);
    assert_eq!((ran.code, changes(&ran)), (2, vec![]), "{ran:?}");
    assert_eq!(ran.json()["refused"][0]["stays"], json!(["b", "c"]));
}

#[test]
fn a_preset_of_ones_own_is_found_from_the_file_that_names_it() {
    let place = place();
    let ours = include_str!("../../../../shared/platforms/presets/generic-hmac.toml");
    place.write("brands/ours.preset.toml", ours);
    place.write("vigie.toml", including("brands/?.toml"));
    put(&place, "a", &brand("a").replace("generic-hmac", "ours.preset.toml"));
    let ran = place.run(&["check"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
    let sent = place.run(&["send", "--source", "a-site", "--url", "http://127.0.0.1:1"]);
    assert_eq!(sent.code, 1, "its preset and its secret are found: {sent:?}");
    put(&place, "a", "[[brand]");
    let sent = place.run(&["send", "--source", "a-site", "--url", "http://127.0.0.1:1"]);
    assert_eq!(sent.code, 2);
    assert!(sent.err.contains("warning: brands/a.toml is faulty"), "{sent:?}");
}

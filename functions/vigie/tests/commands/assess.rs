//! `vigie assess`: a text, and files of reviews.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::Place;

/// One object for each line, in order.
fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_text_is_understood_without_a_configuration() {
    let place = Place::new();
    std::fs::remove_file(place.path().join("vigie.toml")).unwrap();
    place.write("avis.txt", "Colis jamais reçu.\n");
    let ran = place.run(&["assess", "avis.txt", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut found = ran.json();
    assert!(found["rules"].is_string());
    found.as_object_mut().unwrap().remove("rules");
    assert_eq!(
        found,
        json!({
            "language": "fr",
            "causes": [{"id": "delivery", "score": 0.9, "evidence": ["Colis jamais reçu"]}],
            "severity": "low", "motives": [], "approach": null, "suggestion": false, "praised": [],
            "touches": [{
                "cause": "delivery", "commandments": [2, 5], "promise": "product",
                "touchpoint": "delivery",
            }],
        })
    );
    let ran = place.run(&["assess", "avis.txt", "--rating", "2", "--scale", "10", "--json"]);
    assert_eq!(ran.json()["severity"], "medium", "one star");
    let ran = place.run(&["assess", "avis.txt"]);
    assert!(ran.out.contains("Delivery (delivery, 0.90) “Colis jamais reçu”"), "{}", ran.out);
}

#[test]
fn each_line_of_a_file_is_answered_in_its_order() {
    let place = Place::new();
    place.write(
        "avis.jsonl",
        r#"{"id": 7, "text": "Vendeuse désagréable.", "rating": 2, "scale": 5}
{"id": "b", "text": ""}

{"text": 3}
{"id": "c", "text": "Un grand merci à Julie !", "rating": "5"}
{"id": "d", "text": "Bof", "rating": 9}
"#,
    );
    let ran = place.run(&["assess", "avis.jsonl"]);
    assert_eq!(ran.code, 1, "bad lines: {ran:?}");
    let found = lines(&ran.out);
    assert_eq!(found.len(), 5, "the empty line is none: {ran:?}");
    assert_eq!(
        (&found[0]["id"], &found[0]["causes"][0]["id"]),
        (&json!(7), &json!("staff_attitude"))
    );
    assert_eq!((&found[1]["id"], &found[1]["language"]), (&json!("b"), &Value::Null));
    assert_eq!(found[2]["line"], 4);
    assert!(found[2]["error"].as_str().unwrap().contains("string"), "{ran:?}");
    assert_eq!(found[3]["praised"], json!(["Julie"]));
    assert_eq!(found[4]["line"], 6);
    assert!(found[4]["error"].as_str().unwrap().contains("rating 9 of 5"), "{ran:?}");
}

#[test]
fn lines_come_by_standard_input_too() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vigie"));
    command.args(["assess", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"text\":\"Never arrived.\"}\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let found = lines(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(found[0]["causes"][0]["id"], "delivery");
}

#[test]
fn what_cannot_be_read_is_told() {
    let place = Place::new();
    std::fs::write(place.path().join("latin.txt"), b"Accueil d\xe9sagr\xe9able").unwrap();
    place.write("avis.txt", "Bof");
    for (arguments, says) in [
        (&["assess", "none.txt"][..], "cannot read none.txt"),
        (&["assess", "latin.txt"], "not UTF-8"),
        (&["assess", "avis.txt", "--rating", "six"], "rating six of 5"),
        (&["assess", "."], "cannot read ."),
    ] {
        let ran = place.run(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains(says), "{ran:?}");
    }
}

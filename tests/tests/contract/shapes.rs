//! The JSON documents, key by key, as a live server's store gives them.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use vigie_platforms::presets;
use vigie_tests::platform::{ago, now, posted, secret_of, signed, told, with};
use vigie_tests::stage::Stage;

use crate::support::{assert_keys, list, lumen, time};

/// A live brand with a low, a late, a good and an answered review.
async fn lived() -> Result<Stage> {
    let stage = lumen().await?;
    let dated = |id: &str, rating: u8, hours: i64| {
        let at = ago(hours * 3600).to_string();
        let more = json!({"published_at": at, "updated_at": at, "text": "Colis jamais reçu.",
                          "url": "https://reviews.example/r", "location": "LYON-01"});
        with(posted(id, rating), &more)
    };
    for (id, rating, hours) in [("low", 2, 19), ("late", 1, 26), ("good", 5, 1), ("done", 3, 2)] {
        stage.tell("lumen-site", &dated(id, rating, hours)).await?;
    }
    stage.tell("lumen-site", &told("answered", "done", &json!({}))).await?;
    stage.settled().await?;
    Ok(stage)
}

#[tokio::test]
async fn report_unanswered() -> Result<()> {
    let stage = lived().await?;
    let report = stage.json(&["report", "unanswered"])?;
    assert_keys(&report, "at brands");
    assert!(now().duration_since(time(&report["at"])?).as_secs() < 60);
    let brand = &list(&report, "brands")?[0];
    assert_keys(brand, "brand open good_open answered_since received answered_in_time");
    assert_eq!(brand["brand"], "lumen");
    assert_eq!((&brand["received"], &brand["answered_in_time"]), (&json!(4), &json!(1)));
    assert_eq!(brand["answered_since"], json!(["lumen-site/done"]));
    assert_keys(&brand["good_open"], "count by_shop");
    assert_eq!(brand["good_open"]["count"], 1);
    assert!(brand["good_open"]["by_shop"].is_object());
    let open = list(brand, "open")?;
    let shown: Vec<_> = open.iter().map(|one| (&one["review"], &one["state"])).collect();
    assert_eq!(
        shown,
        [
            (&json!("lumen-site/late"), &json!("late")),
            (&json!("lumen-site/low"), &json!("due_soon"))
        ],
        "oldest due first"
    );
    for one in open {
        assert_keys(
            one,
            "review number shop source stars causes excerpt url published_at due_at state with \
             found_late",
        );
        assert!(one["number"].as_str().is_some_and(|number| number.starts_with("LUM-")));
        assert_eq!((&one["source"], &one["causes"]), (&json!("lumen-site"), &json!(["delivery"])));
        assert_eq!(one["excerpt"], "Colis jamais reçu.");
        assert_eq!(
            (&one["url"], &one["with"]),
            (&json!("https://reviews.example/r"), &json!("service"))
        );
        assert_eq!(one["found_late"], false);
        let promise = time(&one["due_at"])?.duration_since(time(&one["published_at"])?);
        assert_eq!(promise.as_hours(), 24);
    }
    let none =
        stage.json(&["report", "unanswered", "--brand", "lumen", "--at", &ago(60).to_string()])?;
    assert_eq!(none["brands"][0]["open"], json!([]), "nothing was recorded a minute ago");
    Ok(())
}

#[tokio::test]
async fn notices() -> Result<()> {
    let stage = lived().await?;
    let listed = stage.json(&["notices"])?;
    assert!(listed.get("notices").is_some(), "{listed}");
    let notices = list(&listed, "notices")?;
    assert!(notices.len() >= 2, "{listed}");
    for notice in notices {
        assert_keys(notice, "id review kind channel to state due_at attempts reason");
        assert_eq!((&notice["kind"], &notice["channel"]), (&json!("alert"), &json!("email")));
        assert_eq!(notice["to"], "email:service", "a contact's id, never an address");
        assert!(["sent", "cancelled"].contains(&notice["state"].as_str().unwrap_or_default()));
        time(&notice["due_at"])?;
        assert!(notice["attempts"].is_u64());
    }
    for state in ["pending", "held", "sending", "dead", "cancelled", "sent"] {
        let only = stage.json(&["notices", "--state", state])?;
        assert!(list(&only, "notices")?.iter().all(|one| one["state"] == state), "{only}");
    }
    Ok(())
}

#[tokio::test]
async fn explain() -> Result<()> {
    let stage = lived().await?;
    let told = stage.json(&["explain", "lumen-site/low"])?;
    assert_keys(&told, "review number stars state published_at due_at trail notices not_made");
    assert_eq!((&told["review"], &told["stars"]), (&json!("lumen-site/low"), &json!(2.0)));
    assert_eq!(told["state"], "open");
    assert_keys(&list(&told, "trail")?[0], "at what");
    assert_eq!(told["trail"][0]["what"], "posted");
    let keys = "id review kind channel to state due_at attempts reason";
    assert_keys(&list(&told, "notices")?[0], keys);
    let not_made = &list(&told, "not_made")?[0];
    assert_keys(not_made, "kind to reason");
    assert_eq!((&not_made["kind"], &not_made["to"]), (&json!("alert"), &json!("email:direction")));
    let number = told["number"].as_str().context("no number")?;
    assert_eq!(stage.json(&["explain", number])?, told, "by its short number");
    Ok(())
}

#[tokio::test]
async fn send() -> Result<()> {
    let stage = lumen().await?;
    let url = format!("http://{}", stage.addr());
    let sent = stage.json(&["send", "--source", "lumen-shop", "--url", &url])?;
    let body = json!({"accepted": 1, "duplicates": 0, "stale": 0, "ignored": 0, "rejected": 0});
    assert_eq!(sent, json!({"status": 200, "body": body}));
    let refused = ["send", "--preset", "generic-hmac", "--secret", "file:lumen-trust.secret"];
    let target = format!("{url}/hooks/lumen-site");
    let refused = stage.run(&[&refused[..], &["--url", &target, "--json"]].concat())?;
    assert_eq!(refused.code, 1, "{refused:?}");
    let document = refused.json()?;
    assert_keys(&document, "status body");
    assert_eq!(
        (&document["status"], &document["body"]["code"]),
        (&json!(401), &json!("signature-mismatch"))
    );
    Ok(())
}

#[tokio::test]
async fn doctor() -> Result<()> {
    let stage = lumen().await?;
    let body = posted("r-1", 2).to_string();
    let (_, headers) = signed("lumen-site", &secret_of("lumen-site")?, body.as_bytes(), now())?;
    let mut lines = String::new();
    for (name, value) in &headers {
        lines.extend([name.as_str(), ": ", value.to_str()?, "\n"]);
    }
    stage.write("headers", lines)?;
    let doctor =
        ["doctor", "--source", "lumen-site", "--headers", "headers", "--body", "body", "--json"];
    stage.write("body", &body)?;
    let good = stage.run(&doctor)?;
    assert_eq!((good.code, &good.json()?["verifies"]), (0, &json!(true)));
    stage.write("body", format!("{body}\n"))?;
    let ill = stage.run(&doctor)?;
    let document = ill.json()?;
    assert_eq!((ill.code, &document["verifies"]), (1, &json!(false)));
    assert_eq!(document["reason"], "signature-mismatch");
    let would = json!({"secret": 1, "encoding": "hex", "body": "without trailing newline"});
    assert_eq!(document["would_verify"], would);
    stage.write("body", "something else")?;
    let document = stage.run(&doctor)?.json()?;
    assert_eq!(document["would_verify"], Value::Null, "null if nothing would");
    for secret in [secret_of("lumen-site")?, "something else".to_owned()] {
        assert!(!document.to_string().contains(&secret), "{document}");
    }
    Ok(())
}

#[tokio::test]
async fn platforms() -> Result<()> {
    let stage = Stage::set("")?;
    std::fs::remove_file(stage.home.path().join("vigie.toml"))?;
    let listed = stage.json(&["platforms"])?;
    assert_keys(&listed, "platforms");
    let platforms = list(&listed, "platforms")?;
    assert_eq!(platforms.len(), presets().len());
    for platform in platforms {
        let silent = platform["push"] == "none";
        let more = if silent { " instead" } else { "" };
        let keys = "id name push scheme evidence signed events answers";
        assert_keys(platform, &[keys, more].concat());
        let one_of =
            |key: &str, words: &[&str]| words.contains(&platform[key].as_str().unwrap_or_default());
        assert!(one_of("push", &["full", "thin", "none"]), "{platform}");
        assert!(
            one_of("evidence", &["documented", "vendor-code", "unknown", "none"]),
            "{platform}"
        );
        assert!(one_of("answers", &["event", "fetch", "by hand"]), "{platform}");
        assert!(platform["signed"].is_boolean() && platform["scheme"].is_string(), "{platform}");
        let posted = list(platform, "events")?.contains(&json!("posted"));
        assert_ne!(posted, silent, "{platform}");
    }
    let trust = platforms.iter().find(|one| one["id"] == "trustpilot").context("no Trustpilot")?;
    assert_eq!((&trust["signed"], &trust["evidence"]), (&json!(false), &json!("none")));
    Ok(())
}

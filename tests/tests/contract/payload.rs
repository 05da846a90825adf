//! The neutral payload as the public interface shows it, and every preset over the wire.

use anyhow::Result;
use jiff::{SignedDuration, Unit};
use serde_json::{Value, json};
use vigie_platforms::preset::{Challenge, Push};
use vigie_platforms::signature::KeyPair;
use vigie_platforms::{Preset, Scheme, presets};
use vigie_tests::platform::{ago, now, posted, secret_of, told};
use vigie_tests::stage::{SERVER, Stage};

use crate::support::{list, lumen, time};

/// Letter for letter, dots and all.
const SAMPLE: &str = include_str!("neutral.json");
/// When it says that it was published: more than a week ago before long, and then a review that is
/// found late.
const SAMPLE_AT: &str = "2026-11-20T09:12:00Z";

#[tokio::test]
async fn the_sample_payload_is_taken_under_both_neutral_presets() -> Result<()> {
    let stage = lumen().await?;
    let published = ago(3600).round(Unit::Second)?;
    let sample = SAMPLE.replace(SAMPLE_AT, &published.to_string());
    assert_ne!(sample, SAMPLE);
    for source in ["lumen-shop", "lumen-site"] {
        let reply = stage.post(source, &sample).await?;
        assert_eq!(reply.tally()?, [1, 0, 0, 0, 0], "{source}");
        assert!(reply.header("content-type").starts_with("application/json"));
        let review = stage.json(&["explain", &format!("{source}/r-1001")])?;
        assert_eq!((&review["stars"], &review["state"]), (&json!(2.0), &json!("answered")));
        assert_eq!(time(&review["published_at"])?, published);
        assert_eq!(time(&review["due_at"])?, published + SignedDuration::from_hours(24));
    }
    Ok(())
}

#[tokio::test]
async fn one_event_or_a_list_of_events_of_the_four_types_is_read() -> Result<()> {
    let stage = lumen().await?;
    let mut without_reply: Value = serde_json::from_str(SAMPLE)?;
    without_reply["review"].as_object_mut().map(|review| review.remove("reply"));
    let (before, at) = (without_reply, now());
    let mut edited = told("edited", "r-1001", &json!({"rating": 3, "text": "…"}));
    edited["review"]["unknown"] = json!({"field": [1, 2]});
    let events = [
        before,
        edited,
        told("answered", "r-1001", &json!({})),
        told("withdrawn", "r-1001", &json!({})),
    ];
    let reply = stage.post("lumen-site", json!({"events": events})).await?;
    assert_eq!(reply.tally()?, [4, 0, 0, 0, 0]);
    let told = stage.json(&["explain", "lumen-site/r-1001"])?;
    let what: Vec<_> = list(&told, "trail")?.iter().map(|line| &line["what"]).collect();
    assert_eq!(what, ["posted", "edited", "answered", "withdrawn"]);
    for line in list(&told, "trail")? {
        assert!(time(&line["at"])? >= at - SignedDuration::from_secs(60));
    }
    assert_eq!(told["state"], "withdrawn");
    Ok(())
}

#[tokio::test]
async fn only_json_a_known_type_and_an_id_are_needed() -> Result<()> {
    let stage = lumen().await?;
    let least = r#"{"type":"review.posted","review":{"id":"r-1"}}"#;
    assert_eq!(stage.post("lumen-site", least).await?.tally()?, [1, 0, 0, 0, 0]);
    let told = stage.json(&["explain", "lumen-site/r-1"])?;
    assert_eq!((&told["stars"], &told["state"]), (&json!(null), &json!("open")));
    Ok(())
}

/// The presets whose webhooks say all, and whose secret both sides have: the others cannot be
/// played by who holds the source's side only. The demo plays them all.
fn shared() -> impl Iterator<Item = &'static Preset> {
    let full = presets().iter().filter(|preset| preset.push() == Push::Full);
    full.filter(|preset| KeyPair::generate(preset.scheme()).is_none()).copied()
}

/// A brand with a source of every such preset, called as the preset is.
fn every_preset() -> String {
    let source = |preset: &Preset| {
        let id = preset.id();
        let word = preset.challenge().is_some_and(Challenge::needs_word);
        let word = if word { "challenge = [\"file:word\"]\n" } else { "" };
        format!(
            "[[brand.source]]\nid = \"{id}\"\nplatform = \"{id}\"\nsecrets = [\"file:{id}\"]\n{word}"
        )
    };
    let sources: String = shared().map(source).collect();
    let brand = vigie_tests::stage::ORSO.split("[[brand.source]]").next().unwrap_or_default();
    [SERVER, brand, &sources].concat()
}

#[tokio::test]
async fn each_preset_plays_its_own_sample_to_the_server() -> Result<()> {
    let mut stage = Stage::set(&every_preset())?;
    stage.write("word", "a-word-of-ours-for-set-up-checks")?;
    for preset in shared() {
        // Of a form that every other scheme takes: some want base64.
        let secret = match preset.scheme() {
            Scheme::Basic => "vigie:an-invented-password".to_owned(),
            _ => secret_of("lumen-shop")?,
        };
        stage.write(preset.id(), secret)?;
    }
    stage.start().await?;
    let url = format!("http://{}", stage.addr());
    assert!(shared().count() > 20);
    for preset in shared() {
        let sent = stage.json(&["send", "--source", preset.id(), "--url", &url])?;
        assert_eq!(sent["status"], 200, "{}: {sent}", preset.id());
        let listed = stage
            .count(&format!("SELECT count(*) FROM review WHERE source = '{}'", preset.id()))?;
        assert_eq!(listed, 1, "{}: {sent}", preset.id());
    }
    Ok(())
}

/// What README says of one's own platform: one file, no code, and the first alert.
#[tokio::test]
async fn a_platform_that_nobody_here_heard_of_is_one_file() -> Result<()> {
    const OURS: &str = r#"id = "avisville"
name = "Avisville"
like = "generic-hmac"

[signature]
scheme = "hmac"
evidence = "unknown"
hash = "sha512"
encoding = "base64"
headers = ["X-Avisville-Proof"]
timestamp = { unit = "ms", signed = "{timestamp}:{body}", header = "X-Avisville-Time" }

[events]
type = ["/what"]
unknown = "ignored"

[events.map]
"avis.nouveau" = "posted"

[fields]
id = ["/avis/no"]
text = ["/avis/dit"]

[rating]
at = ["/avis/note"]
scale = 20

[[samples]]
name = "posted-low"
body = '''{"what":"avis.nouveau","avis":{"no":"{{number:7}}","note":9,"dit":"Colis jamais reçu."}}'''
expect = [{ event = "posted", id = "7", stars = "2.25", text = "Colis jamais reçu." }]
"#;
    let ours = "\n[[brand.source]]\nid = \"lumen-ours\"\nplatform = \"presets/ours.toml\"\n\
                secrets = [\"file:ours.secret\"]\n";
    let mut stage = Stage::set(&[SERVER, vigie_tests::stage::LUMEN, ours].concat())?;
    std::fs::create_dir(stage.home.path().join("presets"))?;
    stage.write("presets/ours.toml", OURS.replace("scale = 20", "scale = 5"))?;
    stage.write("ours.secret", "an-invented-secret-of-avisville")?;
    let check = stage.run(&["check"])?;
    assert_eq!(
        check.code, 2,
        "a sample that does not map is told before anything comes: {check:?}"
    );
    assert!(check.out.contains("posted-low") || check.err.contains("posted-low"), "{check:?}");
    stage.write("presets/ours.toml", OURS)?;
    stage.start().await?;
    let url = format!("http://{}", stage.addr());
    let sent = stage.json(&["send", "--source", "lumen-ours", "--url", &url])?;
    assert_eq!((&sent["status"], &sent["body"]["accepted"]), (&json!(200), &json!(1)));
    // The alert is made after the answer.
    stage.settled().await?;
    let listed = stage.json(&["notices"])?;
    let alerts = list(&listed, "notices")?.iter().filter(|one| one["kind"] == "alert");
    assert!(alerts.count() > 0, "{listed}");
    Ok(())
}

#[tokio::test]
async fn a_posted_review_is_answered_200_only_once_it_is_there() -> Result<()> {
    let stage = lumen().await?;
    for number in 0..20 {
        stage.tell("lumen-site", &posted(&format!("r-{number}"), 5)).await?;
        assert_eq!(stage.count("SELECT count(*) FROM review")?, number + 1);
    }
    Ok(())
}

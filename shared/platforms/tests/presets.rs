//! Each platform's own ways, and preset files in general.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail loudly")]

use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};
use vigie_domain::{EventKind, ReviewEvent, Version};
use vigie_platforms::mapping::Mapped;
use vigie_platforms::preset::{Evidence, Outcome, Push, Sample};
use vigie_platforms::{Preset, headers, presets};

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn preset(id: &str) -> &'static Preset {
    Preset::by_id(id).unwrap()
}

fn map(id: &str, header_lines: &str, body: &Value) -> Vec<Mapped> {
    let headers = headers::parse(header_lines).unwrap();
    preset(id).map(&headers, body.to_string().as_bytes(), now()).unwrap()
}

fn event(mapped: &Mapped) -> &ReviewEvent {
    match mapped {
        Mapped::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_file_in_the_folder_is_compiled_in_under_its_own_name() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/presets");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let mut ids: Vec<_> = presets().iter().map(|preset| format!("{}.toml", preset.id())).collect();
    ids.sort();
    assert_eq!(files, ids);
}

#[test]
fn a_sample_that_became_something_else_is_noticed() {
    let sample = preset("podium").sample("posted-low").unwrap();
    let other = preset("podium").sample("posted-high").unwrap();
    let mapped = preset("podium").map(&HeaderMap::new(), &other.render(now()), now()).unwrap();
    assert!(sample.check(&mapped, now()).unwrap_err().contains("stars"));
    assert!(sample.check(&[], now()).unwrap_err().contains("0 events, not 1"));
    let ignored = [Mapped::Ignored { why: "x".to_owned() }];
    assert!(sample.check(&ignored, now()).unwrap_err().contains("not Posted"));
}

#[test]
fn every_preset_does_with_its_samples_what_they_say() {
    for preset in presets() {
        assert_eq!(preset.check_samples(now()), Vec::<String>::new(), "{}", preset.id());
    }
}

#[test]
fn every_preset_has_samples_of_a_reviews_life() {
    for preset in presets().iter().filter(|preset| preset.push() != Push::None) {
        let edits = preset.events().contains(&Outcome::Edited).then_some("edited-down");
        // Words of three or two stand for no four stars.
        let four = !["ebay-feedback", "zendesk"].contains(&preset.id());
        let names = ["posted-low", "posted-high"].into_iter().chain(four.then_some("posted-four"));
        for name in names.chain(edits) {
            assert!(preset.sample(name).is_some(), "{} of {}", name, preset.id());
        }
        for sample in preset.samples() {
            let body = sample.render_with(now(), "9");
            assert!(serde_json::from_slice::<Value>(&body).is_ok(), "{}", sample.name);
            assert!(!String::from_utf8(body).unwrap().contains("{{"), "{}", sample.name);
        }
        assert!(preset.setup().len() >= 5, "{}", preset.id());
        assert_eq!(preset.setup().len(), preset.setup_fr().len(), "{}", preset.id());
        let ids: Vec<_> = presets().iter().filter(|other| other.id() == preset.id()).collect();
        assert_eq!(ids.len(), 1, "{}", preset.id());
    }
}

/// A type of event that no sample has is one that nobody has seen mapped.
#[test]
fn every_documented_event_has_a_sample() {
    let mut without = Vec::new();
    for preset in presets() {
        let said: Vec<String> = preset.samples().iter().map(everything_of).collect();
        let types = preset.event_types().map(|(name, _)| name);
        let lacking = types.filter(|name| !said.iter().any(|text| text.contains(*name)));
        without.extend(lacking.map(|name| format!("{}: {name}", preset.id())));
    }
    assert_eq!(without, Vec::<String>::new());
}

fn everything_of(sample: &Sample) -> String {
    let body = String::from_utf8(sample.render(now())).unwrap();
    let beside = sample.headers.iter().chain(&sample.claims).map(|(_, value)| value.as_str());
    let beside: Vec<&str> = beside.chain(sample.query.as_deref()).collect();
    let unwrapped = body.replace("\\\"", "\"").replace("\\\\", "");
    let in_base64 = body.split('"').filter_map(|part| {
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(part).ok()?;
        String::from_utf8(bytes).ok()
    });
    let in_base64: String = in_base64.collect();
    format!("{unwrapped} {} {in_base64}", beside.join(" "))
}

#[test]
fn a_platform_that_sends_no_reviews_says_what_to_do_instead() {
    let silent: Vec<_> = presets().iter().filter(|p| p.push() == Push::None).collect();
    assert!(!silent.is_empty());
    for preset in silent {
        let said = [preset.instead(), preset.instead_fr()].map(Option::unwrap_or_default);
        assert!(said.iter().all(|text| text.len() > 60), "{}", preset.id());
        assert!(preset.samples().is_empty() && preset.events().is_empty(), "{}", preset.id());
        let any = preset.map(&HeaderMap::new(), b"{}", now()).unwrap();
        assert!(!matches!(any[0], Mapped::Event(_)), "{}", preset.id());
    }
}

/// What nobody describes is not implemented as a fact: the proof is then the address, or a secret
/// that the vendor's page names.
#[test]
fn a_scheme_without_a_source_is_no_scheme_of_ours() {
    for preset in presets() {
        let (id, name) = (preset.id(), preset.scheme().name());
        match preset.evidence() {
            Evidence::Documented | Evidence::VendorCode => {
                assert!(!preset.evidence_sources().is_empty(), "{id}");
            }
            Evidence::Unknown | Evidence::None => {
                assert!(["address-token", "none"].contains(&name.as_str()), "{id}: {name}");
            }
        }
    }
    let text = include_str!("../presets/judgeme.toml");
    let bare = text.replacen("sources = [\"help.judge.me/en/articles/8299679\"]\n", "", 1);
    let error = Preset::parse(&bare, "j.toml").unwrap_err();
    assert_eq!(error.key, "signature", "{error}");
    assert!(error.message.contains("sources names no place"), "{error}");
}

#[test]
fn a_preset_may_be_like_another_and_never_like_itself() {
    let text = "id = \"mine\"\nname = \"Mine\"\nlike = \"yext\"\n[signature]\nscheme = \"hmac\"\n\
                evidence = \"unknown\"\nhash = \"sha256\"\nencoding = \"hex\"\nheaders = [\"X-Y\"]\n";
    let mine = Preset::read_own(text, "mine.toml").unwrap();
    assert_eq!(mine.scheme().name(), "hmac-sha256-hex");
    assert_eq!(mine.samples().len(), preset("yext").samples().len());
    for (id, like, told) in [
        ("yext", "yext", "is like itself: yext and yext again"),
        ("mine", "nobody", "no preset that comes with Vigie is called nobody"),
    ] {
        let text = format!("id = \"{id}\"\nname = \"Mine\"\nlike = \"{like}\"\n");
        let error = Preset::parse(&text, "mine.toml").unwrap_err();
        assert_eq!((error.line, error.key.as_str()), (3, "like"), "{error}");
        assert_eq!(error.message, told);
    }
}

#[test]
fn a_sample_of_ones_own_that_no_longer_maps_is_refused_with_its_line() {
    let text = include_str!("../presets/judgeme.toml");
    let bad = text.replacen("stars = \"1\"", "stars = \"2\"", 1);
    assert!(Preset::parse(&bad, "j.toml").is_ok());
    let error = Preset::read_own(&bad, "j.toml").unwrap_err();
    let line = bad.lines().position(|line| line == "[[samples]]").unwrap() + 1;
    assert_eq!(error.line, line, "{error}");
    assert!(error.to_string().contains("sample posted-low: stars is"), "{error}");
}

#[test]
fn a_suffix_makes_another_review_of_a_sample() {
    for preset in presets().iter().filter(|preset| preset.push() != Push::None) {
        let sample = preset.sample("posted-low").unwrap();
        let id = |suffix: &str| {
            let mapped = preset.map_sample(sample, now(), suffix).unwrap();
            event(&mapped[0]).external_id.to_string()
        };
        assert_eq!(id("77"), format!("{}77", id("")), "{}", preset.id());
    }
}

#[test]
fn stamped_reviews_are_known_by_their_fields_whatever_the_topic() {
    let review = json!({"id": 1, "reviewRating": 2, "dateCreated": "2026-11-20T09:12:00.34"});
    for lines in ["", "X-Stamped-Topic: Reviews", "X-Stamped-Topic: review/created"] {
        let mapped = map("stamped", lines, &review);
        let content = event(&mapped[0]).content.clone().unwrap();
        let at = content.published_at.unwrap().to_string();
        assert_eq!(at, "2026-11-20T09:12:00.34Z", "no zone: UTC");
    }
    let mapped = map("stamped", "X-Stamped-Topic: Net Promoter Scores", &json!({"id": 1}));
    assert!(matches!(mapped[0], Mapped::Ignored { .. }));
}

#[test]
fn an_okendo_review_without_a_topic_is_not_lost() {
    let mapped = map("okendo", "", &json!({"resource": {"reviewId": "o", "rating": 1}}));
    assert_eq!((event(&mapped[0]).kind, event(&mapped[0]).version), (EventKind::Edited, None));
    let strange = json!({"type": "review", "resource": {"reviewId": "o", "body": "x"}});
    assert_eq!(event(&map("okendo", "", &strange)[0]).kind, EventKind::Edited);
    let bare = map("okendo", "", &json!({"resource": {"reviewId": "o"}}));
    assert!(matches!(bare[0], Mapped::Rejected { .. }), "it may be a deletion");
    let sequence = map(
        "okendo",
        "",
        &json!({"topic": "update", "sequenceNumber": "12", "resource": {"reviewId": "o"}}),
    );
    assert_eq!(event(&sequence[0]).version, Some(Version::Sequence(12)));
}

#[test]
fn an_html_answer_of_okendo_is_the_last_resort() {
    let reply = |reply: Value| {
        let body =
            json!({"topic": "update", "resource": {"reviewId": "o", "rating": 5, "reply": reply}});
        event(&map("okendo", "", &body)[0]).reply.clone().map(|r| r.text)
    };
    assert_eq!(reply(json!({"body": "<p>a</p>", "rawBody": "a"})).as_deref(), Some("a"));
    assert_eq!(reply(json!({"body": "<p>a</p>"})).as_deref(), Some("<p>a</p>"));
}

#[test]
fn only_service_reviews_of_trustpilot_have_a_public_address() {
    let url = |name: &str| {
        let body = json!({"events": [{"eventName": name, "eventData": {"id": "a b", "stars": 1}}]});
        event(&map("trustpilot", "", &body)[0]).content.clone().unwrap().url
    };
    let public = "https://www.trustpilot.com/reviews/a%20b";
    assert_eq!(url("service-review-created").as_deref(), Some(public));
    assert_eq!(url("product-review-created"), None);
}

#[test]
fn what_is_listed_of_each_platform_is_true_to_its_scheme() {
    let info = |id: &str| serde_json::to_value(preset(id).info()).unwrap();
    assert_eq!(
        info("judgeme"),
        json!({"id": "judgeme", "name": "Judge.me", "push": "full", "scheme": "hmac-sha256-hex",
               "evidence": "documented", "signed": true, "events": ["posted", "edited"], "answers": "by hand"})
    );
    let trustpilot = info("trustpilot");
    assert_eq!((&trustpilot["evidence"], &trustpilot["signed"]), (&json!("none"), &json!(false)));
    assert_eq!(info("stamped")["signed"], json!(false), "a secret in a header signs nothing");
    assert_eq!(info("podium")["events"], json!(["posted", "edited", "answered"]));
    assert_eq!(info("okendo")["scheme"], json!("standard-webhooks"));
}

#[test]
fn a_preset_of_ones_own_is_read_with_its_words_zone_and_scale() {
    let text = r#"
id = "mine"
name = "Mine"
push = "full"
answers = "by hand"
zone = "Europe/Paris"
[signature]
scheme = "hmac"
evidence = "unknown"
hash = "sha512"
encoding = "base64"
headers = ["X-Mine"]
timestamp = { unit = "s", signed = "{timestamp}.{body}", keys = { timestamp = "t", signature = "v1" } }
[events]
type = ["/t"]
unknown = "ignored"
map = { new = "posted", ping = "ignored" }
[fields]
id = ["/id"]
published_at = ["/at"]
[rating]
at = ["/r"]
best = 1
worst = 6
words = { FIVE = 5, "yes" = 5, no = "1" }
[address]
answer = "https://answer.example/{id}/reply"
"#;
    let mine = Preset::parse(text, "mine.toml").unwrap();
    let map =
        |body: Value| mine.map(&HeaderMap::new(), body.to_string().as_bytes(), now()).unwrap();
    let content = |rating: Value| {
        let body = json!({"t": "new", "id": 7, "r": rating, "at": "2026-11-20 10:12:00"});
        event(&map(body)[0]).content.clone().unwrap()
    };
    assert_eq!(content(json!(1)).stars.unwrap().to_string(), "5", "1 is the best");
    assert_eq!(content(json!("five")).stars.unwrap().to_string(), "5");
    assert_eq!(content(json!("NO")).stars.unwrap().to_string(), "1");
    assert_eq!(content(json!("maybe")).stars, None);
    assert_eq!(content(json!(1)).published_at.unwrap().to_string(), "2026-11-20T09:12:00Z");
    assert_eq!(content(json!(1)).answer_url.as_deref(), Some("https://answer.example/7/reply"));
    assert!(matches!(map(json!({"t": "ping"}))[0], Mapped::Ignored { .. }));
}

#[test]
fn a_faulty_preset_says_where_and_what() {
    let good = include_str!("../presets/judgeme.toml");
    for (from, to, line_of, key, message) in [
        (
            "encoding = \"hex\"",
            "encodng = \"hex\"",
            "encodng",
            "signature.encodng",
            "unknown field",
        ),
        (
            "encoding = \"hex\"",
            "encoding = \"hexx\"",
            "hexx",
            "signature.encoding",
            "unknown variant",
        ),
        (
            "type = [\"/event\"]",
            "type = [\"event\"]",
            "[\"event\"]",
            "events.type",
            "not a pointer",
        ),
        ("hash = \"sha256\"\n", "", "[signature]", "signature", "needs hash"),
        ("id = \"judgeme\"", "id = \"Judge me\"", "Judge me", "id", "is not an id"),
        ("scale = 5", "scale = 5\nbest = 1", "[rating]", "rating", "either scale"),
    ] {
        let bad = good.replacen(from, to, 1);
        let error = Preset::parse(&bad, "j.toml").unwrap_err();
        let line = bad.lines().position(|line| line.contains(line_of)).unwrap() + 1;
        assert_eq!((error.line, error.key.as_str()), (line, key), "{error}");
        assert!(error.message.contains(message), "{error}");
        assert!(error.to_string().starts_with(&format!("j.toml:{line}:")), "{error}");
    }
}

#[test]
fn stars_of_lipscore_come_before_their_text_and_make_one_review() {
    let rated = json!({"event": "rating_created", "id": 7, "rating": 2,
        "created_at": "2026-11-20T09:00:00Z", "updated_at": "2026-11-20T09:00:00Z"});
    let told = json!({"event": "rating_created", "id": 7, "rating": 2,
        "created_at": "2026-11-20T09:00:00Z", "updated_at": "2026-11-20T09:00:00Z",
        "review": {"text": "It broke.", "updated_at": "2026-11-20T09:05:00Z"}});
    let (first, second) = (map("lipscore", "", &rated), map("lipscore", "", &told));
    assert_eq!(event(&first[0]).external_id, event(&second[0]).external_id);
    assert!(event(&first[0]).version < event(&second[0]).version, "the text is the later news");
}

#[test]
fn yotpo_is_read_as_numbers_and_as_words() {
    for (id, score) in [(json!(5), json!(3)), (json!("5"), json!("3"))] {
        let body = json!({"event": "review_create", "data": {"id": id, "score": score,
            "created_at": "2018-02-20 14:12:13 UTC", "updated_at": "2018-02-20T14:12:13Z"}});
        let mapped = map("yotpo", "", &body);
        let content = event(&mapped[0]).content.clone().unwrap();
        assert_eq!(event(&mapped[0]).external_id.to_string(), "5");
        assert_eq!(content.stars.unwrap().to_string(), "3");
        assert_eq!(content.published_at.unwrap().to_string(), "2018-02-20T14:12:13Z");
    }
}

#[test]
fn what_reviewsio_sends_without_a_reviews_fields_is_no_review() {
    let mapped = map("reviewsio", "", &json!({"id": 1, "ping": true}));
    assert!(matches!(mapped[0], Mapped::Rejected { .. }), "{mapped:?}");
}

#[test]
fn a_review_of_webwinkelkeur_without_an_id_is_known_by_its_time() {
    let mapped = map(
        "webwinkelkeur",
        "",
        &json!({"name": "Sam", "rating": 1, "comment": "Late.", "created": "2026-11-20 09:12:00"}),
    );
    assert_eq!(event(&mapped[0]).external_id.to_string(), "2026-11-20 09:12:00");
    let published = event(&mapped[0]).content.clone().unwrap().published_at.unwrap();
    assert_eq!(published.to_string(), "2026-11-20T08:12:00Z", "no zone: Amsterdam's");
}

//! What becomes of payloads: the rules of the contract, platform by platform.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail loudly"
)]

use http::HeaderMap;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use vigie_domain::{EventKind, Flag, ReviewEvent, Version};
use vigie_platforms::json::BadJson;
use vigie_platforms::mapping::Mapped;
use vigie_platforms::{KeptBeside, MalformedPayload, Preset, headers, presets};

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

/// A neutral posted event with these fields of its review beside the id.
fn posted(fields: &Value) -> ReviewEvent {
    let mut review = json!({"id": "r-1"});
    review.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let body = json!({"type": "review.posted", "review": review});
    event(&map("standard-webhooks", "", &body)[0]).clone()
}

/// The stars of a rating written as JSON text, which no float may touch.
fn stars(rating: &str, scale: &str) -> Option<String> {
    let body = format!(
        r#"{{"type":"review.posted","review":{{"id":"r","rating":{rating},"scale":{scale}}}}}"#
    );
    let mapped = preset("generic-hmac").map(&HeaderMap::new(), body.as_bytes(), now()).unwrap();
    let content = event(&mapped[0]).content.clone().unwrap();
    assert_eq!(content.flags.contains(&Flag::NoRating), content.stars.is_none(), "{rating}");
    content.stars.map(|stars| stars.to_string())
}

#[test]
fn ratings_are_exact() {
    for (rating, scale, expected) in [
        ("4", "5", Some("4")),
        ("4.00", "5", Some("4")),
        ("3.9999999999999999999999", "5", Some("3.99")),
        ("\"3,5\"", "5", Some("3.5")),
        ("\" 4 \"", "\"5\"", Some("4")),
        ("7", "10", Some("3.5")),
        ("4", "null", Some("4")),
        ("0", "5", Some("0")),
        ("5e0", "5", Some("5")),
        ("6", "5", None),
        ("-1", "5", None),
        ("5.0000001", "5", None),
        ("\"great\"", "5", None),
        ("null", "5", None),
        ("true", "5", None),
        ("[4]", "5", None),
        ("1e400", "5", None),
        ("4", "0", None),
        ("4", "\"x\"", None),
        ("4", "-5", None),
    ] {
        assert_eq!(stars(rating, scale).as_deref(), expected, "{rating} of {scale}");
    }
}

#[test]
fn a_date_that_cannot_be_true_is_flagged_and_a_missing_one_is_not() {
    for (date, expected) in [
        (json!("2026-11-20T09:12:00Z"), Ok(Some("2026-11-20T09:12:00Z"))),
        (json!("2026-11-20T10:12:00+01:00"), Ok(Some("2026-11-20T09:12:00Z"))),
        (json!("2026-11-20T09:12:00"), Ok(Some("2026-11-20T09:12:00Z"))),
        (json!("2026-11-23T12:00:00Z"), Ok(Some("2026-11-23T12:00:00Z"))),
        (Value::Null, Ok(None)),
        (json!("2026-11-23T12:00:01Z"), Err(())),
        (json!("1994-12-31T23:59:59Z"), Err(())),
        (json!("10000-01-01T00:00:00Z"), Err(())),
        (json!("last week"), Err(())),
        (json!({}), Err(())),
    ] {
        let content = posted(&json!({"rating": 1, "published_at": date})).content.unwrap();
        let flagged = content.flags.contains(&Flag::TimeAssumed);
        let found = content.published_at.map(|at| at.to_string());
        assert_eq!(flagged, expected.is_err(), "{date}");
        assert_eq!(found.as_deref(), expected.unwrap_or(None), "{date}");
    }
}

#[test]
fn the_version_is_the_time_of_the_update_or_none() {
    let at = posted(
        &json!({"updated_at": "2026-11-20T09:12:00Z", "published_at": "2026-11-19T09:12:00Z"}),
    );
    assert_eq!(at.version, Some(Version::Time("2026-11-20T09:12:00Z".parse().unwrap())));
    assert_eq!(posted(&json!({"published_at": "2026-11-19T09:12:00Z"})).version, None);
    let ahead = posted(&json!({"rating": 3, "updated_at": "2030-01-01T00:00:00Z"}));
    assert_eq!(ahead.version, None, "a future version would hold back all later ones");
    assert_eq!(ahead.content.unwrap().flags, [Flag::TimeAssumed]);
}

#[test]
fn an_id_is_a_text_or_a_whole_number_and_nothing_else() {
    let with = |id: Value| {
        map("standard-webhooks", "", &json!({"type": "review.posted", "review": {"id": id}}))
            .remove(0)
    };
    assert_eq!(event(&with(json!("a/b"))).external_id.as_str(), "a/b");
    assert_eq!(event(&with(json!(42))).external_id.as_str(), "42");
    let huge = r#"{"type":"review.posted","review":{"id":123456789012345678901234567890}}"#;
    let mapped = preset("generic-hmac").map(&HeaderMap::new(), huge.as_bytes(), now()).unwrap();
    assert_eq!(event(&mapped[0]).external_id.as_str(), "123456789012345678901234567890");
    for bad in [json!(""), json!(1.5), json!(1e3), json!(true), json!([1]), json!({}), Value::Null]
    {
        let Mapped::Rejected { why, .. } = with(bad.clone()) else { panic!("{bad}") };
        assert!(why.contains("/review/id"), "{why}");
    }
}

#[test]
fn an_id_that_cannot_be_kept_is_hashed_shown_and_flagged() {
    let body = json!({"type": "review.posted", "review": {"id": "a\nb", "rating": 5}});
    let mapped = map("standard-webhooks", "", &body);
    let content = event(&mapped[0]).content.clone().unwrap();
    assert!(event(&mapped[0]).external_id.as_str().starts_with("sha256-"));
    assert_eq!((content.shown_id.as_deref(), content.flags), (Some("a b"), vec![Flag::IdHashed]));
}

#[test]
fn a_text_is_cut_at_twenty_thousand_characters_and_flagged() {
    let content = posted(&json!({"rating": 5, "text": "é".repeat(20_000)})).content.unwrap();
    assert_eq!((content.text.chars().count(), content.flags), (20_000, vec![]));
    let content = posted(&json!({"rating": 5, "text": "é".repeat(20_001)})).content.unwrap();
    assert_eq!((content.text.chars().count(), content.flags), (20_000, vec![Flag::TextCut]));
}

#[test]
fn strangers_texts_are_made_safe() {
    let content = posted(&json!({
        "rating": 1, "title": "a\r\nBcc: x", "author": "evil\u{202E}\u{0}", "text": "<b>bold</b>\u{202E}",
        "url": "javascript:alert(1)", "language": "fr-FR", "product": ["no"], "location": 75, "order": null,
    }));
    let content = content.content.unwrap();
    assert_eq!(content.title.as_deref(), Some("a Bcc: x"));
    assert_eq!(content.author.as_deref(), Some("evil"));
    assert_eq!(content.text, "<b>bold</b>");
    assert_eq!((content.url, content.product, content.order), (None, None, None));
    assert_eq!(
        (content.language.as_deref(), content.location.as_deref()),
        (Some("fr"), Some("75"))
    );
}

#[test]
fn no_address_of_a_reviewer_is_kept_anywhere() {
    for preset in presets() {
        for sample in preset.samples() {
            let mapped = preset.map_sample(sample, now(), "").unwrap();
            assert!(!format!("{mapped:?}").contains("@mail.example"), "{}", sample.name);
        }
    }
    let rejected = map(
        "judgeme",
        "",
        &json!({"event": "review/created", "review": {"reviewer": {"email": "x@mail.example"}}}),
    );
    assert!(
        matches!(&rejected[0], Mapped::Rejected { event, .. } if !event.contains("x@mail.example"))
    );
}

#[test]
fn the_neutral_types_are_four_and_others_are_rejected() {
    for (kind, expected) in [
        ("review.posted", EventKind::Posted),
        ("review.edited", EventKind::Edited),
        ("review.answered", EventKind::Answered),
        ("review.withdrawn", EventKind::Withdrawn),
    ] {
        let mapped = map("generic-hmac", "", &json!({"type": kind, "review": {"id": "r"}}));
        let event = event(&mapped[0]);
        assert_eq!(event.kind, expected);
        let speaks = matches!(expected, EventKind::Posted | EventKind::Edited);
        assert_eq!(event.content.is_some(), speaks, "{kind}");
    }
    for bad in [
        json!({"type": "review.Posted", "review": {"id": "r"}}),
        json!({"review": {"id": "r"}}),
        json!({"type": 5, "review": {"id": "r"}}),
        json!([]),
        json!("text"),
        json!({}),
        json!({"events": "no list"}),
    ] {
        assert!(matches!(map("generic-hmac", "", &bad)[..], [Mapped::Rejected { .. }]), "{bad}");
    }
    assert_eq!(map("generic-hmac", "", &json!({"events": []})), []);
}

#[test]
fn an_answer_beside_a_review_counts_only_if_it_says_something() {
    let reply = |reply: Value| posted(&json!({"rating": 5, "reply": reply})).reply;
    let said = reply(json!({"text": "Merci", "at": "2026-11-21T09:00:00Z"})).unwrap();
    assert_eq!(said.text, "Merci");
    assert_eq!(said.at, Some("2026-11-21T09:00:00Z".parse().unwrap()));
    assert_eq!(reply(json!({"text": "Merci"})).unwrap().at, None);
    for nothing in
        [Value::Null, json!({}), json!({"text": " "}), json!({"at": "2026-11-21T09:00:00Z"})]
    {
        assert_eq!(reply(nothing.clone()), None, "{nothing}");
    }
    let bare = map("generic-hmac", "", &json!({"type": "review.answered", "review": {"id": "r"}}));
    assert_eq!((event(&bare[0]).kind, &event(&bare[0]).reply), (EventKind::Answered, &None));
}

#[test]
fn one_bad_event_fails_no_other() {
    let good = json!({"type": "review.posted", "review": {"id": "r"}});
    let body = json!({"events": [good, 5, {"type": "x"}, null, good]});
    let mapped = map("standard-webhooks", "", &body);
    let events: Vec<_> = mapped.iter().map(|m| matches!(m, Mapped::Event(_))).collect();
    assert_eq!(events, [true, false, false, false, true]);
}

#[test]
fn a_rejected_event_maps_again_from_what_was_kept() {
    let preset = preset("shopify-product-review");
    let lines = "X-Shopify-Topic: metaobjects/create\nX-Shopify-Shop-Domain: a.example\nX-Other: 1";
    let mapped = map("shopify-product-review", lines, &json!({"type": "product_review"}));
    let Mapped::Rejected { event, beside, .. } = &mapped[0] else { panic!("{mapped:?}") };
    let kept = KeptBeside::of(beside);
    let headers = kept.beside().headers;
    assert_eq!(headers["x-shopify-topic"], "metaobjects/create");
    assert!(!headers.contains_key("x-other"), "{headers:?}");
    let again = preset.map(kept.beside(), event.as_bytes(), now()).unwrap();
    assert_eq!(again, mapped);
    // One event of a batch stands alone when it comes again.
    let batch =
        json!({"events": [{"eventName": "service-review-created", "eventData": {"stars": 1}}]});
    let mapped = map("trustpilot", "", &batch);
    let Mapped::Rejected { event, .. } = &mapped[0] else { panic!("{mapped:?}") };
    let mended = event.replace(r#""stars":1"#, r#""stars":1,"id":"t-1""#);
    let again =
        self::preset("trustpilot").map(&HeaderMap::new(), mended.as_bytes(), now()).unwrap();
    assert_eq!(self::event(&again[0]).external_id.as_str(), "t-1");
}

#[test]
fn malformed_is_only_what_is_not_json_or_too_deep() {
    let outcome = |body: &[u8]| preset("generic-hmac").map(&HeaderMap::new(), body, now());
    for bad in [&b""[..], b"{\"type\":", b"\xff\xfe", b"a=b"] {
        assert_eq!(outcome(bad), Err(MalformedPayload(BadJson::NotJson)));
    }
    let nested = |n: usize| format!(r#"{{"type":{}{}}}"#, "[".repeat(n), "]".repeat(n));
    assert!(outcome(nested(63).as_bytes()).is_ok());
    assert_eq!(outcome(nested(64).as_bytes()), Err(MalformedPayload(BadJson::TooDeep)));
    assert!(outcome("[".repeat(1_000_000).as_bytes()).is_err(), "no stack to blow");
}

proptest! {
    #[test]
    fn any_bytes_are_mapped_or_refused_without_a_panic(
        body in proptest::collection::vec(any::<u8>(), 0..200)
    ) {
        for preset in presets() {
            let _ = preset.map(&HeaderMap::new(), &body, now());
        }
    }

    #[test]
    fn any_rating_is_a_star_or_a_flag(rating in "-?[0-9]{1,4}(\\.[0-9]{1,30})?(e-?[0-9]{1,3})?") {
        let text = format!("\"{rating}\"");
        if let Some(stars) = stars(&text, "5") {
            let value: f64 = stars.parse().unwrap();
            let given: f64 = rating.parse().unwrap();
            prop_assert!(value <= given + 1e-9 && given - value < 0.01 + 1e-9, "{} {}", stars, rating);
        }
    }

    #[test]
    fn a_sample_cut_short_or_with_a_field_changed_never_panics(
        at in any::<proptest::sample::Index>(), byte in any::<u8>(),
    ) {
        for preset in presets() {
            for sample in preset.samples() {
                let mut body = sample.render(now());
                let at = at.index(body.len());
                body[at] = byte;
                let _ = preset.map(&sample.header_map(), &body, now());
                body.truncate(at);
                prop_assert!(preset.map(&sample.header_map(), &body, now()).is_err() || at == 0);
            }
        }
    }
}

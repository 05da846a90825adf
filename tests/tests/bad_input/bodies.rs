//! Bodies that are no payload, too large, too deep, compressed, or good in part.

use anyhow::Result;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use vigie_tests::platform::{now, posted, secret_of, signed, with};

use crate::support::{explain, lumen, post, post_at, refusal, reviews};

#[tokio::test]
async fn what_is_not_json_is_400_once_it_is_verified_and_401_before() -> Result<()> {
    let stage = lumen().await?;
    let whole = posted("r-1", 2).to_string().into_bytes();
    let mut latin = whole.clone();
    latin.splice(10..10, [0xE9]);
    let truncated = whole[..whole.len() / 2].to_vec();
    for body in [truncated, latin, b"\xff\xfe{\0}\0".to_vec(), b"".to_vec(), b"{} {}".to_vec()] {
        let reply = post_at(&stage, "lumen-site", &body, now()).await?;
        assert_eq!(reply.problem(), refusal(400, "malformed-payload"), "{body:?}");
        let reply = post(&stage, "/hooks/lumen-site", HeaderMap::new(), body).await?;
        assert_eq!(reply.problem(), refusal(401, "signature-missing"));
    }
    assert_eq!(reviews(&stage)?, 0);
    Ok(())
}

#[tokio::test]
async fn a_body_of_one_mebibyte_is_taken_and_one_byte_more_is_413_which_the_sender_sees()
-> Result<()> {
    let stage = lumen().await?;
    let of_size = |id: &str, bytes: usize| {
        let mut webhook = with(posted(id, 5), &json!({"text": ""}));
        let empty = webhook.to_string().len();
        webhook["review"]["text"] = json!("x".repeat(bytes - empty));
        webhook.to_string().into_bytes()
    };
    let full = of_size("r-1", 1 << 20);
    assert_eq!(full.len(), 1 << 20);
    assert_eq!(post_at(&stage, "lumen-site", &full, now()).await?.tally()?, [1, 0, 0, 0, 0]);
    for bytes in [(1 << 20) + 1, 1_900_000, 2 << 20] {
        let reply = post_at(&stage, "lumen-site", &of_size("r-2", bytes), now()).await?;
        assert_eq!(reply.problem(), refusal(413, "payload-too-large"), "{bytes} bytes");
    }
    assert_eq!(reviews(&stage)?, 1);
    assert_eq!(stage.get("/healthz").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_text_over_20_000_characters_is_cut_at_a_grapheme_and_flagged() -> Result<()> {
    let stage = lumen().await?;
    // Each is two characters that belong together: the limit falls between two of them, less one.
    let long = format!("x{}", "e\u{301}".repeat(15_000));
    stage.tell("lumen-site", &with(posted("r-1", 2), &json!({"text": long}))).await?;
    let mail = stage.mails(1).await?;
    let text = crate::support::text(&mail[0])?;
    assert!(text.contains("Le texte est plus long"), "{}", text.len());
    let kept =
        stage.count("SELECT length(json_extract(body, '$.content.value.text')) FROM review")?;
    assert_eq!(kept, 19_999, "a whole number of graphemes");
    Ok(())
}

/// A webhook that nests so deep.
fn nested(id: &str, depth: usize) -> String {
    // The object, and the review in it, are two.
    let (open, close) = ("[".repeat(depth - 2), "]".repeat(depth - 2));
    posted(id, 5).to_string().replacen("\"id\":", &format!("\"odd\":{open}{close},\"id\":"), 1)
}

#[tokio::test]
async fn a_body_may_nest_64_deep_and_no_deeper() -> Result<()> {
    let stage = lumen().await?;
    assert_eq!(stage.post("lumen-site", nested("r-1", 64)).await?.tally()?, [1, 0, 0, 0, 0]);
    for depth in [65, 1000, 100_000] {
        let reply = stage.post("lumen-site", nested("r-2", depth)).await?;
        assert_eq!(reply.problem(), refusal(400, "malformed-payload"), "{depth} deep");
    }
    Ok(())
}

#[tokio::test]
async fn a_compressed_body_is_415_and_the_content_type_is_not_judged() -> Result<()> {
    let stage = lumen().await?;
    let ask = async |id: &str, name: &'static str, value: &'static str| {
        let body = posted(id, 5).to_string().into_bytes();
        let (path, mut headers) = signed("lumen-site", &secret_of("lumen-site")?, &body, now())?;
        headers.insert(name, HeaderValue::from_static(value));
        post(&stage, &path, headers, body).await
    };
    for encoding in ["gzip", "br", "deflate", "gzip, identity"] {
        let reply = ask("r-1", "content-encoding", encoding).await?;
        assert_eq!(reply.problem(), refusal(415, "compressed-body"), "{encoding}");
    }
    assert_eq!(ask("r-2", "content-encoding", "identity").await?.status, 200);
    for (id, kind) in [("r-3", "text/plain"), ("r-4", "image/png"), ("r-5", "nonsense")] {
        assert_eq!(ask(id, "content-type", kind).await?.status, 200, "{kind}");
    }
    assert_eq!(reviews(&stage)?, 4);
    Ok(())
}

#[tokio::test]
async fn one_bad_event_of_a_batch_fails_none_of_the_others_and_is_kept() -> Result<()> {
    let stage = lumen().await?;
    let mut nameless = posted("x", 1);
    nameless["review"]["id"] = Value::Null;
    let odd = json!({"type": "invoice.paid", "invoice": {"id": "i-1"}});
    let events = [posted("r-1", 5), nameless, json!(7), odd, posted("r-2", 2), posted("r-1", 5)];
    let first = events[0].clone();
    let mut events = events.to_vec();
    events[5] = first;
    let reply = stage.post("lumen-site", json!({"events": events})).await?;
    assert_eq!(reply.tally()?, [2, 1, 0, 0, 3]);
    let mails = stage.mails(1).await?;
    assert_eq!(mails[0].header("X-Vigie-Review").as_deref(), Some("lumen-site/r-2"));
    assert_eq!(explain(&stage, "lumen-site/r-1")?["state"], "open");
    let kept = stage.json(&["notices"])?["rejected"].as_array().map(Vec::len);
    assert_eq!(kept, Some(3), "kept for the operator");
    // The same again: the same are kept, once.
    let reply = stage.post("lumen-site", json!({"events": events})).await?;
    assert_eq!(reply.tally()?, [0, 3, 0, 0, 3]);
    assert_eq!(stage.json(&["notices"])?["rejected"].as_array().map(Vec::len), Some(3));
    Ok(())
}

#[tokio::test]
async fn verified_json_without_what_is_needed_is_rejected_and_kept() -> Result<()> {
    let stage = lumen().await?;
    let mut empty_id = posted("x", 2);
    empty_id["review"]["id"] = json!("");
    let odd = ["{}", "[]", "null", "7", "\"text\"", r#"{"type":"review.posted"}"#];
    for body in odd.iter().map(ToString::to_string).chain([empty_id.to_string()]) {
        let reply = stage.post("lumen-site", &body).await?;
        assert_eq!(reply.tally()?, [0, 0, 0, 0, 1], "{body}");
    }
    assert_eq!(stage.post("lumen-site", r#"{"events":[]}"#).await?.tally()?, [0; 5]);
    assert_eq!(reviews(&stage)?, 0);
    Ok(())
}

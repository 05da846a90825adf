//! Webhooks that prove nothing, or prove something else.

use std::time::Duration;

use anyhow::Result;
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use tokio::time::interval;
use vigie_tests::platform::{now, posted, secret_of, signed};
use vigie_tests::stage::Stage;

use crate::support::{lumen, post, post_at, refusal, reviews, sha256};

#[tokio::test]
async fn an_unknown_source_is_404() -> Result<()> {
    let stage = lumen().await?;
    for path in ["/hooks/nobody", "/hooks/lumen-sit", "/hooks/Lumen-site", "/hooks/nobody/token"] {
        let reply = post(&stage, path, HeaderMap::new(), "{}").await?;
        assert_eq!(reply.problem(), refusal(404, "unknown-source"), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_missing_signature_is_401_and_says_what_arrived() -> Result<()> {
    let stage = lumen().await?;
    let body = posted("r-1", 2).to_string();
    for source in ["lumen-site", "lumen-shop"] {
        let reply = post(&stage, &format!("/hooks/{source}"), HeaderMap::new(), &*body).await?;
        assert_eq!(reply.problem(), refusal(401, "signature-missing"), "{source}");
        let arrived = &reply.json()["body"];
        assert_eq!(arrived["bytes"], body.len());
        assert_eq!(arrived["sha256"], sha256(body.as_bytes()));
    }
    assert_eq!(reviews(&stage)?, 0);
    Ok(())
}

#[tokio::test]
async fn a_wrong_signature_is_401_and_tells_nothing_of_the_right_one() -> Result<()> {
    let stage = lumen().await?;
    let body = posted("r-1", 2).to_string().into_bytes();
    for source in ["lumen-site", "lumen-shop"] {
        let (path, right) = signed(source, &secret_of(source)?, &body, now())?;
        let other =
            if source == "lumen-shop" { "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" } else { "x" };
        let (_, wrong) = signed(source, other, &body, now())?;
        let reply = post(&stage, &path, wrong, body.clone()).await?;
        assert_eq!(reply.problem(), refusal(401, "signature-mismatch"), "{source}");
        for value in right.values() {
            let told = value.to_str()?.trim_start_matches("sha256=").trim_start_matches("v1,");
            assert!(told.len() < 20 || !reply.text.contains(told), "{reply:?}");
        }
    }
    for garbage in ["", "sha256=", "sha256=zz", "sha1=00", "\u{e9}"] {
        let value = HeaderValue::from_bytes(garbage.as_bytes())?;
        let name = http::HeaderName::from_static("x-signature-256");
        let headers = HeaderMap::from_iter([(name, value)]);
        let reply = post(&stage, "/hooks/lumen-site", headers, body.clone()).await?;
        assert_eq!(reply.status, 401, "{garbage:?}");
    }
    assert_eq!(reviews(&stage)?, 0);
    Ok(())
}

#[tokio::test]
async fn a_right_signature_over_other_bytes_is_401() -> Result<()> {
    let stage = lumen().await?;
    let body = posted("r-1", 2).to_string().into_bytes();
    for source in ["lumen-site", "lumen-shop"] {
        let (path, headers) = signed(source, &secret_of(source)?, &body, now())?;
        let spaced = [&body[..], b"\n"].concat();
        let shorter = body[..body.len() - 1].to_vec();
        let rated = String::from_utf8(body.clone())?.replace("\"rating\":2", "\"rating\":5");
        for other in [spaced, shorter, rated.into_bytes(), Vec::new()] {
            let reply = post(&stage, &path, headers.clone(), other).await?;
            assert_eq!(reply.problem(), refusal(401, "signature-mismatch"), "{source}");
        }
        assert_eq!(post(&stage, &path, headers, body.clone()).await?.status, 200);
    }
    Ok(())
}

/// Waits for the start of a second, and gives it.
async fn start_of_a_second() -> Result<Timestamp> {
    let mut ticks = interval(Duration::from_millis(2));
    loop {
        ticks.tick().await;
        let at = now();
        if at.subsec_millisecond() < 100 {
            return Ok(Timestamp::from_second(at.as_second())?);
        }
    }
}

/// Posts what was signed so many seconds from now, both read on one second of the clock.
async fn signed_off_by(stage: &Stage, id: &str, seconds: i64) -> Result<(u16, String)> {
    loop {
        let second = start_of_a_second().await?;
        let at = second + SignedDuration::from_secs(seconds);
        let body = posted(id, 5).to_string().into_bytes();
        let reply = post_at(stage, "lumen-shop", &body, at).await?;
        // On a busy machine the answer may come in the next second: then nothing was shown.
        if now().as_second() == second.as_second() {
            return Ok(reply.problem());
        }
    }
}

#[tokio::test]
async fn a_signature_of_300_seconds_ago_or_ahead_is_taken_and_beyond_it_is_not() -> Result<()> {
    let stage = lumen().await?;
    for (seconds, status) in
        [(0, 200), (-300, 200), (300, 200), (-301, 401), (301, 401), (-302, 401), (302, 401)]
    {
        let id = format!("r{seconds}");
        let (got, code) = signed_off_by(&stage, &id, seconds).await?;
        assert_eq!(got, status, "{seconds} s: {code}");
        assert!(got == 200 || code == "timestamp-outside-tolerance", "{seconds} s: {code}");
    }
    for hours in [-24 * 365, -1, 1, 24 * 365] {
        let at = now() + SignedDuration::from_hours(hours);
        let body = posted("r-old", 2).to_string().into_bytes();
        let reply = post_at(&stage, "lumen-shop", &body, at).await?;
        assert_eq!(reply.problem(), refusal(401, "timestamp-outside-tolerance"), "{hours} h");
    }
    assert_eq!(reviews(&stage)?, 3);
    Ok(())
}

#[tokio::test]
async fn a_token_belongs_to_an_address_that_takes_one() -> Result<()> {
    let stage = lumen().await?;
    let token = secret_of("lumen-trust")?;
    let body = r#"{"events":[{"eventName":"service-review-created","eventData":
        {"id":"t-1","stars":5,"text":"Parfait","createdAt":"2026-11-20T09:12:00Z"}}]}"#;
    let at = async |path: String| post(&stage, &path, HeaderMap::new(), body).await;
    let missing = at("/hooks/lumen-trust".to_owned()).await?;
    assert_eq!(missing.problem(), refusal(401, "signature-missing"));
    for wrong in ["wrong".to_owned(), format!("{token}x"), token[1..].to_owned()] {
        let reply = at(format!("/hooks/lumen-trust/{wrong}")).await?;
        assert_eq!(reply.problem(), refusal(401, "signature-mismatch"), "{wrong}");
        assert!(!reply.text.contains(&token));
    }
    assert_eq!(reviews(&stage)?, 0);
    assert_eq!(at(format!("/hooks/lumen-trust/{token}")).await?.tally()?, [1, 0, 0, 0, 0]);
    // A token on a signed source names nothing, whatever else is right.
    let signed_body = posted("r-1", 5).to_string().into_bytes();
    let (path, headers) = signed("lumen-site", &secret_of("lumen-site")?, &signed_body, now())?;
    let reply = post(&stage, &format!("{path}/{token}"), headers, signed_body).await?;
    assert_eq!(reply.problem(), refusal(404, "unknown-source"));
    Ok(())
}

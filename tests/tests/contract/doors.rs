//! What stands before an address beside the platform's own proof, and what platforms ask of it
//! before they post.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use http::{HeaderMap, HeaderValue, Method};
use secrecy::ExposeSecret as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use vigie_platforms::Preset;
use vigie_platforms::signature::KeyPair;
use vigie_tests::platform::{now, posted, secret_of, signed};
use vigie_tests::stage::{LUMEN, SERVER, Stage};

/// The French brand, whose last source stands on Trustpilot, with more said of that source.
async fn lumen_with(more: &str) -> Result<Stage> {
    let mut stage = Stage::set(&[SERVER, LUMEN, more].concat())?;
    for (name, text) in [
        ("basic", "vigie:an-invented-password"),
        ("word", "an-invented-word-for-set-up-checks"),
        ("key", "an-invented-secret-of-a-platform"),
    ] {
        stage.write(name, text)?;
    }
    stage.start().await?;
    Ok(stage)
}

/// The status that Trustpilot's webhook gets, with a header of HTTP Basic or without.
async fn posted_to_trust(stage: &Stage, basic: Option<&str>) -> Result<u16> {
    let body = posted("r-1", 5).to_string();
    let secret = secret_of("lumen-trust")?;
    let (address, mut headers) = signed("lumen-trust", &secret, body.as_bytes(), now())?;
    if let Some(basic) = basic {
        headers.insert("authorization", HeaderValue::from_str(basic)?);
    }
    Ok(stage.ask(Method::POST, &address, headers, body.into_bytes()).await?.status)
}

#[tokio::test]
async fn who_calls_from_elsewhere_is_refused_whatever_it_knows() -> Result<()> {
    for (networks, status) in [("203.0.113.0/24", 401), ("127.0.0.0/8", 200)] {
        let stage = lumen_with(&format!("allow_from = [\"{networks}\"]\n")).await?;
        assert_eq!(posted_to_trust(&stage, None).await?, status, "{networks}");
    }
    Ok(())
}

#[tokio::test]
async fn a_password_beside_the_token_is_wanted_each_time() -> Result<()> {
    let stage = lumen_with("basic = [\"file:basic\"]\n").await?;
    // `vigie:an-invented-password`, and `vigie:something-else`.
    let right = "Basic dmlnaWU6YW4taW52ZW50ZWQtcGFzc3dvcmQ=";
    let wrong = "Basic dmlnaWU6c29tZXRoaW5nLWVsc2U=";
    for (basic, status) in [(None, 401), (Some(wrong), 401), (Some(right), 200)] {
        assert_eq!(posted_to_trust(&stage, basic).await?, status, "{basic:?}");
    }
    let known = stage.ask(
        Method::POST,
        "/hooks/lumen-trust/a-guess",
        HeaderMap::from_iter([(http::header::AUTHORIZATION, HeaderValue::from_static(right))]),
        posted("r-2", 5).to_string().into_bytes(),
    );
    assert_eq!(known.await?.status, 401, "the password alone opens nothing");
    Ok(())
}

#[tokio::test]
async fn set_up_checks_of_platforms_are_answered_as_each_wants() -> Result<()> {
    let source = |id: &str, more: &str| {
        format!(
            "[[brand.source]]\nid = \"lumen-{id}\"\nplatform = \"{id}\"\nsecrets = [\"file:key\"]\n{more}"
        )
    };
    let word = "challenge = [\"file:word\"]\n";
    let api = "api = { secret = \"file:key\", account = \"7\" }\n";
    let more = [source("meta-ratings", word), source("surveymonkey", api)].concat();
    let stage = lumen_with(&more).await?;
    let asked = |query: &str| format!("/hooks/lumen-meta-ratings?hub.mode=subscribe&{query}");
    let right = "hub.verify_token=an-invented-word-for-set-up-checks&hub.challenge=1158201444";
    let reply = stage.get(&asked(right)).await?;
    assert_eq!((reply.status, reply.text.as_str()), (200, "1158201444"));
    let wrong = "hub.verify_token=a-guess&hub.challenge=1158201444";
    let reply = stage.get(&asked(wrong)).await?;
    assert_eq!(reply.status, 401);
    assert!(!reply.text.contains("1158201444"), "{}", reply.text);
    let script = right.replace("1158201444", "%3Cscript%3E");
    let reply = stage.get(&asked(&script)).await?;
    assert!(reply.header("content-type").starts_with("text/plain"), "no page of a stranger's");
    let head =
        stage.ask(Method::HEAD, "/hooks/lumen-surveymonkey", HeaderMap::new(), Vec::new()).await?;
    assert_eq!(head.status, 200);
    // Whoever opens an address in a browser is told what it is for.
    for address in ["/hooks/lumen-meta-ratings", "/hooks/lumen-site", "/hooks/lumen-surveymonkey"] {
        assert_eq!(stage.get(address).await?.status, 405, "{address}");
    }
    Ok(())
}

/// eBay wants the digest of its code, our word and the address that it was given.
#[tokio::test]
async fn a_set_up_check_by_digest_knows_the_address_that_was_pasted() -> Result<()> {
    let preset = Preset::by_id("ebay-feedback").context("no such preset")?;
    let keys = KeyPair::generate(preset.scheme()).context("no keys")?;
    let more = "[[brand.source]]\nid = \"lumen-ebay\"\nplatform = \"ebay-feedback\"\n\
                secrets = [\"file:ebay.pem\"]\nchallenge = [\"file:word\"]\n";
    let mut stage = Stage::set(&[SERVER, LUMEN, more].concat())?;
    stage.write("ebay.pem", keys.verifying.expose_secret())?;
    stage.write("word", "an-invented-word-for-set-up-checks")?;
    stage.start().await?;
    let reply = stage.get("/hooks/lumen-ebay?challenge_code=a8628072").await?;
    let parts = "a8628072an-invented-word-for-set-up-checkshttp://vigie.example/hooks/lumen-ebay";
    let mut digest = String::new();
    for byte in Sha256::digest(parts.as_bytes()) {
        write!(digest, "{byte:02x}")?;
    }
    let answer: serde_json::Value = serde_json::from_str(&reply.text)?;
    assert_eq!((reply.status, answer), (200, json!({"challengeResponse": digest})));
    Ok(())
}

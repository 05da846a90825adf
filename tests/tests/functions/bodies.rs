//! Webhooks as the HTTP API hands them over: encoded, large, with headers of many values.

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use vigie_ports::Store as _;
use vigie_tests::platform::{now, posted, secret_of, signed, with};

use vigie_tests::house::{House, SOURCE, answer_of, request, review, webhook};

fn event(body: &[u8], change: impl Fn(&mut Value)) -> Result<Value> {
    let (path, headers) = signed(SOURCE, &secret_of(SOURCE)?, body, now())?;
    let mut event = request("POST", &path, &headers, &String::from_utf8_lossy(body));
    change(&mut event);
    Ok(event)
}

#[tokio::test]
async fn a_body_in_base64_is_verified_over_its_own_bytes() -> Result<()> {
    let house = House::new().await?;
    let mut receive = house.function("receive").await?;
    let body = with(posted("r-1", 2), &json!({"text": "Déçue ☹, très déçue"})).to_string();
    let encoded = event(body.as_bytes(), |event| {
        event["body"] = STANDARD.encode(&body).into();
        event["isBase64Encoded"] = true.into();
    })?;
    let (status, tally) = answer_of(&receive.invoke(&encoded).await?)?;
    assert_eq!((status, &tally["accepted"]), (200, &json!(1)), "{tally}");
    let stored = house.store.review(&review("r-1")).await?.expect("it is there").review;
    assert!(serde_json::to_string(&stored)?.contains("Déçue ☹"), "{stored:?}");
    // Bytes that are no UTF-8 verify too, and are then no JSON.
    let bytes = [0xff, 0xfe, b'{', b'}'];
    let encoded = event(&bytes, |event| {
        event["body"] = STANDARD.encode(bytes).into();
        event["isBase64Encoded"] = true.into();
    })?;
    let (status, problem) = answer_of(&receive.invoke(&encoded).await?)?;
    assert_eq!((status, &problem["code"]), (400, &json!("malformed-payload")));
    // What is called base64 and is none.
    let spoilt = event(body.as_bytes(), |event| event["isBase64Encoded"] = true.into())?;
    let refused = receive.invoke(&spoilt).await?;
    assert!(answer_of(&refused).is_err() || answer_of(&refused)?.0 >= 400, "{refused:?}");
    assert_eq!(answer_of(&receive.invoke(&webhook("r-2", 5)?).await?)?.0, 200);
    Ok(())
}

#[tokio::test]
async fn a_body_of_six_megabytes_is_refused_by_its_size_and_of_one_taken() -> Result<()> {
    let house = House::new().await?;
    let mut receive = house.function("receive").await?;
    let of = |bytes: usize| with(posted("r-1", 2), &json!({"text": "é".repeat(bytes / 2)}));
    let (status, problem) =
        answer_of(&receive.invoke(&event(of(6 << 20).to_string().as_bytes(), |_| ())?).await?)?;
    assert_eq!((status, &problem["code"]), (413, &json!("payload-too-large")));
    let nearly = of((1 << 20) - 1024).to_string();
    let (status, tally) = answer_of(&receive.invoke(&event(nearly.as_bytes(), |_| ())?).await?)?;
    assert_eq!((status, &tally["accepted"]), (200, &json!(1)), "{tally}");
    Ok(())
}

#[tokio::test]
async fn headers_of_many_values_and_none_at_all_are_judged_as_anywhere() -> Result<()> {
    let house = House::new().await?;
    let mut receive = house.function("receive").await?;
    let body = posted("r-1", 2).to_string();
    // The HTTP API joins the values of a header by commas: of two signatures one may be right.
    let two = event(body.as_bytes(), |event| {
        let good = event["headers"]["x-signature-256"].as_str().unwrap_or_default().to_owned();
        event["headers"]["x-signature-256"] = format!("sha256={},{good}", "0".repeat(64)).into();
        event["headers"]["x-other"] = "a,b,c".into();
    })?;
    let (status, told) = answer_of(&receive.invoke(&two).await?)?;
    assert!(status == 200 || told["code"] == "signature-mismatch", "{status} {told}");
    for headers in [json!({}), json!(null), json!({"x-signature-256": ""})] {
        let bare = event(body.as_bytes(), |event| event["headers"] = headers.clone())?;
        let (status, problem) = answer_of(&receive.invoke(&bare).await?)?;
        assert_eq!(status, 401, "{headers}: {problem}");
    }
    let empty = event(b"", |event| event["body"] = Value::Null)?;
    let (status, problem) = answer_of(&receive.invoke(&empty).await?)?;
    assert_eq!((status, &problem["code"]), (400, &json!("malformed-payload")));
    let zipped = event(body.as_bytes(), |event| {
        event["headers"]["content-encoding"] = "gzip".into();
    })?;
    assert_eq!(answer_of(&receive.invoke(&zipped).await?)?.0, 415);
    Ok(())
}

#[tokio::test]
async fn whoever_guesses_does_not_make_it_read_the_secret_each_time() -> Result<()> {
    let house = House::new().await?;
    let mut receive = house.function("receive").await?;
    let body = posted("r-1", 5).to_string();
    let (path, headers) = signed(SOURCE, "a-guess", body.as_bytes(), now())?;
    for _ in 0..5 {
        let forged = request("POST", &path, &headers, &body);
        assert_eq!(answer_of(&receive.invoke(&forged).await?)?.0, 401);
    }
    let reads = house.between.seen();
    assert_eq!(reads.iter().filter(|one| *one == "GetParameters").count(), 1, "{reads:?}");
    Ok(())
}

#[tokio::test]
async fn a_secret_that_is_deleted_is_told_by_name_and_its_source_takes_nothing() -> Result<()> {
    let house = House::new().await?;
    let parameters = aws_sdk_ssm::Client::new(&house.shared);
    parameters.delete_parameter().name(vigie_tests::house::SECRET).send().await?;
    let mut receive = house.function("receive").await?;
    let (status, _) = answer_of(&receive.invoke(&webhook("r-1", 2)?).await?)?;
    assert_eq!(status, 401, "nothing unverified is taken");
    assert!(house.store.review(&review("r-1")).await?.is_none());
    let log = receive.log()?;
    assert!(log.contains(vigie_tests::house::SECRET), "the log names it: {log}");
    assert!(!log.contains(&secret_of(SOURCE)?), "{log}");
    Ok(())
}

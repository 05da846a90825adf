//! Ratings and dates that are missing, odd or impossible: read as far as possible, never dropped.

use anyhow::Result;
use jiff::Timestamp;
use serde_json::{Value, json};
use vigie_tests::platform::{ago, now, posted, with};
use vigie_tests::stage::Stage;

use crate::support::{explain, lumen};

async fn tell_rated(stage: &Stage, id: &str, rating: &Value) -> Result<()> {
    stage.tell("lumen-site", &with(posted(id, 1), &json!({"rating": rating}))).await
}

#[tokio::test]
async fn a_rating_that_cannot_be_read_is_kept_without_an_alert_and_stands_in_the_report()
-> Result<()> {
    let stage = lumen().await?;
    let odd = [
        json!(null),
        json!(""),
        json!("très bien"),
        json!(-1),
        json!(-0.01),
        json!(5.01),
        json!(6),
        json!("6"),
        json!("1/5"),
        json!([2]),
        json!({"stars": 2}),
        json!(true),
        json!("NaN"),
        json!("1e9"),
        json!("0x2"),
    ];
    for (number, rating) in odd.iter().enumerate() {
        tell_rated(&stage, &format!("r-{number}"), rating).await?;
    }
    let mut missing = posted("r-none", 1);
    missing["review"].as_object_mut().map(|review| review.remove("rating"));
    stage.tell("lumen-site", &missing).await?;
    stage.mails(0).await?;
    let report = stage.json(&["report", "unanswered"])?;
    let open = report["brands"][0]["open"].as_array().cloned().unwrap_or_default();
    assert_eq!(open.len(), odd.len() + 1);
    for one in &open {
        assert_eq!(one["stars"], Value::Null, "{one}");
        let told = explain(&stage, one["review"].as_str().unwrap_or_default())?;
        let why = told["not_made"][0]["reason"].as_str().unwrap_or_default();
        assert!(why.contains("rating"), "{told}");
    }
    Ok(())
}

#[tokio::test]
async fn ratings_are_exact_whatever_they_are_written_as() -> Result<()> {
    let stage = lumen().await?;
    for (id, rating, scale, stars) in [
        ("comma", json!("4,5"), json!(5), json!(4.5)),
        ("text", json!("3.5"), json!(5), json!(3.5)),
        ("zero", json!(0), json!(5), json!(0.0)),
        ("nearly", json!(3.999), json!(5), json!(3.99)),
        ("ten", json!(7), json!(10), json!(3.5)),
        ("hundred", json!(80), json!("100"), json!(4.0)),
        ("third", json!(1), json!(3), json!(1.66)),
    ] {
        let webhook = with(posted(id, 1), &json!({"rating": rating, "scale": scale}));
        stage.tell("lumen-site", &webhook).await?;
        assert_eq!(explain(&stage, &format!("lumen-site/{id}"))?["stars"], stars, "{id}");
    }
    // Below 4: zero, three and a half, nearly four, seven of ten, one of three.
    stage.mails(5).await?;
    Ok(())
}

async fn published(stage: &Stage, id: &str, at: &Value) -> Result<(Timestamp, Value)> {
    let dates = json!({"published_at": at, "updated_at": null});
    stage.tell("lumen-site", &with(posted(id, 5), &dates)).await?;
    let told = explain(stage, &format!("lumen-site/{id}"))?;
    Ok((told["published_at"].as_str().unwrap_or_default().parse()?, told))
}

#[tokio::test]
async fn a_date_without_a_zone_is_taken_as_utc() -> Result<()> {
    let stage = lumen().await?;
    for (id, given, read) in [
        ("plain", "2026-11-20T09:12:00", "2026-11-20T09:12:00Z"),
        ("spaced", "2026-11-20 09:12:00", "2026-11-20T09:12:00Z"),
        ("offset", "2026-11-20T10:12:00+01:00", "2026-11-20T09:12:00Z"),
        ("day", "2026-11-20", "2026-11-20T00:00:00Z"),
        ("first", "1995-01-01T00:00:00Z", "1995-01-01T00:00:00Z"),
    ] {
        let (at, _) = published(&stage, id, &json!(given)).await?;
        assert_eq!(at.to_string(), read, "{given}");
    }
    Ok(())
}

#[tokio::test]
async fn a_date_that_cannot_be_true_becomes_the_time_of_receipt() -> Result<()> {
    let stage = lumen().await?;
    let odd = [
        json!("+010000-01-01T00:00:00Z"),
        json!("10000-01-01T00:00:00Z"),
        json!("1994-12-31T23:59:59Z"),
        json!("0001-01-01T00:00:00Z"),
        json!("-000001-01-01T00:00:00Z"),
        json!("yesterday"),
        json!(""),
        json!(null),
        json!("2026-02-30T00:00:00Z"),
        json!("2026-11-20T25:00:00Z"),
        json!(ago(-25 * 3600).to_string()),
        json!([2026]),
        json!(-1),
        json!(1e300),
    ];
    for (number, given) in odd.iter().enumerate() {
        let before = now();
        let (at, told) = published(&stage, &format!("r-{number}"), given).await?;
        assert!(before <= at && at <= now(), "{given} became {at}");
        let due: Timestamp = told["due_at"].as_str().unwrap_or_default().parse()?;
        assert_eq!(due.duration_since(at).as_hours(), 24, "{told}");
    }
    Ok(())
}

#[tokio::test]
async fn a_promise_never_counts_from_after_the_receipt() -> Result<()> {
    let stage = lumen().await?;
    let (_, told) = published(&stage, "r-1", &json!(ago(-5 * 3600).to_string())).await?;
    let due: Timestamp = told["due_at"].as_str().unwrap_or_default().parse()?;
    let left = due.duration_since(now()).as_secs();
    assert!((86_340..=86_400).contains(&left), "due in {left} s: {told}");
    Ok(())
}

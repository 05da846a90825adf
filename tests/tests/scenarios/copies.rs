//! A review that comes over two sources is told once, and answered once.

use anyhow::Result;
use serde_json::json;
use vigie_tests::platform::{ago, posted, with};

use crate::Stage;
use crate::support::{explain, header, lumen, open_in_report, recipients, unwrapped};

/// The same review, as each of two sources tells it.
async fn twice(stage: &Stage) -> Result<()> {
    let at = ago(120).to_string();
    let said = json!({"published_at": at, "url": "https://site.example/r-1", "text": "Fendue !"});
    stage.tell("lumen-site", &with(posted("r-1", 2), &said)).await?;
    stage.mails(1).await?;
    let later = ago(60).to_string();
    let said =
        json!({"published_at": later, "url": "https://shop.example/s-1", "text": "Fendue !"});
    stage.tell("lumen-shop", &with(posted("s-1", 2), &said)).await?;
    stage.settled().await
}

#[tokio::test]
async fn a_copy_is_told_with_its_original_and_one_answer_settles_both() -> Result<()> {
    let stage = lumen().await?;
    twice(&stage).await?;
    let mails = stage.mails(1).await?;
    assert_eq!(recipients(&mails), ["service@lumen.example"], "one alert");
    let copy = explain(&stage, "lumen-shop/s-1")?;
    assert_eq!(copy["copy_of"], "lumen-site/r-1");
    assert!(copy["not_made"].to_string().contains("a copy of a review"), "{copy}");
    assert_eq!(explain(&stage, "lumen-site/r-1")?["copies"], json!(["lumen-shop/s-1"]));
    assert_eq!(open_in_report(&stage, "lumen")?, ["lumen-site/r-1"]);
    // Said once more where the copy is, it is another review.
    let more = json!({"published_at": ago(30).to_string(), "text": "Fendue !"});
    stage.tell("lumen-shop", &with(posted("s-2", 2), &more)).await?;
    let mails = stage.mails(2).await?;
    assert_eq!(header(&mails[1], "X-Vigie-Review")?, "lumen-shop/s-2");
    // An edit of the original that makes an alert has both addresses.
    let at = ago(120).to_string();
    let said = json!({"published_at": at, "url": "https://site.example/r-1", "text": "Pire !"});
    let mut edited = with(posted("r-1", 1), &said);
    edited["type"] = json!("review.edited");
    edited["review"]["updated_at"] = json!(ago(1).to_string());
    stage.tell("lumen-site", &edited).await?;
    let mails = stage.mails(3).await?;
    let text = unwrapped(&mails[2])?;
    for said in ["https://site.example/r-1", "https://shop.example/s-1", "une réponse vaut"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    stage.settled().await?;
    stage.json(&["answered", "lumen-shop/s-1"])?;
    stage.settled().await?;
    for review in ["lumen-shop/s-1", "lumen-site/r-1"] {
        assert_eq!(explain(&stage, review)?["state"], "answered", "{review}");
    }
    Ok(())
}

#[tokio::test]
async fn a_copy_that_is_none_is_split_off_and_told() -> Result<()> {
    let stage = lumen().await?;
    twice(&stage).await?;

    let split = stage.json(&["split", "lumen-shop/s-1"])?;
    assert_eq!((&split["split"], &split["from"]), (&json!(true), &json!("lumen-site/r-1")));
    let mails = stage.mails(2).await?;
    assert_eq!(header(&mails[1], "X-Vigie-Review")?, "lumen-shop/s-1");
    stage.settled().await?;
    assert_eq!(explain(&stage, "lumen-shop/s-1")?.get("copy_of"), None);
    assert_eq!(explain(&stage, "lumen-site/r-1")?.get("copies"), None);
    let again = stage.run(&["split", "lumen-shop/s-1"])?;
    assert_eq!(again.code, 1, "{again:?}");
    Ok(())
}

#[tokio::test]
async fn the_same_words_on_one_source_or_a_week_apart_are_two_reviews() -> Result<()> {
    let stage = lumen().await?;
    let day = 24 * 3600;
    let old = json!({"published_at": ago(8 * day).to_string()});
    for (source, webhook) in [
        ("lumen-site", posted("r-1", 2)),
        ("lumen-site", posted("r-2", 2)),
        ("lumen-shop", with(posted("s-old", 2), &old)),
        ("lumen-shop", with(posted("s-other", 2), &json!({"author": "Yanis B."}))),
        ("lumen-shop", posted("s-stars", 1)),
    ] {
        let same = json!({"text": "La lampe est comme sur la photo."});
        stage.tell(source, &with(webhook, &same)).await?;
        stage.settled().await?;
    }
    for review in ["site/r-1", "site/r-2", "shop/s-old", "shop/s-other", "shop/s-stars"] {
        let told = explain(&stage, &format!("lumen-{review}"))?;
        assert_eq!((told.get("copy_of"), told.get("copies")), (None, None), "{review}");
    }
    Ok(())
}

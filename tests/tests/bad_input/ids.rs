//! External ids as platforms like to make them.

use anyhow::{Context, Result};
use vigie_tests::platform::posted;

use crate::support::{explain, lumen, reviews, sha256};

#[tokio::test]
async fn an_id_is_kept_as_given_and_encoded_in_headers() -> Result<()> {
    let stage = lumen().await?;
    let ids = [
        ("a/b/c", "a%2Fb%2Fc"),
        ("👍 n° 1", "%F0%9F%91%8D%20n%C2%B0%201"),
        ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"),
        ("x?y=z#%41", "x%3Fy%3Dz%23%2541"),
        ("';DROP TABLE review;--", "%27%3BDROP%20TABLE%20review%3B--"),
        ("-", "-"),
        ("é", "%C3%A9"),
        ("Ab.c_d~e-f", "Ab.c_d~e-f"),
    ];
    for (number, (id, encoded)) in ids.into_iter().enumerate() {
        stage.tell("lumen-site", &posted(id, 2)).await?;
        let mails = stage.mails(number + 1).await?;
        let review = mails[number].header("X-Vigie-Review").context("no review")?;
        assert_eq!(review, format!("lumen-site/{encoded}"));
        // Split at the first slash.
        let told = explain(&stage, &format!("lumen-site/{id}"))?;
        assert_eq!(told["review"], format!("lumen-site/{id}"));
    }
    assert_eq!(reviews(&stage)?, 8);
    Ok(())
}

#[tokio::test]
async fn a_number_as_an_id_is_the_text_of_the_number() -> Result<()> {
    let stage = lumen().await?;
    let mut webhook = posted("x", 5);
    webhook["review"]["id"] = 1001.into();
    stage.tell("lumen-site", &webhook).await?;
    assert_eq!(stage.post("lumen-site", posted("1001", 5)).await?.status, 200);
    assert_eq!(reviews(&stage)?, 1, "they are one review");
    Ok(())
}

#[tokio::test]
async fn a_long_id_or_one_with_control_characters_is_kept_under_its_digest() -> Result<()> {
    let stage = lumen().await?;
    let long = "z".repeat(10_000);
    for (number, id) in
        [long.as_str(), &"é".repeat(257), "a\u{7}b", "a\r\nX-Evil: 1", "\0"].into_iter().enumerate()
    {
        stage.tell("lumen-site", &posted(id, 2)).await?;
        let hex = sha256(id.as_bytes());
        let told = explain(&stage, &format!("lumen-site/sha256-{hex}"))?;
        assert_eq!(told["stars"], 2.0, "{id:?}");
        let mail = &stage.mails(number + 1).await?[number];
        assert_eq!(mail.header("X-Vigie-Review"), Some(format!("lumen-site/sha256-{hex}")));
        assert!(!mail.header_names().iter().any(|name| name == "X-Evil"));
        let again = stage.post("lumen-site", posted(id, 2)).await?;
        assert_eq!(again.status, 200);
    }
    assert_eq!(reviews(&stage)?, 5);
    // 512 bytes are still kept as given.
    let whole = "z".repeat(512);
    stage.tell("lumen-site", &posted(&whole, 5)).await?;
    assert_eq!(explain(&stage, &format!("lumen-site/{whole}"))?["stars"], 5.0);
    Ok(())
}

//! Secrets that rotate without a gap.

use std::time::Duration;

use anyhow::{Result, ensure};
use http::Method;
use tokio::time::{Instant, interval};
use vigie_tests::platform::{Reply, now, posted, secret_of, signed};
use vigie_tests::stage::{LUMEN, SERVER, Stage, WITHIN};

use crate::support::lumen;

async fn post_with(stage: &Stage, secret: &str, id: &str) -> Result<Reply> {
    let body = posted(id, 5).to_string().into_bytes();
    let (path, headers) = signed("lumen-site", secret, &body, now())?;
    stage.ask(Method::POST, &path, headers, body).await
}

#[tokio::test]
async fn a_secret_in_a_file_is_read_again_when_it_changes() -> Result<()> {
    let stage = lumen().await?;
    let old = secret_of("lumen-site")?;
    assert_eq!(post_with(&stage, "the-next-secret", "r-1").await?.status, 401);
    assert_eq!(post_with(&stage, &old, "r-2").await?.status, 200);
    stage.write("lumen-site.secret", "the-next-secret\n")?;
    let (begin, mut ticks) = (Instant::now(), interval(Duration::from_millis(50)));
    while post_with(&stage, "the-next-secret", "r-3").await?.status != 200 {
        ticks.tick().await;
        ensure!(begin.elapsed() < WITHIN, "the new secret is not taken: {}", stage.log()?);
    }
    assert_eq!(post_with(&stage, &old, "r-4").await?.problem().1, "signature-mismatch");
    Ok(())
}

#[tokio::test]
async fn while_two_secrets_stand_both_are_good_and_a_third_is_not() -> Result<()> {
    let one = "secrets = [\"file:lumen-site.secret\"]";
    let two = "secrets = [\"file:one.secret\", \"file:two.secret\"]";
    let stage = Stage::open(&[SERVER, &LUMEN.replace(one, two)].concat()).await?;
    for (file, status) in [("one", 200), ("two", 200), ("three", 401)] {
        let reply = post_with(&stage, &secret_of(file)?, file).await?;
        assert_eq!(reply.status, status, "{file}: {reply:?}");
    }
    Ok(())
}

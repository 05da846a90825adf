//! What the store keeps: the key of links, what a process that stops leaves to the next, reasons.

use anyhow::{Context, Result, ensure};
use vigie_app::desk::CloseReason;
use vigie_tests::platform::{ago, clock_in, now, posted};
use vigie_tests::stage::{LUMEN, SERVER, Stage};

use crate::desk::alerted;
use crate::support::{both_links, explain, header, lumen, press};

/// The same link with another end of its life, signed with the house's own key.
fn link_that_ends(stage: &Stage, path: &str, ends: i64) -> Result<String> {
    use base64::Engine as _;
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let store = rusqlite::Connection::open(stage.home.data().join(vigie_store_sqlite::FILE_NAME))?;
    let key: Vec<u8> =
        store.query_row("SELECT value FROM meta WHERE key = 'desk_key'", [], |row| row.get(0))?;
    let (start, token) = path.rsplit_once('/').context("no token")?;
    let mut parts = token.split('.');
    let (number, contact) = (parts.next().context("number")?, parts.next().context("contact")?);
    ensure!(parts.clone().count() == 2, "number, contact, end, signature: {token}");
    let said = format!("{number}.{contact}.{ends}");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key)?;
    mac.update(format!("{}/{said}", start.trim_start_matches("/desk/")).as_bytes());
    let signature =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    Ok(format!("{start}/{said}.{signature}"))
}

#[tokio::test]
async fn a_link_lives_thirty_days_and_an_expired_one_says_so() -> Result<()> {
    let (stage, answered, _) = alerted("r-1").await?;
    let ends: i64 = answered.rsplit('.').nth(1).context("no end")?.parse()?;
    let left = ends - now().as_second();
    assert!((30 * 86_400 - 60..=30 * 86_400).contains(&left), "{left} seconds");
    assert_eq!(link_that_ends(&stage, &answered, ends)?, answered, "our signature is the house's");
    let expired = link_that_ends(&stage, &answered, now().as_second() - 1)?;
    for page in [stage.get(&expired).await?, press(&stage, &expired, "").await?] {
        assert_eq!((page.status, page.text.contains("<button")), (410, false), "{page:?}");
    }
    assert_eq!(explain(&stage, "lumen-site/r-1")?["state"], "open");
    Ok(())
}

#[tokio::test]
async fn the_key_of_links_moves_with_the_store() -> Result<()> {
    let (mut stage, answered, _) = alerted("r-1").await?;
    stage.stop().await?;
    stage.start().await?;
    assert_eq!(stage.get(&answered).await?.status, 200);
    let told = explain(&stage, "lumen-site/r-1")?;
    assert_eq!(told["state"], "open");
    Ok(())
}

#[tokio::test]
async fn a_report_that_fell_due_while_nothing_ran_goes_out_late_and_once() -> Result<()> {
    let mut stage = Stage::set("")?;
    let at = ago(-2);
    let lumen = LUMEN.replace("{report}", &clock_in(2, "Europe/Paris")?);
    stage.configure(&[SERVER, &lumen].concat())?;
    stage.start().await?;
    stage.stop().await?;
    stage.until("its hour has come", || Ok(now() > at)).await?;
    if stage.sink.count() > 0 {
        anyhow::bail!("the machine is too slow: the report went out before the server stopped");
    }
    stage.start().await?;
    stage.mails(1).await?;
    stage.stop().await?;
    stage.start().await?;
    let mails = stage.mails(1).await?;
    assert_eq!(header(&mails[0], "X-Vigie-Kind")?, "report");
    Ok(())
}

#[tokio::test]
async fn the_reason_of_a_closing_is_kept_with_the_review() -> Result<()> {
    let stage = lumen().await?;
    for (number, reason) in CloseReason::ALL.into_iter().enumerate() {
        let id = format!("r-{number}");
        stage.tell("lumen-site", &posted(&id, 2)).await?;
        let (_, close) = both_links(&stage.mails(number + 1).await?[number])?;
        press(&stage, &close, &format!("reason={}", reason.id())).await?;
        let kept = stage.count(&format!(
            "SELECT count(*) FROM review WHERE external_id = '{id}' AND \
             body LIKE '%\"{}\"%'",
            reason.id()
        ))?;
        assert_eq!(kept, 1, "{}", reason.id());
    }
    Ok(())
}

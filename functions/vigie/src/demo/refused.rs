//! A webhook whose sender signs otherwise than its platform says: refused, kept because somebody
//! asked, and diagnosed by what `vigie doctor --captured last` runs.

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Serialize;
use vigie_platforms::Diagnosis;

use super::play::{Beside, Guise, Player, Posting, Tally};
use super::stage::bruma_shop;
use crate::captures::{Folder, Wanted};
use crate::cli::{Config, Doctor, Json, Signer};
use crate::commands::capture::ask;
use crate::commands::doctor::judge;
use crate::load::CannotBegin;
use vigie_machine::now;

/// How long capture stays on.
const ASKED_FOR: SignedDuration = SignedDuration::from_mins(15);
/// How long the file may take to be written, beside the answer.
const KEPT_WITHIN: Duration = Duration::from_secs(10);
/// How often we look for it.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The request that was refused, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Refused {
    pub(crate) source: String,
    /// The code it was refused with.
    pub(crate) reason: String,
    #[serde(flatten)]
    diagnosis: Diagnosis,
    /// What `vigie doctor` says of it, in brief.
    pub(crate) told: String,
}

/// Asks to keep, posts, and has the doctor judge what was kept.
pub(crate) async fn refused(
    player: &mut Player,
    data: &Path,
    config: &Path,
) -> Result<Refused, CannotBegin> {
    let missing = |what: String| CannotBegin::Other(what);
    let account = bruma_shop().ok_or_else(|| missing("no such preset".to_owned()))?;
    let sample = account.preset.sample("posted-low");
    let sample = sample.ok_or_else(|| missing(format!("{}: no sample", account.source)))?;
    let since = now();
    let wanted = Wanted { since, until: since + ASKED_FOR };
    let cannot = |error: std::io::Error| missing(format!("{}: {error}", account.source));
    if !ask(data, &account.source, wanted).await.map_err(cannot)? {
        return Err(missing(format!("{}: nobody saw what was asked", account.source)));
    }
    let events = sample.expect.len() as u64;
    player
        .post(Posting {
            account: &account,
            beside: Beside { headers: &sample.headers, sample: None },
            body: sample.render_with(player.began, ""),
            reviews: Vec::new(),
            guise: Guise::InHex,
            should_be: Tally { sent: events, refused: events, ..Tally::default() },
        })
        .await;
    until_kept(&Folder::in_data(data), &account.source).await?;
    let judged = judge(&Doctor {
        signer: Signer {
            config: Config { config: config.to_owned() },
            source: Some(account.source.clone()),
            preset: None,
            secret: Vec::new(),
        },
        headers: None,
        body: None,
        at: None,
        captured: Some("last".to_owned()),
        json: Json { json: false },
    })
    .await?;
    let told = judged.in_brief();
    let reason = judged.capture.map(|capture| capture.reason).unwrap_or_default();
    Ok(Refused { source: account.source, reason, diagnosis: judged.diagnosis, told })
}

async fn until_kept(folder: &Folder, source: &str) -> Result<(), CannotBegin> {
    let looking = async {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            let held = folder.look(now()).unwrap_or_default();
            if held.entries.iter().any(|entry| entry.source == source) {
                return;
            }
        }
    };
    let late = |_| CannotBegin::Other(format!("{source}: the refused request was not kept"));
    tokio::time::timeout(KEPT_WITHIN, looking).await.map_err(late)
}

//! The operator sends again what was dead, or maps again what could not be mapped.

use vigie_domain::notice::NoticeId;
use vigie_platforms::KeptBeside;
use vigie_ports::{Redriven, Rejected, Store as _, StoreError, World};

use crate::App;
use crate::receive::{NotReceived, Tally, take};

/// What redriving did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The notice will be sent: nudge [`crate::deliver`].
    Notice(NoticeId),
    /// There is such a notice, and it is neither dead nor held for a person.
    NotDead,
    /// The event was mapped again, with this result.
    Event(Tally),
    /// The event still cannot be mapped, and is kept.
    StillRejected(String),
    /// Nothing of that id.
    Missing,
}

/// Sends a dead notice again, or maps a rejected event again.
///
/// # Errors
/// The store does not answer.
pub async fn redrive<W: World>(app: &App<W>, id: &str) -> Result<Outcome, StoreError> {
    if let Some(notice) = NoticeId::from_text(id) {
        match app.store().redrive(&notice, app.now()).await? {
            Redriven::Yes => return Ok(Outcome::Notice(notice)),
            Redriven::NotDead => return Ok(Outcome::NotDead),
            Redriven::Missing => {}
        }
    }
    let kept = app.store().rejected(app.now()).await?;
    match kept.into_iter().find(|event| event.id == id) {
        Some(event) => remap(app, event).await,
        None => Ok(Outcome::Missing),
    }
}

async fn remap<W: World>(app: &App<W>, kept: Rejected) -> Result<Outcome, StoreError> {
    let gone = || format!("source {} is no longer in the configuration", kept.source);
    let Some(source) = app.registry().source(kept.source.as_str()) else {
        return Ok(Outcome::StillRejected(gone()));
    };
    let beside = KeptBeside::of(&kept.headers);
    // The time of receipt stays the one it was.
    let mapped = match source.map(beside.beside(), kept.event.as_bytes(), kept.at) {
        Ok(mapped) => mapped,
        Err(malformed) => return Ok(Outcome::StillRejected(malformed.to_string())),
    };
    if let Some(vigie_platforms::Mapped::Rejected { why, .. }) = mapped.first() {
        return Ok(Outcome::StillRejected(why.clone()));
    }
    match take(app, &source, mapped, kept.at, None).await {
        Ok(received) => {
            app.store().unreject(&kept.id).await?;
            Ok(Outcome::Event(received.tally))
        }
        Err(NotReceived::NotRecorded(error)) => Err(error),
        Err(other) => Ok(Outcome::StillRejected(other.to_string())),
    }
}

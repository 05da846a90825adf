//! Reviews of the past, or of a platform without webhooks, are recorded from a file.
//!
//! A row is an event like any other, so importing twice changes nothing, and an import that was
//! interrupted is simply run again. Unless it is asked to, it alerts nobody.

use jiff::Timestamp;
use serde::Serialize;
use vigie_domain::notice::NoticeId;
use vigie_domain::{Outcome, ReviewEvent, ReviewKey, Told};
use vigie_ports::{Arrival, Store as _, StoreError, World};

use crate::App;
use crate::raise::raise;
use crate::registry::SourceInForce;

/// How rows are recorded.
#[derive(Debug, Clone, Default)]
pub struct Importing {
    /// Whether people hear of them as if they had come by webhook.
    pub alert: bool,
    /// Reviews published before are closed if nobody answered them, with a reason.
    pub close_before: Option<(Timestamp, String)>,
}

/// What became of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// News, recorded.
    pub accepted: u64,
    /// Known already.
    pub duplicates: u64,
    /// Something newer was known.
    pub stale: u64,
}

impl Imported {
    /// Counts others too.
    pub const fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.stale += other.stale;
    }
}

/// Records rows of a source. Gives the notices that they made: nudge [`crate::deliver`].
///
/// # Errors
/// The store does not answer: run it again with the same rows.
pub async fn import<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    events: Vec<ReviewEvent>,
    how: &Importing,
) -> Result<(Imported, Vec<NoticeId>), StoreError> {
    let now = app.now();
    let arrivals: Vec<_> =
        events.into_iter().map(|event| arrival(source, event, how, now)).collect();
    let keys: Vec<ReviewKey> = arrivals.iter().map(|arrival| arrival.key.clone()).collect();
    let recorded = app.store().record(arrivals).await?;
    let mut imported = Imported::default();
    let mut notices = Vec::new();
    for (key, recorded) in keys.iter().zip(recorded) {
        match recorded.outcome {
            Outcome::Accepted => imported.accepted += 1,
            Outcome::Duplicate => imported.duplicates += 1,
            Outcome::Stale => imported.stale += 1,
        }
        if recorded.undecided {
            notices.extend(raise(app, key).await?);
        }
    }
    Ok((imported, notices))
}

fn arrival(source: &SourceInForce, event: ReviewEvent, how: &Importing, at: Timestamp) -> Arrival {
    let key = ReviewKey { source: source.id.clone(), external_id: event.external_id.clone() };
    let published = event.content.as_ref().and_then(|content| content.published_at);
    let past = how.close_before.as_ref();
    let past = past.filter(|(before, _)| published.is_some_and(|at| at < *before));
    let close = past.map(|(_, reason)| reason.clone());
    let told = Told::Imported { event: Box::new(event), quiet: !how.alert, close };
    Arrival { key, brand: source.brand.clone(), told, at, request: None }
}

//! One message of the queue.

use vigie_app::{App, deliver as sending};
use vigie_aws::{Cloud, Metrics, Sources};
use vigie_domain::SourceId;
use vigie_mail_ses::SesMail;
use vigie_ports::{Due, StoreError};

/// Tries to send a notice. One that another has, or that is not due, is nobody's failure.
pub(crate) async fn deliver(
    app: &App<Cloud<SesMail>>,
    sources: &Sources,
    metrics: &Metrics,
    due: Due,
) -> Result<(), StoreError> {
    let Due::Notice(id) = due else {
        tracing::error!(?due, "this is work of another function: watch finds it again");
        return Ok(());
    };
    // What is to be fetched needs its source, with what its platform's API wants to know.
    let make_ready = async |source: &SourceId| sources.make_ready(app, source.as_str()).await;
    let attempt = sending::deliver_with(app, &id, make_ready).await?;
    metrics.tried(&attempt);
    tracing::info!(notice.id = %id, outcome = ?attempt.outcome, "attempt");
    Ok(())
}

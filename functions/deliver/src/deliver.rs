//! One message of the queue.

use vigie_app::{App, deliver as sending};
use vigie_aws::{Cloud, Metrics};
use vigie_mail_ses::SesMail;
use vigie_ports::{Due, StoreError};

/// Tries to send a notice. One that another has, or that is not due, is nobody's failure.
pub(crate) async fn deliver(
    app: &App<Cloud<SesMail>>,
    metrics: &Metrics,
    due: Due,
) -> Result<(), StoreError> {
    let Due::Notice(id) = due else {
        tracing::error!(?due, "this is work of another function: watch finds it again");
        return Ok(());
    };
    let attempt = sending::deliver(app, &id).await?;
    metrics.tried(&attempt);
    tracing::info!(notice.id = %id, outcome = ?attempt.outcome, "attempt");
    Ok(())
}

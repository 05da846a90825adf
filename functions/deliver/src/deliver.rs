//! One message of the queue.

use vigie_app::{App, deliver as sending};
use vigie_aws::Cloud;
use vigie_mail_ses::SesMail;
use vigie_ports::{Due, StoreError};

/// Tries to send a notice. One that another has, or that is not due, is nobody's failure.
pub(crate) async fn deliver(app: &App<Cloud<SesMail>>, due: Due) -> Result<(), StoreError> {
    let Due::Notice(id) = due else {
        tracing::error!(?due, "this is work of another function: watch finds it again");
        return Ok(());
    };
    let delivered = sending::deliver(app, &id).await?;
    tracing::info!(notice.id = %id, outcome = ?delivered, "attempt");
    Ok(())
}

//! Sends what waits: each message of the queue names a notice, and the notice says the rest.

mod deliver;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use vigie_aws::{Home, Metrics, Sources, Surroundings, batch};
use vigie_mail_ses::SesMail;
use vigie_secrets_aws::Secrets;

/// Messages sent at once by one instance.
const AT_ONCE: usize = 5;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let surroundings = Surroundings::look();
    let feedback = surroundings.may_have("VIGIE_CONFIGURATION_SET");
    let home = Home::open(&surroundings, SesMail::new(&surroundings.shared, feedback)).await?;
    let sources = Sources::new(Secrets::new(&surroundings.shared));
    let metrics = Metrics::default();
    let work = async |event: LambdaEvent<SqsEvent>| -> Result<SqsBatchResponse, Error> {
        let in_force = home.in_force().await?;
        if !in_force.standing.is_open() {
            tracing::info!("these wait for the home that takes over");
            return Ok(SqsBatchResponse::default());
        }
        let one = |due| deliver::deliver(&in_force.app, &sources, &metrics, due);
        let done = batch::each(event.payload, AT_ONCE, one).await;
        home.note(&in_force).await;
        Ok(done)
    };
    lambda_runtime::run(service_fn(work)).await
}

//! Looks each minute at what waits, and hands it to those who do it; once a day at what is old.

mod watch;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use vigie_aws::{Home, NoMail, Surroundings};
use vigie_queue_sqs::SqsQueue;

use watch::Watch;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let surroundings = Surroundings::look();
    let raise = surroundings.need("VIGIE_RAISE_QUEUE")?;
    let deliver = surroundings.need("VIGIE_DELIVER_QUEUE")?;
    let queue = SqsQueue::new(&surroundings.shared, Some(raise), deliver);
    let watch = Watch::new(Home::open(&surroundings, NoMail).await?, queue);
    let work = async |event: LambdaEvent<Value>| {
        let until = event.context.deadline();
        watch.look(&event.payload, until).await
    };
    lambda_runtime::run(service_fn(work)).await
}

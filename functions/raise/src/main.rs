//! Decides changes, climbs ladders and makes reports: told by the table's stream, and by watch over
//! a queue.

mod raise;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use vigie_aws::{Home, NoMail, Surroundings};
use vigie_queue_sqs::SqsQueue;

use raise::Raise;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let surroundings = Surroundings::look();
    let deliver = surroundings.need("VIGIE_DELIVER_QUEUE")?;
    let queue = SqsQueue::new(&surroundings.shared, None, deliver);
    let home = Home::open(&surroundings, NoMail).await?;
    let raise = Raise::new(home, queue);
    let work = async |event: LambdaEvent<Value>| raise.work(event.payload).await;
    lambda_runtime::run(service_fn(work)).await
}

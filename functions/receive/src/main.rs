//! Takes webhooks from the HTTP API: verifies, records, answers.

mod receive;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use vigie_aws::http::Event;
use vigie_aws::{Home, NoMail, Sources, Surroundings};
use vigie_secrets_aws::Secrets;

use receive::Receive;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let surroundings = Surroundings::look();
    let home = Home::open(&surroundings, NoMail).await?;
    let receive = Receive::new(home, Sources::new(Secrets::new(&surroundings.shared)));
    let answer = async |event: LambdaEvent<Event>| receive.answer(event.payload).await;
    lambda_runtime::run(service_fn(answer)).await
}

//! Takes webhooks from the HTTP API: verifies, records, answers.

mod receive;
mod sources;

use lambda_http::{Error, Request, service_fn};
use vigie_aws::{Home, NoMail, Surroundings};
use vigie_secrets_aws::Secrets;

use receive::Receive;
use sources::Sources;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let surroundings = Surroundings::look().await;
    let home = Home::open(&surroundings, NoMail).await?;
    let receive = Receive::new(home, Sources::new(Secrets::new(&surroundings.shared)));
    lambda_http::run(service_fn(async |request: Request| receive.answer(request).await)).await
}

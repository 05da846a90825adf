//! Shows and acts on the signed links of messages.

use std::convert::Infallible;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use vigie_aws::http::{Answered, Asked, Event, elsewhere};
use vigie_aws::{Home, NoMail, Surroundings};
use vigie_relay::Relay;
use vigie_web::answer::problem;
use vigie_web::{Code, body, desk};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let home = Home::open(&Surroundings::look(), NoMail).await?;
    let relay = Relay::default();
    let desk = async |event: LambdaEvent<Event>| answer(&home, &relay, event.payload).await;
    lambda_runtime::run(service_fn(desk)).await
}

/// What is to be decided then is told by the table's stream.
async fn answer(home: &Home<NoMail>, relay: &Relay, event: Event) -> Result<Answered, Infallible> {
    let asked = Asked::from(event);
    let answer = match (body::judge(&asked.parts.headers, asked.body.len()), home.in_force().await)
    {
        (Err(code), _) => problem(code, &asked.id, None),
        (Ok(()), Ok(in_force)) => match elsewhere(relay, &in_force.standing, &asked).await {
            Some(answer) => answer,
            None => desk::answer(&in_force.app, &asked.parts, &asked.body, &asked.id).await.answer,
        },
        (Ok(()), Err(error)) => {
            tracing::error!(request.id = %asked.id.0, %error, "the store does not answer");
            problem(Code::StoreUnavailable, &asked.id, None)
        }
    };
    Ok(asked.answered("", answer))
}

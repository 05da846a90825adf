//! Hears from SES, over SNS, of messages that came back and of readers who did not want one.

mod event;

use aws_lambda_events::event::sns::SnsEvent;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use vigie_app::feedback::hear;
use vigie_aws::{Home, InForce, NoMail, Surroundings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let home = Home::open(&Surroundings::look(), NoMail).await?;
    let work = async |event: LambdaEvent<SnsEvent>| -> Result<(), Error> {
        let in_force = home.in_force().await?;
        if !in_force.standing.is_open() {
            let messages = event.payload.records.len();
            tracing::warn!(messages, "what SES tells is of another home's notices now: it is left");
            return Ok(());
        }
        for record in event.payload.records {
            take(&in_force, &record.sns.message).await?;
        }
        Ok(())
    };
    lambda_runtime::run(service_fn(work)).await
}

/// What is none of ours is left, and said: SNS would only tell it again.
async fn take(in_force: &InForce<NoMail>, message: &str) -> Result<(), Error> {
    match event::read(message) {
        Ok(Some(told)) => {
            let heard = hear(&in_force.app, &told.notice, &told.feedback).await?;
            tracing::info!(notice.id = %told.notice, outcome = ?heard, "feedback");
        }
        Ok(None) => tracing::info!("feedback that changes nothing"),
        Err(why) => tracing::error!(why, "a message of SES could not be read: it is left"),
    }
    Ok(())
}

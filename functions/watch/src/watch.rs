//! What a moment asks for.

use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Error;
use serde::Serialize;
use serde_json::Value;
use vigie_app::{erase, operator};
use vigie_aws::{Home, InForce, Metrics, NoMail};
use vigie_machine::now;
use vigie_ports::{Due, Moving as _, Queue as _, Standing, World as _, Written};
use vigie_queue_sqs::SqsQueue;

/// What one look takes up, of each sort. What is beyond it waits a minute.
const DUE_MAX: u32 = 2000;
/// The day's work ends this long before the function would be stopped; it goes on a day later.
const SPARE: SignedDuration = SignedDuration::from_secs(20);

/// The function.
pub(crate) struct Watch {
    home: Home<NoMail>,
    queue: SqsQueue,
    metrics: Metrics,
}

/// What a look did.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Looked {
    /// Handed to workers.
    due: usize,
    /// Messages to the operator that were made.
    told: usize,
    /// Reviews and notices that were forgotten.
    forgotten: u64,
}

impl Watch {
    pub(crate) fn new(home: Home<NoMail>, queue: SqsQueue) -> Self {
        Self { home, queue, metrics: Metrics::default() }
    }

    /// Looks. An event that names nothing is a minute's: whoever calls by hand means that.
    pub(crate) async fn look(&self, event: &Value, until: SystemTime) -> Result<Looked, Error> {
        let in_force = self.home.in_force().await?;
        if !in_force.standing.is_open() {
            take_back(&in_force).await?;
            return Ok(Looked::default());
        }
        let looked = match event.get("look").and_then(Value::as_str) {
            None | Some("minute") => self.minute(&in_force).await?,
            Some("day") => {
                let until = Timestamp::try_from(until)? - SPARE;
                day(&in_force, until).await?
            }
            Some(other) => {
                return Err(format!("the schedule asks for {other:?}, not minute or day").into());
            }
        };
        self.home.note(&in_force).await;
        let Looked { due, told, forgotten } = looked;
        tracing::info!(due, told, forgotten, "looked");
        Ok(looked)
    }

    async fn minute(&self, in_force: &InForce<NoMail>) -> Result<Looked, Error> {
        let app = &in_force.app;
        let waiting = app.world().store().waiting_at(now(), DUE_MAX).await?;
        self.metrics.looked(&waiting);
        let mut work = waiting.due;
        let due = work.len();
        let told = operator::tell(app).await?;
        let looked = Looked { due, told: told.len(), forgotten: 0 };
        work.extend(told.into_iter().map(Due::Notice));
        self.queue.put(&work).await?;
        Ok(looked)
    }
}

/// Takes back a home whose move was cut short: nobody went on with it in time, and the other home
/// was not told to begin.
async fn take_back(in_force: &InForce<NoMail>) -> Result<(), Error> {
    let store = in_force.app.world().store();
    match &in_force.standing {
        Standing::Leaving { until, to } if *until <= now() => {
            match store.stand(&in_force.standing, &Standing::Open).await? {
                Written::Done => {
                    tracing::warn!(to, "the move to another home was cut short: this one goes on");
                }
                Written::Moved => tracing::info!("the move goes on"),
            }
        }
        other => tracing::info!(home = other.id(), "nothing is looked at here"),
    }
    Ok(())
}

async fn day(in_force: &InForce<NoMail>, until: Timestamp) -> Result<Looked, Error> {
    let app = &in_force.app;
    operator::note_silences(app).await?;
    let mut looked = Looked::default();
    loop {
        let some = erase::expire(app, in_force.retention).await?;
        looked.forgotten += some.reviewers + some.reviews + some.notices;
        if !some.more || now() >= until {
            return Ok(looked);
        }
    }
}

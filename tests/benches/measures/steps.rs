//! What happens to a review on AWS, step by step, and what each step takes: every call of the
//! functions goes through a proxy that asks DynamoDB for its units.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use vigie_domain::Brand;
use vigie_ports::{Due, Moving as _, Piece, StoredBrand};
use vigie_tests::between::Spent;
use vigie_tests::cost::{Invocation, Measured, Step};
use vigie_tests::house::{House, SOURCE, brand, request, review, webhook, work};
use vigie_tests::platform::{ago, now, secret_of, signed, told, with};
use vigie_tests::runtime::Function;

use crate::functions::Functions;

/// Reviews of each sort.
const REVIEWS: usize = 20;

/// The steps of reviews in one house.
pub(crate) struct Steps<'a> {
    functions: &'a Functions,
    pub(crate) house: House,
}

impl<'a> Steps<'a> {
    pub(crate) async fn new(functions: &'a Functions) -> Result<Self> {
        let house = House::new().await?;
        house.between.meter();
        Ok(Self { functions, house })
    }

    /// Everything, in the order in which it happens.
    pub(crate) async fn all(&self) -> Result<Measured> {
        let posted = posts("good", 5)?;
        let good = self.receive(&posted).await?;
        let low = vec![
            self.receive(&posts("low", 2)?).await?,
            self.raise(&undecided("low")).await?,
            self.deliver().await?,
        ];
        let duplicate = self.receive(&posted).await?;
        let answers = (0..=REVIEWS).map(|n| answered(&format!("low-{n}")));
        let answers = answers.collect::<Result<Vec<_>>>()?;
        let answer = vec![self.receive(&answers).await?, self.raise(&undecided("low")).await?];
        let report = vec![self.report().await?, self.deliver().await?];
        let look = self.calls("watch", &[json!({}), json!({})]).await?;
        let step = |what: &str, invocations| Step { what: what.to_owned(), invocations };
        Ok(Measured {
            on: now().strftime("%Y-%m-%d").to_string(),
            good: step("a new good review", vec![good]),
            low: step("a new low review, and its alert", low),
            duplicate: step("a duplicate, or a stale event", vec![duplicate]),
            answer: step("an answer", answer),
            report: step("a brand's report, 21 open reviews", report),
            look: step("a minute with nothing due", vec![look]),
        })
    }

    pub(crate) async fn receive(&self, events: &[Value]) -> Result<Invocation> {
        self.calls("receive", events).await
    }

    async fn raise(&self, due: &[Due]) -> Result<Invocation> {
        let events: Vec<_> = due.iter().map(|one| work(std::slice::from_ref(one))).collect();
        self.calls("raise", &events).await
    }

    /// Sends what was queued.
    async fn deliver(&self) -> Result<Invocation> {
        let queued = self.house.queued("deliver").await?;
        ensure!(!queued.is_empty(), "nothing was made to be sent");
        let events: Vec<_> = queued.iter().map(|one| work(std::slice::from_ref(one))).collect();
        self.calls("deliver", &events).await
    }

    /// Makes the brand's report, which became due a moment ago.
    async fn report(&self) -> Result<Invocation> {
        self.house.store.put_pieces(vec![due_brand(brand(), ago(60))]).await?;
        self.raise(&[Due::Report(brand().id)]).await
    }

    /// Calls a function with each event, and gives the average of all but the first, which is also
    /// the function's first; of that one where there is no other.
    async fn calls(&self, name: &str, events: &[Value]) -> Result<Invocation> {
        let mut function = self.functions.start(&self.house, name).await?;
        let (first, others) = events.split_first().context("no events")?;
        self.house.between.spent();
        if others.is_empty() {
            return self.series(name, &mut function, events).await;
        }
        function.invoke(first).await?.done()?;
        self.series(name, &mut function, others).await
    }

    async fn series(
        &self,
        name: &str,
        function: &mut Function,
        events: &[Value],
    ) -> Result<Invocation> {
        self.house.between.spent();
        let (before, logged) = (function.processor_time()?, function.log()?.len());
        for event in events {
            let answer = function.invoke(event).await?.done()?;
            ensure!(well(&answer), "{name} answers {answer}: {}", function.log()?);
        }
        let used = function.processor_time()?.saturating_sub(before);
        let logged = function.log()?.len() - logged;
        Ok(average(name, used, logged, &self.house.between.spent(), events.len()))
    }
}

fn posts(named: &str, rating: u8) -> Result<Vec<Value>> {
    (0..=REVIEWS).map(|n| webhook(&format!("{named}-{n}"), rating)).collect()
}

fn answered(id: &str) -> Result<Value> {
    let reply = json!({"text": "Merci de votre avis, nous vous appelons.", "at": now()});
    let body = with(told("answered", id, &json!({})), &json!({"reply": reply})).to_string();
    let (path, headers) = signed(SOURCE, &secret_of(SOURCE)?, body.as_bytes(), now())?;
    Ok(request("POST", &path, &headers, &body))
}

/// Whether an event was taken, all of it.
fn well(answer: &Value) -> bool {
    let status = answer.get("statusCode").and_then(Value::as_u64);
    let again = answer.get("batchItemFailures").and_then(Value::as_array);
    status.is_none_or(|status| status == 200) && again.is_none_or(Vec::is_empty)
}

fn undecided(named: &str) -> Vec<Due> {
    (0..=REVIEWS).map(|n| Due::Undecided(review(&format!("{named}-{n}")))).collect()
}

/// A brand whose report is due at a moment.
pub(crate) fn due_brand(brand: Brand, at: jiff::Timestamp) -> Piece {
    let (applied_at, reported_at, praised_at) = (ago(86_400), None, None);
    let retired = false;
    let stored = StoredBrand { brand, retired, applied_at, report_at: at, reported_at, praised_at };
    Piece::Brand(Box::new(stored))
}

fn average(name: &str, used: Duration, logged: usize, spent: &[Spent], times: usize) -> Invocation {
    let times = times as f64;
    let sum = |figure: fn(&Spent) -> f64| spent.iter().map(figure).sum::<f64>() / times;
    let count = |operations: &[&str]| {
        let found = spent.iter().filter(|one| operations.contains(&one.operation.as_str()));
        found.count() as f64 / times
    };
    Invocation {
        function: name.to_owned(),
        processor_us: used.as_secs_f64() * 1e6 / times,
        calls: spent.len() as f64 / times,
        reads: sum(|one| one.reads),
        writes: sum(|one| one.writes),
        indexes: sum(|one| if one.writes > 0.0 { one.indexes } else { 0.0 }),
        queued: count(&["SendMessage", "SendMessageBatch"]),
        mails: count(&["SendRawEmail"]),
        logged: logged as f64 / times,
    }
}

//! Vigie as functions on AWS: the template of `infra/`, deployed to what stands in for it, with
//! functions as real processes under their own roles.
//!
//! Each stage has a server of its own, so no test meets another's. Its schedule is off: while a
//! test waits, the stage calls `watch` each second, as time would each minute.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::time::Instant;
use vigie_ports::{Due, Store as _};
use vigie_smtp_sink::Sink;
use vigie_store_dynamodb::DynamoStore;
use vigie_testkit::cloud::{House, Programs};

use super::Place;
use crate::home::Home;
use crate::platform::now;
use crate::programs;

/// How often `watch` looks while a test waits.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Commands that take `--store`.
const OF_THE_STORE: [&str; 13] = [
    "answered",
    "apply",
    "close",
    "erase",
    "explain",
    "import",
    "notices",
    "reconcile",
    "redrive",
    "report",
    "sources",
    "split",
    "status",
];

/// The house.
pub struct Cloud {
    /// The deployed stack.
    pub house: House,
    looked_at: Mutex<Option<Instant>>,
}

impl Cloud {
    /// The store of the stack's table, with every right.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn store(&self) -> Result<DynamoStore> {
        let client = vigie_store_dynamodb::client(&self.shared());
        Ok(DynamoStore::open(client, self.house.output("TableName"), [9; 32]).await?)
    }

    fn shared(&self) -> aws_config::SdkConfig {
        let account = &self.house.account;
        let key = aws_sdk_dynamodb::config::Credentials::new(
            &account.access_key,
            "x",
            None,
            None,
            "tests",
        );
        aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new(self.house.region))
            .endpoint_url(&account.endpoint)
            .credentials_provider(aws_sdk_dynamodb::config::SharedCredentialsProvider::new(key))
            .build()
    }

    /// Messages that lie in a queue or are being worked on.
    fn lying(&self, queue: &str) -> Result<u64> {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let asked = json!({"QueueUrl": self.house.output(queue), "AttributeNames": names});
        let told = self.house.ask("sqs", "get_queue_attributes", &asked).map_err(|e| anyhow!(e))?;
        let count = |name: &str| {
            let count = told.pointer(&format!("/Attributes/{name}"));
            let count = count.and_then(Value::as_str).context("no count")?;
            count.parse::<u64>().context("an odd count")
        };
        Ok(count(names[0])? + count(names[1])?)
    }
}

impl Place for Cloud {
    const KEEPS_MESSAGE_ID: bool = false;
    const REPORT_AHEAD_S: i64 = 15;

    fn prepare(sink: &Sink) -> Result<Self> {
        let programs = Programs::Folder(programs()?.to_owned());
        let house = House::build(sink.addr(), &programs, &[]);
        Ok(Self { house, looked_at: Mutex::default() })
    }

    fn configuration(&self, text: &str, _: &Sink) -> String {
        let House { stack, region, .. } = self.house;
        let aws = format!("[aws]\nstack = \"{stack}\"\nregion = \"{region}\"\n[server]");
        text.replace("{mail}", "ses").replacen("[server]", &aws, 1)
    }

    async fn start(&mut self, home: &Home) -> Result<()> {
        let arguments = ["apply", "--put-secrets"];
        let mut command = home.command(&arguments);
        self.equip(&mut command, &arguments);
        let output = command.output()?;
        ensure!(output.status.success(), "apply: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn url(&self) -> (String, Option<(String, SocketAddr)>) {
        let url = self.house.output("PublicUrl").to_owned();
        let name = url.trim_start_matches("http://").split(':').next().unwrap_or_default();
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default();
        let found = (name.to_owned(), SocketAddr::from(([127, 0, 0, 1], port)));
        (url, Some(found))
    }

    fn equip(&self, command: &mut Command, arguments: &[&str]) {
        command.envs(self.house.variables());
        if arguments.first().is_some_and(|name| OF_THE_STORE.contains(name)) {
            command.args(["--store", "aws"]);
        }
    }

    fn log(&self, _: &Home) -> Result<String> {
        self.house.log().map_err(|error| anyhow!(error))
    }

    async fn waiting(&self, _: &Home) -> Result<u64> {
        // A mark is due when it is two minutes old; nudges are to be faster.
        let soon = now() + SignedDuration::from_mins(4);
        let due = self.store().await?.due(soon, 1000).await?;
        let marks = due.iter().filter(|due| matches!(due, Due::Undecided(_) | Due::Notice(_)));
        Ok(marks.count() as u64 + self.lying("RaiseQueueUrl")? + self.lying("DeliverQueueUrl")?)
    }

    async fn tick(&self) -> Result<()> {
        let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        if looked_at.is_none_or(|at| at.elapsed() >= LOOK_EVERY) {
            let looked = self.house.invoke("watch", &json!({"look": "minute"}));
            looked.map_err(|error| anyhow!("watch: {error}"))?;
            *looked_at = Some(Instant::now());
        }
        Ok(())
    }
}

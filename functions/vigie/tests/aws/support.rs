//! A stack in an account of its own, and a folder with a vigie.toml that names it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ssm::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_ssm::types::ParameterType;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use vigie_domain::EventKind;
use vigie_store_dynamodb::{DynamoStore, client, table};
use vigie_testkit::build::{arrival, written};
use vigie_testkit::cloud::{Account, account, relaying};

pub(crate) const REGION: &str = "eu-west-3";
pub(crate) const TABLE: &str = "vigie";
/// The secret of `lumen-site`; the published example of Standard Webhooks.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// What the stack's addresses begin with.
pub(crate) const PUBLIC_URL: &str = "https://abc123.execute-api.eu-west-3.amazonaws.example";

/// A file without a fault, whose secrets are AWS's.
pub(crate) const CONFIG: &str = r#"
[aws]
stack = "vigie"
region = "eu-west-3"
[mail]
from = "Sara <sara@vigie.example>"
transport = "ses"
[operator]
email = ["ops@agency.example"]
[retention]
reviewer = "13 months"
[[brand]]
id = "lumen"
name = "Maison Lumen"
locale = "fr"
timezone = "Europe/Paris"
contacts = [ { id = "service", name = "Service client", email = "service@lumen.example" } ]
[[brand.source]]
id = "lumen-site"
platform = "standard-webhooks"
secrets = ["ssm:/vigie/lumen-site/1"]
"#;

/// The secret's reference of [`CONFIG`].
pub(crate) const REFERENCE: &str = "ssm:/vigie/lumen-site/1";

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The one document on standard output.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.out.trim()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A folder to run commands in, and the account that they work in.
pub(crate) struct Place {
    folder: TempDir,
    account: Account,
    pub(crate) shared: SdkConfig,
}

impl Place {
    /// A folder with [`CONFIG`], and an account without anything.
    pub(crate) fn bare() -> Self {
        Self::of(account())
    }

    /// The same, where SES hands what it takes to a mail server.
    pub(crate) fn relaying(to: SocketAddr) -> Self {
        Self::of(relaying(to))
    }

    fn of(account: Account) -> Self {
        let key = Credentials::new(&account.access_key, "none", None, None, "tests");
        let shared = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(&account.endpoint)
            .credentials_provider(SharedCredentialsProvider::new(key))
            .build();
        let place = Self { folder: tempfile::tempdir().unwrap(), account, shared };
        place.write("vigie.toml", CONFIG);
        place
    }

    /// The same with a stack: a table, two queues.
    pub(crate) async fn new() -> Self {
        let place = Self::bare();
        table::create(&client(&place.shared), TABLE).await.unwrap();
        place.stack("vigie", &[]).await;
        place
    }

    /// The same, applied.
    pub(crate) async fn applied() -> Self {
        let place = Self::new().await;
        let ran = place.run(&["apply", "--store", "aws"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        place
    }

    /// Makes a stack with the outputs of ours, less those named.
    pub(crate) async fn stack(&self, name: &str, less: &[&str]) {
        self.stack_with(name, less, &json!({}), &json!({})).await;
    }

    /// The same, with more resources and outputs.
    pub(crate) async fn stack_with(
        &self,
        name: &str,
        less: &[&str],
        resources: &Value,
        more: &Value,
    ) {
        let queue = |of: &str| {
            let name = format!("{name}-{of}");
            json!({"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}})
        };
        let mut outputs = json!({
            "PublicUrl": {"Value": PUBLIC_URL},
            "TableName": {"Value": TABLE},
            "RaiseQueueUrl": {"Value": {"Ref": "Raise"}},
            "DeliverQueueUrl": {"Value": {"Ref": "Deliver"}},
            "ConfigurationSet": {"Value": "vigie"},
            "SecretsPath": {"Value": "/vigie"},
            "Region": {"Value": REGION},
        });
        for one in less {
            outputs.as_object_mut().unwrap().remove(*one);
        }
        let mut all = json!({"Raise": queue("raise"), "Deliver": queue("deliver")});
        for (from, to) in [(resources, &mut all), (more, &mut outputs)] {
            to.as_object_mut().unwrap().extend(from.as_object().unwrap().clone());
        }
        let template = json!({"Resources": all, "Outputs": outputs});
        let stacks = aws_sdk_cloudformation::Client::new(&self.shared);
        let asked = stacks.create_stack().stack_name(name).template_body(template.to_string());
        asked.send().await.unwrap();
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(20));
        for _ in 0..500 {
            ticks.tick().await;
            let found = stacks.describe_stacks().stack_name(name).send().await.unwrap();
            let status = found.stacks()[0].stack_status().unwrap().as_str().to_owned();
            match status.as_str() {
                "CREATE_COMPLETE" => return,
                "CREATE_IN_PROGRESS" => {}
                other => panic!("the stack is {other}"),
            }
        }
        panic!("the stack is not made");
    }

    /// Asks a service of the account over plain HTTP; what stands in for AWS takes any signature.
    pub(crate) async fn put(&self, service: &str, path: &str, body: &Value) {
        let scope = format!("{}/20261126/{REGION}/{service}/aws4_request", self.account.access_key);
        let signed =
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
        let asked = reqwest::Client::new().put(format!("{}{path}", self.account.endpoint));
        let answer = asked.header("authorization", signed).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// Writes [`CONFIG`] with one text replaced, which must be there.
    pub(crate) fn configure(&self, from: &str, to: &str) {
        assert!(CONFIG.contains(from), "{from}");
        self.write("vigie.toml", CONFIG.replace(from, to));
    }

    /// The command, with the account's credentials and nothing else of this machine's AWS.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.stranger(arguments);
        command
            .env("AWS_ENDPOINT_URL", &self.account.endpoint)
            .env("AWS_ACCESS_KEY_ID", &self.account.access_key)
            .env("AWS_SECRET_ACCESS_KEY", "none");
        command
    }

    /// The command, without credentials.
    pub(crate) fn stranger(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vigie"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// The store of the stack.
    pub(crate) async fn store(&self) -> DynamoStore {
        DynamoStore::open(client(&self.shared), TABLE, [9; 32]).await.unwrap()
    }
}

pub(crate) fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let code = output.status.code().unwrap();
    Ran { code, out: text(&output.stdout), err: text(&output.stderr) }
}

/// The machine's time, so many hours ago: commands compare with their own clock.
#[expect(clippy::disallowed_methods, reason = "the binary under test reads the machine's clock")]
pub(crate) fn ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

/// Records a review of so many hundredths of stars.
pub(crate) async fn post(store: &impl vigie_ports::Store, id: &str, hundredths: u16, hours: i64) {
    let when = ago(hours);
    let told = written(EventKind::Posted, id, hundredths, when);
    store.record(vec![arrival(id, told, when)]).await.unwrap();
}

/// Puts the secret that [`CONFIG`] refers to.
pub(crate) async fn put_secret(place: &Place) {
    let parameters = aws_sdk_ssm::Client::new(&place.shared);
    let asked = parameters.put_parameter().name("/vigie/lumen-site/1").value(SECRET);
    asked.r#type(ParameterType::SecureString).send().await.unwrap();
}

//! The template of `infra/`, deployed: real processes as functions, under their roles.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::{Account, Start, python, start};

/// Asks as AWS's own client does.
const ASK: &str = include_str!("ask.py");
/// A function that calls as it is told.
const PROBE: &str = include_str!("probe.py");
/// Where the house stands.
const REGION: &str = "eu-west-3";
/// The name of the stack.
const STACK: &str = "vigie";
const FUNCTIONS: [&str; 6] = ["receive", "desk", "raise", "deliver", "watch", "feedback"];

/// What the functions are.
#[derive(Debug, Clone)]
pub enum Programs {
    /// Programs of this folder, named as the functions are.
    Folder(PathBuf),
    /// Zips of this folder, as `infra/build` leaves them.
    Zips(PathBuf),
    /// Each makes the call of AWS that its event says, with the rights of its role: an event names
    /// `service`, `operation` and `parameters`, and the answer is `done` or the error's code.
    Probes,
}

/// What a deployment gave: the stack's outputs by their names.
pub type Deployed = BTreeMap<String, String>;

/// A server of its own on which a stack stands, which ends with this.
pub struct House {
    /// The account, which may do everything.
    pub account: Account,
    /// The stack's name.
    pub stack: &'static str,
    /// Its region.
    pub region: &'static str,
    /// Its outputs.
    pub outputs: Deployed,
    asking: Mutex<Asking>,
    server: Child,
}

struct Asking {
    process: Child,
    asks: ChildStdin,
    hears: BufReader<ChildStdout>,
}

impl House {
    /// Deploys the template with these programs and parameters, beside those that tests need. Mail
    /// goes on to `relay_to`.
    ///
    /// It stops the test if the stack cannot be made: what AWS would say is in the message.
    pub fn build(relay_to: SocketAddr, programs: &Programs, parameters: &[(&str, &str)]) -> Self {
        let (endpoint, server) = start(Start { relay_to: Some(relay_to), enforces: true });
        // What comes to the HTTP API names no account: it is looked up in the server's own.
        let account = Account { endpoint, access_key: format!("{:012}", 0) };
        let asking = Mutex::new(Asking::start(&account));
        let outputs = Deployed::new();
        let mut house = Self { account, stack: STACK, region: REGION, outputs, asking, server };
        let mut given = BTreeMap::from([
            ("MailIdentity", "sara@vigie.example"),
            ("CreateMailIdentity", "true"),
            ("Architecture", "x86_64"),
            ("DeletionProtection", "false"),
            // A test lets time pass itself.
            ("Schedules", "DISABLED"),
        ]);
        given.extend(parameters.iter().copied());
        let programs: BTreeMap<&str, Value> =
            FUNCTIONS.iter().map(|name| (*name, programs.of(name))).collect();
        let deploy = json!({"deploy": {
            "template": template(), "stack": STACK, "parameters": given, "programs": programs,
        }});
        let made = house.asking.lock().unwrap().ask(&deploy).unwrap();
        house.outputs = serde_json::from_value(made).unwrap();
        house
    }

    /// An output of the stack.
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or_else(|| unreachable!("no output {name}"), String::as_str)
    }

    /// Calls AWS with every right: a service and an operation as botocore names them.
    ///
    /// # Errors
    /// AWS refuses.
    pub fn ask(&self, service: &str, operation: &str, parameters: &Value) -> Result<Value, String> {
        let asked = json!({
            "service": service, "operation": operation, "parameters": parameters,
        });
        self.asking.lock().unwrap().ask(&asked)
    }

    /// Calls a function and waits for its answer.
    ///
    /// # Errors
    /// It failed: with what it said.
    pub fn invoke(&self, function: &str, event: &Value) -> Result<Value, String> {
        let name = format!("{STACK}-{function}");
        let parameters = json!({"FunctionName": name, "Payload": event.to_string()});
        let answer = self.ask("lambda", "invoke", &parameters)?;
        let payload = answer["Payload"].as_str().unwrap_or_default();
        match answer.get("FunctionError") {
            Some(_) => Err(payload.to_owned()),
            None => Ok(serde_json::from_str(payload).unwrap_or_default()),
        }
    }

    /// Every line of every log group.
    ///
    /// # Errors
    /// AWS refuses.
    pub fn log(&self) -> Result<String, String> {
        let groups = self.ask("logs", "describe_log_groups", &json!({}))?;
        let mut lines = Vec::new();
        for group in groups["logGroups"].as_array().into_iter().flatten() {
            let name = &group["logGroupName"];
            let told = self.ask("logs", "filter_log_events", &json!({"logGroupName": name}))?;
            let told = told["events"].as_array().cloned().unwrap_or_default();
            let short = name.as_str().unwrap_or_default().rsplit('-').next().unwrap_or_default();
            lines.extend(told.iter().map(|event| {
                let at = event["timestamp"].as_i64().unwrap_or_default();
                let message = event["message"].as_str().unwrap_or_default();
                (at, format!("{short}: {}", message.trim_end()))
            }));
        }
        lines.sort_by_key(|(at, _)| *at);
        Ok(lines.into_iter().map(|(_, line)| line + "\n").collect())
    }

    /// What a command or a program needs in its environment to work in this account.
    pub fn variables(&self) -> [(&'static str, &str); 4] {
        [
            ("AWS_ENDPOINT_URL", &self.account.endpoint),
            ("AWS_ACCESS_KEY_ID", &self.account.access_key),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_REGION", REGION),
        ]
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // Gone already, or going: either way there is nothing more to do.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Programs {
    fn of(&self, name: &str) -> Value {
        match self {
            Self::Folder(folder) => json!(folder.join(name)),
            Self::Zips(folder) => json!(folder.join(format!("{name}.zip"))),
            Self::Probes => json!([python(), "-u", "-c", PROBE]),
        }
    }
}

impl Asking {
    fn start(account: &Account) -> Self {
        let mut process = Command::new(python())
            .args(["-u", "-c", ASK, &account.endpoint, &account.access_key, REGION])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let asks = process.stdin.take().unwrap();
        let hears = BufReader::new(process.stdout.take().unwrap());
        Self { process, asks, hears }
    }

    fn ask(&mut self, asked: &Value) -> Result<Value, String> {
        writeln!(self.asks, "{asked}").unwrap();
        let mut line = String::new();
        self.hears.read_line(&mut line).unwrap();
        let mut told: Value = serde_json::from_str(&line).unwrap();
        match told["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(told["answer"].take()),
        }
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The template.
pub fn template() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    root.join("infra/template.yaml")
}

//! The functions of AWS as they are shipped, but for this machine: how they start beside others
//! that do the same, and what a webhook costs beside what it cannot do without.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::time::Instant;
use vigie_tests::house::{House, SOURCE, TABLE, answer_of, webhook};
use vigie_tests::platform::{posted, secret_of};
use vigie_tests::runtime::Function;
use vigie_tests::{built, cargo, output_of, workspace_root};

use crate::scenes::{MIB, median, ms};
use crate::table::Aim::{Below, Stated};
use crate::table::{Table, section};

/// Debian's trusted certificates, in one file.
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
/// Webhooks that a function is given before its memory or its time is read.
const WARM: usize = 20;

/// The programs, and how long it may take to measure them.
pub(crate) struct Functions {
    pub(crate) folder: PathBuf,
    pub(crate) quick: bool,
}

impl Functions {
    /// Builds them.
    pub(crate) fn build(quick: bool) -> Result<Self> {
        let mut build = cargo();
        build.args([
            "build",
            "--locked",
            "--profile",
            "function",
            "--bins",
            "--package",
            "vigie-peers",
        ]);
        for name in ["receive", "raise", "deliver", "watch"] {
            build.args(["--package".to_owned(), format!("vigie-{name}")]);
        }
        // As in infra/build.
        build.env("AWS_LC_SYS_NO_JITTER_ENTROPY", "1");
        Ok(Self { folder: built(&mut build, "receive")?, quick })
    }

    pub(crate) fn rounds(&self, many: usize) -> usize {
        if self.quick { many.div_ceil(5) } else { many }
    }

    /// Starts one in a house, with the proxy between it and AWS.
    pub(crate) async fn start(&self, house: &House, name: &str) -> Result<Function> {
        Function::start(&self.folder.join(name), &house.variables()).await
    }

    /// Start, first answer, memory and size, of each in turn.
    pub(crate) async fn starts(&self, table: &mut Table) -> Result<()> {
        section("functions: one process each, under the same small Runtime API");
        let house = House::new().await?;
        for peer in [Peer::Empty, Peer::Bare, Peer::Receive, Peer::Python, Peer::Node] {
            let (mut ready, mut answered, mut memory) = (Vec::new(), Vec::new(), Vec::new());
            for round in 0..self.rounds(20) {
                let mut function =
                    Function::run(peer.command(self, &house)?, Path::new("f")).await?;
                let event = webhook(&format!("{peer:?}-{round}"), 5)?;
                let begin = Instant::now();
                let answer = function.invoke(&event).await?;
                ready.push(ms(function.ready_in));
                answered.push(ms(function.ready_in + begin.elapsed()));
                ensure!(answer_of(&answer)?.0 == 200, "{peer:?} answers {answer:?}");
                for more in 0..WARM {
                    function.invoke(&webhook(&format!("{peer:?}-{round}-{more}"), 5)?).await?;
                }
                memory.push(function.memory_kib("VmRSS")? as f64 / MIB);
            }
            let is_ours = matches!(peer, Peer::Receive);
            let aim = |limit| if is_ours { Below(limit) } else { Stated };
            let named = |what: &str| format!("{}: {what}", peer.name());
            table.row(&named("ready"), median(ready), "ms", aim(6.0));
            table.row(&named("first answer"), median(answered), "ms", Stated);
            table.row(&named("resident memory"), median(memory), "MiB", aim(12.0));
        }
        let shipped = workspace_root().join("dist/receive.zip");
        if let Ok(zip) = fs::metadata(shipped) {
            let size = zip.len() as f64 / MIB / MIB;
            table.row("receive: zip of infra/build, arm64", size, "MiB", Below(4.0));
        }
        table.row("receive: zip, x86-64", zip_mib(&self.folder.join("receive"))?, "MiB", Stated);
        Ok(())
    }

    /// Processor time of a webhook, beside its parts measured alone.
    pub(crate) async fn webhook(&self, table: &mut Table) -> Result<()> {
        section("webhook: processor time of one in receive, beside what it cannot do without");
        let house = House::new().await?;
        let times = self.rounds(1000);
        let mut all = Vec::new();
        // In turns: a busy machine is slower for each.
        for round in 0..self.rounds(5) {
            let parts = self.parts(&house, times)?;
            let mut functions = [0.0; 3];
            for (peer, used) in
                [Peer::Empty, Peer::Bare, Peer::Receive].into_iter().zip(&mut functions)
            {
                *used = self.processor_us(&house, peer, round, times).await?;
            }
            all.push((parts, functions));
        }
        let each =
            |figure: fn(&([f64; 3], [f64; 3])) -> f64| median(all.iter().map(figure).collect());
        table.row("HMAC alone", each(|(parts, _)| parts[0]), "us", Stated);
        table.row("reading the JSON alone", each(|(parts, _)| parts[1]), "us", Stated);
        table.row("the SDK's PutItem alone", each(|(parts, _)| parts[2]), "us", Stated);
        table.row("an empty function's event", each(|(_, [empty, ..])| *empty), "us", Stated);
        table.row(
            "a function that does the three and no more",
            each(|(_, [_, bare, _])| *bare),
            "us",
            Stated,
        );
        table.row("receive", each(|(_, [.., ours])| *ours), "us", Stated);
        let of_parts = each(|(parts, [.., ours])| ours / parts.iter().sum::<f64>() * 100.0);
        table.row("receive, of the three alone", of_parts, "%", Below(125.0));
        let of_bare = each(|(_, [_, bare, ours])| ours / bare * 100.0);
        table.row("receive, of the function that does the three", of_bare, "%", Stated);
        Ok(())
    }

    fn parts(&self, house: &House, times: usize) -> Result<[f64; 3]> {
        let mut parts = Command::new(self.folder.join("parts"))
            .args([TABLE, &times.to_string()])
            .env_clear()
            .envs(direct(house))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let body = posted("parts", 5).to_string();
        parts.stdin.take().context("no input")?.write_all(body.as_bytes())?;
        let output = parts.wait_with_output()?;
        let told: Value = serde_json::from_slice(&output.stdout).context("parts said nothing")?;
        let figure = |name: &str| told.get(name).and_then(Value::as_f64).context("no figure");
        Ok([figure("hmac_us")?, figure("parse_us")?, figure("put_us")?])
    }

    async fn processor_us(
        &self,
        house: &House,
        peer: Peer,
        round: usize,
        times: usize,
    ) -> Result<f64> {
        let mut function = Function::run(peer.command(self, house)?, Path::new("f")).await?;
        let name = format!("{peer:?}");
        for time in 0..WARM {
            function.invoke(&webhook(&format!("{name}-{round}-warm-{time}"), 5)?).await?;
        }
        let before = function.processor_time()?;
        for time in 0..times {
            function.invoke(&webhook(&format!("{name}-{round}-{time}"), 5)?).await?;
        }
        let used: Duration = function.processor_time()?.saturating_sub(before);
        Ok(used.as_secs_f64() * 1e6 / times as f64)
    }
}

/// What is started.
#[derive(Debug, Clone, Copy)]
enum Peer {
    Empty,
    Bare,
    Receive,
    Python,
    Node,
}

impl Peer {
    fn name(self) -> &'static str {
        match self {
            Self::Empty => "an empty function in Rust",
            Self::Bare => "the same job, Rust and no more",
            Self::Receive => "receive",
            Self::Python => "the same job, Python and boto3",
            Self::Node => "the same job, Node and SDK v3, bundled",
        }
    }

    fn command(self, functions: &Functions, house: &House) -> Result<Command> {
        let peers = workspace_root().join(".tools/peers");
        let mut command = match self {
            Self::Empty => Command::new(functions.folder.join("empty")),
            Self::Bare => Command::new(functions.folder.join("bare")),
            Self::Receive => Command::new(functions.folder.join("receive")),
            Self::Python => {
                let mut command = Command::new(peers.join("python/bin/python"));
                command.args(["-m", "awslambdaric", "handler.handler"]);
                command.current_dir(peers.join("python"));
                command
            }
            Self::Node => {
                let mut command = Command::new(peers.join("node/node"));
                command.arg("bundle.mjs").current_dir(peers.join("node"));
                command
            }
        };
        command.env_clear().envs(direct(house)).env("PEER_SECRET", secret_of(SOURCE)?);
        Ok(command)
    }
}

/// The variables of a house, without the proxy. Lambda's image has its trusted certificates in one
/// file; where there are hundreds beside it, as here, the SDK for Rust would read them all.
fn direct(house: &House) -> Vec<(&str, &str)> {
    let endpoint = ("AWS_ENDPOINT_URL", house.account.endpoint.as_str());
    let others = house.variables().into_iter().filter(|(name, _)| *name != endpoint.0);
    let bundle = Path::new(BUNDLE).is_file().then_some(("SSL_CERT_FILE", BUNDLE));
    others.chain([endpoint]).chain(bundle).collect()
}

/// The size of a program in a zip.
fn zip_mib(program: &Path) -> Result<f64> {
    let deflated = "import sys, zlib; print(len(zlib.compress(open(sys.argv[1], 'rb').read(), 9)))";
    let size = output_of(Command::new("python3").args(["-c", deflated]).arg(program))?;
    Ok(size.trim().parse::<f64>()? / MIB / MIB)
}

//! The page, walked: its configuration in folders like those of a machine, a first brand on trial,
//! then live.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use vigie_smtp_sink::{Credentials, Options, Received, Sink};
use vigie_tests::home::{Running, free_addr};
use vigie_tests::platform::posted;
use vigie_tests::stage::{Ran, Stage, WITHIN};

use crate::page::{brand, configuration};

const PASSWORD: &str = "an-invented-password-of-sara";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A machine's `etc` and `var` in a temporary folder, and a mail server that wants a password.
struct Machine {
    stage: Stage,
    sink: Sink,
}

impl Machine {
    /// Follows the page up to the configuration, which differs in where this machine's folders and
    /// its mail server are, and in free ports.
    fn new() -> Result<Self> {
        let credentials = Credentials { user: "sara".to_owned(), password: PASSWORD.to_owned() };
        let options = Options { credentials: Some(credentials), ..Options::default() };
        let sink = Sink::start_with(([127, 0, 0, 1], 0).into(), options)?;
        let machine = Self { stage: Stage::set("")?, sink };
        for (folder, mode) in [
            ("etc/vigie", 0o750),
            ("etc/vigie/brands", 0o750),
            ("etc/vigie/secrets", 0o700),
            ("var/lib", 0o755),
        ] {
            fs::create_dir_all(machine.path(folder))?;
            fs::set_permissions(machine.path(folder), fs::Permissions::from_mode(mode))?;
        }
        for (secret, value) in [("mail-password", PASSWORD), ("lumen-site", SECRET)] {
            let file = machine.path("etc/vigie/secrets").join(secret);
            fs::write(&file, format!("{value}\n"))?;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        }
        machine.configure(|text| text)?;
        machine.brand(|text| text)?;
        // The stage looks for the store beside the configuration.
        fs::remove_dir(machine.stage.home.data())?;
        symlink(machine.path("var/lib/vigie"), machine.stage.home.data())?;
        Ok(machine)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.stage.home.path().join(path)
    }

    fn configure(&self, change: impl Fn(String) -> String) -> Result<()> {
        let root = self.stage.home.path().display().to_string();
        let text = configuration()?;
        let sets = [
            ("/etc/vigie", format!("{root}/etc/vigie")),
            ("/var/lib/vigie", format!("{root}/var/lib/vigie")),
            ("127.0.0.1:8787", "127.0.0.1:0".to_owned()),
            ("127.0.0.1:8788", free_addr()?.to_string()),
            ("smtps://sara@mail.agency.example", format!("smtp://sara@{}", self.sink.addr())),
        ];
        let text = sets.iter().try_fold(text, |text, (page, here)| {
            ensure!(text.contains(page), "the page's configuration has no {page}");
            Ok(text.replace(page, here))
        })?;
        fs::write(self.path("etc/vigie/vigie.toml"), change(text))?;
        Ok(())
    }

    fn brand(&self, change: impl Fn(String) -> String) -> Result<()> {
        let folder = self.path("etc/vigie");
        let text = brand()?.replace("/etc/vigie", &folder.display().to_string());
        fs::write(folder.join("brands/lumen.toml"), change(text))?;
        Ok(())
    }

    /// A command of the page, with the file that it names.
    fn run(&self, arguments: &[&str]) -> Result<Ran> {
        let file = self.path("etc/vigie/vigie.toml").display().to_string();
        self.stage.run(&[arguments, &["--config", &file]].concat())
    }

    /// What the unit starts.
    async fn serve(&mut self) -> Result<()> {
        let file = self.path("etc/vigie/vigie.toml").display().to_string();
        let command = self.stage.home.command(&["serve", "--config", &file, "--log", "json"]);
        let nowhere = ([127, 0, 0, 1], 0).into();
        self.stage.take(Running::start(command, nowhere, self.path("serve.log"))?).await
    }

    fn review(&self, id: &str) -> Result<()> {
        fs::write(self.path("body.json"), posted(id, 2).to_string())?;
        let (url, body) = (format!("http://{}", self.stage.addr()), self.path("body.json"));
        let body = body.display().to_string();
        let sent = self.run(&["send", "--source", "lumen-site", "--url", &url, "--body", &body])?;
        ensure!(sent.code == 0, "{sent:?}");
        Ok(())
    }

    /// The mails, once so many came and nothing more is to be sent.
    async fn mails(&self, count: usize) -> Result<Vec<std::sync::Arc<Received>>> {
        let waited = self.sink.wait_for(count, WITHIN).await;
        waited.map_err(|few| anyhow::anyhow!("{few:?}"))?;
        self.stage.settled().await?;
        let mails = self.sink.messages();
        ensure!(mails.len() == count, "{} mails instead of {count}", mails.len());
        Ok(mails)
    }
}

fn mode(path: &Path) -> Result<u32> {
    Ok(fs::metadata(path)?.permissions().mode() & 0o777)
}

#[tokio::test]
async fn a_first_brand_goes_from_trial_to_live_and_nothing_of_the_past_is_sent() -> Result<()> {
    let mut machine = Machine::new()?;
    let checked = machine.run(&["check"])?;
    assert_eq!((checked.code, checked.err.as_str()), (0, ""), "{checked:?}");
    assert!(
        checked.out.contains("and 1 brand file are in order: 1 brand, 1 source, 2 contacts."),
        "{checked:?}"
    );
    assert!(!machine.path("var/lib/vigie").exists(), "a check leaves no trace");
    machine.serve().await?;
    assert_eq!(mode(&machine.path("var/lib/vigie"))?, 0o700);

    machine.review("r-1")?;
    let mails = machine.mails(1).await?;
    assert_eq!(mails[0].to, ["ops@agency.example"], "on trial all goes to the operator");
    let text = mails[0].text().context("no text")?;
    assert!(text.contains("Service client"), "for whom it was meant: {text}");

    machine.brand(|text| text.replace("deliver = \"trial\"", "deliver = \"live\""))?;
    machine.stage.running()?.signal("HUP")?;
    let log = || machine.stage.log();
    machine.stage.until("it is live", || Ok(log()?.contains("put in force"))).await?;
    assert!(log()?.contains("brand lumen"), "the difference is told: {}", log()?);
    machine.review("r-2")?;
    let mails = machine.mails(2).await?;
    assert_eq!(mails[1].to, ["service@lumen.example"]);

    // Two looks of the clock later still nothing of what came on trial.
    machine.stage.running()?.signal("HUP")?;
    let again = || Ok(machine.stage.log()?.matches("configuration read again").count() == 2);
    machine.stage.until("it read the file again", again).await?;
    machine.review("r-3")?;
    assert_eq!(machine.mails(3).await?[2].to, ["service@lumen.example"]);
    machine.stage.stop().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_look_of_the_page_tries_what_its_file_names() -> Result<()> {
    let mut machine = Machine::new()?;
    machine.serve().await?;
    let addr = machine.stage.addr();
    let here = |text: String| {
        let text = text.replace("127.0.0.1:0", &addr.to_string());
        text.replace("https://reviews.agency.example", &format!("http://{addr}"))
    };
    machine.configure(here)?;
    let checked = machine.run(&["check", "--live", "--mail-to", "ops@agency.example"])?;
    assert_eq!(checked.code, 0, "{checked:?}");
    for name in ["mail", "samples", "disk", "server", "address", "clock"] {
        assert!(checked.out.contains(&format!("\nok   {name:9}")), "{name}: {}", checked.out);
    }
    let samples = machine.sink.messages();
    assert_eq!(samples.len(), 2);
    assert!(!checked.out.contains(PASSWORD));
    machine.stage.stop().await
}

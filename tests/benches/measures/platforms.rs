//! The webhooks of several platforms, each with another kind of proof, as `vigie send` plays them.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use vigie_smtp_sink::{Options, Sink};
use vigie_tests::home::{Home, Running, free_addr};
use vigie_tests::webhook::SECRET;

use crate::scenes::{Bench, MIB};
use crate::server::READY_WITHIN;
use crate::table::Aim::{Below, Stated};
use crate::table::{Table, section};

/// One preset of each kind of proof that needs no key of somebody else's.
const PLATFORMS: [&str; 6] =
    ["generic-hmac", "judgeme", "standard-webhooks", "trustpilot", "stamped", "fera"];
/// A secret as Standard Webhooks writes one.
const WHSEC: &str = "whsec_bG9va291dC1mb3ItYnJhbmRzLXNpZ25zLWJlbmNoZXM=";
/// Webhooks a second that are offered: most samples are of bad reviews, so that about every second
/// one that is new makes an alert.
const RATE: usize = 1000;

fn configuration(home: std::net::SocketAddr, mail: std::net::SocketAddr) -> String {
    let mut text = format!(
        r#"[server]
listen = "{home}"
data = "data"
public_url = "http://{home}"

[mail]
from = "Sara <sara@vigie.example>"
transport = "smtp://{mail}"

[[brand]]
id = "lumen"
name = "Maison Lumen"
locale = "fr"
timezone = "Europe/Paris"
praise = "daily"
contacts = [{{ id = "service", name = "Service client", email = "service@lumen.example" }}]
"#
    );
    text.extend(PLATFORMS.map(|platform| {
        let key = if platform == "standard-webhooks" { "whsec" } else { "secret" };
        format!(
            "[[brand.source]]\nid = \"{platform}\"\nplatform = \"{platform}\"\n\
             secrets = [\"file:{key}\"]\n"
        )
    }));
    text
}

impl Bench {
    /// Each platform's samples in turn, at a rate, each review new and sent twice.
    pub(crate) async fn platforms(&self, table: &mut Table) -> Result<()> {
        section(&format!("platforms: vigie send --rate {RATE} --duplicates, each proof in turn"));
        let sink = Sink::start_with(
            "127.0.0.1:0".parse()?,
            Options { keep: false, ..Options::default() },
        )?;
        let addr = free_addr()?;
        let home = Home::with(&self.program, addr, &configuration(addr, sink.addr()))?;
        fs::write(home.path().join("secret"), SECRET)?;
        fs::write(home.path().join("whsec"), WHSEC)?;
        let mut running = home.serve()?;
        running.ready(READY_WITHIN).await?;
        for platform in PLATFORMS {
            self.platform(platform, &home, &running, table)?;
        }
        let peak = running.peak_memory_kib()? as f64 / MIB;
        table.row("peak memory", peak, "MiB", Below(64.0));
        Ok(())
    }

    fn platform(
        &self,
        platform: &str,
        home: &Home,
        running: &Running,
        table: &mut Table,
    ) -> Result<()> {
        let count = (RATE as f64 * self.lasting.as_secs_f64() / 2.0) as u64;
        let (count_text, rate) = (count.to_string(), RATE.to_string());
        let url = format!("http://{}", home.addr());
        let before = running.processor_time()?;
        let mut send = home.command(&["send", "--source", platform, "--json", "--duplicates"]);
        let output =
            send.args(["--url", &url, "--count", &count_text, "--rate", &rate]).output()?;
        let processor = running.processor_time()?.saturating_sub(before);
        let told: Value = serde_json::from_slice(&output.stdout)
            .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
        ensure!(output.status.success(), "{platform}: not all were taken: {told}");
        let figure =
            |name: &str| told.get(name).and_then(Value::as_f64).context("a figure is missing");
        let each = processor.as_secs_f64() * 1e6 / (2 * count) as f64;
        table.row(&format!("{platform}: rate"), figure("per_second")?, "/s", Stated);
        table.row(&format!("{platform}: p99"), figure("p99_ms")?, "ms", Stated);
        table.row(&format!("{platform}: processor for each"), each, "us", Stated);
        Ok(())
    }
}

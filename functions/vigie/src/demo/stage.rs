//! The demo's stage: a temporary home with one brand, and a mail server inside the process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use vigie_platforms::{Preset, Scheme, presets};
use vigie_smtp_sink::Sink;

use crate::load::CannotBegin;

/// The zone of the demo's brand.
const ZONE: &str = "Europe/Paris";
/// How long after the start the report is due.
const REPORT_AFTER: SignedDuration = SignedDuration::from_secs(7);

/// The secret of a preset's source. Only the demo has it, and only for its own life.
pub(crate) fn secret(preset: &Preset) -> &'static str {
    match preset.scheme() {
        Scheme::StandardWebhooks { .. } => "whsec_ZGVtby1zZWNyZXQtb2YtbWFpc29uLWx1bWVu",
        _ => "demo-secret-of-maison-lumen",
    }
}

/// A secret that nobody configured.
pub(crate) fn wrong_secret(preset: &Preset) -> &'static str {
    match preset.scheme() {
        Scheme::StandardWebhooks { .. } => "whsec_c29tZWJvZHktZWxzZS1hbHRvZ2V0aGVyLWhlcmU=",
        _ => "somebody-else-altogether",
    }
}

/// The id of a preset's source.
pub(crate) fn source(preset: &Preset) -> String {
    format!("lumen-{}", preset.id())
}

/// A folder that goes away with its owner.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes one among the system's temporary files.
    pub(crate) fn make() -> Result<Self, CannotBegin> {
        let path = std::env::temp_dir().join(format!("vigie-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path)
            .map(|()| Self(path.clone()))
            .map_err(|error| CannotBegin::Other(format!("cannot make {}: {error}", path.display())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Left behind, it is the system's to clear.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes the demo's configuration and its secrets; gives the configuration's path.
pub(crate) fn furnish(
    folder: &Folder,
    listen: SocketAddr,
    sink: &Sink,
    now: Timestamp,
) -> Result<PathBuf, CannotBegin> {
    let path = folder.path().join("vigie.toml");
    let cannot = |error: std::io::Error| {
        CannotBegin::Other(format!("cannot write to {}: {error}", folder.path().display()))
    };
    for preset in presets() {
        std::fs::write(folder.path().join(preset.id()), secret(preset)).map_err(cannot)?;
    }
    std::fs::write(&path, configuration(listen, sink.addr(), now)).map_err(cannot)?;
    Ok(path)
}

fn configuration(listen: SocketAddr, mail: SocketAddr, now: Timestamp) -> String {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let report_at = (now + REPORT_AFTER).to_zoned(zone).strftime("%H:%M:%S").to_string();
    let sources = presets().iter().map(|preset| {
        let (id, platform) = (source(preset), preset.id());
        format!(
            "\n[[brand.source]]\nid = \"{id}\"\nplatform = \"{platform}\"\n\
             secrets = [\"file:{platform}\"]\n"
        )
    });
    let sources: String = sources.collect();
    format!(
        r#"[server]
listen = "{listen}"
data = "data"
public_url = "http://{listen}"

[mail]
from = "Sara, pour Maison Lumen <sara@vigie.example>"
reply_to = "support@agency.example"
transport = "smtp://{mail}"

[[brand]]
id = "lumen"
name = "Maison Lumen"
locale = "fr"
timezone = "{ZONE}"
report_at = "{report_at}"
praise = "daily"
contacts = [
  {{ id = "service", name = "Service client", email = "service@lumen.example" }},
  {{ id = "direction", name = "Direction", email = "direction@lumen.example", gets = ["alert"] }},
]
escalate = [ {{ after = "20h", to = ["service"] }}, {{ after = "24h", to = ["direction"] }} ]
{sources}"#
    )
}

//! The demo's stage: a temporary home with a brand of three shops and one on trial.

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

/// The address of whoever runs Vigie.
pub(crate) const OPERATOR: &str = "ops@agency.example";

/// A source of the demo: who posts, where to, and with which secret. Only the demo has the secrets,
/// and only for its own life.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) preset: &'static Preset,
    pub(crate) source: String,
    pub(crate) secret: &'static str,
}

/// Maison Lumen's account on a platform.
pub(crate) fn lumen(preset: &'static Preset) -> Account {
    let secret = match preset.scheme() {
        Scheme::StandardWebhooks { .. } => "whsec_ZGVtby1zZWNyZXQtb2YtbWFpc29uLWx1bWVu",
        _ => "demo-secret-of-maison-lumen",
    };
    Account { preset, source: format!("lumen-{}", preset.id()), secret }
}

/// Atelier Bruma's own site.
pub(crate) fn bruma_site() -> Option<Account> {
    let preset = Preset::by_id("standard-webhooks")?;
    let secret = "whsec_ZGVtby1zZWNyZXQtb2YtYXRlbGllci1icnVtYQ==";
    Some(Account { preset, source: "bruma-site".to_owned(), secret })
}

/// Atelier Bruma's web shop, whose sender does not sign as its platform says.
pub(crate) fn bruma_shop() -> Option<Account> {
    let preset = Preset::by_id("shopify-product-review")?;
    let secret = "demo-secret-of-atelier-bruma";
    Some(Account { preset, source: "bruma-shop".to_owned(), secret })
}

/// A secret that nobody configured.
pub(crate) fn wrong_secret(preset: &Preset) -> &'static str {
    match preset.scheme() {
        Scheme::StandardWebhooks { .. } => "whsec_c29tZWJvZHktZWxzZS1hbHRvZ2V0aGVyLWhlcmU=",
        _ => "somebody-else-altogether",
    }
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
    let of_lumen: Vec<Account> = presets().iter().map(lumen).collect();
    let of_bruma: Vec<Account> = [bruma_site(), bruma_shop()].into_iter().flatten().collect();
    for account in of_lumen.iter().chain(&of_bruma) {
        std::fs::write(folder.path().join(&account.source), account.secret).map_err(cannot)?;
    }
    let text =
        [machine(listen, sink.addr()), brands(now, &sources(&of_lumen), &sources(&of_bruma))];
    std::fs::write(&path, text.concat()).map_err(cannot)?;
    Ok(path)
}

fn machine(listen: SocketAddr, mail: SocketAddr) -> String {
    format!(
        r#"[server]
listen = "{listen}"
data = "data"
public_url = "http://{listen}"

[mail]
from = "Sara, pour Maison Lumen <sara@vigie.example>"
reply_to = "support@agency.example"
transport = "smtp://{mail}"

[operator]
email = ["{OPERATOR}"]
"#
    )
}

fn sources(accounts: &[Account]) -> String {
    let sources = accounts.iter().map(|Account { preset, source, .. }| {
        let platform = preset.id();
        format!(
            "\n[[brand.source]]\nid = \"{source}\"\nplatform = \"{platform}\"\n\
             secrets = [\"file:{source}\"]\n"
        )
    });
    sources.collect()
}

/// `LYON-01`, `NANTES-02` and `lumen.example` are what the presets' samples say; they also say
/// `FR`, which is no shop's.
fn brands(now: Timestamp, of_lumen: &str, of_bruma: &str) -> String {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    let report_at = (now + REPORT_AFTER).to_zoned(zone).strftime("%H:%M:%S").to_string();
    format!(
        r#"
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
  {{ id = "lyon", name = "Équipe de Lyon", email = "lyon@lumen.example", gets = [] }},
  {{ id = "nantes", name = "Équipe de Nantes", email = "nantes@lumen.example", gets = [] }},
  {{ id = "web", name = "Équipe du site", email = "web@lumen.example", gets = [] }},
]
escalate = [ {{ after = "20h", to = ["shop"] }}, {{ after = "24h", to = ["direction"] }} ]

[[brand.shop]]
id = "lyon"
name = "Lyon Part-Dieu"
match = ["LYON-01"]
contacts = ["lyon"]

[[brand.shop]]
id = "nantes"
name = "Nantes"
match = ["NANTES-02"]
contacts = ["nantes"]

[[brand.shop]]
id = "web"
name = "Boutique en ligne"
match = ["lumen.example"]
contacts = ["web"]
{of_lumen}
[[brand]]
id = "bruma"
name = "Atelier Bruma"
locale = "en"
timezone = "{ZONE}"
deliver = "trial"
report_at = "{report_at}"
praise = "daily"
contacts = [
  {{ id = "care", name = "Customer care", email = "care@bruma.example" }},
  {{ id = "owner", name = "Owner", email = "owner@bruma.example", gets = ["alert"] }},
]
{of_bruma}"#
    )
}

//! The demo's stage: a temporary home with a brand of three shops and one on trial.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use secrecy::{ExposeSecret as _, SecretString};
use vigie_platforms::preset::{ApiAuth, Challenge, Fetch, Push};
use vigie_platforms::signature::KeyPair;
use vigie_platforms::{Expect, Preset, Scheme, presets};
use vigie_smtp_sink::Sink;

use super::api::{self, Api};
use crate::load::CannotBegin;

/// The zone of the demo's brand.
const ZONE: &str = "Europe/Paris";
/// How long after the start the report is due.
const REPORT_AFTER: SignedDuration = SignedDuration::from_secs(7);

/// The address of whoever runs Vigie.
pub(crate) const OPERATOR: &str = "ops@agency.example";

/// A source of the demo: who posts, where to, and with which secrets. Only the demo has them, and
/// only for its own life.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) preset: &'static Preset,
    pub(crate) source: String,
    /// What the platform signs with, and what the source has of it: the same, for most schemes.
    pub(crate) keys: KeyPair,
    /// What somebody signs with who is not the platform.
    pub(crate) wrong: SecretString,
}

impl Account {
    fn new(preset: &'static Preset, source: String, secret: &'static str) -> Self {
        let keys = of_scheme(preset.scheme(), secret);
        let wrong = of_scheme(preset.scheme(), WRONG).signing;
        Self { preset, source, keys, wrong }
    }

    /// What its tokens say beside: whom they are for, and of whom.
    pub(crate) fn expect(&self, server: SocketAddr) -> Expect {
        let audience = vec![format!("http://{server}/hooks/{}", self.source)];
        Expect { audience, sender: Some(SENDER.to_owned()) }
    }
}

/// What every source's set-up check asks for.
pub(crate) const WORD: &str = "demo-word-of-maison-lumen-for-set-up-checks";
const SENDER: &str = "push@demo.iam.example";
const WRONG: &str = "somebody-else-altogether-here";

/// A secret in the form that a scheme takes. Keys of two parts are made once for each text: an RSA
/// key takes a while.
fn of_scheme(scheme: &Scheme, text: &'static str) -> KeyPair {
    static MADE: LazyLock<Mutex<HashMap<(String, &'static str), KeyPair>>> =
        LazyLock::new(Mutex::default);
    let one = |text: String| {
        let secret = SecretString::from(text);
        KeyPair { signing: secret.clone(), verifying: secret }
    };
    match scheme {
        Scheme::StandardWebhooks { .. } => one(format!("whsec_{}", STANDARD.encode(text))),
        Scheme::Basic => one(format!("vigie:{text}")),
        _ => {
            // Every scheme of RSA takes the same sort of key.
            let sort = scheme.name().replace("bearer", "").replace("body", "");
            let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
            let pair = || KeyPair::generate(scheme).unwrap_or_else(|| one(text.to_owned()));
            made.entry((sort, text)).or_insert_with(pair).clone()
        }
    }
}

/// Maison Lumen's account on a platform.
pub(crate) fn lumen(preset: &'static Preset) -> Account {
    Account::new(preset, format!("lumen-{}", preset.id()), "demo-secret-of-maison-lumen")
}

/// Every platform that sends something.
pub(crate) fn platforms() -> impl Iterator<Item = &'static Preset> {
    presets().iter().copied().filter(|preset| preset.push() != Push::None)
}

/// Atelier Bruma's own site.
pub(crate) fn bruma_site() -> Option<Account> {
    let preset = Preset::by_id("standard-webhooks")?;
    Some(Account::new(preset, "bruma-site".to_owned(), "demo-secret-of-atelier-bruma"))
}

/// Atelier Bruma's web shop, whose sender does not sign as its platform says.
pub(crate) fn bruma_shop() -> Option<Account> {
    let preset = Preset::by_id("shopify-product-review")?;
    Some(Account::new(preset, "bruma-shop".to_owned(), "demo-secret-of-atelier-bruma"))
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

/// Writes the demo's configuration, its secrets and the presets that ask its API; gives the
/// configuration's path.
pub(crate) fn furnish(
    folder: &Folder,
    listen: SocketAddr,
    sink: &Sink,
    api: &Api,
    now: Timestamp,
) -> Result<PathBuf, CannotBegin> {
    let path = folder.path().join("vigie.toml");
    let cannot = |error: std::io::Error| {
        CannotBegin::Other(format!("cannot write to {}: {error}", folder.path().display()))
    };
    let of_lumen: Vec<Account> = platforms().map(lumen).collect();
    let of_bruma: Vec<Account> = [bruma_site(), bruma_shop()].into_iter().flatten().collect();
    let leave = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    leave("word", WORD).map_err(cannot)?;
    leave("api-secret", api::SECRET).map_err(cannot)?;
    for account in of_lumen.iter().chain(&of_bruma) {
        leave(&account.source, account.keys.verifying.expose_secret()).map_err(cannot)?;
        if let Some(text) = asks(account.preset).then(|| api.instead(account.preset)).flatten() {
            leave(&format!("{}.toml", account.preset.id()), &text).map_err(cannot)?;
        }
    }
    let (lumen, bruma) = (sources(&of_lumen, api), sources(&of_bruma, api));
    let text = [machine(listen, sink.addr()), brands(now, &lumen, &bruma)];
    std::fs::write(&path, text.concat()).map_err(cannot)?;
    Ok(path)
}

/// Whether a platform's reviews are read from its API.
fn asks(preset: &Preset) -> bool {
    preset.push() == Push::Thin
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

fn sources(accounts: &[Account], api: &Api) -> String {
    accounts.iter().map(|account| source(account, api)).collect()
}

fn source(Account { preset, source, .. }: &Account, api: &Api) -> String {
    let id = preset.id();
    let platform = if asks(preset) { format!("./{id}.toml") } else { id.to_owned() };
    let word = preset.challenge().is_some_and(Challenge::needs_word);
    let lines = [
        Some("\n[[brand.source]]".to_owned()),
        Some(format!("id = \"{source}\"\nplatform = \"{platform}\"")),
        Some(format!("secrets = [\"file:{source}\"]")),
        word.then(|| "challenge = [\"file:word\"]".to_owned()),
        preset.scheme().has_sender().then(|| format!("sender = \"{SENDER}\"")),
        preset.fetch().filter(|_| asks(preset)).map(|fetch| asked(fetch, api)),
    ];
    lines.into_iter().flatten().map(|line| line + "\n").collect()
}

/// How a platform's API is asked.
fn asked(fetch: &Fetch, api: &Api) -> String {
    let needs = fetch.needs();
    let keys = [
        (fetch.auth() != ApiAuth::None).then(|| "secret = \"file:api-secret\"".to_owned()),
        needs.contains(&"base").then(|| format!("base = \"{}\"", api.base())),
        needs.contains(&"account").then(|| format!("account = \"{}\"", api::ACCOUNT)),
    ];
    let keys: Vec<String> = keys.into_iter().flatten().collect();
    format!("api = {{ {} }}", keys.join(", "))
}

/// `LYON-01`, `NANTES-02`, `lumen.example` and a location of Google's are what the presets' samples
/// say; they also say `FR`, which is no shop's.
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
match = ["NANTES-02", "accounts/1/locations/2"]
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

//! A folder with a vigie.toml and a store, and the real binary run in it.

use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;
use vigie_domain::decide::{NotMade, WhyNot};
use vigie_domain::{
    Brand, Channel, Decided, EventKind, Kind, NewNotice, NoticeId, Subject, Told, Why,
};
use vigie_ports::{Settlement, Store as _, Verdict, Written};
use vigie_store_sqlite::SqliteStore;
use vigie_testkit::build::{arrival, key, written};

/// The secret of `lumen-site`; the published example of Standard Webhooks.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// The token of `lumen-trustpilot`.
pub(crate) const TOKEN: &str = "t0ken-of-the-address-of-lumen";

/// A file without a fault.
pub(crate) const CONFIG: &str = r#"
[server]
data = "data"
[mail]
from = "Sara <sara@vigie.example>"
transport = "file:outbox"
[[brand]]
id = "lumen"
name = "Maison Lumen"
locale = "fr"
timezone = "Europe/Paris"
contacts = [
  { id = "service", name = "Service client", email = "service@lumen.example" },
  { id = "direction", name = "Direction", email = "direction@lumen.example", gets = [] },
]
escalate = [ { after = "20h", to = ["service"] }, { after = "24h", to = ["direction"] } ]
[[brand.source]]
id = "lumen-site"
platform = "standard-webhooks"
secrets = ["env:LUMEN_SITE_SECRET"]
[[brand.source]]
id = "lumen-trustpilot"
platform = "trustpilot"
secrets = ["env:LUMEN_TRUSTPILOT_TOKEN"]
"#;

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
        let mut lines = self.out.lines();
        let document = lines.next().unwrap_or_else(|| panic!("no document: {self:?}"));
        assert_eq!(lines.next(), None, "one document");
        serde_json::from_str(document).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A folder to run commands in.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// A folder with [`CONFIG`], not applied.
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.write("vigie.toml", CONFIG);
        place
    }

    /// A folder whose store has the brand.
    pub(crate) fn applied() -> Self {
        let place = Self::new();
        let ran = place.run(&["apply"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_vigie"))
            .args(arguments)
            .current_dir(self.path())
            .env("LUMEN_SITE_SECRET", SECRET)
            .env("LUMEN_TRUSTPILOT_TOKEN", TOKEN)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let code = output.status.code().unwrap();
        Ran { code, out: text(&output.stdout), err: text(&output.stderr) }
    }

    pub(crate) fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.path().join("data"), vigie_store_sqlite::Options::default())
            .unwrap()
    }
}

/// The machine's time, so many hours ago: commands compare with their own clock.
#[expect(clippy::disallowed_methods, reason = "the binary under test reads the machine's clock")]
pub(crate) fn ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

/// Records a review of so many hundredths of stars, published and received at `when`.
pub(crate) async fn post(store: &SqliteStore, id: &str, hundredths: u16, when: Timestamp) {
    tell(store, id, written(EventKind::Posted, id, hundredths, when), when).await;
}

pub(crate) async fn tell(store: &SqliteStore, id: &str, told: Told, when: Timestamp) {
    store.record(vec![arrival(id, told, when)]).await.unwrap();
}

/// Decides a review as one alert to `service` and none to `direction`.
pub(crate) async fn alert(store: &SqliteStore, id: &str, when: Timestamp) -> NoticeId {
    let direction = Some("direction".parse().unwrap());
    let decided = Decided {
        under: true,
        not_made: vec![NotMade { kind: Kind::Alert, to: direction, why: WhyNot::GetsNone }],
        ..Decided::default()
    };
    let notice = notice_of(id, when);
    decide(store, id, decided, vec![notice.clone()]).await;
    notice.id
}

pub(crate) async fn decide(
    store: &SqliteStore,
    id: &str,
    decided: Decided,
    notices: Vec<NewNotice>,
) {
    let stored = store.review(&key(id)).await.unwrap().unwrap();
    let verdict = Verdict {
        key: key(id),
        writes: stored.writes,
        decided: Decided { revision: stored.review.revision, ..decided },
        step_at: None,
        notices,
        all_new: false,
        at: stored.review.first_seen_at,
    };
    assert_eq!(store.decide(verdict).await.unwrap(), Written::Done);
}

fn notice_of(id: &str, due_at: Timestamp) -> NewNotice {
    let subject = Subject::Review { reviews: vec![key(id)], step: None, why: Why::Contact };
    NewNotice {
        id: NoticeId::of([id]),
        brand: Brand::sample().id,
        kind: Kind::Alert,
        channel: Channel::Email,
        to: "service".parse().unwrap(),
        subject,
        due_at,
        with: None,
        meant_for: Vec::new(),
    }
}

/// Claims a notice and gives it up.
pub(crate) async fn kill(store: &SqliteStore, id: &NoticeId) {
    let claimed = store.claim(id, "token", ago(0), ago(-1)).await.unwrap();
    assert!(claimed.is_some(), "the notice is due");
    let dead = Settlement::Dead { reason: "550 no such user".to_owned(), unknown: false };
    assert_eq!(store.settle(id, "token", dead, ago(0)).await.unwrap(), Written::Done);
}

/// The keys of a JSON object.
pub(crate) fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Nothing is wider than a terminal.
pub(crate) fn assert_narrow(ran: &Ran) {
    for line in ran.out.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

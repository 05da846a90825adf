//! The world of the week: a store in memory, a clock that the test moves, a mailbox.

use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use vigie_app::App;
use vigie_domain::Brand;
use vigie_domain::brand::{Contact, Gets, Shop, Step};
use vigie_ports::{Accepted, Email, Mail, SendError};
use vigie_store_sqlite::SqliteStore;
use vigie_tests::app::Still;

/// A mail that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Mailed {
    pub(crate) to: String,
    pub(crate) at: Timestamp,
    pub(crate) kind: String,
    pub(crate) review: Option<String>,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// Every mail, in order.
#[derive(Default)]
pub(crate) struct Letterbox(pub(crate) Mutex<Vec<Mailed>>);

impl Mail for Letterbox {
    async fn send(&self, email: &Email, _within: Duration) -> Result<Accepted, SendError> {
        let header = |wanted: &str| {
            email.headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone())
        };
        self.0.lock().unwrap().push(Mailed {
            to: email.to.address.clone(),
            at: email.date,
            kind: header("X-Vigie-Kind").unwrap(),
            review: header("X-Vigie-Review"),
            subject: email.subject.clone(),
            text: email.text.clone(),
        });
        Ok(Accepted::default())
    }
}

pub(crate) type Week = Still<Letterbox>;

/// A brand with so many shops, each with its manager; a desk for what is of none, and a direction.
pub(crate) fn brand(shops: u64) -> Brand {
    let mut brand = Brand::sample();
    "judgeme".clone_into(&mut brand.sources[0].platform);
    brand.send_between = "08:00-20:00".parse().unwrap();
    for number in 0..shops {
        let manager = format!("manager-{number}");
        brand.contacts.push(Contact {
            id: manager.parse().unwrap(),
            name: format!("Responsable {number}"),
            email: format!("{manager}@lumen.example"),
            gets: vec![Gets::Report],
        });
        brand.shops.push(Shop {
            id: format!("shop-{number}").parse().unwrap(),
            name: format!("Boutique {number}"),
            says: Vec::new(),
            contacts: vec![manager.parse().unwrap()],
        });
    }
    let step = |hours, to: &str, to_shop| Step {
        after: jiff::SignedDuration::from_hours(hours),
        to: if to.is_empty() { Vec::new() } else { vec![to.parse().unwrap()] },
        to_shop,
    };
    brand.escalate =
        vec![step(20, "", true), step(24, "service", true), step(48, "direction", false)];
    brand
}

/// The application with this brand, at the beginning of time.
pub(crate) async fn app(brand: Brand) -> App<Week> {
    let store = SqliteStore::in_memory().unwrap();
    vigie_tests::app::app(store, Letterbox::default(), brand, &[]).await.unwrap()
}

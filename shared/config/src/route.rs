//! `[[brand.route]]`: who gets an alert.

use std::str::FromStr;

use vigie_domain::{Channel, ContactId, Route, Severity, SourceId, Stars};

use crate::advice::{CAUSE, cause};
use crate::code::Code;
use crate::key::{ID, Key, Kind, Words, words};
use crate::near;
use crate::node::{Node, all, quoted};
use crate::people::People;
use crate::shop::Shops;
use crate::source;
use crate::table::Table;
use crate::values::Bad;

pub(crate) const KEYS: &[Key] = &[
    Key::or(
        "when",
        "{}",
        Kind::Table(WHEN_KEYS),
        "Which alerts: all keys must hold, any value of a list.",
    ),
    Key::needed("to", Kind::SomeList(&RECIPIENT), "Who gets them: email:CONTACT."),
    Key::or("continue", "false", Kind::Flag, "Whether the routes after it are looked at too."),
];
const WHEN_KEYS: &[Key] = &[
    Key::optional("stars_below", Kind::Stars, "Of reviews under so many stars."),
    Key::optional("cause", Kind::ListOrOne(&CAUSE), "Of reviews with one of these causes."),
    Key::optional("severity", Kind::ListOrOne(&SEVERITY), "Of reviews as grave as one of these."),
    Key::optional(
        "source",
        Kind::ListOrOne(&ID),
        "Of reviews from one of these sources of the brand.",
    ),
    Key::optional("shop", Kind::ListOrOne(&ID), "Of reviews of one of these shops of the brand."),
];
const SEVERITIES: Words<Severity, 4> = [
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
];
const SEVERITY: Kind = Kind::OneOf(|| words(&SEVERITIES));
const RECIPIENT: Kind = Kind::Text("^email:[a-z0-9][a-z0-9_-]{0,62}$");
const TO: &str = "write to = [\"email:service\"]";

/// A brand's routes, as far as they could be read.
pub(crate) struct Routes {
    /// The routes, if all are in order.
    pub(crate) list: Option<Vec<Route>>,
    /// Their conditions; `None` for one that could not be read.
    conditions: Vec<Option<Route>>,
    /// Whether all could be looked at.
    whole: bool,
}

impl Routes {
    /// Reads every `[[brand.route]]` of a brand.
    pub(crate) fn read(brand: &Table<'_>, people: &People, shops: &Shops) -> Self {
        let rows = brand.rows("route", "write [[brand.route]], with two brackets");
        let sources = source::ids(brand);
        let mut conditions = Vec::new();
        let list = all(&rows.tables, |row| {
            row.check_keys(KEYS);
            let when =
                row.or("when", Route::default(), |node| when(node, shops, sources.as_deref()));
            conditions.push(when.clone());
            let to = row.need("to", TO).and_then(|node| node.some_list());
            let to = to.and_then(|list| all(list, |node| recipient(&node, people)));
            let goes_on = row.or("continue", false, Node::flag);
            Some(Route { to: to?, goes_on: goes_on?, ..when? })
        });
        Self { list: list.filter(|_| rows.whole), conditions, whole: rows.whole }
    }

    /// Whether some route takes every alert there can be, or may once its fault is mended.
    pub(crate) fn cover(&self, alert_below: Option<Stars>) -> bool {
        let always = |route: &Route| {
            let below =
                route.stars_below.is_none_or(|limit| alert_below.is_none_or(|a| limit >= a));
            let any = route.causes.is_empty() && route.severities.is_empty();
            below && any && route.sources.is_empty() && route.shops.is_empty()
        };
        !self.whole || self.conditions.iter().any(|route| route.as_ref().is_none_or(always))
    }
}

/// The conditions of a route; it names nobody yet.
fn when(node: &Node<'_>, shops: &Shops, sources: Option<&[&str]>) -> Option<Route> {
    let table = node.table("write when = { stars_below = 2.0 }")?;
    table.check_keys(WHEN_KEYS);
    let stars_below = table.or("stars_below", None, |node| node.stars().map(Some));
    let causes =
        table.or("cause", Vec::new(), |node| all(node.list_or_one()?, |item| cause(&item)));
    let severities =
        table.or("severity", Vec::new(), |node| all(node.list_or_one()?, |item| severity(&item)));
    let sources = table
        .or("source", Vec::new(), |node| all(node.list_or_one()?, |item| named(&item, sources)));
    let at =
        table.or("shop", Vec::new(), |node| all(node.list_or_one()?, |item| shops.named(&item)));
    Some(Route {
        stars_below: stars_below?,
        causes: causes?,
        severities: severities?,
        sources: sources?,
        shops: at?,
        ..Route::default()
    })
}

fn severity(node: &Node<'_>) -> Option<Severity> {
    node.one_of(Code::UnknownValue, &SEVERITIES)
}

/// One of the brand's own sources; any, where they could not all be looked at.
fn named(node: &Node<'_>, sources: Option<&[&str]>) -> Option<SourceId> {
    let given = node.text()?;
    if sources.is_none_or(|known| known.contains(&given)) {
        return SourceId::from_str(given).ok();
    }
    let hint = near::hint(given, sources.unwrap_or_default(), "this brand has");
    let message = format!("this brand has no source {}", quoted(given));
    node.refuse(Code::UnknownSource, Bad::new(message, hint))
}

/// `channel:contact`.
fn recipient(node: &Node<'_>, people: &People) -> Option<(Channel, ContactId)> {
    let given = node.text()?;
    let Some((channel, contact)) = given.split_once(':') else {
        let message = format!("{} does not say by which channel", quoted(given));
        let contact = if people.knows(given) { given } else { people.example() };
        let hint = format!("write \"email:{contact}\"");
        return node.refuse(Code::ChannelMissing, Bad::new(message, hint));
    };
    if channel != Channel::Email.id() {
        let message = format!("this version of Vigie has no channel {}", quoted(channel));
        let hint = "this version sends e-mail only: write \"email:CONTACT\"";
        return node.refuse(Code::ChannelNotYet, Bad::new(message, hint));
    }
    Some((Channel::Email, people.named(node, contact)?))
}

//! `[[brand]]`: who is reviewed, and what they asked for.

use std::collections::BTreeMap;

use jiff::{SignedDuration, civil};
use vigie_domain::brand::defaults;
use vigie_domain::{Brand, Deliver, Gets, Hours, Locale, Praise, Roundup, Step};

use crate::advice;
use crate::code::Code;
use crate::key::{ID, Key, Kind, SOMETHING, Words, words};
use crate::node::{Node, all};
use crate::people::{self, People};
use crate::route::{self, Routes};
use crate::shop::{self, Shops};
use crate::source;
use crate::table::{Ids, Table};
use crate::values::{self, Bad, DURATION, HOURS, TIME, ZONE};

pub(crate) const KEYS: &[Key] = &[
    Key::needed("id", ID, "The brand's id, unique over all files."),
    Key::needed("name", SOMETHING, "The brand's name, as messages show it."),
    Key::needed("locale", LOCALE, "The language that the brand reads."),
    Key::needed("timezone", ZONE, "An IANA time zone, such as Europe/Paris."),
    Key::or("deliver", r#""live""#, DELIVER, "Live, on trial (all to the operator), or off."),
    Key::or("alert_below", "4.0", Kind::Stars, "A review under so many stars alerts."),
    Key::or("alert_within", r#""7d""#, DURATION, "A review seen later than this alerts nobody."),
    Key::or("answer_within", r#""24h""#, DURATION, "The promise: a first answer within this time."),
    Key::or(
        "report_at",
        r#""08:00""#,
        TIME,
        "The local time of the report and of gathered praise.",
    ),
    Key::or("report_when_empty", "true", Kind::Flag, "Whether a quiet day has a report too."),
    Key::or("praise", r#""daily""#, PRAISE, "How often good reviews go to the team."),
    Key::or("roundup", r#""monthly""#, ROUNDUP, "How often the team hears how a while went."),
    Key::or("send_between", r#""00:00-24:00""#, HOURS, "Local hours; outside them messages wait."),
    Key::needed("contacts", Kind::SomeTables(people::KEYS), "Who hears of this brand's reviews."),
    Key::optional("advice", Kind::Table(advice::KEYS), "The brand's own way with complaints."),
    Key::optional("cause", Kind::Tables(advice::CAUSE_KEYS), "What holds for one cause."),
    Key::optional("escalate", Kind::Tables(STEP_KEYS), "Who hears again while nobody answers."),
    Key::optional("shop", Kind::Tables(shop::KEYS), "Where the brand is."),
    Key::optional("source", Kind::Tables(source::KEYS), "The brand's accounts on platforms."),
    Key::optional(
        "route",
        Kind::Tables(route::KEYS),
        "Who gets which alerts; the first that matches.",
    ),
];
const STEP_KEYS: &[Key] = &[
    Key::needed("after", DURATION, "How long after publication nobody has answered."),
    Key::needed(
        "to",
        Kind::SomeList(&ID),
        "Ids of contacts; shop: the people of the review's shop.",
    ),
];
const LOCALES: Words<Locale, 2> =
    [(Locale::Fr.code(), Locale::Fr), (Locale::En.code(), Locale::En)];
const LOCALE: Kind = Kind::OneOf(|| words(&LOCALES));
const PRAISES: Words<Praise, 4> = [
    ("each", Praise::Each),
    ("daily", Praise::Daily),
    ("weekly", Praise::Weekly),
    ("off", Praise::Off),
];
const PRAISE: Kind = Kind::OneOf(|| words(&PRAISES));
const ROUNDUPS: Words<Roundup, 3> =
    [("weekly", Roundup::Weekly), ("monthly", Roundup::Monthly), ("off", Roundup::Off)];
const ROUNDUP: Kind = Kind::OneOf(|| words(&ROUNDUPS));
const DELIVERS: Words<Deliver, 3> =
    [("live", Deliver::Live), ("trial", Deliver::Trial), ("off", Deliver::Off)];
const DELIVER: Kind = Kind::OneOf(|| words(&DELIVERS));
/// In the `to` of a step: whoever gets the alerts of the review's shop.
const THE_SHOP: &str = "shop";
const STEP: &str = "write escalate = [ { after = \"20h\", to = [\"service\"] } ]";

/// What brands share: the ids met so far, and whether there is an operator.
#[derive(Default)]
pub(crate) struct Seen {
    brands: Ids,
    sources: Ids,
    /// Whether there is an operator, who gets the messages of a brand on trial.
    pub(crate) operator: bool,
}

/// Reads a brand to its end, whatever is faulty. `None` only where a fault was recorded.
pub(crate) fn read(table: &Table<'_>, seen: &mut Seen) -> Option<Brand> {
    table.check_keys(KEYS);
    let id = table.id("a brand").filter(|_| table.is_new("brands", &mut seen.brands));
    let name = table.need("name", "write the brand's name as messages should show it");
    let name = name.and_then(|node| node.parse(Code::BadName, values::name));
    let manner = manner(table);
    let promise = promise(table);
    let praise =
        table.or("praise", Praise::default(), |node| node.one_of(Code::UnknownValue, &PRAISES));
    let roundup =
        table.or("roundup", Roundup::default(), |node| node.one_of(Code::UnknownValue, &ROUNDUPS));
    let alert_below = table.or("alert_below", defaults::ALERT_BELOW, Node::stars);
    let people = People::read(table);
    let shops = Shops::read(table, &people);
    let escalate = escalate(table, &people, &shops);
    let sources = source::read_all(table, &shops, &mut seen.sources);
    let routes = Routes::read(table, &people, &shops);
    check_reach(table, &people, routes.cover(alert_below), praise);
    let deliver = table.or("deliver", Deliver::Live, |node| deliver(node, seen.operator));
    let hours =
        table.or("send_between", Hours::ALL_DAY, |node| node.parse(Code::BadHours, values::hours));
    let advice = advice::read(table, &people, manner.as_ref().map(|(locale, ..)| *locale));
    let (locale, timezone, report_at, report_when_empty) = manner?;
    let (alert_within, answer_within) = promise?;
    Some(Brand {
        id: id?,
        file: None,
        name: name?,
        locale,
        timezone,
        deliver: deliver?,
        alert_below: alert_below?,
        alert_within,
        answer_within,
        report_at,
        report_when_empty,
        praise: praise?,
        roundup: roundup?,
        send_between: hours?,
        contacts: people.contacts?,
        shops: shops.list?,
        escalate: escalate?,
        routes: routes.list?,
        sources: sources?,
        advice: advice?,
    })
}

/// In which language, where, and when a brand reads.
fn manner(table: &Table<'_>) -> Option<(Locale, String, civil::Time, bool)> {
    let locale = table.need("locale", "write locale = \"fr\" or locale = \"en\"");
    let locale = locale.and_then(|node| node.one_of(Code::UnknownValue, &LOCALES));
    let zone = table.need("timezone", "write one such as timezone = \"Europe/Paris\"");
    let zone = zone.and_then(|node| node.parse(Code::UnknownZone, values::zone));
    let hour = civil::Time::constant(defaults::REPORT_AT_HOUR, 0, 0, 0);
    let report_at = table.or("report_at", hour, |node| node.parse(Code::BadTime, values::time));
    let when_empty = table.or("report_when_empty", true, Node::flag);
    Some((locale?, zone?, report_at?, when_empty?))
}

/// `alert_within` and `answer_within`.
fn promise(table: &Table<'_>) -> Option<(SignedDuration, SignedDuration)> {
    let alert = table.or("alert_within", defaults::ALERT_WITHIN, duration);
    let answer = table.or("answer_within", defaults::ANSWER_WITHIN, duration);
    Some((alert?, answer?))
}

fn duration(node: &Node<'_>) -> Option<SignedDuration> {
    node.parse(Code::BadDuration, values::duration)
}

fn deliver(node: &Node<'_>, has_operator: bool) -> Option<Deliver> {
    let read = node.one_of(Code::UnknownValue, &DELIVERS)?;
    if read == Deliver::Trial && !has_operator {
        let message = "on trial all messages go to the operator, and there is none";
        let hint = "write [operator] with email = [\"you@agency.example\"]";
        return node.refuse(Code::NoOperator, Bad::new(message, hint));
    }
    Some(read)
}

/// The ladder: by time, the steps of one moment merged. Where it is not written, every contact
/// hears at the default times; in a brand with shops, those of the review's shop and those of none.
fn escalate(table: &Table<'_>, people: &People, shops: &Shops) -> Option<Vec<Step>> {
    if table.get("escalate").is_none() {
        let of_shops: Vec<_> =
            shops.list.as_ref()?.iter().flat_map(|shop| &shop.contacts).collect();
        let ids = people.contacts.as_ref()?.iter().map(|contact| contact.id.clone());
        let to: Vec<_> = ids.filter(|id| !of_shops.contains(&id)).collect();
        let to_shop = !of_shops.is_empty();
        let step = |after| Step { after, to: to.clone(), to_shop };
        return Some(defaults::ESCALATE_AFTER.map(step).to_vec());
    }
    let rows = table.rows("escalate", STEP);
    let steps = all(&rows.tables, |row| step(row, people, shops)).filter(|_| rows.whole)?;
    let mut merged: BTreeMap<SignedDuration, Step> = BTreeMap::new();
    for step in steps {
        let known =
            merged.entry(step.after).or_insert_with(|| Step { to: Vec::new(), ..step.clone() });
        known.to_shop |= step.to_shop;
        for contact in step.to {
            if !known.to.contains(&contact) {
                known.to.push(contact);
            }
        }
    }
    Some(merged.into_values().collect())
}

fn step(row: &Table<'_>, people: &People, shops: &Shops) -> Option<Step> {
    row.check_keys(STEP_KEYS);
    let after = row.need("after", STEP).and_then(|node| duration(&node));
    let list = row.need("to", STEP).and_then(|node| node.some_list());
    // A contact of that name is meant first.
    let means_shop = !people.knows(THE_SHOP) && shops.has_some();
    let mut to_shop = false;
    let to = list.and_then(|list| {
        let named = all(list, |node| match node.text()? {
            THE_SHOP if means_shop => {
                to_shop = true;
                Some(None)
            }
            id => people.named(&node, id).map(Some),
        })?;
        Some(named.into_iter().flatten().collect())
    });
    Some(Step { after: after?, to: to?, to_shop })
}

/// Every alert, praise and report must reach somebody. Says nothing of what cannot be known
/// because of another fault.
fn check_reach(table: &Table<'_>, people: &People, covered: bool, praise: Option<Praise>) {
    let Some(gets) = &people.gets else { return };
    let off = praise.is_none_or(|praise| praise == Praise::Off);
    for (what, word, elsewhere, how) in [
        (Gets::Alert, "alert", covered, "; or add a [[brand.route]] without `when`"),
        (Gets::Praise, "praise", off, "; or write praise = \"off\""),
        (Gets::Report, "report", false, ""),
    ] {
        if !elsewhere && !gets.contains(&what) {
            let message =
                format!("no contact of this brand gets \"{word}\": it would reach nobody");
            let hint = format!("add \"{word}\" to the gets of a contact{how}");
            table
                .get("contacts")
                .and_then(|node| node.refuse::<()>(Code::ReachesNobody, Bad::new(message, hint)));
        }
    }
}

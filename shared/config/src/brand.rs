//! `[[brand]]`: who is reviewed, and what they asked for.

use std::collections::BTreeMap;

use jiff::{SignedDuration, civil};
use vigie_domain::brand::defaults;
use vigie_domain::{Brand, ContactId, Gets, Locale, Praise, Step};

use crate::code::Code;
use crate::node::{Node, all};
use crate::people::People;
use crate::route::Routes;
use crate::source;
use crate::table::Table;
use crate::values::{self, Bad};

const KEYS: [&str; 16] = [
    "id",
    "name",
    "locale",
    "timezone",
    "deliver",
    "alert_below",
    "alert_within",
    "answer_within",
    "report_at",
    "report_when_empty",
    "praise",
    "send_between",
    "contacts",
    "escalate",
    "source",
    "route",
];
const LATER: [&str; 1] = ["shop"];
const STEP_KEYS: [&str; 2] = ["after", "to"];
const STEP: &str = "write escalate = [ { after = \"20h\", to = [\"service\"] } ]";

/// The ids met so far in the file.
#[derive(Default)]
pub(crate) struct Seen<'a> {
    brands: Vec<&'a str>,
    sources: Vec<&'a str>,
}

/// Reads a brand to its end, whatever is faulty. `None` only where a fault was recorded.
pub(crate) fn read<'a>(table: &Table<'a>, seen: &mut Seen<'a>) -> Option<Brand> {
    table.check_keys(&KEYS, &LATER);
    let id = table.id("a brand").filter(|_| table.is_first("brands", &mut seen.brands));
    let name = table.need("name", "write the brand's name as messages should show it");
    let name = name.and_then(|node| node.parse(Code::BadName, values::name));
    let manner = manner(table);
    let promise = promise(table);
    let praise = table.or("praise", Praise::default(), praise);
    let alert_below = table.or("alert_below", defaults::ALERT_BELOW, Node::stars);
    let people = People::read(table);
    let escalate = escalate(table, &people);
    let sources = source::read_all(table, &mut seen.sources);
    let routes = Routes::read(table, &people);
    check_reach(table, &people, routes.cover(alert_below), praise);
    let live = is_live(table) && !LATER.iter().any(|key| table.get(key).is_some());
    let (locale, timezone, report_at, report_when_empty) = manner?;
    let (alert_within, answer_within) = promise?;
    let brand = Brand {
        id: id?,
        name: name?,
        locale,
        timezone,
        alert_below: alert_below?,
        alert_within,
        answer_within,
        report_at,
        report_when_empty,
        praise: praise?,
        contacts: people.contacts?,
        escalate: escalate?,
        routes: routes.list?,
        sources: sources?,
    };
    live.then_some(brand)
}

/// In which language, where, and when a brand reads.
fn manner(table: &Table<'_>) -> Option<(Locale, String, civil::Time, bool)> {
    let locale = table.need("locale", "write locale = \"fr\" or locale = \"en\"");
    let locale =
        locale.and_then(|node| node.one_of(Code::UnknownValue, &["fr", "en"], Locale::from_code));
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

fn praise(node: &Node<'_>) -> Option<Praise> {
    node.one_of(Code::UnknownValue, &["each", "daily", "weekly", "off"], |text| match text {
        "each" => Some(Praise::Each),
        "daily" => Some(Praise::Daily),
        "weekly" => Some(Praise::Weekly),
        "off" => Some(Praise::Off),
        _ => None,
    })
}

/// Whether the keys that a later version brings say what this one does anyway; faults if not.
fn is_live(table: &Table<'_>) -> bool {
    let live = table.or("deliver", (), |node| {
        let modes = ["live", "trial", "off"];
        let pick = |text: &str| modes.contains(&text).then_some(text == "live");
        if node.one_of(Code::UnknownValue, &modes, pick)? {
            return Some(());
        }
        later(node, "deliver other than \"live\"")
    });
    let all_day = table.or("send_between", (), |node| match node.text()? {
        "00:00-24:00" => Some(()),
        _ => later(node, "send_between other than \"00:00-24:00\""),
    });
    live.is_some() && all_day.is_some()
}

fn later<T>(node: &Node<'_>, what: &str) -> Option<T> {
    node.refuse(Code::NotInThisVersion, Bad::later(what))
}

/// The ladder: by time, the steps of one moment merged. Where it is not written, every contact
/// hears at the default times.
fn escalate(table: &Table<'_>, people: &People) -> Option<Vec<Step>> {
    if table.get("escalate").is_none() {
        let to: Vec<_> = people.contacts.as_ref()?.iter().map(|c| c.id.clone()).collect();
        return Some(defaults::ESCALATE_AFTER.map(|after| Step { after, to: to.clone() }).to_vec());
    }
    let rows = table.rows("escalate", STEP);
    let steps = all(&rows.tables, |row| step(row, people)).filter(|_| rows.whole)?;
    let mut merged: BTreeMap<SignedDuration, Vec<ContactId>> = BTreeMap::new();
    for step in steps {
        let to = merged.entry(step.after).or_default();
        for contact in step.to {
            if !to.contains(&contact) {
                to.push(contact);
            }
        }
    }
    Some(merged.into_iter().map(|(after, to)| Step { after, to }).collect())
}

fn step(row: &Table<'_>, people: &People) -> Option<Step> {
    row.check_keys(&STEP_KEYS, &[]);
    let after = row.need("after", STEP).and_then(|node| duration(&node));
    let to = row.need("to", STEP).and_then(|node| node.some_list());
    let to = to.and_then(|list| all(list, |node| people.named(&node, node.text()?)));
    Some(Step { after: after?, to: to? })
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

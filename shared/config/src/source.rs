//! `[[brand.source]]`: a brand's account on a platform.

use vigie_domain::Source;

use crate::access;
use crate::code::Code;
use crate::environment::PresetInfo;
use crate::key::{ID, Key, Kind, SOMETHING};
use crate::near;
use crate::node::{Node, all, quoted};
use crate::secret::{self, SECRET};
use crate::shop::Shops;
use crate::table::{Ids, Table};
use crate::values::Bad;

pub(crate) const KEYS: &[Key] = &[
    Key::needed("id", ID, "The source's id, unique over all brands, and the end of its address."),
    Key::needed("platform", SOMETHING, "A preset's id, or a path to a preset file."),
    Key::or(
        "secrets",
        "[]",
        Kind::List(&SECRET),
        "Where its secrets are; several while one rotates.",
    ),
    Key::optional("shop", ID, "The shop that all its reviews are of."),
    access::CHALLENGE,
    access::AUDIENCE,
    access::SENDER,
    access::ALLOW_FROM,
    access::BASIC,
    access::API,
];
const EACH: &str = "write [[brand.source]], with two brackets";

/// Reads every source of a brand; `seen` are the ids of all brands so far.
pub(crate) fn read_all(brand: &Table<'_>, shops: &Shops, seen: &mut Ids) -> Option<Vec<Source>> {
    let rows = brand.rows("source", EACH);
    all(&rows.tables, |row| read(row, shops, seen)).filter(|_| rows.whole)
}

/// The ids that a brand's sources give, faulty or not; `None` if some may be missed. Records
/// nothing.
pub(crate) fn ids<'a>(brand: &Table<'a>) -> Option<Vec<&'a str>> {
    brand.peek_ids("source")
}

fn read(row: &Table<'_>, shops: &Shops, seen: &mut Ids) -> Option<Source> {
    row.check_keys(KEYS);
    let id = row.id("a source").filter(|_| row.is_new("sources of all brands", seen));
    let platform = row.need("platform", "write platform = \"standard-webhooks\"");
    let platform = platform.and_then(|node| platform_of(&node));
    let secrets =
        row.or("secrets", Vec::new(), |node| all(node.list()?, |s| secret::of_source(&s)));
    let shop = row.or("shop", None, |node| shops.named(node).map(Some));
    let access = access::read(row, platform.as_ref().map(|(_, preset)| preset));
    let (platform, preset) = platform?;
    let secrets = secrets?;
    if preset.needs_secret && secrets.is_empty() {
        let message = format!("a source of {} needs a secret", quoted(&platform));
        let bad = Bad::new(message, "write secrets = [\"env:NAME\"], what the platform shows you");
        return row.refuse("secrets", Code::MissingSecret, bad);
    }
    Some(Source { id: id?, platform, secrets, shop: shop?, access: access? })
}

fn platform_of(node: &Node<'_>) -> Option<(String, PresetInfo)> {
    let given = node.text()?;
    let environment = node.reading.environment;
    let named = if is_preset_path(given) { preset_path(node, given) } else { given.to_owned() };
    let reason = match environment.preset(&named) {
        Ok(PresetInfo { instead: Some(instead), .. }) => {
            let message = format!("{} sends no webhook of reviews", quoted(given));
            return node.refuse(Code::NoWebhook, Bad::new(message, instead));
        }
        Ok(preset) => return Some((named, preset)),
        Err(reason) => vigie_domain::text::excerpt(&reason, 200),
    };
    if is_preset_path(given) {
        let message = format!("the preset file {} cannot be used: {reason}", quoted(given));
        let hint = "a path is taken from the folder of this file";
        return node.refuse(Code::PresetFaulty, Bad::new(message, hint));
    }
    let ids = environment.preset_ids();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let hint = near::hint(given, &ids, "a preset's id or a path to a preset file; the ids are");
    node.refuse(Code::UnknownPlatform, Bad::new(format!("no platform is {}", quoted(given)), hint))
}

/// The path of a preset file from the folder of vigie.toml: still a path, not an id.
fn preset_path(node: &Node<'_>, given: &str) -> String {
    let path = node.reading.path(given);
    if is_preset_path(&path) { path } else { format!("./{path}") }
}

/// Whether a platform is a path to a preset file and not a preset's id.
///
/// ```
/// assert!(vigie_config::is_preset_path("presets/ours.toml"));
/// assert!(!vigie_config::is_preset_path("standard-webhooks"));
/// ```
pub fn is_preset_path(platform: &str) -> bool {
    platform.contains('/') || platform.strip_suffix(".toml").is_some()
}

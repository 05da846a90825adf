//! `[[brand.shop]]`: where a brand is, and who there gets what.

use vigie_domain::{ContactId, Shop, ShopId};

use crate::code::Code;
use crate::key::{ID, Key, Kind, SOMETHING};
use crate::near;
use crate::node::{Node, all, quoted};
use crate::people::People;
use crate::table::Table;
use crate::values::{self, Bad};

pub(crate) const KEYS: &[Key] = &[
    Key::needed("id", ID, "The shop's id, unique within the brand."),
    Key::needed("name", SOMETHING, "What messages call this shop."),
    Key::or(
        "match",
        "[]",
        Kind::List(&SOMETHING),
        "What a payload's location may say, beside id and name.",
    ),
    Key::optional(
        "contacts",
        Kind::SomeList(&ID),
        "Who gets this shop's alerts and praise instead.",
    ),
];
const EACH: &str = "write [[brand.shop]], with two brackets";

/// What is known of a brand's shops, even where some are faulty.
pub(crate) struct Shops {
    /// The shops, if all are in order.
    pub(crate) list: Option<Vec<Shop>>,
    /// Every id given, whether or not the rest of its shop is in order; `None` if some may have
    /// been missed.
    ids: Option<Vec<String>>,
}

impl Shops {
    /// Reads every `[[brand.shop]]` of a brand.
    pub(crate) fn read(brand: &Table<'_>, people: &People) -> Self {
        let rows = brand.rows("shop", EACH);
        let ids: Option<Vec<_>> =
            rows.tables.iter().map(|row| row.given_id().map(str::to_owned)).collect();
        let mut seen = Vec::new();
        let mut places = Places::default();
        let list = all(&rows.tables, |row| shop(row, people, &mut seen, &mut places));
        let whole = rows.whole;
        Self { list: list.filter(|_| whole), ids: ids.filter(|_| whole) }
    }

    /// Reads the id of one of the shops.
    pub(crate) fn named(&self, node: &Node<'_>) -> Option<ShopId> {
        let given = node.text()?;
        let Some(ids) = &self.ids else { return given.parse().ok() };
        if ids.iter().any(|known| known == given) {
            return given.parse().ok();
        }
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let hint = if ids.is_empty() {
            "this brand has none: write [[brand.shop]] first".to_owned()
        } else {
            near::hint(given, &ids, "this brand has")
        };
        let message = format!("this brand has no shop {}", quoted(given));
        node.refuse(Code::UnknownShop, Bad::new(message, hint))
    }

    /// Whether the brand has shops, or may have once their fault is mended.
    pub(crate) fn has_some(&self) -> bool {
        self.ids.as_ref().is_none_or(|ids| !ids.is_empty())
    }
}

/// What locations mean the shops so far: their ids, their names, and what they match.
#[derive(Default)]
struct Places {
    /// Each as it is compared, and the shop that it means, by its turn.
    known: Vec<(String, usize)>,
    turn: usize,
}

impl Places {
    /// Takes one for the shop whose turn it is; a fault if it means another already.
    fn take(&mut self, node: &Node<'_>, says: &str) -> bool {
        let plain = says.trim().to_lowercase();
        if self.known.iter().any(|(known, turn)| *known == plain && *turn != self.turn) {
            let message = format!("{} means another shop of this brand too", quoted(says));
            let hint = "a location means one shop only, by its id, its name or what it matches";
            return node.refuse::<()>(Code::SameMatch, Bad::new(message, hint)).is_some();
        }
        self.known.push((plain, self.turn));
        true
    }
}

fn shop<'a>(
    row: &Table<'a>,
    people: &People,
    seen: &mut Vec<&'a str>,
    places: &mut Places,
) -> Option<Shop> {
    row.check_keys(KEYS);
    places.turn += 1;
    let id: Option<ShopId> = row.id("a shop").filter(|_| row.is_first("shops of this brand", seen));
    let id = id.filter(|id| row.get("id").is_some_and(|node| places.take(&node, id.as_str())));
    let name = row.need("name", "write what messages should call this shop");
    let name = name.and_then(|node| {
        node.parse(Code::BadName, values::name).filter(|name| places.take(&node, name))
    });
    let says = row.or("match", Vec::new(), |node| {
        all(node.list()?, |item| {
            item.parse(Code::BadName, values::name).filter(|says| places.take(&item, says))
        })
    });
    let contacts = row.or("contacts", Vec::new(), |node| contacts(node, people));
    Some(Shop { id: id?, name: name?, says: says?, contacts: contacts? })
}

fn contacts(node: &Node<'_>, people: &People) -> Option<Vec<ContactId>> {
    all(node.some_list()?, |item| people.named(&item, item.text()?))
}

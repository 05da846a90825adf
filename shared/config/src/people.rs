//! A brand's contacts, and the places that name them.

use vigie_domain::{Contact, ContactId, Gets};

use crate::address::{self, EMAIL};
use crate::code::Code;
use crate::key::{ID, Key, Kind, SOMETHING, Words, words};
use crate::near;
use crate::node::{Node, all, quoted};
use crate::table::Table;
use crate::values::{self, Bad};

pub(crate) const KEYS: &[Key] = &[
    Key::needed("id", ID, "The contact's id, unique within the brand."),
    Key::needed("name", SOMETHING, "What messages call this contact."),
    Key::needed("email", EMAIL, "The address that messages go to."),
    Key::or(
        "gets",
        r#"["alert", "praise", "report"]"#,
        Kind::List(&GETS),
        "What this contact gets.",
    ),
];
const EACH: &str = "write contacts = [ { id = \"service\", name = \"Service\", email = \"…\" } ]";
/// What a contact gets when it does not say.
const GETS_ALL: [Gets; 3] = [Gets::Alert, Gets::Praise, Gets::Report];
const GETS_WORDS: Words<Gets, 3> =
    [("alert", Gets::Alert), ("praise", Gets::Praise), ("report", Gets::Report)];
const GETS: Kind = Kind::OneOf(|| words(&GETS_WORDS));

/// What is known of a brand's contacts, even where some are faulty: so that one fault does not
/// make others.
pub(crate) struct People {
    /// The contacts, if all are in order.
    pub(crate) contacts: Option<Vec<Contact>>,
    /// What one or another gets; `None` if that cannot be known.
    pub(crate) gets: Option<Vec<Gets>>,
    /// Every id given, whether or not the rest of its contact is in order; `None` if some may have
    /// been missed.
    ids: Option<Vec<String>>,
}

/// One contact, as far as it could be read.
struct Draft<'a> {
    id: Option<&'a str>,
    gets: Option<Vec<Gets>>,
    contact: Option<Contact>,
}

impl People {
    /// Reads `contacts`.
    pub(crate) fn read(brand: &Table<'_>) -> Self {
        let drafts = drafts(brand);
        let each = drafts.as_deref().unwrap_or_default();
        let ids: Option<Vec<_>> = each.iter().map(|d| d.id.map(str::to_owned)).collect();
        let gets: Option<Vec<_>> = each.iter().map(|d| d.gets.clone()).collect();
        let contacts: Option<Vec<_>> = each.iter().map(|d| d.contact.clone()).collect();
        let whole = drafts.is_some();
        Self {
            contacts: contacts.filter(|_| whole),
            gets: gets.filter(|_| whole).map(|gets| gets.concat()),
            ids: ids.filter(|_| whole),
        }
    }

    /// Reads the id of one of the contacts, given in the text of a node.
    pub(crate) fn named(&self, node: &Node<'_>, id: &str) -> Option<ContactId> {
        let Some(ids) = &self.ids else { return id.parse().ok() };
        if ids.iter().any(|known| known == id) {
            return id.parse().ok();
        }
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let hint = near::hint(id, &ids, "this brand has");
        let message = format!("this brand has no contact {}", quoted(id));
        node.refuse(Code::UnknownContact, Bad::new(message, hint))
    }

    /// Whether a contact has this id.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.ids.as_ref().is_some_and(|ids| ids.iter().any(|known| known == id))
    }

    /// An example of a contact's id, for hints.
    pub(crate) fn example(&self) -> &str {
        self.ids.as_ref().and_then(|ids| ids.first()).map_or("service", String::as_str)
    }
}

/// `None` where some contacts could not be looked at.
fn drafts<'a>(brand: &Table<'a>) -> Option<Vec<Draft<'a>>> {
    let node = brand.need("contacts", EACH)?;
    let rows = brand.rows("contacts", EACH);
    if rows.whole && rows.tables.is_empty() {
        return node.refuse(Code::EmptyList, Bad::new("this brand has no contact", EACH));
    }
    let mut seen = Vec::new();
    let drafts = rows.tables.iter().map(|table| draft(table, &mut seen)).collect();
    rows.whole.then_some(drafts)
}

fn draft<'a>(table: &Table<'a>, seen: &mut Vec<&'a str>) -> Draft<'a> {
    table.check_keys(KEYS);
    let given = table.given_id();
    let id = table.id("a contact").filter(|_| is_free(table));
    let id = id.filter(|_| table.is_first("contacts of this brand", seen));
    let name = table.need("name", "write what messages should call this contact");
    let name = name.and_then(|node| node.parse(Code::BadName, values::name));
    let email = table.need("email", "write email = \"name@domain.example\"");
    let email = email.and_then(|node| node.parse(Code::BadEmail, address::email));
    let gets = table.or("gets", GETS_ALL.to_vec(), gets);
    let contact = contact(id, name, email, gets.clone());
    Draft { id: given, gets, contact }
}

/// Whether the id of a contact is not the operator's.
fn is_free(table: &Table<'_>) -> bool {
    if table.given_id() != Some(ContactId::OPERATOR) {
        return true;
    }
    let bad = Bad::new("operator is whoever runs Vigie", "give this contact another id");
    table.get("id").and_then(|node| node.refuse::<()>(Code::BadId, bad)).is_some()
}

fn contact(
    id: Option<ContactId>,
    name: Option<String>,
    email: Option<String>,
    gets: Option<Vec<Gets>>,
) -> Option<Contact> {
    Some(Contact { id: id?, name: name?, email: email?, gets: gets? })
}

fn gets(node: &Node<'_>) -> Option<Vec<Gets>> {
    let read = all(node.list()?, |item| item.one_of(Code::UnknownValue, &GETS_WORDS))?;
    Some(GETS_ALL.into_iter().filter(|what| read.contains(what)).collect())
}

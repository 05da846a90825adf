//! `[brand.advice]` and `[[brand.cause]]`: a brand's own way with complaints, and its own texts in
//! files beside.

use vigie_advice::{check_own, lint_advice};
use vigie_domain::{Cause, Guarantee, Locale, OwnAdvice, OwnCause, OwnText};

use crate::address::{self, URL};
use crate::code::Code;
use crate::environment::Included;
use crate::fault::Fault;
use crate::key::{ID, Key, Kind, SOMETHING, Words, words};
use crate::near;
use crate::node::{Node, all, quoted};
use crate::people::People;
use crate::place::Lines;
use crate::table::Table;
use crate::values::{self, Bad};
use crate::{include, reading};

pub(crate) const KEYS: &[Key] = &[
    Key::optional("contact", SOMETHING, "Where customers reach the brand: it completes drafts."),
    Key::optional("complaints", URL, "The page that says where and how to complain."),
    Key::optional("mediator", SOMETHING, "The mediator that the brand has to name."),
    Key::or("guarantee", r#""auto""#, GUARANTEE, "Whether a guarantee is worth thinking of."),
    Key::optional("path", Kind::SomeList(&ID), "Who has a complaint after whom: contacts."),
    Key::or(
        "texts",
        "[]",
        Kind::List(&SOMETHING),
        "Patterns of files named <cause>.<fr or en>.toml: the brand's own texts and words.",
    ),
];
pub(crate) const CAUSE_KEYS: &[Key] = &[
    Key::needed("id", CAUSE, "Which cause."),
    Key::optional("owner", ID, "The contact who deals with it."),
    Key::optional("policy", SOMETHING, "The brand's rule for it, as alerts show it."),
    Key::optional("procedure", SOMETHING, "How it is done, or where that is written."),
];
const GUARANTEES: Words<Guarantee, 3> =
    [("auto", Guarantee::Auto), ("usual", Guarantee::Usual), ("never", Guarantee::Never)];
const GUARANTEE: Kind = Kind::OneOf(|| words(&GUARANTEES));
/// One of the causes.
pub(crate) const CAUSE: Kind = Kind::OneOf(|| words(&causes()));
const EACH: &str = "write [[brand.cause]], with two brackets";
const RULES: &str = "docs/advice.md says what no text may say, and why";
/// Longest rule or procedure, in characters.
const TEXT_CHARS_MAX: usize = 600;
/// The most bytes of all texts of a brand: its definition has to fit where functions keep it.
const BYTES_MAX: usize = 128 * 1024;

/// The causes by their ids.
pub(crate) fn causes() -> Words<Cause, { Cause::ALL.len() }> {
    Cause::ALL.map(|cause| (cause.id(), cause))
}

/// Reads one of the causes.
pub(crate) fn cause(node: &Node<'_>) -> Option<Cause> {
    node.one_of(Code::UnknownCause, &causes())
}

/// Reads both tables of a brand.
pub(crate) fn read(
    brand: &Table<'_>,
    people: &People,
    locale: Option<Locale>,
) -> Option<OwnAdvice> {
    let own = brand.or("advice", OwnAdvice::default(), |node| {
        own(&node.table("write [brand.advice], with single brackets")?, people)
    });
    let rows = brand.rows("cause", EACH);
    let mut seen = Vec::new();
    let causes = all(&rows.tables, |row| of_cause(row, people, locale, &mut seen));
    Some(OwnAdvice { causes: causes.filter(|_| rows.whole)?, ..own? })
}

fn own(table: &Table<'_>, people: &People) -> Option<OwnAdvice> {
    table.check_keys(KEYS);
    let line = |node: &Node<'_>| node.parse(Code::BadName, values::name).map(Some);
    let contact = table.or("contact", None, line);
    let complaints = table
        .or("complaints", None, |node| node.parse(Code::BadUrl, address::public_url).map(Some));
    let mediator = table.or("mediator", None, line);
    let guarantee = table
        .or("guarantee", Guarantee::default(), |node| node.one_of(Code::UnknownValue, &GUARANTEES));
    let path = table.or("path", Vec::new(), |node| {
        all(node.some_list()?, |item| people.named(&item, item.text()?))
    });
    let texts = table.or("texts", Vec::new(), texts);
    Some(OwnAdvice {
        contact: contact?,
        complaints: complaints?,
        mediator: mediator?,
        guarantee: guarantee?,
        path: path?,
        causes: Vec::new(),
        texts: texts?,
    })
}

fn of_cause<'a>(
    row: &Table<'a>,
    people: &People,
    locale: Option<Locale>,
    seen: &mut Vec<&'a str>,
) -> Option<OwnCause> {
    row.check_keys(CAUSE_KEYS);
    let id = row.need("id", "write the id of a cause, such as id = \"delivery\"");
    let cause = id.and_then(|node| cause(&node));
    let cause = cause.filter(|_| row.is_first("causes of this brand", seen));
    let owner = row.or("owner", None, |node| people.named(node, node.text()?).map(Some));
    let policy = row.or("policy", None, |node| said(node, locale).map(Some));
    let procedure = row.or("procedure", None, |node| said(node, locale).map(Some));
    Some(OwnCause { cause: cause?, owner: owner?, policy: policy?, procedure: procedure? })
}

/// A text of the brand's that its people read: held to the rules that advice is held to.
fn said(node: &Node<'_>, locale: Option<Locale>) -> Option<String> {
    let given = node.text()?;
    let clean = vigie_domain::text::clean_line(given);
    let count = clean.chars().count();
    if count == 0 || count > TEXT_CHARS_MAX {
        let message = format!("this text has {count} characters");
        let hint = format!("write 1 to {TEXT_CHARS_MAX}, or where it is to be read");
        return node.refuse(Code::BadAdvice, Bad::new(message, hint));
    }
    let broken = locale.and_then(|locale| lint_advice(&clean, locale).into_iter().next());
    if let Some(broken) = broken {
        let (words, rule) = (quoted(&broken.found), broken.rule);
        let message = format!("{words} breaks {rule}: {}", rule.meaning());
        return node.refuse(Code::BadAdvice, Bad::new(message, RULES));
    }
    Some(clean)
}

/// The files that the patterns name, each checked.
fn texts(node: &Node<'_>) -> Option<Vec<OwnText>> {
    let found = all(node.list()?, |pattern| include::matching(&pattern))?;
    let mut files: Vec<Included> = found.into_iter().flatten().collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files.dedup_by(|a, b| a.name == b.name);
    let mut seen: Vec<(Cause, Locale)> = Vec::new();
    let texts = all(&files, |file| text(node, file, &mut seen))?;
    let bytes: usize = texts.iter().map(|own| own.text.len()).sum();
    if bytes > BYTES_MAX {
        let message = format!("these files have {bytes} bytes together, and may have {BYTES_MAX}");
        let hint = "keep what differs from Vigie's own texts only";
        return node.refuse(Code::BadAdvice, Bad::new(message, hint));
    }
    Some(texts)
}

fn text(node: &Node<'_>, file: &Included, seen: &mut Vec<(Cause, Locale)>) -> Option<OwnText> {
    let (cause, locale) = match named(&file.name) {
        Ok(named) => named,
        Err(bad) => return node.refuse(Code::UnknownCause, bad),
    };
    if seen.contains(&(cause, locale)) {
        let message =
            format!("{} is there twice, the last time as {}", cause.id(), quoted(&file.name));
        return node.refuse(Code::DuplicateId, Bad::new(message, "one file a cause and language"));
    }
    seen.push((cause, locale));
    let bytes = match &file.bytes {
        Ok(bytes) => bytes,
        Err(reason) => return fail(node, [reading::unreadable(&file.name, reason)]),
    };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => return fail(node, [reading::not_text(&file.name, bytes, error)]),
    };
    match check_own(cause, locale, text) {
        Ok(()) => Some(OwnText { cause, locale, text: text.to_owned() }),
        Err(faults) => {
            let lines = Lines::new(text);
            fail(
                node,
                faults.into_iter().map(|fault| {
                    let place = lines.place(&fault.span);
                    let shown = lines.line(place.line).1.to_owned();
                    let bad = Bad::new(fault.message, fault.hint);
                    reading::fault(&file.name, place, &node.path, Code::BadAdvice, bad, shown)
                }),
            )
        }
    }
}

fn fail<T>(node: &Node<'_>, faults: impl IntoIterator<Item = Fault>) -> Option<T> {
    faults.into_iter().for_each(|fault| node.reading.add(fault));
    None
}

/// Cause and language by the name of a file.
fn named(name: &str) -> Result<(Cause, Locale), Bad> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let parts = base.strip_suffix(".toml").and_then(|stem| stem.split_once('.'));
    let form = || {
        let message = format!("{} is not named after a cause and a language", quoted(name));
        Bad::new(message, "name it such as delivery.fr.toml or delivery.en.toml")
    };
    let (stem, language) = parts.ok_or_else(form)?;
    let locale = Locale::from_code(language).ok_or_else(form)?;
    let ids = Cause::ALL.map(Cause::id);
    let unknown = || {
        let message = format!("{} names no cause: {}", quoted(name), quoted(stem));
        Bad::new(message, near::hint(stem, &ids, "the causes are"))
    };
    Ok((Cause::from_id(stem).ok_or_else(unknown)?, locale))
}

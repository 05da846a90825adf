//! The demo does what it says: its numbers are held against the mails that it leaves.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use vigie_smtp_sink::Received;
use vigie_tests::vigie_bin;

use crate::support::{assert_each_once, header, unwrapped};

/// Every sort of mail that the demo shows, as it names them.
const SORTS: [&str; 10] = [
    "alert",
    "shop alert",
    "critical",
    "reminder",
    "merged",
    "escalation",
    "praise",
    "report",
    "operator",
    "trial",
];
/// The screen that its output is made for.
const COLUMNS: usize = 80;
const LINES: usize = 48;

fn demo(out: &Path, more: &[&str]) -> Result<String> {
    let mut command = Command::new(vigie_bin()?);
    let ran = command.args(["demo", "--exit", "--out"]).arg(out).args(more).output()?;
    let told = String::from_utf8(ran.stdout)?;
    ensure!(ran.status.code() == Some(0), "{told}{}", String::from_utf8_lossy(&ran.stderr));
    for secret in ["demo-secret", "whsec_", "ZGVtby1zZWNyZXQ"] {
        ensure!(!told.contains(secret), "a secret in the output: {told}");
    }
    Ok(told)
}

/// The mails that it left, by what their files are called.
fn left(out: &Path) -> Result<BTreeMap<String, std::sync::Arc<Received>>> {
    let mut mails = BTreeMap::new();
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).context("a name")?;
        if let Some(name) = name.strip_suffix(".eml") {
            mails.insert(name.to_owned(), Received::from_data(fs::read(&path)?).into());
        }
    }
    Ok(mails)
}

/// How many mails of each sort it names, and where to look at one.
fn named(told: &str) -> Result<BTreeMap<&str, (usize, &str)>> {
    let mut named = BTreeMap::new();
    for sort in SORTS {
        let line = told.lines().find_map(|line| line.strip_prefix(sort)?.strip_prefix(' '));
        let words: Vec<&str> = line.context(sort)?.split_whitespace().collect();
        let (first, last) = (words.first().context(sort)?, words.last().context(sort)?);
        named.insert(sort, (first.parse()?, *last));
    }
    Ok(named)
}

#[test]
fn its_numbers_are_those_of_the_mails_it_leaves_and_one_of_each_is_named() -> Result<()> {
    let out = tempfile::tempdir()?;
    let told = demo(out.path(), &[])?;
    let mails = left(out.path())?;
    let named = named(&told)?;
    assert_eq!(named.values().map(|(count, _)| count).sum::<usize>(), mails.len(), "{told}");
    assert!(
        unbroken(&told).contains(&format!("in all {} 0 missing, 0 twice", mails.len())),
        "{told}"
    );
    for (sort, (count, page)) in &named {
        let ending = format!("-{}", sort.replace(' ', "-"));
        let of_sort = mails.keys().filter(|name| name.split_at(3).1 == ending);
        assert_eq!((of_sort.count(), mails.contains_key(*page)), (*count, true), "{sort}: {told}");
        assert!(page.ends_with(&ending) && out.path().join(format!("{page}.html")).exists());
    }
    let all: Vec<_> = mails.values().cloned().collect();
    assert_each_once(&all);
    // One line has the path of the folder, which here is long.
    let own = |line: &&str| !line.contains("index.html");
    let longest = told.lines().filter(own).map(|line| line.chars().count()).max();
    assert!(longest <= Some(COLUMNS) && told.lines().count() <= LINES, "no screen: {told}");
    shops(&told, &mails)?;
    trial(&named, &mails)?;
    diagnosis(&told);
    Ok(())
}

/// A shop's alert names it and goes to its people alone; the report counts by shop, and shows a
/// place that is none as it came.
fn shops(told: &str, mails: &BTreeMap<String, std::sync::Arc<Received>>) -> Result<()> {
    let of = [("Lyon Part-Dieu", "lyon@"), ("Nantes", "nantes@"), ("Boutique en ligne", "web@")];
    for (name, mail) in mails.iter().filter(|(name, _)| name.ends_with("-shop-alert")) {
        let (subject, to) = (header(mail, "Subject")?, header(mail, "To")?);
        let right = of.iter().any(|(shop, who)| subject.contains(shop) && to.contains(who));
        assert!(right, "{name}: {subject} to {to}");
    }
    let report = mails.iter().find(|(name, _)| name.ends_with("-report")).context("no report")?;
    let report = unwrapped(report.1)?;
    let by_shop = report.split_once("Par boutique : ").context("not by shop")?.1;
    for shop in ["Lyon Part-Dieu ", "Nantes ", "Boutique en ligne ", "FR 1"] {
        assert!(by_shop.contains(shop), "{shop}: {by_shop}");
        assert!(unbroken(told).contains(shop.trim_end_matches(" 1")), "{shop}: {told}");
    }
    let location = "Vigie · location · lumen-stamped · 1 time";
    let subjects = mails.values().map(|mail| header(mail, "Subject"));
    let told_of = subjects.filter(|subject| subject.as_ref().is_ok_and(|line| line == location));
    assert_eq!(told_of.count(), 1, "the operator is told once");
    assert!(unbroken(told).contains("the operator told once"), "{told}");
    Ok(())
}

/// What a brand on trial makes goes to the operator alone, and says for whom it was meant.
fn trial(
    named: &BTreeMap<&str, (usize, &str)>,
    mails: &BTreeMap<String, std::sync::Arc<Received>>,
) -> Result<()> {
    let mut count = 0;
    for (name, mail) in mails {
        let to = header(mail, "To")?;
        assert!(!to.contains("bruma.example"), "{name} to {to}");
        if !mail.header("List-Id").unwrap_or_default().contains(".bruma.") {
            continue;
        }
        count += 1;
        assert!(to.contains("ops@agency.example") && !to.contains(','), "{name} to {to}");
        assert!(header(mail, "Subject")?.starts_with("[Trial] "), "{name}");
        let marked = "Trial: Atelier Bruma is not live yet. This message would have gone to \
                      Customer care";
        assert!(unwrapped(mail)?.starts_with(marked), "{name}");
    }
    assert_eq!(named.get("trial").map(|(named, _)| *named), Some(count));
    Ok(())
}

fn diagnosis(told: &str) {
    for part in [
        "bruma-shop was refused (signature-mismatch) and captured. The doctor says:",
        "secret 1, in hex, over the body as received",
        "So the body arrived as it was sent, and the signature is written in another way.",
        "Do      mend the sender or the preset: it signs otherwise than the preset says",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn its_document_adds_up() -> Result<()> {
    let out = tempfile::tempdir()?;
    let told: Value = serde_json::from_str(&demo(out.path(), &["--json"])?)?;
    assert_eq!(
        (&told["faults"], &told["missing"], &told["twice"]),
        (&json!([]), &json!(0), &json!(0))
    );
    let count = |value: &Value| value.as_u64().unwrap_or(u64::MAX);
    let mails = told["mails"].as_object().context("no mails")?;
    assert_eq!(mails.values().map(|one| count(&one["count"])).sum::<u64>(), count(&told["total"]));
    assert_eq!(mails["trial"]["to"], json!(["ops"]));
    assert_eq!(mails["trial"]["meant_for"], json!(["care", "owner"]));
    for row in told["platforms"].as_array().context("no platforms")? {
        let parts = ["accepted", "duplicate", "stale", "ignored", "rejected", "refused"];
        let sum: u64 = parts.iter().map(|part| count(&row[part])).sum();
        assert_eq!(sum, count(&row["sent"]), "{row}");
    }
    let reviews = &told["reviews"];
    let placed = ["by_shop", "elsewhere"].iter().filter_map(|key| reviews[key].as_object());
    let placed: u64 = placed.flat_map(|shops| shops.values()).map(count).sum();
    let others = count(&reviews["nowhere"]) + count(&reviews["on_trial"]);
    assert_eq!(placed + others, count(&reviews["stored"]), "{reviews}");
    assert_eq!(reviews["by_shop"].as_object().map(serde_json::Map::len), Some(3), "{reviews}");
    let near = json!({"secret": 1, "encoding": "hex", "body": "as received"});
    assert_eq!(told["captured"]["would_verify"], near);
    Ok(())
}

fn unbroken(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

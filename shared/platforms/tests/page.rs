//! docs/platforms.md is made from the presets, so that it says what they say.

#![expect(clippy::unwrap_used, reason = "a test stops where it finds a fault")]

use std::fmt::Write as _;

use vigie_platforms::preset::{Evidence, Fetch, Push};
use vigie_platforms::{Preset, presets};

const HEAD: &str = "\
# Platforms

What Vigie knows of each review platform, made from the [presets](presets.md) that come with it;
a test holds this page against them. `vigie platforms` prints the table, `vigie sources` the steps
for your own sources, with their addresses, in French too.

- **webhooks**: `full` bring the review; `thin` bring an id, and Vigie reads the review from the
  platform's API; `none` bring no review.
- **proof**: how a webhook shows whom it is from. *Not signed* means that whoever learns the
  address or the header could post; messages say it, and [presets.md](presets.md) what to do.
- **known from**: `documented` by the vendor, read in the `vendor-code`, `unknown` (nobody says how
  it signs, so it is treated as if it did not), `none` (it proves nothing).
- **answers**: whether the platform tells of the brand's answers (`event`), has them to be read
  (`fetch`), or somebody has to say so by hand.

";

fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// One row of the table.
fn row(preset: &Preset) -> String {
    let (id, name, push) = (preset.id(), preset.name(), preset.push());
    let link = format!("[{name}](#{})", anchor(name));
    if push == Push::None {
        return format!("| {link} | `{id}` | none | | | |\n");
    }
    let scheme = preset.scheme().name();
    let signed = if preset.signed() { "" } else { ", *not signed*" };
    let (push, evidence, answers) =
        (word(&push), word(&preset.evidence()), word(&preset.answers()));
    format!("| {link} | `{id}` | {push} | {scheme}{signed} | {evidence} | {answers} |\n")
}

/// As GitHub makes it of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// All that is known of a platform.
fn section(preset: &Preset) -> String {
    let mut text = format!("\n## {}\n\n", preset.name());
    if let Some(instead) = preset.instead() {
        writeln!(text, "{instead}").unwrap();
    }
    for (step, at) in preset.setup().iter().zip(1..) {
        writeln!(text, "{at}. {step}").unwrap();
    }
    let before = preset.instead().is_some() || !preset.setup().is_empty();
    if before && !preset.notes().is_empty() {
        text.push('\n');
    }
    for note in preset.notes() {
        writeln!(text, "- {note}").unwrap();
    }
    if preset.fetch().and_then(Fetch::list).is_some() {
        text.push_str(
            "- Reviews whose webhook never came are found in its list: `vigie reconcile`.\n",
        );
    }
    if !preset.evidence_sources().is_empty() {
        write!(text, "\nKnown from {}.\n", preset.evidence_sources().join("; ")).unwrap();
    }
    text
}

fn page() -> String {
    let mut all: Vec<&Preset> = presets().to_vec();
    all.sort_by_key(|preset| preset.name().to_lowercase());
    let mut page = HEAD.to_owned();
    page.push_str("| platform | preset | webhooks | proof | known from | answers |\n");
    page.push_str("|---|---|---|---|---|---|\n");
    page.extend(all.iter().map(|preset| row(preset)));
    page.push_str(
        "\nIn the steps `{url}` is the source's address, `{source}` its id, `{server}` what \
         addresses begin with.\n",
    );
    page.extend(all.iter().map(|preset| section(preset)));
    page
}

#[test]
fn docs_platforms_md_says_what_the_presets_say() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let made = page();
    if std::fs::read_to_string(format!("{root}/docs/platforms.md")).unwrap_or_default() != made {
        std::fs::create_dir_all(format!("{root}/target")).unwrap();
        std::fs::write(format!("{root}/target/platforms.md"), made).unwrap();
        panic!("stale; if the change is meant: cp target/platforms.md docs/");
    }
}

/// A row without its proof, its doubts or its way out would be of no use to whoever looks here.
#[test]
fn each_platform_says_what_somebody_who_has_it_must_know() {
    for preset in presets() {
        let id = preset.id();
        if preset.push() == Push::None {
            assert!(preset.instead().is_some() && preset.instead_fr().is_some(), "{id}");
            continue;
        }
        assert_eq!(preset.setup().len(), preset.setup_fr().len(), "{id}: the steps in French");
        assert!(!preset.setup().is_empty(), "{id}");
        let doubtful = preset.evidence() == Evidence::Unknown;
        assert!(!doubtful || !preset.notes().is_empty(), "{id}: a note of what is missing");
        assert!(!doubtful || !preset.signed(), "{id}: what nobody describes proves nothing");
    }
}

//! What the documents say is so: configurations are taken, commands and options exist, tables are
//! complete. Links are held by `tidy`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde_json::Value;
use vigie_config::{Code, Environment, Included, NotIncluded, PresetInfo};
use vigie_domain::{Decimal, Stars};
use vigie_platforms::mapping::Mapped;
use vigie_platforms::{Preset, presets};
use vigie_tests::cost;
use vigie_tests::home::Home;
use vigie_tests::stage::{LUMEN, ORSO, SERVER};
use vigie_tests::{output_of, vigie_bin, workspace_root};

/// Longest that a page may be, in lines: README, ARCHITECTURE, and each page of docs/.
const LINES_MAX: [(&str, usize); 6] = [
    ("README.md", 170),
    ("ARCHITECTURE.md", 345),
    // A section for each command.
    ("docs/cli.md", 240),
    // A section for each platform, made from the presets.
    ("docs/platforms.md", 600),
    // A line for each requirement.
    ("docs/requirements.md", 230),
    ("docs/", 150),
];

struct Page {
    path: String,
    text: String,
}

impl Page {
    /// The blocks of code in a language: the number of the first line, and the lines.
    fn blocks(&self, language: &str) -> Vec<(usize, Vec<&str>)> {
        let mut found = Vec::new();
        let mut open: Option<(bool, usize, Vec<&str>)> = None;
        for (number, line) in self.text.lines().enumerate().map(|(at, line)| (at + 1, line)) {
            match (line.trim_start().strip_prefix("```"), open.as_mut()) {
                (Some(named), None) => open = Some((named == language, number + 1, Vec::new())),
                (Some(_), Some(_)) => {
                    let (wanted, at, lines) = open.take().unwrap_or_default();
                    found.extend(wanted.then_some((at, lines)));
                }
                (None, Some((_, _, lines))) => lines.push(line),
                (None, None) => {}
            }
        }
        found
    }

    /// The text between single backquotes, outside blocks.
    fn spans(&self) -> Vec<(usize, &str)> {
        let mut in_code = false;
        let mut found = Vec::new();
        for (at, line) in self.text.lines().enumerate() {
            if line.trim_start().starts_with("```") {
                in_code = !in_code;
            } else if !in_code {
                found.extend(line.split('`').skip(1).step_by(2).map(|span| (at + 1, span)));
            }
        }
        found
    }

    /// The first cells of its tables, without their backquotes.
    fn first_cells(&self) -> BTreeSet<&str> {
        let rows = self.text.lines().filter_map(|line| line.strip_prefix("| "));
        let cells = rows.filter_map(|row| row.split(" |").next());
        cells.flat_map(|cell| cell.split(", ")).map(|cell| cell.trim_matches('`')).collect()
    }
}

fn page(path: &str) -> Result<Page> {
    let text = fs::read_to_string(workspace_root().join(path)).with_context(|| path.to_owned())?;
    Ok(Page { path: path.to_owned(), text })
}

/// The pages that users read.
fn pages() -> Result<Vec<Page>> {
    let mut paths = vec!["README.md".to_owned(), "ARCHITECTURE.md".to_owned()];
    for entry in fs::read_dir(workspace_root().join("docs"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_page = name.rsplit_once('.').is_some_and(|(_, extension)| extension == "md");
        paths.extend(is_page.then(|| format!("docs/{name}")));
    }
    paths.iter().map(|path| page(path)).collect()
}

/// A machine that has every secret and every file, our presets, and these files to include.
#[derive(Default)]
struct Everything(Vec<Included>);

impl Environment for Everything {
    fn included(&self, _: &str) -> Result<Vec<Included>, NotIncluded> {
        Ok(self.0.clone())
    }

    fn variable_is_set(&self, _: &str) -> bool {
        true
    }

    fn file_is_readable(&self, _: &str) -> Result<(), String> {
        Ok(())
    }

    fn preset(&self, named: &str) -> Result<PresetInfo, String> {
        let known = vigie_config::is_preset_path(named) || Preset::by_id(named).is_some();
        known
            .then_some(PresetInfo { needs_secret: true, ..PresetInfo::default() })
            .ok_or_else(|| "no such preset".to_owned())
    }

    fn preset_ids(&self) -> Vec<String> {
        presets().iter().map(|preset| preset.id().to_owned()).collect()
    }
}

/// What `vigie … --help` says, once a command.
fn help(command: &str) -> Result<String> {
    static ASKED: OnceLock<Mutex<BTreeMap<String, String>>> = OnceLock::new();
    let mut asked = ASKED.get_or_init(Mutex::default).lock();
    let asked = asked.as_mut().map_err(|_| anyhow!("another test failed here"))?;
    if let Some(told) = asked.get(command) {
        return Ok(told.clone());
    }
    let mut vigie = Command::new(vigie_bin()?);
    let told = output_of(vigie.args(command.split_whitespace()).arg("--help"))?;
    asked.insert(command.to_owned(), told.clone());
    Ok(told)
}

/// The names that a help text lists under a heading.
fn listed<'a>(help: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    lines.filter_map(|line| line.split_whitespace().next()).collect()
}

fn options(help: &str) -> BTreeSet<&str> {
    let words = help.split(|c: char| c.is_whitespace() || ",`[]()".contains(c));
    words.filter(|word| word.starts_with("--") && word.len() > 2).collect()
}

/// Every command that `vigie --help` shows, whole: `report unanswered`.
fn commands() -> Result<Vec<String>> {
    let mut all = Vec::new();
    for command in listed(&help("")?, "Commands:").into_iter().filter(|name| *name != "help") {
        let below = help(command)?;
        let below = listed(&below, "Commands:").into_iter().filter(|name| *name != "help");
        let below: Vec<_> = below.map(|name| format!("{command} {name}")).collect();
        if below.is_empty() { all.push(command.to_owned()) } else { all.extend(below) }
    }
    ensure!(all.len() > 10, "the help lists few commands: {all:?}");
    Ok(all)
}

/// What is wrong with a command line that a page shows.
fn faults_of_line(line: &str, commands: &[String]) -> Result<Option<String>> {
    let given = line.split(['#', '|', '>']).next().unwrap_or(line);
    let Some(rest) = given.strip_prefix("vigie ") else { return Ok(None) };
    let rest = rest.trim();
    if rest.starts_with('-') {
        let told = help("")?;
        return Ok((!options(&told).contains(rest)).then(|| format!("{line}: no such option")));
    }
    let begins = |command: &&String| {
        rest.strip_prefix(command.as_str()).is_some_and(|r| r.is_empty() || r.starts_with(' '))
    };
    let Some(command) = commands.iter().find(begins) else {
        return Ok(Some(format!("{line}: no such command")));
    };
    let told = help(command)?;
    let known = options(&told);
    let unknown = options(rest).into_iter().find(|given| {
        let name = given.split('=').next().unwrap_or(given);
        !known.contains(name)
    });
    Ok(unknown.map(|option| format!("{line}: {command} has no {option}")))
}

/// The files that a page shows to be included: their first line is their path.
fn beside(page: &Page) -> Everything {
    let shown = page.blocks("toml").into_iter().filter_map(|(_, lines)| {
        let path = lines.first()?.strip_prefix("# brands/")?.to_owned();
        let bytes = Ok(lines.join("\n").into_bytes());
        Some(Included { name: path.clone(), path, folder: String::new(), bytes })
    });
    Everything(shown.collect())
}

#[test]
fn every_configuration_shown_is_taken() -> Result<()> {
    let mut seen = 0;
    for page in pages()? {
        for (at, lines) in page.blocks("toml") {
            if lines.first() != Some(&"# vigie.toml") {
                continue;
            }
            let place = format!("{}:{at}", page.path);
            let outcome = vigie_config::parse(&place, &lines.join("\n"), &beside(&page));
            assert_eq!(outcome.faults, [], "{place}");
            check_schema(&lines.join("\n")).context(place.clone())?;
            let config = outcome.config.context(place)?;
            assert!(!config.brands.is_empty() && !config.brands[0].sources.is_empty());
            seen += 1;
        }
    }
    assert!(seen >= 2, "README.md and docs/install.md each show a whole vigie.toml: found {seen}");
    Ok(())
}

/// Holds a vigie.toml against the schema that editors are given.
fn check_schema(text: &str) -> Result<()> {
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    let odd = |error: boon::CompileError| anyhow!("{error:#}");
    let name = "docs/vigie.schema.json";
    compiler.add_resource(name, serde_json::from_str(&page(name)?.text)?).map_err(odd)?;
    let schema = compiler.compile(name, &mut schemas).map_err(odd)?;
    let document: Value = toml::from_str(text)?;
    schemas.validate(&document, schema).map_err(|error| anyhow!("{error:#}\n{text}"))
}

#[test]
fn the_schema_takes_the_configurations_of_the_contract_and_of_the_tests() -> Result<()> {
    check_schema(include_str!("../../shared/config/tests/it/sample.toml"))?;
    check_schema(
        &[SERVER, LUMEN, ORSO]
            .concat()
            .replace("{mail}", "smtp://127.0.0.1:25")
            .replace("{report}", "03:00"),
    )?;
    let home = Home::new("vigie".as_ref(), ([127, 0, 0, 1], 25).into(), &["service"])?;
    check_schema(&fs::read_to_string(home.path().join("vigie.toml"))?)?;
    assert!(check_schema("[servr]\n").is_err());
    Ok(())
}

#[test]
fn config_md_names_every_key_of_the_schema_and_its_default() -> Result<()> {
    let text = page("docs/config.md")?.text;
    let schema: Value = serde_json::from_str(&page("docs/vigie.schema.json")?.text)?;
    let mut seen = 0;
    for section in text.split("\n## [").skip(1) {
        let name = section.lines().next().unwrap_or_default().trim_matches(['[', ']']);
        let table = name.split('.').fold(&schema, |table, part| {
            let next = &table["properties"][part];
            if next["type"] == "array" { &next["items"] } else { next }
        });
        let mut keys = table["properties"].as_object().context(name.to_owned())?.clone();
        keys.retain(|key, it| {
            !(it["items"]["type"] == "object" && text.contains(&format!(".{key}]")))
        });
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        for cells in rows.map(|row| row.split(" | ").collect::<Vec<_>>()) {
            let [named, default, ..] = cells.as_slice() else { bail!("{name}: {cells:?}") };
            for key in named.trim_start_matches("| ").split(", ").map(|key| key.trim_matches('`')) {
                let Some(known) = keys.remove(key) else { continue };
                let place = format!("[{name}] {key}: {default}");
                let needed =
                    table["required"].as_array().is_some_and(|all| all.contains(&key.into()));
                assert_eq!(default.starts_with("needed"), needed, "{place}");
                if let Some(shown) = default.strip_prefix('`') {
                    assert_eq!(
                        known["default"].to_string(),
                        shown.trim_end_matches('`'),
                        "{place}"
                    );
                }
                seen += 1;
            }
        }
        assert!(keys.is_empty(), "[{name}] in docs/config.md lacks {:?}", keys.keys());
    }
    assert!(seen > 30, "{seen}");
    Ok(())
}

#[test]
fn every_preset_shown_is_taken_and_makes_of_its_samples_what_it_says() -> Result<()> {
    let page = page("docs/presets.md")?;
    let blocks = page.blocks("toml");
    let whole = blocks.iter().filter(|(_, lines)| lines.contains(&"[fields]"));
    let mut seen = 0;
    for (at, lines) in whole {
        let preset = Preset::parse(&lines.join("\n"), &format!("docs/presets.md:{at}"))?;
        let now = "2026-11-20T09:12:00Z".parse()?;
        for sample in preset.samples() {
            let mapped = preset.map(&sample.header_map(), &sample.render(now), now)?;
            let [Mapped::Event(event)] = &mapped[..] else { bail!("{}: {mapped:?}", sample.name) };
            let stars = event.content.as_ref().and_then(|content| content.stars);
            assert_eq!(stars, Stars::of(Decimal::whole(4), Decimal::whole(10)), "{}", sample.name);
        }
        seen += 1;
    }
    assert_eq!(seen, 1, "docs/presets.md shows one whole preset");
    Ok(())
}

#[test]
fn every_command_shown_exists_with_its_options() -> Result<()> {
    let commands = commands()?;
    let (mut seen, mut faults) = (0, Vec::new());
    for page in pages()? {
        let blocks = page.blocks("sh");
        let numbered = |(at, lines): &(usize, Vec<&'_ str>)| -> Vec<(usize, String)> {
            lines.iter().enumerate().map(|(n, line)| (at + n, line.trim().to_owned())).collect()
        };
        let mut lines: Vec<_> = blocks.iter().flat_map(numbered).collect();
        lines.extend(page.spans().into_iter().map(|(at, span)| (at, span.to_owned())));
        for (at, line) in lines.into_iter().filter(|(_, line)| line.starts_with("vigie ")) {
            seen += 1;
            let fault = faults_of_line(&line, &commands)?;
            faults.extend(fault.map(|fault| format!("{}:{at}: {fault}", page.path)));
        }
    }
    assert!(faults.is_empty(), "mend the page, or the command:\n  {}", faults.join("\n  "));
    assert!(seen > 20, "few commands are shown: {seen}");
    Ok(())
}

#[test]
fn the_page_of_commands_tells_of_each_with_every_option() -> Result<()> {
    let page = page("docs/cli.md")?;
    for command in commands()? {
        let heading = format!("## vigie {command}\n");
        let (_, section) = page.text.split_once(&heading).with_context(|| heading.clone())?;
        let section = section.split("\n## ").next().unwrap_or(section);
        let told = help(&command)?;
        for option in options(&told).into_iter().filter(|option| *option != "--help") {
            let shown = options(section).contains(option);
            assert!(shown, "docs/cli.md: {command} does not tell of {option}");
        }
    }
    Ok(())
}

#[test]
fn the_page_of_faults_tells_of_every_one_as_the_code_does() -> Result<()> {
    let page = page("docs/faults.md")?;
    for code in Code::ALL {
        let row = format!("| `{}` | {} |", code.id(), code.meaning());
        assert!(page.text.lines().any(|line| line == row), "docs/faults.md lacks: {row}");
    }
    Ok(())
}

#[test]
fn the_page_of_metrics_tells_of_every_metric_of_a_server() -> Result<()> {
    let text = fs::read_to_string(workspace_root().join("functions/vigie/src/server/metrics.rs"))?;
    let registered = text.split("registry.register").skip(1);
    let names: Vec<_> = registered.filter_map(|rest| rest.split('"').nth(1)).collect();
    let page = page("docs/metrics.md")?;
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        let row = format!("| `vigie_{name}");
        assert!(page.text.contains(&row), "docs/metrics.md lacks vigie_{name}");
    }
    Ok(())
}

#[test]
fn every_limit_that_architecture_md_lists_is_a_constant() -> Result<()> {
    let page = page("ARCHITECTURE.md")?;
    let limits = page.text.split("\n## Limits\n").nth(1).context("no Limits")?;
    let limits = limits.split("\n## ").next().unwrap_or(limits);
    let limits = Page { path: String::new(), text: limits.to_owned() };
    let mut git = Command::new("git");
    git.current_dir(workspace_root()).args(["grep", "-hoE", "const [A-Z_]+:", "--", "*.rs"]);
    let constants = output_of(&mut git)?;
    let constants: BTreeSet<_> = constants
        .lines()
        .filter_map(|line| line.strip_prefix("const ")?.strip_suffix(':'))
        .collect();
    let names: Vec<_> = limits
        .first_cells()
        .into_iter()
        .map(|cell| cell.trim_matches('`'))
        .filter(|cell| cell.contains('_') || *cell == "LEASE" || *cell == "QUEUE")
        .collect();
    assert!(names.len() > 20, "few limits are listed: {names:?}");
    for name in names {
        assert!(constants.contains(name), "ARCHITECTURE.md lists {name}, which is no constant");
    }
    Ok(())
}

#[test]
fn pages_are_short_and_their_pictures_exist() -> Result<()> {
    for page in pages()? {
        let max = LINES_MAX.iter().find(|(path, _)| page.path.starts_with(path));
        let max = max.context("a page without a limit")?.1;
        let lines = page.text.lines().count();
        assert!(lines <= max, "{} has {lines} lines, {max} at most", page.path);
        for source in page.text.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(workspace_root().join(source).is_file(), "{}: {source}", page.path);
        }
    }
    Ok(())
}

#[test]
fn every_path_of_the_repository_that_a_page_names_exists() -> Result<()> {
    const FOLDERS: [&str; 6] = ["shared/", "functions/", "tests/", "scripts/", "docs/", "deploy/"];
    let (mut seen, mut gone) = (0, Vec::new());
    for page in pages()? {
        for (at, span) in page.spans() {
            let is_path = FOLDERS.iter().any(|folder| span.starts_with(folder));
            if !is_path || span.contains(['<', '*', ' ']) {
                continue;
            }
            seen += 1;
            let (path, test) = span.split_once("::").map_or((span, None), |(p, t)| (p, Some(t)));
            let exists = match test {
                None => workspace_root().join(path).exists(),
                Some(test) => fs::read_to_string(workspace_root().join(path))
                    .is_ok_and(|code| code.contains(&format!("fn {test}("))),
            };
            gone.extend((!exists).then(|| format!("{}:{at}: {span}", page.path)));
        }
    }
    assert!(gone.is_empty(), "these are not there:\n  {}", gone.join("\n  "));
    assert!(seen > 30, "few paths are named: {seen}");
    Ok(())
}

#[test]
fn the_page_of_costs_is_what_was_measured_times_the_list_prices() -> Result<()> {
    let kept =
        |name: &str| fs::read_to_string(workspace_root().join("tests/benches/cost").join(name));
    let measured = serde_json::from_str(&kept("measured.json")?)?;
    let prices = serde_json::from_str(&kept("prices.json")?)?;
    assert_eq!(page("docs/cost.md")?.text, cost::page(&measured, &prices));
    let template = fs::read_to_string(workspace_root().join("infra/template.yaml"))?;
    let alarms = template.matches("Type: AWS::CloudWatch::Alarm").count();
    assert_eq!(alarms, cost::ALARMS as usize);
    Ok(())
}

#[test]
fn openapi_json_is_of_the_version_that_the_workspace_has() -> Result<()> {
    let text = fs::read_to_string(workspace_root().join("docs/openapi.json"))?;
    let document: Value = serde_json::from_str(&text)?;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    Ok(())
}

mod samples {
    use super::*;

    #[test]
    fn a_command_or_an_option_that_does_not_exist_is_caught() {
        let commands = commands().unwrap();
        let caught = |line: &str| faults_of_line(line, &commands).unwrap().is_some();
        for good in
            ["vigie check", "vigie check --json | head", "vigie --version", "vigie send --url=x"]
        {
            assert!(!caught(good), "{good}");
        }
        for bad in ["vigie chekc", "vigie check --jsno", "vigie report", "vigie --jsno"] {
            assert!(caught(bad), "{bad}");
        }
    }

    #[test]
    fn a_configuration_with_a_fault_is_caught() {
        let outcome = vigie_config::parse("x", "# vigie.toml\n[servr]\n", &Everything::default());
        assert_eq!(outcome.faults.len(), 1);
    }

    #[test]
    fn blocks_and_spans_are_told_apart() {
        let text = "a `vigie x`\n```sh\nvigie y\n```\n```toml\n[a]\n```\n".to_owned();
        let page = Page { path: String::new(), text };
        assert_eq!(page.blocks("sh"), [(3, vec!["vigie y"])]);
        assert_eq!(page.blocks("toml"), [(6, vec!["[a]"])]);
        assert_eq!(page.spans(), [(1, "vigie x")]);
    }
}

//! `vigie check`: every fault of the configuration at once. It tries nothing outside the files and
//! the environment.

use vigie_app::Registry;
use vigie_config::{Config, Outcome, Report, render_faults};
use vigie_domain::text::clean_line;

use super::shown::count;
use crate::cli::Check;
use crate::environment::Machine;
use crate::load::{CannotBegin, read_files};
use crate::output::{Exit, complain, has_colour, say, say_json};

const LATER: &str = "`vigie check --live` comes with a later version";

/// Reads the files and says what is wrong with them, or that nothing is.
pub(crate) fn run(arguments: &Check) -> Result<Exit, CannotBegin> {
    if arguments.live {
        return Err(CannotBegin::Other(LATER.to_owned()));
    }
    let file = clean_line(&arguments.config.config.display().to_string());
    let (outcome, machine) = read_files(&arguments.config.config)?;
    if let Some(config) = &outcome.config {
        warn_of_troubles(config, &machine);
    }
    let files = files(&file, outcome.included);
    match &outcome.config {
        _ if arguments.json.json => say_json(&Report::new(&outcome.faults)),
        Some(config) if outcome.faults.is_empty() => {
            say(in_order(&files, outcome.included > 0, config));
        }
        _ => say(faulty(&files, &outcome, has_colour())),
    }
    Ok(if outcome.faults.is_empty() { Exit::Done } else { Exit::Wrong })
}

/// `vigie.toml and 300 brand files`.
fn files(own: &str, included: usize) -> String {
    if included == 0 {
        own.to_owned()
    } else {
        format!("{own} and {}", count(included, "brand file"))
    }
}

/// Tells what the files say rightly and cannot work all the same, such as a secret of a wrong form.
pub(crate) fn warn_of_troubles(config: &Config, machine: &Machine) {
    let brands = config.brands.iter().map(|brand| (brand.clone(), false));
    for trouble in Registry::prepare(brands, machine).1 {
        complain(format!("warning: {trouble}"));
    }
}

fn in_order(files: &str, several: bool, config: &Config) -> String {
    let sources = config.brands.iter().map(|brand| brand.sources.len()).sum();
    let contacts = config.brands.iter().map(|brand| brand.contacts.len()).sum();
    format!(
        "{files} {} in order: {}, {}, {}.\nNot tried: mail, disk, clock, address ({LATER})",
        if several { "are" } else { "is" },
        count(config.brands.len(), "brand"),
        count(sources, "source"),
        count(contacts, "contact"),
    )
}

fn faulty(files: &str, outcome: &Outcome, colour: bool) -> String {
    let rendered = render_faults(&outcome.faults, colour);
    // Its first line counts the faults too, behind the number where ours begins with the file.
    let each = rendered.split_once('\n').map_or("", |(_, each)| each);
    let faults = count(outcome.faults.len(), "fault");
    let header = if outcome.included == 0 {
        format!("{files}: {faults}")
    } else {
        let faulty = outcome.refused.len() + usize::from(outcome.config.is_none());
        let good = outcome.brands_in_order;
        let are = if good == 1 { "is" } else { "are" };
        format!(
            "{files}: {faults} in {}. {} {are} in order.",
            count(faulty, "file"),
            count(good, "brand")
        )
    };
    format!("{header}\n{each}\nNot tried: mail, disk, clock, address ({LATER})")
}

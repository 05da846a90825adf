//! `vigie check`: every fault of the configuration at once. It tries nothing outside the files and
//! the environment.

use vigie_app::Registry;
use vigie_config::{Config, Fault, Report, render_faults};
use vigie_domain::text::clean_line;

use super::shown::count;
use crate::cli::Check;
use crate::environment::Machine;
use crate::load::{CannotBegin, read_config};
use crate::output::{Exit, complain, has_colour, say, say_json};

const LATER: &str = "`vigie check --live` comes with a later version";

/// Reads the file and says what is wrong with it, or that nothing is.
pub(crate) fn run(arguments: &Check) -> Result<Exit, CannotBegin> {
    if arguments.live {
        return Err(CannotBegin::Other(LATER.to_owned()));
    }
    let file = clean_line(&arguments.config.config.display().to_string());
    let faults = match read_config(&arguments.config.config) {
        Ok((config, machine)) => {
            warn_of_troubles(&config, &machine);
            if !arguments.json.json {
                say(in_order(&file, &config));
            }
            Vec::new()
        }
        Err(CannotBegin::Faults(faults)) => {
            if !arguments.json.json {
                say(faulty(&file, &faults, has_colour()));
            }
            faults
        }
        Err(other) => return Err(other),
    };
    if arguments.json.json {
        say_json(&Report::new(&faults));
    }
    Ok(if faults.is_empty() { Exit::Done } else { Exit::Wrong })
}

/// Tells what the files say rightly and cannot work all the same, such as a secret of a wrong form.
pub(crate) fn warn_of_troubles(config: &Config, machine: &Machine) {
    let brands = config.brands.iter().map(|brand| (brand.clone(), false));
    for trouble in Registry::prepare(brands, machine).1 {
        complain(format!("warning: {trouble}"));
    }
}

fn in_order(file: &str, config: &Config) -> String {
    let sources = config.brands.iter().map(|brand| brand.sources.len()).sum();
    let contacts = config.brands.iter().map(|brand| brand.contacts.len()).sum();
    format!(
        "{file} is in order: {}, {}, {}.\nNot tried: mail, disk, clock, address ({LATER})",
        count(config.brands.len(), "brand"),
        count(sources, "source"),
        count(contacts, "contact"),
    )
}

fn faulty(file: &str, faults: &[Fault], colour: bool) -> String {
    let rendered = render_faults(faults, colour);
    // Its first line counts the faults too, behind the number where ours begins with the file.
    let each = rendered.split_once('\n').map_or("", |(_, each)| each);
    let header = format!("{file}: {}", count(faults.len(), "fault"));
    format!("{header}\n{each}\nNot tried: mail, disk, clock, address ({LATER})")
}

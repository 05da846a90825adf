//! `vigie check`: every fault of the configuration at once. Without `--live` it tries nothing
//! outside the files and the environment.

mod asked;
mod live;

use serde::Serialize;
use vigie_app::Registry;
use vigie_config::{Config, Fault, Report, render_faults};
use vigie_domain::text::clean_line;

use self::live::Tried;
use super::shown::count;
use crate::cli::Check;
use crate::environment::Machine;
use crate::load::{CannotBegin, read_config};
use crate::output::{Exit, complain, has_colour, say, say_json};

const NOT_TRIED: &str = "Not tried: mail, disk, clock, address. `vigie check --live` tries them.";

/// What `--json` prints of a file without a fault.
#[derive(Serialize)]
struct Told<'a> {
    ok: bool,
    faults: [Fault; 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<&'a [Tried]>,
}

/// Reads the file and says what is wrong with it, or that nothing is; then tries what it names.
pub(crate) async fn run(arguments: &Check) -> Result<Exit, CannotBegin> {
    if let Some(address) = arguments.mail_to.as_deref().filter(|to| !vigie_config::is_email(to)) {
        let told = format!("--mail-to: {} is not an e-mail address", clean_line(address));
        return Err(CannotBegin::Other(told));
    }
    let file = clean_line(&arguments.config.config.display().to_string());
    let (config, machine) = match read_config(&arguments.config.config) {
        Ok(read) => read,
        Err(CannotBegin::Faults(faults)) => {
            if arguments.json.json {
                say_json(&Report::new(&faults));
            } else {
                say(faulty(&file, &faults, has_colour()));
            }
            return Ok(Exit::Wrong);
        }
        Err(other) => return Err(other),
    };
    warn_of_troubles(&config, &machine);
    if !arguments.json.json {
        say(in_order(&file, &config));
    }
    let tried = if arguments.live {
        Some(live::run(&config, &machine, arguments.mail_to.as_deref()).await)
    } else {
        None
    };
    let works = tried.iter().flatten().all(|tried| !tried.fails());
    if arguments.json.json {
        say_json(&Told { ok: works, faults: [], live: tried.as_deref() });
    } else {
        say(tried.as_deref().map_or_else(|| NOT_TRIED.to_owned(), live::shown));
    }
    Ok(if works { Exit::Done } else { Exit::NotSo })
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
        "{file} is in order: {}, {}, {}.\n",
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
    format!("{header}\n{each}\n{NOT_TRIED}")
}

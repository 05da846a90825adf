//! `vigie check`: every fault of the configuration at once. Without `--live` it tries nothing
//! outside the files and the environment.

pub(crate) mod asked;
pub(crate) mod kept;
mod live;
pub(crate) mod tried;

use serde::Serialize;
use vigie_app::Registry;
use vigie_config::{Config, Fault, Outcome, Report, render_faults};
use vigie_domain::text::clean_line;

use self::tried::Tried;
use super::shown::count;
use crate::cli::{Check, StoreKind};
use crate::environment::{For, Machine};
use crate::load::{CannotBegin, read_files_for};
use crate::output::{Exit, complain, has_colour, say, say_json};
use crate::vault::is_kept_by_aws;
use crate::waiting::Waiting;

const NOT_TRIED: &str = "Not tried: mail, disk, clock, address. `vigie check --live` tries them.";

/// What `--json` prints of files without a fault.
#[derive(Serialize)]
struct Told<'a> {
    ok: bool,
    faults: [Fault; 0],
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<&'a [Tried]>,
}

/// Reads the files and says what is wrong with them, or that nothing is; then tries what they name.
pub(crate) async fn run(arguments: &Check) -> Result<Exit, CannotBegin> {
    if let Some(address) = arguments.mail_to.as_deref().filter(|to| !vigie_config::is_email(to)) {
        let told = format!("--mail-to: {} is not an e-mail address", clean_line(address));
        return Err(CannotBegin::Other(told));
    }
    let on_aws = arguments.stored.store == StoreKind::Aws;
    if on_aws && arguments.live {
        let told = "--live tries what this machine has, --store aws what is on AWS: one at a time";
        return Err(CannotBegin::Other(told.to_owned()));
    }
    // On AWS the functions have what was applied: nobody needs the file's secrets here.
    let whom = if on_aws { For::Nobody } else { For::ThisProcess };
    let path = &arguments.stored.config.config;
    let file = clean_line(&path.display().to_string());
    let (outcome, machine) = read_files_for(path, whom)?;
    if let Some(config) = outcome.config.as_ref().filter(|_| !on_aws) {
        warn_of_troubles(config, &machine);
        warn_of_copies(config, &machine);
    }
    let files = files(&file, outcome.included);
    let Some(config) = outcome.config.as_ref().filter(|_| outcome.faults.is_empty()) else {
        if arguments.json.json {
            say_json(&Report::new(&outcome.faults));
        } else {
            say(faulty(&files, &outcome, has_colour()));
        }
        return Ok(Exit::Wrong);
    };
    if !arguments.json.json {
        say(in_order(&files, outcome.included > 0, config));
    }
    let tried = if on_aws {
        let _waiting = Waiting::for_("looking at the stack");
        Some(look_at_aws(config, &machine).await?)
    } else if arguments.live {
        let _waiting = Waiting::for_("trying mail, disk, server and address");
        Some(Box::pin(live::run(config, &machine, arguments.mail_to.as_deref())).await)
    } else {
        None
    };
    let works = tried.iter().flatten().all(|tried| !tried.fails());
    if arguments.json.json {
        say_json(&Told { ok: works, faults: [], live: tried.as_deref() });
    } else {
        say(tried.as_deref().map_or_else(|| NOT_TRIED.to_owned(), tried::shown));
    }
    Ok(if works { Exit::Done } else { Exit::NotSo })
}

#[cfg(feature = "aws")]
async fn look_at_aws(config: &Config, machine: &Machine) -> Result<Vec<Tried>, CannotBegin> {
    Ok(Box::pin(crate::cloud::check::run(config, machine)).await)
}

#[cfg(not(feature = "aws"))]
async fn look_at_aws(_: &Config, _: &Machine) -> Result<Vec<Tried>, CannotBegin> {
    std::future::ready(Err(crate::open::not_built("--store aws"))).await
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
/// What AWS keeps is not looked at: that would be a call.
pub(crate) fn warn_of_troubles(config: &Config, machine: &Machine) {
    let mut brands = config.brands.clone();
    for source in brands.iter_mut().flat_map(|brand| &mut brand.sources) {
        source.secrets.retain(|secret| !is_kept_by_aws(secret));
        source.access.challenge.retain(|secret| !is_kept_by_aws(secret));
        source.access.basic.retain(|secret| !is_kept_by_aws(secret));
        if let Some(api) = &mut source.access.api {
            api.secret = api.secret.take().filter(|secret| !is_kept_by_aws(secret));
        }
    }
    let brands = brands.into_iter().map(|brand| (brand, false));
    for trouble in Registry::prepare(brands, machine).1 {
        complain(format!("warning: {trouble}"));
    }
}

/// Tells of brands whose reviews can come twice: by an aggregator, and by a platform that it passes
/// on.
fn warn_of_copies(config: &Config, machine: &Machine) {
    for brand in config.brands.iter().filter(|brand| brand.sources.len() > 1) {
        for source in &brand.sources {
            let Ok(preset) = machine.preset(&source.platform) else { continue };
            if !preset.aggregates() {
                continue;
            }
            let (id, name) = (&source.id, preset.name());
            complain(format!(
                "warning: {id}: {name} passes on reviews of other platforms: one that comes by \
                 another source of {} too is recorded as a copy, and told once",
                brand.id
            ));
        }
    }
}

fn in_order(files: &str, several: bool, config: &Config) -> String {
    let sources = config.brands.iter().map(|brand| brand.sources.len()).sum();
    let contacts = config.brands.iter().map(|brand| brand.contacts.len()).sum();
    format!(
        "{files} {} in order: {}, {}, {}.\n",
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
    format!("{header}\n{each}\n{NOT_TRIED}")
}

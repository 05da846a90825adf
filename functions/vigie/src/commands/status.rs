//! `vigie status`: how Vigie itself is, and what needs a person.

mod human;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use vigie_app::operator::{does, silence_in_words, silent};
use vigie_config::{Config, Transport};
use vigie_domain::rhythm::day_of;
use vigie_domain::{Deliver, Rhythm, Silence};
use vigie_ports::{Store as _, StoredBrand, World as _};
use vigie_store_sqlite::{FILE_NAME, Facts};

use super::shown::count;
use crate::cli::Status;
use crate::environment::{Room, room};
use crate::load::{CannotBegin, read_config, store_trouble};
use crate::lock;
use crate::open::{only_here, open_here};
use crate::output::{Exit, say, say_json};
use vigie_machine::now;

/// A message that waits for longer than this waits for a person: mail servers come back sooner.
const WAITS_TOO_LONG: SignedDuration = SignedDuration::from_mins(15);

#[derive(Serialize)]
struct Silent {
    source: String,
    #[serde(flatten)]
    silence: Silence,
}

#[derive(Serialize)]
struct RefusedNow {
    source: String,
    at: Option<Timestamp>,
    why: Option<String>,
    #[serde(skip)]
    needs: bool,
}

#[derive(Serialize)]
struct MatterNow {
    code: &'static str,
    about: String,
    count: u64,
    first_at: Timestamp,
    last_at: Timestamp,
    #[serde(skip)]
    does: &'static str,
}

#[derive(Serialize)]
struct NextReport {
    brand: String,
    at: Timestamp,
    #[serde(skip)]
    zone: jiff::tz::TimeZone,
}

/// How Vigie is, as `--json` shows it.
#[derive(Serialize)]
struct State {
    ok: bool,
    needs: Vec<String>,
    version: &'static str,
    at: Timestamp,
    server: Option<String>,
    store: String,
    schema: i64,
    bytes: u64,
    reviews: u64,
    undecided: u64,
    disk: Option<Room>,
    transport: String,
    sent_at: Option<Timestamp>,
    failed_why: Option<String>,
    operator: bool,
    pending: u64,
    held: u64,
    dead: u64,
    waits_since: Option<Timestamp>,
    silent: Vec<Silent>,
    refused: Vec<RefusedNow>,
    matters: Vec<MatterNow>,
    reports: Vec<NextReport>,
    trial: Vec<String>,
    off: Vec<String>,
}

/// Says how Vigie is. Exit 1 where something needs a person.
pub(crate) async fn run(arguments: &Status) -> Result<Exit, CannotBegin> {
    let why = "vigie check --store aws looks for what needs a person there";
    only_here(arguments.stored.store, "status", why)?;
    let (config, machine) = read_config(&arguments.stored.config.config)?;
    let app = open_here(&arguments.stored).await?;
    let store = app.world().store();
    let at = now();
    let data = machine.path(&config.server.data);
    let facts = store.facts().await.map_err(store_trouble)?;
    let brands = store.brands().await.map_err(store_trouble)?;
    let rhythms = store.rhythms().await.map_err(store_trouble)?;
    let silent = silent(&app, at).await.map_err(store_trouble)?;
    let troubles = store.troubles().await.map_err(store_trouble)?;
    let in_force = |id: &str| app.registry().source(id).is_some();
    let refused = rhythms.iter().filter(|(id, one)| one.is_refused() && in_force(id.as_str()));
    let matters = troubles.into_iter().filter(|one| one.count > 0);
    let mut state = State {
        server: lock::holder(&data),
        disk: room(&data),
        store: data.join(FILE_NAME).display().to_string(),
        silent: silent
            .into_iter()
            .map(|(id, silence)| Silent { source: id.to_string(), silence })
            .collect(),
        refused: refused.map(|(id, one)| refused_now(id.as_str(), one, at)).collect(),
        matters: matters
            .map(|one| MatterNow {
                code: one.what.matter.id(),
                about: one.what.about,
                count: one.count,
                first_at: one.first_at,
                last_at: one.last_at,
                does: does(one.what.matter),
            })
            .collect(),
        ..of_facts(facts, &config, &brands, at)
    };
    state.needs = needs(&state);
    state.ok = state.needs.is_empty();
    if arguments.json.json {
        say_json(&state);
    } else {
        say(human::human(&state));
    }
    Ok(if state.ok { Exit::Done } else { Exit::NotSo })
}

/// What the store and the file say.
fn of_facts(facts: Facts, config: &Config, brands: &[StoredBrand], at: Timestamp) -> State {
    let live = || brands.iter().filter(|stored| !stored.retired);
    let with = |deliver: Deliver| {
        let those = live().filter(move |stored| stored.brand.deliver == deliver);
        those.map(|stored| stored.brand.id.to_string()).collect()
    };
    let report = |stored: &StoredBrand| NextReport {
        brand: stored.brand.id.to_string(),
        at: stored.report_at,
        zone: stored.brand.zone(),
    };
    let mut reports: Vec<NextReport> = live().map(report).collect();
    reports.sort_by_key(|report| report.at);
    State {
        ok: true,
        needs: Vec::new(),
        version: env!("CARGO_PKG_VERSION"),
        at,
        server: None,
        store: String::new(),
        schema: facts.schema,
        bytes: facts.bytes,
        reviews: facts.reviews,
        undecided: facts.undecided,
        disk: None,
        transport: transport(config),
        sent_at: facts.sent_at,
        failed_why: facts.failed_why,
        operator: !config.operator.email.is_empty(),
        pending: facts.pending,
        held: facts.held,
        dead: facts.dead,
        waits_since: facts.waits_since,
        silent: Vec::new(),
        refused: Vec::new(),
        matters: Vec::new(),
        reports,
        trial: with(Deliver::Trial),
        off: with(Deliver::Off),
    }
}

fn transport(config: &Config) -> String {
    match config.mail.as_ref().map(|mail| &mail.transport) {
        Some(Transport::Smtp(smtp)) => format!("{}:{}", smtp.host, smtp.port),
        Some(Transport::Ses) => "SES".to_owned(),
        Some(Transport::File(folder)) => format!("files in {}", folder.display()),
        None => "files in outbox".to_owned(),
    }
}

/// A forged request now and then is nothing: one that never got through, or many today, is.
fn refused_now(source: &str, rhythm: &Rhythm, at: Timestamp) -> RefusedNow {
    let today = rhythm.days.iter().find(|day| day.date == day_of(at));
    let (accepted, refused) = today.map_or((0, 0), |day| (day.accepted, day.refused));
    RefusedNow {
        source: source.to_owned(),
        at: rhythm.refused_at,
        why: rhythm.refused_why.clone(),
        needs: rhythm.accepted_at.is_none() || rhythm.is_refused_unusually(accepted, refused, at),
    }
}

/// A line for each thing that needs a person: what, and what to do.
fn needs(state: &State) -> Vec<String> {
    let mut needs = Vec::new();
    if state.server.is_none() {
        needs.push("no server runs on this data folder: vigie serve".to_owned());
    }
    if let Some(told) = state.disk.and_then(Room::is_little) {
        needs.push(format!("little disk, {told}: make room"));
    }
    if state.dead > 0 {
        let what = count(state.dead as usize, "dead notice");
        needs.push(format!("{what}: vigie notices --state dead, then vigie redrive ID"));
    }
    let waits = state.waits_since.filter(|since| state.at.duration_since(*since) > WAITS_TOO_LONG);
    if waits.is_some() {
        let why = state.failed_why.as_deref().unwrap_or("nothing was tried");
        needs.push(format!("mail waits for over 15 minutes ({why}): look at the mail server"));
    }
    for one in &state.silent {
        let told = silence_in_words(one.silence);
        needs.push(format!("{} is {told}: is its webhook still on?", one.source));
    }
    for one in state.refused.iter().filter(|one| one.needs) {
        let why = one.why.as_deref().unwrap_or_default();
        needs.push(format!("{} is refused ({why}): vigie doctor --source {0}", one.source));
    }
    // Where there is an operator, mail says it.
    if !state.operator {
        let told = |one: &MatterNow| {
            format!("{} × {} of {}: {}", one.count, one.code, one.about, one.does)
        };
        needs.extend(state.matters.iter().map(told));
    }
    needs
}

//! `vigie sources`: for each source the address to paste and where, and how it is.

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use vigie_app::App;
use vigie_domain::{Brand, Locale, Rhythm, Source, SourceId};
use vigie_platforms::Preset;
use vigie_ports::{Store as _, World};

use super::shown::{labelled, local};
use crate::cli::{Sources, StoreKind};
use crate::environment::{For, Machine};
use crate::load::{CannotBegin, Given, read_given_for, store_trouble};
use crate::open::with_app;
use crate::output::{Exit, say, say_json};

/// What stands for a token that is not to be shown.
const HIDDEN: &str = "TOKEN";

#[derive(Serialize)]
struct Listed {
    source: String,
    brand: String,
    platform: String,
    url: String,
    /// Whether the address ends in a token that is not shown.
    token_hidden: bool,
    setup: Vec<String>,
    events: serde_json::Value,
    scheme: String,
    accepted_at: Option<Timestamp>,
    refused_at: Option<Timestamp>,
    refused_why: Option<String>,
    answers: serde_json::Value,
    #[serde(skip)]
    zone: jiff::tz::TimeZone,
}

#[derive(Serialize)]
struct Answer {
    sources: Vec<Listed>,
}

/// Lists the sources of the file, and what the store knows of them.
pub(crate) async fn run(arguments: &Sources) -> Result<Exit, CannotBegin> {
    // What the file names may be elsewhere: nothing of it is needed but a token to be shown.
    let Given { config, machine, .. } =
        read_given_for(&arguments.stored.config.config, whom(arguments.stored.store))?;
    let (rhythms, base) = with_app!(&arguments.stored, app => known_to(&app).await)?;
    let wanted =
        |brand: &&Brand| arguments.brand.as_ref().is_none_or(|id| *id == brand.id.as_str());
    let brands: Vec<&Brand> = config.brands.iter().filter(wanted).collect();
    if brands.is_empty()
        && let Some(id) = &arguments.brand
    {
        return Err(CannotBegin::Other(format!("no brand is called {id:?}")));
    }
    let machine = if arguments.show_token {
        let all = brands.iter().flat_map(|brand| &brand.sources);
        let references: Vec<_> = all.flat_map(|source| source.secrets.iter().cloned()).collect();
        machine.knowing(&references).await
    } else {
        machine
    };
    let mut sources = Vec::new();
    for brand in brands {
        for source in &brand.sources {
            let rhythm = known(&rhythms, &source.id);
            sources.push(listed(brand, source, rhythm, &base, &machine, arguments.show_token)?);
        }
    }
    if arguments.json.json {
        say_json(&Answer { sources });
    } else if sources.is_empty() {
        say("No source.");
    } else {
        say(sources.iter().map(human).collect::<Vec<_>>().join("\n\n"));
    }
    Ok(Exit::Done)
}

const fn whom(store: StoreKind) -> For {
    match store {
        StoreKind::Sqlite => For::ThisProcess,
        StoreKind::Aws => For::Nobody,
    }
}

/// What a store knows of sources, and what their addresses begin with.
async fn known_to<W: World>(
    app: &App<W>,
) -> Result<(Vec<(SourceId, Rhythm)>, String), CannotBegin> {
    let rhythms = app.world().store().rhythms().await.map_err(store_trouble)?;
    Ok((rhythms, app.settings().public_url.clone()))
}

/// The steps in the brand's language: it is the brand that has the platform's account.
fn steps(preset: &Preset, locale: Locale) -> &[String] {
    match locale {
        Locale::Fr if !preset.setup_fr().is_empty() => preset.setup_fr(),
        _ => preset.setup(),
    }
}

/// A step with this source's own names in it.
fn filled(step: &str, source: &Source, base: &str, url: &str) -> String {
    step.replace("{url}", url).replace("{source}", source.id.as_str()).replace("{server}", base)
}

fn known(rhythms: &[(SourceId, Rhythm)], id: &SourceId) -> Rhythm {
    rhythms.iter().find(|(known, _)| known == id).map(|(_, one)| one.clone()).unwrap_or_default()
}

fn listed(
    brand: &Brand,
    source: &Source,
    rhythm: Rhythm,
    base: &str,
    machine: &Machine,
    show_token: bool,
) -> Result<Listed, CannotBegin> {
    let preset = machine.preset(&source.platform).map_err(CannotBegin::Other)?;
    let mut url = format!("{base}/hooks/{}", source.id);
    let has_token = preset.scheme().takes_path_token();
    if has_token {
        let token = token(source, machine, show_token)?;
        url = format!("{url}/{token}");
    }
    let info = preset.info();
    let value =
        |given: &dyn Fn() -> serde_json::Result<serde_json::Value>| given().unwrap_or_default();
    Ok(Listed {
        source: source.id.to_string(),
        brand: brand.id.to_string(),
        platform: info.name.to_owned(),
        setup: steps(&preset, brand.locale)
            .iter()
            .map(|step| filled(step, source, base, &url))
            .collect(),
        events: value(&|| serde_json::to_value(&info.events)),
        scheme: info.scheme.clone(),
        accepted_at: rhythm.accepted_at,
        refused_at: rhythm.refused_at,
        refused_why: rhythm.refused_why,
        answers: value(&|| serde_json::to_value(info.answers)),
        token_hidden: has_token && !show_token,
        zone: brand.zone(),
        url,
    })
}

/// The token of an address, percent-encoded; a word in its place where it is not to be shown.
fn token(source: &Source, machine: &Machine, show: bool) -> Result<String, CannotBegin> {
    let Some(reference) = source.secrets.first().filter(|_| show) else {
        return Ok(HIDDEN.to_owned());
    };
    let secret = machine.secret(reference).map_err(CannotBegin::Other)?;
    let all = percent_encoding::NON_ALPHANUMERIC;
    Ok(percent_encoding::utf8_percent_encode(secret.expose_secret(), all).to_string())
}

fn human(one: &Listed) -> String {
    let when =
        |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| local(at, &one.zone));
    let why = one.refused_why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    let words: Vec<&str> =
        one.events.as_array().into_iter().flatten().filter_map(|e| e.as_str()).collect();
    let answers = match one.answers.as_str() {
        Some("event") => "arrive by themselves",
        _ => "do not arrive: click \"answered\" in the message",
    };
    let hidden = if one.token_hidden { "  (--show-token shows the token)" } else { "" };
    let row = |name: &str, said: &str| format!("  {}", labelled(name, said));
    let mut all = vec![
        format!("{} · {} · brand {}", one.source, one.platform, one.brand),
        // An address is pasted: it stays whole.
        format!("  address   {}{hidden}", one.url),
        row("events", &words.join(", ")),
        row("proof", &one.scheme),
        row("accepted", &when(one.accepted_at)),
        row("refused", &format!("{}{why}", when(one.refused_at))),
        row("answers", answers),
    ];
    let steps = one.setup.iter().enumerate();
    all.extend(steps.map(|(index, step)| format!("  {}. {step}", index + 1)));
    all.join("\n")
}

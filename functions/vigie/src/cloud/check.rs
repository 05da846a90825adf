//! `vigie check --store aws`: what bites in practice on AWS, and what to do for each.

mod mail;
mod rest;
mod runs;
mod table;

use jiff::SignedDuration;
use vigie_config::Config;
use vigie_domain::SecretRef;
use vigie_domain::notice::NoticeState;
use vigie_machine::{now, variable};
use vigie_ports::{NoticeFilter, Store as _, World as _};
use vigie_store_dynamodb::FunctionSettings;

use super::{Cloud, Stack, public_url};
use crate::commands::check::{asked, tried::Tried};
use crate::commands::shown::count;
use crate::environment::Machine;
use crate::load::{CannotBegin, live};

/// What waits for longer than this waits for a person (as `vigie status` has it).
const WAITS_TOO_LONG: SignedDuration = SignedDuration::from_mins(15);

/// Tries everything. What needs the stack is left out where there is none.
pub(crate) async fn run(config: &Config, machine: &Machine) -> Vec<Tried> {
    let stack = match Stack::find(&config.aws).await {
        Ok(stack) => stack,
        Err(error) => return vec![refused("stack", &error)],
    };
    let mut tried = vec![
        Tried::works("stack", format!("{} in {}", stack.name, stack.region())),
        region(&stack, variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"))),
    ];
    let rest = rest::Rest::of(&stack);
    tried.extend(table::run(&stack).await);
    tried.push(runs::stream(&stack, &rest).await);
    tried.push(runs::schedules(&stack, &rest).await);
    tried.extend(mail::run(&stack, config).await);
    tried.push(asked::at(&public_url(config, &stack)).await);
    tried.push(asked::clock(rest.ahead(), "AWS"));
    match Cloud::open(&stack).await {
        Ok(cloud) => tried.extend(in_force(&cloud, machine).await),
        Err(error) => tried.push(refused("store", &error)),
    }
    tried
}

/// A fault with its hint, as a line.
fn refused(check: &'static str, error: &CannotBegin) -> Tried {
    let text = error.to_string();
    let (what, hint) = text.split_once("\n  hint: ").unwrap_or((&text, "try it again"));
    Tried::no(check, what, hint)
}

/// Everything is where the file says, and nothing of this shell says otherwise.
fn region(stack: &Stack, shell: Option<String>) -> Tried {
    let here = stack.region();
    if let Some(other) = stack.outputs.get("Region").filter(|region| *region != here) {
        let told = format!("the stack says that it is in {other}, and {here} was asked");
        return Tried::no("region", told, "write that region in [aws]");
    }
    if let Some(shell) = shell.filter(|region| region != here) {
        let told = format!("[aws] says {here}, and this shell's AWS_REGION {shell}");
        let hint = "aws and sam would work in another region than vigie: make them one";
        return Tried::no("region", told, hint);
    }
    Tried::works("region", format!("{here} everywhere"))
}

/// What was applied, its secrets, and what waits.
async fn in_force(cloud: &Cloud, machine: &Machine) -> Vec<Tried> {
    let store = cloud.store();
    let asked = async {
        let settings = store.setting(FunctionSettings::NAME).await?;
        let waits = store.due(now() - WAITS_TOO_LONG, 1).await?;
        let dead = NoticeFilter { state: Some(NoticeState::Dead), ..NoticeFilter::default() };
        Ok::<_, vigie_ports::StoreError>((settings, waits, store.notices(dead).await?.len()))
    };
    let (settings, waits, dead) = match asked.await {
        Ok(asked) => asked,
        Err(error) => return vec![Tried::no("store", error.to_string(), "look at the table")],
    };
    let brands = match live(store).await {
        Ok(brands) => brands,
        Err(error) => return vec![refused("store", &error)],
    };
    let mut tried = vec![if settings.is_some() {
        Tried::works("applied", count(brands.len(), "brand"))
    } else {
        let hint = "vigie apply --store aws: until then every webhook is answered 404";
        Tried::no("applied", "nothing was applied to this stack yet", hint)
    }];
    let sources = brands.iter().flat_map(|brand| &brand.sources);
    let secrets: Vec<_> = sources.flat_map(|source| source.secrets.iter().cloned()).collect();
    tried.extend(kept(&secrets, machine).await);
    tried.push(match (waits.is_empty(), dead) {
        (false, _) => {
            let told = "something has waited for over 15 minutes";
            let hint = "are schedule, queues and functions at work? look at their alarms and logs";
            Tried::no("notices", told, hint)
        }
        (true, 0) => Tried::works("notices", "nothing waits, none is dead"),
        (true, dead) => {
            let hint = "vigie notices --state dead --store aws, then vigie redrive ID --store aws";
            Tried::no("notices", count(dead, "dead notice"), hint)
        }
    });
    tried
}

/// The secrets of the sources in force, as far as these credentials may read them.
async fn kept(secrets: &[SecretRef], machine: &Machine) -> Option<Tried> {
    let elsewhere: Vec<_> = secrets
        .iter()
        .filter(|one| matches!(one, SecretRef::Env(_) | SecretRef::File(_)))
        .map(ToString::to_string)
        .collect();
    if !elsewhere.is_empty() {
        let told = format!("the functions cannot read {}", elsewhere.join(", "));
        return Some(Tried::no("secrets", told, "vigie apply --store aws --put-secrets"));
    }
    crate::commands::check::kept::of(secrets, machine).await
}

//! The status for people: ten lines where all is well.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::State;
use crate::commands::shown::{count, labelled, local};

pub(super) fn human(state: &State) -> String {
    let server = state.server.clone().unwrap_or_else(|| "not running".to_owned());
    let mut all = vec![
        row(
            "vigie",
            &format!(
                "{} · {}",
                state.version,
                if state.ok { "all is well" } else { "needs a person" }
            ),
        ),
        row("server", &server),
        row("store", &store(state)),
        row(
            "disk",
            &state.disk.map_or_else(
                || "unknown".to_owned(),
                |room| format!("{} free of {}", size(room.free), size(room.total)),
            ),
        ),
        row("mail", &mail(state)),
        row("notices", &notices(state)),
        row("sources", &sources(state)),
        row("operator", &operator(state)),
        row("reports", &reports(state)),
        row("brands", &brands(state)),
    ];
    if !state.needs.is_empty() {
        all.push(String::new());
        all.extend(state.needs.iter().map(|need| format!("! {need}")));
    }
    all.join("\n")
}

fn row(name: &str, value: &str) -> String {
    labelled(name, value)
}

fn size(bytes: u64) -> String {
    match bytes >> 20 {
        mib if mib >= 10 * 1024 => format!("{} GiB", mib >> 10),
        mib => format!("{mib} MiB"),
    }
}

fn at(moment: Timestamp) -> String {
    local(moment, &TimeZone::UTC)
}

fn store(state: &State) -> String {
    let reviews = count(state.reviews as usize, "review");
    format!("{reviews} · {} · schema {} · {}", size(state.bytes), state.schema, state.store)
}

fn mail(state: &State) -> String {
    let sent = state
        .sent_at
        .map_or_else(|| "nothing sent yet".to_owned(), |sent| format!("last sent {}", at(sent)));
    let failed =
        state.failed_why.as_ref().map(|why| format!(" · failed: {why}")).unwrap_or_default();
    format!("{} · {sent}{failed}", state.transport)
}

fn notices(state: &State) -> String {
    let oldest = state.waits_since.map(|since| format!(" since {}", at(since))).unwrap_or_default();
    format!(
        "{} waiting{oldest} · {} held · {} dead · {} undecided",
        state.pending,
        state.held,
        state.dead,
        count(state.undecided as usize, "change")
    )
}

fn sources(state: &State) -> String {
    let named = |what: &str, names: Vec<&str>| match names.as_slice() {
        [] => format!("none {what}"),
        some => format!("{what}: {}", some.join(", ")),
    };
    let silent = state.silent.iter().map(|one| one.source.as_str()).collect();
    let refused = state.refused.iter().map(|one| one.source.as_str()).collect();
    format!("{} · {}", named("silent", silent), named("refused last", refused))
}

fn operator(state: &State) -> String {
    let who = if state.operator { "told by mail" } else { "none: [operator] names one" };
    let untold: Vec<String> = state
        .matters
        .iter()
        .map(|one| format!("{} × {} of {}", one.count, one.code, one.about))
        .collect();
    let untold = if untold.is_empty() { "nothing new".to_owned() } else { untold.join(", ") };
    format!("{who} · since the last message: {untold}")
}

fn reports(state: &State) -> String {
    let first = state.reports.first();
    first.map_or_else(
        || "none".to_owned(),
        |next| format!("next {} for {}", local(next.at, &next.zone), next.brand),
    )
}

fn brands(state: &State) -> String {
    let list =
        |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    format!("{} · trial: {} · off: {}", state.reports.len(), list(&state.trial), list(&state.off))
}

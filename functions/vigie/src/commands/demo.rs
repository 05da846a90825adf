//! `vigie demo`: everything at once, for real, in one process.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use vigie_domain::notice::{Kind, Notice, NoticeState};
use vigie_domain::{Gets, Review};
use vigie_ports::{NoticeFilter, Store as _, World as _};
use vigie_smtp_sink::Sink;

use crate::cli::{Demo, StoreKind};
use crate::commands::serve::{Running, bind, wait_for_a_signal};
use crate::demo::pages;
use crate::demo::play::Player;
use crate::demo::stage::{Folder, furnish};
use crate::demo::summary::Summary;
use crate::environment::now;
use crate::load::{CannotBegin, Given, apply, open_store, read_given, store_trouble};
use crate::output::{Exit, say, say_json};
use crate::server::connections::http;
use crate::server::{Serving, loops, router};

/// How long the demo waits for what must come: the contract gives it 90 s in all.
const ALL_WITHIN: Duration = Duration::from_mins(1);
/// How long between two looks at whether all has come.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Plays the demo.
pub(crate) async fn run(arguments: Demo) -> Result<Exit, CannotBegin> {
    let began = tokio::time::Instant::now();
    pages::clear(&arguments.out)?;
    let folder = Folder::make()?;
    let listener = bind(arguments.listen, "--listen").await?;
    let no_address = |error: std::io::Error| CannotBegin::Other(format!("no address: {error}"));
    let address = listener.local_addr().map_err(no_address)?;
    let sink = Sink::start(([127, 0, 0, 1], 0).into()).map_err(no_address)?;
    let config_path = furnish(&folder, address, &sink, now())?;
    let given = read_given(&config_path)?;
    let store = open_store(StoreKind::Sqlite, &given.config, &given.machine)?;
    apply(&store, &given).await?;
    let Given { config, machine, .. } = given;
    let brands = config.brands.clone();
    let Running { serving, inbox, .. } =
        Running::start(store, config, machine, config_path.clone()).await?;
    let (stopping, stop) = tokio::sync::watch::channel(false);
    let looping = tokio::spawn(loops::run(serving.clone(), inbox, stop.clone()));
    let routes = router(&serving, pages::router(arguments.out.clone()));
    let serving_http = tokio::spawn(http(listener, routes, stop));
    let ready_ms = began.elapsed().as_millis();
    let people = brands.first().map_or(0, |brand| brand.who_gets(Gets::Alert).len());
    if !arguments.json.json {
        let version = env!("CARGO_PKG_VERSION");
        say(format!(
            "vigie {version} demo   store in a temporary folder (removed at exit)   ready in \
             {ready_ms} ms\nBrand Maison Lumen, {people} contacts. \
             Real HTTP, real signatures, real SMTP.\n"
        ));
    }
    let mut player = Player::new(address, now())?;
    player.first_act().await;
    player.yesterday().await;
    wait_until(&serving, &sink, alerts_are_out).await;
    player.second_act().await;
    wait_until(&serving, &sink, everything_is_out).await;
    let summary = summarise(&serving, &player, &sink, people).await?;
    let mails = leave_mails(&arguments, &sink)?;
    if arguments.json.json {
        say_json(&summary);
    } else {
        say(summary.human());
        tell_faults(&summary);
        tell_where_next(
            &arguments,
            &address.to_string(),
            &config_path.display().to_string(),
            mails,
        );
    }
    if !arguments.exit {
        say("Serving. Ctrl-C stops.");
        wait_for_a_signal().await?;
    }
    let _ = stopping.send(true);
    let _ = tokio::join!(looping, serving_http);
    sink.stop().await;
    let failed = arguments.exit && !summary.faults.is_empty();
    Ok(if failed { Exit::NotSo } else { Exit::Done })
}

fn alerts_are_out(notices: &[Notice]) -> bool {
    notices.iter().filter(|notice| notice.what.kind == Kind::Alert).all(is_settled)
        && notices.iter().any(|notice| notice.what.kind == Kind::Alert)
}

fn everything_is_out(notices: &[Notice]) -> bool {
    let kinds = [Kind::Alert, Kind::Reminder, Kind::Escalation, Kind::Praise, Kind::Report];
    kinds.iter().all(|kind| notices.iter().any(|notice| notice.what.kind == *kind))
        && notices.iter().all(is_settled)
}

fn is_settled(notice: &Notice) -> bool {
    matches!(notice.state, NoticeState::Sent | NoticeState::Cancelled | NoticeState::Dead)
}

/// Waits until nothing is undecided and the notices are as they should be, or time is up.
async fn wait_until(serving: &Serving, sink: &Sink, done: impl Fn(&[Notice]) -> bool) {
    let deadline = tokio::time::Instant::now() + ALL_WITHIN;
    let mut look = tokio::time::interval(LOOK_EVERY);
    while tokio::time::Instant::now() < deadline {
        look.tick().await;
        let store = serving.app.world().store();
        let Ok(notices) = store.notices(NoticeFilter::default()).await else { continue };
        let sent = notices.iter().filter(|notice| notice.state == NoticeState::Sent).count();
        let decided = store.undecided().await.is_ok_and(|count| count == 0);
        if decided && done(&notices) && sink.count() >= sent {
            return;
        }
    }
}

async fn summarise(
    serving: &Serving,
    player: &Player,
    sink: &Sink,
    people: usize,
) -> Result<Summary, CannotBegin> {
    let store = serving.app.world().store();
    let notices = store.notices(NoticeFilter::default()).await.map_err(store_trouble)?;
    let mut reviews: HashMap<String, Review> = HashMap::new();
    for key in player.posted.keys() {
        let Ok(parsed) = key.parse() else { continue };
        if let Some(stored) = store.review(&parsed).await.map_err(store_trouble)? {
            reviews.insert(key.clone(), stored.review);
        }
    }
    Ok(Summary::count(player, &reviews, &notices, &sink.messages(), people))
}

/// Leaves every mail in the folder; gives how many.
fn leave_mails(arguments: &Demo, sink: &Sink) -> Result<usize, CannotBegin> {
    let cannot = |error: std::io::Error| {
        CannotBegin::Other(format!("cannot write to {}: {error}", arguments.out.display()))
    };
    let mut left = Vec::new();
    for (at, mail) in sink.messages().iter().enumerate() {
        left.push(pages::write(&arguments.out, at + 1, Arc::as_ref(mail)).map_err(cannot)?);
    }
    pages::write_index(&arguments.out, &left).map_err(cannot)?;
    Ok(left.len())
}

fn tell_faults(summary: &Summary) {
    if summary.faults.is_empty() {
        return;
    }
    say(format!("{} things are not as they should be:", summary.faults.len()));
    for fault in &summary.faults {
        say(format!("  {fault}"));
    }
    say("");
}

fn tell_where_next(arguments: &Demo, address: &str, config: &str, mails: usize) {
    let out = arguments.out.display();
    if arguments.exit {
        say(format!(
            "Read the {mails} mails   {out}/index.html\nStay and look    vigie demo   (serves until \
             Ctrl-C)\nYour own brand   README, \"Five minutes to a real webhook\""
        ));
        return;
    }
    say(format!(
        "Read the mails   http://{address}/demo/mail   (also in {out}/)\n\
         Ask why          vigie explain lumen-judgeme/104 --config {config}\n\
         What is open     vigie report unanswered --config {config}\n\
         Play a platform  vigie send --source lumen-okendo --url http://{address} --config {config}\n\
         Your own brand   README, \"Five minutes to a real webhook\"\n"
    ));
}

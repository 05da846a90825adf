//! `vigie demo`: everything at once, for real, in one process.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vigie_domain::notice::{Kind, Notice, NoticeState};
use vigie_domain::{Brand, Deliver, Review};
use vigie_ports::{NoticeFilter, Store as _, World as _};
use vigie_smtp_sink::{Received, Sink};

use crate::cli::Demo;
use crate::commands::serve::{Running, bind, wait_for_a_signal};
use crate::demo::api::Api;
use crate::demo::mails::Stored;
use crate::demo::pages;
use crate::demo::play::Player;
use crate::demo::refused::refused;
use crate::demo::stage::{Folder, furnish};
use crate::demo::summary::Summary;
use crate::home::hold_store;
use crate::load::{CannotBegin, Given, apply, read_given, store_trouble};
use crate::output::{Exit, say, say_json};
use crate::server::connections::http;
use crate::server::{Serving, loops, notes, router};
use crate::waiting::Waiting;
use vigie_machine::now;

/// How long the demo waits for what must come: the contract gives it 90 s in all.
const ALL_WITHIN: Duration = Duration::from_mins(1);
/// How long between two looks at whether all has come.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Plays the demo.
pub(crate) async fn run(arguments: Demo) -> Result<Exit, CannotBegin> {
    let began = tokio::time::Instant::now();
    pages::clear(&arguments.out)?;
    let folder = Folder::make()?;
    let listener = bind(arguments.listen, "--listen")?;
    let no_address = |error: std::io::Error| CannotBegin::Other(format!("no address: {error}"));
    let address = listener.local_addr().map_err(no_address)?;
    let sink = Sink::start(([127, 0, 0, 1], 0).into()).map_err(no_address)?;
    let api = Api::start().await?;
    let config_path = furnish(&folder, address, &sink, &api, now())?;
    let given = read_given(&config_path)?;
    let data = given.machine.path(&given.config.server.data);
    let (store, _lock) = hold_store(&given.config, &given.machine, address)?;
    apply(&store, &given).await?;
    let Given { config, machine, .. } = given;
    let brands = config.brands.clone();
    let Running { serving, inbox, .. } =
        Running::start(store, config, machine, config_path.clone()).await?;
    let (stopping, stop) = tokio::sync::watch::channel(false);
    let looping = tokio::spawn(loops::run(serving.clone(), inbox, stop.clone()));
    let routes = router(&serving, pages::router(arguments.out.clone()));
    let serving_http = tokio::spawn(http(listener, routes, stop.clone()));
    if !arguments.json.json {
        say(cast(&brands, began.elapsed().as_millis()));
    }
    let home = Home { address, data: &data, config: &config_path };
    let waiting = Waiting::for_("playing the platforms");
    let (summary, mails) = play(&serving, &sink, api, &brands, &home).await?;
    drop(waiting);
    leave_mails(&arguments, &summary, &mails)?;
    if arguments.json.json {
        say_json(&summary);
    } else {
        say(summary.human().trim_end());
        tell_faults(&summary);
        say(where_next(&arguments, address, folder.path(), mails.len()));
    }
    let mut noting = None;
    if !arguments.exit {
        // From here on as with `serve`: what somebody tries by hand is counted and told.
        noting = Some(tokio::spawn(notes::run(serving.clone(), data, stop)));
        wait_for_a_signal().await?;
    }
    let _ = stopping.send(true);
    let _ = tokio::join!(looping, serving_http);
    if let Some(noting) = noting {
        let _ = noting.await;
    }
    sink.stop().await;
    let failed = arguments.exit && !summary.faults.is_empty();
    Ok(if failed { Exit::NotSo } else { Exit::Done })
}

/// Where the demo plays.
struct Home<'a> {
    address: SocketAddr,
    data: &'a Path,
    config: &'a Path,
}

/// Plays everything, waits for what must come of it, and counts.
async fn play(
    serving: &Serving,
    sink: &Sink,
    api: Api,
    brands: &[Brand],
    home: &Home<'_>,
) -> Result<(Summary, Vec<Arc<Received>>), CannotBegin> {
    let mut player = Player::new(home.address, Some(api), now())?;
    player.first_act().await;
    player.yesterday().await;
    player.trial().await;
    wait_until(serving, sink, alerts_are_out).await;
    let refused = refused(&mut player, home.data, home.config).await;
    player.second_act().await;
    // After the last webhook, so that each matter is told once, with all that belongs to it.
    notes::note_and_tell(serving).await.map_err(store_trouble)?;
    wait_until(serving, sink, |notices| everything_is_out(notices, brands)).await;
    let store = serving.app.world().store();
    let mut notices = store.notices(NoticeFilter::default()).await.map_err(store_trouble)?;
    notices.retain(is_message);
    let mut reviews: HashMap<String, Review> = HashMap::new();
    for key in player.posted.keys() {
        let Ok(parsed) = key.parse() else { continue };
        if let Some(stored) = store.review(&parsed).await.map_err(store_trouble)? {
            reviews.insert(key.clone(), stored.review);
        }
    }
    let mails = sink.messages();
    let stored = Stored { brands, reviews: &reviews, notices: &notices };
    let mut summary = Summary::count(&player, &stored, &mails);
    summary.captured(refused);
    Ok((summary, mails))
}

/// Who plays.
fn cast(brands: &[Brand], ready_ms: u128) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let brands: Vec<String> = brands.iter().map(in_words).collect();
    format!(
        "vigie {version} demo  store in a temporary folder, removed at exit  ready in \
         {ready_ms} ms\n{}.\nReal HTTP, real signatures, real SMTP.\n",
        brands.join("; ")
    )
}

fn in_words(brand: &Brand) -> String {
    let mut told = format!("{}, {} contacts", brand.name, brand.contacts.len());
    if !brand.shops.is_empty() {
        told = format!("{told}, {} shops", brand.shops.len());
    }
    if brand.deliver == Deliver::Trial {
        told += ", on trial";
    }
    told
}

fn alerts_are_out(notices: &[Notice]) -> bool {
    notices.iter().filter(|notice| notice.what.kind == Kind::Alert).all(is_settled)
        && notices.iter().any(|notice| notice.what.kind == Kind::Alert)
}

fn everything_is_out(notices: &[Notice], brands: &[Brand]) -> bool {
    let kinds = [Kind::Alert, Kind::Reminder, Kind::Escalation, Kind::Praise, Kind::Operator];
    let reported = |brand: &Brand| {
        let of = |n: &Notice| n.what.kind == Kind::Report && n.what.brand == brand.id;
        notices.iter().any(of)
    };
    kinds.iter().all(|kind| notices.iter().any(|notice| notice.what.kind == *kind))
        && brands.iter().all(reported)
        && notices.iter().all(is_settled)
}

/// Whether a notice is a mail: what is fetched from a platform is none.
fn is_message(notice: &Notice) -> bool {
    notice.what.kind != Kind::Fetch
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
        let sent = |notice: &&Notice| notice.state == NoticeState::Sent && is_message(notice);
        let sent = notices.iter().filter(sent).count();
        let decided = store.undecided().await.is_ok_and(|count| count == 0);
        if decided && done(&notices) && sink.count() >= sent {
            return;
        }
    }
}

/// Leaves every mail in the folder.
fn leave_mails(
    arguments: &Demo,
    summary: &Summary,
    mails: &[Arc<Received>],
) -> Result<(), CannotBegin> {
    let cannot = |error: std::io::Error| {
        CannotBegin::Other(format!("cannot write to {}: {error}", arguments.out.display()))
    };
    let mut left = Vec::new();
    for (at, (mail, sort)) in mails.iter().zip(&summary.sorts).enumerate() {
        left.push(pages::write(&arguments.out, at + 1, *sort, mail).map_err(cannot)?);
    }
    pages::write_index(&arguments.out, &left).map_err(cannot)
}

fn tell_faults(summary: &Summary) {
    if summary.faults.is_empty() {
        return;
    }
    say(format!("\n{} things are not as they should be:", summary.faults.len()));
    for fault in &summary.faults {
        say(format!("  {fault}"));
    }
}

fn where_next(arguments: &Demo, address: SocketAddr, home: &Path, mails: usize) -> String {
    let out = arguments.out.display();
    if arguments.exit {
        return format!(
            "\nRead the {mails} mails  {out}/index.html\n\
             Stay and look      vigie demo   (serves, and says what to try by hand)\n\
             Your own brand     README, \"Five minutes to a real webhook\""
        );
    }
    format!(
        "\nRead the mails  http://{address}/demo/mail   (also in {out}/)\n\
         Try by hand     cd {}, then\n  \
         why a mail    vigie explain lumen-judgeme/104\n  \
         what is open  vigie report unanswered\n  \
         the diagnosis vigie doctor --source bruma-shop --captured last\n  \
         a webhook     vigie send --source lumen-okendo --url http://{address}\n\
         Your own brand  README, \"Five minutes to a real webhook\"\n\
         Serving. Ctrl-C stops.",
        home.display()
    )
}

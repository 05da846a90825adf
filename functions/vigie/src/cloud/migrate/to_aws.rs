//! From one process to AWS.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use vigie_app::moving::{Copying, name_of, stand};
use vigie_machine::now;
use vigie_ports::{Moving as _, Standing};
use vigie_store_dynamodb::FunctionSettings;

use super::{Ended, Homes, Told, copy_most, copy_rest, fresh, in_seconds, refused};
use crate::load::{CannotBegin, live, store_trouble};
use crate::lock;

/// How long a running server may take to let go: a message under way has a minute.
const LET_GO_WITHIN: Duration = Duration::from_secs(75);
/// How often it is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(super) async fn run(homes: &Homes, to: &str, told: Told) -> Result<Ended, CannotBegin> {
    let Homes { here, there, stack, data } = homes;
    let me = name_of(here, fresh).await.map_err(store_trouble)?;
    let filling = Standing::Filling { from: me, is_whole: false };
    if begin(homes, &filling, told).await? {
        return Ok(Ended::before(to));
    }
    let mut copying = Copying::begin(here, there, fresh).await.map_err(store_trouble)?;
    copy_most(&mut copying, told).await?;
    let began = Instant::now();
    let leaving = close(homes, to).await?;
    let Some(_lock) = let_go(data).await else {
        take_back(homes, &leaving).await?;
        return Err(refused(
            "the running server did not let go of the data folder",
            "look at its log: a message under way may take a minute; then give the command again",
        ));
    };
    told.step("closed", format!("this home sends nothing, and hands webhooks on to {to}"));
    claims_end(homes, told).await?;
    let sums = match copy_rest(&mut copying, told).await {
        Ok(sums) => sums,
        Err(error) => {
            take_back(homes, &leaving).await?;
            return Err(error);
        }
    };
    // This decides. Where its answer is lost, the next run and the server look there.
    stand(there, &filling, &Standing::Open).await.map_err(store_trouble)?;
    let closed = began.elapsed();
    told.step("opened", format!("{stack} works, {:.1} s after", closed.as_secs_f64()));
    end(homes, &leaving, told).await?;
    Ok(Ended { sums, closed, to: to.to_owned() })
}

/// Has the new home wait to be filled, or finds it filling. Whether the move was over already.
async fn begin(homes: &Homes, filling: &Standing, told: Told) -> Result<bool, CannotBegin> {
    let Homes { there, stack, .. } = homes;
    match homes.standings().await? {
        (Standing::Left { to }, _) => {
            told.step("over", format!("this store was moved before; it hands on to {to}"));
            Ok(true)
        }
        (Standing::Filling { from, .. }, _) => Err(refused(
            &format!("this store is being filled from {from}"),
            "end that move first: vigie migrate --from aws --to sqlite",
        )),
        (leaving @ Standing::Leaving { .. }, Standing::Open) => {
            told.step("found", format!("{stack} works already"));
            end(homes, &leaving, told).await?;
            Ok(true)
        }
        (_, known) if known == *filling => {
            told.step("found", format!("{stack} is filled in part: it goes on"));
            Ok(false)
        }
        (Standing::Open, Standing::Open) if !is_applied(homes).await? => Err(refused(
            &format!("{stack} does not know yet what it is to look after"),
            "vigie apply --store aws --put-secrets, with this same file; then move",
        )),
        (Standing::Open, Standing::Open) if there.is_new().await.map_err(store_trouble)? => {
            stand(there, &Standing::Open, filling).await.map_err(store_trouble)?;
            told.step("begun", format!("{stack} takes and sends nothing until it has everything"));
            Ok(false)
        }
        (Standing::Open, Standing::Open) => Err(refused(
            &format!("{stack} has reviews of its own"),
            "two stores cannot be made one: deploy a stack of another name, and name it in [aws]",
        )),
        (_, known) => {
            let told = match known.refusal() {
                Some(why) => format!("{stack} cannot be filled: {why}"),
                None => format!("{stack} cannot be filled"),
            };
            Err(refused(&told, "look at which stack [aws] names, and at which data folder this is"))
        }
    }
}

/// Whether every source in force here is applied there too: its secrets are that home's own.
async fn is_applied(homes: &Homes) -> Result<bool, CannotBegin> {
    let Homes { here, there, .. } = homes;
    let settings = there.setting(FunctionSettings::NAME).await.map_err(store_trouble)?;
    let (here, there) = (live(here).await?, live(there).await?);
    let known: Vec<_> = there.iter().flat_map(|brand| &brand.sources).map(|one| &one.id).collect();
    let mut sources = here.iter().flat_map(|brand| &brand.sources);
    Ok(settings.is_some() && sources.all(|source| known.contains(&&source.id)))
}

/// From here on this home writes nothing new, whoever serves it; or did so before.
async fn close(homes: &Homes, to: &str) -> Result<Standing, CannotBegin> {
    let known = homes.here.standing().await.map_err(store_trouble)?;
    if let Standing::Leaving { .. } = &known {
        return Ok(known);
    }
    let leaving = Standing::Leaving { to: to.to_owned(), until: in_seconds(60) };
    stand(&homes.here, &known, &leaving).await.map_err(store_trouble)?;
    Ok(leaving)
}

/// Takes the data folder's lock, once the server lets go of it.
async fn let_go(data: &std::path::Path) -> Option<std::fs::File> {
    let until = Instant::now() + LET_GO_WITHIN;
    loop {
        match lock::alone_with(data, "vigie migrate moves this store") {
            Ok(lock) => return Some(lock),
            Err(_) if Instant::now() < until => sleep(LOOK_EVERY).await,
            Err(_) => return None,
        }
    }
}

/// Waits for claims of a server that was killed: what they sent, if they did, nobody knows yet.
async fn claims_end(homes: &Homes, told: Told) -> Result<(), CannotBegin> {
    let until = homes.here.claimed_until().await.map_err(store_trouble)?;
    let Some(until) = until.filter(|until| *until > now()) else { return Ok(()) };
    told.step("waits", format!("until {until:.0}, for messages that a killed server had begun"));
    let left = Duration::try_from(until.duration_since(now())).unwrap_or_default();
    sleep(left).await;
    Ok(())
}

/// This home works again, unless the other does.
async fn take_back(homes: &Homes, leaving: &Standing) -> Result<(), CannotBegin> {
    stand(&homes.here, leaving, &Standing::Open).await.map_err(store_trouble)
}

/// This home was left for good.
async fn end(homes: &Homes, leaving: &Standing, told: Told) -> Result<(), CannotBegin> {
    let Some(to) = leaving.elsewhere().map(str::to_owned) else { return Ok(()) };
    let left = Standing::Left { to: to.clone() };
    stand(&homes.here, leaving, &left).await.map_err(store_trouble)?;
    told.step(
        "done",
        format!(
            "a running server hands on to {to} until it is stopped; point the domain there first"
        ),
    );
    Ok(())
}

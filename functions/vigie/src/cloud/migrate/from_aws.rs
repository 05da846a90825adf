//! From AWS to one process.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::{Instant, sleep};
use vigie_app::moving::{Copying, stand};
use vigie_ports::{Moving as _, Standing, Sums};

use super::{Ended, Homes, Told, copy_most, copy_rest, fresh, in_seconds, refused};
use crate::load::{CannotBegin, store_trouble};

/// How long the functions leave the home alone after each word of ours. Then they take it back.
const GOES_ON_WITHIN_S: i64 = 600;

pub(super) async fn run(
    homes: &Homes,
    address: &str,
    to: &str,
    wait: SignedDuration,
    told: Told,
) -> Result<Ended, CannotBegin> {
    let Homes { here, there, stack, .. } = homes;
    let filling = Standing::Filling { from: address.to_owned(), is_whole: false };
    if begin(homes, &filling, told).await? {
        return Ok(Ended::before(to));
    }
    let mut copying = Copying::begin(there, here, fresh).await.map_err(store_trouble)?;
    copy_most(&mut copying, told).await?;
    let began = Instant::now();
    let leaving = close(homes, to).await?;
    told.step(
        "closed",
        format!(
            "{stack} sends nothing, and hands webhooks on to {to}; calls under way end: {wait:#}"
        ),
    );
    sleep(Duration::try_from(wait).unwrap_or_default()).await;
    let sums = match fill(homes, &mut copying, &filling, told).await {
        Ok(sums) => sums,
        Err(error) => {
            // It decides to be open again, unless somebody moved it meanwhile.
            let _ = there.stand(&leaving, &Standing::Open).await;
            return Err(error);
        }
    };
    let left = Standing::Left { to: to.to_owned() };
    // This decides. Where its answer is lost, the next run and a server here look there.
    stand(there, &leaving, &left).await.map_err(store_trouble)?;
    open(homes, &whole(&filling), told).await?;
    Ok(Ended { sums, closed: began.elapsed(), to: to.to_owned() })
}

fn whole(filling: &Standing) -> Standing {
    match filling {
        Standing::Filling { from, .. } => Standing::Filling { from: from.clone(), is_whole: true },
        other => other.clone(),
    }
}

/// Has this home wait to be filled, or finds it filling. Whether the move was over already.
async fn begin(homes: &Homes, filling: &Standing, told: Told) -> Result<bool, CannotBegin> {
    let Homes { here, stack, .. } = homes;
    match homes.standings().await? {
        (Standing::Open, Standing::Left { to }) => {
            told.step("over", format!("{stack} was moved before; it hands on to {to}"));
            Ok(true)
        }
        (known, Standing::Left { .. }) if known == whole(filling) => {
            told.step("found", "everything is here");
            open(homes, &known, told).await?;
            Ok(true)
        }
        (_, Standing::Filling { from, .. }) => Err(refused(
            &format!("{stack} is being filled from {from}"),
            "end that move first: vigie migrate --from sqlite --to aws",
        )),
        (known, _) if known == whole(filling) => {
            stand(here, &known, filling).await.map_err(store_trouble)?;
            Ok(false)
        }
        (known, _) if known == *filling => {
            told.step("found", "this store is filled in part: it goes on");
            Ok(false)
        }
        (Standing::Open, _) if here.is_new().await.map_err(store_trouble)? => {
            stand(here, &Standing::Open, filling).await.map_err(store_trouble)?;
            told.step("begun", "this home takes and sends nothing until it has everything");
            Ok(false)
        }
        (known, _) => {
            let why = known.refusal().map_or_else(
                || "this store has reviews of its own".to_owned(),
                |why| format!("this store cannot be filled: {why}"),
            );
            Err(refused(&why, "give it a data folder of its own: [server] data"))
        }
    }
}

/// From here on the functions take nothing and send nothing; or did so before.
async fn close(homes: &Homes, to: &str) -> Result<Standing, CannotBegin> {
    let known = homes.there.standing().await.map_err(store_trouble)?;
    let leaving = Standing::Leaving { to: to.to_owned(), until: in_seconds(GOES_ON_WITHIN_S) };
    stand(&homes.there, &known, &leaving).await.map_err(store_trouble)?;
    Ok(leaving)
}

/// Copies the rest and says that all is here.
async fn fill(
    homes: &Homes,
    copying: &mut Copying<'_, vigie_store_dynamodb::DynamoStore, vigie_store_sqlite::SqliteStore>,
    filling: &Standing,
    told: Told,
) -> Result<Sums, CannotBegin> {
    let sums = copy_rest(copying, told).await?;
    stand(&homes.here, filling, &whole(filling)).await.map_err(store_trouble)?;
    Ok(sums)
}

/// This home works.
async fn open(homes: &Homes, whole: &Standing, told: Told) -> Result<(), CannotBegin> {
    let now = homes.here.standing().await.map_err(store_trouble)?;
    // A server here may have looked, and opened it.
    if !now.is_open() {
        stand(&homes.here, whole, &Standing::Open).await.map_err(store_trouble)?;
    }
    told.step("opened", "this home works: run vigie serve, if it does not run");
    told.step("done", "the stack hands on until it is removed; point the domain here first");
    Ok(())
}

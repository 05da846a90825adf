//! What taking a webhook cannot do without, each by itself: the signature, reading the JSON, and
//! the SDK's own conditional `PutItem` of as many bytes.
//!
//! `parts TABLE TIMES` reads a webhook's body from standard input and prints the processor time of
//! each in microseconds, as one JSON object. Where AWS is, the usual variables say.

mod put;

use std::fs;
use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::time::Duration;

use anyhow::{Context, Result};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// What needs no waiting is done so often for each time asked: the clock counts milliseconds.
const OFTEN: u32 = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let table = arguments.next().context("which table?")?;
    let times: u32 = arguments.next().context("how many times?")?.parse()?;
    let mut body = String::new();
    std::io::stdin().read_to_string(&mut body)?;
    let keyed = Hmac::<Sha256>::new_from_slice(b"an-invented-secret-of-the-parts")?;
    let hmac = each(times * OFTEN, || {
        let mut mac = keyed.clone();
        mac.update(black_box(body.as_bytes()));
        black_box(mac.finalize());
        Ok(())
    })?;
    let parse = each(times * OFTEN, || {
        black_box(serde_json::from_str::<Value>(black_box(&body))?);
        Ok(())
    })?;
    let put = puts(&table, times, &body).await?;
    let told = json!({"hmac_us": hmac, "parse_us": parse, "put_us": put});
    Ok(std::io::stdout().write_all(told.to_string().as_bytes())?)
}

async fn puts(table: &str, times: u32, body: &str) -> Result<f64> {
    let client = put::client().await;
    let pk = |id: &str| format!("PEER#parts-{}#{id}", std::process::id());
    put::put(&client, table, pk("warm"), body).await?;
    let before = used()?;
    for time in 0..times {
        put::put(&client, table, pk(&time.to_string()), body).await?;
    }
    share(before, times)
}

fn each(times: u32, mut act: impl FnMut() -> Result<()>) -> Result<f64> {
    let before = used()?;
    for _ in 0..times {
        act()?;
    }
    share(before, times)
}

/// The processor time since then, for each time, in microseconds.
fn share(before: Duration, times: u32) -> Result<f64> {
    Ok(used()?.saturating_sub(before).as_secs_f64() * 1e6 / f64::from(times))
}

/// The processor time of this process so far, by the scheduler's own count (Linux).
fn used() -> Result<Duration> {
    let mut total = 0;
    for task in fs::read_dir("/proc/self/task")? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        let first = text.split_whitespace().next().context("an odd schedstat")?;
        total += first.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(total))
}

//! The keys that platforms publish: fetched when they are needed, kept as long as the platform
//! says, and asked for anew no more than once a minute, whatever key ids strangers name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use vigie_domain::promise::later;
use vigie_platforms::KeySet;
use vigie_platforms::signature::Wanted;
use vigie_ports::{Api as _, Call, World};

use crate::App;

/// How long keys are kept where the platform does not say.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(1);
/// The least and the most that a platform's word on it counts.
const KEPT_MIN: SignedDuration = SignedDuration::from_mins(5);
const KEPT_MAX: SignedDuration = SignedDuration::from_hours(24);
/// How soon keys are asked for again: a key id that nobody knows must not make us a tool.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// A platform waits five seconds for our answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Bytes of a key set that are read.
const BYTES_MAX: usize = 256 << 10;

/// The keys that are held, by where they are published. Whoever needs some that are being asked
/// for waits for the answer, and asks nothing.
#[derive(Debug, Default)]
pub(crate) struct KeyRing(Mutex<HashMap<String, Arc<tokio::sync::Mutex<Held>>>>);

#[derive(Debug, Default)]
struct Held {
    keys: Option<Arc<KeySet>>,
    until: Timestamp,
    asked_at: Option<Timestamp>,
}

/// Why a request cannot be judged: there are no keys, and it may be sent again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the platform's keys cannot be read: {0}")]
pub struct NoKeys(pub String);

/// The keys that a request needs.
///
/// # Errors
/// None are held, and none can be had now.
pub(crate) async fn published<W: World>(
    app: &App<W>,
    wanted: &Wanted<'_>,
) -> Result<Arc<KeySet>, NoKeys> {
    let held = app.key_ring().held(wanted.url);
    let mut held = held.lock().await;
    let now = app.now();
    if let Some(keys) = &held.keys
        && now < held.until
        && keys.has(wanted.key_id.as_deref())
    {
        return Ok(keys.clone());
    }
    if held.asked_at.is_some_and(|asked| now < later(asked, AGAIN_AFTER)) {
        let why = || NoKeys("they were asked for within the last minute".to_owned());
        return held.keys.clone().ok_or_else(why);
    }
    held.asked_at = Some(now);
    match ask(app, wanted.url).await {
        Ok((keys, kept_for)) => {
            let keys = Arc::new(keys);
            (held.keys, held.until) = (Some(keys.clone()), later(now, kept_for));
            Ok(keys)
        }
        Err(why) => {
            tracing::warn!(url = wanted.url, why, "a platform's keys could not be read");
            // Keys of yesterday are better than none: what they signed, they signed.
            held.keys.clone().ok_or(NoKeys(why))
        }
    }
}

async fn ask<W: World>(app: &App<W>, url: &str) -> Result<(KeySet, SignedDuration), String> {
    let call = Call { within: ANSWER_WITHIN, bytes_max: BYTES_MAX, ..Call::get(url) };
    let reply = app.world().api().ask(&call).await.map_err(|error| error.reason)?;
    if reply.status != 200 {
        return Err(format!("the answer's status is {}", reply.status));
    }
    let keys = KeySet::parse(&reply.body).map_err(|error| error.to_string())?;
    let said = reply.max_age.and_then(|age| SignedDuration::try_from(age).ok());
    Ok((keys, said.map_or(KEPT_FOR, |said| said.clamp(KEPT_MIN, KEPT_MAX))))
}

impl KeyRing {
    fn held(&self, url: &str) -> Arc<tokio::sync::Mutex<Held>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(url.to_owned()).or_default().clone()
    }
}

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

/// The keys that are held, by where they are published.
#[derive(Debug, Default)]
pub(crate) struct KeyRing(Mutex<HashMap<String, Held>>);

#[derive(Debug, Clone)]
struct Held {
    keys: Option<Arc<KeySet>>,
    until: Timestamp,
    asked_at: Timestamp,
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
    let now = app.now();
    let held = app.key_ring().look(wanted.url);
    if let Some(Held { keys: Some(keys), until, .. }) = &held
        && now < *until
        && keys.has(wanted.key_id.as_deref())
    {
        return Ok(keys.clone());
    }
    let just_asked = |held: &Held| now < later(held.asked_at, AGAIN_AFTER);
    if let Some(held) = held.as_ref().filter(|held| just_asked(held)) {
        let none = || NoKeys("they were asked for within the last minute".to_owned());
        return held.keys.clone().ok_or_else(none);
    }
    app.key_ring().asked(wanted.url, now);
    match ask(app, wanted.url).await {
        Ok((keys, kept_for)) => {
            let keys = Arc::new(keys);
            app.key_ring().put(wanted.url, keys.clone(), later(now, kept_for), now);
            Ok(keys)
        }
        Err(why) => {
            tracing::warn!(url = wanted.url, why, "a platform's keys could not be read");
            // Keys of yesterday are better than none: what they signed, they signed.
            held.and_then(|held| held.keys).ok_or(NoKeys(why))
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
    fn look(&self, url: &str) -> Option<Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(url).cloned()
    }

    fn asked(&self, url: &str, now: Timestamp) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let none = || Held { keys: None, until: now, asked_at: now };
        all.entry(url.to_owned()).or_insert_with(none).asked_at = now;
    }

    fn put(&self, url: &str, keys: Arc<KeySet>, until: Timestamp, asked_at: Timestamp) {
        let held = Held { keys: Some(keys), until, asked_at };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), held);
    }
}

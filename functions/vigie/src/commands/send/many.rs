//! Many webhooks: a platform's day in a minute, its bad manners and its impostors included.
//!
//! Each webhook is made as it is sent, so that a million take no more memory than one.

mod told;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, StatusCode};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};
use vigie_domain::Digest;
use vigie_platforms::Signed;
use vigie_ports::Ids as _;

use self::told::{Told, tell};
use super::{Address, Payload, client, message_id, payload_of, post_with, signed_at};
use crate::cli::Send;
use crate::commands::signer::{Signing, wrong};
use crate::load::CannotBegin;
use crate::output::Exit;
use vigie_machine::{SystemIds, now};

/// How long ago a late webhook was signed and happened: twice what is tolerated.
const LATE: SignedDuration = SignedDuration::from_mins(10);
/// Webhooks under way at once, where their order does not matter.
const BESIDE: usize = 32;

/// What a webhook is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    /// As the platform sends it.
    Honest,
    /// The same again.
    Repeated,
    /// Signed long ago.
    Late,
    /// With another proof.
    Forged,
}

/// One webhook to be sent.
#[derive(Debug, Clone, Copy)]
struct Shot {
    number: u32,
    sort: Sort,
}

/// Whether more than one is asked for.
pub(super) fn is_asked_for(arguments: &Send) -> bool {
    let Send { count, rate, duplicates, shuffle, late, forged, .. } = arguments;
    count.is_some() || rate.is_some() || *duplicates || *shuffle || *late || *forged
}

/// Sends them, and says what became of them.
pub(super) async fn run(
    arguments: &Send,
    signing: Signing,
    body: Option<Vec<u8>>,
) -> Result<Exit, CannotBegin> {
    let run = short(&SystemIds.random());
    let shots = shots(arguments, &run);
    let url = arguments.url.clone();
    let sample = arguments.sample.clone();
    let plan = Arc::new(Plan { sample, body, signing, run, url });
    // What cannot be made or addressed is told before anything is sent.
    plan.made(Shot { number: 0, sort: Sort::Honest })?;
    let client = client().map_err(|why| wrong(&why))?;
    let in_order = arguments.rate.is_none() && !arguments.shuffle;
    let beside = Arc::new(Semaphore::new(if in_order { 1 } else { BESIDE }));
    let mut pace = arguments.rate.map(|rate| {
        let mut pace = interval(Duration::from_secs(1) / rate);
        pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
        pace
    });
    let begin = Instant::now();
    let (mut sending, mut told) = (JoinSet::new(), Told::default());
    for shot in shots {
        let due = match &mut pace {
            Some(pace) => Some(pace.tick().await),
            None => None,
        };
        let Ok(turn) = beside.clone().acquire_owned().await else { break };
        // At a rate, a latency counts from when its webhook was due: a server that stalls is
        // charged for those that had to wait for it.
        let due = due.unwrap_or_else(Instant::now);
        let (plan, client) = (plan.clone(), client.clone());
        sending.spawn(async move {
            let answer = plan.send(&client, shot).await;
            drop(turn);
            (shot.sort, answer, due.elapsed())
        });
        while let Some(done) = sending.try_join_next() {
            told.count(done);
        }
    }
    while let Some(done) = sending.join_next().await {
        told.count(done);
    }
    Ok(tell(arguments, told, begin.elapsed()))
}

/// What is sent in which order.
fn shots(arguments: &Send, run: &str) -> Vec<Shot> {
    let mut shots = Vec::new();
    for number in 0..arguments.count.unwrap_or(1) {
        let mut add = |sort| shots.push(Shot { number, sort });
        add(Sort::Honest);
        if arguments.duplicates {
            add(Sort::Repeated);
        }
        if arguments.late {
            add(Sort::Late);
        }
        if arguments.forged {
            add(Sort::Forged);
        }
    }
    if arguments.shuffle {
        let place = |shot: &Shot| {
            let of = format!("{run} {} {:?}", shot.number, shot.sort);
            Digest::of_bytes(of.as_bytes()).prefix()
        };
        shots.sort_by_cached_key(place);
    }
    shots
}

fn short(random: &[u8; 16]) -> String {
    // Digits alone: ids of some platforms are numbers.
    (u128::from_le_bytes(*random) % 1_000_000).to_string()
}

/// What each webhook is made of.
struct Plan {
    /// Of this sample; `None`: of each in turn.
    sample: Option<String>,
    /// Or of this body.
    body: Option<Vec<u8>>,
    signing: Signing,
    /// What the ids of this run end in, so that another run's are others.
    run: String,
    url: String,
}

impl Plan {
    async fn send(&self, client: &Client, shot: Shot) -> Result<StatusCode, String> {
        let (address, headers, body) = self.made(shot).map_err(|why| why.to_string())?;
        post_with(client, address, headers, body).await.map(|(status, _)| status)
    }

    /// A webhook, signed.
    fn made(&self, shot: Shot) -> Result<(Address, http::HeaderMap, Vec<u8>), CannotBegin> {
        let at = if shot.sort == Sort::Late { now() - LATE } else { now() };
        let payload = self.payload(shot, at)?;
        let (mut headers, mut signed) = signed_at(&self.signing, &payload, &message_id(), at)?;
        if shot.sort == Sort::Forged {
            forge(&mut signed);
            headers.extend(signed.header_map());
        }
        let source = self.signing.source.as_ref().map(vigie_domain::SourceId::as_str);
        let address = Address::of(&self.url, source, &signed)
            .map_err(|fault| wrong(&format!("--url: {fault}")))?;
        Ok((address, headers, signed.body.unwrap_or(payload.body)))
    }

    /// The samples one after the other; each round of them has ids of its own. What is repeated,
    /// late or forged is of the same review.
    fn payload(&self, shot: Shot, at: Timestamp) -> Result<Payload, CannotBegin> {
        if let Some(body) = &self.body {
            return Ok(Payload::of_body(body.clone()));
        }
        let preset = &self.signing.preset;
        let all = preset.samples().len().max(1) as u32;
        let (round, place) = match &self.sample {
            Some(_) => (shot.number, 0),
            None => (shot.number / all, shot.number % all),
        };
        let suffix = format!("{}{round:06}", self.run);
        // What is dated relative to the moment would be an edit if it were made again.
        let of = at.round(jiff::Unit::Minute).unwrap_or(at);
        payload_of(preset, self.sample.as_deref(), place as usize, of, &suffix)
    }
}

/// Puts another sign into the longest part of a proof.
fn forge(signed: &mut Signed) {
    let mut parts: Vec<&mut String> = Vec::new();
    parts.extend(signed.headers.iter_mut().map(|(_, value)| value));
    parts.extend(&mut signed.path_token);
    parts.extend(&mut signed.query);
    if let Some(part) = parts.into_iter().max_by_key(|part| part.len()) {
        *part = other(part);
        return;
    }
    if let Some(body) = &mut signed.body {
        let text = String::from_utf8_lossy(body).into_owned();
        *body = other(&text).into_bytes();
    }
}

/// The same with one letter or digit changed, two thirds in: behind whatever stands before.
fn other(text: &str) -> String {
    let from = text.len() * 2 / 3;
    let is_sign = |(at, sign): &(usize, char)| *at >= from && sign.is_ascii_alphanumeric();
    let Some((at, sign)) = text.char_indices().find(is_sign) else { return format!("{text}0") };
    let instead = match sign {
        '0' | 'a' | 'A' => '1',
        _ => '0',
    };
    let (before, behind) = text.split_at(at);
    format!("{before}{instead}{}", behind.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forged_is_another_of_the_same_length() {
        for text in ["sha256=0123456789abcdef", "v1,aaaa", "token", "0", "a.b.c"] {
            let forged = other(text);
            assert_ne!(forged, text);
            assert_eq!(forged.len(), text.len(), "{text}");
        }
        assert_eq!(other("=="), "==0");
    }
}

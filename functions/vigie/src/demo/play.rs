//! Plays every platform over real HTTP: signed, repeated, late, forged and old requests.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use vigie_domain::{Decimal, Stars};
use vigie_platforms::preset::{ExpectedEvent, Sample};
use vigie_platforms::{Preset, Scheme, presets, signature};

use super::stage::{secret, source, wrong_secret};
use crate::environment::now;
use crate::load::CannotBegin;

/// How far back an old signature lies: beyond the 300 s that are tolerated.
const OLD: SignedDuration = SignedDuration::from_mins(10);

/// What became of the events of one platform.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    pub(crate) accepted: u64,
    pub(crate) duplicates: u64,
    pub(crate) stale: u64,
    pub(crate) ignored: u64,
    pub(crate) rejected: u64,
    pub(crate) refused: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.stale += other.stale;
        self.ignored += other.ignored;
        self.rejected += other.rejected;
        self.refused += other.refused;
    }
}

/// How a request is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guise {
    Honest,
    Forged,
    Old,
}

/// What must become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    AsSampled,
    Duplicate,
    Stale,
    Refused,
}

/// What the answer must count.
fn should_be(sample: &Sample, fate: Fate) -> Tally {
    let events = sample.expect.len() as u64;
    let mut tally = Tally { sent: events, ..Tally::default() };
    match fate {
        Fate::Duplicate => tally.duplicates = events,
        Fate::Stale => tally.stale = events,
        Fate::Refused => tally.refused = events,
        Fate::AsSampled => {
            for expected in &sample.expect {
                match expected.event {
                    ExpectedEvent::Ignored => tally.ignored += 1,
                    ExpectedEvent::Rejected => tally.rejected += 1,
                    _ => tally.accepted += 1,
                }
            }
        }
    }
    tally
}

/// Posts for the platforms and counts the answers.
pub(crate) struct Player {
    client: reqwest::Client,
    server: SocketAddr,
    /// The moment that samples are dated from: the same bytes each time.
    pub(crate) began: Timestamp,
    pub(crate) tallies: Vec<(&'static Preset, Tally)>,
    /// What the answers were not as they should be.
    pub(crate) surprises: Vec<String>,
    /// When each webhook was posted, by the review it is about.
    pub(crate) posted: HashMap<String, Instant>,
    /// The lowest rating that each platform ever gave each review, by the samples' own words.
    pub(crate) stars: HashMap<String, Stars>,
    messages: u64,
}

impl Player {
    pub(crate) fn new(server: SocketAddr, began: Timestamp) -> Result<Self, CannotBegin> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(15))
            .build()
            .map_err(|error| CannotBegin::Other(format!("no HTTP client: {error}")))?;
        let tallies = presets().iter().map(|preset| (preset, Tally::default())).collect();
        Ok(Self {
            client,
            server,
            began,
            tallies,
            surprises: Vec::new(),
            posted: HashMap::new(),
            stars: HashMap::new(),
            messages: 0,
        })
    }

    /// What is posted and edited, and what is not to be taken.
    pub(crate) async fn first_act(&mut self) {
        for preset in presets() {
            let (settling, opening): (Vec<&Sample>, Vec<&Sample>) =
                preset.samples().iter().partition(|sample| settles(sample));
            drop(settling);
            for sample in opening {
                self.sample(preset, sample, "", Guise::Honest, Fate::AsSampled).await;
            }
            self.mischief(preset).await;
        }
    }

    /// A copy, a late copy, one more at exactly four stars, a forgery and an old signature.
    async fn mischief(&mut self, preset: &'static Preset) {
        if let Some(low) = preset.sample("posted-low") {
            self.sample(preset, low, "", Guise::Honest, Fate::Duplicate).await;
            self.sample(preset, low, "66", Guise::Forged, Fate::Refused).await;
            if has_timestamp(preset.scheme()) {
                self.sample(preset, low, "67", Guise::Old, Fate::Refused).await;
            }
        }
        if let Some(four) = preset.sample("posted-four") {
            let late = if has_versions(four) { Fate::Stale } else { Fate::Duplicate };
            self.sample(preset, four, "", Guise::Honest, late).await;
            self.sample(preset, four, "7", Guise::Honest, Fate::AsSampled).await;
        }
    }

    /// Two reviews of yesterday, whose reminder and escalation come due in a moment.
    pub(crate) async fn yesterday(&mut self) {
        let Some(preset) = Preset::by_id("standard-webhooks") else { return };
        let hours = SignedDuration::from_hours;
        let seconds = SignedDuration::from_secs;
        let cases = [
            (
                "r-2001",
                self.began - hours(20) + seconds(4),
                "Deux semaines de retard sur la livraison.",
            ),
            (
                "r-2002",
                self.began - hours(24) + seconds(5),
                "Vendeuse très désagréable, accueil glacial.",
            ),
        ];
        for (id, published_at, text) in cases {
            let body = serde_json::json!({"type": "review.posted", "review": {
                "id": id, "rating": 1, "scale": 5, "text": text, "language": "fr",
                "author": "Paul R.", "published_at": published_at, "updated_at": published_at,
            }});
            let body = body.to_string().into_bytes();
            let review = format!("{}/{id}", source(preset));
            self.remember(Some(&review), Some("1"));
            let accepted = Tally { sent: 1, accepted: 1, ..Tally::default() };
            self.post(preset, &[], body, vec![Some(review)], Guise::Honest, accepted).await;
        }
    }

    /// Answers and withdrawals, once the alerts are out.
    pub(crate) async fn second_act(&mut self) {
        for preset in presets() {
            for sample in preset.samples().iter().filter(|sample| settles(sample)) {
                self.sample(preset, sample, "", Guise::Honest, Fate::AsSampled).await;
            }
        }
    }

    async fn sample(
        &mut self,
        preset: &'static Preset,
        sample: &Sample,
        suffix: &str,
        guise: Guise,
        fate: Fate,
    ) {
        let body = sample.render_with(self.began, suffix);
        let reviews = sample.expect.iter().map(|expected| {
            expected.id.as_ref().map(|id| format!("{}/{id}{suffix}", source(preset)))
        });
        let reviews: Vec<_> = reviews.collect();
        if guise == Guise::Honest {
            for (review, expected) in reviews.iter().zip(&sample.expect) {
                self.remember(review.as_ref(), expected.stars.as_deref());
            }
        }
        let should_be = should_be(sample, fate);
        self.post(preset, &sample.headers, body, reviews, guise, should_be).await;
    }

    fn remember(&mut self, review: Option<&String>, stars: Option<&str>) {
        let stars = stars.and_then(Decimal::parse).and_then(|n| Stars::of(n, Decimal::whole(5)));
        if let (Some(review), Some(stars)) = (review, stars) {
            let lowest = self.stars.entry(review.clone()).or_insert(stars);
            *lowest = stars.min(*lowest);
        }
    }

    async fn post(
        &mut self,
        preset: &'static Preset,
        headers: &[(String, String)],
        body: Vec<u8>,
        reviews: Vec<Option<String>>,
        guise: Guise,
        should_be: Tally,
    ) {
        self.messages += 1;
        let id = format!("msg_demo{}", self.messages);
        let events = reviews.len() as u64;
        let key = if guise == Guise::Forged { wrong_secret(preset) } else { secret(preset) };
        let signed_at = if guise == Guise::Old { now() - OLD } else { now() };
        let signed = match signature::sign(preset.scheme(), &key.into(), &body, &id, signed_at) {
            Ok(signed) => signed,
            Err(fault) => return self.surprises.push(format!("{}: {fault}", preset.id())),
        };
        let mut address = format!("http://{}/hooks/{}", self.server, source(preset));
        if let Some(token) = &signed.path_token {
            address = format!("{address}/{token}");
        }
        let mut request = self.client.post(address).body(body);
        for (name, value) in headers.iter().chain(&signed.headers) {
            request = request.header(name, value);
        }
        let began = Instant::now();
        if guise == Guise::Honest {
            for review in reviews.into_iter().flatten() {
                self.posted.entry(review).or_insert(began);
            }
        }
        let tally = match request.send().await {
            Ok(response) => counted(response, events).await,
            Err(error) => {
                let told = error.without_url();
                return self.surprises.push(format!("{}: no answer: {told}", preset.id()));
            }
        };
        self.count(preset, &tally, &should_be);
    }

    fn count(&mut self, preset: &'static Preset, tally: &Tally, should_be: &Tally) {
        if tally != should_be {
            self.surprises.push(format!("{}: {tally:?}, should be {should_be:?}", preset.id()));
        }
        let known = self.tallies.iter_mut().find(|(known, _)| known.id() == preset.id());
        if let Some((_, sum)) = known {
            sum.add(tally);
        }
    }
}

async fn counted(response: reqwest::Response, events: u64) -> Tally {
    let mut tally = Tally { sent: events, ..Tally::default() };
    if !response.status().is_success() {
        tally.refused = events;
        return tally;
    }
    let body: serde_json::Value = response.json().await.unwrap_or_default();
    let count = |name: &str| body.get(name).and_then(serde_json::Value::as_u64).unwrap_or(0);
    tally.accepted = count("accepted");
    tally.duplicates = count("duplicates");
    tally.stale = count("stale");
    tally.ignored = count("ignored");
    tally.rejected = count("rejected");
    tally
}

/// Samples that end a review's wait come in the second act.
fn settles(sample: &Sample) -> bool {
    sample.name == "answered" || sample.name == "withdrawn"
}

fn has_versions(sample: &Sample) -> bool {
    sample.expect.iter().any(|expected| expected.version.is_some())
}

fn has_timestamp(scheme: &Scheme) -> bool {
    match scheme {
        Scheme::StandardWebhooks { .. } => true,
        Scheme::Hmac(hmac) => hmac.stamp.is_some(),
        Scheme::SharedHeader { .. } | Scheme::PathToken => false,
    }
}

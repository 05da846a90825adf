//! Plays every platform over real HTTP: signed, repeated, late, forged and old requests.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::time::Instant;
use vigie_domain::{Decimal, Stars};
use vigie_platforms::preset::{ExpectedEvent, Sample};
use vigie_platforms::signature::{Message, SecretFault, Signed};
use vigie_platforms::{Preset, presets, signature};

use super::api::Api;
use super::stage::{Account, WORD, platforms};
use crate::load::CannotBegin;
use vigie_machine::now;

/// How far back an old signature lies: beyond the 300 s that are tolerated.
const OLD: SignedDuration = SignedDuration::from_mins(10);

/// What became of the events of one platform.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    pub(crate) accepted: u64,
    #[serde(rename = "duplicate")]
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
pub(crate) enum Guise {
    Honest,
    Forged,
    Old,
    /// The right secret over the right bytes, written in hex where base64 is due.
    InHex,
}

/// What must become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    AsSampled,
    Duplicate,
    Stale,
    Refused,
}

/// What goes with a body.
#[derive(Clone, Copy, Default)]
pub(crate) struct Beside<'a> {
    pub(crate) headers: &'a [(String, String)],
    /// Where the address and the token say something too.
    pub(crate) sample: Option<&'a Sample>,
}

/// One request to make.
pub(crate) struct Posting<'a> {
    pub(crate) account: &'a Account,
    pub(crate) beside: Beside<'a>,
    pub(crate) body: Vec<u8>,
    /// The reviews that its events are about.
    pub(crate) reviews: Vec<Option<String>>,
    pub(crate) guise: Guise,
    pub(crate) should_be: Tally,
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
    /// The platforms' APIs.
    api: Option<Api>,
    messages: u64,
}

impl Player {
    pub(crate) fn new(
        server: SocketAddr,
        api: Option<Api>,
        began: Timestamp,
    ) -> Result<Self, CannotBegin> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(15))
            .build()
            .map_err(|error| CannotBegin::Other(format!("no HTTP client: {error}")))?;
        let tallies = platforms().map(|preset| (preset, Tally::default())).collect();
        Ok(Self {
            client,
            server,
            began,
            tallies,
            surprises: Vec::new(),
            posted: HashMap::new(),
            stars: HashMap::new(),
            api,
            messages: 0,
        })
    }

    /// Posts a sample of the account's preset.
    pub(crate) async fn sample(
        &mut self,
        account: &Account,
        sample: &Sample,
        suffix: &str,
        guise: Guise,
        fate: Fate,
    ) {
        let body = of_its_own(account, sample.render_with(self.began, suffix));
        let reviews = sample.expect.iter().map(|expected| {
            expected.id.as_ref().map(|id| format!("{}/{id}{suffix}", account.source))
        });
        let reviews: Vec<_> = reviews.collect();
        if guise == Guise::Honest {
            for (review, expected) in reviews.iter().zip(&sample.expect) {
                self.remember(review.as_ref(), expected.stars.as_deref());
            }
        }
        let should_be = should_be(sample, fate);
        let fetched = guise == Guise::Honest && should_be.accepted > 0;
        let reads = match &self.api {
            Some(api) if fetched => api.put(account.preset, sample, self.began, suffix),
            _ => None,
        };
        let beside = Beside { headers: &sample.headers, sample: Some(sample) };
        self.post(Posting { account, beside, body, reviews, guise, should_be }).await;
        // The next webhook of the same review finds it read.
        if let Some(reads) = reads
            && !reads.done().await
        {
            self.surprises.push(format!("{}: {} was not fetched", account.source, sample.name));
        }
    }

    /// Remembers the rating of a review that is about to be posted.
    pub(crate) fn remember(&mut self, review: Option<&String>, stars: Option<&str>) {
        let stars = stars.and_then(Decimal::parse).and_then(|n| Stars::of(n, Decimal::whole(5)));
        if let (Some(review), Some(stars)) = (review, stars) {
            let lowest = self.stars.entry(review.clone()).or_insert(stars);
            *lowest = stars.min(*lowest);
        }
    }

    /// Posts, and counts the answer.
    pub(crate) async fn post(&mut self, posting: Posting<'_>) {
        self.messages += 1;
        let Posting { account, beside, body, reviews, guise, should_be } = posting;
        let (preset, events) = (account.preset, should_be.sent);
        let id = format!("msg_demo{}", self.messages);
        let signed = match sign(account, guise, &body, beside.sample, &id, self.server) {
            Ok(signed) => signed,
            Err(fault) => return self.surprises.push(format!("{}: {fault}", account.source)),
        };
        let address = signed.address(&format!("http://{}/hooks/{}", self.server, account.source));
        let body = signed.body.clone().unwrap_or(body);
        let mut request = self.client.post(address).body(body);
        for (name, value) in beside.headers.iter().chain(&signed.headers) {
            request = request.header(name, value);
        }
        let began = Instant::now();
        if guise == Guise::Honest {
            for review in reviews.into_iter().flatten() {
                self.posted.entry(review).or_insert(began);
            }
        }
        let tally = match request.send().await {
            Ok(response) if preset.response().is_some() => {
                as_wanted(response, preset, &should_be).await
            }
            Ok(response) => counted(response, events).await,
            Err(error) => {
                let told = error.without_url();
                return self.surprises.push(format!("{}: no answer: {told}", account.source));
            }
        };
        self.count(preset, &tally, &should_be);
    }

    /// Asks what a platform asks before it posts; what is not answered as it should be is told.
    pub(crate) async fn set_up(&mut self, account: &Account) {
        let address = format!("http://{}/hooks/{}", self.server, account.source);
        let token = signature::sign(account.preset.scheme(), &account.keys.signing, b"", "", now());
        let address = token.map_or(address.clone(), |signed| match signed.path_token {
            Some(_) => signed.address(&address),
            None => address,
        });
        for asked in asks(account.preset.id()) {
            let answer = asked.send(&self.client, &address).await;
            if !answer.is_ok_and(|answer| answer) {
                self.surprises.push(format!("{}: its set-up check fails", account.source));
            }
        }
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

fn sign(
    account: &Account,
    guise: Guise,
    body: &[u8],
    sample: Option<&Sample>,
    id: &str,
    server: SocketAddr,
) -> Result<Signed, SecretFault> {
    let preset = account.preset;
    let key = if guise == Guise::Forged { &account.wrong } else { &account.keys.signing };
    let at = if guise == Guise::Old { now() - OLD } else { now() };
    let expect = account.expect(server);
    let message = match sample {
        Some(sample) => sample.message(body, id, &expect, at),
        None => Message { body, id, claims: &[], query: None, expect: &expect, at },
    };
    let signed = signature::sign_message(preset.scheme(), key, &message)?;
    let Some(in_hex) = Preset::by_id("generic-hmac").filter(|_| guise == Guise::InHex) else {
        return Ok(signed);
    };
    // The same digest as another platform writes it, in the header of this one.
    let other = signature::sign_message(in_hex.scheme(), key, &message)?;
    let digits = other.headers.into_iter().map(|(_, value)| match value.split_once('=') {
        Some((_, digits)) => digits.to_owned(),
        None => value,
    });
    let names = signed.headers.iter().map(|(name, _)| name.clone());
    Ok(Signed { headers: names.zip(digits).collect(), ..signed })
}

/// What a platform asks before it posts.
enum Asked {
    /// A GET, whose answer holds this.
    Get(String, &'static str),
    Head,
    /// An unsigned post.
    Ping(&'static str),
}

fn asks(platform: &str) -> Vec<Asked> {
    match platform {
        "meta-ratings" => {
            let query = format!("hub.mode=subscribe&hub.challenge=42&hub.verify_token={WORD}");
            vec![Asked::Get(query, "42")]
        }
        "ebay-feedback" => vec![Asked::Get("challenge_code=c1".to_owned(), "challengeResponse")],
        "yelp" => vec![Asked::Get("verification=abc".to_owned(), "abc")],
        "surveymonkey" => vec![Asked::Head],
        "woocommerce" => vec![Asked::Ping("webhook_id=7")],
        "fera" => vec![Asked::Ping("")],
        _ => Vec::new(),
    }
}

impl Asked {
    async fn send(&self, client: &reqwest::Client, address: &str) -> reqwest::Result<bool> {
        let request = match self {
            Self::Get(query, _) => client.get(format!("{address}?{query}")),
            Self::Head => client.head(address),
            Self::Ping(body) => client.post(address).body(*body),
        };
        let response = request.send().await?;
        let good = response.status().is_success();
        let text = response.text().await?;
        Ok(good && if let Self::Get(_, held) = self { text.contains(held) } else { true })
    }
}

/// A platform that wants an answer of its own gets no counts: it gets that answer.
async fn as_wanted(response: reqwest::Response, preset: &Preset, should_be: &Tally) -> Tally {
    let refused = Tally { sent: should_be.sent, refused: should_be.sent, ..Tally::default() };
    if !response.status().is_success() {
        return refused;
    }
    match response.text().await {
        Ok(text) if preset.response() == Some(text.as_str()) => should_be.clone(),
        _ => refused,
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

/// Presets that are like each other share their samples; each platform has its own reviewers here,
/// or one review would come over several, and be told once.
fn of_its_own(account: &Account, body: Vec<u8>) -> Vec<u8> {
    const BEFORE: &str = r#""author":""#;
    let Ok(text) = String::from_utf8(body.clone()) else { return body };
    let place = presets().iter().position(|preset| preset.id() == account.preset.id());
    let letter = |n: usize| char::from(b'A' + (n % 26) as u8);
    let place = place.unwrap_or_default();
    let initials = format!("{}{}", letter(place / 26), letter(place));
    text.replace(BEFORE, &format!("{BEFORE}{initials}. ")).into_bytes()
}

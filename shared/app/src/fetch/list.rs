//! Reviews whose webhook never came are found in the list that a platform's API has.

use std::collections::HashSet;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use vigie_domain::notice::{Kind, NewNotice, Notice, NoticeId};
use vigie_domain::{Brand, Channel, ReviewEvent, ReviewKey, SourceId, Subject};
use vigie_platforms::preset::{ApiAuth, Fetch, List};
use vigie_platforms::{Mapped, json};
use vigie_ports::{FailureClass, StoreError, World};

use super::{Failed, after, ask, done, failed, not_done, refused};
use crate::App;
use crate::deliver::{Attempt, cancelled};
use crate::receive::{NotReceived, Tally, take};
use crate::registry::SourceInForce;

/// How far back the daily look goes: a week's webhooks, and a day for a look that failed.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(8 * 24);
/// Pages that the daily look reads: it has to end before its claim does.
const DAILY_PAGES_MAX: usize = 5;
/// A look that fails for so long is given up: the next day's comes.
const LOOK_FOR: SignedDuration = SignedDuration::from_hours(20);

/// Pages read at most: an API that pages for ever is not followed for ever.
pub const PAGES_MAX: usize = 200;

/// What a list showed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Pages read.
    pub pages: usize,
    /// What became of its reviews; `ignored` are none of ours.
    pub tally: Tally,
    /// Reviews with a change to decide: nudge [`crate::raise`].
    pub undecided: Vec<ReviewKey>,
    /// The page after which nothing was read, though the list goes on, and why.
    pub cut: Option<String>,
}

/// Why a list cannot be read. What was read before is recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotListed {
    /// The platform has none that Vigie knows.
    #[error("no list of reviews is known for its platform")]
    NoList,
    /// The source does not say how to ask.
    #[error("the source states no api: {0}")]
    NoApi(String),
    /// The platform does not answer, or not with a list; and what follows from that.
    #[error("{0}")]
    Failed(String, FailureClass),
    /// The store does not answer.
    #[error("not recorded")]
    Store(#[source] StoreError),
}

impl From<Failed> for NotListed {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed.reason, failed.class)
    }
}

/// Reads a source's list, newest first, and records what is in it, until a page has nothing that
/// was published at `since` or later.
///
/// What is found is news like any other: people hear of it, unless it is found late.
///
/// # Errors
/// [`NotListed`]; the pages before are recorded.
pub async fn reconcile<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    since: Timestamp,
) -> Result<Listed, NotListed> {
    read(app, source, since, PAGES_MAX).await
}

async fn read<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    since: Timestamp,
    pages_max: usize,
) -> Result<Listed, NotListed> {
    let fetch = source.preset.fetch().ok_or(NotListed::NoList)?;
    let list = fetch.list().ok_or(NotListed::NoList)?;
    let first = address(source, fetch, list)?;
    let mut listed = Listed::default();
    let mut seen = HashSet::new();
    let mut next = Some(first.clone());
    while let Some(url) = next.take() {
        if let Some(why) = is_astray(&first, &url, &mut seen) {
            return Err(failed(FailureClass::Permanent, why).into());
        }
        let page = page(app, source, fetch, list, &url).await?;
        listed.pages += 1;
        let is_old = record(app, source, page.events, since, &mut listed).await?;
        next = list.next(&first, &page.whole, listed.pages).filter(|_| !is_old);
        if next.is_some() && listed.pages == pages_max {
            listed.cut = Some(format!("the list goes on after {pages_max} pages"));
            break;
        }
    }
    Ok(listed)
}

fn address(source: &SourceInForce, fetch: &Fetch, list: &List) -> Result<String, NotListed> {
    let api = source.access.api.as_ref();
    let api = api.ok_or_else(|| NotListed::NoApi("add api = { … } to it".to_owned()))?;
    if fetch.auth() != ApiAuth::None && api.secret.is_none() {
        return Err(NotListed::NoApi("its secret is not there".to_owned()));
    }
    list.first(&api.names).map_err(|lacking| NotListed::NoApi(lacking.to_string()))
}

/// Why a page's address is not followed: another host is none that the secret may be shown to, and
/// one that was read already has no end.
fn is_astray(first: &str, url: &str, seen: &mut HashSet<String>) -> Option<&'static str> {
    if origin(first) != origin(url) {
        return Some("the list goes on at another host, which is not followed");
    }
    (!seen.insert(url.to_owned())).then_some("the list's pages lead in a circle")
}

/// Scheme and host of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(host..).and_then(|rest| rest.find(['/', '?', '#', '\\']));
    end.and_then(|end| url.get(..host + end)).unwrap_or(url)
}

struct Page {
    whole: serde_json::Value,
    /// Its reviews; `None` for one that is none of ours.
    events: Vec<Option<ReviewEvent>>,
}

async fn page<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    fetch: &Fetch,
    list: &List,
    url: &str,
) -> Result<Page, NotListed> {
    let reply = ask(app, source, fetch, url).await?;
    refused(&reply)?;
    let no_list =
        || failed(FailureClass::Backoff, "the platform's API answered no list of reviews");
    let whole = json::parse(&reply.body).map_err(|_| no_list())?;
    let items = list.items(&whole).ok_or_else(no_list)?;
    let events = items.iter().map(|item| source.preset.map_listed(item, app.now())).collect();
    Ok(Page { whole, events })
}

/// Records a page. Gives whether all of it was published before `since`.
async fn record<W: World>(
    app: &App<W>,
    source: &SourceInForce,
    events: Vec<Option<ReviewEvent>>,
    since: Timestamp,
    listed: &mut Listed,
) -> Result<bool, NotListed> {
    let mut mapped = Vec::new();
    let mut newest = None;
    for event in events {
        let Some(event) = event else {
            listed.tally.ignored += 1;
            continue;
        };
        let published = event.content.as_ref().and_then(|content| content.published_at);
        newest = newest.max(Some(published.unwrap_or(Timestamp::MAX)));
        mapped.push(Mapped::Event(Box::new(event)));
    }
    let received = match take(app, source, mapped, app.now(), None).await {
        Ok(received) => received,
        Err(NotReceived::NotRecorded(error)) => return Err(NotListed::Store(error)),
        Err(other) => return Err(NotListed::Failed(other.to_string(), FailureClass::Permanent)),
    };
    listed.tally.add(&received.tally);
    listed.undecided.extend(received.undecided);
    Ok(newest.is_some_and(|newest| newest < since))
}

/// What a brand's day begins with: a look into the list of each of its sources that has one.
pub(crate) fn to_look_into<W: World>(app: &App<W>, brand: &Brand, date: Date) -> Vec<NewNotice> {
    let has_list = |source: &SourceId| {
        let preset = app.registry().platform(source);
        preset.is_some_and(|preset| preset.fetch().and_then(Fetch::list).is_some())
    };
    let asked = brand.sources.iter().filter(|one| one.access.api.is_some() && has_list(&one.id));
    let make = |source: &SourceId| {
        Some(NewNotice {
            id: NoticeId::of(["list", source.as_str(), &date.to_string()]),
            brand: brand.id.clone(),
            kind: Kind::Fetch,
            channel: Channel::Api,
            to: source.as_str().parse().ok()?,
            meant_for: Vec::new(),
            subject: Subject::List { source: source.clone() },
            due_at: app.now(),
            with: None,
        })
    };
    asked.filter_map(|one| make(&one.id)).collect()
}

/// Carries out such a look, which was claimed.
pub(crate) async fn look_into_list<W: World>(
    app: &App<W>,
    notice: &Notice,
    source: &SourceId,
    token: &str,
) -> Result<Attempt, StoreError> {
    let known = app.registry().source(source.as_str());
    let since = app.now().checked_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
    let listed = match &known {
        Some(source) => read(app, source, since, DAILY_PAGES_MAX).await,
        None => Err(NotListed::NoList),
    };
    let settlement = match listed {
        Ok(listed) => {
            let (id, found) = (&notice.what.id, listed.tally.accepted);
            tracing::info!(notice.id = %id, source.id = %source, found, "looked into the list");
            return done(app, notice, listed.undecided, token).await;
        }
        Err(NotListed::Store(error)) => return Err(error),
        Err(NotListed::Failed(reason, class)) => {
            after(notice, Failed { class, reason }, LOOK_FOR, app.now())
        }
        // What the day's configuration no longer has.
        Err(no @ (NotListed::NoList | NotListed::NoApi(_))) => {
            cancelled(&no.to_string(), Vec::new())
        }
    };
    not_done(app, notice, settlement, token).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_followed_on_its_own_host_and_not_in_circles() {
        let first = "https://api.example/v1/reviews?page_size=5";
        let mut seen = HashSet::new();
        let mut astray = |url: &str| is_astray(first, url, &mut seen);
        assert_eq!(astray(first), None);
        assert_eq!(astray("https://api.example/v1/reviews?page=2"), None);
        let circle = Some("the list's pages lead in a circle");
        assert_eq!(astray("https://api.example/v1/reviews?page=2"), circle);
        for other in [
            "https://evil.example/v1",
            "https://api.example.evil.example/v1",
            "http://api.example/v1",
            "https://api.example:8443/v1",
            "https://api.example@evil.example/v1",
            "//evil.example/v1",
            "/v1/reviews",
        ] {
            assert!(astray(other).is_some(), "{other}");
        }
    }
}

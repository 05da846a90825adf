//! Reviews whose webhook never came are found in the list that a platform's API has.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use vigie_domain::{ReviewEvent, ReviewKey};
use vigie_platforms::preset::{ApiAuth, Fetch, List};
use vigie_platforms::{Mapped, json};
use vigie_ports::{FailureClass, StoreError, World};

use super::{Failed, ask, failed, refused};
use crate::App;
use crate::receive::{NotReceived, Tally, take};
use crate::registry::SourceInForce;

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
    /// The platform does not answer, or not with a list; how long it wants to be left alone.
    #[error("{0}")]
    Failed(String, Option<Duration>),
    /// The store does not answer.
    #[error("not recorded")]
    Store(#[source] StoreError),
}

impl From<Failed> for NotListed {
    fn from(failed: Failed) -> Self {
        let wait = match failed.class {
            FailureClass::RetryAfter(wait) => Some(wait),
            _ => None,
        };
        Self::Failed(failed.reason, wait)
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
        if next.is_some() && listed.pages == PAGES_MAX {
            listed.cut = Some(format!("the list goes on after {PAGES_MAX} pages"));
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
        Err(other) => return Err(NotListed::Failed(other.to_string(), None)),
    };
    listed.tally.add(&received.tally);
    listed.undecided.extend(received.undecided);
    Ok(newest.is_some_and(|newest| newest < since))
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

//! From what a platform's API gives to a review event.

use http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;
use vigie_domain::{EventKind, ReviewEvent};

use super::{Not, Reading, fields, other_than, shown};
use crate::json;
use crate::pointer::{Sight, first};
use crate::preset::{Fetch, Item, Preset, Thin};
use crate::unpacked::Unpacked;

/// Why what an API gave is not the review that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotFetched {
    /// The preset knows no API.
    #[error("no API is known for this platform")]
    NoApi,
    /// A page for people, or nothing.
    #[error("the API's answer is not JSON")]
    NotJson,
    /// The review is not in it: not there yet, or no longer.
    #[error("the API's answer has no such review")]
    NotThere,
    /// It is there, and none of ours: spam, or another sort.
    #[error("it is {0}, none of ours")]
    NotOurs(String),
    /// It is another's.
    #[error("the API's answer is another review")]
    Another,
}

impl Preset {
    /// Maps what the API gave for an event that told only which review it is.
    ///
    /// # Errors
    /// It is not that review.
    pub fn map_fetched(
        &self,
        thin: &Thin,
        body: &[u8],
        received_at: Timestamp,
    ) -> Result<ReviewEvent, NotFetched> {
        let fetch = self.fetch().ok_or(NotFetched::NoApi)?;
        let payload = json::parse(body).map_err(|_| NotFetched::NotJson)?;
        let item = item(fetch, &payload, &thin.id).ok_or(NotFetched::NotThere)?;
        let (headers, claims) = (HeaderMap::new(), Value::Null);
        let reading = self.reading_of(fetch, &headers, &claims, received_at);
        let unpacked = Unpacked::default();
        let sight = sight(&item, &payload, &claims, &headers, &unpacked);
        // A review has an id; where the whole answer is one, it has to be this one's. What has
        // none is a page about an error, whatever its status says.
        let told = first(&reading.fields.id, &sight).and_then(|id| fields::scalar(&id));
        match told {
            None if !reading.fields.id.is_empty() => return Err(NotFetched::NotThere),
            Some(told) if matches!(fetch.item, Item::Whole) && told != thin.id => {
                return Err(NotFetched::Another);
            }
            _ => {}
        }
        if let Some(other) = other_than(&fetch.only, &sight) {
            return Err(NotFetched::NotOurs(shown(&other)));
        }
        let event = reading.event(&sight, thin.kind, None, &thin.id);
        let mut event = event.map_err(|_: Not| NotFetched::NotThere)?;
        event.version = event.version.or(thin.version);
        if let Some(content) = &mut event.content {
            content.location = content.location.take().or_else(|| thin.location.clone());
        }
        Ok(event)
    }

    /// Maps a review of the API's list, for one whose webhook never came. `None` where it has no
    /// id.
    pub fn map_listed(&self, item: &Value, received_at: Timestamp) -> Option<ReviewEvent> {
        let fetch = self.fetch()?;
        let (headers, claims) = (HeaderMap::new(), Value::Null);
        let reading = self.reading_of(fetch, &headers, &claims, received_at);
        let unpacked = Unpacked::default();
        let sight = sight(item, item, &claims, &headers, &unpacked);
        if other_than(&fetch.only, &sight).is_some() {
            return None;
        }
        let id = first(&reading.fields.id, &sight).and_then(|id| fields::scalar(&id))?;
        reading.event(&sight, EventKind::Posted, None, &id).ok()
    }

    fn reading_of<'a>(
        &'a self,
        fetch: &'a Fetch,
        headers: &'a HeaderMap,
        claims: &'a Value,
        received_at: Timestamp,
    ) -> Reading<'a> {
        let (fields, rating) = (&fetch.fields, &fetch.rating);
        let (query, thin) = ("", false);
        Reading { preset: self, fields, rating, headers, query, claims, received_at, thin }
    }
}

fn sight<'a>(
    item: &'a Value,
    root: &'a Value,
    claims: &'a Value,
    headers: &'a HeaderMap,
    unpacked: &'a Unpacked<'a>,
) -> Sight<'a> {
    Sight { item, up: root, root, claims, headers, query: "", unpacked }
}

fn item(fetch: &Fetch, payload: &Value, id: &str) -> Option<Value> {
    match &fetch.item {
        Item::Whole => payload.is_object().then(|| payload.clone()),
        Item::At(at) => at.find(payload).map(std::borrow::Cow::into_owned),
        Item::Listed { list, by } => {
            let lists = list.iter().filter_map(|at| at.find(payload));
            let list = lists.map(std::borrow::Cow::into_owned).find(Value::is_array)?;
            let is = |item: &&Value| {
                let mut ids = by.iter().filter_map(|at| at.find(item));
                ids.any(|found| fields::scalar(&found).is_some_and(|found| found == id))
            };
            list.as_array()?.iter().find(is).cloned()
        }
    }
}

//! What a webhook leaves out, and where to get it: the platform's API, as data.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vigie_domain::EventKind;

use super::file::{FetchTable, Fields, ListTable, Only};
use super::rating::Rating;
use crate::pointer::Pointer;

/// A path may have slashes.
const PATH: &AsciiSet = &crate::UNRESERVED.remove(b'/');

/// How a request to an API says who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiAuth {
    /// `Authorization: Bearer`, the secret as it stands.
    Bearer,
    /// HTTP Basic: the secret is `user:password`.
    Basic,
    /// OAuth 2.0 (RFC 6749, 6): the secret is JSON with `client_id`, `client_secret` and
    /// `refresh_token`; a token is got for it and used until it expires.
    Oauth,
    /// Nothing is needed; a secret, if there is one, goes as [`ApiAuth::Bearer`].
    None,
}

/// Where a review's content is fetched from.
#[derive(Debug, Clone)]
pub struct Fetch {
    pub(crate) url: Url,
    auth: ApiAuth,
    token_url: Option<String>,
    /// Where the review lies in what comes.
    pub(crate) item: Item,
    /// Answers that say that there is no such review.
    gone: Vec<u16>,
    each_is_news: bool,
    /// What is something else there is no review of ours.
    pub(crate) only: Vec<Only>,
    /// What is known from the webhook and needed in the address, by its name there.
    pub(crate) names: BTreeMap<String, Vec<Pointer>>,
    pub(crate) fields: Fields,
    pub(crate) rating: Rating,
    /// The list of a source's reviews, for those whose webhook never came.
    list: Option<List>,
}

#[derive(Debug, Clone)]
pub(crate) enum Item {
    /// The whole.
    Whole,
    At(Pointer),
    /// In a list, by its id.
    Listed {
        list: Vec<Pointer>,
        by: Vec<Pointer>,
    },
}

/// A list of a source's reviews, newest first as far as the API can.
#[derive(Debug, Clone)]
pub struct List {
    pub(crate) url: Url,
    pub(crate) items: Pointer,
    pub(crate) next: Next,
}

/// How a list goes on.
#[derive(Debug, Clone)]
pub(crate) enum Next {
    /// It does not.
    Never,
    /// What stands here is a parameter of the next page's address.
    Token { at: Pointer, parameter: String },
    /// What stands here is the next page's address.
    Link(Pointer),
    /// Pages are counted from 1, until one is empty.
    Page(String),
}

/// An address with names in braces: `{id}` is encoded, `{+id}` keeps its slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url(String);

/// Why there is no address to fetch from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// The webhook or the source leaves a name out.
    #[error("the address needs {0}, which neither the webhook nor the source's api states")]
    Lacking(String),
    /// A value would lead elsewhere.
    #[error("{0} holds what no part of an address may")]
    Unsafe(String),
}

/// What a source states of a platform's API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiNames {
    /// What the address begins with, where each customer has a host of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The account, location, shop or merchant that is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// A webhook that told which review, and not what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thin {
    /// What became of the review.
    pub kind: EventKind,
    /// The id, as the platform gave it.
    pub id: String,
    /// Its version, where the webhook has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<vigie_domain::Version>,
    /// What the address needs besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// The place that the webhook names, where the API does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The digest of the event as it came, in hex: the same event is fetched once.
    pub event: String,
}

impl Fetch {
    /// Reads the table, refusing keys that do not go together.
    pub(super) fn of_table(
        table: FetchTable,
        list: Option<ListTable>,
    ) -> Result<Self, &'static str> {
        let item = match (table.item, table.list, table.by) {
            (None, list, by) if list.is_empty() && by.is_empty() => Item::Whole,
            (Some(at), list, by) if list.is_empty() && by.is_empty() => Item::At(at),
            (None, list, by) if !list.is_empty() && !by.is_empty() => Item::Listed { list, by },
            _ => return Err("wants either item, or list and by together"),
        };
        if (table.auth == ApiAuth::Oauth) != table.token_url.is_some() {
            return Err("token_url goes with auth = \"oauth\", and that needs it");
        }
        Ok(Self {
            url: Url::parse(table.url)?,
            auth: table.auth,
            token_url: table.token_url.map(|url| url.0),
            item,
            gone: table.gone,
            each_is_news: table.each_is_news,
            only: table.only,
            names: table.names,
            fields: table.fields,
            rating: table.rating.map(Rating::of_table).transpose()?.unwrap_or_else(Rating::nowhere),
            list: list.map(List::of_table).transpose()?,
        })
    }

    /// How to say who asks.
    pub const fn auth(&self) -> ApiAuth {
        self.auth
    }

    /// Where a token is got, where one is.
    pub fn token_url(&self) -> Option<&str> {
        self.token_url.as_deref()
    }

    /// Whether each webhook means news, though it may read like one before: its platform sends an
    /// id and nothing that tells one event from another.
    pub const fn each_is_news(&self) -> bool {
        self.each_is_news
    }

    /// Whether an answer of this status says that there is no such review.
    pub fn is_gone(&self, status: u16) -> bool {
        self.gone.contains(&status)
    }

    /// The list of a source's reviews, where the API has one.
    pub const fn list(&self) -> Option<&List> {
        self.list.as_ref()
    }

    /// What a source must state for it: names of [`ApiNames`] that the addresses hold.
    pub fn needs(&self) -> Vec<&'static str> {
        let urls = [Some(&self.url), self.list.as_ref().map(|list| &list.url)];
        let held = |name: &&str| {
            urls.iter().flatten().any(|url| {
                [format!("{{{name}}}"), format!("{{+{name}}}")].iter().any(|n| url.0.contains(n))
            })
        };
        ["base", "account"].into_iter().filter(held).collect()
    }

    /// The address of a review.
    ///
    /// # Errors
    /// A name is not known, or its value would lead elsewhere.
    pub fn address(&self, thin: &Thin, api: &ApiNames) -> Result<String, NoAddress> {
        self.url.filled(|name| match name {
            "id" => Some(thin.id.as_str()),
            other => api.of(other).or_else(|| thin.names.get(other).map(String::as_str)),
        })
    }
}

impl List {
    fn of_table(table: ListTable) -> Result<Self, &'static str> {
        let next = match (table.token, table.link, table.parameter) {
            (None, None, None) => Next::Never,
            (Some(at), None, Some(parameter)) => Next::Token { at, parameter },
            (None, Some(at), None) => Next::Link(at),
            (None, None, Some(parameter)) => Next::Page(parameter),
            _ => return Err("wants link, or parameter, or token and parameter"),
        };
        Ok(Self { url: Url::parse(table.url)?, items: table.items, next })
    }

    /// The address of the first page.
    ///
    /// # Errors
    /// A name is not known, or its value would lead elsewhere.
    pub fn first(&self, api: &ApiNames) -> Result<String, NoAddress> {
        self.url.filled(|name| api.of(name))
    }

    /// The address of the page after one, if there is one. `number` is the page's own, from 1.
    pub fn next(&self, first: &str, page: &Value, number: usize) -> Option<String> {
        let text = |at: &Pointer| {
            let found = at.find(page)?;
            found.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned)
        };
        match &self.next {
            Next::Never => None,
            Next::Link(at) => text(at),
            Next::Token { at, parameter } => Some(with_parameter(first, parameter, &text(at)?)),
            Next::Page(parameter) => {
                let any = self.items.find(page)?.as_array().is_some_and(|items| !items.is_empty());
                any.then(|| with_parameter(first, parameter, &(number + 1).to_string()))
            }
        }
    }

    /// A page of such a list, for whoever plays the platform.
    pub fn page(&self, items: Vec<Value>) -> Value {
        let place = self.items.to_string();
        let keys = place.split('/').skip(1).collect::<Vec<_>>();
        let inside = |page, key: &str| serde_json::json!({ key: page });
        keys.into_iter().rev().fold(Value::Array(items), inside)
    }

    /// The reviews of a page.
    pub fn items(&self, page: &Value) -> Option<Vec<Value>> {
        match self.items.find(page)?.into_owned() {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }
}

fn with_parameter(address: &str, name: &str, value: &str) -> String {
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}{name}={}", utf8_percent_encode(value, crate::UNRESERVED))
}

impl ApiNames {
    fn of(&self, name: &str) -> Option<&str> {
        match name {
            "base" => self.base.as_deref(),
            "account" => self.account.as_deref(),
            _ => None,
        }
    }
}

impl Url {
    fn parse(text: String) -> Result<Self, &'static str> {
        let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
        let begins = text.starts_with("https://")
            || text.starts_with("{base}/")
            || local.iter().any(|start| text.starts_with(start));
        let closed = text.matches('{').count() == text.matches('}').count();
        if begins && closed {
            Ok(Self(text))
        } else {
            Err("wants url to begin with https:// or {base}/, and names in braces")
        }
    }

    fn filled<'a>(&self, known: impl Fn(&str) -> Option<&'a str>) -> Result<String, NoAddress> {
        let mut out = String::new();
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, tail)) = after.split_once('}') else { break };
            let (name, path) = name.strip_prefix('+').map_or((name, false), |name| (name, true));
            let value = known(name).ok_or_else(|| NoAddress::Lacking(name.to_owned()))?;
            out.push_str(before);
            out.push_str(&value_of(name, value, path)?);
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// A value made safe for its place: a base stays as the operator wrote it, all else cannot leave
/// its segment, nor a path its prefix.
fn value_of(name: &str, value: &str, path: bool) -> Result<String, NoAddress> {
    if name == "base" {
        return Ok(value.trim_end_matches('/').to_owned());
    }
    let dots = value.split('/').any(|segment| segment == "." || segment == "..");
    if value.is_empty() || dots || value.starts_with('/') {
        return Err(NoAddress::Unsafe(name.to_owned()));
    }
    let set = if path { PATH } else { crate::UNRESERVED };
    Ok(utf8_percent_encode(value, set).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(url: &str, value: &str) -> Result<String, NoAddress> {
        let url = Url::parse(url.to_owned()).unwrap();
        url.filled(|name| (name == "id").then_some(value))
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_an_address() {
        for (url, value, address) in [
            ("https://a.example/r/{id}", "x?y=1#z", "https://a.example/r/x%3Fy%3D1%23z"),
            ("https://a.example/r/{id}", "a/b", "https://a.example/r/a%2Fb"),
            (
                "https://a.example/v4/{+id}",
                "accounts/1/r é",
                "https://a.example/v4/accounts/1/r%20%C3%A9",
            ),
        ] {
            assert_eq!(filled(url, value).as_deref(), Ok(address));
        }
        for bad in ["..", "a/../b", "/etc", ""] {
            let url = "https://a.example/v4/{+id}";
            assert_eq!(filled(url, bad), Err(NoAddress::Unsafe("id".to_owned())), "{bad}");
        }
        let lacking = filled("https://a.example/{account}", "x");
        assert_eq!(lacking, Err(NoAddress::Lacking("account".to_owned())));
        for bad in ["http://a.example/{id}", "ftp://a", "https://a.example/{id", "a/{id}"] {
            assert!(Url::parse(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_list_goes_on_by_token_by_link_or_by_number() {
        let list = |next: Next| List {
            url: Url::parse("https://a.example/l?size=50".to_owned()).unwrap(),
            items: "/r".parse().unwrap(),
            next,
        };
        let first = list(Next::Never).first(&ApiNames::default()).unwrap();
        let page = serde_json::json!({"r": [1], "t": "a b", "l": "https://a.example/l?p=2"});
        let at = |text: &str| text.parse::<Pointer>().unwrap();
        let token = Next::Token { at: at("/t"), parameter: "pageToken".to_owned() };
        assert_eq!(
            list(token).next(&first, &page, 1).as_deref(),
            Some("https://a.example/l?size=50&pageToken=a%20b")
        );
        assert_eq!(
            list(Next::Link(at("/l"))).next(&first, &page, 1).as_deref(),
            Some("https://a.example/l?p=2")
        );
        let counted = list(Next::Page("page".to_owned()));
        let next = counted.next(&first, &page, 2);
        assert_eq!(next.as_deref(), Some("https://a.example/l?size=50&page=3"));
        assert_eq!(counted.next(&first, &serde_json::json!({"r": []}), 3), None);
        assert_eq!(list(Next::Never).next(&first, &page, 1), None);
        let played = list(Next::Never).page(vec![1.into()]);
        assert_eq!(played, serde_json::json!({"r": [1]}));
        assert_eq!(list(Next::Never).items(&played), Some(vec![1.into()]));
    }
}

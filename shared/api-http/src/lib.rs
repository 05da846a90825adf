//! Asks platforms' APIs over HTTP.
//!
//! **Invariant:** no redirect is followed: what is asked may carry a secret.
//! **Invariant:** no reason that leaves this crate holds an address's query or a secret.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use vigie_ports::{Api as _, Call};
//! let nobody_there = Call::get("http://127.0.0.1:9/reviews");
//! let error = vigie_api_http::HttpApi::default().ask(&nobody_there).await.unwrap_err();
//! assert!(error.reason.starts_with("127.0.0.1: "), "{error}");
//! # });
//! ```

use std::sync::OnceLock;
use std::time::Duration;

use http::header::{AUTHORIZATION, CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret as _, SecretString};
use vigie_ports::{Api, Call, CallError, FailureClass, Reply};

/// Longest wait that a `Retry-After` can ask for.
const WAIT_MAX: Duration = Duration::from_hours(1);

/// The way to APIs. Its connections are made when it is first needed.
#[derive(Debug, Default)]
pub struct HttpApi {
    client: OnceLock<reqwest::Client>,
}

impl HttpApi {
    fn client(&self) -> Result<&reqwest::Client, CallError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .user_agent(concat!("vigie/", env!("CARGO_PKG_VERSION")))
            .build();
        let client = client.map_err(|error| {
            let reason = format!("no HTTP client: {error}");
            CallError { class: FailureClass::Backoff, reason }
        })?;
        Ok(self.client.get_or_init(|| client))
    }
}

impl Api for HttpApi {
    async fn ask(&self, call: &Call) -> Result<Reply, CallError> {
        let client = self.client()?;
        let mut request = match &call.form {
            None => client.get(&call.url),
            Some(form) => client.post(&call.url).header("content-type", FORM).body(encoded(form)),
        };
        request = request.timeout(call.within).header("accept", "application/json");
        if let Some(value) = &call.authorization {
            let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| {
                let reason = "the api secret holds what no header can".to_owned();
                CallError { class: FailureClass::DisableEndpoint, reason }
            })?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let mut response = request.send().await.map_err(|error| no_answer(call, &error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(call, &error))? {
            body.extend_from_slice(&chunk);
            if body.len() > call.bytes_max {
                let reason = format!("{}: more than {} bytes", host(&call.url), call.bytes_max);
                return Err(CallError { class: FailureClass::Backoff, reason });
            }
        }
        let retry_after = seconds(&headers, &RETRY_AFTER).map(|wait| wait.min(WAIT_MAX));
        Ok(Reply { status, max_age: max_age(&headers), retry_after, body })
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn encoded(form: &[(String, SecretString)]) -> String {
    let mut fields = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form {
        fields.append_pair(name, value.expose_secret());
    }
    fields.finish()
}

fn no_answer(call: &Call, error: &reqwest::Error) -> CallError {
    let why = match error {
        error if error.is_timeout() => format!("no answer within {:?}", call.within),
        error if error.is_connect() => "no connection".to_owned(),
        _ => "the answer broke off".to_owned(),
    };
    CallError { class: FailureClass::Backoff, reason: format!("{}: {why}", host(&call.url)) }
}

/// The host of an address: all of it that is told.
fn host(url: &str) -> String {
    let parsed: Option<http::Uri> = url.parse().ok();
    parsed.as_ref().and_then(http::Uri::host).unwrap_or("the API").to_owned()
}

fn seconds(headers: &HeaderMap, name: &HeaderName) -> Option<Duration> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(CACHE_CONTROL)?.to_str().ok()?;
    let directives = value.split(',').filter_map(|part| part.trim().split_once('='));
    let mut ages = directives.filter(|(name, _)| name.eq_ignore_ascii_case("max-age"));
    ages.next()?.1.trim_matches('"').parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_encoded() {
        let form = [("a b".to_owned(), "1&2=é".into()), ("c".to_owned(), "x.y-z".into())];
        assert_eq!(encoded(&form), "a+b=1%262%3D%C3%A9&c=x.y-z");
    }

    #[test]
    fn what_an_answer_says_of_time_is_read() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, "public, Max-Age=19423, must-revalidate".parse().unwrap());
        headers.insert(RETRY_AFTER, " 120".parse().unwrap());
        assert_eq!(max_age(&headers), Some(Duration::from_secs(19_423)));
        assert_eq!(seconds(&headers, &RETRY_AFTER), Some(Duration::from_mins(2)));
        headers.insert(RETRY_AFTER, "Fri, 31 Dec 2026 23:59:59 GMT".parse().unwrap());
        assert_eq!(seconds(&headers, &RETRY_AFTER), None);
        assert_eq!(host("https://api.example/a?key=secret"), "api.example");
    }
}

//! Events of the HTTP API (payload format 2.0), as requests whose body was read whole, and what is
//! answered to them ("Create AWS Lambda proxy integrations for HTTP APIs", developer guide of API
//! Gateway).
//!
//! `lambda_http` does this for every sort of API; it stops at a path or a body that it cannot make
//! a request of, and links tables of all the world's character sets.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use serde::{Deserialize, Serialize};
use vigie_machine::SystemIds;
use vigie_ports::Standing;
use vigie_relay::Relay;
use vigie_web::answer::problem;
use vigie_web::{Answer, Client, Code, ProblemCode, RequestId, route_of};

/// What is read of an event.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    /// Those of the header `cookie`, which the API leaves out of the others.
    #[serde(default)]
    cookies: Vec<String>,
    request_context: Context,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Debug, Deserialize)]
struct Context {
    http: Told,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    method: String,
    #[serde(default)]
    source_ip: String,
}

/// What the API is given: it makes the answer of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answered {
    status_code: u16,
    headers: BTreeMap<String, String>,
    body: String,
    is_base64_encoded: bool,
}

/// A request as it came: what the signature covers is its bytes, decoded where the API encoded
/// them.
pub struct Asked {
    /// Method, path, headers.
    pub parts: Parts,
    /// The body.
    pub body: Bytes,
    /// The id that its answer carries.
    pub id: RequestId,
    began: tokio::time::Instant,
}

/// What HTTP does not allow is left out: a header's value, or the whole path, at which then nothing
/// is found. A body that is not the base64 it is called is none, and fails its signature.
impl From<Event> for Asked {
    fn from(event: Event) -> Self {
        let began = tokio::time::Instant::now();
        let (mut parts, ()) = Request::new(()).into_parts();
        let Told { method, source_ip } = event.request_context.http;
        if let Ok(address) = source_ip.parse() {
            parts.extensions.insert(Client(address));
        }
        parts.method = Method::from_bytes(method.as_bytes()).unwrap_or(Method::TRACE);
        parts.uri = place(&event.raw_path, &event.raw_query_string);
        let cookies = (!event.cookies.is_empty()).then(|| event.cookies.join("; "));
        let cookies = cookies.map(|cookies| ("cookie".to_owned(), cookies));
        parts.headers =
            event.headers.into_iter().flatten().chain(cookies).filter_map(header).collect();
        let body = event.body.unwrap_or_default();
        let body = if event.is_base64_encoded {
            STANDARD.decode(body).unwrap_or_default().into()
        } else {
            Bytes::from(body)
        };
        Self { parts, body, id: RequestId::new(&SystemIds), began }
    }
}

fn place(path: &str, query: &str) -> Uri {
    let whole = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    PathAndQuery::try_from(whole).map(Uri::from).unwrap_or_default()
}

fn header((name, value): (String, String)) -> Option<(HeaderName, HeaderValue)> {
    Some((name.parse().ok()?, HeaderValue::from_maybe_shared(Bytes::from(value)).ok()?))
}

impl Asked {
    /// Writes the request's line, and gives the answer its id.
    pub fn answered(&self, source: &str, mut answer: Answer) -> Answered {
        self.id.carried_by(answer.headers_mut());
        let status = answer.status().as_u16();
        let code = answer.extensions().get::<ProblemCode>().map_or("", |code| code.0.id());
        let (id, method) = (&self.id.0, self.parts.method.as_str());
        let route = route_of(self.parts.uri.path());
        let duration_us = self.began.elapsed().as_micros() as u64;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    request.id = %id,
                    method,
                    route,
                    source.id = source,
                    status,
                    code,
                    duration_us,
                    "request"
                )
            };
        }
        if status >= 500 {
            line!(error);
        } else {
            line!(info);
        }
        Answered::of(answer)
    }
}

/// The answer of a home that is not open: another's, where it was moved there; else that it is not
/// ready. `None`: it is open, and answers itself.
pub async fn elsewhere(relay: &Relay, standing: &Standing, asked: &Asked) -> Option<Answer> {
    match (standing, standing.elsewhere()) {
        (Standing::Open, _) => None,
        (_, Some(to)) => Some(relay.hand(to, &asked.parts, asked.body.clone(), &asked.id).await),
        (_, None) => Some(problem(Code::StoreUnavailable, &asked.id, None)),
    }
}

impl Answered {
    fn of(answer: Answer) -> Self {
        let (parts, body) = answer.into_parts();
        // What came from another home may be no text.
        let (body, is_base64_encoded) = match String::from_utf8(body.into()) {
            Ok(text) => (text, false),
            Err(bytes) => (STANDARD.encode(bytes.as_bytes()), true),
        };
        let (status_code, headers) = (parts.status.as_u16(), joined(&parts.headers));
        Self { status_code, headers, body, is_base64_encoded }
    }
}

/// One value for each name, as HTTP allows (RFC 9110, 5.3).
fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        match joined.get_mut(name.as_str()) {
            Some(known) => known.extend([", ", &value]),
            None => drop(joined.insert(name.to_string(), value.into_owned())),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(fields: &Value) -> Value {
        let mut event = json!({
            "version": "2.0", "routeKey": "POST /hooks/{source}", "rawPath": "/hooks/shop",
            "rawQueryString": "", "cookies": ["a=b", "c=d"],
            "headers": {"x-signature": "a1,b2", "content-type": "application/json"},
            "requestContext": {"http": {"method": "POST", "path": "/hooks/shop"}, "stage": "$default"},
            "body": "{}", "isBase64Encoded": false,
        });
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        event
    }

    fn asked(fields: &Value) -> Asked {
        serde_json::from_value::<Event>(event(fields)).unwrap().into()
    }

    #[test]
    fn a_request_is_what_the_event_says() {
        let asked = asked(&json!({"rawQueryString": "token=a%20b"}));
        assert_eq!(asked.parts.method, Method::POST);
        assert_eq!(
            (asked.parts.uri.path(), asked.parts.uri.query()),
            ("/hooks/shop", Some("token=a%20b"))
        );
        assert_eq!(asked.parts.headers["x-signature"], "a1,b2");
        assert_eq!(asked.parts.headers["cookie"], "a=b; c=d");
        assert_eq!(asked.body, "{}");
    }

    #[test]
    fn a_body_is_the_bytes_that_were_sent() {
        let encoded = json!({"body": STANDARD.encode([0xFF, 0x00]), "isBase64Encoded": true});
        assert_eq!(asked(&encoded).body, vec![0xFF, 0x00]);
        assert_eq!(asked(&json!({"body": "é", "isBase64Encoded": true})).body, "");
        assert_eq!(asked(&json!({"body": null})).body, "");
    }

    #[test]
    fn what_http_does_not_allow_stops_nothing() {
        for path in ["/hooks/a b", "/hooks/\u{0}", "", "hooks", "/hooks/é"] {
            let asked = asked(&json!({"rawPath": path}));
            assert!(["/", path].contains(&asked.parts.uri.path()), "{path}: {:?}", asked.parts.uri);
        }
        let odd = json!({"headers": {"a b": "c", "x-a": "line\nline", "x-b": "é"}});
        let headers = asked(&odd).parts.headers;
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-b", "cookie"]);
        let odd = json!({"headers": null, "requestContext": {"http": {"method": "A B"}}});
        assert_eq!(asked(&odd).parts.method, Method::TRACE);
    }

    #[test]
    fn what_is_no_event_of_the_api_is_refused_with_what_it_lacks() {
        for lacking in ["rawPath", "requestContext"] {
            let mut event = event(&json!({}));
            event.as_object_mut().unwrap().remove(lacking);
            let refused = serde_json::from_value::<Event>(event).unwrap_err().to_string();
            assert!(refused.contains(lacking), "{refused}");
        }
    }

    #[test]
    fn an_answer_has_one_value_for_each_header() {
        let mut answer = Answer::new(Bytes::from_static(b"\xFF"));
        for (name, value) in [("vary", "a"), ("vary", "b"), ("x-id", "1")] {
            answer.headers_mut().append(name, HeaderValue::from_static(value));
        }
        let answered = serde_json::to_value(Answered::of(answer)).unwrap();
        let headers = json!({"vary": "a, b", "x-id": "1"});
        let wanted =
            json!({"statusCode": 200, "headers": headers, "body": "/w==", "isBase64Encoded": true});
        assert_eq!(answered, wanted);
    }
}

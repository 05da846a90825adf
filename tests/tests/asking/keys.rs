//! The keys that platforms publish: read when they are needed, and no more often.

use jiff::{SignedDuration, Timestamp};
use vigie_api_http::HttpApi;
use vigie_app::App;
use vigie_app::receive::NotReceived;
use vigie_domain::Brand;
use vigie_platforms::Refusal;
use vigie_ports::{Clock as _, World as _};
use vigie_store_sqlite::SqliteStore;
use vigie_tests::app::{Still, app_that_asks, post};

use crate::{NoMail, Platform};

/// A token as Google signs one, and the key for it: those of tests/vectors/jwt.json.
fn vector() -> (String, String) {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/jwt.json"));
    let all: Vec<serde_json::Value> = serde_json::from_str(&text.unwrap()).unwrap();
    let of = |why: &str| all.iter().find(|vector| vector["why"] == why).unwrap();
    let token = &of("as Google signs a push: issuer, audience, sender, end")["headers"][0][1];
    let key = of("the same, its key as a JWK")["secret"].as_str().unwrap();
    let named = key.replacen('{', "{\"kid\":\"one\",", 1);
    (token.as_str().unwrap().to_owned(), format!("{{\"keys\":[{named}]}}"))
}

/// When the token was made.
const MADE: &str = "2026-11-18T11:06:41Z";
const SENDER: &str = "push@lumen.iam.example";
const AUDIENCE: &str = "https://vigie.example/hooks/lumen-gbp";
const TEN_MINUTES: &[(&str, &str)] = &[("cache-control", "public, max-age=600")];

type Home = App<Still<NoMail, HttpApi>>;

/// A brand with a source whose platform sends tokens, and publishes its keys at an address.
async fn home(platform: &Platform) -> Home {
    let keys = format!("http://{}/keys", platform.start().await);
    let mut brand = Brand::sample();
    let source = &mut brand.sources[0];
    source.platform = format!(
        r#"id = "tokens"
name = "Tokens"
like = "generic-hmac"

[signature]
scheme = "jwt"
evidence = "documented"
sources = ["here"]
algorithm = "rs256"
in = "bearer"
issuers = ["https://accounts.google.com"]
audience = true
sender = true
keys = "{keys}"
"#
    );
    source.secrets.clear();
    source.access.sender = Some(SENDER.to_owned());
    source.access.audience = Some(AUDIENCE.to_owned());
    let store = SqliteStore::in_memory().unwrap();
    let app = app_that_asks(store, NoMail, HttpApi::default(), brand, &[]).await.unwrap();
    let made: Timestamp = MADE.parse().unwrap();
    app.world().clock().advance(made.duration_since(app.world().clock().now()));
    app
}

/// How a webhook with a token is received.
async fn told(app: &Home, token: &str) -> Result<(), NotReceived> {
    let mut headers = http::HeaderMap::new();
    headers.insert("authorization", token.parse().unwrap());
    let body = br#"{"type":"review.posted","review":{"id":"r-1","rating":5}}"#;
    post(app, &headers, body).await.map(drop)
}

/// The token under the name of a key that nobody has.
fn stranger(token: &str, number: usize) -> String {
    use base64::Engine as _;
    let (_, rest) = token.split_once('.').unwrap();
    let header = format!("{{\"alg\":\"RS256\",\"kid\":\"stranger-{number}\"}}");
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header);
    format!("Bearer {header}.{rest}")
}

#[tokio::test]
async fn published_keys_are_read_once_and_again_when_their_time_is_over() {
    let (platform, (token, keys)) = (Platform::default(), vector());
    let app = home(&platform).await;
    platform.will_with(200, TEN_MINUTES, &keys);
    // Two at once: the second waits for what the first asks.
    let (one, other) = tokio::join!(told(&app, &token), told(&app, &token));
    assert_eq!((one, other), (Ok(()), Ok(())));
    assert_eq!(platform.asked(), ["GET /keys by nobody"]);
    app.world().clock().advance(SignedDuration::from_secs(599));
    assert_eq!(told(&app, &token).await, Ok(()));
    assert_eq!(platform.asked(), [""; 0]);
    app.world().clock().advance(SignedDuration::from_secs(1));
    platform.will_with(200, TEN_MINUTES, &keys);
    assert_eq!(told(&app, &token).await, Ok(()));
    assert_eq!(platform.asked().len(), 1);
}

/// Whoever names keys that are none makes us ask once a minute, not each time.
#[tokio::test]
async fn a_flood_of_key_ids_asks_once_a_minute() {
    let (platform, (token, keys)) = (Platform::default(), vector());
    let app = home(&platform).await;
    for minute in 0..3 {
        platform.will_with(200, TEN_MINUTES, &keys);
        for number in 0..50 {
            let refused = told(&app, &stranger(&token, minute * 50 + number)).await;
            assert_eq!(refused, Err(NotReceived::Refused(Refusal::SignatureMismatch)));
        }
        assert_eq!(told(&app, &token).await, Ok(()), "and shuts nobody out");
        assert_eq!(platform.asked().len(), 1);
        app.world().clock().advance(SignedDuration::from_mins(1));
    }
}

#[tokio::test]
async fn without_keys_nothing_is_refused_for_good_and_old_ones_are_better_than_none() {
    let (platform, (token, keys)) = (Platform::default(), vector());
    let app = home(&platform).await;
    for (status, body) in [(503, "{}"), (200, "<html>"), (302, ""), (200, "{\"keys\":7}")] {
        platform.will(status, body);
        for _ in 0..2 {
            let refused = told(&app, &token).await;
            assert!(matches!(refused, Err(NotReceived::NoKeys(_))), "{status} {body}: {refused:?}");
        }
        assert_eq!(platform.asked().len(), 1);
        app.world().clock().advance(SignedDuration::from_mins(1));
    }
    platform.will_with(200, TEN_MINUTES, &keys);
    assert_eq!(told(&app, &token).await, Ok(()));
    app.world().clock().advance(SignedDuration::from_mins(11));
    platform.will(500, "");
    assert_eq!(told(&app, &token).await, Ok(()), "the keys of before");
}

//! What webhooks leave out is fetched.

use std::net::SocketAddr;

use jiff::SignedDuration;
use vigie_api_http::HttpApi;
use vigie_app::deliver::{Delivered, deliver};
use vigie_app::receive::{Tally, Webhook, receive};
use vigie_app::{App, watch};
use vigie_domain::notice::{NoticeId, NoticeState};
use vigie_domain::{Api, Brand, Kind, SecretRef, Stars, Subject};
use vigie_platforms::{Preset, signature};
use vigie_ports::{Clock as _, Due, Redriven, Store as _, World as _};
use vigie_store_sqlite::SqliteStore;
use vigie_tests::app::{SECRET, Still, app_that_asks};

use crate::{NoMail, Platform};

pub(crate) type Home = App<Still<NoMail, HttpApi>>;

/// A brand whose shop is a `WooCommerce`, with its API.
pub(crate) async fn home(api: SocketAddr) -> Home {
    let mut brand = Brand::sample();
    let source = &mut brand.sources[0];
    "woocommerce".clone_into(&mut source.platform);
    let secret = Some(SecretRef::Env("API_SECRET".to_owned()));
    let base = Some(format!("http://{api}"));
    source.access.api = Some(Api { secret, base, account: None });
    let store = SqliteStore::in_memory().unwrap();
    app_that_asks(store, NoMail, HttpApi::default(), brand, &[]).await.unwrap()
}

/// The platform's webhook about a review, received at the test's time.
pub(crate) async fn webhook(app: &Home, review: u64) -> Tally {
    let body = format!("{{\"action\":\"comment_post\",\"arg\":{review}}}");
    let scheme = Preset::by_id("woocommerce").unwrap().scheme();
    let signed =
        signature::sign(scheme, &SECRET.into(), body.as_bytes(), "", app.world().clock().now());
    let mut headers = signed.unwrap().header_map();
    headers.insert("x-wc-webhook-topic", "action.comment_post".parse().unwrap());
    let sent = vigie_platforms::Request {
        headers: &headers,
        path_token: None,
        query: None,
        body: body.as_bytes(),
    };
    let webhook = Webhook { source: "lumen-site", sent, from: None, request: Some("01J") };
    receive(app, &webhook).await.unwrap().tally
}

pub(crate) fn review(id: u64, rating: u8) -> String {
    format!(
        r#"{{"id":{id},"status":"approved","rating":{rating},"review":"<p>Fendu.</p>","reviewer":"Inès Q.","date_created_gmt":"2026-01-01T00:00:00"}}"#
    )
}

/// What is to be fetched now.
async fn waiting(app: &Home) -> Vec<NoticeId> {
    let due = watch::due(app, 100).await.unwrap();
    let notices = due.into_iter().filter_map(|due| match due {
        Due::Notice(id) => Some(id),
        _ => None,
    });
    notices.collect()
}

/// Carries out the one fetch that waits.
pub(crate) async fn fetch(app: &Home) -> (NoticeId, Delivered) {
    let waiting = waiting(app).await;
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    let attempt = deliver(app, &waiting[0]).await.unwrap();
    assert_eq!(attempt.kind, Some(Kind::Fetch));
    (waiting[0].clone(), attempt.outcome)
}

/// In hundredths.
pub(crate) async fn stars(app: &Home, id: u64) -> Option<u16> {
    let key = format!("lumen-site/{id}").parse().unwrap();
    let stored = app.world().store().review(&key).await.unwrap()?;
    stored.review.stars().map(Stars::hundredths)
}

#[tokio::test]
async fn a_review_is_read_from_the_api_and_decided() {
    let platform = Platform::default();
    let app = home(platform.start().await).await;
    let received = webhook(&app, 911).await;
    assert_eq!((received.accepted, received.duplicates), (1, 0));
    assert_eq!(platform.asked(), [""; 0], "the webhook is answered before anything is asked");
    assert_eq!(webhook(&app, 911).await.duplicates, 1);
    platform.will(200, &review(911, 1));
    let (id, outcome) = fetch(&app).await;
    assert_eq!(outcome, Delivered::Sent);
    let by = "by Basic YW4taW52ZW50ZWQtc2VjcmV0LW9mLWEtdGVzdA==";
    assert_eq!(platform.asked(), [format!("GET /wp-json/wc/v3/products/reviews/911 {by}")]);
    assert_eq!(stars(&app, 911).await, Some(100));
    let left = app.world().store().notice(&id).await.unwrap().unwrap();
    assert_eq!((left.state, left.what.subject), (NoticeState::Sent, Subject::Fetched));
    assert_eq!(webhook(&app, 911).await.duplicates, 1, "also once it was fetched");
    assert_eq!(waiting(&app).await, []);
}

/// An answer's status, headers and body, and a word of what is told of it.
type Bad = (u16, &'static [(&'static str, &'static str)], &'static str, &'static str);

/// Each is tried again later, and the review comes in the end.
#[tokio::test]
async fn a_platform_that_is_out_of_order_delays_and_loses_nothing() {
    let platform = Platform::default();
    let app = home(platform.start().await).await;
    webhook(&app, 911).await;
    let elsewhere: &[(&str, &str)] = &[("location", "http://127.0.0.1:9/stolen")];
    let wait: &[(&str, &str)] = &[("retry-after", "600")];
    let bad_days: [Bad; 8] = [
        (200, &[], "<html><title>Maintenance</title></html>", "not JSON"),
        (200, &[], "{\"code\":\"rest_no_route\",\"status\":200}", "no such review"),
        (200, &[], "{\"id\":912,\"status\":\"approved\",\"rating\":1}", "another review"),
        (302, elsewhere, "", "elsewhere"),
        (429, wait, "slow down", "429"),
        (503, &[], "", "503"),
        (500, &[], "null", "500"),
        (401, &[], "{}", "api secret"),
    ];
    for (status, headers, body, why) in bad_days {
        platform.will_with(status, headers, body);
        let (id, outcome) = fetch(&app).await;
        let Delivered::Later(at) = outcome else { panic!("{status}: {outcome:?}") };
        let notice = app.world().store().notice(&id).await.unwrap().unwrap();
        let reason = notice.reason.unwrap();
        assert!(reason.contains(why), "{status} {why}: {reason}");
        assert!(!reason.contains(SECRET) && !reason.contains("YW4taW52"), "{reason}");
        let waits = at.duration_since(app.world().clock().now());
        assert!(status != 429 || waits >= SignedDuration::from_secs(600), "{waits:?}");
        assert_eq!(waiting(&app).await, [], "{status}: not before its time");
        app.world().clock().advance(waits);
    }
    assert_eq!(platform.asked().len(), 8, "no redirect is followed");
    platform.will(200, &review(911, 2));
    assert_eq!(fetch(&app).await.1, Delivered::Sent);
    assert_eq!(stars(&app, 911).await, Some(200));
}

/// What the API has not, or has of another sort, is no review, and nobody is told.
#[tokio::test]
async fn what_is_no_review_is_passed_over() {
    let platform = Platform::default();
    let app = home(platform.start().await).await;
    for (number, (status, body)) in
        [(404, "{}".to_owned()), (200, review(2, 1).replace("approved", "spam"))].iter().enumerate()
    {
        webhook(&app, number as u64 + 1).await;
        platform.will(*status, body);
        assert_eq!(fetch(&app).await.1, Delivered::Sent);
        assert_eq!(stars(&app, number as u64 + 1).await, None);
    }
}

/// An outage of a week is given up, seen, and mended by hand.
#[tokio::test]
async fn a_fetch_that_is_given_up_can_be_redriven() {
    let platform = Platform::default();
    let app = home(platform.start().await).await;
    webhook(&app, 911).await;
    let dead = loop {
        platform.will(503, "");
        match fetch(&app).await {
            (_, Delivered::Later(at)) => {
                app.world().clock().advance(at.duration_since(app.world().clock().now()));
            }
            (id, outcome) => {
                assert_eq!(outcome, Delivered::Dead);
                break id;
            }
        }
    };
    let redriven = app.world().store().redrive(&dead, app.world().clock().now()).await.unwrap();
    assert_eq!(redriven, Redriven::Yes);
    platform.will(200, &review(911, 3));
    // Who runs Vigie is told of what died: that mail waits too.
    assert_eq!(deliver(&app, &dead).await.unwrap().outcome, Delivered::Sent);
    assert_eq!(stars(&app, 911).await, Some(300));
}

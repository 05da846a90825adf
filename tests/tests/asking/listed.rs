//! Reviews whose webhook never came are found in the platform's list.

use jiff::{SignedDuration, Timestamp};
use vigie_app::deliver::{Delivered, deliver};
use vigie_app::fetch::{Listed, NotListed, PAGES_MAX, reconcile};
use vigie_app::raise::raise;
use vigie_app::watch;
use vigie_domain::Kind;
use vigie_domain::decide::WhyNot;
use vigie_domain::notice::NoticeId;
use vigie_ports::{Clock as _, Due, FailureClass, Store as _, World as _};
use vigie_tests::app::SECRET;

use crate::Platform;
use crate::thin::{Home, fetch, home, review, stars, webhook};

/// Looks into the list, for what was published in the last thirty days.
async fn look(app: &Home) -> Result<Listed, NotListed> {
    let since = app.world().clock().now() - SignedDuration::from_hours(30 * 24);
    let source = app.registry().source("lumen-site").unwrap();
    reconcile(app, &source, since).await
}

/// A review that was published an hour ago, or a day ago, and so on.
fn published(app: &Home, id: u64, rating: u8, hours_ago: i64) -> String {
    let at: Timestamp = app.world().clock().now() - SignedDuration::from_hours(hours_ago);
    review(id, rating).replace("2026-01-01T00:00:00", &at.strftime("%FT%T").to_string())
}

fn page(reviews: &[String]) -> String {
    format!("[{}]", reviews.join(","))
}

#[tokio::test]
async fn what_never_came_is_found_and_what_came_is_known() {
    let platform = Platform::default();
    let app = home(platform.start().await).await;
    webhook(&app, 911).await;
    platform.will(200, &published(&app, 911, 1, 3));
    fetch(&app).await;
    raise(&app, &"lumen-site/911".parse().unwrap()).await.unwrap();
    let spam = published(&app, 913, 1, 5).replace("approved", "spam");
    let listed = [
        published(&app, 912, 1, 1),
        published(&app, 911, 1, 3),
        spam,
        published(&app, 900, 2, 20 * 24),
    ];
    platform.will(200, &page(&listed));
    platform.will(200, "[]");
    platform.asked();
    let found = look(&app).await.unwrap();
    assert_eq!((found.pages, found.cut), (2, None));
    let tally = found.tally;
    assert_eq!((tally.accepted, tally.duplicates, tally.ignored), (2, 1, 1));
    let asked = platform.asked();
    let list = "/wp-json/wc/v3/products/reviews?per_page=100&status=all";
    assert!(asked[0].starts_with(&format!("GET {list} by Basic ")), "{asked:?}");
    assert!(asked[1].starts_with(&format!("GET {list}&page=2 by Basic ")), "{asked:?}");
    // One is fresh: people hear of it. The other was found late.
    let mut alerts = 0;
    for key in &found.undecided {
        alerts += raise(&app, key).await.unwrap().len();
    }
    assert_eq!(alerts, 1);
    assert_eq!(stars(&app, 912).await, Some(100));
    let late = "lumen-site/900".parse().unwrap();
    let late = app.world().store().review(&late).await.unwrap().unwrap().review;
    assert_eq!(late.decided.unwrap().not_made.last().unwrap().why, WhyNot::FoundLate);
    // Again: nothing is news.
    platform.will(200, &page(&listed));
    platform.will(200, "[]");
    let again = look(&app).await.unwrap();
    assert_eq!((again.tally.accepted, again.undecided), (0, Vec::new()));
}

#[tokio::test]
async fn a_list_is_read_no_further_back_than_asked() {
    let platform = Platform::default();
    let app = home(platform.start().await).await;
    platform.will(200, &page(&[published(&app, 3, 5, 24), published(&app, 2, 5, 31 * 24)]));
    platform.will(200, &page(&[published(&app, 1, 5, 40 * 24)]));
    let found = look(&app).await.unwrap();
    assert_eq!((found.pages, found.tally.accepted), (2, 3));
    assert_eq!(platform.asked().len(), 2, "a third page is not asked for");
}

#[tokio::test]
async fn a_list_that_goes_on_for_ever_is_left() {
    let platform = Platform::default();
    let app = home(platform.start().await).await;
    for _ in 0..=PAGES_MAX {
        platform.will(200, &page(&[published(&app, 1, 5, 1)]));
    }
    let found = look(&app).await.unwrap();
    assert_eq!((found.pages, found.tally.accepted), (PAGES_MAX, 1));
    assert!(found.cut.unwrap().contains("goes on after 200 pages"));
    assert_eq!(platform.asked().len(), PAGES_MAX);
}

#[tokio::test]
async fn err_a_platform_that_has_a_bad_day_is_told_and_what_was_read_is_kept() {
    let platform = Platform::default();
    let app = home(platform.start().await).await;
    let wait: &[(&str, &str)] = &[("retry-after", "600")];
    for (status, headers, body, why) in [
        (200_u16, &[][..], "<html>Maintenance</html>", "no list of reviews"),
        (200, &[], "{\"code\":\"rest_no_route\"}", "no list of reviews"),
        (302, &[("location", "http://127.0.0.1:9/stolen")], "", "elsewhere"),
        (429, wait, "", "wants us to wait"),
        (401, &[], "{}", "api secret"),
        (500, &[], "", "out of order"),
    ] {
        platform.will(200, &page(&[published(&app, u64::from(status), 5, 1)]));
        platform.will_with(status, headers, body);
        let NotListed::Failed(reason, class) = look(&app).await.unwrap_err() else {
            panic!("{status}")
        };
        assert!(reason.contains(why) && !reason.contains(SECRET), "{status}: {reason}");
        let waits = matches!(class, FailureClass::RetryAfter(_));
        assert_eq!(waits, status == 429);
        assert_eq!(stars(&app, u64::from(status)).await, Some(500), "its first page");
    }
}

/// Makes the brand's report, and with it what its day begins with.
async fn day_begins(app: &Home) -> Vec<NoticeId> {
    let brand = app.registry().brands().remove(0).brand.id.clone();
    let stored = app.world().store().brand(&brand).await.unwrap().unwrap();
    let waits = stored.report_at.duration_since(app.world().clock().now());
    app.world().clock().advance(waits);
    let made = watch::handle(app, &Due::Report(brand)).await.unwrap();
    let mut fetches = Vec::new();
    for id in made {
        let notice = app.world().store().notice(&id).await.unwrap().unwrap();
        fetches.extend((notice.what.kind == Kind::Fetch).then_some(id));
    }
    fetches
}

#[tokio::test]
async fn each_day_begins_with_a_look_into_the_list() {
    let platform = Platform::default();
    let app = home(platform.start().await).await;
    let looks = day_begins(&app).await;
    assert_eq!(looks.len(), 1);
    // A bad day: tried again later, and what is found in the end is decided.
    platform.will(503, "");
    let attempt = deliver(&app, &looks[0]).await.unwrap();
    let Delivered::Later(at) = attempt.outcome else { panic!("{attempt:?}") };
    app.world().clock().advance(at.duration_since(app.world().clock().now()));
    platform.will(200, &page(&[published(&app, 5, 2, 1)]));
    platform.will(200, "[]");
    let attempt = deliver(&app, &looks[0]).await.unwrap();
    assert_eq!(attempt.outcome, Delivered::Sent);
    let found: Vec<_> = attempt.undecided.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["lumen-site/5"]);
    assert_eq!(deliver(&app, &looks[0]).await.unwrap().outcome, Delivered::NotClaimed);
    // The next day has its own; one that fails all day is given up before the next.
    let looks = day_begins(&app).await;
    for _ in 0..2 {
        platform.will(401, "{}");
        platform.will(401, "{}");
    }
    let attempt = deliver(&app, &looks[0]).await.unwrap();
    assert!(matches!(attempt.outcome, Delivered::Later(_)), "{attempt:?}");
    app.world().clock().advance(SignedDuration::from_hours(21));
    assert_eq!(deliver(&app, &looks[0]).await.unwrap().outcome, Delivered::Dead);
}

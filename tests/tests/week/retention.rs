//! What is kept no longer than `[retention]` says, under a clock that the test moves over years.

use jiff::SignedDuration;
use vigie_app::App;
use vigie_app::erase::expire;
use vigie_domain::erase::Retention;
use vigie_domain::{Outcome, Review, State};
use vigie_ports::{Clock as _, Expired, Store as _, World as _};
use vigie_testkit::build::{arrival, at, key, written};

use crate::world::{Week, app, brand};

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn post(app: &App<Week>, id: &str) -> Outcome {
    let now = app.world().clock().now();
    let told = written(vigie_domain::EventKind::Posted, id, 200, now);
    app.world().store().record(vec![arrival(id, told, now)]).await.unwrap().remove(0).outcome
}

async fn review(app: &App<Week>, id: &str) -> Review {
    app.world().store().review(&key(id)).await.unwrap().unwrap().review
}

/// Some days go by, each with its look.
async fn days(app: &App<Week>, days: u32, kept: Retention) -> Expired {
    let mut all = Expired::default();
    for _ in 0..days {
        app.world().clock().advance(DAY);
        let some = expire(app, kept).await.unwrap();
        all.reviews += some.reviews;
        all.reviewers += some.reviewers;
    }
    all
}

#[tokio::test]
async fn a_review_is_erased_after_its_months_and_stays_so() {
    let app = app(brand(0)).await;
    post(&app, "r-1").await;
    let kept = Retention { reviewer: Some(1), review: Some(2) };
    // 20 November, noon: two months later it is 20 January.
    assert_eq!(days(&app, 61, kept).await.reviews, 0, "a day is missing");
    assert_eq!(review(&app, "r-1").await.state(), State::Open);
    assert_eq!(days(&app, 1, kept).await.reviews, 1);
    let erased = review(&app, "r-1").await;
    assert_eq!((erased.state(), erased.stars().unwrap().hundredths()), (State::Erased, 200));
    assert_eq!(erased.published(), at(0));
    assert_eq!(post(&app, "r-1").await, Outcome::Duplicate, "a redelivery");
    assert_eq!(days(&app, 400, kept).await, Expired::default());
}

#[tokio::test]
async fn without_retention_nothing_is_forgotten() {
    let app = app(brand(0)).await;
    post(&app, "r-1").await;
    app.world().clock().advance(DAY * 10_000);
    assert_eq!(days(&app, 2, Retention::default()).await, Expired::default());
    assert!(!review(&app, "r-1").await.is_erased());
}

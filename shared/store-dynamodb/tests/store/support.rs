//! Tables on ministack, one a test.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use vigie_domain::notice::{Kind, NewNotice, NoticeId, Subject, Why};
use vigie_domain::{Brand, Channel, Decided, EventKind};
use vigie_ports::{Settlement, Store as _, Verdict};
use vigie_store_dynamodb::{DynamoStore, limited, table};
use vigie_testkit::build::{arrival, at, key, written};
use vigie_testkit::cloud;

pub(crate) const TABLE: &str = "vigie";

/// Settings of a client of a new account.
pub(crate) fn settings() -> Builder {
    let account = cloud::account();
    let settings = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-3"))
        .endpoint_url(account.endpoint)
        .credentials_provider(Credentials::new(account.access_key, "none", None, None, "tests"));
    limited(settings)
}

/// A store on a new table.
pub(crate) async fn store() -> DynamoStore {
    open(&Client::from_conf(settings().build())).await
}

/// The store of a client's account, whose table is made.
pub(crate) async fn open(client: &Client) -> DynamoStore {
    table::create(client, TABLE).await.unwrap();
    DynamoStore::open(client.clone(), TABLE, [9; 32]).await.unwrap()
}

/// A notice about a review, due so many seconds after noon.
pub(crate) fn notice(id: &str, review: &str, due: i64) -> NewNotice {
    let (reviews, step, why) = (vec![key(review)], None, Why::Contact);
    NewNotice {
        id: NoticeId::of([id]),
        brand: Brand::sample().id,
        kind: Kind::Alert,
        channel: Channel::Email,
        to: "service".parse().unwrap(),
        subject: Subject::Review { reviews, step, why },
        due_at: at(due),
        with: None,
        meant_for: Vec::new(),
    }
}

/// A decision on a review as it is now.
pub(crate) async fn verdict(store: &DynamoStore, review: &str, notices: Vec<NewNotice>) -> Verdict {
    let stored = store.review(&key(review)).await.unwrap().unwrap();
    Verdict {
        key: key(review),
        writes: stored.writes,
        decided: Decided { revision: stored.review.revision, ..Decided::default() },
        step_at: None,
        notices,
        all_new: false,
        at: at(5),
    }
}

pub(crate) fn sent() -> Settlement {
    Settlement::Sent { subject_line: "Avis 2★".to_owned(), left_out: Vec::new() }
}

/// Records a review of so many hundredths of stars.
pub(crate) async fn post(store: &DynamoStore, id: &str, hundredths: u16) {
    let told = written(EventKind::Posted, id, hundredths, at(1));
    store.record(vec![arrival(id, told, at(1))]).await.unwrap();
}

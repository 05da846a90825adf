//! Tables on ministack, one a test.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use vigie_domain::notice::NewNotice;
use vigie_ports::Verdict;
use vigie_store_dynamodb::{DynamoStore, limited, table};
use vigie_testkit::build::{at, key};
pub(crate) use vigie_testkit::store_suite::sent;
use vigie_testkit::{cloud, store_suite};

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
    store_suite::notice(id, &key(review), at(due))
}

/// A decision on a review as it is now.
pub(crate) async fn verdict(store: &DynamoStore, review: &str, notices: Vec<NewNotice>) -> Verdict {
    store_suite::verdict(store, review, notices, 5).await
}

/// Records a review of so many hundredths of stars.
pub(crate) async fn post(store: &DynamoStore, id: &str, hundredths: u16) {
    store_suite::post(store, id, hundredths, 1).await;
}

//! Tables on ministack, one a test.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};
use vigie_store_dynamodb::{DynamoStore, limited, table};
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

//! The SDK's own conditional `PutItem`, of an item with the attributes of a review's.

use anyhow::Result;
use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

/// A client as the SDK makes it.
pub(crate) async fn client() -> Client {
    Client::new(&aws_config::defaults(BehaviorVersion::latest()).load().await)
}

/// Puts one, unless it is there: then that is an error.
pub(crate) async fn put(client: &Client, table: &str, pk: String, body: &str) -> Result<()> {
    let (text, number) = (AttributeValue::S, AttributeValue::N);
    let asked = client
        .put_item()
        .table_name(table)
        .item("pk", text(pk))
        .item("sk", text("R".to_owned()))
        .item("brand", text("lumen".to_owned()))
        .item("stands", text("open".to_owned()))
        .item("number", number("1234".to_owned()))
        .item("writes", number("1".to_owned()))
        .item("seen_at", number("1764000000000000".to_owned()))
        .item("period_in", text("lumen#3".to_owned()))
        .item("lookup", text("#1234".to_owned()))
        .item("open_in", text("lumen#3".to_owned()))
        .item("open_key", text("O#09225136036854775808".to_owned()))
        .item("v", number("1".to_owned()))
        .item("body", text(body.to_owned()))
        .condition_expression("attribute_not_exists(pk)");
    asked.send().await?;
    Ok(())
}

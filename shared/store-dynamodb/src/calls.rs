//! The few calls to DynamoDB that everything else is made of.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Get, KeysAndAttributes, Put, ReturnValue,
    ReturnValuesOnConditionCheckFailure, TransactGetItem, TransactWriteItem, Update,
};
use vigie_ports::StoreError;

use crate::expression::Expression;
use crate::item::{Item, Key};
use crate::{DynamoStore, fault};

type Answer<T> = Result<T, StoreError>;

/// How often something is tried anew that others wrote meanwhile.
pub(crate) const TRIES: u32 = 12;
/// Keys that one batch reads (DynamoDB's own limit).
pub(crate) const BATCH_MAX: usize = 100;
/// The first pause after a conflict; it doubles up to a second and a half.
const PAUSE: Duration = Duration::from_millis(12);

/// What a conditional write did.
pub(crate) enum Changed {
    /// It was made; the item as it is now.
    Done(Item),
    /// The condition failed; the item as it is, if there is one.
    Refused(Option<Item>),
}

/// An action of a transaction whose condition failed.
pub(crate) struct Refusal {
    /// Its place among the actions.
    pub(crate) index: usize,
    /// The item as it is, if there is one.
    pub(crate) item: Option<Item>,
}

/// A query on the table or an index.
pub(crate) struct Query {
    pub(crate) index: Option<&'static str>,
    pub(crate) expression: Expression,
    pub(crate) backwards: bool,
    /// At most so many; `None`: all.
    pub(crate) limit: Option<usize>,
    /// Behind this one.
    pub(crate) after: Option<Item>,
}

impl Query {
    pub(crate) fn of(index: &'static str, expression: Expression) -> Self {
        let index = Some(index);
        Self { index, expression, backwards: false, limit: None, after: None }
    }

    /// Of the table itself, read consistently.
    pub(crate) fn table(expression: Expression) -> Self {
        Self { index: None, expression, backwards: false, limit: None, after: None }
    }

    pub(crate) fn backwards(self) -> Self {
        Self { backwards: true, ..self }
    }

    pub(crate) fn at_most(self, limit: Option<usize>) -> Self {
        Self { limit, ..self }
    }
}

/// Waits before another try.
pub(crate) async fn pause(tried: u32) {
    tokio::time::sleep(PAUSE * (1 << tried.min(7))).await;
}

impl DynamoStore {
    /// An item, read consistently.
    pub(crate) async fn get(&self, key: Key) -> Answer<Option<Item>> {
        let asked = self.client.get_item().table_name(&self.table).consistent_read(true);
        let answer = asked.set_key(Some(key.into_item())).send().await;
        Ok(answer.map_err(|e| fault::refused(&self.table, "reading an item", &e))?.item)
    }

    /// Items, read consistently, in no order; what is not there is left out.
    pub(crate) async fn get_all(&self, mut keys: Vec<Key>) -> Answer<Vec<Item>> {
        keys.sort();
        keys.dedup();
        let mut found = Vec::new();
        for chunk in keys.chunks(BATCH_MAX) {
            let mut left: Vec<Item> = chunk.iter().cloned().map(Key::into_item).collect();
            let mut tried = 0;
            while !left.is_empty() {
                if tried == TRIES {
                    return Err(fault::busy("reading items"));
                }
                if tried > 0 {
                    pause(tried).await;
                }
                tried += 1;
                left = self.get_some(left, &mut found).await?;
            }
        }
        Ok(found)
    }

    /// Reads what DynamoDB gives of these; gives what it left.
    async fn get_some(&self, keys: Vec<Item>, found: &mut Vec<Item>) -> Answer<Vec<Item>> {
        let asked = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        let asked = asked.build().map_err(|e| fault::unbuilt(&e))?;
        let answer = self.client.batch_get_item().request_items(&self.table, asked).send().await;
        let answer = answer.map_err(|e| fault::refused(&self.table, "reading items", &e))?;
        found.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items));
        let left = answer.unprocessed_keys.unwrap_or_default();
        Ok(left.into_values().flat_map(|left| left.keys).collect())
    }

    /// Items as they all were at one moment, in the order of their keys.
    pub(crate) async fn get_together<const N: usize>(
        &self,
        keys: [Key; N],
    ) -> Answer<[Option<Item>; N]> {
        let mut gets = Vec::new();
        for key in keys {
            let get = Get::builder().table_name(&self.table).set_key(Some(key.into_item()));
            let get = get.build().map_err(|e| fault::unbuilt(&e))?;
            gets.push(TransactGetItem::builder().get(get).build());
        }
        for tried in 0..TRIES {
            let asked = self.client.transact_get_items().set_transact_items(Some(gets.clone()));
            let error = match asked.send().await {
                Ok(answer) => {
                    let items = answer.responses.unwrap_or_default().into_iter();
                    let items: Vec<_> =
                        items.map(|found| found.item.filter(|i| !i.is_empty())).collect();
                    return items.try_into().map_err(|_| fault::busy("reading items"));
                }
                Err(error) => error,
            };
            match error.as_service_error() {
                // One of them was being written at this moment.
                Some(TransactGetItemsError::TransactionCanceledException(_)) => pause(tried).await,
                _ => return Err(fault::refused(&self.table, "reading items", &error)),
            }
        }
        Err(fault::busy("reading items"))
    }

    /// What a query finds.
    pub(crate) async fn query(&self, query: Query) -> Answer<Vec<Item>> {
        let mut found = Vec::new();
        let mut after = query.after.clone();
        loop {
            let page = query.limit.map(|limit| (limit - found.len()).min(1000));
            // Before filters, a limit would count what they leave out.
            let page = page.filter(|_| query.expression.filters().is_none());
            let (items, next) = self.query_page(&query, after, page).await?;
            found.extend(items);
            after = next;
            let full = query.limit.is_some_and(|limit| found.len() >= limit);
            if full || after.is_none() {
                found.truncate(query.limit.unwrap_or(usize::MAX));
                return Ok(found);
            }
        }
    }

    /// What a query finds behind an item, among so many at most, and behind which item to go on.
    pub(crate) async fn query_page(
        &self,
        query: &Query,
        after: Option<Item>,
        limit: Option<usize>,
    ) -> Answer<(Vec<Item>, Option<Item>)> {
        let asked = self
            .client
            .query()
            .table_name(&self.table)
            .set_index_name(query.index.map(ToOwned::to_owned))
            .set_key_condition_expression(query.expression.conditions())
            .set_limit(limit.map(|limit| limit as i32))
            .set_filter_expression(query.expression.filters())
            .set_expression_attribute_names(query.expression.names())
            .set_expression_attribute_values(query.expression.values())
            .scan_index_forward(!query.backwards)
            .set_consistent_read(query.index.is_none().then_some(true))
            .set_exclusive_start_key(after);
        let answer = asked.send().await;
        let answer = answer.map_err(|e| fault::refused(&self.table, "reading an index", &e))?;
        let next = answer.last_evaluated_key.filter(|key| !key.is_empty());
        Ok((answer.items.unwrap_or_default(), next))
    }

    /// How many a query finds.
    pub(crate) async fn count(&self, query: Query) -> Answer<u64> {
        let mut count = 0;
        let mut after = None;
        loop {
            let asked = self
                .client
                .query()
                .table_name(&self.table)
                .set_index_name(query.index.map(ToOwned::to_owned))
                .select(aws_sdk_dynamodb::types::Select::Count)
                .set_key_condition_expression(query.expression.conditions())
                .set_filter_expression(query.expression.filters())
                .set_expression_attribute_names(query.expression.names())
                .set_expression_attribute_values(query.expression.values())
                .set_exclusive_start_key(after);
            let answer = asked.send().await;
            let answer = answer.map_err(|e| fault::refused(&self.table, "reading an index", &e))?;
            count += u64::from(answer.count.unsigned_abs());
            after = answer.last_evaluated_key.filter(|key| !key.is_empty());
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    /// Makes an item unless there is one of its key: gives that one then.
    pub(crate) async fn put_new(&self, item: Item) -> Answer<Option<Item>> {
        let asked = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match asked.send().await {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Some(failed.item.clone().unwrap_or_default()))
                }
                _ => Err(fault::refused(&self.table, "writing an item", &error)),
            },
        }
    }

    /// Puts an item in the place of what was there.
    pub(crate) async fn put_over(&self, item: Item) -> Answer<()> {
        let asked = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let answer = asked.send().await;
        answer.map_err(|e| fault::refused(&self.table, "writing an item", &e))?;
        Ok(())
    }

    /// Updates an item, on condition.
    pub(crate) async fn change(&self, key: Key, change: &Expression) -> Answer<Changed> {
        let asked = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .set_update_expression(change.update())
            .set_condition_expression(change.conditions())
            .set_expression_attribute_names(change.names())
            .set_expression_attribute_values(change.values())
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match asked.send().await {
            Ok(done) => Ok(Changed::Done(done.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Changed::Refused(failed.item.clone().filter(|item| !item.is_empty())))
                }
                _ => Err(fault::refused(&self.table, "writing an item", &error)),
            },
        }
    }

    /// Removes an item, whether it is there or not.
    pub(crate) async fn remove(&self, key: Key) -> Answer<()> {
        let asked = self.client.delete_item().table_name(&self.table);
        let answer = asked.set_key(Some(key.into_item())).send().await;
        answer.map_err(|e| fault::refused(&self.table, "removing an item", &e))?;
        Ok(())
    }

    /// Does all of it or nothing: gives the actions whose condition failed, none if it is done.
    ///
    /// The SDK gives each call a token of its own: a repetition after a lost answer does nothing.
    pub(crate) async fn transact(&self, actions: Vec<TransactWriteItem>) -> Answer<Vec<Refusal>> {
        for tried in 0..TRIES {
            let asked = self.client.transact_write_items();
            let answer = asked.set_transact_items(Some(actions.clone())).send().await;
            let Err(error) = answer else { return Ok(Vec::new()) };
            let Some(refusals) = refusals(&error) else {
                return Err(fault::refused(&self.table, "writing items", &error));
            };
            if !refusals.is_empty() {
                return Ok(refusals);
            }
            // Another transaction was on one of the items at this moment.
            pause(tried).await;
        }
        Err(fault::busy("writing items"))
    }

    pub(crate) fn update(&self, key: Key, change: &Expression) -> Answer<TransactWriteItem> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .set_update_expression(change.update())
            .set_condition_expression(change.conditions())
            .set_expression_attribute_names(change.names())
            .set_expression_attribute_values(change.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = update.build().map_err(|e| fault::unbuilt(&e))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Checks a condition and writes nothing.
    pub(crate) fn check(&self, key: Key, on: &Expression) -> Answer<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .set_condition_expression(on.conditions())
            .set_expression_attribute_names(on.names())
            .set_expression_attribute_values(on.values());
        let check = check.build().map_err(|e| fault::unbuilt(&e))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Puts an item in the place of another, on condition; or where there is none.
    pub(crate) fn put(&self, item: Item, on: &Expression) -> Answer<TransactWriteItem> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .set_condition_expression(on.conditions())
            .set_expression_attribute_names(on.names())
            .set_expression_attribute_values(on.values());
        let put = put.build().map_err(|e| fault::unbuilt(&e))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Removes an item, on condition.
    pub(crate) fn delete(&self, key: Key, on: &Expression) -> Answer<TransactWriteItem> {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(key.into_item()))
            .set_condition_expression(on.conditions())
            .set_expression_attribute_names(on.names())
            .set_expression_attribute_values(on.values());
        let delete = delete.build().map_err(|e| fault::unbuilt(&e))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

/// The actions that a condition stopped; none where it was only a conflict; `None` where it was
/// something else.
fn refusals(error: &SdkError<TransactWriteItemsError>) -> Option<Vec<Refusal>> {
    let cancelled = match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled,
        TransactWriteItemsError::TransactionInProgressException(_) => return Some(Vec::new()),
        _ => return None,
    };
    let reasons = cancelled.cancellation_reasons().iter().enumerate();
    let mut refused = Vec::new();
    for (index, reason) in reasons {
        match reason.code().unwrap_or("None") {
            "ConditionalCheckFailed" => {
                let item = reason.item.clone().filter(|item: &HashMap<_, _>| !item.is_empty());
                refused.push(Refusal { index, item });
            }
            "None"
            | "TransactionConflict"
            | "ThrottlingError"
            | "ProvisionedThroughputExceeded" => {}
            _ => return None,
        }
    }
    Some(refused)
}

//! What calls cost, as DynamoDB itself says.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::interceptors::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::batch_get_item::{BatchGetItemInput, BatchGetItemOutput};
use aws_sdk_dynamodb::operation::get_item::{GetItemInput, GetItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::query::{QueryInput, QueryOutput};
use aws_sdk_dynamodb::operation::transact_write_items::{
    TransactWriteItemsInput, TransactWriteItemsOutput,
};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::{ConsumedCapacity, ReturnConsumedCapacity};

/// Calls by their sort, and the units that were counted.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Spent {
    pub(crate) puts: u32,
    pub(crate) updates: u32,
    pub(crate) transactions: u32,
    pub(crate) gets: u32,
    pub(crate) batches: u32,
    /// Items that batches gave: the emulator counts no units of these, DynamoDB one for each 4 KB.
    pub(crate) items: usize,
    pub(crate) queries: u32,
    /// Of the table itself, reads and writes together: one test makes either.
    pub(crate) table: f64,
    /// Of all indexes.
    pub(crate) indexes: f64,
}

/// Asks each call what it consumed, and adds up.
#[derive(Debug, Default, Clone)]
pub(crate) struct Meter(Arc<Mutex<Spent>>);

impl Meter {
    /// What was spent since it was last asked.
    pub(crate) fn take(&self) -> Spent {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn add(&self, consumed: Option<&ConsumedCapacity>) {
        let Some(consumed) = consumed else { return };
        let mut spent = self.0.lock().unwrap();
        let all = consumed.capacity_units().unwrap_or_default();
        let indexes = consumed.global_secondary_indexes().into_iter().flatten();
        let indexes: f64 = indexes.filter_map(|(_, index)| index.capacity_units()).sum();
        spent.table += all - indexes;
        spent.indexes += indexes;
    }
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn modify_before_serialization(
        &self,
        context: &mut BeforeSerializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut spent = self.0.lock().unwrap();
        let input = context.input_mut();
        macro_rules! ask {
            ($($input:ty => $count:ident),+) => {
                $(if let Some(input) = input.downcast_mut::<$input>() {
                    input.return_consumed_capacity = Some(ReturnConsumedCapacity::Indexes);
                    spent.$count += 1;
                })+
            };
        }
        ask!(
            PutItemInput => puts,
            UpdateItemInput => updates,
            TransactWriteItemsInput => transactions,
            GetItemInput => gets,
            BatchGetItemInput => batches,
            QueryInput => queries
        );
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(output) = context.output_or_error() else { return Ok(()) };
        macro_rules! add {
            ($($output:ty),+) => {
                $(if let Some(output) = output.downcast_ref::<$output>() {
                    self.add(output.consumed_capacity());
                })+
            };
        }
        add!(PutItemOutput, UpdateItemOutput, GetItemOutput, QueryOutput);
        if let Some(output) = output.downcast_ref::<TransactWriteItemsOutput>() {
            output.consumed_capacity().iter().for_each(|one| self.add(Some(one)));
        }
        if let Some(output) = output.downcast_ref::<BatchGetItemOutput>() {
            let given = output.responses().into_iter().flatten();
            self.0.lock().unwrap().items += given.map(|(_, items)| items.len()).sum::<usize>();
        }
        Ok(())
    }
}

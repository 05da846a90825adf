//! The table, its indexes, and its stream.

use aws_sdk_dynamodb::types::{IndexStatus, StreamSpecification, TableDescription, TableStatus};
use vigie_store_dynamodb::table::INDEXES;

use super::super::{Stack, fault};
use crate::commands::check::tried::Tried;

const DEPLOY: &str = "deploy infra/template.yaml of this version";

/// Looks at the table.
pub(super) async fn run(stack: &Stack) -> Vec<Tried> {
    let client = vigie_store_dynamodb::client(&stack.shared);
    match client.describe_table().table_name(&stack.table).send().await {
        Ok(answer) => answer.table.map(|table| told(stack, &table)).into_iter().collect(),
        Err(error) => {
            let (what, hint) = fault::explained("dynamodb:DescribeTable", &error);
            vec![Tried::no("table", format!("{}: {what}", stack.table), hint)]
        }
    }
}

fn told(stack: &Stack, table: &TableDescription) -> Tried {
    let name = &stack.table;
    if table.table_status() != Some(&TableStatus::Active) {
        let told = format!("{name} cannot be used yet");
        return Tried::no("table", told, "wait until it is active, and run this again");
    }
    let ready = |wanted: &str| {
        let mut all = table.global_secondary_indexes().iter();
        all.any(|index| {
            index.index_name() == Some(wanted) && index.index_status() == Some(&IndexStatus::Active)
        })
    };
    let missing: Vec<_> =
        INDEXES.iter().map(|index| index.name).filter(|name| !ready(name)).collect();
    if !missing.is_empty() {
        let told = format!("{name} lacks an index that this version reads: {}", missing.join(", "));
        return Tried::no("table", told, DEPLOY);
    }
    let streams = table.stream_specification().is_some_and(StreamSpecification::stream_enabled);
    if !streams {
        let told = format!("{name} has no stream: changes wait for the schedule");
        return Tried::no("table", told, DEPLOY);
    }
    Tried::works("table", format!("{name} with {} indexes and its stream", INDEXES.len()))
}

//! What the template must say, read as text; and the table, as it was deployed.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use vigie_store_dynamodb::table::{GONE_AT, INDEXES};
use vigie_testkit::cloud::{House, Programs, template};
use vigie_tests::workspace_root;

fn text() -> Result<String> {
    fs::read_to_string(template()).context("the template")
}

/// The resources of a type: name and text.
fn resources<'a>(text: &'a str, of: &str) -> Vec<(&'a str, &'a str)> {
    let all = text.split_once("\nResources:\n").map_or("", |(_, rest)| rest);
    let all = all.split_once("\nOutputs:\n").map_or("", |(all, _)| all);
    let starts: Vec<usize> = all
        .match_indices("\n  ")
        .map(|(at, _)| at + 1)
        .chain([0])
        .filter(|at| all[*at..].chars().nth(2).is_some_and(|c| c.is_ascii_uppercase()))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let ends = starts.iter().skip(1).copied().chain([all.len()]);
    let of = format!("    Type: {of}\n");
    let each = starts.iter().zip(ends).map(|(from, to)| &all[*from..to]);
    let each = each.filter(|resource| resource.contains(&of));
    each.map(|one| (one.trim_start().split(':').next().unwrap_or_default(), one)).collect()
}

#[test]
fn every_wildcard_says_what_forces_it() -> Result<()> {
    let text = text()?;
    let lines: Vec<&str> = text.lines().collect();
    let mut count = 0;
    for (at, line) in lines.iter().enumerate() {
        let code = line.split('#').next().unwrap_or_default();
        let is_schedule = code.contains("cron(");
        if !code.contains('*') || is_schedule {
            continue;
        }
        count += 1;
        let before = at.checked_sub(1).map_or("", |before| lines[before]);
        let is_said = [*line, before].iter().any(|line| line.contains("# forced: "));
        assert!(is_said, "line {}: {line}", at + 1);
    }
    assert!(count > 10, "hardly any was found: {count}");
    Ok(())
}

#[test]
fn the_access_log_has_the_route_and_never_the_path() -> Result<()> {
    let text = text()?;
    assert!(text.contains("$context.routeKey"));
    for never in ["$context.path", "$context.identity", "$context.domainName", "rawPath"] {
        assert!(!text.contains(never), "{never}");
    }
    Ok(())
}

#[test]
fn every_log_ends_some_day_and_every_function_has_one() -> Result<()> {
    let text = text()?;
    let groups = resources(&text, "AWS::Logs::LogGroup");
    assert_eq!(groups.len(), 7);
    for (name, group) in groups {
        assert!(group.contains("RetentionInDays: "), "{name}");
    }
    for (name, function) in resources(&text, "AWS::Lambda::Function") {
        assert!(function.contains(&format!("LogGroup: !Ref {name}Log")), "{name}");
        assert!(function.contains(&format!("Role: !GetAtt {name}Role.Arn")), "{name}");
    }
    Ok(())
}

#[test]
fn nothing_is_taken_without_tls_and_all_that_lies_is_encrypted() -> Result<()> {
    let text = text()?;
    let policies =
        [resources(&text, "AWS::SQS::QueuePolicy"), resources(&text, "AWS::SNS::TopicPolicy")]
            .concat();
    for (name, policy) in &policies {
        assert!(policy.contains("aws:SecureTransport: \"false\""), "{name}");
    }
    let held: String = policies.iter().map(|(_, policy)| *policy).collect();
    let queues = resources(&text, "AWS::SQS::Queue");
    assert_eq!(queues.len(), 7);
    for (name, queue) in queues {
        assert!(queue.contains("SqsManagedSseEnabled: true"), "{name}");
        assert!(held.contains(&format!("- !Ref {name}\n")), "{name} has no policy");
        assert!(held.contains(&format!("- !GetAtt {name}.Arn\n")), "{name} has no policy");
    }
    for (name, topic) in resources(&text, "AWS::SNS::Topic") {
        assert!(topic.contains("KmsMasterKeyId: "), "{name}");
        assert!(held.contains(&format!("Topics: [!Ref {name}]")), "{name} has no policy");
    }
    Ok(())
}

#[test]
fn each_alarm_has_a_line_that_says_what_a_person_does() -> Result<()> {
    let text = text()?;
    let runbook = fs::read_to_string(workspace_root().join("docs/operations.md"))?;
    let alarms = resources(&text, "AWS::CloudWatch::Alarm");
    assert_eq!(alarms.len(), 9);
    for (name, alarm) in alarms {
        assert!(alarm.contains(&format!("docs/operations.md, \"{name}\"")), "{name}");
        assert!(alarm.contains("AlarmActions: [!Ref AlarmTopic]"), "{name}");
        assert!(runbook.contains(&format!("| `{name}` |")), "docs/operations.md lacks {name}");
    }
    Ok(())
}

/// What an index is: its keys, and what it holds beside them.
fn index(told: &Value) -> (String, Vec<String>, BTreeSet<String>) {
    let names = |list: &Value, key: Option<&str>| -> Vec<String> {
        let all = list.as_array().into_iter().flatten();
        let name = |one: &Value| key.map_or(one.clone(), |key| one[key].clone());
        all.filter_map(|one| name(one).as_str().map(str::to_owned)).collect()
    };
    let keys = names(&told["KeySchema"], Some("AttributeName"));
    let holds = names(&told["Projection"]["NonKeyAttributes"], None).into_iter().collect();
    (told["IndexName"].as_str().unwrap_or_default().to_owned(), keys, holds)
}

#[test]
fn the_table_is_the_one_that_the_store_reads_and_writes() -> Result<()> {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let house = House::build(nowhere, &Programs::Probes, &[]);
    let asked = json!({"TableName": house.output("TableName")});
    let told = house.ask("dynamodb", "describe_table", &asked).map_err(anyhow::Error::msg)?;
    let table = &told["Table"];
    let found: BTreeSet<_> =
        table["GlobalSecondaryIndexes"].as_array().into_iter().flatten().map(index).collect();
    let wanted: BTreeSet<_> = INDEXES
        .iter()
        .map(|index| {
            let keys = vec![index.hash.to_owned(), index.range.to_owned()];
            let holds = index.holds.iter().map(|name| (*name).to_owned()).collect();
            (index.name.to_owned(), keys, holds)
        })
        .collect();
    assert_eq!(found, wanted);
    for index in &INDEXES {
        let kind = if index.is_number { "N" } else { "S" };
        let attribute = json!({"AttributeName": index.range, "AttributeType": kind});
        assert!(
            table["AttributeDefinitions"].as_array().is_some_and(|all| all.contains(&attribute))
        );
    }
    assert_eq!(table["StreamSpecification"]["StreamViewType"], "NEW_IMAGE");
    assert!(text()?.contains(&format!("AttributeName: {GONE_AT}\n")));
    Ok(())
}

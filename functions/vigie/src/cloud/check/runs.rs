//! What makes the functions run by itself: the table's stream, and the schedules.

use serde_json::Value;

use super::super::Stack;
use super::rest::Rest;
use crate::commands::check::tried::Tried;
use crate::commands::shown::count;

/// The stream's mapping hands changes to the function raise; without it each waits for the
/// schedule.
pub(super) async fn stream(stack: &Stack, rest: &Rest) -> Tried {
    let Some(mapping) = stack.outputs.get("StreamMapping") else {
        let hint = "it is of another version: deploy infra/template.yaml";
        return Tried::no("stream", "the stack has no output StreamMapping", hint);
    };
    let path = format!("/2015-03-31/event-source-mappings/{mapping}");
    match rest.get("lambda", &path).await {
        Ok(answer) => mapping_told(mapping, &answer),
        Err(why) => Tried::no(
            "stream",
            why,
            "is the mapping there, and lambda:GetEventSourceMapping given?",
        ),
    }
}

fn mapping_told(mapping: &str, answer: &Value) -> Tried {
    let said = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
    let (state, last) = (said("State"), said("LastProcessingResult"));
    if state != "Enabled" {
        let told = format!("the stream is {}: changes wait for the schedule", state.to_lowercase());
        let hint = format!("aws lambda update-event-source-mapping --enabled --uuid {mapping}");
        return Tried::no("stream", told, hint);
    }
    if last.starts_with("PROBLEM") {
        let hint = "look at the log and the role of the function raise";
        return Tried::no("stream", format!("its last batch: {last}"), hint);
    }
    Tried::works("stream", "on")
}

/// Without its schedule nothing that waits for a moment is ever sent.
pub(super) async fn schedules(stack: &Stack, rest: &Rest) -> Tried {
    let found = match stack.resources("AWS::Scheduler::Schedule").await {
        Ok(found) if found.is_empty() => {
            let hint = "it is of another version: deploy infra/template.yaml";
            return Tried::no("schedule", "the stack has no schedule", hint);
        }
        Ok(found) => found,
        Err(error) => return super::refused("schedule", &error),
    };
    let mut off = Vec::new();
    for name in &found {
        // Some say the whole ARN, whose last part is the name.
        let name = name.rsplit('/').next().unwrap_or(name);
        match rest.get("scheduler", &format!("/schedules/{name}")).await {
            Ok(answer) if answer.get("State").and_then(Value::as_str) == Some("ENABLED") => {}
            Ok(_) => off.push(format!("{name} is disabled")),
            Err(why) => off.push(format!("{name}: {why}")),
        }
    }
    if off.is_empty() {
        return Tried::works("schedule", format!("{} on", count(found.len(), "schedule")));
    }
    let hint = "enable it (EventBridge Scheduler): it makes reminders, reports and retries go";
    Tried::no("schedule", off.join("; "), hint)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mapping_works_only_where_it_is_on_and_its_last_batch_went() {
        let fails = |answer: &Value| mapping_told("id", answer).fails();
        assert!(!fails(&json!({"State": "Enabled", "LastProcessingResult": "OK"})));
        assert!(!fails(&json!({"State": "Enabled"})));
        assert!(fails(&json!({"State": "Disabled"})));
        let problem = "PROBLEM: Function call failed";
        assert!(fails(&json!({"State": "Enabled", "LastProcessingResult": problem})));
        assert!(fails(&json!({})));
    }
}

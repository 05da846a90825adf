//! The stack: what its outputs name.

use std::collections::HashMap;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use vigie_config::Aws;

use super::{fault, surroundings};
use crate::load::CannotBegin;

/// How long a call may take.
const CALL_WITHIN: Duration = Duration::from_secs(15);

/// What `infra/template.yaml` made, and where.
pub(crate) struct Stack {
    /// Its name.
    pub(crate) name: String,
    /// The account, the region and the credentials.
    pub(crate) shared: SdkConfig,
    /// What its addresses begin with.
    pub(crate) public_url: String,
    /// The table.
    pub(crate) table: String,
    /// The queue of decisions, steps and reports.
    pub(crate) raise_queue: String,
    /// The queue of messages to send.
    pub(crate) deliver_queue: String,
    /// What the names of parameters that hold secrets begin with; no slash at its end.
    pub(crate) secrets_path: String,
    /// Every output, by its name.
    pub(crate) outputs: HashMap<String, String>,
}

impl Stack {
    /// Finds the stack of `[aws]`.
    pub(crate) async fn find(aws: &Aws) -> Result<Self, CannotBegin> {
        let Some(name) = aws.stack.clone() else {
            return Err(CannotBegin::Other(
                "--store aws needs to know which stack is meant\n  hint: write [aws] with \
                 stack = \"vigie\" and region = \"eu-west-3\", as `sam deploy` was told"
                    .to_owned(),
            ));
        };
        let shared = surroundings(aws).await?;
        let outputs = outputs(&name, &shared).await?;
        let stack = name.clone();
        let need = |output: &str| {
            outputs.get(output).cloned().filter(|value| !value.is_empty()).ok_or_else(|| {
                CannotBegin::Other(format!(
                    "the stack {stack} has no output {output}\n  hint: it is none of Vigie's, or \
                     of another version: deploy infra/template.yaml"
                ))
            })
        };
        Ok(Self {
            public_url: need("PublicUrl")?,
            table: need("TableName")?,
            raise_queue: need("RaiseQueueUrl")?,
            deliver_queue: need("DeliverQueueUrl")?,
            secrets_path: need("SecretsPath")?.trim_end_matches('/').to_owned(),
            outputs: outputs.clone(),
            name,
            shared,
        })
    }

    /// What its own addresses begin with, also where it has a domain.
    pub(crate) fn own_url(&self) -> &str {
        self.outputs.get("ApiUrl").unwrap_or(&self.public_url).trim_end_matches('/')
    }

    /// The region it is in.
    pub(crate) fn region(&self) -> &str {
        self.shared.region().map_or("", AsRef::as_ref)
    }

    /// The names of its resources of a type.
    pub(crate) async fn resources(&self, of: &str) -> Result<Vec<String>, CannotBegin> {
        let asked = client(&self.shared).describe_stack_resources().stack_name(&self.name);
        let answer = asked.send().await.map_err(|error| {
            let doing = format!("looking into the stack {}", self.name);
            fault::told(&doing, "cloudformation:DescribeStackResources", &error)
        })?;
        let all = answer.stack_resources.unwrap_or_default().into_iter();
        let ours = all.filter(|one| one.resource_type.as_deref() == Some(of));
        Ok(ours.filter_map(|one| one.physical_resource_id).collect())
    }
}

fn client(shared: &SdkConfig) -> Client {
    let within = TimeoutConfig::builder().operation_timeout(CALL_WITHIN).build();
    let settings = aws_sdk_cloudformation::config::Builder::from(shared).timeout_config(within);
    Client::from_conf(settings.build())
}

async fn outputs(name: &str, shared: &SdkConfig) -> Result<HashMap<String, String>, CannotBegin> {
    let client = client(shared);
    let doing = format!("looking for the stack {name}");
    let region = shared.region().map_or("", AsRef::as_ref);
    let found = match client.describe_stacks().stack_name(name).send().await {
        Ok(found) => found.stacks.unwrap_or_default().into_iter().next(),
        Err(error) if is_absent(&error) => None,
        Err(error) => return Err(fault::told(&doing, "cloudformation:DescribeStacks", &error)),
    };
    let Some(stack) = found else {
        return Err(CannotBegin::Other(format!(
            "there is no stack called {name} in {region} of this account\n  hint: [aws] names \
             stack and region; `aws sts get-caller-identity` says which account this is"
        )));
    };
    let pair = |output: aws_sdk_cloudformation::types::Output| {
        Some((output.output_key?, output.output_value?))
    };
    Ok(stack.outputs.unwrap_or_default().into_iter().filter_map(pair).collect())
}

type Refused = aws_sdk_cloudformation::error::SdkError<
    aws_sdk_cloudformation::operation::describe_stacks::DescribeStacksError,
>;

/// CloudFormation has no code of its own for a stack that is not there.
fn is_absent(error: &Refused) -> bool {
    let message = error.message().unwrap_or_default();
    error.code() == Some("ValidationError") && message.contains("does not exist")
}

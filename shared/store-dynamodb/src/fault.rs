//! What can go wrong, in words that somebody can act on. No error shows what an item holds.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use vigie_ports::StoreError;

/// DynamoDB did not do what it was asked.
pub(crate) fn refused<E>(table: &str, doing: &str, error: &SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let said = match error {
        SdkError::TimeoutError(_) => "DynamoDB did not answer in time".to_owned(),
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => unreached(error),
        SdkError::ServiceError(service) => {
            let refusal = service.err();
            let message = refusal.message().unwrap_or_default();
            explained(table, refusal.code().unwrap_or("an error without a code"), message)
        }
        _ => "what answered is not DynamoDB: look at the endpoint".to_owned(),
    };
    StoreError::Unavailable(format!("{doing}: {said}"))
}

/// What a code means here. The message is looked at and not shown: it may quote an item.
fn explained(table: &str, code: &str, message: &str) -> String {
    match code {
        "ResourceNotFoundException" | "TableNotFoundException" => format!(
            "there is no table {table:?} in this account and region: deploy the template, or name \
             the right stack and region in [aws]"
        ),
        "ValidationException" if message.contains("index") => format!(
            "the table {table:?} lacks an index that this version reads: deploy its template"
        ),
        "ThrottlingException"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "Throttling" => format!(
            "throttled ({code}): the table {table:?} takes no more for the moment; it is asked again"
        ),
        "AccessDeniedException" => format!(
            "access denied: these credentials may not do this to the table {table:?}; look at the \
             role's policy"
        ),
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken" => {
            format!("the credentials are not taken ({code}): renew them, and look at the clock")
        }
        code => format!("DynamoDB refused ({code})"),
    }
}

/// Nothing was sent, or nothing came back.
fn unreached<E: Error + 'static>(error: &SdkError<E>) -> String {
    let mut source: Option<&dyn Error> = Some(error);
    while let Some(one) = source {
        let text = one.to_string().to_lowercase();
        if text.contains("credential") || text.contains("identity") {
            return "there are no AWS credentials: give the process a role or a profile".to_owned();
        }
        if text.contains("region") {
            return "there is no AWS region: set it in [aws]".to_owned();
        }
        source = one.source();
    }
    "DynamoDB cannot be reached: look at the network, the region and the endpoint".to_owned()
}

/// A request that lacks something: a fault of this crate.
pub(crate) fn unbuilt(error: &impl Error) -> StoreError {
    StoreError::Unavailable(format!("a request to DynamoDB is not whole: {error}"))
}

/// Others wrote the same item each time.
pub(crate) fn busy(doing: &str) -> StoreError {
    StoreError::Unavailable(format!("{doing}: others wrote the same each time; ask again"))
}

/// An item that does not read.
pub(crate) fn corrupt(pk: &str, what: &str) -> StoreError {
    StoreError::Corrupt(format!("the item {pk:?}: {what}"))
}

/// A body that does not read. The parser's own words may quote the text: only its place is shown.
pub(crate) fn body(pk: &str, error: &serde_json::Error) -> StoreError {
    let place = format!("its body is not what it should be at column {}", error.column());
    corrupt(pk, &place)
}

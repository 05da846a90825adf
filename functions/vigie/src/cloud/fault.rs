//! What AWS refuses, in words that somebody can act on.

use std::error::Error;

use aws_sdk_cloudformation::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

use crate::load::CannotBegin;

const NO_CREDENTIALS: &str = "sign in (aws sso login) and export AWS_PROFILE, or export \
                              AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

/// What went wrong with a call, and what to do; `action` is the permission it needs.
pub(crate) fn told<E>(doing: &str, action: &str, error: &SdkError<E>) -> CannotBegin
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (what, hint) = explained(action, error);
    CannotBegin::Other(format!("{doing}: {what}\n  hint: {hint}"))
}

/// What is wrong, and what to do.
pub(crate) fn explained<E>(action: &str, error: &SdkError<E>) -> (String, String)
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(service) => {
            let refusal = service.err();
            let code = refusal.code().unwrap_or("an error without a code");
            refused(action, code, refusal.message().unwrap_or_default())
        }
        SdkError::TimeoutError(_) => {
            ("AWS did not answer in time".to_owned(), "look at the network, and ask again".into())
        }
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => unreached(error),
        _ => (
            "what answered is not AWS".to_owned(),
            "look at AWS_ENDPOINT_URL, and at what is between here and AWS".to_owned(),
        ),
    }
}

fn refused(action: &str, code: &str, message: &str) -> (String, String) {
    let message = vigie_domain::text::excerpt(message, 300);
    match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => (
            format!("the AWS credentials have expired ({code})"),
            "sign in again: aws sso login, or export new ones".to_owned(),
        ),
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "MissingAuthenticationToken"
        | "IncompleteSignature" => (
            format!("AWS does not know these credentials ({code})"),
            format!("are they of the right account? {NO_CREDENTIALS}"),
        ),
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "RequestTimeTooSkewed" => (
            format!("AWS does not take the signature ({code}): {message}"),
            "is the secret key whole, and is this machine's clock right?".to_owned(),
        ),
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => (
            format!("access denied ({code})"),
            format!("these credentials need {action}; infra/README.md lists what commands need"),
        ),
        "Throttling" | "ThrottlingException" | "TooManyRequestsException" => {
            (format!("throttled ({code})"), "wait a moment, and ask again".to_owned())
        }
        code => (format!("AWS refused ({code}): {message}"), "what AWS says is above".to_owned()),
    }
}

/// Nothing was sent, or nothing came back.
fn unreached<E: Error + 'static>(error: &SdkError<E>) -> (String, String) {
    let mut source: Option<&dyn Error> = Some(error);
    while let Some(one) = source {
        let text = one.to_string().to_lowercase();
        if text.contains("credential") || text.contains("identity") || text.contains("token") {
            return credentials(&DisplayErrorContext(error).to_string());
        }
        source = one.source();
    }
    (
        "AWS cannot be reached".to_owned(),
        "look at the network, at the region in [aws], and at AWS_ENDPOINT_URL".to_owned(),
    )
}

/// There are none, or those of a profile cannot be loaded.
fn credentials(chain: &str) -> (String, String) {
    let lower = chain.to_lowercase();
    if lower.contains("expired") {
        let hint = "sign in again: aws sso login, or export new ones";
        return ("the AWS credentials have expired".to_owned(), hint.to_owned());
    }
    (
        "there are no AWS credentials here, or they cannot be loaded".to_owned(),
        NO_CREDENTIALS.into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_refuses_is_told_with_what_to_do() {
        for (code, hint) in [
            ("ExpiredToken", "sign in again"),
            ("UnrecognizedClientException", "right account"),
            ("RequestTimeTooSkewed", "clock"),
            ("AccessDenied", "need cloudformation:DescribeStacks"),
            ("Throttling", "ask again"),
            ("ValidationError", "AWS says"),
        ] {
            let (what, told) = refused("cloudformation:DescribeStacks", code, "m");
            assert!(what.contains(code) && told.contains(hint), "{what}: {told}");
        }
    }

    #[test]
    fn credentials_that_have_expired_are_told_from_none() {
        assert!(credentials("the SSO token has Expired").0.contains("expired"));
        assert!(credentials("no providers in chain").0.contains("no AWS credentials"));
    }
}

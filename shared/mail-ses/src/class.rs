//! What follows from a refusal: one table.

use std::time::Duration;

use vigie_ports::FailureClass;

/// How long a daily quota that is used up is left alone. It rolls over 24 hours, so some of it is
/// free again within one.
const QUOTA_WAITS: Duration = Duration::from_hours(1);

/// What follows from the code and the text that SES refuses with, and what to tell the operator.
/// Codes: the API's reference, "Common Errors" and "SendRawEmail".
///
/// - Too fast, or a fault of theirs: later. A daily quota: an hour later.
/// - An address or a domain that nobody verified, an account in the sandbox, sending that is
///   paused, rights or credentials that are missing: nothing goes until somebody mends it.
/// - What is wrong with this message alone: never.
///
/// ```
/// use vigie_mail_ses::class_of_refusal;
/// use vigie_ports::FailureClass;
/// let (class, _) = class_of_refusal(400, "Throttling", "Maximum sending rate exceeded.");
/// assert_eq!(class, FailureClass::Backoff);
/// let (class, why) = class_of_refusal(403, "AccessDenied", "User … is not authorized");
/// assert_eq!(class, FailureClass::DisableEndpoint);
/// assert!(why.contains("ses:SendRawEmail"));
/// ```
pub fn class_of_refusal(status: u16, code: &str, text: &str) -> (FailureClass, &'static str) {
    let text = text.to_ascii_lowercase();
    match code {
        "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "LimitExceeded"
        | "LimitExceededException"
            if text.contains("daily") =>
        {
            let why = "the daily quota of SES is used up: ask AWS for a larger one";
            (FailureClass::RetryAfter(QUOTA_WAITS), why)
        }
        "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "LimitExceeded"
        | "LimitExceededException" => {
            (FailureClass::Backoff, "SES is sent to faster than it allows")
        }
        "MessageRejected" if text.contains("not verified") => (
            FailureClass::DisableEndpoint,
            "SES does not know an address: verify the sender's domain, and if the account is in the \
             sandbox, ask AWS to take it out (in the sandbox each recipient must be verified too)",
        ),
        "MailFromDomainNotVerifiedException" | "MailFromDomainNotVerified" => (
            FailureClass::DisableEndpoint,
            "the MAIL FROM domain is not verified: see its MX record",
        ),
        "ConfigurationSetDoesNotExistException" | "ConfigurationSetDoesNotExist" => {
            (FailureClass::DisableEndpoint, "there is no such configuration set in this region")
        }
        "AccountSendingPausedException" | "AccountSendingPaused" => {
            (FailureClass::DisableEndpoint, "AWS or somebody paused this account's sending")
        }
        "ConfigurationSetSendingPausedException" | "ConfigurationSetSendingPaused" => {
            (FailureClass::DisableEndpoint, "the sending of the configuration set is paused")
        }
        "AccessDenied" | "AccessDeniedException" | "NotAuthorized" => {
            (FailureClass::DisableEndpoint, "the role lacks ses:SendRawEmail on this identity")
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            (FailureClass::DisableEndpoint, "the AWS credentials have expired, or a clock is wrong")
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "OptInRequired" => (FailureClass::DisableEndpoint, "AWS does not take the credentials"),
        _ if status >= 500 => (FailureClass::Backoff, "SES has a fault of its own"),
        _ => (FailureClass::Permanent, "SES refuses this message"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, code: &str, text: &str) -> FailureClass {
        class_of_refusal(status, code, text).0
    }

    #[test]
    fn what_is_too_much_waits() {
        let quota = class(400, "Throttling", "Daily message quota exceeded.");
        assert_eq!(quota, FailureClass::RetryAfter(QUOTA_WAITS));
        assert_eq!(
            class(400, "Throttling", "Maximum sending rate exceeded."),
            FailureClass::Backoff
        );
        assert_eq!(class(503, "ServiceUnavailable", ""), FailureClass::Backoff);
        assert_eq!(class(500, "InternalFailure", ""), FailureClass::Backoff);
    }

    #[test]
    fn a_set_up_that_is_wrong_waits_for_somebody() {
        let sandbox = "Email address is not verified. The following identities failed the check in \
                       region EU-WEST-3: claire@lumen.example";
        let (class_of_it, why) = class_of_refusal(400, "MessageRejected", sandbox);
        assert_eq!(class_of_it, FailureClass::DisableEndpoint);
        assert!(!why.contains("claire"), "{why}");
        for code in ["AccessDenied", "ExpiredToken", "AccountSendingPausedException"] {
            assert_eq!(class(400, code, ""), FailureClass::DisableEndpoint, "{code}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_message_is_final() {
        for code in ["MessageRejected", "InvalidParameterValue", "SomethingNew"] {
            assert_eq!(
                class(400, code, "Address contains invalid syntax"),
                FailureClass::Permanent
            );
        }
    }
}

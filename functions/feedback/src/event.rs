//! What SES publishes to SNS ("Contents of event data that Amazon SES publishes to Amazon SNS", in
//! the developer guide of SES).

use serde::Deserialize;
use vigie_app::feedback::Feedback;
use vigie_domain::notice::NoticeId;
use vigie_domain::text;

/// The header that names the notice of a message.
const NOTICE: &str = "X-Vigie-Notice";
/// Sorts of bounce that SES calls transient, and after which it tries no more, though nobody has
/// the message. The others are answers of machines, such as "I am on holiday".
const GIVEN_UP: [&str; 4] =
    ["MailboxFull", "MessageTooLarge", "ContentRejected", "AttachmentRejected"];

/// What is told, and of which notice.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) notice: NoticeId,
    pub(crate) feedback: Feedback,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "eventType")]
    sort: String,
    mail: Mail,
    bounce: Option<Bounce>,
}

#[derive(Deserialize)]
struct Mail {
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct Bounce {
    #[serde(rename = "bounceType")]
    sort: String,
    #[serde(default, rename = "bounceSubType")]
    under: String,
    #[serde(default, rename = "bouncedRecipients")]
    recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
struct Recipient {
    status: Option<String>,
}

/// Reads a message of SES: none where it changes nothing.
pub(crate) fn read(message: &str) -> Result<Option<Told>, String> {
    let event: Event = serde_json::from_str(message).map_err(|error| error.to_string())?;
    let feedback = match (event.sort.as_str(), &event.bounce) {
        ("Bounce", Some(bounce)) => bounce.feedback(),
        ("Bounce", None) => return Err("a bounce without its reason".to_owned()),
        ("Complaint", _) => Some(Feedback::Unwanted),
        _ => None,
    };
    let Some(feedback) = feedback else { return Ok(None) };
    let named = event.mail.headers.iter().find(|one| one.name.eq_ignore_ascii_case(NOTICE));
    let notice = named.and_then(|header| NoticeId::from_text(header.value.trim()));
    let notice = notice.ok_or_else(|| format!("it names no notice in {NOTICE}"))?;
    Ok(Some(Told { notice, feedback }))
}

impl Bounce {
    /// Its sort and the code of RFC 3463. What servers say beside it may hold an address.
    fn feedback(&self) -> Option<Feedback> {
        let is_over = self.sort != "Transient" || GIVEN_UP.contains(&self.under.as_str());
        let status = self.recipients.iter().find_map(|one| one.status.as_deref());
        let told = [&self.sort, &self.under].map(String::as_str);
        let told = told.into_iter().chain(status).collect::<Vec<_>>().join(" ");
        is_over.then(|| Feedback::CameBack(text::clean_line(&told)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn bounce(sort: &str, sub: &str) -> String {
        serde_json::json!({
            "eventType": "Bounce",
            "bounce": {
                "bounceType": sort,
                "bounceSubType": sub,
                "bouncedRecipients": [{
                    "emailAddress": "gone@lumen.example",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 <gone@lumen.example> unknown",
                }],
            },
            "mail": {"messageId": "1", "headers": [{"name": "x-vigie-notice", "value": ID}]},
        })
        .to_string()
    }

    #[test]
    fn a_bounce_says_its_sort_and_code_and_no_address() {
        let told = read(&bounce("Permanent", "General")).unwrap().unwrap();
        let why = "Permanent General 5.1.1".to_owned();
        assert_eq!(
            told,
            Told { notice: NoticeId::from_text(ID).unwrap(), feedback: Feedback::CameBack(why) }
        );
        assert!(read(&bounce("Undetermined", "Undetermined")).unwrap().is_some());
        assert!(read(&bounce("Transient", "MailboxFull")).unwrap().is_some());
        assert_eq!(read(&bounce("Transient", "General")), Ok(None), "an answer of a machine");
    }

    #[test]
    fn a_complaint_is_one_and_a_delivery_changes_nothing() {
        let event = |sort: &str| {
            let headers = serde_json::json!([{"name": NOTICE, "value": ID}]);
            serde_json::json!({"eventType": sort, "mail": {"headers": headers}}).to_string()
        };
        assert_eq!(read(&event("Complaint")).unwrap().unwrap().feedback, Feedback::Unwanted);
        assert_eq!(read(&event("Delivery")), Ok(None));
    }

    #[test]
    fn what_is_none_of_ours_says_why() {
        for message in ["", "{}", "[]", r#"{"eventType":"Bounce","mail":{}}"#] {
            assert!(read(message).is_err(), "{message}");
        }
        let nameless = bounce("Permanent", "General").replace("x-vigie-notice", "x-other");
        assert!(read(&nameless).unwrap_err().contains(NOTICE));
    }
}

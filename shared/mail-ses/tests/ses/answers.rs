//! What SES may answer, or not, over real HTTP on loopback.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use vigie_mail_ses::SesMail;
use vigie_ports::{Accepted, Email, FailureClass, Mail as _, SendError};

use crate::support::{WITHIN, configured, email, mailbox};

const KEY: Option<&str> = Some("an-invented-id");

/// A server that answers one request with these bytes, and gives what it was asked.
async fn answering(bytes: String) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let asked = request(&mut stream).await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        asked
    });
    (endpoint, served)
}

/// A whole request: its head, and as much of a body as the head says.
async fn request(stream: &mut TcpStream) -> String {
    let mut asked = Vec::new();
    loop {
        let read = stream.read_buf(&mut asked).await.unwrap();
        let text = String::from_utf8_lossy(&asked).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
        });
        if body.len() >= length.unwrap_or(0) || read == 0 {
            return text;
        }
    }
}

fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn refusal(status: &str, code: &str, text: &str) -> String {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{text}</Message>\
         </Error><RequestId>r-1</RequestId></ErrorResponse>"
    );
    answer(status, &body)
}

async fn sent_to(endpoint: &str, within: Duration) -> Result<Accepted, SendError> {
    let mail = SesMail::new(&configured(endpoint, KEY), Some("vigie".to_owned()));
    let two = Email { also_to: vec![mailbox("Direction", "direction@lumen.example")], ..email() };
    mail.send(&two, within).await
}

#[tokio::test]
async fn what_is_taken_has_their_id_and_went_once_to_each_reader() {
    let body = "<SendRawEmailResponse><SendRawEmailResult><MessageId>0107-ab</MessageId>\
                </SendRawEmailResult></SendRawEmailResponse>";
    let (endpoint, served) = answering(answer("200 OK", body)).await;
    let accepted = sent_to(&endpoint, WITHIN).await.unwrap();
    assert_eq!(accepted.remote_id.as_deref(), Some("0107-ab"));
    let asked = served.await.unwrap();
    for part in [
        "Action=SendRawEmail",
        "Source=sara%40vigie.example",
        "Destinations.member.1=service%40lumen.example",
        "Destinations.member.2=direction%40lumen.example",
        "ConfigurationSetName=vigie",
        "RawMessage.Data=",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_without_its_words() {
    let text = "Email address is not verified: claire@lumen.example";
    let refused = refusal("400 Bad Request", "MessageRejected", text);
    let (endpoint, _served) = answering(refused).await;
    let error = sent_to(&endpoint, WITHIN).await.unwrap_err();
    assert_eq!(error.class, FailureClass::DisableEndpoint);
    assert!(error.reason.contains("sandbox") && error.reason.contains("400 MessageRejected"));
    assert!(!error.reason.contains("claire"), "{}", error.reason);
}

#[tokio::test]
async fn a_fault_of_theirs_is_not_tried_again_by_the_sdk() {
    let (endpoint, served) = answering(refusal("503 Slow Down", "Throttling", "rate")).await;
    let error = sent_to(&endpoint, WITHIN).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Backoff);
    // The server took one request and is gone: a second would have failed otherwise.
    served.await.unwrap();
}

#[tokio::test]
async fn nobody_there_is_a_sure_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = sent_to(&endpoint, WITHIN).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Backoff, "{}", error.reason);
    let error = sent_to("http://no-such-host.invalid", WITHIN).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Backoff, "{}", error.reason);
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_answer_may_have_brought_it() {
    for bytes in ["", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<Send"] {
        let (endpoint, served) = answering(bytes.to_owned()).await;
        let error = sent_to(&endpoint, WITHIN).await.unwrap_err();
        assert_eq!(error.class, FailureClass::Unknown, "{bytes:?}: {}", error.reason);
        served.await.unwrap();
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_may_still_come() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let holds = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = request(&mut stream).await;
        std::future::pending::<()>().await;
    });
    let error = sent_to(&endpoint, Duration::from_millis(300)).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Unknown, "{}", error.reason);
    holds.abort();
}

#[tokio::test]
async fn without_credentials_nothing_is_sent_and_somebody_must_mend_it() {
    let mail = SesMail::new(&configured("http://127.0.0.1:9", None), None);
    let error = mail.send(&email(), WITHIN).await.unwrap_err();
    assert_eq!(error.class, FailureClass::DisableEndpoint, "{}", error.reason);
    assert!(error.reason.contains("credentials"), "{}", error.reason);
}

#[tokio::test]
async fn an_address_that_mail_cannot_carry_is_refused_here() {
    let wrong = Email { to: mailbox("", "no address"), ..email() };
    let mail = SesMail::new(&configured("http://127.0.0.1:9", KEY), None);
    assert_eq!(mail.send(&wrong, WITHIN).await.unwrap_err().class, FailureClass::Permanent);
}

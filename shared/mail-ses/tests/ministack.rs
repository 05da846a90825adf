//! The same bytes by way of a server that speaks SES's API and relays to a mail server.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::net::SocketAddr;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ses::Client;
use aws_sdk_ses::config::{Credentials, SharedCredentialsProvider};
use vigie_mail_ses::SesMail;
use vigie_ports::{Email, FailureClass, Mail as _, Mailbox};
use vigie_smtp_sink::Sink;
use vigie_testkit::cloud;

const WITHIN: Duration = Duration::from_secs(30);

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox { name: name.to_owned(), address: address.to_owned() }
}

fn email() -> Email {
    Email {
        message_id: "n1@vigie.example".to_owned(),
        date: "2026-11-20T09:12:00Z".parse().unwrap(),
        from: mailbox("Sara", "sara@vigie.example"),
        to: mailbox("Service client", "service@lumen.example"),
        also_to: Vec::new(),
        reply_to: None,
        subject: "Avis 2★ · Lyon".to_owned(),
        text: "Colis jamais reçu\n".to_owned(),
        html: "<p>Colis jamais reçu</p>\n".to_owned(),
        headers: vec![("X-Vigie-Kind", "alert".to_owned())],
    }
}

fn configured(account: &cloud::Account) -> SdkConfig {
    let key = account.access_key.clone();
    let credentials = Credentials::new(key, "an-invented-key", None, None, "tests");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-3"))
        .endpoint_url(&account.endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

#[tokio::test]
async fn the_bytes_that_smtp_gets_arrive_once_the_sender_is_verified() {
    let sink = Sink::start(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let shared = configured(&cloud::relaying(sink.addr()));
    let mail = SesMail::new(&shared, None);
    let refused = mail.send(&email(), WITHIN).await.unwrap_err();
    assert_eq!(refused.class, FailureClass::DisableEndpoint, "{}", refused.reason);
    assert!(refused.reason.contains("verify the sender's domain"), "{}", refused.reason);
    assert_eq!(sink.messages().len(), 0);

    let sender = Client::new(&shared).verify_email_identity();
    sender.email_address("sara@vigie.example").send().await.unwrap();
    let accepted = mail.send(&email(), WITHIN).await.unwrap();
    sink.wait_for(1, WITHIN).await.unwrap();
    let received = &sink.messages()[0];
    assert_eq!(received.to, ["service@lumen.example"]);
    let (received, ours) = (without_id(&received.data), vigie_mime::encode(&email()).unwrap());
    assert_eq!(received.1, without_id(&ours).1);
    assert!(received.0.contains(&accepted.remote_id.unwrap()), "theirs: {}", received.0);
}

/// The `Message-ID`, over which SES writes its own, and all other lines.
fn without_id(data: &[u8]) -> (String, String) {
    let text = String::from_utf8(data.to_vec()).unwrap();
    let lines = text.split_inclusive("\r\n");
    lines.partition(|line| line.starts_with("Message-ID:"))
}

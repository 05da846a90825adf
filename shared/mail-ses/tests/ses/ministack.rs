//! The same bytes by way of a server that speaks SES's API and relays to a mail server.

use std::net::SocketAddr;

use aws_sdk_ses::Client;
use vigie_mail_ses::SesMail;
use vigie_ports::{FailureClass, Mail as _};
use vigie_smtp_sink::Sink;
use vigie_testkit::cloud;

use crate::support::{WITHIN, configured, email};

#[tokio::test]
async fn the_bytes_that_smtp_gets_arrive_once_the_sender_is_verified() {
    let sink = Sink::start(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let account = cloud::relaying(sink.addr());
    let shared = configured(&account.endpoint, Some(&account.access_key));
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

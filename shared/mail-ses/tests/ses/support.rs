//! A message, and somebody's account.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_ses::config::{Credentials, SharedCredentialsProvider};
use vigie_ports::{Email, Mailbox};

pub(crate) const WITHIN: Duration = Duration::from_secs(30);

pub(crate) fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox { name: name.to_owned(), address: address.to_owned() }
}

/// To one reader.
pub(crate) fn email() -> Email {
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

/// An account by its access key, or none.
pub(crate) fn configured(endpoint: &str, access_key: Option<&str>) -> SdkConfig {
    let credentials = |key| Credentials::new(key, "an-invented-key", None, None, "tests");
    let provider = access_key.map(credentials).map(SharedCredentialsProvider::new);
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-3"))
        .endpoint_url(endpoint);
    config.set_credentials_provider(provider);
    config.build()
}

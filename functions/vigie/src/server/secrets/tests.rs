//! A source's secrets, read anew from SSM.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests stop the test")]

use aws_sdk_ssm::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_ssm::types::ParameterType;
use vigie_api_http::HttpApi;
use vigie_app::App;
use vigie_domain::{Brand, SecretRef};
use vigie_machine::{SystemClock, SystemIds, now};
use vigie_mail_smtp::{FileMail, Transport};
use vigie_ports::{Mailbox, Store as _};
use vigie_secrets_aws::{FRESH_FOR, Secrets};
use vigie_store_sqlite::SqliteStore;

use super::*;
use crate::home::Home;
use crate::load::serving_registry;
use crate::server::loops::Nudges;
use crate::vault::Vault;
use crate::way::Way;

const OLD: &str = "whsec_b2xkIG9sZCBvbGQgb2xkIG9sZCBvbGQgb2xk";
const NEW: &str = "whsec_bmV3IG5ldyBuZXcgbmV3IG5ldyBuZXcgbmV3";

fn shared() -> aws_config::SdkConfig {
    let account = vigie_testkit::cloud::account();
    let key = Credentials::new(&account.access_key, "none", None, None, "tests");
    aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-3"))
        .endpoint_url(account.endpoint)
        .credentials_provider(SharedCredentialsProvider::new(key))
        .build()
}

async fn put(shared: &aws_config::SdkConfig, value: &str) {
    let parameters = aws_sdk_ssm::Client::new(shared);
    let asked = parameters.put_parameter().name("/vigie/lumen-site/1").value(value);
    asked.r#type(ParameterType::SecureString).overwrite(true).send().await.unwrap();
}

async fn serving(machine: Machine) -> Serving {
    let mut brand = Brand::sample();
    brand.sources[0].secrets = vec![SecretRef::Ssm("/vigie/lumen-site/1".to_owned())];
    let store = SqliteStore::in_memory().unwrap();
    store.apply(vec![brand], now()).await.unwrap();
    let registry = serving_registry(&store, &machine).await.unwrap();
    let mail = Way::Own(Transport::File(FileMail::new("outbox")));
    let home = Home { store, mail, api: HttpApi::default(), clock: SystemClock, ids: SystemIds };
    let from = Mailbox { name: String::new(), address: "sara@vigie.example".to_owned() };
    let settings = vigie_app::Settings {
        public_url: String::new(),
        from,
        reply_to: None,
        operator: Vec::new(),
    };
    let app = App::start(home, settings, registry).await.unwrap();
    Serving::new(app, Nudges::new().0, Vec::new()).with_secrets_of(machine)
}

/// Whether the source takes what this secret signs.
fn takes(serving: &Serving, secret: &str) -> bool {
    let source = serving.app.registry().source("lumen-site").unwrap();
    let scheme = source.preset.scheme();
    let secret = secrecy::SecretString::from(secret);
    let signed = vigie_platforms::signature::sign(scheme, &secret, b"{}", "msg_1", now());
    let headers = signed.unwrap().header_map();
    let request =
        vigie_platforms::Request { headers: &headers, path_token: None, query: None, body: b"{}" };
    source.verifier.verify(&request, now()).is_ok()
}

#[tokio::test]
async fn a_secret_that_was_changed_is_read_anew_once_a_signature_fails() {
    let shared = shared();
    put(&shared, OLD).await;
    let machine = Machine::beside(std::path::Path::new("vigie.toml"));
    let machine = machine.with_vault(Vault::opened(Secrets::new(&shared)));
    let serving = serving(machine).await;
    assert!(takes(&serving, OLD) && !takes(&serving, NEW));
    put(&shared, NEW).await;
    assert!(!serving.read_secrets_anew("lumen-site", now()).await, "it was just read");
    assert!(!serving.read_secrets_anew("nobody", now() + FRESH_FOR).await);
    assert!(!takes(&serving, NEW));
    assert!(serving.read_secrets_anew("lumen-site", now() + FRESH_FOR).await);
    assert!(takes(&serving, NEW) && !takes(&serving, OLD));
}

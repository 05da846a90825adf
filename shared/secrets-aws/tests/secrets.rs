//! Secrets of Parameter Store and Secrets Manager, over HTTP.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager::Client as Manager;
use aws_sdk_ssm::Client as Parameters;
use aws_sdk_ssm::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_ssm::types::ParameterType;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use vigie_domain::SecretRef;
use vigie_secrets_aws::{FRESH_FOR, Given, KEPT_FOR, Secrets, are_same};
use vigie_testkit::cloud::account;

fn shared(endpoint: &str, access_key: &str) -> SdkConfig {
    let key = Credentials::new(access_key, "x", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-3"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(key))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build()
}

fn here() -> SdkConfig {
    let account = account();
    shared(&account.endpoint, &account.access_key)
}

async fn put(parameters: &Parameters, name: &str, value: &str) {
    let asked = parameters.put_parameter().name(name).value(value).overwrite(true);
    asked.r#type(ParameterType::SecureString).send().await.unwrap();
}

fn ssm(name: &str) -> SecretRef {
    SecretRef::Ssm(name.to_owned())
}

fn later(seconds: SignedDuration) -> Timestamp {
    "2026-11-26T08:00:00Z".parse::<Timestamp>().unwrap() + seconds
}

fn noon() -> Timestamp {
    later(SignedDuration::ZERO)
}

fn text(given: &Given) -> &str {
    given.as_ref().unwrap().expose_secret()
}

#[tokio::test]
async fn secrets_are_read_together_in_the_order_asked() {
    let here = here();
    let parameters = Parameters::new(&here);
    let names: Vec<String> = (0..12).map(|n| format!("/vigie/test/{n}")).collect();
    for name in &names {
        put(&parameters, name, &format!("whsec_{name}")).await;
    }
    let made = Manager::new(&here).create_secret().name("orso").secret_string("managed");
    made.send().await.unwrap();
    let mut references: Vec<SecretRef> = names.iter().map(|name| ssm(name)).collect();
    references.insert(3, SecretRef::SecretsManager("orso".to_owned()));
    let given = Secrets::new(&here).read(&references, noon()).await;
    assert_eq!(text(&given[3]), "managed");
    assert_eq!(text(&given[0]), "whsec_/vigie/test/0");
    assert_eq!(text(&given[12]), "whsec_/vigie/test/11");
}

#[tokio::test]
async fn what_cannot_be_read_says_why_and_stops_no_other() {
    let here = here();
    put(&Parameters::new(&here), "/there", "s").await;
    let references = [
        ssm("/not-there"),
        SecretRef::SecretsManager("not-there".to_owned()),
        SecretRef::Env("SECRET".to_owned()),
        ssm("/there"),
    ];
    let given = Secrets::new(&here).read(&references, noon()).await;
    let why = |n: usize| given[n].as_ref().unwrap_err();
    assert!(why(0).contains("no parameter /not-there"), "{}", why(0));
    assert!(why(1).contains("not-there") && why(1).contains("Secrets Manager"), "{}", why(1));
    assert!(why(2).contains("env:SECRET cannot be read on AWS"), "{}", why(2));
    assert_eq!(text(&given[3]), "s");
}

#[tokio::test]
async fn a_changed_secret_is_seen_when_a_signature_fails_or_after_some_minutes() {
    let here = here();
    let parameters = Parameters::new(&here);
    let secrets = Secrets::new(&here);
    let read = async |at| secrets.read(&[ssm("/a")], at).await;
    put(&parameters, "/a", "old").await;
    let first = read(noon()).await;
    assert_eq!(text(&first[0]), "old");
    put(&parameters, "/a", "new").await;
    let soon = later(FRESH_FOR - SignedDuration::from_secs(1));
    assert!(!secrets.forget(&[ssm("/a")], soon), "a flood of forgeries asks once");
    assert!(are_same(&first, &read(soon).await));
    assert!(secrets.forget(&[ssm("/a")], later(FRESH_FOR)));
    let second = read(later(FRESH_FOR)).await;
    assert_eq!(text(&second[0]), "new");
    assert!(!are_same(&first, &second));
    put(&parameters, "/a", "newest").await;
    assert_eq!(text(&read(later(FRESH_FOR + KEPT_FOR)).await[0]), "newest");
}

#[tokio::test]
async fn a_secret_that_is_deleted_is_gone_and_one_that_cannot_be_read_now_stays() {
    let account = account();
    let here = shared(&account.endpoint, &account.access_key);
    let parameters = Parameters::new(&here);
    put(&parameters, "/a", "kept").await;
    let secrets = Secrets::new(&here);
    assert!(secrets.read(&[ssm("/a")], noon()).await[0].is_ok());
    parameters.delete_parameter().name("/a").send().await.unwrap();
    assert!(secrets.read(&[ssm("/a")], later(KEPT_FOR)).await[0].is_err());
    let nowhere = Secrets::new(&shared("http://127.0.0.1:9", &account.access_key));
    let given = nowhere.read(&[ssm("/a")], noon()).await;
    assert!(given[0].as_ref().unwrap_err().contains("SSM does not answer"), "{given:?}");
}

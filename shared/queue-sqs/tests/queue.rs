//! The port `Queue` on SQS, over HTTP.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{Credentials, SharedCredentialsProvider};
use vigie_ports::queue::from_text;
use vigie_ports::{Due, Queue as _};
use vigie_queue_sqs::SqsQueue;
use vigie_testkit::cloud::{Account, account};

fn shared(account: &Account) -> SdkConfig {
    let key = Credentials::new(&account.access_key, "x", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-3"))
        .endpoint_url(&account.endpoint)
        .credentials_provider(SharedCredentialsProvider::new(key))
        .build()
}

async fn made(client: &Client, name: &str) -> String {
    client.create_queue().queue_name(name).send().await.unwrap().queue_url.unwrap()
}

/// Everything that lies in a queue.
async fn lying(client: &Client, address: &str) -> Vec<Due> {
    let mut found = Vec::new();
    loop {
        let asked = client.receive_message().queue_url(address).max_number_of_messages(10);
        let messages = asked.send().await.unwrap().messages.unwrap_or_default();
        if messages.is_empty() {
            return found;
        }
        found.extend(messages.iter().map(|one| from_text(one.body().unwrap()).unwrap()));
    }
}

fn report(n: usize) -> Due {
    Due::Report(format!("brand-{n}").parse().unwrap())
}

fn notice(n: usize) -> Due {
    Due::Notice(vigie_domain::notice::NoticeId::of(["alert", &n.to_string()]))
}

#[tokio::test]
async fn each_sort_of_work_is_put_where_its_worker_looks() {
    let shared = shared(&account());
    let client = Client::new(&shared);
    let (raise, deliver) = (made(&client, "raise").await, made(&client, "deliver").await);
    let queue = SqsQueue::new(&shared, Some(raise.clone()), deliver.clone());
    let work: Vec<Due> = (0..25).flat_map(|n| [report(n), notice(n)]).collect();
    queue.put(&work).await.unwrap();
    let sorted = |mut all: Vec<Due>| {
        all.sort_by_key(|one| format!("{one:?}"));
        all
    };
    assert_eq!(sorted(lying(&client, &raise).await), sorted((0..25).map(report).collect()));
    assert_eq!(sorted(lying(&client, &deliver).await), sorted((0..25).map(notice).collect()));
    queue.put(&[]).await.unwrap();
}

#[tokio::test]
async fn a_queue_that_is_not_there_says_so() {
    let shared = shared(&account());
    let nowhere = "http://127.0.0.1/000000000001/no-such-queue".to_owned();
    let queue = SqsQueue::new(&shared, None, nowhere);
    let error = queue.put(&[notice(1)]).await.unwrap_err().to_string();
    assert!(error.contains("queue"), "{error}");
    let error = queue.put(&[report(1)]).await.unwrap_err().to_string();
    assert!(error.contains("nothing but messages"), "{error}");
}

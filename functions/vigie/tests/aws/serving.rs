//! The one process with parts of AWS: mail through SES, secrets that AWS keeps.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::support::{CONFIG, Place, put_secret};

/// A server, which ends with its owner.
struct Serving {
    process: Child,
    url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(place: &Place) -> Serving {
    let mut command = place.command(&["serve", "--log", "json"]);
    let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    let ready = lines.by_ref().map(Result::unwrap).find(|line| line.contains("\"ready\""));
    let line: serde_json::Value = serde_json::from_str(&ready.unwrap()).unwrap();
    let listen = line["listen"].as_str().unwrap_or_else(|| panic!("{line}")).to_owned();
    std::thread::spawn(move || lines.for_each(drop));
    Serving { process, url: format!("http://{listen}") }
}

#[tokio::test]
async fn a_webhook_signed_with_a_secret_of_ssm_becomes_a_mail_through_ses() {
    let sink = vigie_smtp_sink::Sink::start("127.0.0.1:0".parse().unwrap()).unwrap();
    let place = Place::relaying(sink.addr());
    let server = "[server]\nlisten = \"127.0.0.1:0\"\n[mail]";
    place.write("vigie.toml", CONFIG.replace("[mail]", server));
    put_secret(&place).await;
    let mail = aws_sdk_ses::Client::new(&place.shared);
    let verified = mail.verify_email_identity().email_address("sara@vigie.example");
    verified.send().await.unwrap();
    let serving = serve(&place);
    let sent = place.run(&["send", "--source", "lumen-site", "--url", &serving.url, "--json"]);
    assert_eq!(sent.code, 0, "{sent:?}");
    let arrived = sink.wait_for(1, Duration::from_secs(30)).await;
    assert!(arrived.is_ok(), "{arrived:?} {:?}", place.run(&["notices", "--json"]));
    let mail = &sink.messages()[0];
    assert_eq!(mail.header("X-Vigie-Kind").as_deref(), Some("alert"));
}

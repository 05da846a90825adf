//! Credentials, and what must never be shown.

use crate::support::{LONG, client, config, email, fails, sink};
use vigie_mail_smtp::{SmtpConfig, SmtpMail, Tls, Transport};
use vigie_ports::{FailureClass, Mail as _};
use vigie_smtp_sink::{Credentials, Fault, Options, Sink, Stage};

#[tokio::test]
async fn a_reason_quotes_neither_address_nor_message_nor_password() {
    let said = "5.7.1 <eve.martin@lumen.example> Ève Martin \"Bonjour Claire Dupont\" s3same sara \
                https://x.example/t refused";
    for stage in [Stage::Mail, Stage::Rcpt, Stage::Data, Stage::DataEnd] {
        let sink = signing_sink("PLAIN");
        sink.inject(Fault::reply(stage, 550, said));
        let error = fails(&signing_client(&sink, "s3same"), LONG).await;
        for private in ["eve", "Martin", "Claire", "s3same", "sara", "x.example", "@"] {
            assert!(!error.reason.contains(private), "{stage:?}: {error}");
        }
        assert!(
            error.reason.contains("550 5.7.1 ") && error.reason.ends_with("refused"),
            "{error}"
        );
    }
}

fn signing_sink(mechanisms: &'static str) -> Sink {
    let credentials = Credentials { user: "sara".to_owned(), password: "s3same".to_owned() };
    let options = Options { credentials: Some(credentials), mechanisms, ..Options::default() };
    Sink::start_with("127.0.0.1:0".parse().unwrap(), options).unwrap()
}

fn signing(sink: &Sink, password: &str) -> SmtpConfig {
    let credentials = Some(("sara".to_owned(), password.to_owned().into()));
    SmtpConfig { credentials, ..config(sink.addr()) }
}

fn signing_client(sink: &Sink, password: &str) -> SmtpMail {
    SmtpMail::new(signing(sink, password)).unwrap()
}

#[tokio::test]
async fn the_right_credentials_sign_in_by_either_mechanism() {
    for mechanisms in ["PLAIN", "LOGIN", "PLAIN LOGIN"] {
        let sink = signing_sink(mechanisms);
        let mail = signing_client(&sink, "s3same");
        mail.probe(LONG).await.unwrap();
        mail.send(&email(1), LONG).await.unwrap();
        assert_eq!(sink.count(), 1, "{mechanisms}");
    }
}

#[tokio::test]
async fn wrong_missing_or_unwanted_credentials_need_somebody_to_mend_them() {
    let signing = signing_sink("PLAIN LOGIN");
    let wrong = signing_client(&signing, "wr0ng-pass");
    for error in [fails(&wrong, LONG).await, wrong.probe(LONG).await.unwrap_err()] {
        assert_eq!(error.class, FailureClass::DisableEndpoint);
        assert!(error.reason.starts_with("signing in to the mail server: "), "{error}");
        assert!(!error.reason.contains("wr0ng-pass"), "{error}");
    }
    let missing = fails(&client(signing.addr()), LONG).await;
    assert_eq!(missing.class, FailureClass::DisableEndpoint, "{missing}");
    let open = sink();
    let unwanted = fails(&signing_client(&open, "s3same"), LONG).await;
    assert_eq!(unwanted.class, FailureClass::DisableEndpoint, "{unwanted}");
    assert_eq!((signing.count(), open.count()), (0, 0));
}

#[tokio::test]
async fn a_sign_in_that_fails_for_now_is_tried_again() {
    let sink = signing_sink("PLAIN");
    sink.inject(Fault::reply(Stage::Auth, 454, "4.7.0 for now").nth(1));
    let mail = signing_client(&sink, "s3same");
    assert_eq!(fails(&mail, LONG).await.class, FailureClass::Backoff);
    mail.send(&email(1), LONG).await.unwrap();
}

#[tokio::test]
async fn a_secret_is_not_shown_by_debug() {
    let sink = signing_sink("PLAIN");
    let shown = format!("{:?}", Transport::Smtp(signing_client(&sink, "s3same")));
    assert!(shown.contains("127.0.0.1") && !shown.contains("s3same"), "{shown}");
    let required = SmtpConfig { tls: Tls::Required, ..signing(&sink, "s3same") };
    assert!(!format!("{required:?}").contains("s3same"));
}

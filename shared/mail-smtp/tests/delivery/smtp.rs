//! Delivery over real TCP to the sink.

use std::time::Duration;

use crate::support::{LONG, SHORT, client, email, fails, sink};
use vigie_mail_smtp::Transport;
use vigie_ports::{FailureClass, Mail as _};
use vigie_smtp_sink::{Action, Fault, Stage};

#[tokio::test]
async fn a_message_arrives_whole_and_its_id_comes_back() {
    let sink = sink();
    let mail = Transport::Smtp(client(sink.addr()));
    let accepted = mail.send(&email(7), LONG).await.unwrap();
    assert_eq!(accepted.remote_id.as_deref(), Some("S1"));
    let received = &sink.messages()[0];
    assert_eq!(received.from, "sara@vigie.example");
    assert_eq!(received.to, ["eve.martin@lumen.example"]);
    assert_eq!(received.header("Subject").unwrap(), "Avis 2★ · Lyon · n° 7");
    assert_eq!(received.header("To").unwrap(), "Ève Martin <eve.martin@lumen.example>");
    assert_eq!(received.text().unwrap(), "Bonjour Claire Dupont,\n.\n..deux points\n");
    assert_eq!(received.html().unwrap(), "<p>Bonjour Claire Dupont</p>");
    assert_eq!(received.data, vigie_mime::encode(&email(7)).unwrap());
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let sink = sink();
    let mail = client(sink.addr());
    for number in 0..5 {
        mail.send(&email(number), LONG).await.unwrap();
    }
    assert_eq!((sink.count(), sink.connections()), (5, 1));
}

#[tokio::test]
async fn a_connection_survives_a_refused_recipient_and_a_refused_message() {
    let sink = sink();
    sink.inject(Fault::reply(Stage::Rcpt, 550, "5.1.1 unknown").nth(1));
    sink.inject(Fault::reply(Stage::DataEnd, 554, "5.7.1 no").nth(1));
    let mail = client(sink.addr());
    assert_eq!(fails(&mail, LONG).await.class, FailureClass::Permanent);
    assert_eq!(fails(&mail, LONG).await.class, FailureClass::Permanent);
    mail.send(&email(3), LONG).await.unwrap();
    assert_eq!((sink.count(), sink.connections()), (1, 1));
}

#[tokio::test]
async fn a_stale_connection_is_replaced_within_the_same_send() {
    let sink = sink();
    let mail = client(sink.addr());
    mail.send(&email(1), LONG).await.unwrap();
    sink.stop().await;
    sink.restart().unwrap();
    mail.send(&email(2), LONG).await.unwrap();
    assert_eq!((sink.count(), sink.connections()), (2, 2));
}

#[tokio::test]
async fn a_kept_connection_that_went_silent_or_says_goodbye_is_replaced() {
    let goodbye = Action::Reply(421, "4.4.2 idle for too long".to_owned());
    for (stage, action) in [
        (Stage::Mail, Action::Hang),
        (Stage::Mail, Action::Close),
        (Stage::Mail, goodbye.clone()),
        (Stage::Rcpt, Action::Close),
        (Stage::Data, goodbye),
    ] {
        let sink = sink();
        let mail = client(sink.addr());
        mail.send(&email(1), LONG).await.unwrap();
        sink.inject(Fault::new(stage, action).nth(1));
        mail.send(&email(2), SHORT).await.unwrap();
        assert_eq!((sink.count(), sink.connections()), (2, 2), "{stage:?}");
    }
}

#[tokio::test]
async fn many_at_once_share_few_connections_and_lose_nothing() {
    let sink = sink();
    let mail = std::sync::Arc::new(client(sink.addr()));
    for _ in 0..3 {
        let mut sends = tokio::task::JoinSet::new();
        for number in 0..40 {
            let mail = std::sync::Arc::clone(&mail);
            sends.spawn(async move { mail.send(&email(number), LONG).await });
        }
        while let Some(sent) = sends.join_next().await {
            sent.unwrap().unwrap();
        }
    }
    assert_eq!(sink.count(), 120);
    // 40 at first, and at most 16 of them kept for each wave after it: 40 + 24 + 24.
    assert!((60..=88).contains(&sink.connections()), "{}", sink.connections());
}

#[tokio::test]
async fn a_connection_idle_for_longer_than_thirty_seconds_is_let_go() {
    let sink = sink();
    let mail = client(sink.addr());
    for (idle_secs, connections) in [(0, 1), (29, 1), (31, 2)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(idle_secs)).await;
        tokio::time::resume();
        mail.send(&email(1), LONG).await.unwrap();
        assert_eq!(sink.connections(), connections, "after {idle_secs} s");
    }
}

#[tokio::test]
async fn a_server_that_will_not_forget_gets_a_fresh_connection() {
    let sink = sink();
    sink.inject(Fault::reply(Stage::Rcpt, 550, "5.1.1 unknown").nth(1));
    sink.inject(Fault::reply(Stage::Rset, 502, "5.5.1 never heard of it"));
    let mail = client(sink.addr());
    assert_eq!(fails(&mail, LONG).await.class, FailureClass::Permanent);
    mail.send(&email(2), LONG).await.unwrap();
    assert_eq!((sink.count(), sink.connections()), (1, 2));
}

#[tokio::test]
async fn a_refusal_has_its_class_at_every_stage() {
    use FailureClass::{Backoff, DisableEndpoint, Permanent};
    for (stage, code, wanted) in [
        (Stage::Greeting, 421, Backoff),
        (Stage::Greeting, 554, DisableEndpoint),
        (Stage::Hello, 450, Backoff),
        (Stage::Hello, 502, DisableEndpoint),
        (Stage::Mail, 421, Backoff),
        (Stage::Mail, 452, Backoff),
        (Stage::Mail, 553, Permanent),
        (Stage::Mail, 530, DisableEndpoint),
        (Stage::Rcpt, 421, Backoff),
        (Stage::Rcpt, 450, Backoff),
        (Stage::Rcpt, 454, Backoff),
        (Stage::Rcpt, 550, Permanent),
        (Stage::Rcpt, 552, Permanent),
        (Stage::Data, 451, Backoff),
        (Stage::Data, 554, Permanent),
        (Stage::Data, 250, Backoff),
        (Stage::DataEnd, 421, Backoff),
        (Stage::DataEnd, 451, Backoff),
        (Stage::DataEnd, 550, Permanent),
        (Stage::DataEnd, 552, Permanent),
        (Stage::DataEnd, 354, FailureClass::Unknown),
    ] {
        let sink = sink();
        sink.inject(Fault::reply(stage, code, "said so"));
        let error = fails(&client(sink.addr()), LONG).await;
        assert_eq!(error.class, wanted, "{stage:?} {code}: {error}");
        assert!(error.reason.contains(&code.to_string()), "{stage:?} {code}: {error}");
        assert_eq!(sink.count(), 0, "{stage:?} {code}");
    }
}

#[tokio::test]
async fn a_line_that_drops_before_the_hand_over_is_a_sure_non_delivery() {
    for stage in [Stage::Greeting, Stage::Hello, Stage::Mail, Stage::Rcpt, Stage::Data] {
        let sink = sink();
        sink.inject(Fault::new(stage, Action::Close));
        let error = fails(&client(sink.addr()), LONG).await;
        assert_eq!(error.class, FailureClass::Backoff, "{stage:?}: {error}");
    }
}

#[tokio::test]
async fn a_line_that_drops_after_the_hand_over_leaves_it_unknown() {
    for (action, kept) in [(Action::Close, 0), (Action::TakeAndClose, 1)] {
        let sink = sink();
        sink.inject(Fault::new(Stage::DataEnd, action).nth(1));
        let mail = client(sink.addr());
        assert_eq!(fails(&mail, LONG).await.class, FailureClass::Unknown);
        assert_eq!(sink.count(), kept);
        mail.send(&email(2), LONG).await.unwrap();
        assert_eq!(sink.connections(), 2, "a broken connection is not kept");
    }
}

#[tokio::test]
async fn silence_has_the_class_of_where_it_began() {
    let mut cases = tokio::task::JoinSet::new();
    for (stage, wanted) in [
        (Stage::Greeting, FailureClass::Backoff),
        (Stage::Hello, FailureClass::Backoff),
        (Stage::Mail, FailureClass::Backoff),
        (Stage::Rcpt, FailureClass::Backoff),
        (Stage::Data, FailureClass::Backoff),
        (Stage::DataEnd, FailureClass::Unknown),
    ] {
        cases.spawn(async move {
            let sink = sink();
            sink.inject(Fault::new(stage, Action::Hang).nth(1));
            let mail = client(sink.addr());
            let error = fails(&mail, SHORT).await;
            assert_eq!(error.class, wanted, "{stage:?}: {error}");
            assert!(error.reason.contains("in time"), "{stage:?}: {error}");
            mail.send(&email(2), LONG).await.unwrap();
            assert_eq!((sink.count(), sink.connections()), (1, 2), "{stage:?}");
        });
    }
    while let Some(case) = cases.join_next().await {
        case.unwrap();
    }
}

#[tokio::test]
async fn a_send_that_is_dropped_leaves_no_half_used_connection() {
    let sink = sink();
    let mail = client(sink.addr());
    mail.send(&email(1), LONG).await.unwrap();
    sink.inject(Fault::new(Stage::DataEnd, Action::TakeAndHang).nth(1));
    let second = email(2);
    tokio::select! {
        sent = mail.send(&second, LONG) => panic!("it should hang: {sent:?}"),
        waited = sink.wait_for(2, LONG) => waited.unwrap(),
    }
    mail.send(&email(3), LONG).await.unwrap();
    let connections: Vec<usize> = sink.messages().iter().map(|m| m.connection).collect();
    assert_eq!(connections, [1, 1, 2]);
}

#[tokio::test]
async fn nobody_there_is_a_reason_to_come_back() {
    let sink = sink();
    sink.stop().await;
    let error = fails(&client(sink.addr()), LONG).await;
    assert_eq!(error.class, FailureClass::Backoff);
    assert!(error.reason.starts_with("connecting to the mail server: "), "{error}");
    let forever = client(sink.addr()).send(&email(1), Duration::MAX).await;
    assert_eq!(forever.unwrap_err().class, FailureClass::Backoff);
}

#[tokio::test]
async fn an_address_that_mail_cannot_carry_is_never_offered() {
    let sink = sink();
    let mut bad = email(1);
    bad.to.address = "eve martin".to_owned();
    let error = client(sink.addr()).send(&bad, LONG).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Permanent);
    assert!(!error.reason.contains("eve"), "{error}");
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn a_probe_sends_nothing_and_has_the_same_classes() {
    let sink = sink();
    let mail = client(sink.addr());
    mail.probe(LONG).await.unwrap();
    assert_eq!((sink.count(), sink.connections()), (0, 1));
    sink.inject(Fault::new(Stage::Greeting, Action::Hang));
    assert_eq!(mail.probe(SHORT).await.unwrap_err().class, FailureClass::Backoff);
}
